//! Tenants, people and memberships. Sessions and keys are next door.

use chrono::{DateTime, Utc};
use phony_kernel::{Error, Plan, Result, Role, TenantId, TotpRequirement, UserId};
use sqlx::Row;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use crate::error::DbResult;
use crate::{SystemTx, TenantTx};

/// One tenant that a person belongs to.
#[derive(Debug, Clone)]
pub struct MembershipRow {
    /// The tenant.
    pub tenant: TenantId,
    /// Its name.
    pub name: String,
    /// What they are there.
    pub role: Role,
    /// Whether the tenant is active.
    pub active: bool,
}

/// The tenant of the transaction.
#[derive(Debug, Clone)]
pub struct TenantRow {
    /// Its id.
    pub id: TenantId,
    /// Its name in addresses.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// Its plan.
    pub plan: Plan,
    /// Whether it is active.
    pub active: bool,
    /// IANA name of its time zone.
    pub time_zone: String,
    /// Whether viewers may read transcripts.
    pub viewers_read_transcripts: bool,
    /// Who must have a second factor.
    pub totp_required: TotpRequirement,
}

/// A person in the tenant of the transaction.
#[derive(Debug, Clone)]
pub struct MemberRow {
    /// The person.
    pub user: UserId,
    /// Their address.
    pub email: String,
    /// Their name.
    pub name: String,
    /// What they are.
    pub role: Role,
    /// Counts changes that end the validity of access tokens.
    pub epoch: i32,
    /// Whether they have shown that the address is theirs.
    pub email_verified: bool,
    /// Whether they are shut out everywhere.
    pub disabled: bool,
    /// Since when they belong.
    pub created_at: DateTime<Utc>,
    /// Whether they have a second factor.
    pub totp_enabled: bool,
}

/// A word in the database that is not one of ours.
pub(crate) fn foreign_word(column: &'static str) -> Error {
    Error::internal(anyhow::anyhow!("column {column} holds an unknown word"))
}

pub(crate) fn role(row: &PgRow) -> Result<Role> {
    let text: &str = row.try_get("role").db()?;
    Role::from_stored(text).ok_or_else(|| foreign_word("role"))
}

fn totp_required(row: &PgRow) -> Result<TotpRequirement> {
    let text: &str = row.try_get("totp_required").db()?;
    TotpRequirement::from_stored(text).ok_or_else(|| foreign_word("totp_required"))
}

pub(crate) fn plan(row: &PgRow) -> Result<Plan> {
    let text: &str = row.try_get("plan").db()?;
    Plan::from_stored(text).ok_or_else(|| foreign_word("plan"))
}

/// The tenants that a person belongs to, oldest first.
///
/// # Errors
/// When the database does not answer.
pub async fn list_memberships(tx: &mut SystemTx, user: UserId) -> Result<Vec<MembershipRow>> {
    let rows = sqlx::query(
        "SELECT tenant_id, tenant_name, role, tenant_status FROM phony.gate_memberships($1) ORDER BY tenant_id",
    )
    .bind(user.uuid())
    .fetch_all(tx.connection())
    .await
    .db()?;
    rows.iter()
        .map(|row| {
            Ok(MembershipRow {
                tenant: TenantId::from_uuid(row.try_get("tenant_id").db()?),
                name: row.try_get("tenant_name").db()?,
                role: role(row)?,
                active: row.try_get::<&str, _>("tenant_status").db()? == "active",
            })
        })
        .collect()
}

/// Makes a person who has yet to show that the address is theirs.
///
/// # Errors
/// When the database refuses.
pub async fn create_user(
    tx: &mut TenantTx,
    user: UserId,
    email: &str,
    name: &str,
    password_hash: &str,
) -> Result<()> {
    sqlx::query("SELECT phony.gate_create_user($1, $2, $3, $4)")
        .bind(user.uuid())
        .bind(email)
        .bind(name)
        .bind(password_hash)
        .execute(tx.connection())
        .await
        .db()?;
    Ok(())
}

/// Makes the tenant of the transaction; false when its slug is taken.
///
/// # Errors
/// When the database refuses.
pub async fn insert_tenant(
    tx: &mut TenantTx,
    slug: &str,
    name: &str,
    plan: Plan,
    time_zone: &str,
) -> Result<bool> {
    let id = tx.tenant().uuid();
    let done = sqlx::query(
        "INSERT INTO phony.tenants (id, slug, name, plan, time_zone) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (slug) DO NOTHING",
    )
    .bind(id)
    .bind(slug)
    .bind(name)
    .bind(plan.as_str())
    .bind(time_zone)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(done.rows_affected() == 1)
}

/// Notes what the tenant has subscribed to from `started_at` on.
///
/// # Errors
/// When the database refuses.
pub async fn insert_subscription(
    tx: &mut TenantTx,
    plan: Plan,
    price_book: &str,
    started_at: DateTime<Utc>,
) -> Result<()> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "INSERT INTO phony.subscriptions (tenant_id, id, plan, price_book, started_at)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(tenant)
    .bind(Uuid::now_v7())
    .bind(plan.as_str())
    .bind(price_book)
    .bind(started_at)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// Lets a person into the tenant.
///
/// # Errors
/// `already_exists` when they belong already.
pub async fn insert_membership(tx: &mut TenantTx, user: UserId, role: Role) -> Result<()> {
    let tenant = tx.tenant().uuid();
    sqlx::query("INSERT INTO phony.memberships (tenant_id, user_id, role) VALUES ($1, $2, $3)")
        .bind(tenant)
        .bind(user.uuid())
        .bind(role.as_str())
        .execute(tx.connection())
        .await
        .db()?;
    Ok(())
}

/// Changes what a person is in the tenant; their access tokens end with it.
///
/// # Errors
/// `not_found` when they do not belong.
pub async fn set_role(tx: &mut TenantTx, user: UserId, role: Role) -> Result<()> {
    let tenant = tx.tenant().uuid();
    let done = sqlx::query(
        "UPDATE phony.memberships SET role = $3, epoch = epoch + 1 WHERE tenant_id = $1 AND user_id = $2",
    )
    .bind(tenant)
    .bind(user.uuid())
    .bind(role.as_str())
    .execute(tx.connection())
    .await
    .db()?;
    if done.rows_affected() == 0 {
        Err(Error::not_found())
    } else {
        Ok(())
    }
}

/// The tenant of the transaction.
///
/// # Errors
/// `not_found` when there is none.
pub async fn get_tenant(tx: &mut TenantTx) -> Result<TenantRow> {
    let id = tx.tenant().uuid();
    let row = sqlx::query(
        "SELECT id, slug, name, plan, status, time_zone, viewers_read_transcripts, totp_required
         FROM phony.tenants WHERE id = $1",
    )
    .bind(id)
    .fetch_one(tx.connection())
    .await
    .db()?;
    Ok(TenantRow {
        id: TenantId::from_uuid(row.try_get("id").db()?),
        slug: row.try_get("slug").db()?,
        name: row.try_get("name").db()?,
        plan: plan(&row)?,
        active: row.try_get::<&str, _>("status").db()? == "active",
        time_zone: row.try_get("time_zone").db()?,
        viewers_read_transcripts: row.try_get("viewers_read_transcripts").db()?,
        totp_required: totp_required(&row)?,
    })
}

/// Finds a person of the tenant.
///
/// # Errors
/// When the database does not answer.
pub async fn find_member(tx: &mut TenantTx, user: UserId) -> Result<Option<MemberRow>> {
    let tenant = tx.tenant().uuid();
    let row = sqlx::query(
        "SELECT u.id, u.email, u.name, m.role, m.epoch, u.disabled_at IS NOT NULL AS disabled, m.created_at,
           u.email_verified_at IS NOT NULL AS email_verified,
           u.totp_enabled_at IS NOT NULL AS totp_enabled
         FROM phony.memberships m JOIN phony.users u ON u.id = m.user_id
         WHERE m.tenant_id = $1 AND m.user_id = $2",
    )
    .bind(tenant)
    .bind(user.uuid())
    .fetch_optional(tx.connection())
    .await
    .db()?;
    row.map(|row| {
        Ok(MemberRow {
            user: UserId::from_uuid(row.try_get("id").db()?),
            email: row.try_get("email").db()?,
            name: row.try_get("name").db()?,
            role: role(&row)?,
            epoch: row.try_get("epoch").db()?,
            email_verified: row.try_get("email_verified").db()?,
            disabled: row.try_get("disabled").db()?,
            created_at: row.try_get("created_at").db()?,
            totp_enabled: row.try_get("totp_enabled").db()?,
        })
    })
    .transpose()
}

/// Says who must have a second factor.
///
/// # Errors
/// When the database refuses.
pub async fn set_totp_required(tx: &mut TenantTx, whom: TotpRequirement) -> Result<()> {
    let tenant = tx.tenant().uuid();
    sqlx::query("UPDATE phony.tenants SET totp_required = $2 WHERE id = $1")
        .bind(tenant)
        .bind(whom.as_str())
        .execute(tx.connection())
        .await
        .db()?;
    Ok(())
}

/// Whether the server knows a time zone by this name.
///
/// # Errors
/// When the database does not answer.
pub async fn is_time_zone(tx: &mut SystemTx, name: &str) -> Result<bool> {
    match sqlx::query("SELECT timezone($1, now())")
        .bind(name)
        .execute(tx.connection())
        .await
    {
        Ok(_) => Ok(true),
        // invalid_parameter_value
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("22023") => Ok(false),
        Err(error) => Err(error).db(),
    }
}

/// Holds the memberships of all admins until the transaction ends, and counts them.
///
/// # Errors
/// When the database does not answer.
pub async fn count_admins_locked(tx: &mut TenantTx) -> Result<usize> {
    let tenant = tx.tenant().uuid();
    let rows = sqlx::query(
        "SELECT user_id FROM phony.memberships WHERE tenant_id = $1 AND role = 'admin'
         ORDER BY user_id FOR UPDATE",
    )
    .bind(tenant)
    .fetch_all(tx.connection())
    .await
    .db()?;
    Ok(rows.len())
}
