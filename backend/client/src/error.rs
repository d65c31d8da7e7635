//! What can go wrong between a program and an installation.

use serde::{Deserialize, Serialize};

/// A failed request or socket.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ClientError {
    /// The client cannot be made with these settings.
    #[error("{0}")]
    Configuration(String),
    /// Nothing answered, however often it was tried.
    #[error("{url} does not answer: {cause}")]
    Unreachable {
        /// Which installation.
        url: String,
        /// What the network said.
        cause: String,
    },
    /// The API refused.
    #[error("{}", .0.detail)]
    Refused(Box<Problem>),
    /// Something answered that is not the API, or not in a way we know.
    #[error("{url} answered in a way that is not Phony's: {detail}")]
    Unexpected {
        /// Which installation.
        url: String,
        /// What came.
        detail: String,
    },
}

/// A refusal as the API tells it (RFC 9457).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Problem {
    /// Address of the code's description.
    #[serde(rename = "type")]
    pub kind: String,
    /// The status in words.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// Stable code, what programs branch on.
    pub code: String,
    /// What happened, for people.
    pub detail: String,
    /// Every fault of the input.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ProblemField>,
    /// Id to quote when asking for help.
    pub request_id: String,
    /// Whether the same request may succeed later.
    pub retryable: bool,
    /// What another party answered, where it was their refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upstream: Option<String>,
}

/// One fault of one field.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProblemField {
    /// Path of the field.
    pub param: String,
    /// Stable code.
    pub code: String,
    /// In words.
    pub detail: String,
}

impl ClientError {
    /// The refusal, if the API refused.
    #[must_use]
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Refused(problem) => Some(problem),
            _ => None,
        }
    }
}
