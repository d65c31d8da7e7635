//! What was used, what it costs, and the price list. Amounts are exact decimals, never floats.

use chrono::{DateTime, Datelike as _, TimeDelta, TimeZone as _, Utc};
use phony_db::Db;
use phony_db::calls::history::{self, CallRef};
use phony_db::usage::report;
pub use phony_db::usage::report::{PriceRow as Price, UsageSum};
use phony_kernel::error::Faults;
use phony_kernel::money::Amount;
use phony_kernel::{Clock, Error, Result};

use crate::Principal;

/// All prices are in it.
const CURRENCY: &str = "USD";

/// Longest period of one question.
const MAX_PERIOD: TimeDelta = TimeDelta::days(400);

/// How usage is summed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum GroupBy {
    /// One row for each sku.
    #[default]
    Sku,
    /// One row for each UTC day and sku.
    Day,
}

/// Which usage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UsageQuery {
    /// From this moment; the first of this month when unset.
    pub from: Option<DateTime<Utc>>,
    /// Until before this one; now when unset.
    pub to: Option<DateTime<Utc>>,
    /// How it is summed.
    pub group_by: GroupBy,
}

/// Usage of a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageReport {
    /// The sums, by day and sku.
    pub rows: Vec<UsageSum>,
    /// Sum of all rows, exactly.
    pub total: Amount,
    /// ISO 4217.
    pub currency: String,
    /// From this moment.
    pub from: DateTime<Utc>,
    /// Until before this one.
    pub to: DateTime<Utc>,
}

/// Usage of one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallUsage {
    /// The sums by sku, the dearest first.
    pub rows: Vec<UsageSum>,
    /// Sum of all rows, exactly.
    pub total: Amount,
    /// ISO 4217.
    pub currency: String,
    /// Whether the carrier's final word is in it.
    pub settled: bool,
}

/// The use cases of usage and prices.
#[derive(Debug, Clone)]
pub struct Billing {
    db: Db,
    clock: Clock,
}

impl Billing {
    /// On this database.
    #[must_use]
    pub fn new(db: Db, clock: Clock) -> Self {
        Self { db, clock }
    }

    /// What the tenant used in a period, by billing time.
    ///
    /// # Errors
    /// A period that ends before it begins or is longer than 400 days.
    pub async fn usage(&self, who: &Principal, query: UsageQuery) -> Result<UsageReport> {
        let now = self.clock.now();
        let from = query.from.unwrap_or_else(|| month_start(now));
        let to = query.to.unwrap_or_else(|| {
            now.max(
                from.checked_add_signed(TimeDelta::milliseconds(1))
                    .unwrap_or(from),
            )
        });
        check_period(from, to)?;
        let mut tx = self.db.tenant(who.tenant).await?;
        let rows = report::sum_usage(&mut tx, from, to, query.group_by == GroupBy::Day).await?;
        Ok(UsageReport {
            total: total_of(&rows)?,
            rows,
            currency: CURRENCY.to_owned(),
            from,
            to,
        })
    }

    /// What one call used and costs so far.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn call_usage(&self, who: &Principal, call: &CallRef) -> Result<CallUsage> {
        let mut tx = self.db.tenant(who.tenant).await?;
        let call = history::get_of(&mut tx, call, who.mode()).await?;
        let rows = report::sum_call(&mut tx, call.id).await?;
        Ok(CallUsage {
            total: total_of(&rows)?,
            rows,
            currency: CURRENCY.to_owned(),
            settled: call.settled,
        })
    }

    /// The tenant's price list as it stands at `at`, or now.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn prices(&self, who: &Principal, at: Option<DateTime<Utc>>) -> Result<Vec<Price>> {
        let mut tx = self.db.tenant(who.tenant).await?;
        report::list_prices(&mut tx, at.unwrap_or_else(|| self.clock.now())).await
    }
}

fn total_of(rows: &[UsageSum]) -> Result<Amount> {
    let mut total = Amount::ZERO;
    for row in rows {
        total = total.checked_add(row.amount).map_err(Error::internal)?;
    }
    Ok(total)
}

/// Refuses a period that no list or export can have.
///
/// # Errors
/// It ends before it begins, or is too long.
pub(crate) fn check_period(from: DateTime<Utc>, to: DateTime<Utc>) -> Result<()> {
    let mut faults = Faults::new();
    faults.require(to > from, "to", "before_from", "must be after from");
    faults.require(
        to - from <= MAX_PERIOD,
        "to",
        "period_too_long",
        "must be at most 400 days after from",
    );
    faults.finish()
}

fn month_start(now: DateTime<Utc>) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(now.year(), now.month(), 1, 0, 0, 0)
        .single()
        .unwrap_or(now)
}
