//! Numbers that are not to be rung.

use actix_web::{HttpResponse, delete, get, post, web};
use chrono::{DateTime, Utc};
use phony_app::App;
use phony_app::outbound_policy::DoNotCall;
use phony_kernel::DoNotCallId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::List;
use crate::auth::{Allow, CallCreate, CallRead};
use crate::extract::{Body, Query};
use crate::problem::ApiResult;

/// Which numbers.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DoNotCallParams {
    /// Numbers on a page.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// Only this number, in any common way of writing.
    pub e164: Option<String>,
}

/// A number that is not to be rung.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DoNotCallRequest {
    /// The number, in any common way of writing.
    #[schema(example = "+14155550134")]
    pub e164: String,
    /// Why.
    #[serde(default)]
    #[schema(max_length = 300)]
    pub reason: Option<String>,
}

/// A number that is not to be rung.
#[derive(Debug, Serialize, ToSchema)]
pub struct DoNotCallView {
    /// Its id in the list.
    pub id: DoNotCallId,
    /// First and last digits of the number; the number itself is not kept.
    #[schema(example = "+1415•••••34")]
    pub masked: String,
    /// Why.
    pub reason: String,
    /// Since when.
    pub added_at: DateTime<Utc>,
}

impl From<DoNotCall> for DoNotCallView {
    fn from(number: DoNotCall) -> Self {
        Self {
            id: number.id,
            masked: number.masked,
            reason: number.reason,
            added_at: number.added_at,
        }
    }
}

/// The numbers that are not to be rung, newest first.
#[utoipa::path(operation_id = "list_do_not_call", tag = "Calls", params(DoNotCallParams),
    security(("bearer" = ["call.read"])), responses((status = 200, body = List<DoNotCallView>)))]
#[get("/do_not_call")]
pub async fn list(
    allow: Allow<CallRead>,
    app: web::Data<App>,
    params: Query<DoNotCallParams>,
) -> ApiResult<web::Json<List<DoNotCallView>>> {
    let params = params.0;
    let page = app
        .policies
        .do_not_call(
            &allow.who,
            params.e164.as_deref(),
            params.limit,
            params.cursor.as_deref(),
        )
        .await?;
    Ok(web::Json(List::from_page(page)))
}

/// Put a number on the list. It acts before the next dial, also of calls that wait.
#[utoipa::path(operation_id = "add_do_not_call", tag = "Calls", request_body = DoNotCallRequest,
    security(("bearer" = ["call.create"])), responses((status = 201, body = DoNotCallView)))]
#[post("/do_not_call")]
pub async fn add(
    allow: Allow<CallCreate>,
    app: web::Data<App>,
    body: Body<DoNotCallRequest>,
) -> ApiResult<HttpResponse> {
    let DoNotCallRequest { e164, reason } = body.0;
    let number = app
        .policies
        .add_do_not_call(&allow.who, &e164, reason.as_deref())
        .await?;
    Ok(HttpResponse::Created().json(DoNotCallView::from(number)))
}

/// Take a number off the list.
#[utoipa::path(operation_id = "remove_do_not_call", tag = "Calls", params(("id" = DoNotCallId, Path)),
    security(("bearer" = ["call.create"])), responses((status = 204)))]
#[delete("/do_not_call/{id}")]
pub async fn remove(
    allow: Allow<CallCreate>,
    app: web::Data<App>,
    id: web::Path<DoNotCallId>,
) -> ApiResult<HttpResponse> {
    app.policies.remove_do_not_call(&allow.who, *id).await?;
    Ok(HttpResponse::NoContent().finish())
}
