//! Idempotent operations: the stored answer of the first request is the answer of every repeat.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};

use phony_app::idempotency::Outcome;

/// Says that an answer is the one given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The answer of an idempotent operation, fresh or replayed.
#[must_use]
pub fn respond(outcome: Outcome) -> HttpResponse {
    let status = StatusCode::from_u16(outcome.status).unwrap_or(StatusCode::OK);
    let mut response = HttpResponse::build(status);
    response.insert_header((header::CONTENT_TYPE, "application/json"));
    if outcome.replayed {
        response.insert_header((REPLAYED, HeaderValue::from_static("true")));
    }
    response.body(outcome.body)
}
