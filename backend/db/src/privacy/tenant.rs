//! The end of a tenant: it is shut, emptied, and closed; what it owes and has paid stays. For the worker.

use phony_kernel::{CallId, NumberId, Result, UserId};
use serde_json::Value;
use uuid::Uuid;

use crate::TenantTx;
use crate::error::DbResult;

/// Where a tenant stands: `active`, `suspended`, `closing`, `closed`.
///
/// # Errors
/// `not_found`.
pub async fn get_status(tx: &mut TenantTx) -> Result<String> {
    sqlx::query_scalar("SELECT status FROM phony.tenants WHERE id = $1")
        .bind(tx.tenant().uuid())
        .fetch_one(tx.connection())
        .await
        .db()
}

/// Puts the tenant where it stands from now on, if it stands in one of `from`; says whether it did.
///
/// # Errors
/// Those of the database.
pub async fn set_status(tx: &mut TenantTx, from: &[&str], to: &str) -> Result<bool> {
    let done = sqlx::query("UPDATE phony.tenants SET status = $3 WHERE id = $1 AND status = ANY($2)")
        .bind(tx.tenant().uuid())
        .bind(from.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
        .bind(to)
        .execute(tx.connection())
        .await
        .db()?;
    Ok(done.rows_affected() == 1)
}

/// Ends every session and key of the tenant.
///
/// # Errors
/// Those of the database.
pub async fn shut_doors(tx: &mut TenantTx) -> Result<()> {
    for statement in [
        "UPDATE phony.sessions SET revoked_at = clock_timestamp() WHERE tenant_id = $1 AND revoked_at IS NULL",
        "UPDATE phony.api_keys SET revoked_at = clock_timestamp() WHERE tenant_id = $1 AND revoked_at IS NULL",
        "UPDATE phony.memberships SET epoch = epoch + 1 WHERE tenant_id = $1",
    ] {
        sqlx::query(statement)
            .bind(tx.tenant().uuid())
            .execute(tx.connection())
            .await
            .db()?;
    }
    Ok(())
}

/// Numbers that the tenant still holds.
///
/// # Errors
/// Those of the database.
pub async fn list_numbers(tx: &mut TenantTx) -> Result<Vec<NumberId>> {
    let rows: Vec<Uuid> = sqlx::query_scalar(
        "SELECT id FROM phony.phone_numbers WHERE tenant_id = $1 AND released_at IS NULL ORDER BY id LIMIT 1000",
    )
    .bind(tx.tenant().uuid())
    .fetch_all(tx.connection())
    .await
    .db()?;
    Ok(rows.into_iter().map(NumberId::from_uuid).collect())
}

/// Every number that is, or was, the tenant's own.
///
/// # Errors
/// Those of the database.
pub async fn list_own_e164(tx: &mut TenantTx) -> Result<Vec<String>> {
    sqlx::query_scalar("SELECT DISTINCT e164 FROM phony.phone_numbers WHERE tenant_id = $1")
        .bind(tx.tenant().uuid())
        .fetch_all(tx.connection())
        .await
        .db()
}

/// Calls of the tenant that go on.
///
/// # Errors
/// Those of the database.
pub async fn count_live(tx: &mut TenantTx) -> Result<i64> {
    sqlx::query_scalar("SELECT count(*) FROM phony.calls WHERE tenant_id = $1 AND ended_at IS NULL")
        .bind(tx.tenant().uuid())
        .fetch_one(tx.connection())
        .await
        .db()
}

/// Up to `limit` calls that are over and not erased, with the numbers of both parties.
///
/// # Errors
/// Those of the database.
pub async fn list_calls(tx: &mut TenantTx, limit: i64) -> Result<Vec<(CallId, String, String)>> {
    let rows: Vec<(Uuid, String, String)> = sqlx::query_as(
        "SELECT id, from_text, to_text FROM phony.calls
         WHERE tenant_id = $1 AND erased_at IS NULL AND ended_at IS NOT NULL ORDER BY id LIMIT $2",
    )
    .bind(tx.tenant().uuid())
    .bind(limit)
    .fetch_all(tx.connection())
    .await
    .db()?;
    Ok(rows
        .into_iter()
        .map(|(id, from, to)| (CallId::from_uuid(id), from, to))
        .collect())
}

/// Deletes contacts, the words of personalities, stored answers and work that is done; returns how many contacts
/// those were.
///
/// # Errors
/// Those of the database.
pub async fn delete_content(tx: &mut TenantTx) -> Result<u64> {
    let tenant = tx.tenant().uuid();
    let contacts = sqlx::query("DELETE FROM phony.contacts WHERE tenant_id = $1")
        .bind(tenant)
        .execute(tx.connection())
        .await
        .db()?
        .rows_affected();
    for statement in [
        "DELETE FROM phony.personality_versions WHERE tenant_id = $1",
        "UPDATE phony.personalities SET name = '', system_prompt = '', description = '', archived_at = coalesce(archived_at, clock_timestamp())
         WHERE tenant_id = $1",
        "UPDATE phony.phone_numbers SET label = '', busy_message = '', unknown_caller_message = '', not_premium_message = '',
           recording_notice = '', overflow_e164 = NULL, fallback_e164 = NULL, hours = NULL, after_hours = NULL
         WHERE tenant_id = $1",
        "DELETE FROM phony.sessions WHERE tenant_id = $1",
        "DELETE FROM phony.contact_consents WHERE tenant_id = $1",
        "DELETE FROM phony.do_not_call WHERE tenant_id = $1",
        "DELETE FROM phony.provider_credentials WHERE tenant_id = $1",
        "DELETE FROM phony.sso_connections WHERE tenant_id = $1",
        "DELETE FROM phony.sso_domains WHERE tenant_id = $1",
        "DELETE FROM phony.mailed_links WHERE tenant_id = $1",
        "DELETE FROM phony.invitations WHERE tenant_id = $1",
        // Their members go with them.
        "DELETE FROM phony.number_pools WHERE tenant_id = $1",
        "UPDATE phony.api_keys SET name = '' WHERE tenant_id = $1",
        "DELETE FROM phony.recording_acts WHERE tenant_id = $1",
        "DELETE FROM phony.national_list_numbers WHERE tenant_id = $1",
        "DELETE FROM phony.national_lists WHERE tenant_id = $1",
        "DELETE FROM phony.idempotency_keys WHERE tenant_id = $1",
        "DELETE FROM phony.outbox WHERE tenant_id = $1 AND done_at IS NOT NULL",
    ] {
        sqlx::query(statement)
            .bind(tenant)
            .execute(tx.connection())
            .await
            .db()?;
    }
    Ok(contacts)
}

/// Up to `limit` contacts after a number, as JSON, in the order of their numbers; with the last one's number.
///
/// # Errors
/// Those of the database.
pub async fn list_contacts(tx: &mut TenantTx, after: &str, limit: i64) -> Result<Vec<(String, Value)>> {
    sqlx::query_as(
        "SELECT e164, to_jsonb(c) - 'tenant_id' FROM phony.contacts c
         WHERE tenant_id = $1 AND e164 > $2 ORDER BY e164 LIMIT $3",
    )
    .bind(tx.tenant().uuid())
    .bind(after)
    .bind(limit)
    .fetch_all(tx.connection())
    .await
    .db()
}

/// The contact with this number as JSON; null without one.
///
/// # Errors
/// Those of the database.
pub async fn describe_contact(tx: &mut TenantTx, number: &str) -> Result<Value> {
    sqlx::query_scalar(
        "SELECT coalesce((SELECT to_jsonb(c) - 'tenant_id' FROM phony.contacts c
                          WHERE c.tenant_id = $1 AND c.e164 = $2), 'null')",
    )
    .bind(tx.tenant().uuid())
    .bind(number)
    .fetch_one(tx.connection())
    .await
    .db()
}

/// The tenant, its people, numbers, personalities, keys and rules as JSON; no secret is in it.
///
/// # Errors
/// Those of the database.
pub async fn describe(tx: &mut TenantTx) -> Result<Value> {
    sqlx::query_scalar(
        "SELECT jsonb_build_object(
           'company', (SELECT to_jsonb(t) FROM phony.tenants t WHERE t.id = $1),
           'people', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', u.id, 'email', u.email, 'name', u.name, 'role', m.role,
                        'since', m.created_at) ORDER BY u.id), '[]')
                      FROM phony.memberships m JOIN phony.users u ON u.id = m.user_id WHERE m.tenant_id = $1),
           'numbers', (SELECT coalesce(jsonb_agg(to_jsonb(n) - 'tenant_id' - 'purchase_key' ORDER BY n.id), '[]')
                       FROM phony.phone_numbers n WHERE n.tenant_id = $1),
           'personalities', (SELECT coalesce(jsonb_agg(v.body || jsonb_build_object('archived_at', p.archived_at) ORDER BY p.id), '[]')
                             FROM phony.personalities p JOIN phony.personality_versions v
                               ON v.tenant_id = p.tenant_id AND v.personality_id = p.id AND v.version = p.version
                             WHERE p.tenant_id = $1),
           'api_keys', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', k.id, 'name', k.name, 'prefix', k.prefix, 'scopes', k.scopes,
                          'created_at', k.created_at, 'revoked_at', k.revoked_at) ORDER BY k.id), '[]')
                        FROM phony.api_keys k WHERE k.tenant_id = $1),
           'outbound_policies', (SELECT coalesce(jsonb_agg(to_jsonb(o) - 'tenant_id' ORDER BY o.version), '[]')
                                 FROM phony.tenant_policies o WHERE o.tenant_id = $1),
           'consents', (SELECT coalesce(jsonb_agg(to_jsonb(c) - 'tenant_id' - 'e164_hmac' ORDER BY c.id), '[]')
                        FROM phony.contact_consents c WHERE c.tenant_id = $1))",
    )
    .bind(tx.tenant().uuid())
    .fetch_one(tx.connection())
    .await
    .db()
}

/// Everybody who belongs to the tenant, with their address.
///
/// # Errors
/// Those of the database.
pub async fn list_people(tx: &mut TenantTx) -> Result<Vec<(UserId, String)>> {
    let rows: Vec<(Uuid, String)> = sqlx::query_as(
        "SELECT u.id, u.email FROM phony.memberships m JOIN phony.users u ON u.id = m.user_id
         WHERE m.tenant_id = $1 ORDER BY u.id LIMIT 10000",
    )
    .bind(tx.tenant().uuid())
    .fetch_all(tx.connection())
    .await
    .db()?;
    Ok(rows
        .into_iter()
        .map(|(id, email)| (UserId::from_uuid(id), email))
        .collect())
}

/// Forgets somebody who belongs to no tenant that goes on; says whether that was so.
///
/// # Errors
/// Those of the database.
pub async fn forget_person(tx: &mut TenantTx, user: UserId) -> Result<bool> {
    sqlx::query_scalar("SELECT phony.gate_forget_person($1)")
        .bind(user.uuid())
        .fetch_one(tx.connection())
        .await
        .db()
}
