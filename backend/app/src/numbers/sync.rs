//! Numbers whose settings at the carrier are not ours any more: found, told, put right.
//!
//! A number is compared with what it was set up as. The worker looks and tells; only a person, or a change of ours
//! that the carrier must know, puts things right, because somebody may have had a reason.

use chrono::TimeDelta;
use phony_carriers::twilio::rest::{IncomingNumber, NumberUpdate, TwilioClient};
use phony_db::numbers::{self, Drift, NumberStatus, webhooks};
use phony_db::{TenantTx, outbox};
use phony_kernel::{NumberId, Result, TenantId};
use serde_json::json;

use super::{Number, Numbers, get, not_held, note};
use crate::Principal;
use crate::carrier_accounts::{self, Standing};

/// Outbox topic of a number that the carrier is to be told anew of; its payload is `{"number_id": "num_…"}`.
pub const SYNC_TOPIC: &str = "number.sync";
/// Outbox topic of a number that was found changed: `{"number_id": "num_…", "drift": […]}`.
pub const DRIFTED_TOPIC: &str = "number.webhook_drifted";

/// How long a look is good for.
const LOOK_EVERY: TimeDelta = TimeDelta::hours(1);
/// Numbers of a tenant looked at in one go.
const AT_ONCE: i64 = 50;
/// Who is named in the audit log when nobody asked just now.
const SYSTEM: &str = "system";

/// Asks for the carrier to be told of a number anew, once the transaction is committed.
pub(super) async fn ask(tx: &mut TenantTx, id: NumberId) -> Result<()> {
    outbox::insert(tx, SYNC_TOPIC, &json!({ "number_id": id })).await?;
    Ok(())
}

impl Numbers {
    /// Looks at a number at the carrier and puts right what is not ours. A number that is gone there is shown as
    /// such and stays, for the tenant to release.
    ///
    /// # Errors
    /// `not_found`, `number_not_held`, `carrier_account_suspended`, or what the carrier says.
    pub async fn sync(&self, who: &Principal, id: NumberId) -> Result<Number> {
        let mut tx = self.db.tenant(who.tenant).await?;
        let number = get(&mut tx, id).await?;
        drop(tx);
        if number.status != NumberStatus::Active {
            return Err(not_held());
        }
        self.put_right(who.tenant, &number, &who.actor().id).await?;
        let mut tx = self.db.tenant(who.tenant).await?;
        get(&mut tx, id).await
    }

    /// The same for the worker, when a row of [`SYNC_TOPIC`] is due.
    ///
    /// # Errors
    /// Those of [`Numbers::sync`]; a number that is not held any more is none.
    pub async fn tell_carrier(&self, tenant: TenantId, id: NumberId) -> Result<()> {
        let mut tx = self.db.tenant(tenant).await?;
        let found = numbers::find(&mut tx, id).await?;
        drop(tx);
        match found.filter(|number| number.status == NumberStatus::Active) {
            Some(number) => self.put_right(tenant, &number, SYSTEM).await,
            None => Ok(()),
        }
    }

    /// Looks at the numbers of a tenant that were not looked at for an hour, and tells of those that were changed;
    /// returns how many it has looked at.
    ///
    /// # Errors
    /// When the carrier does not answer, or those of the database.
    pub async fn check_webhooks(&self, tenant: TenantId) -> Result<usize> {
        let before = self.clock.now() - LOOK_EVERY;
        let mut tx = self.db.tenant(tenant).await?;
        let due = webhooks::list_unchecked(&mut tx, before, AT_ONCE).await?;
        drop(tx);
        if due.is_empty() {
            return Ok(0);
        }
        let standing = self.carrier.accounts.refresh(tenant).await?;
        for id in &due {
            let mut tx = self.db.tenant(tenant).await?;
            let number = get(&mut tx, *id).await?;
            drop(tx);
            if number.status == NumberStatus::Active {
                self.check(tenant, &number, standing).await?;
            }
        }
        Ok(due.len())
    }

    async fn check(&self, tenant: TenantId, number: &Number, standing: Option<Standing>) -> Result<()> {
        let own_account = number
            .carrier_account_sid
            .as_deref()
            .is_some_and(|sid| !self.carrier.accounts.is_main(sid));
        let drift = if own_account && standing == Some(Standing::Suspended) {
            vec![difference("account_status", "active", Some("suspended"))]
        } else {
            let account = self.account_of(tenant, number).await?;
            let found = self.look(&account, number).await?;
            self.compare(number, found.as_ref())
        };
        self.keep(tenant, number, &drift).await
    }

    async fn keep(&self, tenant: TenantId, number: &Number, drift: &[Drift]) -> Result<()> {
        let now = self.clock.now();
        let mut tx = self.db.tenant(tenant).await?;
        let news = webhooks::record_look(&mut tx, number.id, drift, now).await?;
        if news && !drift.is_empty() {
            tracing::warn!(tenant.id = %tenant, number.id = %number.id, "a number was changed at the carrier");
            let detail = json!({ "number_id": number.id, "drift": drift });
            outbox::insert(&mut tx, DRIFTED_TOPIC, &detail).await?;
            note(&mut tx, SYSTEM, "number.webhook_drifted", number.id, &detail, now).await?;
        }
        tx.commit().await
    }

    async fn put_right(&self, tenant: TenantId, number: &Number, actor: &str) -> Result<()> {
        let account = self.account_of(tenant, number).await?;
        if !self.carrier.accounts.is_main(account.account_sid())
            && self.carrier.accounts.refresh(tenant).await? == Some(Standing::Suspended)
        {
            return Err(carrier_accounts::suspended());
        }
        let Some(found) = self.look(&account, number).await? else {
            return self.keep(tenant, number, &self.compare(number, None)).await;
        };
        let drift = self.compare(number, Some(&found));
        if !drift.is_empty() {
            self.set_up(&account, &found, number).await?;
        }
        let now = self.clock.now();
        let mut tx = self.db.tenant(tenant).await?;
        webhooks::record_look(&mut tx, number.id, &[], now).await?;
        if number.carrier_sid.as_deref() != Some(&*found.sid) {
            webhooks::record_holder(&mut tx, number.id, &found.sid, account.account_sid()).await?;
        }
        if !drift.is_empty() {
            let detail = json!({ "drift": drift });
            note(
                &mut tx,
                actor,
                "number.webhooks_repaired",
                number.id,
                &detail,
                now,
            )
            .await?;
        }
        tx.commit().await
    }

    /// Sets a number up as ours.
    async fn set_up(&self, account: &TwilioClient, found: &IncomingNumber, number: &Number) -> Result<()> {
        let update = NumberUpdate {
            webhooks: self.carrier.webhooks(number.fallback.as_ref()),
            detach: found.voice_application_sid.is_some() || found.trunk_sid.is_some(),
            ..NumberUpdate::default()
        };
        self.carrier.update(account, &found.sid, &update).await?;
        Ok(())
    }

    /// The number as the carrier has it, under its old id or, when somebody gave it back and bought it again, a new
    /// one.
    async fn look(&self, account: &TwilioClient, number: &Number) -> Result<Option<IncomingNumber>> {
        if let Some(sid) = &number.carrier_sid
            && let Some(found) = self.carrier.fetch(account, sid).await?
        {
            return Ok(Some(found));
        }
        self.carrier.find(account, &number.e164).await
    }

    /// What is not as it should be; nothing else of a number matters to us.
    fn compare(&self, number: &Number, found: Option<&IncomingNumber>) -> Vec<Drift> {
        let Some(found) = found else {
            return vec![difference("phone_number", number.e164.as_str(), None)];
        };
        let ours = self.carrier.webhooks(number.fallback.as_ref());
        let post = Some("POST".to_owned());
        [
            ("voice_url", &ours.voice_url, &found.voice_url),
            ("voice_method", &post, &found.voice_method),
            (
                "voice_fallback_url",
                &ours.voice_fallback_url,
                &found.voice_fallback_url,
            ),
            ("status_callback", &ours.status_callback, &found.status_callback),
            ("sms_url", &ours.sms_url, &found.sms_url),
            ("voice_application_sid", &None, &found.voice_application_sid),
            ("trunk_sid", &None, &found.trunk_sid),
        ]
        .into_iter()
        .filter(|(_, ours, theirs)| text(ours) != text(theirs))
        .map(|(field, ours, theirs)| difference(field, text(ours), theirs.as_deref()))
        .collect()
    }
}

fn text(url: &Option<String>) -> &str {
    url.as_deref().unwrap_or_default()
}

fn difference(field: &str, expected: &str, found: Option<&str>) -> Drift {
    Drift {
        field: field.to_owned(),
        expected: expected.to_owned(),
        found: found.unwrap_or_default().to_owned(),
    }
}
