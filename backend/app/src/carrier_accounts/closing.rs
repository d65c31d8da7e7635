//! The end of a tenant's account at the carrier.

use std::time::Duration;

use phony_carriers::twilio::rest::SubaccountStatus;
use phony_db::{audit, carrier_accounts, numbers};
use phony_kernel::{Error, Kind, Result, TenantId};
use serde_json::json;
use tokio::time::timeout;

use super::{CarrierAccounts, Standing};
use crate::numbers::refused_by_carrier;

/// For each question to the carrier.
const ASK_LIMIT: Duration = Duration::from_secs(9);
/// Who closes it, in the audit log.
const BY: &str = "system";

impl CarrierAccounts {
    /// Closes the account of a tenant that is closed itself: suspended first, so that nothing of it rings or is billed
    /// any more, then closed for good, with which its numbers go back to the carrier. A tenant without an account of its
    /// own has nothing to close. Safe to repeat, and to be repeated until it succeeds.
    ///
    /// # Errors
    /// When the carrier refuses or does not answer, or those of the database.
    pub async fn close(&self, tenant: TenantId) -> Result<()> {
        let Some(tenants) = &self.inner.tenants else {
            return Ok(());
        };
        let Some(account_sid) = self.find(tenant).await? else {
            return Ok(());
        };
        // The carrier takes no change of an account that it has closed: then this is only to be noted here.
        if self.refresh(tenant).await? != Some(Standing::Closed) {
            for status in [SubaccountStatus::Suspended, SubaccountStatus::Closed] {
                let asked = timeout(ASK_LIMIT, self.inner.main.update_subaccount(&account_sid, status));
                asked
                    .await
                    .map_err(|_| unanswered())?
                    .map_err(refused_by_carrier)?;
            }
        }
        let now = chrono::Utc::now();
        let mut tx = tenants.db.tenant(tenant).await?;
        carrier_accounts::set_status(&mut tx, &account_sid, Standing::Closed.as_str(), now).await?;
        numbers::webhooks::release_lost(&mut tx, &account_sid, now).await?;
        let entry = audit::Entry {
            actor: BY,
            action: "carrier_account.close",
            target: &account_sid,
            detail: &json!({}),
        };
        audit::record(&mut tx, &entry, now).await?;
        tx.commit().await?;
        tenants.forget(&account_sid).await;
        tracing::info!(tenant.id = %tenant, "the account of {tenant} at the carrier was closed");
        Ok(())
    }
}

fn unanswered() -> Error {
    Error::new(
        Kind::Upstream,
        "carrier_unreachable",
        "the carrier did not answer in time",
    )
}
