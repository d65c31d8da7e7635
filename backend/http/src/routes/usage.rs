//! What was used, what it costs, and the price list.

use actix_web::{get, web};
use chrono::{DateTime, NaiveDate, Utc};
use phony_app::App;
use phony_app::billing::{GroupBy, Price, UsageQuery, UsageReport, UsageSum};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{List, MoneyView};
use crate::auth::{Allow, UsageRead};
use crate::extract::Query;
use crate::problem::ApiResult;

/// Which usage.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UsageParams {
    /// Begin, inclusive; the first of this month when absent.
    #[serde(default, deserialize_with = "crate::moment::optional")]
    pub from: Option<DateTime<Utc>>,
    /// End, exclusive; now when absent.
    #[serde(default, deserialize_with = "crate::moment::optional")]
    pub to: Option<DateTime<Utc>>,
    /// One row a sku, or one a sku and day.
    #[param(inline)]
    pub group_by: Option<GroupByParam>,
}

/// How rows are grouped.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GroupByParam {
    /// One row a sku.
    Sku,
    /// One row a sku and day (UTC).
    Day,
}

/// Usage of one sku.
#[derive(Debug, Serialize, ToSchema)]
pub struct UsageRowView {
    /// What was used.
    #[schema(example = "twilio.inbound_minute")]
    pub sku: String,
    /// Its unit.
    #[schema(example = "minute")]
    pub unit: String,
    /// How much.
    pub quantity: i64,
    /// What it costs, exact.
    #[schema(example = "0.017")]
    pub amount: String,
    /// The day (UTC), when grouped by day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day: Option<NaiveDate>,
}

/// Usage of a period.
#[derive(Debug, Serialize, ToSchema)]
pub struct UsageView {
    /// The rows.
    pub data: Vec<UsageRowView>,
    /// Sum of all rows.
    pub total: MoneyView,
    /// Begin, inclusive.
    pub from: DateTime<Utc>,
    /// End, exclusive.
    pub to: DateTime<Utc>,
}

/// Usage of one call.
#[derive(Debug, Serialize, ToSchema)]
pub struct CallUsageView {
    /// One row a sku, the dearest first.
    pub data: Vec<UsageRowView>,
    /// Sum of all rows.
    pub total: MoneyView,
    /// Whether the carrier's final word is in it.
    pub settled: bool,
}

/// At which moment.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PriceParams {
    /// Any moment; now when absent.
    #[serde(default, deserialize_with = "crate::moment::optional")]
    pub at: Option<DateTime<Utc>>,
}

/// A price in force.
#[derive(Debug, Serialize, ToSchema)]
pub struct PriceView {
    /// What is priced.
    pub sku: String,
    /// Its unit.
    pub unit: String,
    /// For how many units the price is.
    pub per_units: i64,
    /// The price.
    #[schema(example = "0.0085")]
    pub unit_price: String,
    /// ISO 4217.
    pub currency: String,
    /// Since when.
    pub effective_from: DateTime<Utc>,
    /// Where the figure comes from; `unverified` is an assumption to check.
    pub source: String,
}

/// Usage of a period, rated.
#[utoipa::path(operation_id = "get_usage", tag = "Billing", params(UsageParams),
    security(("bearer" = ["usage.read"])), responses((status = 200, body = UsageView)))]
#[get("/usage")]
pub async fn usage(
    allow: Allow<UsageRead>,
    app: web::Data<App>,
    params: Query<UsageParams>,
) -> ApiResult<web::Json<UsageView>> {
    let group_by = match params.0.group_by {
        Some(GroupByParam::Day) => GroupBy::Day,
        Some(GroupByParam::Sku) | None => GroupBy::Sku,
    };
    let query = UsageQuery {
        from: params.0.from,
        to: params.0.to,
        group_by,
    };
    Ok(web::Json(app.billing.usage(&allow.who, query).await?.into()))
}

/// What one call used, rated.
#[utoipa::path(operation_id = "get_call_usage", tag = "Calls", security(("bearer" = ["usage.read"])),
    params(("id" = String, Path, description = "`call_…` or the carrier's `CA…`")),
    responses((status = 200, body = CallUsageView)))]
#[get("/calls/{id}/usage")]
pub async fn call_usage(
    allow: Allow<UsageRead>,
    app: web::Data<App>,
    id: web::Path<String>,
) -> ApiResult<web::Json<CallUsageView>> {
    let used = app.billing.call_usage(&allow.who, &id.parse()?).await?;
    Ok(web::Json(CallUsageView {
        data: used.rows.into_iter().map(Into::into).collect(),
        total: MoneyView {
            amount: used.total.to_string(),
            currency: used.currency,
        },
        settled: used.settled,
    }))
}

/// The price list at any moment.
#[utoipa::path(operation_id = "list_prices", tag = "Billing", params(PriceParams),
    security(("bearer" = ["usage.read"])), responses((status = 200, body = List<PriceView>)))]
#[get("/prices")]
pub async fn prices(
    allow: Allow<UsageRead>,
    app: web::Data<App>,
    params: Query<PriceParams>,
) -> ApiResult<web::Json<List<PriceView>>> {
    let prices = app.billing.prices(&allow.who, params.0.at).await?;
    Ok(web::Json(List::whole(
        prices.into_iter().map(Into::into).collect(),
    )))
}

impl From<UsageReport> for UsageView {
    fn from(report: UsageReport) -> Self {
        Self {
            data: report.rows.into_iter().map(Into::into).collect(),
            total: MoneyView {
                amount: report.total.to_string(),
                currency: report.currency,
            },
            from: report.from,
            to: report.to,
        }
    }
}

impl From<UsageSum> for UsageRowView {
    fn from(row: UsageSum) -> Self {
        Self {
            sku: row.sku,
            unit: row.unit,
            quantity: row.quantity,
            amount: row.amount.to_string(),
            day: row.day,
        }
    }
}

impl From<Price> for PriceView {
    fn from(price: Price) -> Self {
        Self {
            sku: price.sku,
            unit: price.unit,
            per_units: price.per_units,
            unit_price: price.unit_price,
            currency: price.currency,
            effective_from: price.effective_from,
            source: price.source,
        }
    }
}
