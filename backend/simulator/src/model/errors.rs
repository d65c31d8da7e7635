//! Error answers of the model provider.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, Responder, ResponseError};
use serde_json::{Value, json};

/// An error as the provider writes it.
#[derive(Debug, Clone)]
pub(crate) struct ModelError {
    pub(crate) status: StatusCode,
    kind: &'static str,
    code: Option<&'static str>,
    param: Option<String>,
    message: String,
    headers: Vec<(&'static str, String)>,
}

impl ModelError {
    fn new(
        status: StatusCode,
        kind: &'static str,
        code: Option<&'static str>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            status,
            kind,
            code,
            param: None,
            message: message.into(),
            headers: Vec::new(),
        }
    }

    pub(crate) fn invalid(param: Option<&str>, message: impl Into<String>) -> Self {
        let mut error = Self::new(StatusCode::BAD_REQUEST, "invalid_request_error", None, message);
        error.param = param.map(str::to_owned);
        error
    }

    pub(crate) fn invalid_key() -> Self {
        let message = "Incorrect API key provided. You can find your API key at https://platform.openai.com.";
        Self::new(
            StatusCode::UNAUTHORIZED,
            "invalid_request_error",
            Some("invalid_api_key"),
            message,
        )
    }

    pub(crate) fn model_not_found(model: &str) -> Self {
        let message = format!("The model `{model}` does not exist or you do not have access to it.");
        Self::new(
            StatusCode::NOT_FOUND,
            "invalid_request_error",
            Some("model_not_found"),
            message,
        )
    }

    pub(crate) fn no_such_path(path: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "invalid_request_error",
            None,
            format!("Invalid URL ({path})"),
        )
    }

    fn rate_limited(retry_after_s: u64) -> Self {
        let message = "Rate limit reached for requests. Please try again shortly.";
        let mut error = Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "requests",
            Some("rate_limit_exceeded"),
            message,
        );
        error.headers = vec![
            ("retry-after", retry_after_s.to_string()),
            ("retry-after-ms", (retry_after_s * 1_000).to_string()),
            ("x-ratelimit-limit-requests", "500".to_owned()),
            ("x-ratelimit-remaining-requests", "0".to_owned()),
            ("x-ratelimit-reset-requests", format!("{retry_after_s}s")),
            ("x-ratelimit-limit-tokens", "200000".to_owned()),
            ("x-ratelimit-remaining-tokens", "199000".to_owned()),
            ("x-ratelimit-reset-tokens", "300ms".to_owned()),
        ];
        error
    }

    fn quota() -> Self {
        let message = "You exceeded your current quota, please check your plan and billing details.";
        let code = Some("insufficient_quota");
        let mut error = Self::new(StatusCode::TOO_MANY_REQUESTS, "insufficient_quota", code, message);
        error.headers = vec![("x-should-retry", "false".to_owned())];
        error
    }

    pub(crate) fn server() -> Self {
        let message = "The server had an error while processing your request. Sorry about that!";
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "server_error",
            Some("server_error"),
            message,
        )
    }

    fn overloaded() -> Self {
        let message = "The server is overloaded. Please try again later.";
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Self::new(
            status,
            "service_unavailable_error",
            Some("server_is_overloaded"),
            message,
        )
    }

    /// The error a fault of this kind answers with, if it is one that answers instead of the model.
    pub(crate) fn for_fault(kind: &str, model: &str, retry_after_s: Option<u64>) -> Option<Self> {
        match kind {
            "invalid_key" => Some(Self::invalid_key()),
            "model_not_found" => Some(Self::model_not_found(model)),
            "rate_limited" => Some(Self::rate_limited(retry_after_s.unwrap_or(1))),
            "quota" => Some(Self::quota()),
            "server_error" => Some(Self::server()),
            "overloaded" => Some(Self::overloaded()),
            _ => None,
        }
    }

    pub(crate) fn body(&self) -> Value {
        let error =
            json!({"message": self.message, "type": self.kind, "param": self.param, "code": self.code});
        json!({"error": error})
    }
}

impl fmt::Display for ModelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl ResponseError for ModelError {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut answer = HttpResponse::build(self.status);
        for (name, value) in &self.headers {
            answer.insert_header((*name, value.as_str()));
        }
        answer.insert_header(("x-request-id", format!("req_{}", uuid::Uuid::new_v4().simple())));
        answer.json(self.body())
    }
}

impl Responder for ModelError {
    type Body = actix_web::body::BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        self.error_response()
    }
}
