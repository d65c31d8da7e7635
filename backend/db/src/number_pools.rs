//! Pools: numbers of a tenant that calls go out over by turns.

use chrono::{DateTime, Utc};
use phony_kernel::callers::PoolStrategy;
use phony_kernel::page::{Page, PageRequest};
use phony_kernel::{E164, Error, NumberId, NumberPoolId, Result};
use sqlx::types::Json;
use uuid::Uuid;

use crate::TenantTx;
use crate::error::DbResult;

/// A pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPool {
    /// Its id.
    pub id: NumberPoolId,
    /// Its name.
    pub name: String,
    /// How a number is chosen.
    pub strategy: PoolStrategy,
    /// Its numbers in their order.
    pub members: Vec<Member>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// A number in a pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Which.
    pub number: NumberId,
    /// The number itself.
    pub e164: E164,
    /// Whether the tenant still holds it.
    pub active: bool,
    /// How often it was taken.
    pub uses: i64,
    /// When it was last taken.
    pub used_at: Option<DateTime<Utc>>,
}

#[derive(sqlx::FromRow)]
struct PoolRow {
    id: Uuid,
    name: String,
    strategy: String,
    members: Json<Vec<MemberRow>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

#[derive(serde::Deserialize)]
struct MemberRow {
    number_id: Uuid,
    e164: String,
    active: bool,
    uses: i64,
    used_at: Option<DateTime<Utc>>,
}

/// The columns of a pool, with the rest of the statement.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT p.id, p.name, p.strategy, p.created_at, p.updated_at, coalesce((
               SELECT jsonb_agg(jsonb_build_object('number_id', m.number_id, 'e164', n.e164, 'active', n.status = 'active',
                        'uses', m.uses, 'used_at', m.used_at) ORDER BY m.place)
               FROM phony.number_pool_members m
               JOIN phony.phone_numbers n ON n.tenant_id = m.tenant_id AND n.id = m.number_id
               WHERE m.tenant_id = p.tenant_id AND m.pool_id = p.id), '[]') AS members
             FROM phony.number_pools p WHERE p.tenant_id = $1 ",
            $rest
        )
    };
}

fn read(row: PoolRow) -> Result<StoredPool> {
    let column =
        |name: &'static str| Error::internal(anyhow::anyhow!("number_pools.{name} is not a known word"));
    let member = |row: MemberRow| {
        Ok(Member {
            number: NumberId::from_uuid(row.number_id),
            e164: E164::from_canonical(&row.e164).map_err(|_| column("e164"))?,
            active: row.active,
            uses: row.uses,
            used_at: row.used_at,
        })
    };
    Ok(StoredPool {
        id: NumberPoolId::from_uuid(row.id),
        name: row.name,
        strategy: PoolStrategy::from_stored(&row.strategy).ok_or_else(|| column("strategy"))?,
        members: row.members.0.into_iter().map(member).collect::<Result<_>>()?,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

/// A pool of the tenant, if it has it.
///
/// # Errors
/// When the database fails.
pub async fn find(tx: &mut TenantTx, id: NumberPoolId) -> Result<Option<StoredPool>> {
    let row: Option<PoolRow> = sqlx::query_as(select!("AND p.id = $2"))
        .bind(tx.tenant().uuid())
        .bind(id.uuid())
        .fetch_optional(tx.connection())
        .await
        .db()?;
    row.map(read).transpose()
}

/// Takes the pool's row until the transaction ends: whoever takes a number out of it waits. `not_found` when the
/// tenant has no such pool.
///
/// # Errors
/// When the database fails.
pub async fn lock(tx: &mut TenantTx, id: NumberPoolId) -> Result<StoredPool> {
    sqlx::query("SELECT 1 FROM phony.number_pools WHERE tenant_id = $1 AND id = $2 FOR UPDATE")
        .bind(tx.tenant().uuid())
        .bind(id.uuid())
        .fetch_one(tx.connection())
        .await
        .db()?;
    // Read after the lock is had, so that it shows what the one before has done.
    find(tx, id).await?.ok_or_else(Error::not_found)
}

/// The pools of the tenant, newest first.
///
/// # Errors
/// When the database fails.
pub async fn list(tx: &mut TenantTx, page: &PageRequest<Uuid>) -> Result<Page<StoredPool>> {
    let rows: Vec<PoolRow> = sqlx::query_as(select!(
        "AND ($2::uuid IS NULL OR p.id < $2) ORDER BY p.id DESC LIMIT $3"
    ))
    .bind(tx.tenant().uuid())
    .bind(page.after)
    .bind(page.rows())
    .fetch_all(tx.connection())
    .await
    .db()?;
    let pools: Vec<StoredPool> = rows.into_iter().map(read).collect::<Result<_>>()?;
    Ok(Page::from_rows(pools, page.limit, |pool| pool.id.uuid()))
}

/// How many pools the tenant has.
///
/// # Errors
/// When the database fails.
pub async fn count(tx: &mut TenantTx) -> Result<i64> {
    sqlx::query_scalar("SELECT count(*) FROM phony.number_pools WHERE tenant_id = $1")
        .bind(tx.tenant().uuid())
        .fetch_one(tx.connection())
        .await
        .db()
}

/// Makes a pool without numbers.
///
/// # Errors
/// `already_exists` when the tenant has one of this name.
pub async fn insert(
    tx: &mut TenantTx,
    id: NumberPoolId,
    name: &str,
    strategy: PoolStrategy,
    at: DateTime<Utc>,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO phony.number_pools (tenant_id, id, name, strategy, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $5)",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .bind(name)
    .bind(strategy.as_str())
    .bind(at)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// Changes a pool; what is absent stays.
///
/// # Errors
/// `already_exists` when the tenant has another one of this name.
pub async fn change(
    tx: &mut TenantTx,
    id: NumberPoolId,
    name: Option<&str>,
    strategy: Option<PoolStrategy>,
    at: DateTime<Utc>,
) -> Result<()> {
    sqlx::query(
        "UPDATE phony.number_pools SET name = coalesce($3, name), strategy = coalesce($4, strategy), updated_at = $5
         WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .bind(name)
    .bind(strategy.map(PoolStrategy::as_str))
    .bind(at)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// Makes these its numbers, in this order. A new one counts as used as often as the least used of the others, so
/// that it does not get all calls until it has caught up.
///
/// # Errors
/// When the database fails.
pub async fn set_members(tx: &mut TenantTx, id: NumberPoolId, numbers: &[NumberId]) -> Result<()> {
    let numbers: Vec<Uuid> = numbers.iter().map(|number| number.uuid()).collect();
    sqlx::query(
        "DELETE FROM phony.number_pool_members WHERE tenant_id = $1 AND pool_id = $2 AND NOT number_id = ANY ($3)",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .bind(&numbers)
    .execute(tx.connection())
    .await
    .db()?;
    sqlx::query(
        "INSERT INTO phony.number_pool_members (tenant_id, pool_id, number_id, place, uses)
         SELECT $1, $2, w.number_id, w.place, coalesce((SELECT min(uses) FROM phony.number_pool_members
           WHERE tenant_id = $1 AND pool_id = $2), 0)
         FROM unnest($3::uuid[]) WITH ORDINALITY AS w (number_id, place)
         ON CONFLICT (tenant_id, pool_id, number_id) DO UPDATE SET place = excluded.place",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .bind(&numbers)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// Those of `numbers` that the tenant holds and can call over.
///
/// # Errors
/// When the database fails.
pub async fn list_usable(tx: &mut TenantTx, numbers: &[NumberId]) -> Result<Vec<NumberId>> {
    let numbers: Vec<Uuid> = numbers.iter().map(|number| number.uuid()).collect();
    let found: Vec<Uuid> = sqlx::query_scalar(
        "SELECT id FROM phony.phone_numbers WHERE tenant_id = $1 AND id = ANY ($2) AND status = 'active'",
    )
    .bind(tx.tenant().uuid())
    .bind(&numbers)
    .fetch_all(tx.connection())
    .await
    .db()?;
    Ok(found.into_iter().map(NumberId::from_uuid).collect())
}

/// Notes that a number was taken; the pool must be locked.
///
/// # Errors
/// When the database fails.
pub async fn record_use(tx: &mut TenantTx, pool: NumberPoolId, number: NumberId) -> Result<()> {
    sqlx::query(
        "UPDATE phony.number_pool_members SET uses = uses + 1, used_at = clock_timestamp()
         WHERE tenant_id = $1 AND pool_id = $2 AND number_id = $3",
    )
    .bind(tx.tenant().uuid())
    .bind(pool.uuid())
    .bind(number.uuid())
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// Takes a pool away; false when there is none.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut TenantTx, id: NumberPoolId) -> Result<bool> {
    let done = sqlx::query("DELETE FROM phony.number_pools WHERE tenant_id = $1 AND id = $2")
        .bind(tx.tenant().uuid())
        .bind(id.uuid())
        .execute(tx.connection())
        .await
        .db()?;
    Ok(done.rows_affected() == 1)
}
