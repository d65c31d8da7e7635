//! Plans and what they limit.

use actix_web::{get, put, web};
use phony_app::App;
use phony_app::plans::{ConcurrencyInfo, PlanChange, PlanInfo};
use phony_kernel::Plan;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::List;
use crate::auth::{Allow, Anybody, CallRead, PlanChange as ChangePlan, PlanRead};
use crate::extract::{Body, Query};
use crate::problem::ApiResult;

/// The plan to change to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanRequest {
    /// Which.
    pub plan: Plan,
}

/// The plan to look at.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PlanParams {
    /// Which.
    pub plan: Plan,
}

/// Every plan with its limits and its fee, smallest first.
#[utoipa::path(operation_id = "list_plans", tag = "Billing", security(("bearer" = [])),
    responses((status = 200, body = List<PlanInfo>)))]
#[get("/plans")]
pub async fn list(who: Anybody, app: web::Data<App>) -> ApiResult<web::Json<List<PlanInfo>>> {
    Ok(web::Json(List::whole(app.plans.list(&who.0).await?)))
}

/// What another plan would change, and what the company has that exceeds it. Nothing is changed.
#[utoipa::path(operation_id = "preview_plan", tag = "Billing", params(PlanParams),
    security(("bearer" = ["plan.read"])), responses((status = 200, body = PlanChange)))]
#[get("/tenant/plan/preview")]
pub async fn preview(
    allow: Allow<PlanRead>,
    app: web::Data<App>,
    query: Query<PlanParams>,
) -> ApiResult<web::Json<PlanChange>> {
    Ok(web::Json(app.plans.preview(&allow.who, query.0.plan).await?))
}

/// Change the company's plan. What exceeds the new one stays as it is, and no more of it can be added.
#[utoipa::path(operation_id = "change_plan", tag = "Billing", request_body = PlanRequest,
    security(("bearer" = ["plan.change"])), responses((status = 200, body = PlanChange)))]
#[put("/tenant/plan")]
pub async fn change(
    allow: Allow<ChangePlan>,
    app: web::Data<App>,
    body: Body<PlanRequest>,
) -> ApiResult<web::Json<PlanChange>> {
    let change = app.plans.change(&allow.who, body.0.plan).await?;
    // Whoever changes to a larger plan wants to use it now.
    app.identity.forget_standings();
    Ok(web::Json(change))
}

/// How many calls go on, and how many the plan allows.
#[utoipa::path(operation_id = "get_concurrency", tag = "Calls", security(("bearer" = ["call.read"])),
    responses((status = 200, body = ConcurrencyInfo)))]
#[get("/tenant/concurrency")]
pub async fn concurrency(
    allow: Allow<CallRead>,
    app: web::Data<App>,
) -> ApiResult<web::Json<ConcurrencyInfo>> {
    Ok(web::Json(app.plans.concurrency(&allow.who).await?))
}
