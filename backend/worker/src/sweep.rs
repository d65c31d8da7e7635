//! Calls that nobody runs any more: their lease ran out because their instance died, or the line is gone and
//! their conversation never said its end.

use phony_app::calls::{ORPHAN_GRACE_SECONDS, sweep_orphan};
use phony_db::calls::closing;
use phony_kernel::Result;

use crate::Worker;

/// Calls looked at in one go.
const SWEEP: i32 = 100;

impl Worker {
    /// Ends calls that were left behind; returns how many those were.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn sweep_calls(&self) -> Result<usize> {
        self.sweep_calls_after(ORPHAN_GRACE_SECONDS).await
    }

    /// [`Worker::sweep_calls`] with another time of grace, for tests.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn sweep_calls_after(&self, grace_seconds: f64) -> Result<usize> {
        let mut tx = self.db.system("calls left behind").await?;
        let orphans = closing::list_orphans(&mut tx, SWEEP).await?;
        drop(tx);
        let mut ended = 0;
        for (tenant, call) in orphans {
            if let Some(swept) = sweep_orphan(&self.db, tenant, call, grace_seconds).await? {
                ended += 1;
                if let Some(app) = &self.app {
                    app.announce(tenant, call, &swept.call_sid, vec![swept.event]);
                }
            }
        }
        Ok(ended)
    }
}
