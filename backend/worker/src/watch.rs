//! Looks at the calls that tenants have made within the hour, and stops those that look like fraud.

use phony_db::outbound_policy::stops;
use phony_kernel::Result;

use crate::Worker;

/// Tenants looked at in one go.
const TENANTS: i32 = 100;

impl Worker {
    /// Looks at all tenants that have rung somebody within the hour; one that fails is passed over, and its error is
    /// returned when the others are done.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn watch_outbound(&self) -> Result<()> {
        let Some(app) = &self.app else { return Ok(()) };
        let (mut failed, mut last) = (None, None);
        loop {
            let mut tx = self.db.system("tenants that ring").await?;
            let tenants = stops::list_ringing(&mut tx, last, TENANTS).await?;
            drop(tx);
            let Some(end) = tenants.last() else {
                return failed.map_or(Ok(()), Err);
            };
            last = Some(*end);
            for tenant in tenants {
                if let Err(error) = app.policies.watch(tenant).await {
                    tracing::warn!(tenant.id = %tenant, error = ?error, "the calls of a tenant could not be looked at");
                    failed = Some(error);
                }
            }
        }
    }
}
