//! Numbers at the carrier: whether what happens to them still comes to us.

use phony_db::retention;
use phony_kernel::Result;

use crate::Worker;

/// Tenants looked at in one go.
const TENANTS: i32 = 100;

impl Worker {
    /// Compares the numbers of all tenants that were not looked at for an hour; one tenant whose numbers cannot be
    /// asked for is passed over.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn check_numbers(&self) -> Result<()> {
        let Some(app) = &self.app else {
            return Ok(());
        };
        let mut last = None;
        loop {
            let mut tx = self.db.system("tenants whose numbers are checked").await?;
            let tenants = retention::list_tenants(&mut tx, last, TENANTS).await?;
            drop(tx);
            let Some(end) = tenants.last() else {
                return Ok(());
            };
            last = Some(*end);
            for tenant in tenants {
                if let Err(error) = app.numbers.check_webhooks(tenant).await {
                    tracing::warn!(tenant.id = %tenant, error = ?error, "numbers could not be compared with the carrier");
                }
            }
        }
    }
}
