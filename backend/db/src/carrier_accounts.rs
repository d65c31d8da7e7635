//! The accounts at the carrier that tenants have of their own.

use chrono::{DateTime, Utc};
use phony_kernel::{CallId, Result, TenantId};
use uuid::Uuid;

use crate::error::DbResult;
use crate::{SystemTx, TenantTx};

/// The account of a tenant that is not closed.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct StoredAccount {
    /// Our id of it.
    pub id: Uuid,
    /// The carrier's; none while it is being made.
    pub account_sid: Option<String>,
    /// `creating`, `active` or `suspended`.
    pub status: String,
}

/// The account of the tenant, if it has one.
///
/// # Errors
/// When the database fails.
pub async fn find(tx: &mut TenantTx) -> Result<Option<StoredAccount>> {
    sqlx::query_as(
        "SELECT id, account_sid, status FROM phony.carrier_accounts WHERE tenant_id = $1 AND status <> 'closed'",
    )
    .bind(tx.tenant().uuid())
    .fetch_optional(tx.connection())
    .await
    .db()
}

/// Claims the making of an account for `seconds`; none when there is one, or somebody else is making it.
///
/// # Errors
/// When the database fails.
pub async fn claim(tx: &mut TenantTx, seconds: f64, at: DateTime<Utc>) -> Result<Option<Uuid>> {
    sqlx::query_scalar(
        "INSERT INTO phony.carrier_accounts AS a (tenant_id, id, status, claimed_until, created_at, updated_at)
         VALUES ($1, $2, 'creating', clock_timestamp() + make_interval(secs => $3), $4, $4)
         ON CONFLICT (tenant_id) WHERE status IN ('creating','active','suspended')
         DO UPDATE SET claimed_until = excluded.claimed_until, updated_at = $4
         WHERE a.status = 'creating' AND a.claimed_until < clock_timestamp()
         RETURNING id",
    )
    .bind(tx.tenant().uuid())
    .bind(Uuid::now_v7())
    .bind(seconds)
    .bind(at)
    .fetch_optional(tx.connection())
    .await
    .db()
}

/// Lets somebody else make it at once: the carrier has certainly not.
///
/// # Errors
/// When the database fails.
pub async fn unclaim(tx: &mut TenantTx, id: Uuid) -> Result<()> {
    sqlx::query(
        "UPDATE phony.carrier_accounts SET claimed_until = clock_timestamp()
         WHERE tenant_id = $1 AND id = $2 AND status = 'creating'",
    )
    .bind(tx.tenant().uuid())
    .bind(id)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// It is made.
///
/// # Errors
/// `already_exists` when the account is another tenant's.
pub async fn activate(
    tx: &mut TenantTx,
    id: Uuid,
    account_sid: &str,
    token_enc: &[u8],
    at: DateTime<Utc>,
) -> Result<()> {
    sqlx::query(
        "UPDATE phony.carrier_accounts
         SET account_sid = $3, token_enc = $4, status = 'active', claimed_until = NULL, updated_at = $5
         WHERE tenant_id = $1 AND id = $2 AND status = 'creating'",
    )
    .bind(tx.tenant().uuid())
    .bind(id)
    .bind(account_sid)
    .bind(token_enc)
    .bind(at)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// How the carrier says that it stands: `active`, `suspended` or `closed`.
///
/// # Errors
/// When the database fails.
pub async fn set_status(tx: &mut TenantTx, account_sid: &str, status: &str, at: DateTime<Utc>) -> Result<()> {
    sqlx::query(
        "UPDATE phony.carrier_accounts SET status = $3, updated_at = $4
         WHERE tenant_id = $1 AND account_sid = $2 AND status NOT IN ('creating', 'closed')",
    )
    .bind(tx.tenant().uuid())
    .bind(account_sid)
    .bind(status)
    .bind(at)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// Whose account it is, with its sealed token; none when it is nobody's, or closed.
///
/// # Errors
/// When the database fails.
pub async fn find_holder(tx: &mut SystemTx, account_sid: &str) -> Result<Option<(TenantId, Vec<u8>)>> {
    let row: Option<(Uuid, Vec<u8>)> =
        sqlx::query_as("SELECT tenant_id, token_enc FROM phony.gate_carrier_account($1)")
            .bind(account_sid)
            .fetch_optional(tx.connection())
            .await
            .db()?;
    Ok(row.map(|(tenant, token)| (TenantId::from_uuid(tenant), token)))
}

/// The account that a call runs in: its own, else the one that holds its number, if it runs over one.
///
/// # Errors
/// When the database fails.
pub async fn find_of_call(tx: &mut TenantTx, call: CallId) -> Result<Option<String>> {
    let found: Option<Option<String>> = sqlx::query_scalar(
        "SELECT coalesce(c.carrier_account_sid, nullif(n.carrier_account_sid, '')) FROM phony.calls c
         LEFT JOIN phony.phone_numbers n ON n.tenant_id = c.tenant_id AND n.id = c.phone_number_id
         WHERE c.tenant_id = $1 AND c.id = $2",
    )
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .fetch_optional(tx.connection())
    .await
    .db()?;
    Ok(found.flatten())
}
