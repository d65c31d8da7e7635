//! What can go wrong with a session, typed so that a call can decide what to do about it.

use std::fmt;
use std::time::Duration;

use tokio_tungstenite::tungstenite::http::Response;
use tokio_tungstenite::tungstenite::{Error as SocketError, protocol::CloseFrame};

use super::protocol::{InvalidConfig, ServerFault};

/// Longest wait that a server's own word is taken for.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(3_600);

/// What sort of failure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RealtimeErrorKind {
    /// No connection, or not in time.
    Connect,
    /// Connected, but the session was not ready in time.
    StartTimeout,
    /// The server takes nothing any more.
    Stalled,
    /// Nothing comes any more, not even the answer to a ping.
    HalfOpen,
    /// The socket was closed or broke.
    Disconnected,
    /// A message cannot be read or is too long.
    Protocol,
    /// The key is not good.
    Unauthenticated,
    /// The key may not do this, or not from here.
    Forbidden,
    /// There is no such model.
    ModelNotFound,
    /// The request has the shape of the retired dialect.
    BetaShape,
    /// The money or the allowance is used up.
    QuotaExhausted,
    /// Too many requests.
    RateLimited,
    /// The session has reached its longest time.
    SessionExpired,
    /// A setting is not as the server wants it.
    Configuration,
    /// The server is overloaded or failed.
    Server,
    /// Nothing is wrong: two sides crossed each other.
    Harmless,
    /// A failure we do not know. Alone it is no reason to end a session.
    Unknown,
}

impl RealtimeErrorKind {
    /// Stable word for logs and metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::StartTimeout => "start_timeout",
            Self::Stalled => "stalled",
            Self::HalfOpen => "half_open",
            Self::Disconnected => "disconnected",
            Self::Protocol => "protocol",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::ModelNotFound => "model_not_found",
            Self::BetaShape => "beta_api_shape_disabled",
            Self::QuotaExhausted => "quota_exhausted",
            Self::RateLimited => "rate_limited",
            Self::SessionExpired => "session_expired",
            Self::Configuration => "configuration",
            Self::Server => "server",
            Self::Harmless => "harmless",
            Self::Unknown => "unknown",
        }
    }

    /// Whether a new session with the same settings may go better.
    #[must_use]
    pub fn retryable(self) -> bool {
        match self {
            Self::Connect
            | Self::StartTimeout
            | Self::Stalled
            | Self::HalfOpen
            | Self::Disconnected
            | Self::Protocol
            | Self::RateLimited
            | Self::SessionExpired
            | Self::Server
            | Self::Harmless
            | Self::Unknown => true,
            Self::Unauthenticated
            | Self::Forbidden
            | Self::ModelNotFound
            | Self::BetaShape
            | Self::QuotaExhausted
            | Self::Configuration => false,
        }
    }

    /// Whether a session that reports this is of no use any more.
    #[must_use]
    pub fn ends_session(self) -> bool {
        !matches!(
            self,
            Self::Harmless | Self::Unknown | Self::RateLimited | Self::Server | Self::Configuration
        )
    }

    /// By the provider's own code, which says more than anything beside it.
    fn by_code(code: &str) -> Self {
        match code {
            "response_cancel_not_active"
            | "conversation_already_has_active_response"
            | "input_audio_buffer_commit_empty"
            | "item_truncate_invalid_item_id"
            | "item_delete_invalid_item_id"
            | "item_retrieve_invalid_item_id" => Self::Harmless,
            "unknown_parameter"
            | "missing_required_parameter"
            | "invalid_type"
            | "cannot_update_voice"
            | "invalid_event"
            | "invalid_json" => Self::Configuration,
            "session_expired" => Self::SessionExpired,
            "invalid_api_key" => Self::Unauthenticated,
            "model_not_found" => Self::ModelNotFound,
            "beta_api_shape_disabled" => Self::BetaShape,
            "rate_limit_exceeded" | "inference_rate_limit_exceeded" | "slow_down" => Self::RateLimited,
            "server_error" | "server_is_overloaded" => Self::Server,
            _ if ["quota", "credit", "billing", "spend"]
                .iter()
                .any(|part| code.contains(part)) =>
            {
                Self::QuotaExhausted
            }
            _ => Self::Unknown,
        }
    }
}

impl ServerFault {
    /// What sort of failure it is.
    #[must_use]
    pub fn class(&self) -> RealtimeErrorKind {
        use RealtimeErrorKind as K;
        let code = self.code.as_deref().unwrap_or_default();
        match (K::by_code(code), &*self.kind) {
            // Truncating behind the end is arithmetic of ours and spoils nothing.
            (K::Unknown, _) if self.message.contains("already shorter than") => K::Harmless,
            (K::Unknown, "server_error") => K::Server,
            (K::Unknown, "rate_limit_error") => K::RateLimited,
            (K::Unknown, "authentication_error") => K::Unauthenticated,
            (kind, _) => kind,
        }
    }
}

/// A session that could not be had, or that is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RealtimeError {
    /// What sort of failure.
    pub kind: RealtimeErrorKind,
    /// The provider's own code.
    pub code: Option<Box<str>>,
    /// HTTP status, if the socket was refused.
    pub status: Option<u16>,
    /// Close code, if the server closed the socket.
    pub close_code: Option<u16>,
    /// What setting it is about.
    pub param: Option<Box<str>>,
    /// How long to wait before another try, if the provider says.
    pub retry_after: Option<Duration>,
}

impl RealtimeError {
    pub(super) fn new(kind: RealtimeErrorKind) -> Self {
        Self {
            kind,
            code: None,
            status: None,
            close_code: None,
            param: None,
            retry_after: None,
        }
    }

    /// Whether a new session with the same settings may go better.
    #[must_use]
    pub fn retryable(&self) -> bool {
        self.kind.retryable()
    }

    /// What a socket says of itself.
    pub(super) fn from_socket(error: &SocketError, connecting: bool) -> Self {
        use RealtimeErrorKind as K;
        match error {
            SocketError::Http(response) => Self::refused(response),
            SocketError::Url(_) | SocketError::HttpFormat(_) => Self::new(K::Configuration),
            SocketError::WriteBufferFull(_) => Self::new(K::Stalled),
            _ if connecting => Self::new(K::Connect),
            SocketError::Capacity(_) | SocketError::Utf8(_) | SocketError::AttackAttempt => {
                Self::new(K::Protocol)
            }
            _ => Self::new(K::Disconnected),
        }
    }

    fn refused(response: &Response<Option<Vec<u8>>>) -> Self {
        use RealtimeErrorKind as K;
        let status = response.status().as_u16();
        let body: serde_json::Value = response
            .body()
            .as_deref()
            .and_then(|body| serde_json::from_slice(body).ok())
            .unwrap_or_default();
        let code = body.pointer("/error/code").and_then(serde_json::Value::as_str);
        let kind = match (code.map_or(K::Unknown, K::by_code), status) {
            (K::Unknown, 401) => K::Unauthenticated,
            (K::Unknown, 402) => K::QuotaExhausted,
            (K::Unknown, 403) => K::Forbidden,
            (K::Unknown, 404) => K::ModelNotFound,
            (K::Unknown, 429) => K::RateLimited,
            (K::Unknown, 500..) => K::Server,
            (K::Unknown, _) => K::Configuration,
            (kind, _) => kind,
        };
        let seconds = response
            .headers()
            .get("retry-after")
            .and_then(|value| value.to_str().ok()?.trim().parse().ok());
        Self {
            status: Some(status),
            code: code.map(Into::into),
            retry_after: seconds.map(|seconds| Duration::from_secs(seconds).min(LONGEST_RETRY_AFTER)),
            ..Self::new(kind)
        }
    }

    /// What a close frame says, or the end of the stream without one.
    pub(super) fn from_close(frame: Option<&CloseFrame>) -> Self {
        use RealtimeErrorKind as K;
        let Some(frame) = frame else {
            return Self::new(K::Disconnected);
        };
        let close_code = u16::from(frame.code);
        // The reason reads `invalid_request_error.invalid_api_key`, or is a sentence.
        let word = frame.reason.as_str().rsplit('.').find(|word| !word.is_empty());
        let word = word.filter(|word| word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'));
        let kind = match word.map_or(K::Unknown, K::by_code) {
            K::Unknown if frame.reason.contains("maximum duration") => K::SessionExpired,
            K::Unknown => match close_code {
                1003 | 1007 | 1008 | 1010 => K::Configuration,
                1009 => K::Protocol,
                1011 | 1013 => K::Server,
                3000 => K::Unauthenticated,
                4004 => K::ModelNotFound,
                4000..=4999 => K::Configuration,
                _ => K::Disconnected,
            },
            kind => kind,
        };
        Self {
            close_code: Some(close_code),
            code: word.map(Into::into),
            ..Self::new(kind)
        }
    }

    /// An error that came instead of the session.
    pub(super) fn from_fault(fault: &ServerFault) -> Self {
        Self {
            code: fault.code.as_deref().map(Into::into),
            param: fault.param.as_deref().map(Into::into),
            ..Self::new(fault.class())
        }
    }
}

impl From<InvalidConfig> for RealtimeError {
    fn from(invalid: InvalidConfig) -> Self {
        Self {
            param: Some(invalid.0.into()),
            ..Self::new(RealtimeErrorKind::Configuration)
        }
    }
}

impl fmt::Display for RealtimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "realtime session failed: {}", self.kind.as_str())?;
        if let Some(status) = self.status {
            write!(f, ", http {status}")?;
        }
        if let Some(close_code) = self.close_code {
            write!(f, ", close {close_code}")?;
        }
        if let Some(code) = &self.code {
            write!(f, ", {code}")?;
        }
        if let Some(param) = &self.param {
            write!(f, ", {param}")?;
        }
        Ok(())
    }
}

impl std::error::Error for RealtimeError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_told_apart_by_code_then_type_then_words() {
        use RealtimeErrorKind as K;
        for (code, kind, message, expected, ends) in [
            (
                "response_cancel_not_active",
                "invalid_request_error",
                "",
                K::Harmless,
                false,
            ),
            (
                "conversation_already_has_active_response",
                "",
                "",
                K::Harmless,
                false,
            ),
            ("item_truncate_invalid_item_id", "", "", K::Harmless, false),
            (
                "invalid_value",
                "invalid_request_error",
                "Audio content of 3700ms is already shorter than 3760ms",
                K::Harmless,
                false,
            ),
            ("invalid_value", "invalid_request_error", "", K::Unknown, false),
            (
                "unknown_parameter",
                "invalid_request_error",
                "",
                K::Configuration,
                false,
            ),
            ("cannot_update_voice", "", "", K::Configuration, false),
            (
                "session_expired",
                "invalid_request_error",
                "",
                K::SessionExpired,
                true,
            ),
            ("insufficient_quota", "", "", K::QuotaExhausted, true),
            ("invalid_api_key", "", "", K::Unauthenticated, true),
            ("beta_api_shape_disabled", "", "", K::BetaShape, true),
            ("inference_rate_limit_exceeded", "", "", K::RateLimited, false),
            ("", "server_error", "", K::Server, false),
            ("", "", "", K::Unknown, false),
        ] {
            let fault = ServerFault {
                kind: kind.to_owned(),
                code: Some(code.to_owned()),
                message: message.to_owned(),
                ..ServerFault::default()
            };
            let class = fault.class();
            assert_eq!((class, class.ends_session()), (expected, ends), "{code} {kind}");
        }
    }

    #[test]
    fn what_is_shown_holds_none_of_the_servers_words() {
        let fault = ServerFault {
            code: Some("invalid_api_key".to_owned()),
            message: "Incorrect API key provided: sk-part".to_owned(),
            ..ServerFault::default()
        };
        let error = RealtimeError::from_fault(&fault);
        assert_eq!(
            error.to_string(),
            "realtime session failed: unauthenticated, invalid_api_key"
        );
        assert!(!format!("{error:?}").contains("sk-part"));
    }
}
