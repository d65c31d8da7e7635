//! The carrier's words for where a call stands.

use std::fmt;

use phony_kernel::call::{CallStatus, EndedReason};

/// Where the carrier says a call stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CarrierStatus {
    /// A word we do not know; it changes nothing.
    Unknown,
    /// Accepted, not yet dialled.
    Queued,
    /// Being dialled.
    Initiated,
    /// The far end rings.
    Ringing,
    /// Answered.
    InProgress,
    /// Over after an answer.
    Completed,
    /// The callee was busy.
    Busy,
    /// The callee did not answer.
    NoAnswer,
    /// Could not be connected.
    Failed,
    /// Cancelled before the answer.
    Canceled,
}

impl CarrierStatus {
    /// Every word the carrier is known to use.
    pub const ALL: [Self; 9] = [
        Self::Queued,
        Self::Initiated,
        Self::Ringing,
        Self::InProgress,
        Self::Completed,
        Self::Busy,
        Self::NoAnswer,
        Self::Failed,
        Self::Canceled,
    ];

    /// Reads the carrier's word in any letter case, with `-` or `_`.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let text = text.trim().to_ascii_lowercase().replace('_', "-");
        Self::ALL
            .into_iter()
            .find(|status| status.as_str() == text)
            .unwrap_or(Self::Unknown)
    }

    /// The carrier's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Queued => "queued",
            Self::Initiated => "initiated",
            Self::Ringing => "ringing",
            Self::InProgress => "in-progress",
            Self::Completed => "completed",
            Self::Busy => "busy",
            Self::NoAnswer => "no-answer",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
        }
    }

    /// Our word for it; `None` when the carrier's word is not known.
    #[must_use]
    pub fn call_status(self) -> Option<CallStatus> {
        match self {
            Self::Unknown => None,
            Self::Queued => Some(CallStatus::Queued),
            Self::Initiated => Some(CallStatus::Dialing),
            Self::Ringing => Some(CallStatus::Ringing),
            Self::InProgress => Some(CallStatus::InProgress),
            Self::Completed | Self::Busy | Self::NoAnswer | Self::Failed | Self::Canceled => {
                Some(CallStatus::Ended)
            }
        }
    }

    /// Order in which the words follow each other; an unknown word comes before all.
    #[must_use]
    pub fn rank(self) -> u8 {
        self.call_status().map_or(0, |status| status.rank() + 1)
    }

    /// Whether nothing can follow.
    #[must_use]
    pub fn is_terminal(self) -> bool {
        self.call_status() == Some(CallStatus::Ended)
    }

    /// Why a call with this last word was never answered; `None` when it was, or is not over.
    #[must_use]
    pub fn unanswered_reason(self) -> Option<EndedReason> {
        match self {
            Self::Busy => Some(EndedReason::DialBusy),
            Self::NoAnswer => Some(EndedReason::DialNoAnswer),
            Self::Failed => Some(EndedReason::DialFailed),
            Self::Canceled => Some(EndedReason::Canceled),
            _ => None,
        }
    }
}

impl fmt::Display for CarrierStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_letter_case_is_read() {
        for text in ["in-progress", "IN-PROGRESS", "In_Progress", " in-progress "] {
            assert_eq!(CarrierStatus::read(text), CarrierStatus::InProgress, "{text}");
        }
        assert_eq!(CarrierStatus::read("melted"), CarrierStatus::Unknown);
        assert_eq!(CarrierStatus::read(""), CarrierStatus::Unknown);
    }

    #[test]
    fn words_read_back_and_ranks_only_rise() {
        for status in CarrierStatus::ALL {
            assert_eq!(CarrierStatus::read(status.as_str()), status);
        }
        assert!(CarrierStatus::ALL.is_sorted_by_key(|status| status.rank()));
        assert_eq!(CarrierStatus::Busy.rank(), CarrierStatus::Completed.rank());
        assert_eq!(CarrierStatus::Unknown.rank(), 0);
    }
}
