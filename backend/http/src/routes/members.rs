//! Members of the company.

use actix_web::{HttpResponse, delete, get, patch, post, web};
use phony_app::App;
use phony_app::identity::{Member, RoleInfo};
use phony_kernel::{Role, UserId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{List, PageParams};
use crate::auth::{Allow, Anybody, MemberRead, MemberRemove, MemberRole};
use crate::extract::{Body, Query};
use crate::problem::ApiResult;

/// What to change of a member.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateMemberRequest {
    /// What they will be.
    pub role: Role,
}

/// What each role may do in the company.
#[utoipa::path(operation_id = "list_roles", tag = "People", security(("bearer" = ["member.read"])),
    responses((status = 200, body = List<RoleInfo>)))]
#[get("/roles")]
pub async fn roles(allow: Allow<MemberRead>, app: web::Data<App>) -> web::Json<List<RoleInfo>> {
    web::Json(List::whole(app.identity.roles(&allow.who)))
}

/// Members of the company, those who have been there longest first.
#[utoipa::path(operation_id = "list_members", tag = "People", params(PageParams),
    security(("bearer" = ["member.read"])), responses((status = 200, body = List<Member>)))]
#[get("/members")]
pub async fn list(
    allow: Allow<MemberRead>,
    app: web::Data<App>,
    page: Query<PageParams>,
) -> ApiResult<web::Json<List<Member>>> {
    let page = app
        .identity
        .list_members(&allow.who, page.0.limit, page.0.cursor.as_deref())
        .await?;
    Ok(web::Json(List::from_page(page)))
}

/// Change what a member is; it acts within five seconds.
#[utoipa::path(operation_id = "update_member", tag = "People", request_body = UpdateMemberRequest,
    params(("id" = UserId, Path)), security(("bearer" = ["member.role"])), responses((status = 200, body = Member)))]
#[patch("/members/{id}")]
pub async fn update(
    allow: Allow<MemberRole>,
    app: web::Data<App>,
    id: web::Path<UserId>,
    body: Body<UpdateMemberRequest>,
) -> ApiResult<web::Json<Member>> {
    let member = app.identity.change_role(&allow.who, *id, body.0.role).await?;
    Ok(web::Json(member))
}

/// Take a member out of the company; they are signed out of it within five seconds. Their API keys stay.
#[utoipa::path(operation_id = "remove_member", tag = "People", params(("id" = UserId, Path)),
    security(("bearer" = ["member.remove"])), responses((status = 204)))]
#[delete("/members/{id}")]
pub async fn remove(
    allow: Allow<MemberRemove>,
    app: web::Data<App>,
    id: web::Path<UserId>,
) -> ApiResult<HttpResponse> {
    app.identity.remove_member(&allow.who, *id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Leave the company. Its last admin cannot.
#[utoipa::path(operation_id = "leave_tenant", tag = "People", security(("bearer" = [])), responses((status = 204)))]
#[post("/members/leave")]
pub async fn leave(who: Anybody, app: web::Data<App>) -> ApiResult<HttpResponse> {
    app.identity.leave(&who.0).await?;
    Ok(HttpResponse::NoContent().finish())
}
