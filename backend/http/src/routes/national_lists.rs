//! National lists of numbers that are not to be rung.

use actix_web::{HttpResponse, delete, get, post, web};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use phony_app::App;
use phony_app::outbound_policy::{MAX_AGE_DAYS, NationalImport, NationalList};
use phony_kernel::NationalListId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::List;
use crate::auth::{Allow, ContactRead, ContactWrite};
use crate::extract::Body;
use crate::problem::ApiResult;

/// A national list, or a part of one.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NationalListRequest {
    /// Whose list it is (ISO 3166).
    #[schema(example = "US")]
    pub country: String,
    /// Which day's.
    #[schema(example = "2026-11-20")]
    pub as_of: NaiveDate,
    /// One number a line, or CSV whose first column is the number, or whose first two are area code and number.
    #[schema(example = "4155550134\n415,5550135\n")]
    pub numbers: String,
    /// Whether more parts of the list follow, with the same country and day. The list is in force when the last one is
    /// there.
    #[serde(default)]
    pub more: bool,
}

/// A national list.
#[derive(Debug, Serialize, ToSchema)]
pub struct NationalListView {
    /// Its id.
    pub id: NationalListId,
    /// Whose it is (ISO 3166).
    #[schema(example = "US")]
    pub country: String,
    /// Which day's.
    pub as_of: NaiveDate,
    /// How many numbers it has.
    pub numbers: i64,
    /// Whether all its parts are there.
    pub complete: bool,
    /// Whether it is the one of its country that calls go by.
    pub in_force: bool,
    /// The last day on which it is young enough.
    pub good_until: NaiveDate,
    /// Whether that day is over.
    pub expired: bool,
    /// When its first part came.
    pub created_at: DateTime<Utc>,
}

/// What became of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct NationalListReportView {
    /// The list as it stands.
    pub list: NationalListView,
    /// Numbers that were not on it.
    pub accepted: u64,
    /// Lines that were not taken.
    pub refused: u64,
    /// Which, up to a hundred.
    pub refusals: Vec<RefusedNumberView>,
}

/// A line that was not taken.
#[derive(Debug, Serialize, ToSchema)]
pub struct RefusedNumberView {
    /// Which; the first is 1.
    pub line: u64,
    /// Stable word for the reason.
    #[schema(example = "too_short")]
    pub code: String,
    /// The reason.
    pub detail: String,
}

impl NationalListView {
    fn new(row: NationalList, in_force: bool, today: NaiveDate) -> Self {
        let good_until = row.as_of + TimeDelta::days(MAX_AGE_DAYS);
        Self {
            id: row.id,
            country: row.country,
            as_of: row.as_of,
            numbers: row.numbers,
            complete: row.complete_at.is_some(),
            in_force,
            good_until,
            expired: good_until < today,
            created_at: row.created_at,
        }
    }

    /// All of them, newest day first: the first whole one of a country is in force.
    fn all(lists: Vec<NationalList>, today: NaiveDate) -> Vec<Self> {
        let mut seen = Vec::new();
        lists
            .into_iter()
            .map(|row| {
                let in_force = row.complete_at.is_some() && !seen.contains(&row.country);
                if in_force {
                    seen.push(row.country.clone());
                }
                Self::new(row, in_force, today)
            })
            .collect()
    }
}

/// The national lists that you have brought, newest day first.
#[utoipa::path(operation_id = "list_national_lists", tag = "Calls", security(("bearer" = ["contact.read"])),
    responses((status = 200, body = List<NationalListView>)))]
#[get("/do_not_call/national")]
pub async fn list(
    allow: Allow<ContactRead>,
    app: web::Data<App>,
) -> ApiResult<web::Json<List<NationalListView>>> {
    let (lists, today) = app.policies.national_lists(&allow.who).await?;
    Ok(web::Json(List::whole(NationalListView::all(lists, today))))
}

/// Bring a national list, whole or in parts. Its numbers are not rung; where your outbound policy asks for a list, one
/// that is older than 31 days counts as none.
#[utoipa::path(operation_id = "import_national_list", tag = "Calls", request_body = NationalListRequest,
    security(("bearer" = ["contact.write"])), responses((status = 200, body = NationalListReportView)))]
#[post("/do_not_call/national")]
pub async fn import(
    allow: Allow<ContactWrite>,
    app: web::Data<App>,
    body: Body<NationalListRequest>,
) -> ApiResult<web::Json<NationalListReportView>> {
    let NationalListRequest {
        country,
        as_of,
        numbers,
        more,
    } = body.0;
    let input = NationalImport {
        country,
        as_of,
        numbers,
        more,
    };
    let report = app.policies.import_national(&allow.who, input).await?;
    let (lists, today) = app.policies.national_lists(&allow.who).await?;
    let id = report.list.id;
    let view = NationalListView::all(lists, today)
        .into_iter()
        .find(|view| view.id == id)
        .unwrap_or_else(|| NationalListView::new(report.list, false, today));
    Ok(web::Json(NationalListReportView {
        list: view,
        accepted: report.accepted,
        refused: report.refused,
        refusals: report
            .refusals
            .into_iter()
            .map(|line| RefusedNumberView {
                line: line.line,
                code: line.code.to_owned(),
                detail: line.detail,
            })
            .collect(),
    }))
}

/// Take a national list out of force; the one before it is gone already.
#[utoipa::path(operation_id = "remove_national_list", tag = "Calls", params(("id" = NationalListId, Path)),
    security(("bearer" = ["contact.write"])), responses((status = 204)))]
#[delete("/do_not_call/national/{id}")]
pub async fn remove(
    allow: Allow<ContactWrite>,
    app: web::Data<App>,
    id: web::Path<NationalListId>,
) -> ApiResult<HttpResponse> {
    app.policies.remove_national(&allow.who, *id).await?;
    Ok(HttpResponse::NoContent().finish())
}
