//! The end of a call, written once, with its `call.ended`; leases, and calls whose instance died.

use chrono::{DateTime, Utc};
use phony_kernel::call::{CallStatus, Channel, Direction, EndedReason, Ending, Engine};
use phony_kernel::{CallId, InstanceId, Result, TenantId};
use serde_json::json;
use uuid::Uuid;

use super::word;
use crate::error::DbResult;
use crate::{SystemTx, TenantTx, outbox};

/// Outbox topic of the one message that a call has ended.
pub const CALL_ENDED: &str = "call.ended";

/// Ends a call, unless it has ended: whoever gets `true` decided how, and its `call.ended` is the only one. An
/// instance that speaks for its own conversation says which it is (`by`): one that has lost the call to another
/// ends nothing.
///
/// # Errors
/// Those of the database.
pub async fn end(
    tx: &mut TenantTx,
    call: CallId,
    ending: &Ending,
    at: DateTime<Utc>,
    by: Option<InstanceId>,
) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE phony.calls
         SET status = $3, ended_at = greatest($4, answered_at, started_at), ended_reason = $5, ended_by = $6, fault = $7, detail = $8,
             settled_at = CASE WHEN channel = 'web' THEN clock_timestamp() ELSE settled_at END   -- no carrier has a last word
         WHERE tenant_id = $1 AND id = $2 AND ended_at IS NULL
           AND ($9::uuid IS NULL OR owner_instance IS NULL OR owner_instance = $9)",
    )
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .bind(CallStatus::Ended.as_str())
    .bind(at)
    .bind(ending.reason.as_str())
    .bind(ending.by.as_str())
    .bind(ending.fault.as_str())
    .bind(&ending.detail)
    .bind(by.map(InstanceId::uuid))
    .execute(tx.connection())
    .await
    .db()?;
    let decided = done.rows_affected() == 1;
    if decided {
        outbox::insert(tx, CALL_ENDED, &json!({ "call_id": call })).await?;
    }
    Ok(decided)
}

/// Says how it went on with a call that ended by being handed to somebody: taken and over, or not taken. Once; the
/// end itself and its `call.ended` stay as they are.
///
/// # Errors
/// Those of the database.
pub async fn conclude_transfer(tx: &mut TenantTx, call: CallId, ending: &Ending) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE phony.calls SET ended_reason = $3, ended_by = $4, fault = $5, detail = $6
         WHERE tenant_id = $1 AND id = $2 AND ended_reason = $7",
    )
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .bind(ending.reason.as_str())
    .bind(ending.by.as_str())
    .bind(ending.fault.as_str())
    .bind(&ending.detail)
    .bind(EndedReason::Transferred.as_str())
    .execute(tx.connection())
    .await
    .db()?;
    Ok(done.rows_affected() == 1)
}

/// Extends the leases of the calls that an instance runs; returns those that are still its own and not over.
///
/// # Errors
/// Those of the database.
pub async fn heartbeat(tx: &mut SystemTx, instance: InstanceId, running: &[CallId]) -> Result<Vec<CallId>> {
    let running: Vec<Uuid> = running.iter().map(|call| call.uuid()).collect();
    let kept: Vec<Uuid> = sqlx::query_scalar("SELECT phony.gate_heartbeat($1, $2)")
        .bind(instance.uuid())
        .bind(running)
        .fetch_all(tx.connection())
        .await
        .db()?;
    Ok(kept.into_iter().map(CallId::from_uuid).collect())
}

/// Calls whose lease has run out, oldest first; for the worker.
///
/// # Errors
/// Those of the database.
pub async fn list_orphans(tx: &mut SystemTx, limit: i32) -> Result<Vec<(TenantId, CallId)>> {
    let rows: Vec<(Uuid, Uuid)> = sqlx::query_as("SELECT tenant_id, id FROM phony.gate_orphan_calls($1)")
        .bind(limit)
        .fetch_all(tx.connection())
        .await
        .db()?;
    Ok(rows
        .into_iter()
        .map(|(tenant, call)| (TenantId::from_uuid(tenant), CallId::from_uuid(call)))
        .collect())
}

/// A call that nobody runs any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Orphan {
    /// The carrier's id.
    pub call_sid: String,
    /// Which way it went.
    pub direction: Direction,
    /// How it is spoken.
    pub engine: Engine,
    /// What it runs over.
    pub channel: Channel,
    /// Whether its conversation has ever had a socket.
    pub streamed: bool,
    /// The database's time.
    pub now: DateTime<Utc>,
    /// The furthest status that the carrier has told.
    pub carrier_status: Option<String>,
}

/// Takes hold of a call whose lease ran out at least `grace_seconds` ago; `None` when it came back, has ended, or
/// another worker holds it.
///
/// # Errors
/// Those of the database.
pub async fn claim_orphan(tx: &mut TenantTx, call: CallId, grace_seconds: f64) -> Result<Option<Orphan>> {
    type Row = (
        String,
        String,
        String,
        String,
        bool,
        DateTime<Utc>,
        Option<String>,
    );
    let row: Option<Row> = sqlx::query_as(
        "SELECT call_sid, direction, engine, channel,
                stream_token_used_at IS NOT NULL OR resumes > 0 OR engine_switched_at IS NOT NULL, clock_timestamp(), carrier_status
         FROM phony.calls
         WHERE tenant_id = $1 AND id = $2 AND ended_at IS NULL
           AND lease_until < clock_timestamp() - make_interval(secs => $3)
         FOR UPDATE SKIP LOCKED",
    )
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .bind(grace_seconds)
    .fetch_optional(tx.connection())
    .await
    .db()?;
    row.map(
        |(call_sid, direction, engine, channel, streamed, now, carrier_status)| {
            Ok(Orphan {
                call_sid,
                direction: word(&direction, Direction::from_stored)?,
                engine: word(&engine, Engine::from_stored)?,
                channel: word(&channel, Channel::from_stored)?,
                streamed,
                now,
                carrier_status,
            })
        },
    )
    .transpose()
}
