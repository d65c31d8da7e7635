//! Usage events, written and rated in the transaction of the fact that caused them, and the price list.
//!
//! Reading of usage for people is in [`report`], and of calls that go on in [`so_far`].

use chrono::{DateTime, TimeDelta, Utc};
use phony_kernel::money::{Amount, Price};
use phony_kernel::{CallId, NumberId, PersonalityId, Result, UsageEventId};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::TenantTx;
use crate::error::DbResult;

pub mod report;
pub mod so_far;

/// First rating of an event; a re-rating adds a higher one.
const FIRST_RATING: i32 = 1;
/// Events that happened longer ago are looked at by a person.
const TOO_LATE: TimeDelta = TimeDelta::days(35);
/// How far ahead another clock may be.
const CLOCK_SKEW: TimeDelta = TimeDelta::minutes(5);
/// `numeric(28,16)` holds less than this many units of 10⁻¹⁶.
const MAX_UNITS: u128 = 10_u128.pow(28);

/// Whose account at the provider was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payer {
    /// Ours: the tenant pays us.
    Platform,
    /// The tenant's own: the cost is shown, the amount is 0.
    Tenant,
}

impl Payer {
    fn as_str(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::Tenant => "tenant",
        }
    }
}

/// One billable fact.
#[derive(Debug, Clone, PartialEq)]
pub struct UsageInsert {
    /// From the provider's own identity, never random: a retry gives the same key.
    pub dedupe_key: String,
    /// What was used.
    pub sku: String,
    /// How much, in the sku's unit; never zero, negative only with `corrects`.
    pub quantity: i64,
    /// When it happened.
    pub event_time: DateTime<Utc>,
    /// Decides period and price; for everything of a call its `answered_at`.
    pub billing_time: DateTime<Utc>,
    /// Who pays the provider.
    pub payer: Payer,
    /// Call it belongs to.
    pub call: Option<CallId>,
    /// Number it belongs to.
    pub number: Option<NumberId>,
    /// Personality that talked.
    pub personality: Option<PersonalityId>,
    /// The event that this one takes back.
    pub corrects: Option<UsageEventId>,
    /// Who says so: `carrier_callback`, `engine`, `numbers`.
    pub source: &'static str,
    /// Raw figures behind the quantity.
    pub meta: Value,
}

/// Why an event waits for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuarantineReason {
    /// No price or no subscription was in force.
    Unpriced,
    /// Older than 35 days.
    TooLate,
    /// Names a call that does not exist.
    UnknownCall,
    /// Contradicts itself, lies in the future, or is too large.
    Invalid,
}

impl QuarantineReason {
    fn as_str(self) -> &'static str {
        match self {
            Self::Unpriced => "unpriced",
            Self::TooLate => "too_late",
            Self::UnknownCall => "unknown_call",
            Self::Invalid => "invalid",
        }
    }
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// Stored and rated.
    Rated {
        /// Its id.
        event: UsageEventId,
        /// What the tenant pays for it, exactly.
        amount: Amount,
    },
    /// Was there already; nothing changed.
    Duplicate,
    /// Set aside, never priced at zero.
    Quarantined(QuarantineReason),
}

/// Stores one event with its rating; see [`insert_all`].
///
/// # Errors
/// Those of the database.
pub async fn insert(tx: &mut TenantTx, usage: &UsageInsert) -> Result<Written> {
    let written = insert_all(tx, std::slice::from_ref(usage)).await?;
    Ok(written.into_iter().next().unwrap_or(Written::Duplicate))
}

/// Stores events with their ratings at the prices in force at their billing times. What cannot be priced goes
/// to quarantine, and what is there already changes nothing. Two or three round trips for any number of events.
///
/// # Errors
/// Those of the database.
pub async fn insert_all(tx: &mut TenantTx, usages: &[UsageInsert]) -> Result<Vec<Written>> {
    if usages.is_empty() {
        return Ok(Vec::new());
    }
    let terms = find_terms(tx, usages).await?;
    let mut rated = Vec::with_capacity(usages.len());
    let mut quarantined = Vec::new();
    let mut written = Vec::with_capacity(usages.len());
    for (usage, terms) in usages.iter().zip(terms) {
        match rate(usage, &terms) {
            Ok(rating) => {
                written.push(Written::Rated {
                    event: rating.event,
                    amount: rating.amount,
                });
                rated.push(rating);
            }
            Err(reason) => {
                tracing::error!(
                    tenant.id = %tx.tenant(), usage.sku = usage.sku, reason = reason.as_str(),
                    "usage event set aside: {}", reason.as_str()
                );
                quarantined.push((usage, reason));
                written.push(Written::Quarantined(reason));
            }
        }
    }
    let stored = insert_rated(tx, &rated).await?;
    for outcome in &mut written {
        if let Written::Rated { event, .. } = outcome
            && !stored.contains(&event.uuid())
        {
            *outcome = Written::Duplicate;
        }
    }
    for (usage, reason) in quarantined {
        insert_quarantined(tx, usage, reason).await?;
    }
    Ok(written)
}

/// What a price depends on, found at one event's billing time.
#[derive(Debug, sqlx::FromRow)]
struct Terms {
    book: Option<String>,
    markup_bps: Option<i32>,
    effective_from: Option<DateTime<Utc>>,
    per_units: Option<i64>,
    price_micros: Option<i64>,
    call_known: bool,
    now: DateTime<Utc>,
}

async fn find_terms(tx: &mut TenantTx, usages: &[UsageInsert]) -> Result<Vec<Terms>> {
    let skus: Vec<&str> = usages.iter().map(|usage| usage.sku.as_str()).collect();
    let times: Vec<DateTime<Utc>> = usages.iter().map(|usage| usage.billing_time).collect();
    let calls: Vec<Option<Uuid>> = usages.iter().map(|usage| usage.call.map(CallId::uuid)).collect();
    sqlx::query_as(
        "SELECT s.price_book AS book, s.markup_bps, p.effective_from, p.per_units,
                (p.unit_price * 1000000)::bigint AS price_micros,
                i.call IS NULL OR EXISTS (SELECT FROM phony.calls c
                                          WHERE c.tenant_id = $4 AND c.id = i.call) AS call_known,
                clock_timestamp() AS now
         FROM unnest($1::text[], $2::timestamptz[], $3::uuid[]) WITH ORDINALITY AS i (sku, at, call, place)
         LEFT JOIN LATERAL (
           SELECT price_book, markup_bps FROM phony.subscriptions
           WHERE tenant_id = $4 AND started_at <= i.at AND (ended_at IS NULL OR ended_at > i.at)) s ON true
         LEFT JOIN LATERAL (
           SELECT effective_from, per_units, unit_price FROM phony_ref.prices
           WHERE book = s.price_book AND sku = i.sku AND effective_from <= i.at
           ORDER BY effective_from DESC LIMIT 1) p ON true
         ORDER BY i.place",
    )
    .bind(skus)
    .bind(times)
    .bind(calls)
    .bind(tx.tenant().uuid())
    .fetch_all(tx.connection())
    .await
    .db()
}

struct Rating<'a> {
    usage: &'a UsageInsert,
    event: UsageEventId,
    book: String,
    effective_from: DateTime<Utc>,
    markup_bps: i32,
    cost: Amount,
    amount: Amount,
}

fn rate<'a>(usage: &'a UsageInsert, terms: &Terms) -> Result<Rating<'a>, QuarantineReason> {
    use QuarantineReason as Why;
    let consistent = usage.quantity > 0 || (usage.quantity < 0 && usage.corrects.is_some());
    if !consistent || usage.dedupe_key.len() > 200 || usage.event_time > terms.now + CLOCK_SKEW {
        return Err(Why::Invalid);
    }
    if !terms.call_known {
        return Err(Why::UnknownCall);
    }
    if usage.event_time < terms.now - TOO_LATE {
        return Err(Why::TooLate);
    }
    let (Some(book), Some(markup_bps), Some(effective_from), Some(per_units), Some(price_micros)) = (
        terms.book.clone(),
        terms.markup_bps,
        terms.effective_from,
        terms.per_units,
        terms.price_micros,
    ) else {
        return Err(Why::Unpriced);
    };
    let rated_at = |markup_bps| {
        let exact = Price {
            price_micros,
            per_units,
            markup_bps,
        }
        .rate(usage.quantity);
        exact
            .ok()
            .filter(|amount| amount.units().unsigned_abs() < MAX_UNITS)
            .ok_or(Why::Invalid)
    };
    let cost = rated_at(0)?;
    let amount = match usage.payer {
        Payer::Platform => rated_at(markup_bps)?,
        Payer::Tenant => Amount::ZERO,
    };
    Ok(Rating {
        usage,
        event: UsageEventId::new(),
        book,
        effective_from,
        markup_bps,
        cost,
        amount,
    })
}

/// Returns the ids that were really stored.
async fn insert_rated(tx: &mut TenantTx, ratings: &[Rating<'_>]) -> Result<Vec<Uuid>> {
    if ratings.is_empty() {
        return Ok(Vec::new());
    }
    macro_rules! column {
        ($value:expr) => {
            ratings.iter().map($value).collect::<Vec<_>>()
        };
    }
    let tenant = tx.tenant().uuid();
    sqlx::query_scalar(
        "WITH incoming AS (
           SELECT * FROM unnest($2::uuid[], $3::text[], $4::text[], $5::int8[], $6::timestamptz[], $7::timestamptz[],
                                $8::text[], $9::uuid[], $10::uuid[], $11::uuid[], $12::uuid[], $13::text[], $14::jsonb[],
                                $15::text[], $16::timestamptz[], $17::int4[], $18::text[], $19::text[])
             AS i (id, dedupe_key, sku, quantity, event_time, billing_time, payer, call_id, phone_number_id,
                   personality_id, corrects, source, meta, book, effective_from, markup_bps, cost, amount)),
         stored AS (
           INSERT INTO phony.usage_events (tenant_id, id, dedupe_key, sku, quantity, event_time, billing_time, payer,
                                           call_id, phone_number_id, personality_id, corrects, source, meta)
           SELECT $1, id, dedupe_key, sku, quantity, event_time, billing_time, payer,
                  call_id, phone_number_id, personality_id, corrects, source, meta FROM incoming
           ON CONFLICT (tenant_id, dedupe_key) DO NOTHING RETURNING id)
         INSERT INTO phony.rated_usage (tenant_id, usage_event_id, rating_version, book, sku, effective_from,
                                        markup_bps, cost, amount)
         SELECT $1, i.id, $20, i.book, i.sku, i.effective_from, i.markup_bps, i.cost::numeric, i.amount::numeric
         FROM incoming i JOIN stored USING (id)
         RETURNING usage_event_id",
    )
    .bind(tenant)
    .bind(column!(|r| r.event.uuid()))
    .bind(column!(|r| r.usage.dedupe_key.as_str()))
    .bind(column!(|r| r.usage.sku.as_str()))
    .bind(column!(|r| r.usage.quantity))
    .bind(column!(|r| r.usage.event_time))
    .bind(column!(|r| r.usage.billing_time))
    .bind(column!(|r| r.usage.payer.as_str()))
    .bind(column!(|r| r.usage.call.map(CallId::uuid)))
    .bind(column!(|r| r.usage.number.map(NumberId::uuid)))
    .bind(column!(|r| r.usage.personality.map(PersonalityId::uuid)))
    .bind(column!(|r| r.usage.corrects.map(UsageEventId::uuid)))
    .bind(column!(|r| r.usage.source))
    .bind(column!(|r| r.usage.meta.clone()))
    .bind(column!(|r| r.book.as_str()))
    .bind(column!(|r| r.effective_from))
    .bind(column!(|r| r.markup_bps))
    .bind(column!(|r| r.cost.to_string()))
    .bind(column!(|r| r.amount.to_string()))
    .bind(FIRST_RATING)
    .fetch_all(tx.connection())
    .await
    .db()
}

async fn insert_quarantined(tx: &mut TenantTx, usage: &UsageInsert, reason: QuarantineReason) -> Result<()> {
    let event = json!({
        "dedupe_key": usage.dedupe_key, "sku": usage.sku, "quantity": usage.quantity,
        "event_time": usage.event_time, "billing_time": usage.billing_time, "payer": usage.payer.as_str(),
        "call_id": usage.call.map(CallId::uuid), "phone_number_id": usage.number.map(NumberId::uuid),
        "personality_id": usage.personality.map(PersonalityId::uuid),
        "corrects": usage.corrects.map(UsageEventId::uuid), "source": usage.source, "meta": usage.meta,
    });
    sqlx::query(
        "INSERT INTO phony.usage_quarantine (tenant_id, id, reason, event, billing_time)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
    )
    .bind(tx.tenant().uuid())
    .bind(quarantine_id(&usage.dedupe_key))
    .bind(reason.as_str())
    .bind(event)
    .bind(usage.billing_time)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// The same event set aside twice is one row: its id follows from the dedupe key.
fn quarantine_id(dedupe_key: &str) -> Uuid {
    let hash = Sha256::digest(dedupe_key.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}
