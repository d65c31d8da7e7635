//! Whose calls a number takes and when, and who its caller is to the tenant.

use phony_kernel::callers::{AfterHours, CallerPolicy, ContactPlan};
use phony_kernel::hours::BusinessHours;
use phony_kernel::{CallId, ContactId, E164, Error, NumberId, Result};
use sqlx::types::Json;
use uuid::Uuid;

use super::word;
use crate::TenantTx;
use crate::error::DbResult;

/// What decides whether a caller is welcome.
#[derive(Debug, Clone)]
pub struct Terms {
    /// Whose calls are answered.
    pub policy: CallerPolicy,
    /// What a caller hears whom nobody knows; empty is our own words.
    pub unknown_caller_message: String,
    /// What a contact hears who has not the premium plan; empty is our own words.
    pub not_premium_message: String,
    /// When somebody is there; none is always.
    pub hours: Option<BusinessHours>,
    /// What callers meet at other times; none is a message in our words.
    pub after_hours: Option<AfterHours>,
    /// What rings when nothing of ours answers.
    pub fallback: Option<E164>,
    /// Who calls, if the tenant knows them.
    pub contact: Option<(ContactId, ContactPlan)>,
}

#[derive(sqlx::FromRow)]
struct Row {
    caller_policy: String,
    unknown_caller_message: String,
    not_premium_message: String,
    hours: Option<Json<BusinessHours>>,
    after_hours: Option<Json<AfterHours>>,
    fallback_e164: Option<String>,
    contact_id: Option<Uuid>,
    contact_plan: Option<String>,
}

/// Reads the terms of a number for a caller. `not_found` when it is not the tenant's.
///
/// # Errors
/// Those of the database.
pub async fn find_terms(tx: &mut TenantTx, number: NumberId, from: &str) -> Result<Terms> {
    let row: Row = sqlx::query_as(
        "SELECT n.caller_policy, n.unknown_caller_message, n.not_premium_message, n.hours, n.after_hours, n.fallback_e164,
                c.id AS contact_id, c.plan AS contact_plan
         FROM phony.phone_numbers n LEFT JOIN phony.contacts c ON c.tenant_id = n.tenant_id AND c.e164 = $3
         WHERE n.tenant_id = $1 AND n.id = $2",
    )
    .bind(tx.tenant().uuid())
    .bind(number.uuid())
    .bind(from)
    .fetch_one(tx.connection())
    .await
    .db()?;
    let contact = match (row.contact_id, row.contact_plan) {
        (Some(id), Some(plan)) => Some((ContactId::from_uuid(id), word(&plan, ContactPlan::from_stored)?)),
        _ => None,
    };
    Ok(Terms {
        policy: word(&row.caller_policy, CallerPolicy::from_stored)?,
        unknown_caller_message: row.unknown_caller_message,
        not_premium_message: row.not_premium_message,
        hours: row.hours.map(|hours| hours.0),
        after_hours: row.after_hours.map(|after| after.0),
        fallback: number_of(row.fallback_e164)?,
        contact,
    })
}

/// What rings when nothing of ours answers, for a call that is known.
///
/// # Errors
/// Those of the database.
pub async fn find_fallback(tx: &mut TenantTx, call: CallId) -> Result<Option<E164>> {
    let found: Option<Option<String>> = sqlx::query_scalar(
        "SELECT n.fallback_e164 FROM phony.calls c
         JOIN phony.phone_numbers n ON n.tenant_id = c.tenant_id AND n.id = c.phone_number_id
         WHERE c.tenant_id = $1 AND c.id = $2",
    )
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .fetch_optional(tx.connection())
    .await
    .db()?;
    number_of(found.flatten())
}

/// Notes who calls.
///
/// # Errors
/// Those of the database.
pub async fn set_contact(tx: &mut TenantTx, call: CallId, contact: ContactId) -> Result<()> {
    sqlx::query("UPDATE phony.calls SET contact_id = $3 WHERE tenant_id = $1 AND id = $2")
        .bind(tx.tenant().uuid())
        .bind(call.uuid())
        .bind(contact.uuid())
        .execute(tx.connection())
        .await
        .db()?;
    Ok(())
}

fn number_of(e164: Option<String>) -> Result<Option<E164>> {
    e164.map(|e164| E164::from_canonical(&e164))
        .transpose()
        .map_err(Error::internal)
}
