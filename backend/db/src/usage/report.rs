//! Usage and prices as people read them: sums by sku or day, the price list at a moment.

use chrono::{DateTime, NaiveDate, Utc};
use phony_kernel::money::Amount;
use phony_kernel::{Error, Result};

use crate::error::DbResult;
use crate::{SystemTx, TenantTx};

/// The sum of one sku, in one day or in the whole period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageSum {
    /// What was used.
    pub sku: String,
    /// Its unit, `minute`.
    pub unit: String,
    /// The UTC day, when grouped by day.
    pub day: Option<NaiveDate>,
    /// How much.
    pub quantity: i64,
    /// Exact amount.
    pub amount: Amount,
    /// ISO 4217.
    pub currency: String,
}

/// One line of the price list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceRow {
    /// Which list.
    pub book: String,
    /// What it prices.
    pub sku: String,
    /// Since when.
    pub effective_from: DateTime<Utc>,
    /// `minute`, `token`.
    pub unit: String,
    /// Units that the price is for.
    pub per_units: i64,
    /// Price, decimal.
    pub unit_price: String,
    /// ISO 4217.
    pub currency: String,
    /// Where the price is from; `unverified` until the operator has looked at it.
    pub source: String,
}

/// Reads an exact amount that the database wrote as text.
///
/// # Errors
/// When it is none, which is a fault of ours.
pub(crate) fn amount(text: &str) -> Result<Amount> {
    text.parse()
        .map_err(|error: phony_kernel::money::InvalidAmount| Error::internal(error))
}

/// Sums of `[from, to)` by sku, and by UTC day too when `by_day`. Only the newest rating of an event counts.
///
/// # Errors
/// Those of the database.
pub async fn sum_usage(
    tx: &mut TenantTx,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    by_day: bool,
) -> Result<Vec<UsageSum>> {
    let rows: Vec<(String, String, Option<NaiveDate>, i64, String, String)> = sqlx::query_as(
        "SELECT e.sku, p.unit, d.day, sum(e.quantity)::int8, sum(r.amount)::text, p.currency::text
         FROM phony.usage_events e
         JOIN LATERAL (SELECT * FROM phony.rated_usage r
                       WHERE r.tenant_id = e.tenant_id AND r.usage_event_id = e.id
                       ORDER BY r.rating_version DESC LIMIT 1) r ON true
         JOIN phony_ref.prices p ON (p.book, p.sku, p.effective_from) = (r.book, r.sku, r.effective_from)
         CROSS JOIN LATERAL (SELECT CASE WHEN $3 THEN (e.billing_time AT TIME ZONE 'UTC')::date END AS day) d
         WHERE e.billing_time >= $1 AND e.billing_time < $2
         GROUP BY d.day, e.sku, p.unit, p.currency ORDER BY d.day, e.sku, p.unit, p.currency",
    )
    .bind(from)
    .bind(to)
    .bind(by_day)
    .fetch_all(tx.connection())
    .await
    .db()?;
    rows.into_iter()
        .map(|(sku, unit, day, quantity, sum, currency)| {
            Ok(UsageSum {
                sku,
                unit,
                day,
                quantity,
                amount: amount(&sum)?,
                currency,
            })
        })
        .collect()
}

/// The tenant's price book at `at`; the standard one before it had a subscription.
///
/// # Errors
/// Those of the database.
pub async fn book_at(tx: &mut TenantTx, at: DateTime<Utc>) -> Result<String> {
    let book: Option<String> = sqlx::query_scalar(
        "SELECT price_book FROM phony.subscriptions WHERE started_at <= $1 AND (ended_at IS NULL OR ended_at > $1)",
    )
    .bind(at)
    .fetch_optional(tx.connection())
    .await
    .db()?;
    Ok(book.unwrap_or_else(|| "standard".to_owned()))
}

/// The prices of `book` in force at `at`.
///
/// # Errors
/// Those of the database.
pub async fn list_prices(tx: &mut SystemTx, book: &str, at: DateTime<Utc>) -> Result<Vec<PriceRow>> {
    type Row = (String, String, DateTime<Utc>, String, i64, String, String, String);
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT DISTINCT ON (sku) book, sku, effective_from, unit, per_units, trim_scale(unit_price)::text,
                currency::text, source
         FROM phony_ref.prices WHERE book = $1 AND effective_from <= $2 ORDER BY sku, effective_from DESC",
    )
    .bind(book)
    .bind(at)
    .fetch_all(tx.connection())
    .await
    .db()?;
    Ok(rows
        .into_iter()
        .map(
            |(book, sku, effective_from, unit, per_units, unit_price, currency, source)| PriceRow {
                book,
                sku,
                effective_from,
                unit,
                per_units,
                unit_price,
                currency,
                source,
            },
        )
        .collect())
}
