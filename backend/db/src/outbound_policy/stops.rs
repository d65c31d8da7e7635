//! Outbound calls that have stopped by themselves, and the figures of each hour by which that is judged.

use chrono::{DateTime, Utc};
use phony_kernel::{Result, TenantId};
use serde_json::Value;
use uuid::Uuid;

use crate::error::DbResult;
use crate::{SystemTx, TenantTx};

/// A stop that nobody has lifted.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct Stop {
    /// Its id.
    pub id: Uuid,
    /// Since when.
    pub stopped_at: DateTime<Utc>,
    /// What was out of all proportion.
    pub reason: String,
    /// By how much.
    pub figures: Value,
}

/// What a tenant's outbound calls were like in one hour.
#[derive(Debug, Clone, Copy, PartialEq, sqlx::FromRow)]
pub struct Hour {
    /// How many hours ago it was; 0 is the one that ends now.
    pub hours_ago: i32,
    /// Money, in USD.
    pub spend: f64,
    /// Beginnings of the numbers that were rung, each counted once.
    pub prefixes: i64,
    /// Calls that were answered and are over.
    pub answered: i64,
    /// Those of them that were over within seconds.
    pub short: i64,
}

/// The stop in force, if there is one.
///
/// # Errors
/// Those of the database.
pub async fn find_open(tx: &mut TenantTx) -> Result<Option<Stop>> {
    sqlx::query_as(
        "SELECT id, stopped_at, reason, figures FROM phony.outbound_stops
         WHERE tenant_id = $1 AND lifted_at IS NULL ORDER BY stopped_at DESC LIMIT 1",
    )
    .bind(tx.tenant().uuid())
    .fetch_optional(tx.connection())
    .await
    .db()
}

/// Stops outbound calls. The caller has made sure that they are not stopped.
///
/// # Errors
/// Those of the database.
pub async fn insert(tx: &mut TenantTx, reason: &str, figures: &Value, at: DateTime<Utc>) -> Result<Uuid> {
    let id = Uuid::now_v7();
    sqlx::query(
        "INSERT INTO phony.outbound_stops (tenant_id, id, stopped_at, reason, figures) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(tx.tenant().uuid())
    .bind(id)
    .bind(at)
    .bind(reason)
    .bind(figures)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(id)
}

/// Lifts the stop; `false` when there is none.
///
/// # Errors
/// Those of the database.
pub async fn lift(tx: &mut TenantTx, by: &str, at: DateTime<Utc>) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE phony.outbound_stops SET lifted_at = $2, lifted_by = $3 WHERE tenant_id = $1 AND lifted_at IS NULL",
    )
    .bind(tx.tenant().uuid())
    .bind(at)
    .bind(by)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(done.rows_affected() > 0)
}

/// Address and name of up to `limit` admins, who are told of a stop.
///
/// # Errors
/// Those of the database.
pub async fn list_admins(tx: &mut TenantTx, limit: i64) -> Result<Vec<(String, String)>> {
    sqlx::query_as(
        "SELECT u.email, u.name FROM phony.memberships m JOIN phony.users u ON u.id = m.user_id
         WHERE m.tenant_id = $1 AND m.role = 'admin' AND u.disabled_at IS NULL ORDER BY m.created_at, u.id LIMIT $2",
    )
    .bind(tx.tenant().uuid())
    .bind(limit)
    .fetch_all(tx.connection())
    .await
    .db()
}

/// Up to `limit` tenants after this one that have rung somebody within the hour; for the worker.
///
/// # Errors
/// Those of the database.
pub async fn list_ringing(tx: &mut SystemTx, after: Option<TenantId>, limit: i32) -> Result<Vec<TenantId>> {
    let rows: Vec<Uuid> = sqlx::query_scalar("SELECT tenant_id FROM phony.gate_ringing_tenants($1, $2)")
        .bind(after.map_or(Uuid::nil(), TenantId::uuid))
        .bind(limit)
        .fetch_all(tx.connection())
        .await
        .db()?;
    Ok(rows.into_iter().map(TenantId::from_uuid).collect())
}

/// The last `hours` hours before `now` in which somebody was rung or charged for, without what a person has looked at
/// when they lifted the last stop. A call that ended within `short_seconds` of its answer is short; two numbers that
/// are alike in `prefix_chars` characters have one beginning.
///
/// # Errors
/// Those of the database.
pub async fn list_hours(
    tx: &mut TenantTx,
    now: DateTime<Utc>,
    hours: i32,
    short_seconds: f64,
    prefix_chars: i32,
) -> Result<Vec<Hour>> {
    sqlx::query_as(
        "WITH seen AS (SELECT coalesce(max(lifted_at), '-infinity') AS until FROM phony.outbound_stops WHERE tenant_id = $1),
         made AS (
           SELECT floor(extract(epoch FROM $2 - c.dialed_at) / 3600)::int AS hours_ago, c.to_text, c.answered_at, c.ended_at
           FROM phony.calls c, seen
           WHERE c.tenant_id = $1 AND c.direction = 'outbound' AND c.started_at > $2 - make_interval(hours => $3 + 2)
             AND c.dialed_at > $2 - make_interval(hours => $3) AND c.dialed_at <= $2
             AND (c.dialed_at > seen.until OR c.dialed_at <= $2 - interval '1 hour')),
         rung AS (
           SELECT hours_ago, count(DISTINCT left(to_text, $5)) AS prefixes,
                  count(*) FILTER (WHERE answered_at IS NOT NULL AND ended_at IS NOT NULL) AS answered,
                  count(*) FILTER (WHERE ended_at - answered_at < make_interval(secs => $4)) AS short
           FROM made GROUP BY hours_ago),
         spent AS (
           SELECT floor(extract(epoch FROM $2 - e.billing_time) / 3600)::int AS hours_ago, sum(r.amount) AS amount
           FROM phony.usage_events e
           CROSS JOIN seen
           JOIN phony.calls c ON c.tenant_id = e.tenant_id AND c.id = e.call_id AND c.direction = 'outbound'
           JOIN LATERAL (SELECT amount FROM phony.rated_usage r
                         WHERE r.tenant_id = e.tenant_id AND r.usage_event_id = e.id
                         ORDER BY r.rating_version DESC LIMIT 1) r ON true
           WHERE e.tenant_id = $1 AND e.billing_time > $2 - make_interval(hours => $3) AND e.billing_time <= $2
             AND (e.billing_time > seen.until OR e.billing_time <= $2 - interval '1 hour')
           GROUP BY 1)
         SELECT hours_ago, coalesce(s.amount, 0)::float8 AS spend, coalesce(r.prefixes, 0) AS prefixes,
                coalesce(r.answered, 0) AS answered, coalesce(r.short, 0) AS short
         FROM rung r FULL JOIN spent s USING (hours_ago) ORDER BY hours_ago",
    )
    .bind(tx.tenant().uuid())
    .bind(now)
    .bind(hours)
    .bind(short_seconds)
    .bind(prefix_chars)
    .fetch_all(tx.connection())
    .await
    .db()
}
