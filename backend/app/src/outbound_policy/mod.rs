//! Whom a tenant's agents may ring: the policy with its versions, and the numbers that are not to be rung.

mod places;
mod policy;
mod rules;

use phony_db::outbound_policy as rows;
use phony_db::{Db, TenantTx, audit, identity};
use phony_kernel::error::Faults;
use phony_kernel::page::{Page, PageRequest};
use phony_kernel::{Clock, DoNotCallId, E164, Error, Kind, Plan, Result};
use serde_json::json;

use crate::Principal;

pub use phony_db::outbound_policy::DoNotCall;
pub use places::{Place, place};
pub use policy::{CallingHours, OutboundPolicy, PolicyPatch};
pub use rules::is_short_code;

/// Longest reason, in characters.
const MAX_REASON: usize = 300;
/// After this a number that may not be rung now may be again.
const HOURS_RETRY_SECONDS: u32 = 900;

/// The tenant's own settings.
#[derive(Debug, Clone)]
pub struct TenantSettings {
    /// Its id.
    pub id: phony_kernel::TenantId,
    /// Its name.
    pub name: String,
    /// What it has subscribed to.
    pub plan: Plan,
    /// IANA name of its time zone.
    pub time_zone: String,
    /// Whom its agents may ring.
    pub policy: OutboundPolicy,
}

/// Use cases around the policy.
#[derive(Debug, Clone)]
pub struct Policies {
    db: Db,
    clock: Clock,
}

impl Policies {
    /// On this database.
    #[must_use]
    pub fn new(db: Db, clock: Clock) -> Self {
        Self { db, clock }
    }

    /// The tenant and its policy.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn settings(&self, who: &Principal) -> Result<TenantSettings> {
        let mut tx = self.db.tenant(who.tenant).await?;
        settings(&mut tx).await
    }

    /// Changes the policy: a new version, by which calls go from now on.
    ///
    /// # Errors
    /// `validation_failed` with every fault.
    pub async fn change(&self, who: &Principal, patch: Option<PolicyPatch>) -> Result<TenantSettings> {
        let now = self.clock.now();
        let mut tx = self.db.tenant(who.tenant).await?;
        if let Some(patch) = patch {
            rows::lock(&mut tx).await?;
            let detail = serde_json::to_value(&patch).map_err(Error::internal)?;
            let changed = current(&mut tx).await?.changed(patch)?;
            let body = serde_json::to_value(&changed).map_err(Error::internal)?;
            let actor = who.actor().id;
            rows::insert(&mut tx, changed.version, &body, &actor, now).await?;
            let target = format!("outbound_policy:{}", changed.version);
            note(&mut tx, &actor, "policy.changed", &target, &detail, now).await?;
        }
        let settings = settings(&mut tx).await?;
        tx.commit().await?;
        Ok(settings)
    }

    /// The numbers that are not to be rung, newest first; with a number, that one alone.
    ///
    /// # Errors
    /// A bad limit or cursor, or what is no number.
    pub async fn do_not_call(
        &self,
        who: &Principal,
        number: Option<&str>,
        limit: Option<u32>,
        cursor: Option<&str>,
    ) -> Result<Page<DoNotCall>> {
        let page = PageRequest::read(limit, cursor)?;
        let mut tx = self.db.tenant(who.tenant).await?;
        let number = match number {
            Some(text) => Some(read_number(&mut tx, "e164", text).await?),
            None => None,
        };
        rows::list_numbers(&mut tx, number.as_ref(), &page).await
    }

    /// Puts a number on the list; one that is there stays as it is.
    ///
    /// # Errors
    /// `validation_failed`.
    pub async fn add_do_not_call(
        &self,
        who: &Principal,
        e164: &str,
        reason: Option<&str>,
    ) -> Result<DoNotCall> {
        let reason = reason.unwrap_or_default().trim();
        let mut faults = Faults::new();
        faults.length("reason", reason, 0, MAX_REASON);
        faults.require(
            !reason.contains(char::is_control),
            "reason",
            "control_character",
            "must be one line of plain text",
        );
        let now = self.clock.now();
        let mut tx = self.db.tenant(who.tenant).await?;
        let policy = current(&mut tx).await?;
        let number = policy.read_number("e164", e164, &mut faults);
        faults.finish()?;
        let number = number.ok_or_else(Error::not_found)?;
        let new = DoNotCall {
            id: DoNotCallId::new(),
            e164: number,
            reason: reason.to_owned(),
            added_at: now,
        };
        let actor = who.actor().id;
        let listed = rows::add_number(&mut tx, &new, &actor).await?;
        if listed.id == new.id {
            let target = listed.id.to_string();
            note(&mut tx, &actor, "do_not_call.added", &target, &json!({}), now).await?;
        }
        tx.commit().await?;
        Ok(listed)
    }

    /// Takes a number off the list.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn remove_do_not_call(&self, who: &Principal, id: DoNotCallId) -> Result<()> {
        let mut tx = self.db.tenant(who.tenant).await?;
        rows::remove_number(&mut tx, id).await?;
        let actor = who.actor().id;
        let now = self.clock.now();
        note(
            &mut tx,
            &actor,
            "do_not_call.removed",
            &id.to_string(),
            &json!({}),
            now,
        )
        .await?;
        tx.commit().await
    }
}

/// The policy in force.
///
/// # Errors
/// Those of the database.
pub async fn current(tx: &mut TenantTx) -> Result<OutboundPolicy> {
    match rows::find(tx).await? {
        Some((version, body)) => {
            let policy: OutboundPolicy = serde_json::from_value(body).map_err(Error::internal)?;
            Ok(OutboundPolicy { version, ..policy })
        }
        None => Ok(OutboundPolicy::default()),
    }
}

/// Goes on only if the number may be rung just now: it is not on the list, and the hour is right wherever it could
/// be. For the moment of the order, and once more for that of the dial.
///
/// # Errors
/// `blocked_do_not_call`, `blocked_hours`.
pub async fn check_moment(
    tx: &mut TenantTx,
    policy: &OutboundPolicy,
    number: &E164,
    place: &Place,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<()> {
    if rows::is_listed(tx, number).await? {
        return Err(Error::new(
            Kind::Forbidden,
            "blocked_do_not_call",
            "this number is on your list of numbers that are not to be rung",
        ));
    }
    if policy.is_round_the_clock() {
        return Ok(());
    }
    let hours = &policy.calling_hours;
    if !place.zones.is_empty() && rows::is_within_hours(tx, now, place.zones, &hours.from, &hours.to).await? {
        return Ok(());
    }
    let text = if place.zones.is_empty() {
        "the time of day at this number is not known, so it may be rung only by a policy for all hours"
            .to_owned()
    } else {
        format!(
            "it is not between {} and {} everywhere this number could be",
            hours.from, hours.to
        )
    };
    Err(Error::new(Kind::Forbidden, "blocked_hours", text).retry_after(HOURS_RETRY_SECONDS))
}

async fn read_number(tx: &mut TenantTx, param: &'static str, text: &str) -> Result<E164> {
    let mut faults = Faults::new();
    let number = current(tx).await?.read_number(param, text, &mut faults);
    faults.finish()?;
    number.ok_or_else(Error::not_found)
}

async fn settings(tx: &mut TenantTx) -> Result<TenantSettings> {
    let tenant = identity::get_tenant(tx).await?;
    Ok(TenantSettings {
        id: tenant.id,
        name: tenant.name,
        plan: tenant.plan,
        time_zone: tenant.time_zone,
        policy: current(tx).await?,
    })
}

async fn note(
    tx: &mut TenantTx,
    actor: &str,
    action: &str,
    target: &str,
    detail: &serde_json::Value,
    at: chrono::DateTime<chrono::Utc>,
) -> Result<()> {
    let entry = audit::Entry {
        actor,
        action,
        target,
        detail,
    };
    audit::record(tx, &entry, at).await
}

/// The refusal of an emergency number or another short code.
#[must_use]
pub fn short_code() -> Error {
    rules::Denied::ShortCode.into_error()
}
