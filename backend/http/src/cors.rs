//! Pages of other origins: exactly those that the operator lists, and never with cookies.

use actix_web::dev::ServiceRequest;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, web};
use phony_app::App;

use crate::aliases::{self, Guard};

/// What a page may send along.
const HEADERS: &str =
    "authorization, content-type, idempotency-key, if-match, if-none-match, x-api-key, x-request-id";
/// What a page may read of an answer.
const EXPOSED: &str =
    "etag, idempotency-replayed, location, ratelimit, ratelimit-policy, retry-after, x-request-id";
/// How long a browser remembers what it may do.
const REMEMBERED_SECONDS: &str = "600";

/// The origin of a page that may call the API from elsewhere.
pub(crate) fn allowed(request: &ServiceRequest) -> Option<HeaderValue> {
    if !is_api(request.path()) {
        return None;
    }
    let origin = request.headers().get(header::ORIGIN)?;
    let app = request.app_data::<web::Data<App>>()?;
    let listed = app
        .cors_origins
        .iter()
        .any(|ours| ours.as_bytes() == origin.as_bytes());
    listed.then(|| origin.clone())
}

/// Whether the address is one of the API, under an older name perhaps.
fn is_api(path: &str) -> bool {
    path.starts_with("/v1/")
        || aliases::stands_for(path).is_some_and(|(alias, _)| alias.guard == Guard::Credential)
}

/// The answer to a browser that asks whether a page may send a request; none when this is no such question.
pub(crate) fn preflight(request: &ServiceRequest) -> Option<HttpResponse> {
    let asks = *request.method() == Method::OPTIONS
        && request
            .headers()
            .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    asks.then(|| {
        HttpResponse::build(StatusCode::NO_CONTENT)
            .insert_header((
                header::ACCESS_CONTROL_ALLOW_METHODS,
                "GET, POST, PUT, PATCH, DELETE",
            ))
            .insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS))
            .insert_header((header::ACCESS_CONTROL_MAX_AGE, REMEMBERED_SECONDS))
            .finish()
    })
}

/// Lets the page read the answer.
pub(crate) fn write(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static(EXPOSED),
    );
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
}
