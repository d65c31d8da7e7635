//! What the far end of a call that we made says, as far as it decides something: a menu, a screener, somebody who
//! does not want to be rung again.

use chrono::Utc;
use phony_db::TenantTx;
use phony_db::calls::outbound as rows;
use phony_db::outbound_policy::{self, DoNotCall};
use phony_kernel::call::Direction;
use phony_kernel::{CallId, DoNotCallId, E164, Result};

use super::machine::{kind_by_words, note, opts_out};
use super::read_order;

/// How long after the answer words tell what answered; later somebody may only speak of keys.
const WITHIN_MS: u64 = 60_000;

/// Takes in a line of the far end, with the transaction that stores it.
pub(in crate::calls) async fn heard(
    tx: &mut TenantTx,
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
    if opts_out && let Ok(e164) = E164::from_canonical(&out.to) {
        let new = DoNotCall {
            id: DoNotCallId::new(),
            e164,
            reason: "asked for in a call".to_owned(),
            added_at: Utc::now(),
        };
        outbound_policy::add_number(tx, &new, &call.to_string()).await?;
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
