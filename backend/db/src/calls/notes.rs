//! The token by which the stream of a meeting is let in, once.

use phony_kernel::{CallId, Result};

use super::stream::{self, StreamedCall};
use crate::TenantTx;
use crate::error::DbResult;

/// Lets a stream with this token in, in place of any before; `false` when the call has ended.
///
/// # Errors
/// Those of the database.
pub async fn admit(tx: &mut TenantTx, call: CallId, token_hash: &[u8; 32]) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE phony.calls SET notes_token_hash = $3 WHERE tenant_id = $1 AND id = $2 AND ended_at IS NULL",
    )
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .bind(&token_hash[..])
    .execute(tx.connection())
    .await
    .db()?;
    Ok(done.rows_affected() == 1)
}

/// Uses up the token; the stream is noted by its id, because the carrier bills it. `None` when it is not this call's, was used, or the call has ended.
///
/// # Errors
/// Those of the database.
pub async fn open(
    tx: &mut TenantTx,
    call: CallId,
    call_sid: &str,
    token_hash: &[u8; 32],
    stream_sid: &str,
) -> Result<Option<StreamedCall>> {
    let done = sqlx::query(
        "UPDATE phony.calls SET notes_token_hash = NULL,
             media_streams = jsonb_build_object($5::text, jsonb_build_object('from', clock_timestamp())) || media_streams
         WHERE tenant_id = $1 AND id = $2 AND call_sid = $3 AND notes_token_hash = $4 AND ended_at IS NULL",
    )
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .bind(call_sid)
    .bind(&token_hash[..])
    .bind(stream_sid)
    .execute(tx.connection())
    .await
    .db()?;
    if done.rows_affected() == 0 {
        return Ok(None);
    }
    stream::find(tx, call).await
}
