//! A call that is to be made comes in: what the caps are about, its row, the number that it goes out over.

use phony_kernel::call::Engine;
use phony_kernel::{CallId, NumberId, PersonalityId, Result};
use serde_json::Value;
use uuid::Uuid;

use super::QUEUE_LEASE_SECONDS;
use crate::TenantTx;
use crate::error::DbResult;
use crate::notices::CALL_QUEUED;

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
           WHERE tenant_id = $1 AND ended_at IS NULL AND lease_until > clock_timestamp() AND mode = 'live'),
         made AS (
           SELECT to_text FROM phony.calls
           WHERE tenant_id = $1 AND direction = 'outbound' AND mode = 'live' AND started_at > clock_timestamp() - interval '24 hours'
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

/// Puts a call at the end of the queue, and tells who dials. The carrier has no id for it yet; ours stands for it.
///
/// # Errors
/// Those of the database.
pub async fn enqueue(tx: &mut TenantTx, new: &NewOutbound<'_>) -> Result<()> {
    sqlx::query(
        "WITH queued AS (
           INSERT INTO phony.calls (tenant_id, id, phone_number_id, call_sid, direction, status, started_at, lease_until,
                  engine, from_text, to_text, personality_id, personality_version, metadata, outbound, policy_version, dial_after)
           SELECT $1, $2, $3, $4, 'outbound', 'queued', i.now, i.now + make_interval(secs => $5),
                  $6, $7, $8, $9, $10, $11, $12, $13, i.now
           FROM (SELECT clock_timestamp() AS now) i RETURNING 1)
         SELECT pg_notify($14, '') FROM queued",
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
    .bind(CALL_QUEUED)
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
