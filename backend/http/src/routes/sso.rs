//! Single sign-on: how a company sets it up, and the way of a browser to the provider and back.

use actix_web::cookie::{Cookie, SameSite, time::Duration};
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, delete, get, post, put, web};
use phony_app::App;
use phony_app::sso::{Arrival, LinkedIdentity, PutSso, SignInAt, SsoConnection, Start, Started};
use phony_kernel::{Error, IdentityId, Kind, TenantId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::List;
use super::auth::{device, session_cookie};
use crate::auth::{Allow, Anybody, SsoRead, SsoWrite};
use crate::extract::{Body, Query};
use crate::problem::ApiResult;

/// Page of the web application that says why a sign-in came to nothing.
const PAGE: &str = "/dashboard/sso";

/// How single sign-on is to be set up.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PutSsoRequest {
    /// The provider, as it calls itself: its description is at `/.well-known/openid-configuration` below it.
    #[schema(max_length = 500, example = "https://login.example.com/realms/acme")]
    pub issuer: String,
    /// What it calls this installation.
    #[schema(min_length = 1, max_length = 255, example = "phony")]
    pub client_id: String,
    /// The secret that goes with it; the one there is stays when absent, unless provider or client change.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 1000, format = Password)]
    pub client_secret: Option<String>,
    /// Domains whose people the company vouches for, once their DNS says so.
    #[serde(default)]
    #[schema(max_items = 20, example = json!(["example.com"]))]
    pub domains: Vec<String>,
    /// Whether passwords are refused. Somebody must have come in by it first.
    #[serde(default)]
    pub enforced: bool,
}

/// Who wants to sign in; an address or a company.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StartParams {
    /// Their e-mail address; its domain says which provider.
    pub email: Option<String>,
    /// Their company, if its domain is not shown yet.
    pub tenant_id: Option<TenantId>,
    /// Page to come back to, a path of ours.
    pub return_to: Option<String>,
    /// Whether they must prove anew who they are: what a step-up is for those without a password.
    pub fresh: Option<bool>,
}

/// What the provider sends back.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CallbackParams {
    /// To be exchanged.
    pub code: Option<String>,
    /// What was sent.
    pub state: Option<String>,
    /// What went wrong there.
    pub error: Option<String>,
    /// Who sends it.
    pub iss: Option<String>,
}

/// Where to come back to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkRequest {
    /// Page to come back to, a path of ours.
    #[serde(default)]
    #[schema(max_length = 500, example = "/settings/security")]
    pub return_to: Option<String>,
}

/// Where to send the browser.
#[derive(Debug, Serialize, ToSchema)]
pub struct LinkView {
    /// Address at the provider.
    pub url: String,
}

/// How single sign-on is set up.
#[utoipa::path(operation_id = "get_sso_connection", tag = "Single sign-on", security(("bearer" = ["sso.read"])),
    responses((status = 200, body = SsoConnection)))]
#[get("/sso_connection")]
pub async fn get(allow: Allow<SsoRead>, app: web::Data<App>) -> ApiResult<web::Json<SsoConnection>> {
    Ok(web::Json(app.sso.get(&allow.who).await?))
}

/// Set single sign-on up, or change how it is.
#[utoipa::path(operation_id = "put_sso_connection", tag = "Single sign-on", request_body = PutSsoRequest,
    security(("bearer" = ["sso.write"])), responses((status = 200, body = SsoConnection)))]
#[put("/sso_connection")]
pub async fn put(
    allow: Allow<SsoWrite>,
    app: web::Data<App>,
    body: Body<PutSsoRequest>,
) -> ApiResult<web::Json<SsoConnection>> {
    let PutSsoRequest {
        issuer,
        client_id,
        client_secret,
        domains,
        enforced,
    } = body.0;
    let put = PutSso {
        issuer,
        client_id,
        client_secret: client_secret.map(Into::into),
        domains,
        enforced,
    };
    Ok(web::Json(app.sso.put(&allow.who, put).await?))
}

/// Take single sign-on away.
#[utoipa::path(operation_id = "delete_sso_connection", tag = "Single sign-on", security(("bearer" = ["sso.write"])),
    responses((status = 204)))]
#[delete("/sso_connection")]
pub async fn remove(allow: Allow<SsoWrite>, app: web::Data<App>) -> ApiResult<HttpResponse> {
    app.sso.delete(&allow.who).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Look in DNS for the proofs that the domains are the company's.
#[utoipa::path(operation_id = "verify_sso_domains", tag = "Single sign-on", security(("bearer" = ["sso.write"])),
    responses((status = 200, body = SsoConnection)))]
#[post("/sso_connection/verify_domains")]
pub async fn verify_domains(
    allow: Allow<SsoWrite>,
    app: web::Data<App>,
) -> ApiResult<web::Json<SsoConnection>> {
    Ok(web::Json(app.sso.verify_domains(&allow.who).await?))
}

/// Send the browser to its provider. Where there is none, it is sent to a page of ours that says so.
#[utoipa::path(operation_id = "start_sso", tag = "Single sign-on", params(StartParams), responses((status = 303)))]
#[get("/auth/sso/start")]
pub async fn start(
    app: web::Data<App>,
    request: HttpRequest,
    params: Query<StartParams>,
) -> ApiResult<HttpResponse> {
    let StartParams {
        email,
        tenant_id,
        return_to,
        fresh,
    } = params.0;
    let at = match (email, tenant_id) {
        (_, Some(tenant)) => SignInAt::Tenant(tenant),
        (Some(email), None) => SignInAt::Email(email),
        (None, None) => {
            return Err(Error::invalid_field("email", "required", "must be there, or tenant_id").into());
        }
    };
    let start = Start {
        at,
        return_to,
        fresh: fresh.unwrap_or(false),
    };
    // A page of somebody else's must not put people into an account of its choice.
    let begun_by = request.headers().get("sec-fetch-site");
    if begun_by.is_some_and(|site| site != "same-origin" && site != "none") {
        return Ok(failed(&app, &phony_app::sso::expired()));
    }
    Ok(match app.sso.start(&start).await {
        Ok(started) => {
            let cookie = attempt_cookie(&app, &started);
            away(&started.url, &[cookie])
        }
        Err(error) if error.kind() == Kind::Invalid => return Err(error.into()),
        Err(error) => failed(&app, &error),
    })
}

/// Take the browser in that comes back from its provider.
#[utoipa::path(operation_id = "finish_sso", tag = "Single sign-on",
    params(("tenant_id" = TenantId, Path, description = "Whose provider it is"), CallbackParams),
    responses((status = 303)))]
#[get("/auth/sso/callback/{tenant_id}")]
pub async fn callback(
    app: web::Data<App>,
    request: HttpRequest,
    at: web::Path<TenantId>,
    params: Query<CallbackParams>,
) -> ApiResult<HttpResponse> {
    let CallbackParams {
        code,
        state,
        error,
        iss,
    } = params.0;
    let arrival = Arrival {
        code,
        state,
        error,
        iss,
    };
    let cookie = request.cookie(cookie_name(&app));
    let cookie = cookie.map_or_else(String::new, |cookie| cookie.value().to_owned());
    Ok(
        match app
            .sso
            .finish(&cookie, *at, &arrival, &device(&app, &request))
            .await
        {
            Ok((session, return_to)) => {
                let mut cookies = vec![no_attempt(&app)];
                if let Some(token) = session.and_then(|session| session.refresh_token) {
                    cookies.push(session_cookie(&app, token));
                }
                away(&return_to, &cookies)
            }
            Err(error) => failed(&app, &error),
        },
    )
}

/// Link who you are at the company's provider to yourself. The answer says where to send the browser.
#[utoipa::path(operation_id = "link_sso", tag = "Single sign-on", request_body = LinkRequest,
    security(("bearer" = [])), responses((status = 200, body = LinkView)))]
#[post("/auth/sso/link")]
pub async fn link(who: Anybody, app: web::Data<App>, body: Body<LinkRequest>) -> ApiResult<HttpResponse> {
    let started = app.sso.start_link(&who.0, body.0.return_to.as_deref()).await?;
    let cookie = attempt_cookie(&app, &started);
    Ok(HttpResponse::Ok()
        .cookie(cookie)
        .json(LinkView { url: started.url }))
}

/// Who you are at providers of identities, the earliest first.
#[utoipa::path(operation_id = "list_identities", tag = "Single sign-on", security(("bearer" = [])),
    responses((status = 200, body = List<LinkedIdentity>)))]
#[get("/identities")]
pub async fn identities(who: Anybody, app: web::Data<App>) -> ApiResult<web::Json<List<LinkedIdentity>>> {
    Ok(web::Json(List::whole(app.sso.list_identities(&who.0).await?)))
}

/// Give up who you are at a provider. Your other sessions that were begun there end within five seconds.
#[utoipa::path(operation_id = "unlink_identity", tag = "Single sign-on", params(("id" = IdentityId, Path)),
    security(("bearer" = [])), responses((status = 204)))]
#[delete("/identities/{id}")]
pub async fn unlink(who: Anybody, app: web::Data<App>, id: web::Path<IdentityId>) -> ApiResult<HttpResponse> {
    app.sso.unlink(&who.0, *id).await?;
    Ok(HttpResponse::NoContent().finish())
}

fn cookie_name(app: &App) -> &'static str {
    if is_secure(app) {
        "__Host-phony_sso"
    } else {
        "phony_sso"
    }
}

fn is_secure(app: &App) -> bool {
    app.public_url.scheme() == "https"
}

/// Comes along when the provider sends the browser back, which is another site's doing: `Lax`.
fn attempt_cookie(app: &App, started: &Started) -> Cookie<'static> {
    Cookie::build(cookie_name(app), started.cookie.clone())
        .path("/")
        .http_only(true)
        .secure(is_secure(app))
        .same_site(SameSite::Lax)
        .max_age(Duration::seconds(started.expires_in_seconds))
        .finish()
}

fn no_attempt(app: &App) -> Cookie<'static> {
    Cookie::build(cookie_name(app), "")
        .path("/")
        .http_only(true)
        .secure(is_secure(app))
        .same_site(SameSite::Lax)
        .max_age(Duration::ZERO)
        .finish()
}

fn away(to: &str, cookies: &[Cookie<'static>]) -> HttpResponse {
    let mut response = HttpResponse::SeeOther();
    response
        .insert_header((header::LOCATION, to))
        .insert_header((header::CACHE_CONTROL, "no-store"));
    for cookie in cookies {
        response.cookie(cookie.clone());
    }
    response.finish()
}

/// A person sits before the browser: they are told on a page of ours, by the stable code.
fn failed(app: &App, error: &Error) -> HttpResponse {
    if error.kind() == Kind::Internal {
        tracing::error!(error = ?error, "a single sign-on failed");
    } else {
        tracing::info!(
            code = error.code(),
            "a single sign-on came to nothing: {}",
            error.code()
        );
    }
    away(&format!("{PAGE}?error={}", error.code()), &[no_attempt(app)])
}
