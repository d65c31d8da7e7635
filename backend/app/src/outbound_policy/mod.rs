//! Whom a tenant's agents may ring: the policy with its versions, consents, the numbers that are not to be rung, and a
//! watch that stops calls which look like fraud.

mod consent_rules;
mod consents;
mod do_not_call;
mod moment;
mod national;
mod places;
mod policy;
mod rules;
mod watch;

use phony_db::outbound_policy as rows;
use phony_db::{Db, TenantTx, identity};
use phony_kernel::error::Faults;
use phony_kernel::{Clock, E164, Error, Plan, Result};

use crate::Principal;
use crate::mail::Mails;
use crate::noting::note;
use crate::number_keys::NumberKeys;

pub use consent_rules::{
    CallPurpose, ConsentKind, ConsentRule, ConsentRules, ConsentRulesPatch, NationalListRule,
};
pub use consents::{Consent, ConsentInput};
pub use do_not_call::hash_numbers_in_clear;
pub(crate) use do_not_call::{BY_KEY, BY_VOICE, opt_out, stay_in};
pub use moment::{Dial, check_moment};
pub use national::{MAX_AGE_DAYS, NationalImport, NationalList, NationalReport, RefusedNumber};
pub use phony_db::outbound_policy::do_not_call::DoNotCall;
pub use places::{Place, place};
pub use policy::{CallingHours, OutboundPolicy, PolicyPatch};
pub use rules::is_short_code;
pub use watch::{OutboundStop, StopReason};

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
    /// Who must have a second factor.
    pub totp_required: phony_kernel::TotpRequirement,
    /// Whom its agents may ring.
    pub policy: OutboundPolicy,
    /// Set while they ring nobody, because their calls looked like fraud.
    pub stop: Option<OutboundStop>,
}

/// Use cases around the policy.
#[derive(Debug, Clone)]
pub struct Policies {
    db: Db,
    clock: Clock,
    keys: NumberKeys,
    mails: Mails,
}

impl Policies {
    /// On this database; numbers are hashed by these keys, and admins are told by mail.
    #[must_use]
    pub fn new(db: Db, clock: Clock, keys: NumberKeys, mails: Mails) -> Self {
        Self {
            db,
            clock,
            keys,
            mails,
        }
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
}

/// A number that callers are sent to, if the policy allows it still: it may have been set under another one.
///
/// # Errors
/// Those of the database.
pub(crate) async fn keep_dialable(tx: &mut TenantTx, number: Option<E164>) -> Result<Option<E164>> {
    let Some(number) = number else { return Ok(None) };
    let allowed = current(tx).await?.check_destination(&number).is_ok();
    if !allowed {
        tracing::warn!(tenant.id = %tx.tenant(), "callers are not sent to a number that the policy does not allow");
    }
    Ok(allowed.then_some(number))
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
        totp_required: tenant.totp_required,
        policy: current(tx).await?,
        stop: watch::find_stop(tx).await?,
    })
}

/// The refusal of an emergency number or another short code.
#[must_use]
pub fn short_code() -> Error {
    rules::Denied::ShortCode.into_error()
}
