//! What was kept long enough: the words of calls, files of exports, recordings, old entries of audit logs, and rows
//! that nobody needs any more. Where each audit log stands is signed for on the way.

use phony_app::{exports, recordings};
use phony_db::outbound_policy::national;
use phony_db::retention;
use phony_kernel::{Result, TenantId};

use crate::Worker;

/// Tenants looked at in one go.
const TENANTS: i32 = 100;
/// Rows of a kind deleted in one transaction.
const ROWS: i64 = 1_000;
/// Numbers of national lists deleted in one transaction.
const NUMBERS: i64 = 20_000;

impl Worker {
    /// Deletes what was kept long enough, of all tenants; one that fails is passed over, and its error is returned
    /// when the others are done.
    ///
    /// # Errors
    /// Those of the database and of the file store.
    pub async fn clear_out(&self) -> Result<()> {
        let mut failed = None;
        let mut last = None;
        loop {
            let mut tx = self.db.system("tenants to clear out").await?;
            let tenants = retention::list_tenants(&mut tx, last, TENANTS).await?;
            drop(tx);
            let Some(end) = tenants.last() else {
                return failed.map_or(Ok(()), Err);
            };
            last = Some(*end);
            for tenant in tenants {
                if let Err(error) = self.clear_out_of(tenant).await {
                    tracing::warn!(tenant.id = %tenant, error = ?error, "old rows and files could not be deleted");
                    failed = Some(error);
                }
            }
        }
    }

    async fn clear_out_of(&self, tenant: TenantId) -> Result<()> {
        if let Some(app) = &self.app {
            app.policies.hash_numbers(&self.db, tenant).await?;
            let audit = app.audit.on(self.db.clone());
            audit.sign_head(tenant).await?;
            audit.cut_off(tenant).await?;
            let privacy = app.privacy.on(self.db.clone());
            while privacy.remove_expired(tenant).await? > 0 {}
        }
        while exports::remove_expired(&self.db, &self.store, tenant).await? > 0 {}
        while recordings::remove_expired(&self.db, &self.store, tenant).await? > 0 {}
        loop {
            let mut tx = self.db.tenant(tenant).await?;
            let deleted = retention::purge(&mut tx, ROWS).await? + national::purge(&mut tx, NUMBERS).await?;
            tx.commit().await?;
            if deleted == 0 {
                return Ok(());
            }
        }
    }
}
