//! A person's own sessions, and going over to another of their companies.

use actix_web::{HttpRequest, HttpResponse, delete, get, post, web};
use phony_app::App;
use phony_app::identity::{Session, SessionInfo};
use phony_kernel::{SessionId, TenantId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::List;
use super::auth::{answer, device};
use crate::auth::Anybody;
use crate::extract::Body;
use crate::problem::ApiResult;

/// Which company to go over to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SwitchTenantRequest {
    /// One of your companies.
    pub tenant_id: TenantId,
}

/// Your own sessions in all your companies, the one used last first.
#[utoipa::path(operation_id = "list_sessions", tag = "Identity", security(("bearer" = [])),
    responses((status = 200, body = List<SessionInfo>)))]
#[get("/sessions")]
pub async fn list(who: Anybody, app: web::Data<App>) -> ApiResult<web::Json<List<SessionInfo>>> {
    Ok(web::Json(List::whole(app.identity.list_sessions(&who.0).await?)))
}

/// End one of your sessions; it acts within five seconds.
#[utoipa::path(operation_id = "revoke_session", tag = "Identity", params(("id" = SessionId, Path)),
    security(("bearer" = [])), responses((status = 204)))]
#[delete("/sessions/{id}")]
pub async fn revoke(who: Anybody, app: web::Data<App>, id: web::Path<SessionId>) -> ApiResult<HttpResponse> {
    app.identity.revoke_session(&who.0, *id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// End all your sessions but this one; it acts within five seconds.
#[utoipa::path(operation_id = "revoke_other_sessions", tag = "Identity", security(("bearer" = [])),
    responses((status = 204)))]
#[delete("/sessions")]
pub async fn revoke_others(who: Anybody, app: web::Data<App>) -> ApiResult<HttpResponse> {
    app.identity.revoke_other_sessions(&who.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Go over to another of your companies: a session there takes the place of this one.
#[utoipa::path(operation_id = "switch_tenant", tag = "Identity", request_body = SwitchTenantRequest,
    security(("bearer" = [])), responses((status = 200, body = Session)))]
#[post("/auth/switch")]
pub async fn switch(
    who: Anybody,
    app: web::Data<App>,
    request: HttpRequest,
    body: Body<SwitchTenantRequest>,
) -> ApiResult<HttpResponse> {
    let from = device(&app, &request);
    let session = app.identity.switch_tenant(&who.0, body.0.tenant_id, from).await?;
    Ok(answer(&app, HttpResponse::Ok(), session))
}
