//! When people are asked about what a personality says, and how long: the views.

use phony_app::personalities::{ApprovalMode, ApprovalTimeout, ClarificationTimeout};
use phony_app::personalities::{ApprovalPatch, ApprovalSettings, ClarificationPatch, ClarificationSettings};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::speech::view;

view! {
    /// Which replies people decide on before they are said.
    ApprovalModeView of ApprovalMode {
        /// None.
        Off,
        /// All.
        EveryTurn,
        /// The first of a call.
        FirstTurn,
        /// What is done with them: keys, transfers and ends wait, and what is said behind them.
        OnTools,
    }
}

view! {
    /// What happens when nobody decides on a held reply in time.
    ApprovalTimeoutView of ApprovalTimeout {
        /// It is said all the same.
        Speak,
        /// The caller is asked for a moment, and people once more; then as `transfer`.
        HoldAndAskAgain,
        /// The caller goes to the first transfer target, or without one as `offer_callback`.
        Transfer,
        /// The caller is offered that somebody calls back.
        OfferCallback,
    }
}

view! {
    /// What happens when nobody answers a question of the agent in time.
    ClarificationTimeoutView of ClarificationTimeout {
        /// The agent offers that somebody calls back.
        OfferCallback,
        /// The caller goes to the first transfer target, or without one as `offer_callback`.
        Transfer,
        /// The agent decides by what it knows.
        Decide,
    }
}

/// Which replies of the agent wait for a person.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApprovalView {
    /// Which.
    pub mode: ApprovalModeView,
    /// Time to decide.
    pub timeout_seconds: u32,
    /// What happens then.
    pub on_timeout: ApprovalTimeoutView,
}

/// What to say of approval; what is absent stays.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ApprovalRequest {
    /// Which replies.
    pub mode: Option<ApprovalModeView>,
    /// Time to decide; 15 when never said.
    #[schema(minimum = 5, maximum = 60)]
    pub timeout_seconds: Option<u32>,
    /// What happens then.
    pub on_timeout: Option<ApprovalTimeoutView>,
}

/// How long questions of the agent wait for a person.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClarificationView {
    /// Time to answer.
    pub timeout_seconds: u32,
    /// What happens then.
    pub on_timeout: ClarificationTimeoutView,
}

/// What to say of questions; what is absent stays.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ClarificationRequest {
    /// Time to answer; 30 when never said.
    #[schema(minimum = 10, maximum = 120)]
    pub timeout_seconds: Option<u32>,
    /// What happens then.
    pub on_timeout: Option<ClarificationTimeoutView>,
}

impl From<ApprovalSettings> for ApprovalView {
    fn from(settings: ApprovalSettings) -> Self {
        Self {
            mode: settings.mode.into(),
            timeout_seconds: settings.timeout_seconds,
            on_timeout: settings.on_timeout.into(),
        }
    }
}

impl From<ApprovalRequest> for ApprovalPatch {
    fn from(request: ApprovalRequest) -> Self {
        Self {
            mode: request.mode.map(Into::into),
            timeout_seconds: request.timeout_seconds,
            on_timeout: request.on_timeout.map(Into::into),
        }
    }
}

impl From<ClarificationSettings> for ClarificationView {
    fn from(settings: ClarificationSettings) -> Self {
        Self {
            timeout_seconds: settings.timeout_seconds,
            on_timeout: settings.on_timeout.into(),
        }
    }
}

impl From<ClarificationRequest> for ClarificationPatch {
    fn from(request: ClarificationRequest) -> Self {
        Self {
            timeout_seconds: request.timeout_seconds,
            on_timeout: request.on_timeout.map(Into::into),
        }
    }
}
