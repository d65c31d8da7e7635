//! Calls that we make: the queue, the dial, and what is done once.

mod kept;
mod keys;
mod order;

use chrono::{DateTime, Utc};
use phony_kernel::call::{CallStatus, Direction, Engine};
use phony_kernel::{CallId, NumberId, Result, TenantId};
use serde_json::Value;
use uuid::Uuid;

use super::word;
use crate::error::DbResult;
use crate::{SystemTx, TenantTx};

pub use kept::{delete_events, erase, find_order, find_speaker, keep_price};
pub use keys::{has_key_before, has_sent_keys};
pub use order::{NewOutbound, Traffic, enqueue, find_first_number, find_number, lock_admission, measure};

/// How long a call may wait for its turn.
const QUEUE_LEASE_SECONDS: f64 = 3_600.0;
/// After the ringing: for the carrier's news and for what is not known of a dial.
const DIAL_LEASE_SECONDS: f64 = 180.0;

/// Makes this process the one that dials, until the transaction ends; `false` while another one is.
///
/// # Errors
/// Those of the database.
pub async fn try_lead(tx: &mut SystemTx) -> Result<bool> {
    sqlx::query_scalar("SELECT pg_try_advisory_xact_lock(hashtextextended('dialing', 0))")
        .fetch_one(tx.connection())
        .await
        .db()
}

/// The head of each tenant's queue that may be dialled now, longest waiting first.
///
/// # Errors
/// Those of the database.
pub async fn list_heads(tx: &mut SystemTx, limit: i32) -> Result<Vec<(TenantId, CallId)>> {
    let rows: Vec<(Uuid, Uuid)> = sqlx::query_as("SELECT tenant_id, id FROM phony.gate_dial_queues($1)")
        .bind(limit)
        .fetch_all(tx.connection())
        .await
        .db()?;
    Ok(rows
        .into_iter()
        .map(|(tenant, call)| (TenantId::from_uuid(tenant), CallId::from_uuid(call)))
        .collect())
}

/// A call that we make, as it stands; its row stays locked until the transaction ends.
#[derive(Debug, Clone)]
pub struct Outbound {
    /// Our id.
    pub call: CallId,
    /// The carrier's id, once it is known.
    pub call_sid: Option<String>,
    /// Which way it goes; another way has no order.
    pub direction: Direction,
    /// How it is spoken.
    pub engine: Engine,
    /// Number of ours that it runs over.
    pub number: Option<NumberId>,
    /// That number.
    pub from: String,
    /// Who is called.
    pub to: String,
    /// Where it stands.
    pub status: CallStatus,
    /// What is kept of the order.
    pub order: Option<Value>,
    /// Since when the carrier may have been asked.
    pub dialed_at: Option<DateTime<Utc>>,
    /// How often it was tried.
    pub tries: i32,
    /// Since when it is not wanted any more.
    pub cancel_requested_at: Option<DateTime<Utc>>,
    /// What answered.
    pub machine_kind: Option<String>,
    /// When its policy was carried out.
    pub machine_acted_at: Option<DateTime<Utc>>,
    /// When it was answered.
    pub answered_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// When the carrier's final word was booked.
    pub settled_at: Option<DateTime<Utc>>,
    /// The database's time.
    pub now: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    call_sid: String,
    direction: String,
    engine: String,
    phone_number_id: Option<Uuid>,
    from_text: String,
    to_text: String,
    status: String,
    outbound: Option<Value>,
    dialed_at: Option<DateTime<Utc>>,
    dial_tries: i32,
    cancel_requested_at: Option<DateTime<Utc>>,
    machine_kind: Option<String>,
    machine_acted_at: Option<DateTime<Utc>>,
    answered_at: Option<DateTime<Utc>>,
    ended_at: Option<DateTime<Utc>>,
    settled_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
}

/// Reads a call and locks its row.
///
/// # Errors
/// Those of the database.
pub async fn lock(tx: &mut TenantTx, call: CallId) -> Result<Option<Outbound>> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT id, call_sid, direction, engine, phone_number_id, from_text, to_text, status, outbound, dialed_at, dial_tries,
                cancel_requested_at, machine_kind, machine_acted_at, answered_at, ended_at, settled_at, clock_timestamp() AS now
         FROM phony.calls WHERE tenant_id = $1 AND id = $2 FOR UPDATE",
    )
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .fetch_optional(tx.connection())
    .await
    .db()?;
    row.map(|row| {
        Ok(Outbound {
            call: CallId::from_uuid(row.id),
            call_sid: Some(row.call_sid).filter(|sid| !is_placeholder(sid)),
            direction: word(&row.direction, Direction::from_stored)?,
            engine: word(&row.engine, Engine::from_stored)?,
            number: row.phone_number_id.map(NumberId::from_uuid),
            from: row.from_text,
            to: row.to_text,
            status: word(&row.status, CallStatus::from_stored)?,
            order: row.outbound,
            dialed_at: row.dialed_at,
            tries: row.dial_tries,
            cancel_requested_at: row.cancel_requested_at,
            machine_kind: row.machine_kind,
            machine_acted_at: row.machine_acted_at,
            answered_at: row.answered_at,
            ended_at: row.ended_at,
            settled_at: row.settled_at,
            now: row.now,
        })
    })
    .transpose()
}

/// Whether this stands for an id that the carrier has not given yet.
#[must_use]
pub fn is_placeholder(call_sid: &str) -> bool {
    call_sid.starts_with("call_")
}

/// From here on the carrier may have been asked: the call leaves the queue and is never asked for again, unless the
/// carrier says that it has not made it.
///
/// # Errors
/// Those of the database.
pub async fn begin_dial(tx: &mut TenantTx, call: CallId, ring_seconds: u32) -> Result<()> {
    sqlx::query(
        "UPDATE phony.calls SET status = 'dialing', dialed_at = clock_timestamp(), dial_tries = dial_tries + 1,
                lease_until = clock_timestamp() + make_interval(secs => $3)
         WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .bind(f64::from(ring_seconds) + DIAL_LEASE_SECONDS)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// The carrier has certainly not made the call and may be asked again: it keeps its place in the queue.
///
/// # Errors
/// Those of the database.
pub async fn dial_later(tx: &mut TenantTx, call: CallId, seconds: f64) -> Result<()> {
    sqlx::query(
        "UPDATE phony.calls SET status = 'queued', dialed_at = NULL, dial_after = clock_timestamp() + make_interval(secs => $3),
                lease_until = clock_timestamp() + make_interval(secs => $4)
         WHERE tenant_id = $1 AND id = $2 AND ended_at IS NULL",
    )
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .bind(seconds)
    .bind(QUEUE_LEASE_SECONDS)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// Notes the carrier's id of a call that had none; `false` when it had one.
///
/// # Errors
/// Those of the database.
pub async fn adopt(tx: &mut TenantTx, call: CallId, call_sid: &str) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE phony.calls SET call_sid = $3 WHERE tenant_id = $1 AND id = $2 AND call_sid = $4
           AND NOT EXISTS (SELECT FROM phony.calls o WHERE o.tenant_id = $1 AND o.call_sid = $3)",
    )
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .bind(call_sid)
    .bind(call.to_string())
    .execute(tx.connection())
    .await
    .db()?;
    Ok(done.rows_affected() == 1)
}

/// Which of these are the carrier's ids of calls that we know.
///
/// # Errors
/// Those of the database.
pub async fn known_sids(tx: &mut TenantTx, sids: &[String]) -> Result<Vec<String>> {
    sqlx::query_scalar("SELECT call_sid FROM phony.calls WHERE tenant_id = $1 AND call_sid = ANY ($2)")
        .bind(tx.tenant().uuid())
        .bind(sids)
        .fetch_all(tx.connection())
        .await
        .db()
}

/// Whether another call between the same two was asked for whose id is not known either.
///
/// # Errors
/// Those of the database.
pub async fn has_twin(tx: &mut TenantTx, call: &Outbound) -> Result<bool> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM phony.calls
           WHERE tenant_id = $1 AND id <> $2 AND to_text = $3 AND from_text = $4 AND dialed_at IS NOT NULL
             AND call_sid = 'call_' || replace(id::text, '-', '') AND dialed_at > clock_timestamp() - interval '15 minutes')",
    )
    .bind(tx.tenant().uuid())
    .bind(call.call.uuid())
    .bind(&call.to)
    .bind(&call.from)
    .fetch_one(tx.connection())
    .await
    .db()
}

/// Notes that a call is not wanted any more.
///
/// # Errors
/// Those of the database.
pub async fn request_cancel(tx: &mut TenantTx, call: CallId) -> Result<()> {
    sqlx::query(
        "UPDATE phony.calls SET cancel_requested_at = coalesce(cancel_requested_at, clock_timestamp())
         WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// Notes what answered.
///
/// # Errors
/// Those of the database.
pub async fn note_machine(tx: &mut TenantTx, call: CallId, kind: &str) -> Result<()> {
    sqlx::query(
        "UPDATE phony.calls SET machine_kind = $3, machine_at = clock_timestamp() WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .bind(kind)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// Claims the act that answers what answered; `false` when it was done.
///
/// # Errors
/// Those of the database.
pub async fn claim_machine_act(tx: &mut TenantTx, call: CallId) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE phony.calls SET machine_acted_at = clock_timestamp()
         WHERE tenant_id = $1 AND id = $2 AND machine_acted_at IS NULL AND ended_at IS NULL",
    )
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .execute(tx.connection())
    .await
    .db()?;
    Ok(done.rows_affected() == 1)
}
