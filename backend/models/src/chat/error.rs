//! What can go wrong with a request to a model, typed so that a call can decide what to do about it.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::HeaderMap;
use serde_json::Value;

/// Longest wait that a server's own word is taken for.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(3_600);

/// What sort of failure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChatErrorKind {
    /// No connection.
    Connect,
    /// Nothing came within the time for the first byte.
    FirstByteTimeout,
    /// Nothing came for too long in the middle of a reply.
    IdleTimeout,
    /// The reply broke off.
    Disconnected,
    /// The request is not as the server wants it.
    BadRequest,
    /// The talk is longer than the model can take.
    ContextTooLong,
    /// The key is not good.
    Unauthenticated,
    /// The key may not do this, or not from here.
    Forbidden,
    /// There is no such model.
    ModelNotFound,
    /// Too many requests.
    RateLimited,
    /// The money or the allowance is used up.
    QuotaExhausted,
    /// The server is overloaded or failed.
    Server,
    /// The reply cannot be read.
    Protocol,
}

impl ChatErrorKind {
    /// Stable word for logs and metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::FirstByteTimeout => "first_byte_timeout",
            Self::IdleTimeout => "idle_timeout",
            Self::Disconnected => "disconnected",
            Self::BadRequest => "bad_request",
            Self::ContextTooLong => "context_too_long",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::ModelNotFound => "model_not_found",
            Self::RateLimited => "rate_limited",
            Self::QuotaExhausted => "quota_exhausted",
            Self::Server => "server",
            Self::Protocol => "protocol",
        }
    }

    /// Whether the network failed, and not the server's will.
    #[must_use]
    pub fn is_network(self) -> bool {
        matches!(
            self,
            Self::Connect | Self::FirstByteTimeout | Self::IdleTimeout | Self::Disconnected
        )
    }
}

/// A request to a model that failed, or a reply that broke off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatError {
    /// What sort of failure.
    pub kind: ChatErrorKind,
    /// HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// The provider's own code.
    pub code: Option<Box<str>>,
    /// The provider's own words; may repeat words of the talk, so it is not part of the displayed text.
    pub message: Box<str>,
    /// How long to wait before another try, if the provider says.
    pub retry_after: Option<Duration>,
    /// The provider's id of the request, for its support.
    pub request_id: Option<Box<str>>,
    should_retry: Option<bool>,
}

impl ChatError {
    pub(super) fn new(kind: ChatErrorKind, message: impl fmt::Display) -> Self {
        Self {
            kind,
            status: None,
            code: None,
            message: message.to_string().into(),
            retry_after: None,
            request_id: None,
            should_retry: None,
        }
    }

    pub(super) fn with_request_id(mut self, id: Option<&str>) -> Self {
        self.request_id = self.request_id.or(id.map(Into::into));
        self
    }

    /// Whether another try may go better. An exhausted quota never does.
    #[must_use]
    pub fn retryable(&self) -> bool {
        use ChatErrorKind as K;
        match self.kind {
            K::QuotaExhausted => false,
            kind => self.should_retry.unwrap_or_else(|| {
                kind.is_network()
                    || matches!(kind, K::RateLimited | K::Server)
                    || matches!(self.status, Some(408 | 409))
            }),
        }
    }

    /// Reads an answer whose status is not a success.
    pub(super) fn from_response(status: u16, headers: &HeaderMap, body: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let mut error = Self::of(Some(status), body.get("error").unwrap_or(&body));
        error.retry_after = retry_after(headers, Utc::now());
        error.request_id = header(headers, "x-request-id").map(Into::into);
        error.should_retry = match header(headers, "x-should-retry") {
            Some("true") => Some(true),
            Some("false") => Some(false),
            _ => None,
        };
        error
    }

    /// Reads the error object that may come in the middle of a stream.
    pub(super) fn from_stream(error: &Value) -> Self {
        // Some servers put the HTTP status where the code belongs.
        let status = error
            .get("code")
            .and_then(Value::as_u64)
            .or_else(|| error.get("status")?.as_u64());
        Self::of(status.and_then(|status| u16::try_from(status).ok()), error)
    }

    fn of(status: Option<u16>, error: &Value) -> Self {
        let text = |name: &str| error.get(name).and_then(Value::as_str);
        let message = text("message").or(error.as_str()).unwrap_or_default();
        let (code, kind_word) = (text("code"), text("type"));
        Self {
            kind: classify(status, code.unwrap_or_default(), kind_word.unwrap_or_default()),
            status,
            code: code.or(kind_word).map(Into::into),
            message: message.into(),
            retry_after: None,
            request_id: None,
            should_retry: None,
        }
    }
}

/// The code says more than the status: the same 429 is a short wait or an unpaid bill.
fn classify(status: Option<u16>, code: &str, kind: &str) -> ChatErrorKind {
    use ChatErrorKind as K;
    let is_quota = |word: &str| {
        ["quota", "credit", "billing", "spend"]
            .iter()
            .any(|part| word.contains(part))
    };
    match code {
        "context_length_exceeded" => return K::ContextTooLong,
        "model_not_found" => return K::ModelNotFound,
        "invalid_api_key" => return K::Unauthenticated,
        "rate_limit_exceeded" | "slow_down" => return K::RateLimited,
        "server_error" | "server_is_overloaded" => return K::Server,
        _ if is_quota(code) || is_quota(kind) => return K::QuotaExhausted,
        _ => {}
    }
    match (status, kind) {
        (Some(401), _) | (None, "authentication_error") => K::Unauthenticated,
        (Some(402), _) => K::QuotaExhausted,
        (Some(403), _) | (None, "permission_error") => K::Forbidden,
        (Some(404), _) => K::ModelNotFound,
        (Some(429), _) | (None, "rate_limit_error") => K::RateLimited,
        (Some(500..), _) | (None, "server_error" | "service_unavailable_error" | "overloaded_error") => {
            K::Server
        }
        (Some(_), _) | (None, "invalid_request_error") => K::BadRequest,
        // An error in the stream that says nothing of itself is the server's.
        (None, _) => K::Server,
    }
}

impl fmt::Display for ChatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "model request failed: {}", self.kind.as_str())?;
        if let Some(status) = self.status {
            write!(f, ", http {status}")?;
        }
        if let Some(code) = &self.code {
            write!(f, ", {code}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ChatError {}

pub(super) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// Milliseconds, else seconds, else a date.
fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let number = |name: &str| header(headers, name)?.parse::<f64>().ok();
    let seconds = number("retry-after-ms")
        .map(|ms| ms / 1_000.0)
        .or_else(|| number("retry-after"));
    let wait = match seconds {
        Some(seconds) => Duration::try_from_secs_f64(seconds).ok()?,
        None => {
            let date = DateTime::parse_from_rfc2822(header(headers, "retry-after")?).ok()?;
            (date.with_timezone(&Utc) - now).to_std().unwrap_or_default()
        }
    };
    Some(wait.min(LONGEST_RETRY_AFTER))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer(status: u16, code: &str, kind: &str) -> ChatError {
        let body = json!({"error": {"message": "m", "type": kind, "param": null, "code": code}}).to_string();
        ChatError::from_response(status, &HeaderMap::new(), body.as_bytes())
    }

    #[test]
    fn the_table_of_errors_is_followed() {
        use ChatErrorKind as K;
        for (status, code, kind, expected, retryable) in [
            (400, "", "invalid_request_error", K::BadRequest, false),
            (
                400,
                "context_length_exceeded",
                "invalid_request_error",
                K::ContextTooLong,
                false,
            ),
            (
                400,
                "unsupported_parameter",
                "invalid_request_error",
                K::BadRequest,
                false,
            ),
            (
                401,
                "invalid_api_key",
                "invalid_request_error",
                K::Unauthenticated,
                false,
            ),
            (403, "", "", K::Forbidden, false),
            (
                404,
                "model_not_found",
                "invalid_request_error",
                K::ModelNotFound,
                false,
            ),
            (408, "", "", K::BadRequest, true),
            (409, "", "", K::BadRequest, true),
            (422, "", "", K::BadRequest, false),
            (429, "rate_limit_exceeded", "requests", K::RateLimited, true),
            (429, "slow_down", "rate_limit_error", K::RateLimited, true),
            (
                429,
                "insufficient_quota",
                "insufficient_quota",
                K::QuotaExhausted,
                false,
            ),
            (429, "credit_balance_exhausted", "", K::QuotaExhausted, false),
            (429, "", "spend_limit_reached", K::QuotaExhausted, false),
            (500, "server_error", "", K::Server, true),
            (502, "", "", K::Server, true),
            (
                503,
                "server_is_overloaded",
                "service_unavailable_error",
                K::Server,
                true,
            ),
        ] {
            let error = answer(status, code, kind);
            assert_eq!(
                (error.kind, error.retryable()),
                (expected, retryable),
                "{status} {code} {kind}"
            );
        }
    }

    #[test]
    fn an_answer_that_is_no_json_is_read_by_its_status() {
        let error = ChatError::from_response(503, &HeaderMap::new(), b"<html>busy</html>");
        assert_eq!((error.kind, error.status), (ChatErrorKind::Server, Some(503)));
        assert_eq!(error.to_string(), "model request failed: server, http 503");
    }

    #[test]
    fn the_server_may_overrule_except_about_money() {
        let mut headers = HeaderMap::new();
        headers.insert("x-should-retry", "false".parse().unwrap());
        headers.insert("x-request-id", "req_1".parse().unwrap());
        let error = ChatError::from_response(500, &headers, b"");
        assert!(!error.retryable());
        assert_eq!(error.request_id.as_deref(), Some("req_1"));
        headers.insert("x-should-retry", "true".parse().unwrap());
        assert!(ChatError::from_response(400, &headers, b"").retryable());
        let quota = br#"{"error":{"code":"insufficient_quota"}}"#;
        assert!(!ChatError::from_response(429, &headers, quota).retryable());
    }

    #[test]
    fn waits_are_read_in_every_form() {
        let now = DateTime::parse_from_rfc3339("2026-11-21T09:15:00Z")
            .unwrap()
            .with_timezone(&Utc);
        let wait = |pairs: &[(&'static str, &str)]| {
            let headers = pairs.iter().map(|(name, value)| {
                (
                    reqwest::header::HeaderName::from_static(name),
                    value.parse().unwrap(),
                )
            });
            retry_after(&headers.collect(), now).map(|wait| wait.as_millis())
        };
        assert_eq!(wait(&[("retry-after", "2")]), Some(2_000));
        assert_eq!(wait(&[("retry-after", "0.25")]), Some(250));
        assert_eq!(
            wait(&[("retry-after", "20"), ("retry-after-ms", "120")]),
            Some(120)
        );
        assert_eq!(
            wait(&[("retry-after", "Sat, 21 Nov 2026 09:15:03 GMT")]),
            Some(3_000)
        );
        assert_eq!(wait(&[("retry-after", "Sat, 21 Nov 2026 09:14:03 GMT")]), Some(0));
        assert_eq!(wait(&[("retry-after", "999999999")]), Some(3_600_000));
        assert_eq!(wait(&[("retry-after", "-1")]), None);
        assert_eq!(wait(&[("retry-after", "soon")]), None);
        assert_eq!(wait(&[]), None);
    }

    #[test]
    fn errors_in_a_stream_are_typed_too() {
        let kind = |error: Value| ChatError::from_stream(&error).kind;
        assert_eq!(
            kind(json!({"message": "m", "code": "rate_limit_exceeded"})),
            ChatErrorKind::RateLimited
        );
        assert_eq!(
            kind(json!({"message": "m", "code": 400})),
            ChatErrorKind::BadRequest
        );
        assert_eq!(
            kind(json!({"message": "m", "type": "overloaded_error"})),
            ChatErrorKind::Server
        );
        assert_eq!(kind(json!("it broke")), ChatErrorKind::Server);
        assert_eq!(&*ChatError::from_stream(&json!("it broke")).message, "it broke");
    }
}
