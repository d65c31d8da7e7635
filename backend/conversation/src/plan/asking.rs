//! When people are asked about what the agent says or does, and what happens when nobody answers.

use serde::{Deserialize, Serialize};

use super::{Personality, Policy};

/// Which replies people decide on before they are said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalMode {
    /// None.
    #[default]
    Off,
    /// All.
    EveryTurn,
    /// The first of the call.
    FirstTurn,
    /// What is done with them: keys, transfers and ends wait, and what is said behind them.
    OnTools,
}

/// What happens when nobody decides on a held reply in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalTimeout {
    /// It is said all the same. Only so anything is ever said that nobody has approved.
    Speak,
    /// The caller is asked for a moment, and people once more; then the caller goes to the first transfer target, or
    /// without one is offered that somebody calls back.
    #[default]
    HoldAndAskAgain,
    /// The caller goes to the first transfer target, or without one is offered that somebody calls back.
    Transfer,
    /// The caller is offered that somebody calls back.
    OfferCallback,
}

/// What happens when nobody answers a question of the agent in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClarificationTimeout {
    /// The agent offers that somebody calls back.
    #[default]
    #[serde(alias = "offer_call_back")]
    OfferCallback,
    /// The caller goes to the first transfer target, or without one is offered that somebody calls back.
    Transfer,
    /// The agent decides by what it knows.
    Decide,
}

/// Approval, as a personality has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ApprovalSettings {
    /// Which replies.
    pub mode: ApprovalMode,
    /// Time to decide, 5 to 60 seconds.
    pub timeout_seconds: u32,
    /// What happens then.
    pub on_timeout: ApprovalTimeout,
}

impl Default for ApprovalSettings {
    fn default() -> Self {
        Self {
            mode: ApprovalMode::default(),
            timeout_seconds: 15,
            on_timeout: ApprovalTimeout::default(),
        }
    }
}

/// Questions of the agent to people, as a personality has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClarificationSettings {
    /// Time to answer, 10 to 120 seconds.
    pub timeout_seconds: u32,
    /// What happens then.
    pub on_timeout: ClarificationTimeout,
}

impl Default for ClarificationSettings {
    fn default() -> Self {
        Self {
            timeout_seconds: 30,
            on_timeout: ClarificationTimeout::default(),
        }
    }
}

impl Policy {
    /// The same, with people asked as this personality says.
    #[must_use]
    pub fn asking_as(mut self, personality: &Personality) -> Self {
        let (approval, clarification) = (personality.approval, personality.clarification);
        self.approval = approval.mode;
        self.approval_ms = u64::from(approval.timeout_seconds) * 1_000;
        self.approval_on_timeout = approval.on_timeout;
        self.clarification_ms = u64::from(clarification.timeout_seconds) * 1_000;
        self.clarification_on_timeout = clarification.on_timeout;
        self
    }
}
