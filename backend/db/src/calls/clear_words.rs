//! Words of calls that were written before words were sealed: found and sealed, as the rotation of keys goes by.
//!
//! The ledger knows no change, so an event that is sealed leaves its place and takes it again. For the worker.

use chrono::{DateTime, Utc};
use phony_conversation::Event;
use phony_kernel::{CallId, Error, Result};
use serde_json::Value;
use uuid::Uuid;

use super::words::{NEVER_SEALED, ensure_keys, is_sealed};
use crate::TenantTx;
use crate::error::DbResult;

/// Up to `limit` calls after one that may have words in the clear, in the order of their ids.
///
/// # Errors
/// Those of the database.
pub async fn list_calls(tx: &mut TenantTx, after: Option<CallId>, limit: i64) -> Result<Vec<CallId>> {
    let rows: Vec<Uuid> = sqlx::query_scalar(
        "SELECT DISTINCT call_id FROM phony.call_events
         WHERE tenant_id = $1 AND call_id > $2 AND body_sealed IS NULL AND kind <> ALL ($3)
         ORDER BY call_id LIMIT $4",
    )
    .bind(tx.tenant().uuid())
    .bind(after.map_or(Uuid::nil(), CallId::uuid))
    .bind(NEVER_SEALED.as_slice())
    .bind(limit)
    .fetch_all(tx.connection())
    .await
    .db()?;
    Ok(rows.into_iter().map(CallId::from_uuid).collect())
}

/// Events that may have words in the clear.
///
/// # Errors
/// Those of the database.
pub async fn count(tx: &mut TenantTx) -> Result<i64> {
    sqlx::query_scalar(
        "SELECT count(*) FROM phony.call_events WHERE tenant_id = $1 AND body_sealed IS NULL AND kind <> ALL ($2)",
    )
    .bind(tx.tenant().uuid())
    .bind(NEVER_SEALED.as_slice())
    .fetch_one(tx.connection())
    .await
    .db()
}

/// What became of some events of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealedPart {
    /// Events that are sealed now.
    pub sealed: u64,
    /// After which one to go on, while there may be more.
    pub next: Option<i32>,
}

type Row = (i32, DateTime<Utc>, String, Value);

/// Seals up to `limit` events of a call after one. What this build does not know stays as it is.
///
/// # Errors
/// Those of the database, and when nothing here seals words.
pub async fn seal(tx: &mut TenantTx, call: CallId, after: i32, limit: i64) -> Result<SealedPart> {
    let tenant = tx.tenant().uuid();
    // Whoever erases the call waits for this, and then finds what was sealed.
    let held: Option<i32> =
        sqlx::query_scalar("SELECT 1 FROM phony.calls WHERE tenant_id = $1 AND id = $2 FOR UPDATE")
            .bind(tenant)
            .bind(call.uuid())
            .fetch_optional(tx.connection())
            .await
            .db()?;
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT seq, at, kind, body FROM phony.call_events
         WHERE tenant_id = $1 AND call_id = $2 AND seq > $3 AND body_sealed IS NULL AND kind <> ALL ($4)
         ORDER BY seq LIMIT $5",
    )
    .bind(tenant)
    .bind(call.uuid())
    .bind(after)
    .bind(NEVER_SEALED.as_slice())
    .bind(limit)
    .fetch_all(tx.connection())
    .await
    .db()?;
    let full = i64::try_from(rows.len()).is_ok_and(|count| count == limit);
    let next = rows.last().map(|(seq, ..)| *seq).filter(|_| full);
    let known: Vec<Row> = rows
        .into_iter()
        .filter(|(.., body)| {
            serde_json::from_value::<Event>(body.clone()).is_ok_and(|event| is_sealed(&event.body))
        })
        .collect();
    if held.is_none() || known.is_empty() {
        return Ok(SealedPart { sealed: 0, next });
    }
    let keys = ensure_keys(tx, &[call]).await?;
    let Some(key) = keys.get(&call) else {
        return Err(Error::not_found());
    };
    let (mut seqs, mut times, mut kinds, mut bodies) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (seq, at, kind, body) in known {
        let plain = serde_json::to_vec(&body).map_err(Error::internal)?;
        bodies.push(key.seal(seq, &plain)?);
        seqs.push(seq);
        times.push(at);
        kinds.push(kind);
    }
    sqlx::query("DELETE FROM phony.call_events WHERE tenant_id = $1 AND call_id = $2 AND seq = ANY ($3)")
        .bind(tenant)
        .bind(call.uuid())
        .bind(&seqs)
        .execute(tx.connection())
        .await
        .db()?;
    let done = sqlx::query(
        "INSERT INTO phony.call_events (tenant_id, call_id, seq, at, kind, body, body_sealed)
         SELECT $1, $2, i.seq, i.at, i.kind, '{}', i.body_sealed
         FROM unnest($3::int4[], $4::timestamptz[], $5::text[], $6::bytea[]) AS i (seq, at, kind, body_sealed)",
    )
    .bind(tenant)
    .bind(call.uuid())
    .bind(seqs)
    .bind(times)
    .bind(kinds)
    .bind(bodies)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(SealedPart {
        sealed: done.rows_affected(),
        next,
    })
}
