//! What surrounds every request: its id, its log line, the headers of every answer, and who asks.

use std::cell::RefCell;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{HttpMessage as _, HttpResponse, ResponseError, web};
use phony_app::audit::acting_from;
use phony_app::{App, Principal, Who};
use phony_kernel::{ApiKeyId, Error, Kind, Result, TenantId, UserId};
use uuid::Uuid;

use crate::problem::{self, ApiError};
use crate::{aliases, client_address, cors, fallback, limits};

/// Header that carries the request's id both ways.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Largest head of a request: line and headers.
const MAX_HEAD_BYTES: usize = 16 * 1024;
/// A request that takes longer is given up.
const REQUEST_WITHIN: Duration = Duration::from_secs(15);

tokio::task_local! {
    static CURRENT_REQUEST_ID: RefCell<String>;
}

/// Id of the request that this task serves; empty outside of one.
#[must_use]
pub fn current_request_id() -> String {
    CURRENT_REQUEST_ID
        .try_with(|id| id.borrow().clone())
        .unwrap_or_default()
}

/// Who asks, as the credential of the request proved it; absent without a credential.
pub struct Identified(pub Result<Principal>);

/// Whose request it is, for its log line.
#[derive(Clone, Copy)]
struct Caller {
    tenant: TenantId,
    user: Option<UserId>,
    key: Option<ApiKeyId>,
}

/// The outermost middleware: names the request, finds out who asks, sets the headers, writes the log line.
///
/// # Errors
/// Those of the handler.
pub async fn request_context(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let started = Instant::now();
    aliases::pass_on(&mut request);
    let id = incoming_request_id(&request).unwrap_or_else(|| Uuid::now_v7().simple().to_string());
    let method = request.method().clone();
    CURRENT_REQUEST_ID
        .scope(RefCell::new(id.clone()), async move {
            let origin = cors::allowed(&request);
            let from = came_from(&request);
            let mut standing = None;
            let too_large = (head_bytes(&request) > MAX_HEAD_BYTES).then(head_too_large);
            let refused = too_large
                .or_else(|| origin.as_ref().and_then(|_| cors::preflight(&request)))
                .or_else(|| fallback::wrong_method(&request));
            let at_once = match refused {
                Some(answer) => Some(answer),
                None => {
                    identify(&mut request, from).await;
                    standing = limits::count(&request).await;
                    standing
                        .filter(|standing| !standing.allowed)
                        .map(|standing| HttpResponse::from_error(ApiError(limits::refusal(&standing))))
                }
            };
            let mut response = match at_once {
                Some(answer) => request.into_response(answer).map_into_right_body(),
                None => acting_from(from, serve(request, next, &id))
                    .await?
                    .map_into_left_body(),
            };
            log_line(&response, method.as_str(), &id, started);
            set_headers(response.headers_mut(), &id);
            if let Some(standing) = &standing {
                limits::write(response.headers_mut(), standing);
            }
            if let Some(origin) = origin {
                cors::write(response.headers_mut(), origin);
            }
            Ok(response)
        })
        .await
}

/// A request that took too long. Its request is gone with its handler, so this says all that other answers say.
#[derive(Debug)]
struct GivenUp {
    id: String,
}

impl std::fmt::Display for GivenUp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the request took too long")
    }
}

impl ResponseError for GivenUp {
    fn status_code(&self) -> StatusCode {
        StatusCode::SERVICE_UNAVAILABLE
    }

    fn error_response(&self) -> HttpResponse {
        let error = Error::new(
            Kind::Unavailable,
            "request_timeout",
            "the request took too long; what it was to do may have been done",
        )
        .retry_after(1);
        let mut answer = problem::with_status(&error, self.status_code(), self.id.clone());
        answer
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        set_headers(answer.headers_mut(), &self.id);
        answer
    }
}

/// Runs the handler for as long as a request may take. What streams its answer has answered by then.
async fn serve<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
    id: &str,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let method = request.method().clone();
    match tokio::time::timeout(REQUEST_WITHIN, next.call(request)).await {
        Ok(response) => response,
        Err(_) => {
            tracing::error!(
                http.method = method.as_str(),
                request.id = id,
                "a request took too long"
            );
            metrics::counter!("http_requests_given_up_total").increment(1);
            Err(GivenUp { id: id.to_owned() }.into())
        }
    }
}

/// The size of the request's line and headers.
fn head_bytes(request: &ServiceRequest) -> usize {
    let line = request
        .uri()
        .path_and_query()
        .map_or(0, |path| path.as_str().len());
    let headers = request.headers().iter();
    line + headers
        .map(|(name, value)| name.as_str().len() + value.len() + 4)
        .sum::<usize>()
}

fn head_too_large() -> HttpResponse {
    let error = Error::new(
        Kind::TooLarge,
        "headers_too_large",
        "the address and the headers may have at most 16 KiB",
    );
    problem::with_status(
        &error,
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        current_request_id(),
    )
}

/// A client may name its request, in a form that cannot harm a log.
fn incoming_request_id(request: &ServiceRequest) -> Option<String> {
    let text = request.headers().get(&REQUEST_ID)?.to_str().ok()?;
    let good = (8..=64).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    good.then(|| text.to_owned())
}

fn came_from(request: &ServiceRequest) -> Option<IpAddr> {
    let app = request.app_data::<web::Data<App>>()?;
    client_address::of(app, request.headers(), request.peer_addr())
}

async fn identify(request: &mut ServiceRequest, from: Option<IpAddr>) {
    let Some(credential) = credential(request).map(str::to_owned) else {
        return;
    };
    let Some(app) = request.app_data::<web::Data<App>>().cloned() else {
        return;
    };
    let principal = app.identity.authenticate_from(&credential, from).await;
    let mut extensions = request.extensions_mut();
    if let Ok(principal) = &principal {
        let (user, key) = match &principal.who {
            Who::Member { user, .. } => (Some(*user), None),
            Who::Key { id, .. } => (None, Some(*id)),
        };
        extensions.insert(Caller {
            tenant: principal.tenant,
            user,
            key,
        });
    }
    extensions.insert(Identified(principal));
}

fn credential(request: &ServiceRequest) -> Option<&str> {
    let headers = request.headers();
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let (scheme, rest) = value.to_str().ok()?.split_once(' ')?;
        return scheme.eq_ignore_ascii_case("bearer").then(|| rest.trim());
    }
    headers.get("x-api-key")?.to_str().ok()
}

fn log_line<B>(response: &ServiceResponse<B>, method: &str, id: &str, started: Instant) {
    let status = response.status().as_u16();
    let elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    // The pattern, not the path: ids stay out of the message and the cardinality stays small.
    let route = response
        .request()
        .match_pattern()
        .unwrap_or_else(|| "unmatched".to_owned());
    metrics::histogram!("http_request_seconds", "route" => route.clone(), "status" => status.to_string())
        .record(started.elapsed().as_secs_f64());
    let caller = response.request().extensions().get::<Caller>().copied();
    let tenant = caller.map(|caller| tracing::field::display(caller.tenant));
    let user = caller.and_then(|caller| caller.user).map(tracing::field::display);
    let key = caller.and_then(|caller| caller.key).map(tracing::field::display);
    let error = response
        .response()
        .error()
        .and_then(|error| error.as_error::<ApiError>());
    match error {
        Some(ApiError(error)) if status >= 500 => {
            tracing::error!(http.method = method, http.route = route, http.status = status, elapsed_ms,
                request.id = id, tenant.id = tenant, user.id = user, key.id = key, error = ?error, "{method} {route} failed");
        }
        Some(ApiError(error)) => {
            tracing::info!(
                http.method = method,
                http.route = route,
                http.status = status,
                elapsed_ms,
                request.id = id,
                tenant.id = tenant,
                user.id = user,
                key.id = key,
                error.code = error.code(),
                "{method} {route} refused"
            );
        }
        None => {
            tracing::info!(
                http.method = method,
                http.route = route,
                http.status = status,
                elapsed_ms,
                request.id = id,
                tenant.id = tenant,
                user.id = user,
                key.id = key,
                "{method} {route}"
            );
        }
    }
}

fn set_headers(headers: &mut HeaderMap, id: &str) {
    if let Ok(value) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, value);
    }
    for (name, value) in [
        (
            header::STRICT_TRANSPORT_SECURITY,
            "max-age=31536000; includeSubDomains",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("permissions-policy"),
            "microphone=(self), camera=(), geolocation=()",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        headers.insert(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(
                "default-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            ),
        );
    }
}

#[cfg(test)]
mod tests {
    use actix_web::body::to_bytes;
    use actix_web::dev::Service as _;
    use actix_web::middleware::from_fn;
    use actix_web::test::{TestRequest, init_service};
    use serde_json::Value;

    use super::*;

    async fn never() -> HttpResponse {
        std::future::pending().await
    }

    #[actix_web::test]
    async fn a_request_that_takes_too_long_is_given_up_and_told_so() {
        tokio::time::pause();
        let service = actix_web::App::new()
            .wrap(from_fn(request_context))
            .route("/slow", web::get().to(never))
            .route("/quick", web::get().to(HttpResponse::NoContent));
        let service = init_service(service).await;
        let quick = TestRequest::get().uri("/quick").to_request();
        assert_eq!(service.call(quick).await.unwrap().status(), 204);
        let began = tokio::time::Instant::now();
        let slow = TestRequest::get()
            .uri("/slow")
            .insert_header((REQUEST_ID, "request-0815"))
            .to_request();
        let given_up = service.call(slow).await.err().expect("given up");
        assert_eq!(began.elapsed().as_secs(), REQUEST_WITHIN.as_secs());
        let answer = given_up.error_response();
        assert_eq!(answer.status(), 503);
        assert_eq!(answer.headers().get(header::RETRY_AFTER).unwrap(), "1");
        assert_eq!(answer.headers().get(REQUEST_ID).unwrap(), "request-0815");
        let body = to_bytes(answer.into_body()).await.unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(
            (body["code"].as_str(), body["request_id"].as_str()),
            (Some("request_timeout"), Some("request-0815"))
        );
    }
}
