//! When people are asked about what a personality says: changes, and what is acceptable.

use std::ops::RangeInclusive;

use phony_conversation::plan::{
    ApprovalMode, ApprovalSettings, ApprovalTimeout, ClarificationSettings, ClarificationTimeout,
};
use phony_kernel::error::Faults;

/// Time to decide on a reply: a caller waits in silence.
const APPROVAL_SECONDS: RangeInclusive<u32> = 5..=60;
/// Time to answer a question.
const CLARIFICATION_SECONDS: RangeInclusive<u32> = 10..=120;

/// What to change in approval; what is absent stays.
#[derive(Debug, Clone, Copy, Default)]
pub struct ApprovalPatch {
    /// Which replies.
    pub mode: Option<ApprovalMode>,
    /// Time to decide.
    pub timeout_seconds: Option<u32>,
    /// What happens then.
    pub on_timeout: Option<ApprovalTimeout>,
}

impl ApprovalPatch {
    /// The settings after this change.
    #[must_use]
    pub fn apply(self, current: ApprovalSettings) -> ApprovalSettings {
        ApprovalSettings {
            mode: self.mode.unwrap_or(current.mode),
            timeout_seconds: self.timeout_seconds.unwrap_or(current.timeout_seconds),
            on_timeout: self.on_timeout.unwrap_or(current.on_timeout),
        }
    }
}

/// What to change in questions; what is absent stays.
#[derive(Debug, Clone, Copy, Default)]
pub struct ClarificationPatch {
    /// Time to answer.
    pub timeout_seconds: Option<u32>,
    /// What happens then.
    pub on_timeout: Option<ClarificationTimeout>,
}

impl ClarificationPatch {
    /// The settings after this change.
    #[must_use]
    pub fn apply(self, current: ClarificationSettings) -> ClarificationSettings {
        ClarificationSettings {
            timeout_seconds: self.timeout_seconds.unwrap_or(current.timeout_seconds),
            on_timeout: self.on_timeout.unwrap_or(current.on_timeout),
        }
    }
}

/// Checks the times.
pub(super) fn check(faults: &mut Faults, approval: &ApprovalSettings, clarification: &ClarificationSettings) {
    faults.require(
        APPROVAL_SECONDS.contains(&approval.timeout_seconds),
        "approval.timeout_seconds",
        "out_of_range",
        "must be from 5 to 60",
    );
    faults.require(
        CLARIFICATION_SECONDS.contains(&clarification.timeout_seconds),
        "clarification.timeout_seconds",
        "out_of_range",
        "must be from 10 to 120",
    );
}
