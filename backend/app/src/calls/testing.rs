//! Calls of test keys: how many there may be, and which calls those are.

use phony_db::calls::testing as rows;
use phony_db::{TenantTx, plans};
use phony_kernel::{CallId, Error, Kind, Result, TenantId};

use super::CallsArea;
use crate::plans::TEST_CALLS;

/// Goes on only while there is room for one more. Admission must be held.
pub(crate) async fn check_room(tx: &mut TenantTx) -> Result<()> {
    if plans::concurrency(tx).await?.test < i64::from(TEST_CALLS) {
        return Ok(());
    }
    Err(Error::new(
        Kind::RateLimited,
        "concurrency_limit",
        format!("{TEST_CALLS} test calls are under way, which is as many as there may be"),
    )
    .retry_after(5))
}

impl CallsArea {
    /// Whether a call was made by a test key.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn is_test(&self, tenant: TenantId, call: CallId) -> Result<bool> {
        rows::is_test(&mut self.db.tenant(tenant).await?, call).await
    }
}
