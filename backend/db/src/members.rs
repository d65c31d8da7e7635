//! Members of the tenant of the transaction as a list, how one comes into it and how one leaves it.

use chrono::{DateTime, Utc};
use phony_kernel::{Result, Role, UserId};
use sqlx::Row;

use crate::error::DbResult;
use crate::identity::role;
use crate::logins::find_logins;
use crate::{SystemTx, TenantTx};

/// A member as listed.
#[derive(Debug, Clone)]
pub struct MemberListRow {
    /// The person.
    pub user: UserId,
    /// Their name.
    pub name: String,
    /// Their address.
    pub email: String,
    /// Whether they have shown that it is theirs.
    pub email_verified: bool,
    /// What they are.
    pub role: Role,
    /// Since when they belong.
    pub created_at: DateTime<Utc>,
    /// When a session of theirs was last renewed; sessions that ran out are not counted.
    pub last_seen_at: Option<DateTime<Utc>>,
}

/// Members in the order in which they came, those after `after` only.
///
/// # Errors
/// When the database does not answer.
pub async fn list(
    tx: &mut TenantTx,
    after: Option<(DateTime<Utc>, UserId)>,
    limit: i64,
) -> Result<Vec<MemberListRow>> {
    let tenant = tx.tenant().uuid();
    let rows = sqlx::query(
        "SELECT u.id, u.name, u.email, u.email_verified_at IS NOT NULL AS email_verified, m.role, m.created_at,
           (SELECT max(s.rotated_at) FROM phony.sessions s WHERE s.tenant_id = m.tenant_id AND s.user_id = m.user_id) AS last_seen_at
         FROM phony.memberships m JOIN phony.users u ON u.id = m.user_id
         WHERE m.tenant_id = $1 AND ($2::timestamptz IS NULL OR (m.created_at, m.user_id) > ($2, $3))
         ORDER BY m.created_at, m.user_id LIMIT $4",
    )
    .bind(tenant)
    .bind(after.map(|(at, _)| at))
    .bind(after.map(|(_, user)| user.uuid()))
    .bind(limit)
    .fetch_all(tx.connection())
    .await
    .db()?;
    rows.iter()
        .map(|row| {
            Ok(MemberListRow {
                user: UserId::from_uuid(row.try_get("id").db()?),
                name: row.try_get("name").db()?,
                email: row.try_get("email").db()?,
                email_verified: row.try_get("email_verified").db()?,
                role: role(row)?,
                created_at: row.try_get("created_at").db()?,
                last_seen_at: row.try_get("last_seen_at").db()?,
            })
        })
        .collect()
}

/// Takes a person out of the tenant, and their sessions with them; false when they do not belong.
///
/// # Errors
/// When the database refuses.
pub async fn remove(tx: &mut TenantTx, user: UserId) -> Result<bool> {
    let tenant = tx.tenant().uuid();
    let done = sqlx::query("DELETE FROM phony.memberships WHERE tenant_id = $1 AND user_id = $2")
        .bind(tenant)
        .bind(user.uuid())
        .execute(tx.connection())
        .await
        .db()?;
    Ok(done.rows_affected() == 1)
}

/// Whether somebody with this address belongs to the tenant.
///
/// # Errors
/// When the database does not answer.
pub async fn has_address(tx: &mut TenantTx, email: &str) -> Result<bool> {
    let tenant = tx.tenant().uuid();
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM phony.memberships m JOIN phony.users u ON u.id = m.user_id
                        WHERE m.tenant_id = $1 AND lower(u.email) = lower($2))",
    )
    .bind(tenant)
    .bind(email)
    .fetch_one(tx.connection())
    .await
    .db()
}

/// Makes a person whose address is known to be theirs.
///
/// # Errors
/// `already_exists` when the address is somebody's.
pub async fn create_verified_user(
    tx: &mut TenantTx,
    user: UserId,
    email: &str,
    name: &str,
    password_hash: &str,
    at: DateTime<Utc>,
) -> Result<()> {
    sqlx::query("SELECT phony.gate_create_verified_user($1, $2, $3, $4, $5)")
        .bind(user.uuid())
        .bind(email)
        .bind(name)
        .bind(password_hash)
        .bind(at)
        .execute(tx.connection())
        .await
        .db()?;
    Ok(())
}

/// Whoever has shown that an address is theirs, in any tenant; their id alone.
///
/// # Errors
/// When the database does not answer.
pub async fn find_owner(tx: &mut SystemTx, email: &str) -> Result<Option<UserId>> {
    let logins = find_logins(tx, email).await?;
    let owner = logins.iter().find(|login| login.confirmed && !login.disabled);
    Ok(owner.map(|login| login.user))
}

/// Whether somebody, in any tenant, has shown that an address is theirs.
///
/// # Errors
/// When the database does not answer.
pub async fn is_owned(tx: &mut TenantTx, email: &str) -> Result<bool> {
    sqlx::query_scalar("SELECT EXISTS (SELECT FROM phony.gate_login($1) WHERE confirmed AND NOT disabled)")
        .bind(email)
        .fetch_one(tx.connection())
        .await
        .db()
}

/// Whose password a link that is mailed to an address can set: its owner's, or else that of the first who signed up with it.
///
/// # Errors
/// When the database does not answer.
pub async fn find_person(tx: &mut SystemTx, email: &str) -> Result<Option<UserId>> {
    let logins = find_logins(tx, email).await?;
    Ok(logins
        .iter()
        .find(|login| !login.disabled)
        .map(|login| login.user))
}
