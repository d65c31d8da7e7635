//! Keys that were pressed in a call that we made, by either side.

use chrono::{DateTime, Utc};
use phony_kernel::{CallId, Result};

use crate::TenantTx;
use crate::error::DbResult;

/// Whether the far end pressed a key between `since` and the event of this number.
///
/// # Errors
/// Those of the database.
pub async fn has_key_before(tx: &mut TenantTx, call: CallId, seq: u64, since: DateTime<Utc>) -> Result<bool> {
    exists(
        tx,
        call,
        "dtmf.received",
        since,
        i32::try_from(seq).unwrap_or(i32::MAX),
    )
    .await
}

/// Whether our side has pressed keys since.
///
/// # Errors
/// Those of the database.
pub async fn has_sent_keys(tx: &mut TenantTx, call: CallId, since: DateTime<Utc>) -> Result<bool> {
    exists(tx, call, "dtmf.sent", since, i32::MAX).await
}

async fn exists(
    tx: &mut TenantTx,
    call: CallId,
    kind: &str,
    since: DateTime<Utc>,
    before: i32,
) -> Result<bool> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM phony.call_events
           WHERE tenant_id = $1 AND call_id = $2 AND kind = $3 AND at > $4 AND seq < $5)",
    )
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .bind(kind)
    .bind(since)
    .bind(before)
    .fetch_one(tx.connection())
    .await
    .db()
}
