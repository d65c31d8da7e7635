//! Errors as `application/problem+json` (RFC 9457), in one form everywhere.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use phony_kernel::{Error, FieldError, Kind};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Media type of every error.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// An error as clients see it. 5xx say nothing but the request id.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Address of the code's description.
    #[serde(rename = "type")]
    #[schema(example = "/docs#code-not_found")]
    pub kind: String,
    /// The status in words.
    pub title: &'static str,
    /// HTTP status.
    pub status: u16,
    /// Stable code, what programs should branch on.
    #[schema(example = "not_found")]
    pub code: String,
    /// What happened, for people.
    pub detail: String,
    /// The one field at fault, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub param: Option<String>,
    /// Every fault of the input, each naming its field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ProblemField>,
    /// Id to quote when asking for help; the same as the `X-Request-Id` header.
    pub request_id: String,
    /// Whether the same request may succeed later.
    pub retryable: bool,
    /// What another party answered, where it was their refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upstream: Option<String>,
}

/// One fault of one field.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ProblemField {
    /// Path of the field.
    #[schema(example = "email")]
    pub param: String,
    /// Stable code.
    #[schema(example = "required")]
    pub code: String,
    /// In words.
    pub detail: String,
}

/// [`Error`] on its way out through actix.
#[derive(Debug)]
pub struct ApiError(pub Error);

/// Result of a handler.
pub type ApiResult<T> = Result<T, ApiError>;

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Status of a kind of error.
fn status(kind: Kind) -> StatusCode {
    match kind {
        Kind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        Kind::Malformed => StatusCode::BAD_REQUEST,
        Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
        Kind::Forbidden => StatusCode::FORBIDDEN,
        Kind::NotFound => StatusCode::NOT_FOUND,
        Kind::Conflict => StatusCode::CONFLICT,
        Kind::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
        Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Kind::UnsupportedMedia => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Kind::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        Kind::PaymentRequired => StatusCode::PAYMENT_REQUIRED,
        Kind::Upstream => StatusCode::BAD_GATEWAY,
        Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        status(self.0.kind())
    }

    /// The request id is filled in by the `request_context` middleware, which knows it.
    fn error_response(&self) -> HttpResponse {
        let mut answer = HttpResponse::build(self.status_code());
        if let Some(seconds) = self.0.retry_after_seconds() {
            answer.insert_header((header::RETRY_AFTER, seconds.to_string()));
        }
        if self.status_code() == StatusCode::UNAUTHORIZED {
            answer.insert_header((header::WWW_AUTHENTICATE, "Bearer realm=\"phony\""));
        }
        answer.insert_header((header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE)));
        let problem = Problem::new(&self.0, crate::context::current_request_id());
        answer.body(serde_json::to_string(&problem).unwrap_or_default())
    }
}

/// A problem with a status that no kind of error has.
pub(crate) fn with_status(error: &Error, status: StatusCode, request_id: String) -> HttpResponse {
    let problem = Problem {
        status: status.as_u16(),
        title: status.canonical_reason().unwrap_or("Error"),
        ..Problem::new(error, request_id)
    };
    HttpResponse::build(status)
        .insert_header((header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE)))
        .body(serde_json::to_string(&problem).unwrap_or_default())
}

impl Problem {
    /// The public face of `error`.
    #[must_use]
    pub fn new(error: &Error, request_id: String) -> Self {
        let status = status(error.kind());
        let fields = error.fields();
        Self {
            kind: format!("/docs#code-{}", error.code()),
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            code: error.code().to_owned(),
            detail: error.public().to_owned(),
            param: match fields {
                [field] => Some(field.param.clone()),
                _ => None,
            },
            errors: fields.iter().map(ProblemField::from).collect(),
            request_id,
            retryable: error.retryable(),
            upstream: error.upstream().map(str::to_owned),
        }
    }
}

impl From<&FieldError> for ProblemField {
    fn from(field: &FieldError) -> Self {
        Self {
            param: field.param.clone(),
            code: field.code.to_string(),
            detail: field.detail.clone(),
        }
    }
}
