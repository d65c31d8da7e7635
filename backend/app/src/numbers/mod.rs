//! Phone numbers: search, buy, configure, release.
//!
//! Here: what a tenant sees and sets. [`buy`](Numbers::buy) and what becomes of a purchase are in `buy` and
//! `settle`, the talk with the carrier is in `carrier`.

mod buy;
mod carrier;
mod order;
mod price;
mod refusal;
mod search;
mod settle;

use phony_carriers::twilio::rest::TwilioClient;
use phony_db::numbers::{self, NumberChange, NumberStatus};
use phony_db::{Db, TenantTx, audit, personalities};
use phony_kernel::call::Engine;
use phony_kernel::error::Faults;
use phony_kernel::page::{Page, PageRequest};
use phony_kernel::{Clock, E164, Error, Kind, NumberId, PersonalityId, Result};
use serde_json::{Value, json};

use crate::Principal;
use crate::personalities::capabilities::ENGINES;
use carrier::Carrier;

pub use order::BuyNumber;
pub use phony_db::numbers::{PersonalityRef, StoredNumber as Number};
pub use price::MonthlyPrice;
pub use search::{AvailableNumber, Capabilities, SearchNumbers};
pub use settle::PURCHASE_TOPIC;

/// Longest label, in characters.
const MAX_LABEL: usize = 64;
/// Longest message to a caller who cannot be taken, in characters: half a minute of speech.
const MAX_BUSY_MESSAGE: usize = 300;

/// Use cases around phone numbers.
#[derive(Debug, Clone)]
pub struct Numbers {
    db: Db,
    clock: Clock,
    carrier: Carrier,
}

/// What to set; what is absent stays.
#[derive(Debug, Clone, Default)]
pub struct NumberPatch {
    /// What the tenant calls it.
    pub label: Option<String>,
    /// Who answers.
    pub personality_id: Option<PersonalityId>,
    /// How its calls are spoken.
    pub engine: Option<Engine>,
    /// What a caller hears who cannot be taken; an empty text takes our words.
    pub busy_message: Option<String>,
    /// Where a caller is sent who cannot be taken, in any common way of writing; an empty text sends nobody anywhere.
    pub overflow_e164: Option<String>,
}

impl Numbers {
    /// `public_url` is what the carrier calls us by; a bought number gets its webhooks there.
    #[must_use]
    pub fn new(db: Db, clock: Clock, client: TwilioClient, public_url: &str) -> Self {
        Self {
            db,
            clock,
            carrier: Carrier::new(client, public_url),
        }
    }

    /// The tenant's numbers but the released ones, newest first.
    ///
    /// # Errors
    /// `bad_cursor`, or a limit out of range.
    pub async fn list(
        &self,
        who: &Principal,
        limit: Option<u32>,
        cursor: Option<&str>,
    ) -> Result<Page<Number>> {
        let page = PageRequest::read(limit, cursor)?;
        let mut tx = self.db.tenant(who.tenant).await?;
        numbers::list(&mut tx, &page).await
    }

    /// One number, also a released one.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn get(&self, who: &Principal, id: NumberId) -> Result<Number> {
        let mut tx = self.db.tenant(who.tenant).await?;
        get(&mut tx, id).await
    }

    /// Says who answers a number and how.
    ///
    /// # Errors
    /// `not_found`, `validation_failed`, or `number_not_held` when it was released or never came.
    pub async fn update(&self, who: &Principal, id: NumberId, patch: NumberPatch) -> Result<Number> {
        let mut faults = Faults::new();
        if let Some(label) = &patch.label {
            check_label(&mut faults, label);
        }
        let mut tx = self.db.tenant(who.tenant).await?;
        let number = numbers::lock(&mut tx, id).await?;
        if let Some(personality) = patch.personality_id {
            check_personality(&mut tx, &mut faults, personality).await?;
        }
        check_engine(&mut faults, patch.engine);
        if let Some(words) = &patch.busy_message {
            check_line(&mut faults, "busy_message", words, MAX_BUSY_MESSAGE);
        }
        let overflow = match patch.overflow_e164.as_deref() {
            Some(text) => Some(check_overflow(&mut tx, &mut faults, text).await?),
            None => None,
        };
        faults.finish()?;
        if matches!(number.status, NumberStatus::Failed | NumberStatus::Released) {
            return Err(Error::new(
                Kind::Conflict,
                "number_not_held",
                "you do not hold this number",
            ));
        }
        let change = NumberChange {
            label: patch.label.as_deref().map(str::trim),
            personality: patch.personality_id,
            engine: patch.engine,
            busy_message: patch.busy_message.as_deref().map(str::trim),
            overflow: overflow.as_ref().map(Option::as_ref),
        };
        let now = self.clock.now();
        numbers::change(&mut tx, id, &change, now).await?;
        let detail = json!({
            "label": change.label, "personality_id": patch.personality_id, "engine": patch.engine,
            "busy_message": change.busy_message, "overflow_e164": patch.overflow_e164,
        });
        note(&mut tx, &who.actor().id, "number.configured", id, &detail, now).await?;
        let number = get(&mut tx, id).await?;
        tx.commit().await?;
        Ok(number)
    }

    /// Gives a number back to the carrier. One that the carrier has lost meanwhile, or never sold, is given back
    /// without it, so a repeat always ends well.
    ///
    /// # Errors
    /// `not_found`, `number_pending` while it is being bought, `number_in_use` during calls, or `carrier_refused`.
    pub async fn release(&self, who: &Principal, id: NumberId) -> Result<()> {
        let mut tx = self.db.tenant(who.tenant).await?;
        let number = get(&mut tx, id).await?;
        let in_use = number.status == NumberStatus::Active && numbers::has_open_calls(&mut tx, id).await?;
        drop(tx);
        if in_use {
            return Err(Error::new(
                Kind::Conflict,
                "number_in_use",
                "somebody is talking over this number; release it when its calls are over",
            )
            .retry_after(60));
        }
        match number.status {
            NumberStatus::Released => return Ok(()),
            NumberStatus::Pending => {
                return Err(Error::new(
                    Kind::Conflict,
                    "number_pending",
                    "this number is still being bought; try again in a minute",
                )
                .retry_after(30));
            }
            NumberStatus::Failed => {}
            NumberStatus::Active => {
                if let Some(sid) = &number.carrier_sid {
                    self.carrier.release(sid).await?;
                }
            }
        }
        let now = self.clock.now();
        let mut tx = self.db.tenant(who.tenant).await?;
        numbers::release(&mut tx, id, now).await?;
        let detail = json!({ "e164": number.e164 });
        note(&mut tx, &who.actor().id, "number.released", id, &detail, now).await?;
        tx.commit().await
    }
}

async fn get(tx: &mut TenantTx, id: NumberId) -> Result<Number> {
    numbers::find(tx, id).await?.ok_or_else(Error::not_found)
}

/// Adds a line to the audit log.
async fn note(
    tx: &mut TenantTx,
    actor: &str,
    action: &str,
    id: NumberId,
    detail: &Value,
    at: chrono::DateTime<chrono::Utc>,
) -> Result<()> {
    let target = id.to_string();
    audit::record(
        tx,
        &audit::Entry {
            actor,
            action,
            target: &target,
            detail,
        },
        at,
    )
    .await
}

fn check_label(faults: &mut Faults, label: &str) {
    check_line(faults, "label", label, MAX_LABEL);
}

fn check_line(faults: &mut Faults, param: &str, text: &str, max: usize) {
    faults.length(param, text, 0, max);
    let plain = !text.contains(char::is_control);
    faults.require(
        plain,
        param,
        "control_character",
        "must be one line of plain text",
    );
}

fn check_engine(faults: &mut Faults, engine: Option<Engine>) {
    faults.require(
        engine.is_none_or(|engine| ENGINES.contains(&engine)),
        "engine",
        "engine_unavailable",
        "is an engine that this installation does not run yet",
    );
}

/// Where callers go who cannot be taken; not to a number of the tenant's, which has no room either.
async fn check_overflow(tx: &mut TenantTx, faults: &mut Faults, text: &str) -> Result<Option<E164>> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    match E164::parse(text, None) {
        Ok(e164) if numbers::is_held(tx, &e164).await? => {
            faults.add(
                "overflow_e164",
                "own_number",
                "is a number that you hold here, and has no room either; take one elsewhere",
            );
            Ok(None)
        }
        Ok(e164) => Ok(Some(e164)),
        Err(cause) => {
            faults.add("overflow_e164", cause.code(), cause.to_string());
            Ok(None)
        }
    }
}

/// A number may be given only to a personality of the tenant that has not been put away.
async fn check_personality(tx: &mut TenantTx, faults: &mut Faults, id: PersonalityId) -> Result<()> {
    if !personalities::is_usable(tx, id).await? {
        faults.add(
            "personality_id",
            "unknown_personality",
            "is not a personality of yours",
        );
    }
    Ok(())
}
