//! Many contacts at once.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use phony_kernel::Result;
use phony_kernel::callers::ContactPlan;
use sqlx::types::Json;
use uuid::Uuid;

use super::Attributes;
use crate::TenantTx;
use crate::error::DbResult;

/// A line of an import: what is absent stays as it is for a contact that is known.
#[derive(Debug, Clone)]
pub struct Imported {
    /// Its number, in E.164.
    pub e164: String,
    /// Its name.
    pub name: Option<String>,
    /// What it has subscribed to with the tenant.
    pub plan: Option<ContactPlan>,
    /// Whether somebody made sure that the number is theirs.
    pub verified: Option<bool>,
    /// What else is noted, added to what is known.
    pub attributes: Attributes,
}

/// Adds contacts, and changes those that are known; says for each whether it was new. No number may be there twice.
///
/// # Errors
/// When the database fails.
pub async fn upsert(
    tx: &mut TenantTx,
    contacts: &[Imported],
    at: DateTime<Utc>,
) -> Result<Vec<(String, bool)>> {
    let ids: Vec<Uuid> = contacts.iter().map(|_| Uuid::now_v7()).collect();
    let numbers: Vec<&str> = contacts.iter().map(|contact| contact.e164.as_str()).collect();
    let names: Vec<Option<&str>> = contacts.iter().map(|contact| contact.name.as_deref()).collect();
    let plans: Vec<Option<&str>> = contacts
        .iter()
        .map(|contact| contact.plan.map(ContactPlan::as_str))
        .collect();
    let verified: Vec<Option<bool>> = contacts.iter().map(|contact| contact.verified).collect();
    let attributes: Vec<Json<&Attributes>> =
        contacts.iter().map(|contact| Json(&contact.attributes)).collect();
    sqlx::query_as(
        "WITH lines AS (
           SELECT * FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::boolean[], $7::jsonb[])
             AS l (id, e164, name, plan, verified, attributes)),
         known AS (SELECT c.e164 FROM phony.contacts c JOIN lines l ON l.e164 = c.e164 WHERE c.tenant_id = $1),
         changed AS (
           UPDATE phony.contacts c
           SET name = coalesce(l.name, c.name), plan = coalesce(l.plan, c.plan),
               verified = coalesce(l.verified, c.verified), attributes = c.attributes || l.attributes, updated_at = $8
           FROM lines l WHERE c.tenant_id = $1 AND c.e164 = l.e164 RETURNING c.e164),
         added AS (
           INSERT INTO phony.contacts (tenant_id, id, e164, name, plan, verified, attributes, created_at, updated_at)
           SELECT $1, l.id, l.e164, coalesce(l.name, ''), coalesce(l.plan, 'standard'), coalesce(l.verified, false), l.attributes, $8, $8
           FROM lines l WHERE NOT EXISTS (SELECT FROM known k WHERE k.e164 = l.e164) RETURNING e164)
         SELECT e164, false AS is_new FROM changed UNION ALL SELECT e164, true FROM added",
    )
    .bind(tx.tenant().uuid())
    .bind(&ids)
    .bind(&numbers)
    .bind(&names)
    .bind(&plans)
    .bind(&verified)
    .bind(&attributes)
    .bind(at)
    .fetch_all(tx.connection())
    .await
    .db()
}

/// Those of the numbers that are contacts'.
///
/// # Errors
/// When the database fails.
pub async fn list_known(tx: &mut TenantTx, numbers: &[String]) -> Result<HashSet<String>> {
    let known: Vec<String> =
        sqlx::query_scalar("SELECT e164 FROM phony.contacts WHERE tenant_id = $1 AND e164 = ANY ($2)")
            .bind(tx.tenant().uuid())
            .bind(numbers)
            .fetch_all(tx.connection())
            .await
            .db()?;
    Ok(known.into_iter().collect())
}
