//! What a tenant may set on its number.

use chrono::{DateTime, Utc};
use phony_kernel::call::Engine;
use phony_kernel::callers::{AfterHours, CallerPolicy};
use phony_kernel::hours::BusinessHours;
use phony_kernel::{E164, NumberId, PersonalityId, Result};
use sqlx::types::Json;

use crate::TenantTx;
use crate::error::DbResult;

/// What a tenant may set on its number; what is absent stays.
#[derive(Debug, Default)]
pub struct NumberChange<'a> {
    /// What the tenant calls it.
    pub label: Option<&'a str>,
    /// Who answers.
    pub personality: Option<PersonalityId>,
    /// How its calls are spoken.
    pub engine: Option<Engine>,
    /// What a caller hears who cannot be taken.
    pub busy_message: Option<&'a str>,
    /// Where a caller is sent who cannot be taken; `Some(None)` is nowhere.
    pub overflow: Option<Option<&'a E164>>,
    /// Whose calls are answered.
    pub caller_policy: Option<CallerPolicy>,
    /// What a caller hears whom nobody knows.
    pub unknown_caller_message: Option<&'a str>,
    /// What a contact hears who has not the premium plan.
    pub not_premium_message: Option<&'a str>,
    /// When somebody is there; `Some(None)` is always.
    pub hours: Option<Option<&'a BusinessHours>>,
    /// What callers meet at other times; `Some(None)` is a message in our words.
    pub after_hours: Option<Option<&'a AfterHours>>,
    /// What rings when nothing of ours answers; `Some(None)` is nothing.
    pub fallback: Option<Option<&'a E164>>,
}

/// Sets what the tenant may set.
///
/// # Errors
/// When the database fails.
pub async fn change(
    tx: &mut TenantTx,
    id: NumberId,
    change: &NumberChange<'_>,
    at: DateTime<Utc>,
) -> Result<()> {
    sqlx::query(
        "UPDATE phony.phone_numbers
         SET label = coalesce($3, label), personality_id = coalesce($4, personality_id),
             engine = coalesce($5, engine), updated_at = $6, busy_message = coalesce($7, busy_message),
             overflow_e164 = CASE WHEN $8 THEN $9 ELSE overflow_e164 END,
             caller_policy = coalesce($10, caller_policy),
             unknown_caller_message = coalesce($11, unknown_caller_message),
             not_premium_message = coalesce($12, not_premium_message),
             hours = CASE WHEN $13 THEN $14 ELSE hours END,
             after_hours = CASE WHEN $15 THEN $16 ELSE after_hours END,
             fallback_e164 = CASE WHEN $17 THEN $18 ELSE fallback_e164 END
         WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .bind(change.label)
    .bind(change.personality.map(PersonalityId::uuid))
    .bind(change.engine.map(Engine::as_str))
    .bind(at)
    .bind(change.busy_message)
    .bind(change.overflow.is_some())
    .bind(change.overflow.flatten().map(E164::as_str))
    .bind(change.caller_policy.map(CallerPolicy::as_str))
    .bind(change.unknown_caller_message)
    .bind(change.not_premium_message)
    .bind(change.hours.is_some())
    .bind(change.hours.flatten().map(Json))
    .bind(change.after_hours.is_some())
    .bind(change.after_hours.flatten().map(Json))
    .bind(change.fallback.is_some())
    .bind(change.fallback.flatten().map(E164::as_str))
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}
