//! Phone numbers: search, buy, import, configure, keep in order, release.
//!
//! Here: what a tenant sees, and giving a number back. What it sets is in `update`; [`buy`](Numbers::buy),
//! [`import`](Numbers::import) and what becomes of either are in `buy`, `import` and `settle`; what was changed at
//! the carrier is found in `sync`; the talk with the carrier is in `carrier`.

mod buy;
mod carrier;
mod import;
mod order;
pub mod pools;
mod price;
mod refusal;
mod search;
mod settle;
mod sync;
mod update;

use phony_carriers::twilio::rest::{RestError, TwilioClient};
use phony_db::numbers::{self, NumberStatus};
use phony_db::{Db, TenantTx, personalities};
use phony_kernel::error::Faults;
use phony_kernel::page::{Page, PageRequest};
use phony_kernel::{Clock, Error, Kind, NumberId, PersonalityId, Result, TenantId};
use serde_json::json;

use crate::Principal;
use crate::carrier_accounts::CarrierAccounts;
use crate::noting::note;
use carrier::Carrier;
use update::{check_engine, check_label};

pub use carrier::STATIC_PATH;
pub use import::ImportNumber;
pub use order::BuyNumber;
pub use phony_db::numbers::{Drift, PersonalityRef, StoredNumber as Number};
pub use price::MonthlyPrice;
pub use search::{AvailableNumber, Capabilities, SearchNumbers};
pub use settle::PURCHASE_TOPIC;
pub use sync::{DRIFTED_TOPIC, SYNC_TOPIC};
pub use update::{AfterHoursInput, NumberPatch, RecordingPatch};

/// Use cases around phone numbers.
#[derive(Debug, Clone)]
pub struct Numbers {
    db: Db,
    clock: Clock,
    carrier: Carrier,
}

impl Numbers {
    /// `public_url` is what the carrier calls us by; a bought number gets its webhooks there.
    #[must_use]
    pub fn new(db: Db, clock: Clock, accounts: CarrierAccounts, public_url: &str) -> Self {
        Self {
            db,
            clock,
            carrier: Carrier::new(accounts, public_url),
        }
    }

    /// What the carrier calls the listener of last resort by, which needs neither database nor Redis.
    #[must_use]
    pub fn with_last_resort(mut self, url: &str) -> Self {
        self.carrier.set_static_url(url);
        self
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
        numbers::read_one(&self.db.read(who.tenant), id)
            .await?
            .ok_or_else(Error::not_found)
    }

    /// Gives a number back to the carrier. One that the carrier has lost meanwhile, or never sold, is given back
    /// without it, so a repeat always ends well.
    ///
    /// # Errors
    /// `not_found`, `number_pending` while it is being bought, `number_in_use` during calls, or `carrier_refused`.
    pub async fn release(&self, who: &Principal, id: NumberId) -> Result<()> {
        self.release_as(who.tenant, &who.actor().id, id).await
    }

    /// [`Numbers::release`] in the name of somebody whose request is worked on later.
    ///
    /// # Errors
    /// Those of [`Numbers::release`].
    pub async fn release_as(&self, tenant: TenantId, actor: &str, id: NumberId) -> Result<()> {
        let mut tx = self.db.tenant(tenant).await?;
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
                    let account = self.account_of(tenant, &number).await?;
                    self.carrier.release(&account, sid).await?;
                }
            }
        }
        let now = self.clock.now();
        let mut tx = self.db.tenant(tenant).await?;
        numbers::release(&mut tx, id, now).await?;
        let detail = json!({ "e164": number.e164 });
        note(&mut tx, actor, "number.released", id, &detail, now).await?;
        tx.commit().await
    }

    /// The account of the carrier that a number is in.
    async fn account_of(&self, tenant: TenantId, number: &Number) -> Result<TwilioClient> {
        match number
            .carrier_account_sid
            .as_deref()
            .filter(|sid| !sid.is_empty())
        {
            Some(sid) => self.carrier.accounts.account(sid),
            None => self.carrier.accounts.client(tenant).await,
        }
    }
}

/// A refusal of the carrier in our words.
#[track_caller]
pub(crate) fn refused_by_carrier(error: RestError) -> Error {
    refusal::Refusal::from(error).into_error()
}

/// Only a number that the tenant has can be used.
fn not_held() -> Error {
    Error::new(Kind::Conflict, "number_not_held", "you do not hold this number")
}

async fn get(tx: &mut TenantTx, id: NumberId) -> Result<Number> {
    numbers::find(tx, id).await?.ok_or_else(Error::not_found)
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
