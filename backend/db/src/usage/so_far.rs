//! What calls that go on have cost until now: what is booked, and what is not booked before their end.

use std::collections::HashMap;

use phony_kernel::money::Amount;
use phony_kernel::{CallId, Result};
use uuid::Uuid;

use super::{UsageInsert, find_terms, rate};
use crate::TenantTx;
use crate::error::DbResult;

/// What is booked for each of `calls`; a call without usage is not there.
///
/// # Errors
/// Those of the database.
pub async fn booked(tx: &mut TenantTx, calls: &[CallId]) -> Result<HashMap<CallId, Amount>> {
    let ids: Vec<Uuid> = calls.iter().map(|call| call.uuid()).collect();
    let rows: Vec<(Uuid, String)> = sqlx::query_as(
        "SELECT e.call_id, sum(r.amount)::text
         FROM phony.usage_events e
         JOIN LATERAL (SELECT amount FROM phony.rated_usage r
                       WHERE r.tenant_id = e.tenant_id AND r.usage_event_id = e.id
                       ORDER BY r.rating_version DESC LIMIT 1) r ON true
         WHERE e.tenant_id = $1 AND e.call_id = ANY ($2) GROUP BY e.call_id",
    )
    .bind(tx.tenant().uuid())
    .bind(ids)
    .fetch_all(tx.connection())
    .await
    .db()?;
    rows.into_iter()
        .map(|(call, amount)| Ok((CallId::from_uuid(call), super::report::amount(&amount)?)))
        .collect()
}

/// What the tenant would pay for each of `usages` at the prices in force, in their order; nothing is stored. None is one
/// that has no price.
///
/// # Errors
/// Those of the database.
pub async fn quote(tx: &mut TenantTx, usages: &[UsageInsert]) -> Result<Vec<Option<Amount>>> {
    if usages.is_empty() {
        return Ok(Vec::new());
    }
    let terms = find_terms(tx, usages).await?;
    let rated = usages.iter().zip(&terms);
    Ok(rated
        .map(|(usage, terms)| rate(usage, terms).ok().map(|rating| rating.amount))
        .collect())
}
