//! What a refusal of the carrier means to a tenant.

use phony_carriers::twilio::rest::{RestError, codes};
use phony_kernel::{Error, Kind};

/// The carrier has said no: nothing was bought or changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    /// Its own code, where it gave one.
    pub(super) code: Option<u32>,
    /// HTTP status, if there was an answer at all.
    pub(super) status: Option<u16>,
    /// The failure as the carrier's client shows it; for the log only.
    pub(super) cause: String,
}

impl From<RestError> for Refusal {
    fn from(error: RestError) -> Self {
        Self {
            code: error.code,
            status: error.http_status,
            cause: error.to_string(),
        }
    }
}

impl Refusal {
    /// Whether another number may be had where this one may not.
    pub(super) fn is_taken(&self) -> bool {
        self.code == Some(codes::NUMBER_NOT_AVAILABLE)
    }

    /// Whether the account may not be used.
    pub(super) fn is_suspension(&self) -> bool {
        matches!(self.code, Some(20_005 | 10_001))
    }

    /// The refusal in our words, with the carrier's code.
    #[track_caller]
    pub(super) fn into_error(self) -> Error {
        let (kind, code, text) = match self.code {
            Some(codes::NUMBER_NOT_AVAILABLE) => (
                Kind::Invalid,
                "number_unavailable",
                "this number is not available; search again and take another",
            ),
            Some(codes::NUMBER_INVALID) => (
                Kind::Invalid,
                "number_invalid",
                "the carrier does not know this number",
            ),
            Some(21_451 | codes::AREA_CODE_EMPTY) => (
                Kind::Invalid,
                "no_number_in_area",
                "no number can be had in this area; try another area code",
            ),
            Some(codes::ADDRESS_NEEDED | 21_631 | codes::BUNDLE_NEEDED | 21_650 | 21_651) => (
                Kind::Invalid,
                "documents_needed",
                "numbers of this country need an address or documents that are not on file",
            ),
            _ if self.is_suspension() => (
                Kind::Conflict,
                "carrier_account_suspended",
                "the carrier has suspended the account that your numbers are in; please ask support",
            ),
            Some(21_480) => (
                Kind::Upstream,
                "no_more_accounts",
                "the carrier makes no more accounts for us; please ask support",
            ),
            _ if self.status == Some(429) => (
                Kind::Unavailable,
                "carrier_busy",
                "the carrier takes no more requests just now; try again shortly",
            ),
            _ if self.status.is_none() => (
                Kind::Upstream,
                "carrier_unreachable",
                "the carrier cannot be reached; try again shortly",
            ),
            _ => (Kind::Upstream, "carrier_refused", "the carrier has refused this"),
        };
        let error = Error::new(kind, code, text).caused_by(anyhow::anyhow!(self.cause));
        match (self.code, self.status) {
            (Some(code), _) => error.with_upstream(format!("twilio {code}")),
            (None, Some(status)) => error.with_upstream(format!("twilio http {status}")),
            (None, None) => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(code: Option<u32>, status: u16) -> Error {
        Refusal {
            code,
            status: Some(status),
            cause: "as the carrier says it".to_owned(),
        }
        .into_error()
    }

    #[test]
    fn what_the_tenant_can_mend_is_told_apart_from_what_they_cannot() {
        assert_eq!(error(Some(21_422), 400).kind(), Kind::Invalid);
        assert_eq!(error(Some(21_631), 400).code(), "documents_needed");
        assert_eq!(error(Some(20_003), 401).kind(), Kind::Upstream);
        assert_eq!(error(Some(20_005), 403).code(), "carrier_account_suspended");
        assert!(error(None, 429).retryable());
        assert!(!error(Some(21_422), 400).retryable());
    }

    #[test]
    fn the_carriers_code_is_shown_and_its_words_are_not() {
        let error = error(Some(21_422), 400);
        assert_eq!(error.upstream(), Some("twilio 21422"));
        assert!(!error.public().contains("as the carrier"));
    }
}
