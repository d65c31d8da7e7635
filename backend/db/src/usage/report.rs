//! Usage and prices as people read them: sums by sku or day, the price list at a moment.

use chrono::{DateTime, NaiveDate, Utc};
use phony_kernel::money::Amount;
use phony_kernel::{CallId, Error, Result};

use crate::TenantTx;
use crate::error::DbResult;

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
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
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
         WHERE e.tenant_id = $4 AND e.billing_time >= $1 AND e.billing_time < $2
         GROUP BY d.day, e.sku, p.unit, p.currency ORDER BY d.day, e.sku, p.unit, p.currency",
    )
    .bind(from)
    .bind(to)
    .bind(by_day)
    .bind(tx.tenant().uuid())
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

/// Sums of one call by sku, with what is rated so far. Only the newest rating of an event counts.
///
/// # Errors
/// Those of the database.
pub async fn sum_call(tx: &mut TenantTx, call: CallId) -> Result<Vec<UsageSum>> {
    let rows: Vec<(String, String, i64, String, String)> = sqlx::query_as(
        "SELECT e.sku, p.unit, sum(e.quantity)::int8, sum(r.amount)::text, p.currency::text
         FROM phony.usage_events e
         JOIN LATERAL (SELECT * FROM phony.rated_usage r
                       WHERE r.tenant_id = e.tenant_id AND r.usage_event_id = e.id
                       ORDER BY r.rating_version DESC LIMIT 1) r ON true
         JOIN phony_ref.prices p ON (p.book, p.sku, p.effective_from) = (r.book, r.sku, r.effective_from)
         WHERE e.tenant_id = $1 AND e.call_id = $2
         GROUP BY e.sku, p.unit, p.currency ORDER BY sum(r.amount) DESC, e.sku",
    )
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .fetch_all(tx.connection())
    .await
    .db()?;
    rows.into_iter()
        .map(|(sku, unit, quantity, sum, currency)| {
            Ok(UsageSum {
                sku,
                unit,
                day: None,
                quantity,
                amount: amount(&sum)?,
                currency,
            })
        })
        .collect()
}

/// The tenant's prices in force at `at`, in the book it has then; the standard one before its first subscription.
///
/// # Errors
/// Those of the database.
pub async fn list_prices(tx: &mut TenantTx, at: DateTime<Utc>) -> Result<Vec<PriceRow>> {
    sqlx::query_as(
        "SELECT DISTINCT ON (sku) book, sku, effective_from, unit, per_units,
                trim_scale(unit_price)::text AS unit_price, currency::text AS currency, source
         FROM phony_ref.prices
         WHERE effective_from <= $1 AND book = coalesce(
           (SELECT price_book FROM phony.subscriptions
            WHERE tenant_id = $2 AND started_at <= $1 AND (ended_at IS NULL OR ended_at > $1)), 'standard')
         ORDER BY sku, effective_from DESC",
    )
    .bind(at)
    .bind(tx.tenant().uuid())
    .fetch_all(tx.connection())
    .await
    .db()
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use phony_kernel::TenantId;
    use phony_testkit::TestDb;
    use sqlx::{Connection as _, PgConnection};

    use super::*;
    use crate::Db;
    use crate::usage::{Payer, UsageInsert, Written, insert};

    fn minute() -> UsageInsert {
        let at = Utc::now() - TimeDelta::minutes(5);
        UsageInsert {
            dedupe_key: "test:1".to_owned(),
            sku: "twilio.inbound_minute".to_owned(),
            quantity: 1,
            event_time: at,
            billing_time: at,
            payer: Payer::Platform,
            call: None,
            number: None,
            personality: None,
            corrects: None,
            source: "tests",
            meta: serde_json::json!({}),
        }
    }

    /// A superuser is not bound by row security, so here only the statements themselves keep tenants apart.
    #[tokio::test]
    async fn statements_name_their_tenant_and_do_not_rely_on_row_security_alone() {
        let servers = TestDb::create().await;
        let mut admin = PgConnection::connect(&servers.admin_url).await.unwrap();
        let db = Db::connect_lazy(&servers.admin_url, 2).unwrap();
        let (acme, globex) = (TenantId::new(), TenantId::new());
        for (slug, tenant) in [("acme", acme), ("globex", globex)] {
            sqlx::query("INSERT INTO phony.tenants (id, slug, name, plan) VALUES ($1, $2, $2, 'basic')")
                .bind(tenant.uuid())
                .bind(slug)
                .execute(&mut admin)
                .await
                .unwrap();
            sqlx::query(
                "INSERT INTO phony.subscriptions (tenant_id, id, plan, price_book, started_at)
                 VALUES ($1, gen_random_uuid(), 'basic', 'standard', now() - interval '9 days')",
            )
            .bind(tenant.uuid())
            .execute(&mut admin)
            .await
            .unwrap();
        }
        for tenant in [acme, globex] {
            let mut tx = db.tenant(tenant).await.unwrap();
            let written = insert(&mut tx, &minute()).await.unwrap();
            assert!(matches!(written, Written::Rated { .. }));
            tx.commit().await.unwrap();
        }
        let mut tx = db.tenant(acme).await.unwrap();
        let (from, to) = (Utc::now() - TimeDelta::days(1), Utc::now());
        let sums = sum_usage(&mut tx, from, to, false).await.unwrap();
        assert_eq!(sums.iter().map(|sum| sum.quantity).collect::<Vec<_>>(), [1]);
        assert!(!list_prices(&mut tx, to).await.unwrap().is_empty());
    }
}
