//! The second factor of the person who asks.

use actix_web::{HttpResponse, post, web};
use phony_app::App;
use phony_app::identity::{RecoveryCodes, TotpEnrolment};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::auth::Anybody;
use crate::extract::Body;
use crate::problem::ApiResult;

/// A code of your authenticator.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TotpCodeRequest {
    /// Six digits; to turn the second factor off, a recovery code as well.
    #[schema(min_length = 6, max_length = 40, example = "287082")]
    pub code: String,
}

/// Begin a second factor: gives the secret for an authenticator. It counts once it is confirmed by a code.
#[utoipa::path(operation_id = "enrol_totp", tag = "Identity", security(("bearer" = [])),
    responses((status = 200, body = TotpEnrolment)))]
#[post("/auth/totp/enrol")]
pub async fn enrol(who: Anybody, app: web::Data<App>) -> ApiResult<web::Json<TotpEnrolment>> {
    Ok(web::Json(app.identity.totp_enrol(&who.0).await?))
}

/// Turn the second factor on. The answer is the only place that shows the recovery codes.
#[utoipa::path(operation_id = "confirm_totp", tag = "Identity", request_body = TotpCodeRequest,
    security(("bearer" = [])), responses((status = 200, body = RecoveryCodes)))]
#[post("/auth/totp/confirm")]
pub async fn confirm(
    who: Anybody,
    app: web::Data<App>,
    body: Body<TotpCodeRequest>,
) -> ApiResult<web::Json<RecoveryCodes>> {
    Ok(web::Json(app.identity.totp_confirm(&who.0, &body.0.code).await?))
}

/// Make ten recovery codes in place of those there are. The answer is the only place that shows them.
#[utoipa::path(operation_id = "renew_recovery_codes", tag = "Identity", security(("bearer" = [])),
    responses((status = 200, body = RecoveryCodes)))]
#[post("/auth/totp/recovery_codes")]
pub async fn renew(who: Anybody, app: web::Data<App>) -> ApiResult<web::Json<RecoveryCodes>> {
    Ok(web::Json(app.identity.renew_recovery_codes(&who.0).await?))
}

/// Turn the second factor off, by a code of it or a recovery code.
#[utoipa::path(operation_id = "disable_totp", tag = "Identity", request_body = TotpCodeRequest,
    security(("bearer" = [])), responses((status = 204)))]
#[post("/auth/totp/disable")]
pub async fn disable(
    who: Anybody,
    app: web::Data<App>,
    body: Body<TotpCodeRequest>,
) -> ApiResult<HttpResponse> {
    app.identity.totp_disable(&who.0, &body.0.code).await?;
    Ok(HttpResponse::NoContent().finish())
}
