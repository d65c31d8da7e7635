//! The rows of a usage export, in pages by key, so that any number of them needs little memory.

use chrono::{DateTime, Utc};
use phony_kernel::money::Amount;
use phony_kernel::{CallId, Result, UsageEventId};
use uuid::Uuid;

use crate::TenantTx;
use crate::error::DbResult;
use crate::usage::report::amount;

/// Place in the rows of a usage export: billing time, then id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsageKey(DateTime<Utc>, Uuid);

/// One row of a usage export: an event with its newest rating.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageRow {
    /// Its place.
    pub key: UsageKey,
    /// The event.
    pub event: UsageEventId,
    /// Its call.
    pub call: Option<CallId>,
    /// The carrier's id of the call.
    pub call_sid: Option<String>,
    /// Which way the call went.
    pub direction: Option<String>,
    /// Our number.
    pub number: Option<String>,
    /// Name of the personality.
    pub personality: Option<String>,
    /// What was used.
    pub sku: String,
    /// How much.
    pub quantity: i64,
    /// In what.
    pub unit: String,
    /// When it happened.
    pub event_time: DateTime<Utc>,
    /// When it counts.
    pub billing_time: DateTime<Utc>,
    /// When we wrote it.
    pub ingested_at: DateTime<Utc>,
    /// `platform` or `tenant`.
    pub payer: String,
    /// Price list.
    pub price_book: String,
    /// Which version of the price.
    pub price_effective_from: DateTime<Utc>,
    /// Price, decimal.
    pub unit_price: String,
    /// Units that the price is for.
    pub per_units: i64,
    /// Markup in hundredths of a percent.
    pub markup_bps: i32,
    /// Without markup.
    pub cost: Amount,
    /// What the tenant pays.
    pub amount: Amount,
    /// ISO 4217.
    pub currency: String,
    /// Which rating.
    pub rating_version: i32,
    /// On which invoice it is.
    pub invoice_number: Option<String>,
    /// The event that it takes back.
    pub corrects: Option<UsageEventId>,
}

#[derive(sqlx::FromRow)]
struct UsageDbRow {
    id: Uuid,
    call_id: Option<Uuid>,
    call_sid: Option<String>,
    direction: Option<String>,
    e164: Option<String>,
    personality: Option<String>,
    sku: String,
    quantity: i64,
    unit: String,
    event_time: DateTime<Utc>,
    billing_time: DateTime<Utc>,
    ingested_at: DateTime<Utc>,
    payer: String,
    book: String,
    effective_from: DateTime<Utc>,
    unit_price: String,
    per_units: i64,
    markup_bps: i32,
    cost: String,
    amount: String,
    currency: String,
    rating_version: i32,
    invoice_number: Option<String>,
    corrects: Option<Uuid>,
}

impl UsageDbRow {
    fn read(self) -> Result<UsageRow> {
        Ok(UsageRow {
            key: UsageKey(self.billing_time, self.id),
            event: UsageEventId::from_uuid(self.id),
            call: self.call_id.map(CallId::from_uuid),
            call_sid: self.call_sid,
            direction: self.direction,
            number: self.e164,
            personality: self.personality,
            sku: self.sku,
            quantity: self.quantity,
            unit: self.unit,
            event_time: self.event_time,
            billing_time: self.billing_time,
            ingested_at: self.ingested_at,
            payer: self.payer,
            price_book: self.book,
            price_effective_from: self.effective_from,
            unit_price: self.unit_price,
            per_units: self.per_units,
            markup_bps: self.markup_bps,
            cost: amount(&self.cost)?,
            amount: amount(&self.amount)?,
            currency: self.currency,
            rating_version: self.rating_version,
            invoice_number: self.invoice_number,
            corrects: self.corrects.map(UsageEventId::from_uuid),
        })
    }
}

/// Up to `limit` rows of `[from, to)` after a place, in the order of billing time and id.
///
/// # Errors
/// Those of the database.
pub async fn list(
    tx: &mut TenantTx,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    after: Option<UsageKey>,
    limit: i64,
) -> Result<Vec<UsageRow>> {
    // The nil uuid sorts before all others, so the first page needs no condition of its own.
    let UsageKey(at, id) = after.unwrap_or(UsageKey(from, Uuid::nil()));
    let rows: Vec<UsageDbRow> = sqlx::query_as(
        "SELECT e.id, e.call_id, c.call_sid, c.direction, n.e164, w.name AS personality, e.sku,
                e.quantity, p.unit, e.event_time, e.billing_time, e.ingested_at, e.payer, r.book, r.effective_from,
                trim_scale(p.unit_price)::text AS unit_price, p.per_units, r.markup_bps, r.cost::text AS cost,
                r.amount::text AS amount, p.currency::text AS currency, r.rating_version,
                i.number AS invoice_number, e.corrects
         FROM (SELECT * FROM phony.usage_events
               WHERE tenant_id = $1 AND (billing_time, id) > ($2, $3) AND billing_time < $4
               ORDER BY billing_time, id LIMIT $5) e
         JOIN LATERAL (SELECT * FROM phony.rated_usage r
                       WHERE r.tenant_id = e.tenant_id AND r.usage_event_id = e.id
                       ORDER BY r.rating_version DESC LIMIT 1) r ON true
         JOIN phony_ref.prices p ON (p.book, p.sku, p.effective_from) = (r.book, r.sku, r.effective_from)
         LEFT JOIN phony.calls c ON c.tenant_id = e.tenant_id AND c.id = e.call_id
         LEFT JOIN phony.phone_numbers n ON n.tenant_id = e.tenant_id AND n.id = e.phone_number_id
         LEFT JOIN phony.personalities w ON w.tenant_id = e.tenant_id AND w.id = e.personality_id
         LEFT JOIN phony.invoiced_usage b ON b.tenant_id = e.tenant_id AND b.usage_event_id = e.id
         LEFT JOIN phony.invoices i ON i.tenant_id = b.tenant_id AND i.id = b.invoice_id
         ORDER BY e.billing_time, e.id",
    )
    .bind(tx.tenant().uuid())
    .bind(at)
    .bind(id)
    .bind(to)
    .bind(limit)
    .fetch_all(tx.connection())
    .await
    .db()?;
    rows.into_iter().map(UsageDbRow::read).collect()
}
