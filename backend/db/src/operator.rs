//! What the operator of the installation sees of tenants. Reads of one tenant run as `phony_readonly`.

use chrono::{DateTime, Utc};
use phony_kernel::{Result, TenantId};
use serde_json::Value;
use uuid::Uuid;

use crate::TenantTx;
use crate::error::DbResult;

/// A tenant in one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantLine {
    /// Its id.
    pub id: TenantId,
    /// Its name in addresses.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// What it has subscribed to.
    pub plan: String,
    /// `active`, `suspended`, `closing`, `closed`.
    pub status: String,
    /// Since when.
    pub created_at: DateTime<Utc>,
}

/// The tenant of the transaction in one line; none when there is no such tenant.
///
/// # Errors
/// Those of the database.
pub async fn find_line(tx: &mut TenantTx) -> Result<Option<TenantLine>> {
    let row: Option<(Uuid, String, String, String, String, DateTime<Utc>)> =
        sqlx::query_as("SELECT id, slug, name, plan, status, created_at FROM phony.tenants WHERE id = $1")
            .bind(tx.tenant().uuid())
            .fetch_optional(tx.connection())
            .await
            .db()?;
    Ok(row.map(|(id, slug, name, plan, status, created_at)| TenantLine {
        id: TenantId::from_uuid(id),
        slug,
        name,
        plan,
        status,
        created_at,
    }))
}

/// What helps to help a tenant: its people, numbers, calls and usage in figures. Nothing that was said, no number of a
/// caller, no secret.
///
/// # Errors
/// Those of the database.
pub async fn look(tx: &mut TenantTx) -> Result<Value> {
    sqlx::query_scalar(
        "SELECT jsonb_build_object(
           'tenant', (SELECT jsonb_build_object('id', t.id, 'slug', t.slug, 'name', t.name, 'plan', t.plan, 'status', t.status,
                        'time_zone', t.time_zone, 'created_at', t.created_at, 'recording_days', t.recording_days,
                        'transcript_days', t.transcript_days, 'audit_days', t.audit_days) FROM phony.tenants t WHERE t.id = $1),
           'people', (SELECT coalesce(jsonb_object_agg(role, n), '{}') FROM
                        (SELECT role, count(*) AS n FROM phony.memberships WHERE tenant_id = $1 GROUP BY role) r),
           'admins', (SELECT coalesce(jsonb_agg(jsonb_build_object('name', u.name, 'email', u.email) ORDER BY u.id), '[]')
                      FROM phony.memberships m JOIN phony.users u ON u.id = m.user_id WHERE m.tenant_id = $1 AND m.role = 'admin'),
           'numbers', (SELECT coalesce(jsonb_agg(jsonb_build_object('e164', n.e164, 'status', n.status, 'engine', n.engine,
                         'failure', n.failure) ORDER BY n.id), '[]')
                       FROM phony.phone_numbers n WHERE n.tenant_id = $1 AND n.status <> 'released'),
           'calls', jsonb_build_object(
             'live', (SELECT count(*) FROM phony.calls WHERE tenant_id = $1 AND ended_at IS NULL),
             'last_24_hours', (SELECT coalesce(jsonb_object_agg(reason, n), '{}') FROM
                (SELECT coalesce(ended_reason, 'live') AS reason, count(*) AS n FROM phony.calls
                 WHERE tenant_id = $1 AND started_at > now() - interval '24 hours' GROUP BY 1) c)),
           'usage_this_month', (SELECT coalesce(sum(r.amount), 0)::text FROM phony.usage_events e
              JOIN phony.rated_usage r ON r.tenant_id = e.tenant_id AND r.usage_event_id = e.id
              WHERE e.tenant_id = $1 AND e.billing_time >= date_trunc('month', now())),
           'work_set_aside', (SELECT count(*) FROM phony.outbox WHERE tenant_id = $1 AND done_at IS NULL
              AND next_attempt_at = 'infinity'),
           'last_acts', (SELECT coalesce(jsonb_agg(jsonb_build_object('at', a.at, 'actor', a.actor, 'action', a.action,
                           'target', a.target) ORDER BY a.seq DESC), '[]')
                         FROM (SELECT * FROM phony.audit_log WHERE tenant_id = $1 ORDER BY seq DESC LIMIT 20) a))",
    )
    .bind(tx.tenant().uuid())
    .fetch_one(tx.connection())
    .await
    .db()
}
