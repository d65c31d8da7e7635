//! Sign-up, sign-in and what follows from it.

use actix_web::cookie::{Cookie, SameSite, time::Duration};
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, post, web};
use phony_app::App;
use phony_app::identity::{ChangePassword, Device, LogIn, Session, SignUp};
use phony_kernel::{Error, Kind, TenantId};
use serde::Deserialize;
use url::Url;
use utoipa::ToSchema;

use crate::auth::Anybody;
use crate::client_address;
use crate::extract::{Body, is_json};
use crate::problem::{ApiError, ApiResult};

/// Name of the refresh cookie where the public address is https.
const SECURE_COOKIE: &str = "__Host-phony_rt";
/// Its name on a plain loopback address, where browsers refuse the `__Host-` form.
const PLAIN_COOKIE: &str = "phony_rt";

/// A new company and its first admin.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignUpRequest {
    /// The company's name.
    #[schema(min_length = 1, max_length = 100, example = "Acme Dental")]
    pub company: String,
    /// Your name.
    #[schema(min_length = 1, max_length = 100, example = "Ana Ortiz")]
    pub name: String,
    /// Your e-mail address.
    #[schema(max_length = 254, example = "ana@example.com")]
    pub email: String,
    /// 12 to 128 characters.
    #[schema(min_length = 12, max_length = 128, format = Password)]
    pub password: String,
    /// IANA time zone of the company; UTC when absent.
    #[schema(max_length = 64, example = "America/Los_Angeles")]
    #[serde(default)]
    pub time_zone: Option<String>,
}

/// Address and password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LogInRequest {
    /// Your e-mail address.
    pub email: String,
    /// Your password.
    #[schema(format = Password)]
    pub password: String,
    /// A code of your authenticator, or a recovery code, if your account asks for one.
    #[schema(example = "123456")]
    #[serde(default)]
    pub totp: Option<String>,
    /// Which company, if you belong to several.
    #[serde(default)]
    pub tenant_id: Option<TenantId>,
}

/// Your password once more.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StepUpRequest {
    /// Your password.
    #[schema(format = Password)]
    pub password: String,
    /// A code of your authenticator, or a recovery code, if your account asks for one.
    #[schema(example = "123456")]
    #[serde(default)]
    pub totp: Option<String>,
}

/// The password you have and the one you want.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePasswordRequest {
    /// The password you have.
    #[schema(format = Password)]
    pub current_password: String,
    /// The one you want, 12 to 128 characters.
    #[schema(min_length = 12, max_length = 128, format = Password)]
    pub password: String,
    /// A code of your authenticator, or a recovery code, if your account asks for one.
    #[schema(example = "123456")]
    #[serde(default)]
    pub totp: Option<String>,
}

/// Sign up: makes the company, its first admin and its preset personalities.
#[utoipa::path(tag = "Identity", request_body = SignUpRequest,
    responses((status = 201, body = Session)))]
#[post("/auth/signup")]
pub async fn sign_up(
    app: web::Data<App>,
    request: HttpRequest,
    body: Body<SignUpRequest>,
) -> ApiResult<HttpResponse> {
    let SignUpRequest {
        company,
        name,
        email,
        password,
        time_zone,
    } = body.0;
    let sign_up = SignUp {
        company,
        name,
        email,
        password: password.into(),
        time_zone,
    };
    let session = app.identity.sign_up(sign_up, device(&app, &request)).await?;
    Ok(answer(&app, HttpResponse::Created(), session))
}

/// Sign in.
#[utoipa::path(tag = "Identity", request_body = LogInRequest, responses((status = 200, body = Session)))]
#[post("/auth/login")]
pub async fn log_in(
    app: web::Data<App>,
    request: HttpRequest,
    body: Body<LogInRequest>,
) -> ApiResult<HttpResponse> {
    let LogInRequest {
        email,
        password,
        totp,
        tenant_id,
    } = body.0;
    let log_in = LogIn {
        email,
        password: password.into(),
        totp,
        tenant_id,
    };
    let session = app.identity.log_in(log_in, device(&app, &request)).await?;
    Ok(answer(&app, HttpResponse::Ok(), session))
}

/// Exchange the refresh cookie for a new access token and a new cookie.
#[utoipa::path(tag = "Identity", responses((status = 200, body = Session)))]
#[post("/auth/refresh")]
pub async fn refresh(app: web::Data<App>, request: HttpRequest) -> ApiResult<HttpResponse> {
    same_origin(&app, &request)?;
    let token = cookie(&app, &request).ok_or_else(Error::unauthenticated)?;
    let session = app.identity.refresh(&token, device(&app, &request)).await?;
    Ok(answer(&app, HttpResponse::Ok(), session))
}

/// Sign out: the session ends everywhere.
#[utoipa::path(tag = "Identity", responses((status = 204)))]
#[post("/auth/logout")]
pub async fn log_out(app: web::Data<App>, request: HttpRequest) -> ApiResult<HttpResponse> {
    same_origin(&app, &request)?;
    if let Some(token) = cookie(&app, &request) {
        app.identity.log_out(&token).await?;
    }
    let mut gone = make_cookie(&app, String::new());
    gone.set_max_age(Duration::ZERO);
    Ok(HttpResponse::NoContent().cookie(gone).finish())
}

/// Confirm your password, for acts that need a fresh sign-in.
#[utoipa::path(tag = "Identity", request_body = StepUpRequest, security(("bearer" = [])),
    responses((status = 200, body = Session)))]
#[post("/auth/step_up")]
pub async fn step_up(
    who: Anybody,
    app: web::Data<App>,
    request: HttpRequest,
    body: Body<StepUpRequest>,
) -> ApiResult<web::Json<Session>> {
    let StepUpRequest { password, totp } = body.0;
    Ok(web::Json(
        app.identity
            .step_up(&who.0, password.into(), totp, device(&app, &request))
            .await?,
    ))
}

/// Choose another password; all your other sessions end.
#[utoipa::path(tag = "Identity", request_body = ChangePasswordRequest, security(("bearer" = [])),
    responses((status = 204)))]
#[post("/auth/password")]
pub async fn change_password(
    who: Anybody,
    app: web::Data<App>,
    request: HttpRequest,
    body: Body<ChangePasswordRequest>,
) -> ApiResult<HttpResponse> {
    let ChangePasswordRequest {
        current_password,
        password,
        totp,
    } = body.0;
    let change = ChangePassword {
        current: current_password.into(),
        new: password.into(),
        totp,
    };
    app.identity
        .change_password(&who.0, change, device(&app, &request))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The answer of a sign-in: the session, and its cookie.
pub(super) fn answer(app: &App, mut response: HttpResponseBuilder, mut session: Session) -> HttpResponse {
    if let Some(token) = session.refresh_token.take() {
        response.cookie(make_cookie(app, token));
    }
    response.json(session)
}

/// The cookie of a session that was begun elsewhere than here.
pub(super) fn session_cookie(app: &App, token: String) -> Cookie<'static> {
    make_cookie(app, token)
}

fn make_cookie(app: &App, token: String) -> Cookie<'static> {
    Cookie::build(cookie_name(&app.public_url), token)
        .path("/")
        .http_only(true)
        .secure(app.public_url.scheme() == "https")
        .same_site(SameSite::Strict)
        .max_age(Duration::days(30))
        .finish()
}

/// The one name that is taken. A neighbour under the same domain can plant the plain one, so on https that is
/// nobody's.
fn cookie_name(public_url: &Url) -> &'static str {
    if public_url.scheme() == "https" {
        SECURE_COOKIE
    } else {
        PLAIN_COOKIE
    }
}

fn cookie(app: &App, request: &HttpRequest) -> Option<String> {
    let cookie = request.cookie(cookie_name(&app.public_url))?;
    Some(cookie.value().to_owned()).filter(|value| !value.is_empty())
}

/// The two operations that a cookie alone can call must come from our own pages, and look as no form can.
fn same_origin(app: &App, request: &HttpRequest) -> ApiResult<()> {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let good = match header("sec-fetch-site") {
        Some(site) => site == "same-origin",
        None => header(header::ORIGIN.as_str())
            .is_some_and(|origin| origin == app.public_url.origin().ascii_serialization()),
    };
    if !good {
        return Err(ApiError(Error::new(
            Kind::Forbidden,
            "cross_site",
            "this may only be called by our own pages",
        )));
    }
    if !is_json(request) {
        return Err(ApiError(Error::new(
            Kind::UnsupportedMedia,
            "unsupported_media_type",
            "send the content type application/json",
        )));
    }
    Ok(())
}

/// What the request came from: the peer, or what a proxy that we trust says of it, and its own name for itself.
pub(super) fn device(app: &App, request: &HttpRequest) -> Device {
    let address = client_address::of(app, request.headers(), request.peer_addr());
    let user_agent = request.headers().get(header::USER_AGENT);
    Device {
        address: address.map_or_else(String::new, |address| address.to_string()),
        user_agent: user_agent
            .map(|name| String::from_utf8_lossy(name.as_bytes()).into_owned())
            .unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_https_only_the_protected_cookie_counts() {
        let name = |url: &str| cookie_name(&Url::parse(url).unwrap());
        assert_eq!(name("https://phony.example"), SECURE_COOKIE);
        assert_eq!(name("http://localhost:24187"), PLAIN_COOKIE);
    }
}
