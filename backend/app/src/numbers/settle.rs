//! What became of a purchase: a number goes from `pending` to `active` or `failed`, whoever finds out.

use phony_carriers::twilio::rest::TwilioClient;
use phony_db::usage::{self, Payer, UsageInsert};
use phony_db::{TenantTx, numbers};
use phony_kernel::{Error, Kind, NumberId, Result, TenantId};
use serde_json::json;

use super::refusal::Refusal;
use super::{Numbers, note, sync};

/// Outbox topic of a purchase; its payload is `{"number_id": "num_…"}`.
pub const PURCHASE_TOPIC: &str = "number.purchase";

/// Who is named in the audit log when nobody asked just now.
const SYSTEM: &str = "system";
/// What a tenant reads when nothing was bought after all.
const NOT_CONFIRMED: &str = "the carrier did not confirm the purchase, and nothing was bought";

/// How the carrier answered a purchase.
pub(super) enum Purchase {
    /// Bought, under this id of the carrier's.
    Made(String),
    /// Not bought.
    Refused(Refusal),
    /// It did not say.
    Unknown,
}

impl Numbers {
    /// Finds out what became of a purchase that nobody has ended: looks the number up at the carrier, and never
    /// buys. May run at any time and any number of times; for the worker, when the outbox row is due.
    ///
    /// # Errors
    /// When the carrier does not answer; then it is to be tried again later.
    pub async fn reconcile_pending(&self, tenant: TenantId, id: NumberId) -> Result<()> {
        let mut tx = self.db.tenant(tenant).await?;
        let found = numbers::find(&mut tx, id).await?;
        drop(tx);
        let Some(number) = found.filter(|number| number.status == numbers::NumberStatus::Pending) else {
            return Ok(());
        };
        let account = self.account_of(tenant, &number).await?;
        let found = self.carrier.find(&account, &number.e164).await?;
        let mut tx = self.db.tenant(tenant).await?;
        match found {
            Some(found) => {
                tracing::info!(number.id = %id, "a purchase was found at the carrier");
                self.confirm(&mut tx, id, &found.sid, account.account_sid(), SYSTEM)
                    .await?;
                // Nobody knows how far it was set up.
                sync::ask(&mut tx, id).await?;
            }
            None => {
                tracing::warn!(number.id = %id, "a purchase was not found at the carrier");
                numbers::fail(&mut tx, id, NOT_CONFIRMED, self.clock.now()).await?;
            }
        }
        tx.commit().await
    }

    /// The carrier has sold it: from now on calls are answered and the month is charged. False when the purchase
    /// had been given up before, so that the number is not ours to keep.
    pub(super) async fn confirm(
        &self,
        tx: &mut TenantTx,
        id: NumberId,
        carrier_sid: &str,
        account_sid: &str,
        actor: &str,
    ) -> Result<bool> {
        let now = self.clock.now();
        let number = numbers::lock(tx, id).await?;
        if !numbers::activate(tx, id, carrier_sid, now).await? {
            return Ok(number.carrier_sid.as_deref() == Some(carrier_sid));
        }
        numbers::webhooks::record_holder(tx, id, carrier_sid, account_sid).await?;
        let month = UsageInsert {
            dedupe_key: format!("number:{id}:{}", number.created_at.format("%Y-%m-%d")),
            sku: numbers::NUMBER_MONTH_SKU.to_owned(),
            quantity: 1,
            event_time: now,
            billing_time: now,
            payer: Payer::Platform,
            call: None,
            number: Some(id),
            personality: None,
            corrects: None,
            source: "numbers",
            meta: json!({}),
        };
        usage::insert(tx, &month).await?;
        let detail = json!({ "e164": number.e164, "carrier_sid": carrier_sid });
        note(tx, actor, "number.bought", id, &detail, now).await?;
        Ok(true)
    }

    /// A number came after its purchase had been given up: it goes back, so that nobody pays for it.
    pub(super) async fn give_back(&self, account: &TwilioClient, carrier_sid: &str) -> Error {
        if let Err(error) = self.carrier.release(account, carrier_sid).await {
            tracing::error!(
                carrier.sid = carrier_sid,
                ?error,
                "a number that nobody holds could not be given back"
            );
        }
        not_confirmed()
    }
}

/// A purchase that had been given up.
pub(super) fn not_confirmed() -> Error {
    Error::new(Kind::Upstream, "carrier_refused", NOT_CONFIRMED)
}
