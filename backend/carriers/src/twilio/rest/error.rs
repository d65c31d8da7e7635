//! How a request to the carrier fails, typed by what can be done about it.

use std::fmt;
use std::time::Duration;

use reqwest::header::HeaderMap;
use serde_json::Value;

use super::Effect;

/// Codes of the carrier that we act on.
pub mod codes {
    /// The credentials are not good, or not for this account.
    pub const AUTHENTICATION: u32 = 20_003;
    /// There is no such resource.
    pub const NOT_FOUND: u32 = 20_404;
    /// Too many requests at once; this one was not processed.
    pub const TOO_MANY_REQUESTS: u32 = 20_429;
    /// The call is not in a state that allows it; usually it is over.
    pub const CALL_STATE: u32 = 21_220;
    /// The account is not active.
    pub const ACCOUNT_NOT_ACTIVE: u32 = 20_005;
    /// There is no such conference, or it is over.
    pub const NO_SUCH_CONFERENCE: u32 = 16_022;
    /// The number called is none.
    pub const TO_INVALID: u32 = 21_211;
    /// The number called from is not ours.
    pub const FROM_NOT_OURS: u32 = 21_210;
    /// The account may not call that country.
    pub const COUNTRY_NOT_ALLOWED: u32 = 21_215;
    /// The carrier does not call that number.
    pub const DESTINATION_BLOCKED: u32 = 21_216;
    /// There are all the subaccounts there may be.
    pub const SUBACCOUNT_LIMIT: u32 = 21_480;
    /// A trial account has all the numbers it may have.
    pub const TRIAL_NUMBER_LIMIT: u32 = 21_404;
    /// That is no number to buy.
    pub const NUMBER_INVALID: u32 = 21_421;
    /// Somebody else has the number by now.
    pub const NUMBER_NOT_AVAILABLE: u32 = 21_422;
    /// There is no number in this area.
    pub const AREA_CODE_EMPTY: u32 = 21_452;
    /// The number needs an address of the holder.
    pub const ADDRESS_NEEDED: u32 = 21_615;
    /// The number needs papers of the holder.
    pub const BUNDLE_NEEDED: u32 = 21_649;
}

/// A request to the carrier that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestError {
    /// The carrier's code; decide on this one, if there is one.
    pub code: Option<u32>,
    /// HTTP status, if there was an answer.
    pub http_status: Option<u16>,
    /// The carrier's words or ours; may hold telephone numbers, so it is not part of the displayed text.
    pub message: Box<str>,
    /// Whether another try may go better and cannot do harm.
    pub retryable: bool,
    /// Whether the carrier may have acted all the same: look before anything is made again.
    pub ambiguous: bool,
    /// How long to wait before another try, if the carrier says.
    pub retry_after: Option<Duration>,
    /// The carrier's id of the request, for its support.
    pub request_id: Option<Box<str>>,
}

impl RestError {
    fn new(message: &str) -> Self {
        Self {
            code: None,
            http_status: None,
            message: message.into(),
            retryable: false,
            ambiguous: false,
            retry_after: None,
            request_id: None,
        }
    }

    /// The request cannot even be made.
    pub(super) fn unusable(message: &str) -> Self {
        Self::new(message)
    }

    /// An answer came, so the carrier acted, but it cannot be read.
    pub(super) fn unreadable(effect: Effect) -> Self {
        Self::new("answer cannot be read").unknown_outcome(effect)
    }

    /// No answer came. Without a connection the carrier cannot have acted.
    pub(super) fn network(error: &reqwest::Error, effect: Effect) -> Self {
        if error.is_builder() {
            Self::unusable("request cannot be built")
        } else if error.is_connect() {
            Self {
                retryable: true,
                ..Self::new("no connection")
            }
        } else {
            let message = if error.is_timeout() {
                "no answer in time"
            } else {
                "connection was lost"
            };
            Self::new(message).unknown_outcome(effect)
        }
    }

    /// The carrier answered that it failed.
    pub(super) fn from_answer(status: u16, headers: &HeaderMap, body: &[u8], effect: Effect) -> Self {
        let header = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let code = body.get("code").and_then(|code| {
            code.as_u64()
                .and_then(|code| u32::try_from(code).ok())
                .or_else(|| code.as_str()?.parse().ok())
        });
        let text = ["message", "detail", "title"]
            .iter()
            .find_map(|name| body.get(*name)?.as_str());
        let mut error = Self::new(text.unwrap_or("carrier refused the request"));
        if status >= 500 {
            error = error.unknown_outcome(effect);
        }
        error.code = code;
        error.http_status = Some(status);
        error.retry_after = header("retry-after")
            .and_then(|text| text.parse().ok())
            .map(Duration::from_secs);
        error.request_id = header("twilio-request-id").map(Into::into);
        error.retryable |= error.is_rate_limited();
        error
    }

    fn unknown_outcome(mut self, effect: Effect) -> Self {
        self.ambiguous = effect != Effect::Read;
        self.retryable = effect != Effect::Create;
        self
    }

    /// Whether the carrier was asked too often, and so did nothing.
    #[must_use]
    pub fn is_rate_limited(&self) -> bool {
        self.http_status == Some(429) || self.code == Some(codes::TOO_MANY_REQUESTS)
    }

    /// Whether there is no such resource.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self.code, Some(codes::NOT_FOUND | codes::NO_SUCH_CONFERENCE))
            || (self.code.is_none() && self.http_status == Some(404))
    }

    /// Whether the call it was for is over.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.code == Some(codes::CALL_STATE)
    }

    /// Whether the credentials are not good; they must not be used on.
    #[must_use]
    pub fn is_authentication(&self) -> bool {
        self.code == Some(codes::AUTHENTICATION) || (self.code.is_none() && self.http_status == Some(401))
    }
}

impl fmt::Display for RestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.code, self.http_status) {
            (Some(code), _) => write!(f, "carrier refused with code {code}"),
            (None, Some(status)) => write!(f, "carrier answered with http {status}"),
            // Only our own words stand here.
            (None, None) => write!(f, "carrier request failed: {}", self.message),
        }
    }
}

impl std::error::Error for RestError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str, effect: Effect) -> RestError {
        RestError::from_answer(status, &HeaderMap::new(), body.as_bytes(), effect)
    }

    #[test]
    fn both_forms_of_error_bodies_and_neither_are_read() {
        let old = answer(
            400,
            r#"{"code":21211,"message":"+1555 is bad","status":400}"#,
            Effect::Create,
        );
        assert_eq!(
            (old.code, old.http_status, &*old.message),
            (Some(21_211), Some(400), "+1555 is bad")
        );
        assert_eq!(old.to_string(), "carrier refused with code 21211");
        let new = answer(
            404,
            r#"{"type":"t","title":"Not found","code":"20404","status":404}"#,
            Effect::Read,
        );
        assert!(new.is_not_found());
        let page = answer(502, "<html>", Effect::Read);
        assert_eq!(page.to_string(), "carrier answered with http 502");
        assert!(answer(401, "", Effect::Read).is_authentication());
    }

    #[test]
    fn only_a_create_of_unknown_outcome_must_not_be_repeated() {
        for (status, effect, retryable, ambiguous) in [
            (500, Effect::Read, true, false),
            (500, Effect::Repeatable, true, true),
            (500, Effect::Create, false, true),
            (429, Effect::Create, true, false),
            (400, Effect::Create, false, false),
            (400, Effect::Read, false, false),
        ] {
            let error = answer(status, "{}", effect);
            assert_eq!(
                (error.retryable, error.ambiguous),
                (retryable, ambiguous),
                "{status} {effect:?}"
            );
        }
        let unreadable = RestError::unreadable(Effect::Create);
        assert!(unreadable.ambiguous && !unreadable.retryable);
    }
}
