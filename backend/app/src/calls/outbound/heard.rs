//! What the far end of a call that we made says or presses, as far as it decides something: a menu, a screener, somebody
//! who does not want to be rung again.

use chrono::TimeDelta;
use phony_conversation::Event;
use phony_db::TenantTx;
use phony_db::calls::outbound as rows;
use phony_kernel::call::Direction;
use phony_kernel::{CallId, E164, Result};

use super::machine::{kind_by_words, note, opts_out};
use super::read_order;
use crate::number_keys::NumberKeys;
use crate::outbound_policy;

/// How long after the answer words tell what answered; later somebody may only speak of keys.
const WITHIN_MS: u64 = 60_000;
/// Keys that follow each other within this time are one input, a number as a rule.
const KEYS_TOGETHER: TimeDelta = TimeDelta::seconds(3);

/// Takes in a line of the far end, with the transaction that stores it.
pub(in crate::calls) async fn heard(
    tx: &mut TenantTx,
    keys: &NumberKeys,
    call: CallId,
    offset_ms: u64,
    text: &str,
) -> Result<()> {
    let kind = kind_by_words(text).filter(|_| offset_ms < WITHIN_MS);
    let opts_out = opts_out(text);
    if kind.is_none() && !opts_out {
        return Ok(());
    }
    let Some(out) = rows::lock(tx, call).await? else {
        return Ok(());
    };
    if out.direction != Direction::Outbound {
        return Ok(());
    }
    if opts_out && let Ok(number) = E164::from_canonical(&out.to) {
        outbound_policy::opt_out(tx, keys, call, &number, outbound_policy::BY_VOICE).await?;
    }
    let undecided = out.ended_at.is_none()
        && out.machine_acted_at.is_none()
        && !matches!(out.machine_kind.as_deref(), Some("menu" | "screening"));
    if let Some(kind) = kind.filter(|_| undecided)
        && read_order(out.order)?.machine.is_some()
    {
        note(tx, call, kind).await?;
    }
    Ok(())
}

/// Takes in a key of the far end, with the transaction that stores it. The key for opting out counts at once when it
/// stands alone; another key right after it says that it was part of a number, and undoes it.
pub(in crate::calls) async fn pressed(
    tx: &mut TenantTx,
    keys: &NumberKeys,
    call: CallId,
    event: &Event,
    key: &str,
) -> Result<()> {
    let Some(out) = rows::lock(tx, call).await? else {
        return Ok(());
    };
    let (Some(order), Ok(number)) = (out.order, E164::from_canonical(&out.to)) else {
        return Ok(());
    };
    let opt_out_key = read_order(Some(order))?.opt_out_key;
    if out.direction != Direction::Outbound || opt_out_key.is_empty() {
        return Ok(());
    }
    let since = event.at - KEYS_TOGETHER;
    let alone = !rows::has_key_before(tx, call, event.seq, since).await?;
    if alone && key == opt_out_key {
        outbound_policy::opt_out(tx, keys, call, &number, outbound_policy::BY_KEY).await?;
    } else if !alone && key != opt_out_key {
        outbound_policy::stay_in(tx, keys, call, &number, since).await?;
    }
    Ok(())
}
