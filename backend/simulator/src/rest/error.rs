//! Error answers with the carrier's codes.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use serde_json::json;

/// An error as the carrier writes it.
#[derive(Debug, Clone)]
pub(crate) struct RestError {
    status: StatusCode,
    code: u32,
    message: String,
    retry_after_s: Option<u64>,
}

impl RestError {
    pub(crate) fn bad(code: u32, message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            code,
            message: message.into(),
            retry_after_s: None,
        }
    }

    pub(crate) fn not_found(path: &str) -> Self {
        let message = format!("The requested resource {path} was not found");
        Self {
            status: StatusCode::NOT_FOUND,
            code: 20404,
            message,
            retry_after_s: None,
        }
    }

    pub(crate) fn unauthenticated() -> Self {
        Self {
            status: StatusCode::UNAUTHORIZED,
            code: 20003,
            message: "Authentication Error - invalid username".to_owned(),
            retry_after_s: None,
        }
    }

    pub(crate) fn method() -> Self {
        Self {
            status: StatusCode::METHOD_NOT_ALLOWED,
            code: 20004,
            message: "Method not allowed".to_owned(),
            retry_after_s: None,
        }
    }

    /// Any error with any status.
    pub(crate) fn ordered(status: u16, code: u32, message: &str) -> Self {
        Self {
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST),
            code,
            message: message.to_owned(),
            retry_after_s: None,
        }
    }

    pub(crate) fn suspended() -> Self {
        let message = "Account not active".to_owned();
        Self {
            status: StatusCode::FORBIDDEN,
            code: 20005,
            message,
            retry_after_s: None,
        }
    }

    pub(crate) fn conflict(code: u32, message: &str) -> Self {
        Self {
            status: StatusCode::CONFLICT,
            code,
            message: message.to_owned(),
            retry_after_s: None,
        }
    }

    pub(crate) fn too_many(retry_after_s: Option<u64>) -> Self {
        let status = StatusCode::TOO_MANY_REQUESTS;
        Self {
            status,
            code: 20429,
            message: "Too Many Requests".to_owned(),
            retry_after_s,
        }
    }

    pub(crate) fn server(status: StatusCode) -> Self {
        let code = if status == StatusCode::SERVICE_UNAVAILABLE {
            20503
        } else {
            20500
        };
        let message = status
            .canonical_reason()
            .unwrap_or("Internal Server Error")
            .to_owned();
        Self {
            status,
            code,
            message,
            retry_after_s: None,
        }
    }
}

impl fmt::Display for RestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl ResponseError for RestError {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut answer = HttpResponse::build(self.status);
        if self.status == StatusCode::UNAUTHORIZED {
            answer.insert_header(("WWW-Authenticate", "Basic realm=\"Twilio API\""));
        }
        if let Some(seconds) = self.retry_after_s {
            answer.insert_header(("Retry-After", seconds.to_string()));
        }
        answer.json(json!({
            "code": self.code,
            "message": self.message,
            "more_info": format!("https://www.twilio.com/docs/errors/{}", self.code),
            "status": self.status.as_u16(),
        }))
    }
}

impl actix_web::Responder for RestError {
    type Body = actix_web::body::BoxBody;

    fn respond_to(self, _: &actix_web::HttpRequest) -> HttpResponse {
        self.error_response()
    }
}
