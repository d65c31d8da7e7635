//! Phone numbers: who holds which, and what answers there.
//!
//! A number is held while its row is `pending` or `active`; over all tenants a number has one holder. Numbers
//! that failed or were released stay as rows, because calls and usage point at them.

use chrono::{DateTime, Utc};
use phony_kernel::money::Price;
use phony_kernel::page::{Page, PageRequest};
use phony_kernel::{E164, NumberId, Result, TenantId};
use uuid::Uuid;

use crate::error::DbResult;
use crate::read::as_tenant;
use crate::{SystemTx, TenantRead, TenantTx};

mod change;
mod row;
pub mod webhooks;

pub use change::{NumberChange, change};
use row::read;
pub use row::{Drift, NewNumber, NumberStatus, PersonalityRef, StoredNumber};

/// What a month of a number is rated as.
pub const NUMBER_MONTH_SKU: &str = "twilio.number_month";

/// The columns that [`read`] takes, with the rest of the statement.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT n.id, n.e164, n.label, n.country, n.status, n.failure, n.engine, n.personality_id,
                    p.name AS personality_name, v.body AS speaker, n.busy_message, n.overflow_e164,
                    n.caller_policy, n.unknown_caller_message, n.not_premium_message, n.hours, n.after_hours,
                    n.fallback_e164, n.drift, n.checked_at, n.recording, n.recording_consent, n.recording_notice,
                    n.carrier_sid, n.carrier_account_sid, n.created_at, n.updated_at
             FROM phony.phone_numbers n
             LEFT JOIN phony.personalities p ON p.tenant_id = n.tenant_id AND p.id = n.personality_id
             LEFT JOIN phony.personality_versions v
               ON v.tenant_id = p.tenant_id AND v.personality_id = p.id AND v.version = p.version
             WHERE n.tenant_id = $1 ",
            $rest
        )
    };
}

/// Whose number it is, for a call that comes in; none when nobody holds it.
///
/// # Errors
/// When the database fails.
pub async fn find_holder(tx: &mut SystemTx, e164: &str) -> Result<Option<(TenantId, NumberId)>> {
    let row: Option<(Uuid, Uuid)> =
        sqlx::query_as("SELECT tenant_id, phone_number_id FROM phony.gate_number($1)")
            .bind(e164)
            .fetch_optional(tx.connection())
            .await
            .db()?;
    Ok(row.map(|(tenant, number)| (TenantId::from_uuid(tenant), NumberId::from_uuid(number))))
}

/// A number of the tenant in whatever state, if it has it.
///
/// # Errors
/// When the database fails.
pub async fn find(tx: &mut TenantTx, id: NumberId) -> Result<Option<StoredNumber>> {
    let row = sqlx::query(select!("AND n.id = $2"))
        .bind(tx.tenant().uuid())
        .bind(id.uuid())
        .fetch_optional(tx.connection())
        .await
        .db()?;
    row.as_ref().map(read).transpose()
}

/// A number of the tenant in whatever state, if it has it, in one exchange.
///
/// # Errors
/// When the database fails.
pub async fn read_one(from: &TenantRead, id: NumberId) -> Result<Option<StoredNumber>> {
    let row = from
        .row(as_tenant!(select!("AND n.id = $2")), |query| {
            query.bind(id.uuid())
        })
        .await?;
    row.as_ref().map(read).transpose()
}

/// Takes the number's row until the transaction ends, and reads it.
///
/// # Errors
/// `not_found` when the tenant has no such number.
pub async fn lock(tx: &mut TenantTx, id: NumberId) -> Result<StoredNumber> {
    let row = sqlx::query(select!("AND n.id = $2 FOR UPDATE OF n"))
        .bind(tx.tenant().uuid())
        .bind(id.uuid())
        .fetch_one(tx.connection())
        .await
        .db()?;
    read(&row)
}

/// All but the released ones, newest first.
///
/// # Errors
/// When the database fails.
pub async fn list(tx: &mut TenantTx, page: &PageRequest<Uuid>) -> Result<Page<StoredNumber>> {
    let rows = sqlx::query(select!(
        "AND n.status IN ('pending', 'active', 'failed') AND ($2::uuid IS NULL OR n.id < $2)
         ORDER BY n.id DESC LIMIT $3"
    ))
    .bind(tx.tenant().uuid())
    .bind(page.after)
    .bind(page.rows())
    .fetch_all(tx.connection())
    .await
    .db()?;
    let numbers: Vec<StoredNumber> = rows.iter().map(read).collect::<Result<_>>()?;
    Ok(Page::from_rows(numbers, page.limit, |number| number.id.uuid()))
}

/// How many numbers the tenant holds. Holds off other buyers of this tenant until the transaction ends, so that
/// the count still stands when the row is added.
///
/// # Errors
/// When the database fails.
pub async fn count_held_locked(tx: &mut TenantTx) -> Result<i64> {
    let tenant = tx.tenant().uuid();
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('numbers:' || $1::text, 0))")
        .bind(tenant)
        .execute(tx.connection())
        .await
        .db()?;
    sqlx::query_scalar(
        "SELECT count(*) FROM phony.phone_numbers WHERE tenant_id = $1 AND released_at IS NULL",
    )
    .bind(tenant)
    .fetch_one(tx.connection())
    .await
    .db()
}

/// Holds a number as `pending`; false when somebody, of whatever tenant, holds it already.
///
/// # Errors
/// When the database fails.
pub async fn hold(tx: &mut TenantTx, new: &NewNumber<'_>) -> Result<bool> {
    let done = sqlx::query(
        "INSERT INTO phony.phone_numbers (tenant_id, id, e164, label, country, status, engine, personality_id,
           carrier_account_sid, purchase_key, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, 'pending', $6, $7, $8, $9, $10, $10)
         ON CONFLICT (e164) WHERE released_at IS NULL DO NOTHING",
    )
    .bind(tx.tenant().uuid())
    .bind(new.id.uuid())
    .bind(new.e164.as_str())
    .bind(new.label)
    .bind(new.country)
    .bind(new.engine.as_str())
    .bind(new.personality.uuid())
    .bind(new.carrier_account_sid)
    .bind(new.purchase_key)
    .bind(new.at)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(done.rows_affected() == 1)
}

/// The number that a request has begun to buy, if it came so far.
///
/// # Errors
/// When the database fails.
pub async fn find_by_purchase_key(tx: &mut TenantTx, purchase_key: &str) -> Result<Option<StoredNumber>> {
    let row = sqlx::query(select!("AND n.purchase_key = $2 ORDER BY n.id DESC LIMIT 1"))
        .bind(tx.tenant().uuid())
        .bind(purchase_key)
        .fetch_optional(tx.connection())
        .await
        .db()?;
    row.as_ref().map(read).transpose()
}

/// Tries another number in place of one that the carrier has refused; false when it is not `pending` any more.
///
/// # Errors
/// `already_exists` when somebody, of whatever tenant, holds that one.
pub async fn hold_instead(tx: &mut TenantTx, id: NumberId, e164: &E164, at: DateTime<Utc>) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE phony.phone_numbers SET e164 = $3, updated_at = $4
         WHERE tenant_id = $1 AND id = $2 AND status = 'pending'",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .bind(e164.as_str())
    .bind(at)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(done.rows_affected() == 1)
}

/// The carrier has sold it; false when it is not `pending` any more, and then nothing is changed.
///
/// # Errors
/// When the database fails.
pub async fn activate(tx: &mut TenantTx, id: NumberId, carrier_sid: &str, at: DateTime<Utc>) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE phony.phone_numbers SET status = 'active', carrier_sid = $3, updated_at = $4
         WHERE tenant_id = $1 AND id = $2 AND status = 'pending'",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .bind(carrier_sid)
    .bind(at)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(done.rows_affected() == 1)
}

/// The carrier has not sold it, for a reason the tenant may read; false when it is not `pending` any more.
///
/// # Errors
/// When the database fails.
pub async fn fail(tx: &mut TenantTx, id: NumberId, failure: &str, at: DateTime<Utc>) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE phony.phone_numbers SET status = 'failed', failure = $3, released_at = $4, updated_at = $4
         WHERE tenant_id = $1 AND id = $2 AND status = 'pending'",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .bind(failure)
    .bind(at)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(done.rows_affected() == 1)
}

/// Whether the tenant holds this number.
///
/// # Errors
/// When the database fails.
pub async fn is_held(tx: &mut TenantTx, e164: &E164) -> Result<bool> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM phony.phone_numbers WHERE tenant_id = $1 AND e164 = $2 AND released_at IS NULL)",
    )
    .bind(tx.tenant().uuid())
    .bind(e164.as_str())
    .fetch_one(tx.connection())
    .await
    .db()
}

/// Whether calls run over the number.
///
/// # Errors
/// When the database fails.
pub async fn has_open_calls(tx: &mut TenantTx, id: NumberId) -> Result<bool> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM phony.calls WHERE tenant_id = $1 AND phone_number_id = $2 AND ended_at IS NULL)",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .fetch_one(tx.connection())
    .await
    .db()
}

/// Notes that the tenant does not hold it any more.
///
/// # Errors
/// When the database fails.
pub async fn release(tx: &mut TenantTx, id: NumberId, at: DateTime<Utc>) -> Result<()> {
    sqlx::query(
        "UPDATE phony.phone_numbers SET status = 'released', released_at = $3, updated_at = $3
         WHERE tenant_id = $1 AND id = $2 AND status <> 'released'",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .bind(at)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// What the tenant pays for a month of a number from `at`, with its currency; none when it has no price.
///
/// # Errors
/// When the database fails.
pub async fn find_month_price(tx: &mut TenantTx, at: DateTime<Utc>) -> Result<Option<(Price, String)>> {
    let row: Option<(i64, i64, String, i32)> = sqlx::query_as(
        "SELECT (p.unit_price * 1000000)::bigint, p.per_units, p.currency::text, coalesce(s.markup_bps, 0)
         FROM (SELECT 1) AS one
         LEFT JOIN LATERAL (
           SELECT price_book, markup_bps FROM phony.subscriptions
           WHERE tenant_id = $1 AND started_at <= $2 AND (ended_at IS NULL OR ended_at > $2)) s ON true
         JOIN LATERAL (
           SELECT unit_price, per_units, currency FROM phony_ref.prices
           WHERE book = coalesce(s.price_book, 'standard') AND sku = $3 AND effective_from <= $2
           ORDER BY effective_from DESC LIMIT 1) p ON true",
    )
    .bind(tx.tenant().uuid())
    .bind(at)
    .bind(NUMBER_MONTH_SKU)
    .fetch_optional(tx.connection())
    .await
    .db()?;
    Ok(row.map(|(price_micros, per_units, currency, markup_bps)| {
        (
            Price {
                price_micros,
                per_units,
                markup_bps,
            },
            currency,
        )
    }))
}
