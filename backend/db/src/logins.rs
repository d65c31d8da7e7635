//! Accounts that a password opens, and the passwords themselves.

use chrono::{DateTime, Utc};
use phony_kernel::{Result, SessionId, UserId};
use sqlx::Row;

use crate::error::DbResult;
use crate::{SystemTx, TenantTx};

/// An account that a password can open.
#[derive(Debug, Clone)]
pub struct LoginRow {
    /// The person.
    pub user: UserId,
    /// Argon2 in PHC form; absent for people who only sign in elsewhere.
    pub password_hash: Option<String>,
    /// Whether they are shut out everywhere.
    pub disabled: bool,
    /// Whether they have shown that the address is theirs.
    pub confirmed: bool,
}

/// Finds the accounts of an address, in any tenant: that of whoever has confirmed it, and the first of those who have
/// not. Case does not matter.
///
/// # Errors
/// When the database does not answer.
pub async fn find_logins(tx: &mut SystemTx, email: &str) -> Result<Vec<LoginRow>> {
    let rows = sqlx::query(
        "SELECT user_id, password_hash, disabled, confirmed FROM phony.gate_login($1) ORDER BY confirmed DESC",
    )
    .bind(email)
    .fetch_all(tx.connection())
    .await
    .db()?;
    rows.iter()
        .map(|row| {
            Ok(LoginRow {
                user: UserId::from_uuid(row.try_get("user_id").db()?),
                password_hash: row.try_get("password_hash").db()?,
                disabled: row.try_get("disabled").db()?,
                confirmed: row.try_get("confirmed").db()?,
            })
        })
        .collect()
}

/// The password of a person, as Argon2 in PHC form; none for people who only sign in elsewhere.
///
/// # Errors
/// When the database does not answer.
pub async fn find_password(tx: &mut SystemTx, user: UserId) -> Result<Option<String>> {
    sqlx::query_scalar("SELECT phony.gate_password($1)")
        .bind(user.uuid())
        .fetch_one(tx.connection())
        .await
        .db()
}

/// Puts another password in the place of the one there is, and ends all other sessions of the person; false when it is
/// not `before` any more.
///
/// # Errors
/// When the database refuses.
pub async fn change_password(
    tx: &mut TenantTx,
    user: UserId,
    before: &str,
    hash: &str,
    keep: SessionId,
    at: DateTime<Utc>,
) -> Result<bool> {
    sqlx::query_scalar("SELECT phony.gate_change_password($1, $2, $3, $4, $5)")
        .bind(user.uuid())
        .bind(before)
        .bind(hash)
        .bind(keep.uuid())
        .bind(at)
        .fetch_one(tx.connection())
        .await
        .db()
}
