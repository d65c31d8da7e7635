//! Calls that we make: the queue, the dial, and what is done once.

use chrono::{DateTime, Utc};
use phony_conversation::plan::Personality;
use phony_kernel::call::{CallStatus, Direction, Engine};
use phony_kernel::{CallId, NumberId, PersonalityId, Result, TenantId};
use serde_json::Value;
use uuid::Uuid;

use super::word;
use crate::error::DbResult;
use crate::{SystemTx, TenantTx};

/// How long a call may wait for its turn.
const QUEUE_LEASE_SECONDS: f64 = 3_600.0;
/// After the ringing: for the carrier's news and for what is not known of a dial.
const DIAL_LEASE_SECONDS: f64 = 180.0;

/// How much a tenant rings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct Traffic {
    /// Calls that are open, whichever way they go.
    pub open: i64,
    /// Those of them that we make.
    pub open_outbound: i64,
    /// Those of them that wait for their turn.
    pub queued: i64,
    /// Made within 24 hours.
    pub today: i64,
    /// Made to this number within 24 hours.
    pub today_to_number: i64,
    /// Whether the money of 24 hours would be spent with one more.
    pub spent: bool,
}

/// Lets one admission of the tenant after the other, until the transaction ends.
///
/// # Errors
/// Those of the database.
pub async fn lock_admission(tx: &mut TenantTx) -> Result<()> {
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('admit:' || $1::text, 0))")
        .bind(tx.tenant().uuid())
        .execute(tx.connection())
        .await
        .db()?;
    Ok(())
}

/// Counts what the caps are about. `daily_spend` is a decimal.
///
/// # Errors
/// Those of the database.
pub async fn measure(tx: &mut TenantTx, to: &str, daily_spend: &str) -> Result<Traffic> {
    sqlx::query_as(
        "WITH open AS (
           SELECT direction, status FROM phony.calls
           WHERE tenant_id = $1 AND ended_at IS NULL AND lease_until > clock_timestamp()),
         made AS (
           SELECT to_text FROM phony.calls
           WHERE tenant_id = $1 AND direction = 'outbound' AND started_at > clock_timestamp() - interval '24 hours'
             AND (ended_at IS NULL OR dialed_at IS NOT NULL)),
         spend AS (
           SELECT coalesce(sum(r.amount), 0) AS amount
           FROM phony.usage_events e
           JOIN phony.calls c ON c.tenant_id = e.tenant_id AND c.id = e.call_id AND c.direction = 'outbound'
           JOIN LATERAL (SELECT amount FROM phony.rated_usage r
                         WHERE r.tenant_id = e.tenant_id AND r.usage_event_id = e.id
                         ORDER BY r.rating_version DESC LIMIT 1) r ON true
           WHERE e.tenant_id = $1 AND e.billing_time > clock_timestamp() - interval '24 hours')
         SELECT (SELECT count(*) FROM open) AS open,
                (SELECT count(*) FROM open WHERE direction = 'outbound') AS open_outbound,
                (SELECT count(*) FROM open WHERE status = 'queued') AS queued,
                (SELECT count(*) FROM made) AS today,
                (SELECT count(*) FROM made WHERE to_text = $2) AS today_to_number,
                (SELECT amount FROM spend) + 0.5 * (1 + (SELECT count(*) FROM open WHERE direction = 'outbound'))
                  > $3::numeric AS spent",
    )
    .bind(tx.tenant().uuid())
    .bind(to)
    .bind(daily_spend)
    .fetch_one(tx.connection())
    .await
    .db()
}

/// A call that is to be made.
#[derive(Debug)]
pub struct NewOutbound<'a> {
    /// Our id for it.
    pub call: CallId,
    /// Number of ours that it runs over.
    pub number: NumberId,
    /// That number.
    pub from: &'a str,
    /// Who is called.
    pub to: &'a str,
    /// How it is spoken.
    pub engine: Engine,
    /// Who talks, and which version.
    pub personality: (PersonalityId, i32),
    /// The tenant's own notes.
    pub metadata: &'a Value,
    /// What is kept of the order.
    pub order: &'a Value,
    /// The policy that it goes by.
    pub policy_version: i32,
}

/// Puts a call at the end of the queue. The carrier has no id for it yet; ours stands for it.
///
/// # Errors
/// Those of the database.
pub async fn enqueue(tx: &mut TenantTx, new: &NewOutbound<'_>) -> Result<()> {
    sqlx::query(
        "INSERT INTO phony.calls (tenant_id, id, phone_number_id, call_sid, direction, status, started_at, lease_until,
                engine, from_text, to_text, personality_id, personality_version, metadata, outbound, policy_version, dial_after)
         SELECT $1, $2, $3, $4, 'outbound', 'queued', i.now, i.now + make_interval(secs => $5),
                $6, $7, $8, $9, $10, $11, $12, $13, i.now
         FROM (SELECT clock_timestamp() AS now) i",
    )
    .bind(tx.tenant().uuid())
    .bind(new.call.uuid())
    .bind(new.number.uuid())
    .bind(new.call.to_string())
    .bind(QUEUE_LEASE_SECONDS)
    .bind(new.engine.as_str())
    .bind(new.from)
    .bind(new.to)
    .bind(new.personality.0.uuid())
    .bind(new.personality.1)
    .bind(new.metadata)
    .bind(new.order)
    .bind(new.policy_version)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// The number that a tenant rings from when it names none: the one it has had longest.
///
/// # Errors
/// Those of the database.
pub async fn find_first_number(tx: &mut TenantTx) -> Result<Option<NumberId>> {
    let id: Option<Uuid> = sqlx::query_scalar(
        "SELECT id FROM phony.phone_numbers WHERE tenant_id = $1 AND status = 'active' ORDER BY created_at, id LIMIT 1",
    )
    .bind(tx.tenant().uuid())
    .fetch_optional(tx.connection())
    .await
    .db()?;
    Ok(id.map(NumberId::from_uuid))
}

/// The tenant's number of these digits that calls can be made from.
///
/// # Errors
/// Those of the database.
pub async fn find_number(tx: &mut TenantTx, e164: &str) -> Result<Option<NumberId>> {
    let id: Option<Uuid> = sqlx::query_scalar(
        "SELECT id FROM phony.phone_numbers WHERE tenant_id = $1 AND e164 = $2 AND status = 'active'",
    )
    .bind(tx.tenant().uuid())
    .bind(e164)
    .fetch_optional(tx.connection())
    .await
    .db()?;
    Ok(id.map(NumberId::from_uuid))
}

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

/// The order of a call and who talks in it, for those who only read.
///
/// # Errors
/// Those of the database.
pub async fn find_order(tx: &mut TenantTx, call: CallId) -> Result<Option<Value>> {
    let order: Option<Option<Value>> =
        sqlx::query_scalar("SELECT outbound FROM phony.calls WHERE tenant_id = $1 AND id = $2")
            .bind(tx.tenant().uuid())
            .bind(call.uuid())
            .fetch_optional(tx.connection())
            .await
            .db()?;
    Ok(order.flatten())
}

/// Who talks in a call, in the version of its beginning.
///
/// # Errors
/// Those of the database.
pub async fn find_speaker(tx: &mut TenantTx, call: CallId) -> Result<Option<Personality>> {
    let body: Option<sqlx::types::Json<Personality>> = sqlx::query_scalar(
        "SELECT v.body FROM phony.calls c JOIN phony.personality_versions v
           ON v.tenant_id = c.tenant_id AND v.personality_id = c.personality_id AND v.version = c.personality_version
         WHERE c.tenant_id = $1 AND c.id = $2",
    )
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .fetch_optional(tx.connection())
    .await
    .db()?;
    Ok(body.map(|body| body.0))
}

/// Takes the content out of a call that is over: notes, variables, the words of its first and last line. `false`
/// while it goes on.
///
/// # Errors
/// Those of the database.
pub async fn erase(tx: &mut TenantTx, call: CallId) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE phony.calls SET erased_at = coalesce(erased_at, clock_timestamp()), metadata = '{}', outbound = NULL, detail = NULL
         WHERE tenant_id = $1 AND id = $2 AND ended_at IS NOT NULL",
    )
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .execute(tx.connection())
    .await
    .db()?;
    Ok(done.rows_affected() == 1)
}

/// Deletes what was said and done in a call that was erased; for the worker.
///
/// # Errors
/// Those of the database.
pub async fn delete_events(tx: &mut TenantTx, call: CallId) -> Result<u64> {
    let done = sqlx::query(
        "DELETE FROM phony.call_events e WHERE e.tenant_id = $1 AND e.call_id = $2
           AND EXISTS (SELECT FROM phony.calls c WHERE c.tenant_id = $1 AND c.id = $2 AND c.erased_at IS NOT NULL)",
    )
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .execute(tx.connection())
    .await
    .db()?;
    Ok(done.rows_affected())
}

/// Keeps what the carrier charges for a call; a figure that is known already changes nothing.
///
/// # Errors
/// Those of the database.
pub async fn keep_price(
    tx: &mut TenantTx,
    call: CallId,
    call_sid: &str,
    amount: &str,
    currency: &str,
    at: DateTime<Utc>,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO phony.provider_costs (tenant_id, provider, ref, revision, call_id, amount, currency, observed_at)
         SELECT $1, 'twilio', $3, coalesce(max(p.revision) + 1, 0), $2, $4::numeric, $5, $6
         FROM phony.provider_costs p WHERE p.tenant_id = $1 AND p.provider = 'twilio' AND p.ref = $3
         HAVING count(*) FILTER (WHERE p.amount = $4::numeric AND p.currency = $5) = 0
         ON CONFLICT DO NOTHING",
    )
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .bind(call_sid)
    .bind(amount)
    .bind(currency)
    .bind(at)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}
