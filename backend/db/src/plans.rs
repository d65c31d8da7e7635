//! What a tenant may have and how often it may ask; what it has of that; changes of its plan.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use phony_kernel::{ApiKeyId, Bucket, NumberId, PersonalityId, Plan, Rate, Result};
use serde_json::Value;
use sqlx::Row;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use crate::TenantTx;
use crate::error::DbResult;
use crate::identity::{foreign_word, plan};

/// Rates of a tenant that differ from its plan's; none is no difference.
pub type Rates = Option<Arc<BTreeMap<Bucket, Rate>>>;

/// Reads the column `rate_limits`. What this build does not know, or cannot count with, is as if it were not there.
pub(crate) fn rates(row: &PgRow) -> Result<Rates> {
    let stored: Value = row.try_get("rate_limits").db()?;
    let known = stored
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(name, rate)| {
            let rate: Rate = serde_json::from_value(rate.clone()).ok()?;
            Some((Bucket::from_name(name)?, rate)).filter(|(_, rate)| rate.is_usable())
        });
    let known: BTreeMap<Bucket, Rate> = known.collect();
    Ok((!known.is_empty()).then(|| Arc::new(known)))
}

/// A plan as it is sold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanRow {
    /// Which.
    pub plan: Plan,
    /// Exact decimal, US dollars; zero for one that is agreed by contract.
    pub monthly_fee: String,
    /// Calls at one time; `None` is no limit.
    pub concurrent_calls: Option<i32>,
    /// Numbers held at one time; `None` is no limit.
    pub numbers: Option<i32>,
    /// Personalities of the tenant's own; `None` is no limit.
    pub personalities: Option<i32>,
}

/// Every plan, as the price list has it.
///
/// # Errors
/// When the database does not answer.
pub async fn list(tx: &mut TenantTx) -> Result<Vec<PlanRow>> {
    let rows = sqlx::query(
        "SELECT code AS plan, monthly_fee::text AS monthly_fee, max_concurrent_calls, max_numbers,
                max_active_personalities FROM phony_ref.plans",
    )
    .fetch_all(tx.connection())
    .await
    .db()?;
    let mut plans = rows
        .iter()
        .map(|row| {
            Ok(PlanRow {
                plan: plan(row)?,
                monthly_fee: row.try_get("monthly_fee").db()?,
                concurrent_calls: row.try_get("max_concurrent_calls").db()?,
                numbers: row.try_get("max_numbers").db()?,
                personalities: row.try_get("max_active_personalities").db()?,
            })
        })
        .collect::<Result<Vec<_>>>()?;
    plans.sort_by_key(|row| row.plan);
    Ok(plans)
}

/// A personality of the tenant's own, by what plans limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnPersonality {
    /// Which.
    pub id: PersonalityId,
    /// Its name.
    pub name: String,
    /// Its voice.
    pub voice: String,
    /// The model it names for text.
    pub model: String,
    /// The model it names for speech.
    pub realtime_model: Option<String>,
}

/// What a tenant has of that which plans limit. Lists are complete up to a bound that no plan below "no limit" reaches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Holdings {
    /// Numbers, oldest first.
    pub numbers: Vec<(NumberId, String)>,
    /// Names of pools.
    pub pools: Vec<(Uuid, String)>,
    /// Personalities of the tenant's own, oldest first.
    pub personalities: Vec<OwnPersonality>,
    /// Keys that may follow events live, which neither have ended nor were revoked.
    pub following_keys: Vec<(ApiKeyId, String)>,
    /// The provider by which people sign in.
    pub sso_issuer: Option<String>,
    /// Live calls, test calls not counted.
    pub calls: i64,
}

/// Names of each kind that are read at the most.
const NAMES: i64 = 500;

/// What the tenant has of that which plans limit.
///
/// # Errors
/// When the database does not answer.
pub async fn holdings(tx: &mut TenantTx) -> Result<Holdings> {
    let tenant = tx.tenant().uuid();
    let numbers: Vec<(Uuid, String)> = sqlx::query_as(
        "SELECT id, e164 FROM phony.phone_numbers WHERE tenant_id = $1 AND released_at IS NULL ORDER BY id LIMIT $2",
    )
    .bind(tenant)
    .bind(NAMES)
    .fetch_all(tx.connection())
    .await
    .db()?;
    let pools =
        sqlx::query_as("SELECT id, name FROM phony.number_pools WHERE tenant_id = $1 ORDER BY id LIMIT $2")
            .bind(tenant)
            .bind(NAMES)
            .fetch_all(tx.connection())
            .await
            .db()?;
    let own = sqlx::query(
        "SELECT p.id, p.name, p.voice, coalesce(v.body ->> 'model', '') AS model,
                v.body -> 'realtime' ->> 'model' AS realtime_model
         FROM phony.personalities p
         LEFT JOIN phony.personality_versions v
           ON v.tenant_id = p.tenant_id AND v.personality_id = p.id AND v.version = p.version
         WHERE p.tenant_id = $1 AND p.preset IS NULL AND p.archived_at IS NULL ORDER BY p.id LIMIT $2",
    )
    .bind(tenant)
    .bind(NAMES)
    .fetch_all(tx.connection())
    .await
    .db()?;
    let keys: Vec<(Uuid, String)> = sqlx::query_as(
        "SELECT id, name FROM phony.api_keys
         WHERE tenant_id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > clock_timestamp())
           AND 'calls:monitor' = ANY (scopes) ORDER BY id LIMIT $2",
    )
    .bind(tenant)
    .bind(NAMES)
    .fetch_all(tx.connection())
    .await
    .db()?;
    let sso_issuer = sqlx::query_scalar("SELECT issuer FROM phony.sso_connections WHERE tenant_id = $1")
        .bind(tenant)
        .fetch_optional(tx.connection())
        .await
        .db()?;
    let personalities = own
        .iter()
        .map(|row| {
            Ok(OwnPersonality {
                id: PersonalityId::from_uuid(row.try_get("id").db()?),
                name: row.try_get("name").db()?,
                voice: row.try_get("voice").db()?,
                model: row.try_get("model").db()?,
                realtime_model: row.try_get("realtime_model").db()?,
            })
        })
        .collect::<Result<_>>()?;
    Ok(Holdings {
        numbers: numbers
            .into_iter()
            .map(|(id, e164)| (NumberId::from_uuid(id), e164))
            .collect(),
        pools,
        personalities,
        following_keys: keys
            .into_iter()
            .map(|(id, name)| (ApiKeyId::from_uuid(id), name))
            .collect(),
        sso_issuer,
        calls: concurrency(tx).await?.live,
    })
}

/// Calls that go on now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct Concurrency {
    /// Those that count against the plan.
    pub live: i64,
    /// Those of test keys.
    pub test: i64,
}

/// Counts the calls whose lease is good, as admission does.
///
/// # Errors
/// When the database does not answer.
pub async fn concurrency(tx: &mut TenantTx) -> Result<Concurrency> {
    sqlx::query_as(
        "SELECT count(*) FILTER (WHERE mode = 'live') AS live, count(*) FILTER (WHERE mode = 'test') AS test
         FROM phony.calls WHERE tenant_id = $1 AND ended_at IS NULL AND lease_until > clock_timestamp()",
    )
    .bind(tx.tenant().uuid())
    .fetch_one(tx.connection())
    .await
    .db()
}

/// The plan of the tenant; others who would change it wait until the transaction ends.
///
/// # Errors
/// `not_found` when there is no such tenant.
pub async fn lock(tx: &mut TenantTx) -> Result<Plan> {
    let tenant = tx.tenant().uuid();
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('plan:' || $1::text, 0))")
        .bind(tenant)
        .execute(tx.connection())
        .await
        .db()?;
    let stored: Option<String> = sqlx::query_scalar("SELECT plan FROM phony.tenants WHERE id = $1")
        .bind(tenant)
        .fetch_optional(tx.connection())
        .await
        .db()?;
    let stored = stored.ok_or_else(phony_kernel::Error::not_found)?;
    Plan::from_stored(&stored).ok_or_else(|| foreign_word("plan"))
}

/// Puts the tenant on another plan from `at` on, at the prices it has. Only the worker's role may.
///
/// # Errors
/// When the database refuses.
pub async fn change(tx: &mut TenantTx, to: Plan, at: DateTime<Utc>) -> Result<()> {
    let tenant = tx.tenant().uuid();
    sqlx::query("UPDATE phony.tenants SET plan = $2 WHERE id = $1")
        .bind(tenant)
        .bind(to.as_str())
        .execute(tx.connection())
        .await
        .db()?;
    let ended: Option<(String, i32)> = sqlx::query_as(
        "UPDATE phony.subscriptions SET ended_at = greatest($2, started_at + interval '1 microsecond')
         WHERE tenant_id = $1 AND ended_at IS NULL RETURNING price_book, markup_bps",
    )
    .bind(tenant)
    .bind(at)
    .fetch_optional(tx.connection())
    .await
    .db()?;
    let (book, markup_bps) = ended.unwrap_or_else(|| ("standard".to_owned(), 0));
    sqlx::query(
        "INSERT INTO phony.subscriptions (tenant_id, id, plan, price_book, markup_bps, started_at)
         SELECT $1, $2, $3, $4, $5, greatest(max(ended_at), $6) FROM phony.subscriptions WHERE tenant_id = $1",
    )
    .bind(tenant)
    .bind(Uuid::now_v7())
    .bind(to.as_str())
    .bind(book)
    .bind(markup_bps)
    .bind(at)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// Sets the tenant's own rates; empty is as its plan says. Only the worker's role may.
///
/// # Errors
/// When the database refuses.
pub async fn set_rates(tx: &mut TenantTx, rates: &BTreeMap<Bucket, Rate>) -> Result<()> {
    let rates = serde_json::to_value(rates).map_err(phony_kernel::Error::internal)?;
    sqlx::query("UPDATE phony.tenants SET rate_limits = $2 WHERE id = $1")
        .bind(tx.tenant().uuid())
        .bind(rates)
        .execute(tx.connection())
        .await
        .db()?;
    Ok(())
}
