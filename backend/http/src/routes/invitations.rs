//! Invitations to the company, and accepting one.

use actix_web::{HttpRequest, HttpResponse, delete, get, post, web};
use phony_app::App;
use phony_app::identity::{AcceptInvitation, Invitation, InvitationPreview, Invite, Session};
use phony_kernel::{InvitationId, Role};
use serde::Deserialize;
use utoipa::ToSchema;

use super::auth::{answer, device};
use super::{List, PageParams};
use crate::auth::{Allow, MemberInvite, MemberRead, Perhaps};
use crate::extract::{Body, Query};
use crate::problem::ApiResult;

/// Somebody to be invited.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InviteRequest {
    /// Their e-mail address; the invitation is good for it alone.
    #[schema(max_length = 254, example = "ben@example.com")]
    pub email: String,
    /// What they will be.
    pub role: Role,
}

/// The link of an invitation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LookAtInvitationRequest {
    /// What stands behind `#token=` in the link.
    pub token: String,
}

/// Accepting an invitation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptInvitationRequest {
    /// What stands behind `#token=` in the link.
    pub token: String,
    /// Your name, if you have no account yet.
    #[schema(min_length = 1, max_length = 100, example = "Ben Berg")]
    #[serde(default)]
    pub name: Option<String>,
    /// A new password of 12 to 128 characters, or that of your account; not needed when you are signed in.
    #[schema(min_length = 12, max_length = 128, format = Password)]
    #[serde(default)]
    pub password: Option<String>,
    /// A code of your authenticator, or a recovery code, if your account asks for one.
    #[schema(example = "123456")]
    #[serde(default)]
    pub totp: Option<String>,
}

/// Invitations that nobody has accepted yet.
#[utoipa::path(operation_id = "list_invitations", tag = "People", params(PageParams),
    security(("bearer" = ["member.read"])), responses((status = 200, body = List<Invitation>)))]
#[get("/invitations")]
pub async fn list(
    allow: Allow<MemberRead>,
    app: web::Data<App>,
    page: Query<PageParams>,
) -> ApiResult<web::Json<List<Invitation>>> {
    let page = app
        .identity
        .list_invitations(&allow.who, page.0.limit, page.0.cursor.as_deref())
        .await?;
    Ok(web::Json(List::from_page(page)))
}

/// Invite somebody by mail; the link is good for seven days.
#[utoipa::path(operation_id = "create_invitation", tag = "People", request_body = InviteRequest,
    security(("bearer" = ["member.invite"])), responses((status = 201, body = Invitation)))]
#[post("/invitations")]
pub async fn create(
    allow: Allow<MemberInvite>,
    app: web::Data<App>,
    body: Body<InviteRequest>,
) -> ApiResult<HttpResponse> {
    let InviteRequest { email, role } = body.0;
    let made = app.identity.invite(&allow.who, &Invite { email, role }).await?;
    Ok(HttpResponse::Created().json(made))
}

/// Mail an invitation again, with a new link for another seven days; the link before is worth nothing then.
#[utoipa::path(operation_id = "resend_invitation", tag = "People", params(("id" = InvitationId, Path)),
    security(("bearer" = ["member.invite"])), responses((status = 200, body = Invitation)))]
#[post("/invitations/{id}/resend")]
pub async fn resend(
    allow: Allow<MemberInvite>,
    app: web::Data<App>,
    id: web::Path<InvitationId>,
) -> ApiResult<web::Json<Invitation>> {
    Ok(web::Json(app.identity.resend_invitation(&allow.who, *id).await?))
}

/// Take an invitation back.
#[utoipa::path(operation_id = "withdraw_invitation", tag = "People", params(("id" = InvitationId, Path)),
    security(("bearer" = ["member.invite"])), responses((status = 204)))]
#[delete("/invitations/{id}")]
pub async fn withdraw(
    allow: Allow<MemberInvite>,
    app: web::Data<App>,
    id: web::Path<InvitationId>,
) -> ApiResult<HttpResponse> {
    app.identity.withdraw_invitation(&allow.who, *id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// See what is behind the link of an invitation.
#[utoipa::path(operation_id = "look_at_invitation", tag = "People", request_body = LookAtInvitationRequest,
    responses((status = 200, body = InvitationPreview)))]
#[post("/invitations/preview")]
pub async fn preview(
    app: web::Data<App>,
    body: Body<LookAtInvitationRequest>,
) -> ApiResult<web::Json<InvitationPreview>> {
    Ok(web::Json(app.identity.look_at_invitation(&body.0.token).await?))
}

/// Accept an invitation: as somebody new, with the password of your account, or as who is signed in.
#[utoipa::path(operation_id = "accept_invitation", tag = "People", request_body = AcceptInvitationRequest,
    responses((status = 200, body = Session)))]
#[post("/invitations/accept")]
pub async fn accept(
    who: Perhaps,
    app: web::Data<App>,
    request: HttpRequest,
    body: Body<AcceptInvitationRequest>,
) -> ApiResult<HttpResponse> {
    let AcceptInvitationRequest {
        token,
        name,
        password,
        totp,
    } = body.0;
    let input = AcceptInvitation {
        token,
        name,
        password: password.map(Into::into),
        totp,
    };
    let from = device(&app, &request);
    let session = app
        .identity
        .accept_invitation(input, who.0.as_ref(), from)
        .await?;
    Ok(answer(&app, HttpResponse::Ok(), session))
}
