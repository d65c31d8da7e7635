//! What is done by a link that was mailed: confirming an address, choosing a new password.

use actix_web::{HttpRequest, HttpResponse, post, web};
use phony_app::App;
use phony_app::identity::EmailVerified;
use serde::Deserialize;
use utoipa::ToSchema;

use super::auth::device;
use crate::auth::Anybody;
use crate::extract::Body;
use crate::problem::ApiResult;

/// The link that was mailed to confirm an address.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifyEmailRequest {
    /// What stands behind `#token=` in the link.
    pub token: String,
}

/// Whose password is forgotten.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ForgotPasswordRequest {
    /// Your e-mail address.
    #[schema(max_length = 254, example = "ana@example.com")]
    pub email: String,
}

/// A new password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResetPasswordRequest {
    /// What stands behind `#token=` in the link.
    pub token: String,
    /// 12 to 128 characters.
    #[schema(min_length = 12, max_length = 128, format = Password)]
    pub password: String,
}

/// Confirm your e-mail address with the link that was mailed to it. If you had confirmed it before for another account,
/// the company comes to that one.
#[utoipa::path(tag = "Identity", request_body = VerifyEmailRequest, responses((status = 200, body = EmailVerified)))]
#[post("/auth/verify_email")]
pub async fn verify_email(
    app: web::Data<App>,
    body: Body<VerifyEmailRequest>,
) -> ApiResult<web::Json<EmailVerified>> {
    Ok(web::Json(app.identity.verify_email(&body.0.token).await?))
}

/// Have the link to confirm your address mailed again; the one before is worth nothing then.
#[utoipa::path(tag = "Identity", security(("bearer" = [])), responses((status = 204)))]
#[post("/auth/verify_email/resend")]
pub async fn resend_verification(who: Anybody, app: web::Data<App>) -> ApiResult<HttpResponse> {
    app.identity.resend_verification(&who.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Have a link mailed by which you choose a new password. The answer is the same whether the address is known.
#[utoipa::path(tag = "Identity", request_body = ForgotPasswordRequest, responses((status = 204)))]
#[post("/auth/password/forgot")]
pub async fn forgot_password(
    app: web::Data<App>,
    request: HttpRequest,
    body: Body<ForgotPasswordRequest>,
) -> ApiResult<HttpResponse> {
    let from = device(&app, &request);
    app.identity.forgot_password(&body.0.email, from).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Choose a new password with the link that was mailed. It ends all your sessions; sign in with it.
#[utoipa::path(tag = "Identity", request_body = ResetPasswordRequest, responses((status = 204)))]
#[post("/auth/password/reset")]
pub async fn reset_password(
    app: web::Data<App>,
    body: Body<ResetPasswordRequest>,
) -> ApiResult<HttpResponse> {
    let ResetPasswordRequest { token, password } = body.0;
    app.identity.reset_password(&token, &password.into()).await?;
    Ok(HttpResponse::NoContent().finish())
}
