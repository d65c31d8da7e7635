//! The carrier's own record of a call that is over: what it charges, which it knows minutes or days later, and how
//! the call ended where its news never came.

use phony_carriers::twilio::rest::CallResource;
use phony_db::calls::outbound as rows;
use phony_db::outbox;
use phony_kernel::{CallId, Error, Kind, Result, TenantId};
use serde_json::json;

use super::Outbound;
use crate::calls::StatusUpdate;

/// Outbox topic of a look at the carrier's record; its payload is `{"call_id": "call_…", "try": 0}`.
pub const PRICE_TOPIC: &str = "call.price";
/// When it is first looked at, after the end.
pub const FIRST_PRICE_SECONDS: f64 = 30.0;
/// Waits before later looks; a price that is missing then is for reconciliation.
const PRICE_SECONDS: [f64; 6] = [120.0, 600.0, 3_600.0, 21_600.0, 86_400.0, 172_800.0];

impl Outbound {
    /// Looks at the carrier's record of a call that is over, and again later while it knows no price; for the worker.
    ///
    /// # Errors
    /// When the carrier or the database does not answer.
    pub async fn look_at_record(&self, tenant: TenantId, call: CallId, tries: usize) -> Result<()> {
        let mut tx = self.db.tenant(tenant).await?;
        let out = rows::lock(&mut tx, call).await?;
        drop(tx);
        let Some(out) = out.filter(|out| out.ended_at.is_some()) else {
            return Ok(());
        };
        let Some(sid) = out.call_sid.clone().filter(|sid| is_call_of_carrier(sid)) else {
            return Ok(());
        };
        if out.order.as_ref().is_some_and(|order| order["test"] == true) && out.settled_at.is_some() {
            return Ok(());
        }
        if out.answered_at.is_none() && out.settled_at.is_some() {
            // Nobody pays for a call that nobody took.
            return Ok(());
        }
        let record = match self.accounts.of_call(tenant, call).await?.fetch_call(&sid).await {
            Ok(record) => record,
            Err(error) if error.is_not_found() => return Ok(()),
            Err(error) => {
                return Err(Error::new(
                    Kind::Upstream,
                    "carrier_unreachable",
                    "the carrier could not be asked",
                )
                .caused_by(anyhow::anyhow!(error.to_string())));
            }
        };
        if out.settled_at.is_none() && record.status.is_terminal() {
            self.calls
                .status_callback(&StatusUpdate::looked_up(&record))
                .await?;
        }
        let mut tx = self.db.tenant(tenant).await?;
        if let Some((amount, currency)) = price(&record) {
            rows::keep_price(&mut tx, call, &sid, &amount, &currency, self.clock.now()).await?;
        } else if let Some(seconds) = PRICE_SECONDS.get(tries) {
            let payload = json!({ "call_id": call, "try": tries + 1 });
            outbox::insert_after(&mut tx, PRICE_TOPIC, &payload, *seconds).await?;
        } else {
            tracing::warn!(tenant.id = %tenant, call.id = %call, "the carrier knows no price of a call");
        }
        tx.commit().await
    }
}

impl StatusUpdate {
    /// What the carrier's record says, as if it had been told by a callback.
    pub(super) fn looked_up(record: &CallResource) -> Self {
        Self {
            call_sid: record.sid.clone(),
            from: record.from.clone().unwrap_or_default(),
            to: record.to.clone().unwrap_or_default(),
            status: record.status,
            sequence_number: None,
            duration_seconds: record.duration_seconds,
            timestamp: None,
            sip_response_code: None,
        }
    }
}

fn is_call_of_carrier(sid: &str) -> bool {
    sid.strip_prefix("CA")
        .is_some_and(|hex| hex.len() == 32 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// What it charges as a positive decimal, with the currency.
fn price(record: &CallResource) -> Option<(String, String)> {
    let amount = record.price.as_deref()?.trim().trim_start_matches('-');
    let plain = amount.bytes().any(|byte| byte.is_ascii_digit())
        && amount.len() <= 15
        && amount.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && amount.bytes().filter(|byte| *byte == b'.').count() <= 1;
    let currency = record.price_unit.as_deref().unwrap_or("USD").to_ascii_uppercase();
    let known = currency.len() == 3 && currency.bytes().all(|byte| byte.is_ascii_uppercase());
    (plain && known).then(|| (amount.to_owned(), currency))
}
