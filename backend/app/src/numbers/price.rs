//! What a number costs its tenant.

use chrono::{DateTime, Utc};
use phony_db::{TenantTx, numbers};
use phony_kernel::money::Amount;
use phony_kernel::{Error, Result};

/// Price of one month of a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonthlyPrice {
    /// Exact amount.
    pub amount: Amount,
    /// ISO 4217.
    pub currency: String,
}

/// The price in force at `at`, as it will be rated; none when the price list has none.
pub(super) async fn month(tx: &mut TenantTx, at: DateTime<Utc>) -> Result<Option<MonthlyPrice>> {
    let Some((price, currency)) = numbers::find_month_price(tx, at).await? else {
        return Ok(None);
    };
    let amount = price.rate(1).map_err(Error::internal)?;
    Ok(Some(MonthlyPrice { amount, currency }))
}
