//! Idempotent operations: the stored answer of the first request is the answer of every repeat.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpResponse, HttpResponseBuilder};
use phony_app::idempotency::Outcome;
use phony_kernel::Error;
use serde::Deserialize;

use crate::context::current_request_id;
use crate::problem::{ApiResult, MEDIA_TYPE, Problem, ProblemField};

/// Says that an answer is the one given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// A refusal as it is stored.
#[derive(Deserialize)]
struct Refusal {
    code: String,
    detail: String,
    #[serde(default)]
    errors: Vec<ProblemField>,
}

/// The answer of an idempotent operation, fresh or replayed.
///
/// # Errors
/// `internal` when what was stored cannot be read.
pub fn respond(outcome: Outcome) -> ApiResult<HttpResponse> {
    let status = StatusCode::from_u16(outcome.status).map_err(Error::internal)?;
    let mut response = HttpResponseBuilder::new(status);
    if outcome.replayed {
        response.insert_header((REPLAYED, HeaderValue::from_static("true")));
    }
    if status.is_success() {
        return Ok(response
            .insert_header((header::CONTENT_TYPE, "application/json"))
            .body(outcome.body));
    }
    let refusal: Refusal = serde_json::from_str(&outcome.body).map_err(Error::internal)?;
    let problem = Problem {
        kind: format!("/docs#code-{}", refusal.code),
        title: status.canonical_reason().unwrap_or("Error"),
        status: status.as_u16(),
        code: refusal.code,
        detail: refusal.detail,
        param: match refusal.errors.as_slice() {
            [field] => Some(field.param.clone()),
            _ => None,
        },
        errors: refusal.errors,
        request_id: current_request_id(),
        retryable: false,
        upstream: None,
    };
    let body = serde_json::to_string(&problem).map_err(Error::internal)?;
    Ok(response
        .insert_header((header::CONTENT_TYPE, MEDIA_TYPE))
        .body(body))
}
