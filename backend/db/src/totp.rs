//! Second factors: a time-based secret a person, and their recovery codes. They belong to no tenant, so all of it is
//! behind the gate.

use phony_kernel::{Result, UserId};
use sqlx::Row;
use uuid::Uuid;

use crate::SystemTx;
use crate::error::DbResult;

/// What is kept of a person's second factor.
#[derive(Debug, Clone, Default)]
pub struct TotpRow {
    /// The sealed secret, once it is proven.
    pub secret: Option<Vec<u8>>,
    /// The sealed secret that waits to be proven.
    pub pending: Option<Vec<u8>>,
    /// The newest step that was taken.
    pub last_step: i64,
    /// Recovery codes that are left.
    pub recovery_left: i32,
}

/// The second factor of a person.
///
/// # Errors
/// When the database does not answer.
pub async fn find(tx: &mut SystemTx, user: UserId) -> Result<TotpRow> {
    let row =
        sqlx::query("SELECT secret_enc, pending_enc, last_step, recovery_left FROM phony.gate_totp($1)")
            .bind(user.uuid())
            .fetch_optional(tx.connection())
            .await
            .db()?;
    let Some(row) = row else {
        return Ok(TotpRow::default());
    };
    Ok(TotpRow {
        secret: row.try_get("secret_enc").db()?,
        pending: row.try_get("pending_enc").db()?,
        last_step: row.try_get("last_step").db()?,
        recovery_left: row.try_get("recovery_left").db()?,
    })
}

/// Counts a try; the seconds to wait when there were five in five minutes, 0 otherwise.
///
/// # Errors
/// When the database does not answer.
pub async fn count_try(tx: &mut SystemTx, user: UserId) -> Result<u32> {
    let wait: i32 = sqlx::query_scalar("SELECT phony.gate_totp_try($1)")
        .bind(user.uuid())
        .fetch_one(tx.connection())
        .await
        .db()?;
    Ok(u32::try_from(wait).unwrap_or(0))
}

/// Keeps a secret that is still to be proven; an older one is forgotten.
///
/// # Errors
/// When the database does not answer.
pub async fn begin(tx: &mut SystemTx, user: UserId, sealed: &[u8]) -> Result<()> {
    sqlx::query("SELECT phony.gate_totp_begin($1, $2)")
        .bind(user.uuid())
        .bind(sealed)
        .execute(tx.connection())
        .await
        .db()?;
    Ok(())
}

/// The pending secret is proven by `step` and sealed anew for its place; false when another took its place meanwhile.
///
/// # Errors
/// When the database does not answer.
pub async fn confirm(
    tx: &mut SystemTx,
    user: UserId,
    pending: &[u8],
    sealed: &[u8],
    step: i64,
    recovery_hashes: &[Vec<u8>],
) -> Result<bool> {
    sqlx::query_scalar("SELECT phony.gate_totp_confirm($1, $2, $3, $4, $5)")
        .bind(user.uuid())
        .bind(pending)
        .bind(sealed)
        .bind(step)
        .bind(recovery_hashes)
        .fetch_one(tx.connection())
        .await
        .db()
}

/// Takes a step, once; false when it or a later one was taken before.
///
/// # Errors
/// When the database does not answer.
pub async fn accept(tx: &mut SystemTx, user: UserId, step: i64) -> Result<bool> {
    sqlx::query_scalar("SELECT phony.gate_totp_accept($1, $2)")
        .bind(user.uuid())
        .bind(step)
        .fetch_one(tx.connection())
        .await
        .db()
}

/// Takes a recovery code, once.
///
/// # Errors
/// When the database does not answer.
pub async fn recover(tx: &mut SystemTx, user: UserId, code_hash: &[u8]) -> Result<bool> {
    sqlx::query_scalar("SELECT phony.gate_totp_recover($1, $2)")
        .bind(user.uuid())
        .bind(code_hash)
        .fetch_one(tx.connection())
        .await
        .db()
}

/// Puts other recovery codes in the place of those there are; false when there is no second factor.
///
/// # Errors
/// When the database does not answer.
pub async fn set_recovery(tx: &mut SystemTx, user: UserId, hashes: &[Vec<u8>]) -> Result<bool> {
    sqlx::query_scalar("SELECT phony.gate_totp_recovery($1, $2)")
        .bind(user.uuid())
        .bind(hashes)
        .fetch_one(tx.connection())
        .await
        .db()
}

/// The person has no second factor any more.
///
/// # Errors
/// When the database does not answer.
pub async fn disable(tx: &mut SystemTx, user: UserId) -> Result<()> {
    sqlx::query("SELECT phony.gate_totp_disable($1)")
        .bind(user.uuid())
        .execute(tx.connection())
        .await
        .db()?;
    Ok(())
}

/// Person and what is sealed of them: the secret and the pending one.
pub type SealedOfPerson = (Uuid, Option<Vec<u8>>, Option<Vec<u8>>);

/// Up to `limit` people after one, with what is sealed of them; for the rotation of keys.
///
/// # Errors
/// When the database does not answer.
pub async fn list_sealed(tx: &mut SystemTx, after: Uuid, limit: i32) -> Result<Vec<SealedOfPerson>> {
    sqlx::query_as("SELECT user_id, secret_enc, pending_enc FROM phony.gate_totp_sealed($1, $2)")
        .bind(after)
        .bind(limit)
        .fetch_all(tx.connection())
        .await
        .db()
}

/// Puts the same secret under another key; false when it has changed meanwhile.
///
/// # Errors
/// When the database does not answer.
pub async fn rewrap(tx: &mut SystemTx, user: Uuid, before: &[u8], anew: &[u8]) -> Result<bool> {
    sqlx::query_scalar("SELECT phony.gate_totp_rewrap($1, $2, $3)")
        .bind(user)
        .bind(before)
        .bind(anew)
        .fetch_one(tx.connection())
        .await
        .db()
}
