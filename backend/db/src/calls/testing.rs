//! Calls of test keys.

use phony_kernel::{CallId, Result};

use crate::TenantTx;
use crate::error::DbResult;

/// Notes that a call was made by a test key and runs in this account of the test carrier: it takes no line and costs
/// nothing.
///
/// # Errors
/// Those of the database.
pub async fn mark(tx: &mut TenantTx, call: CallId, account_sid: &str) -> Result<()> {
    sqlx::query(
        "UPDATE phony.calls SET mode = 'test', test = true, carrier_account_sid = $3 WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .bind(account_sid)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// Whether a call was made by a test key; not so for one that the tenant does not have.
///
/// # Errors
/// Those of the database.
pub async fn is_test(tx: &mut TenantTx, call: CallId) -> Result<bool> {
    let found: Option<bool> =
        sqlx::query_scalar("SELECT mode = 'test' FROM phony.calls WHERE tenant_id = $1 AND id = $2")
            .bind(tx.tenant().uuid())
            .bind(call.uuid())
            .fetch_optional(tx.connection())
            .await
            .db()?;
    Ok(found.unwrap_or(false))
}
