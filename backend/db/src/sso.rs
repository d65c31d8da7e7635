//! Single sign-on: a tenant's provider of identities, the domains it vouches for, and who its people are there.

use chrono::{DateTime, Utc};
use phony_kernel::{IdentityId, Result, SessionId, TenantId, UserId};
use sqlx::Row;
use uuid::Uuid;

use crate::error::DbResult;
use crate::{SystemTx, TenantTx};

/// A tenant's provider of identities.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct ConnectionRow {
    /// Ours; the secret is sealed for it.
    pub id: Uuid,
    /// Its address, as it calls itself.
    pub issuer: String,
    /// What it calls us.
    pub client_id: String,
    /// The sealed secret that we have there; none for a public client.
    pub secret_sealed: Option<Vec<u8>>,
    /// Whether passwords are refused.
    pub enforced: bool,
    /// When somebody first came in by it.
    pub proven_at: Option<DateTime<Utc>>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

/// A domain that a tenant says is its own.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct DomainRow {
    /// The domain, in lower case.
    pub domain: String,
    /// What its DNS has to say.
    pub proof: String,
    /// When it did.
    pub verified_at: Option<DateTime<Utc>>,
}

/// A connection about to be stored.
#[derive(Debug, Clone, Copy)]
pub struct NewConnection<'a> {
    /// Ours.
    pub id: Uuid,
    /// Its address.
    pub issuer: &'a str,
    /// What it calls us.
    pub client_id: &'a str,
    /// The sealed secret.
    pub secret_sealed: Option<&'a [u8]>,
    /// Whether passwords are refused.
    pub enforced: bool,
    /// Whether somebody has come in by just this one.
    pub proven_at: Option<DateTime<Utc>>,
    /// Now.
    pub at: DateTime<Utc>,
}

/// The tenant's connection, held until the transaction ends.
///
/// # Errors
/// When the database does not answer.
pub async fn find_for_update(tx: &mut TenantTx) -> Result<Option<ConnectionRow>> {
    sqlx::query_as(
        "SELECT id, issuer, client_id, secret_sealed, enforced, proven_at, updated_at
         FROM phony.sso_connections WHERE tenant_id = $1 FOR UPDATE",
    )
    .bind(tx.tenant().uuid())
    .fetch_optional(tx.connection())
    .await
    .db()
}

/// The tenant's connection.
///
/// # Errors
/// When the database does not answer.
pub async fn find(tx: &mut TenantTx) -> Result<Option<ConnectionRow>> {
    sqlx::query_as(
        "SELECT id, issuer, client_id, secret_sealed, enforced, proven_at, updated_at
         FROM phony.sso_connections WHERE tenant_id = $1",
    )
    .bind(tx.tenant().uuid())
    .fetch_optional(tx.connection())
    .await
    .db()
}

/// Stores the tenant's one connection, in the place of the one before.
///
/// # Errors
/// When the database refuses.
pub async fn put(tx: &mut TenantTx, new: &NewConnection<'_>) -> Result<()> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "INSERT INTO phony.sso_connections
           (tenant_id, id, issuer, client_id, secret_sealed, enforced, proven_at, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)
         ON CONFLICT (tenant_id) DO UPDATE SET id = $2, issuer = $3, client_id = $4, secret_sealed = $5, enforced = $6,
           proven_at = $7, updated_at = $8",
    )
    .bind(tenant)
    .bind(new.id)
    .bind(new.issuer)
    .bind(new.client_id)
    .bind(new.secret_sealed)
    .bind(new.enforced)
    .bind(new.proven_at)
    .bind(new.at)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// Takes the connection and the domains away.
///
/// # Errors
/// When the database refuses.
pub async fn delete(tx: &mut TenantTx) -> Result<bool> {
    let tenant = tx.tenant().uuid();
    sqlx::query("DELETE FROM phony.sso_domains WHERE tenant_id = $1")
        .bind(tenant)
        .execute(tx.connection())
        .await
        .db()?;
    let done = sqlx::query("DELETE FROM phony.sso_connections WHERE tenant_id = $1")
        .bind(tenant)
        .execute(tx.connection())
        .await
        .db()?;
    Ok(done.rows_affected() > 0)
}

/// Notes that somebody has come in by the connection.
///
/// # Errors
/// When the database refuses.
pub async fn note_proven(tx: &mut TenantTx, id: Uuid, at: DateTime<Utc>) -> Result<()> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "UPDATE phony.sso_connections SET proven_at = $3 WHERE tenant_id = $1 AND id = $2 AND proven_at IS NULL",
    )
    .bind(tenant)
    .bind(id)
    .bind(at)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// Whether the tenant refuses passwords.
///
/// # Errors
/// When the database does not answer.
pub async fn is_enforced(tx: &mut TenantTx) -> Result<bool> {
    sqlx::query_scalar("SELECT EXISTS (SELECT FROM phony.sso_connections WHERE tenant_id = $1 AND enforced)")
        .bind(tx.tenant().uuid())
        .fetch_one(tx.connection())
        .await
        .db()
}

/// The admin whose password counts even then: the one who has been there longest.
///
/// # Errors
/// When the database does not answer.
pub async fn find_password_admin(tx: &mut TenantTx) -> Result<Option<UserId>> {
    let found: Option<Uuid> = sqlx::query_scalar(
        "SELECT m.user_id FROM phony.memberships m JOIN phony.users u ON u.id = m.user_id
         WHERE m.tenant_id = $1 AND m.role = 'admin' AND u.disabled_at IS NULL ORDER BY m.created_at, m.user_id LIMIT 1",
    )
    .bind(tx.tenant().uuid())
    .fetch_optional(tx.connection())
    .await
    .db()?;
    Ok(found.map(UserId::from_uuid))
}

/// Ends the sessions that were not begun at the provider, but for one and those of one person; how many.
///
/// # Errors
/// When the database refuses.
pub async fn end_password_sessions(
    tx: &mut TenantTx,
    but: Option<SessionId>,
    but_of: Option<UserId>,
    at: DateTime<Utc>,
) -> Result<u64> {
    let tenant = tx.tenant().uuid();
    let done = sqlx::query(
        "UPDATE phony.sessions SET revoked_at = $4, successor_enc = NULL
         WHERE tenant_id = $1 AND revoked_at IS NULL AND NOT 'sso' = ANY (amr)
           AND id IS DISTINCT FROM $2 AND user_id IS DISTINCT FROM $3",
    )
    .bind(tenant)
    .bind(but.map(SessionId::uuid))
    .bind(but_of.map(UserId::uuid))
    .bind(at)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(done.rows_affected())
}

/// The domains of the tenant.
///
/// # Errors
/// When the database does not answer.
pub async fn list_domains(tx: &mut TenantTx) -> Result<Vec<DomainRow>> {
    sqlx::query_as(
        "SELECT domain, proof, verified_at FROM phony.sso_domains WHERE tenant_id = $1 ORDER BY domain",
    )
    .bind(tx.tenant().uuid())
    .fetch_all(tx.connection())
    .await
    .db()
}

/// Makes these the tenant's domains; those that are there already keep their proof and whether it was found.
///
/// # Errors
/// When the database refuses.
pub async fn set_domains(tx: &mut TenantTx, domains: &[(String, String)], at: DateTime<Utc>) -> Result<()> {
    let tenant = tx.tenant().uuid();
    let (names, proofs): (Vec<&str>, Vec<&str>) = domains
        .iter()
        .map(|(name, proof)| (name.as_str(), proof.as_str()))
        .unzip();
    sqlx::query("DELETE FROM phony.sso_domains WHERE tenant_id = $1 AND domain <> ALL ($2)")
        .bind(tenant)
        .bind(&names)
        .execute(tx.connection())
        .await
        .db()?;
    sqlx::query(
        "INSERT INTO phony.sso_domains (tenant_id, domain, proof, created_at)
         SELECT $1, d.domain, d.proof, $4 FROM unnest($2::text[], $3::text[]) AS d (domain, proof)
         ON CONFLICT (tenant_id, domain) DO NOTHING",
    )
    .bind(tenant)
    .bind(&names)
    .bind(&proofs)
    .bind(at)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// Notes whether the proof of a domain was found.
///
/// # Errors
/// `already_exists` when another tenant has proven the domain.
pub async fn set_verified(tx: &mut TenantTx, domain: &str, at: Option<DateTime<Utc>>) -> Result<()> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "UPDATE phony.sso_domains SET verified_at = CASE WHEN $3::timestamptz IS NULL THEN NULL ELSE coalesce(verified_at, $3) END
         WHERE tenant_id = $1 AND domain = $2",
    )
    .bind(tenant)
    .bind(domain)
    .bind(at)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// The tenant that has proven a domain.
///
/// # Errors
/// When the database does not answer.
pub async fn find_tenant_of_domain(tx: &mut SystemTx, domain: &str) -> Result<Option<TenantId>> {
    let found: Option<Uuid> = sqlx::query_scalar("SELECT tenant_id FROM phony.gate_sso_domain($1)")
        .bind(domain)
        .fetch_optional(tx.connection())
        .await
        .db()?;
    Ok(found.map(TenantId::from_uuid))
}

/// The person behind an identity, unless they are shut out everywhere, which is an error of its own kind upstairs.
///
/// # Errors
/// When the database does not answer.
pub async fn find_identity(tx: &mut SystemTx, issuer: &str, subject: &str) -> Result<Option<(UserId, bool)>> {
    let row = sqlx::query("SELECT user_id, disabled FROM phony.gate_identity($1, $2)")
        .bind(issuer)
        .bind(subject)
        .fetch_optional(tx.connection())
        .await
        .db()?;
    row.map(|row| {
        Ok((
            UserId::from_uuid(row.try_get("user_id").db()?),
            row.try_get("disabled").db()?,
        ))
    })
    .transpose()
}

/// Links an identity to a person; false when it is somebody else's.
///
/// # Errors
/// When the database refuses.
pub async fn link_identity(tx: &mut SystemTx, user: UserId, issuer: &str, subject: &str) -> Result<bool> {
    sqlx::query_scalar("SELECT phony.gate_link_identity($1, $2, $3)")
        .bind(user.uuid())
        .bind(issuer)
        .bind(subject)
        .fetch_one(tx.connection())
        .await
        .db()
}

/// Who a person is at a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityRow {
    /// Ours.
    pub id: IdentityId,
    /// The provider, as it calls itself.
    pub issuer: String,
    /// Who they are there.
    pub subject: String,
    /// Since when they are linked.
    pub linked_at: DateTime<Utc>,
}

/// Who a person is at providers, the earliest first; a hundred at the most.
///
/// # Errors
/// When the database does not answer.
pub async fn list_identities(tx: &mut SystemTx, user: UserId) -> Result<Vec<IdentityRow>> {
    let rows = sqlx::query("SELECT id, issuer, subject, linked_at FROM phony.gate_identities($1)")
        .bind(user.uuid())
        .fetch_all(tx.connection())
        .await
        .db()?;
    rows.iter()
        .map(|row| {
            Ok(IdentityRow {
                id: IdentityId::from_uuid(row.try_get("id").db()?),
                issuer: row.try_get("issuer").db()?,
                subject: row.try_get("subject").db()?,
                linked_at: row.try_get("linked_at").db()?,
            })
        })
        .collect()
}

/// Gives an identity of a person up; false when they have none of this id.
///
/// # Errors
/// When the database refuses.
pub async fn unlink_identity(tx: &mut SystemTx, user: UserId, id: IdentityId) -> Result<bool> {
    sqlx::query_scalar("SELECT phony.gate_unlink_identity($1, $2)")
        .bind(user.uuid())
        .bind(id.uuid())
        .fetch_one(tx.connection())
        .await
        .db()
}
