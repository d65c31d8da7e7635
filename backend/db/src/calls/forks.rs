//! Forks of a call's sound that the carrier sends, and bills, while somebody listens.

use chrono::{DateTime, Utc};
use phony_kernel::{CallId, Result};

use crate::TenantTx;
use crate::error::DbResult;

/// More streams of one call are not let in.
const MOST_STREAMS: i64 = 200;

/// Notes the stream of a fork. Gives since when the call talks and the time now; `None` when the call is not that one,
/// has ended, or has had too many.
///
/// # Errors
/// Those of the database.
pub async fn open(
    tx: &mut TenantTx,
    call: CallId,
    call_sid: &str,
    stream_sid: &str,
) -> Result<Option<(DateTime<Utc>, DateTime<Utc>)>> {
    sqlx::query_as(
        "UPDATE phony.calls
         SET media_streams = jsonb_build_object($4::text, jsonb_build_object('from', clock_timestamp())) || media_streams
         WHERE tenant_id = $1 AND id = $2 AND call_sid = $3 AND ended_at IS NULL
           AND (SELECT count(*) FROM jsonb_object_keys(media_streams)) < $5
         RETURNING coalesce(answered_at, started_at), clock_timestamp()",
    )
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .bind(call_sid)
    .bind(stream_sid)
    .bind(MOST_STREAMS)
    .fetch_optional(tx.connection())
    .await
    .db()
}
