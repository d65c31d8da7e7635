//! Where a call stands, and who started it.

/// Where a call is; forward only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Status {
    Queued,
    Initiated,
    Ringing,
    InProgress,
    Completed,
    Busy,
    NoAnswer,
    Failed,
    Canceled,
}

impl Status {
    /// The word in callbacks.
    pub(crate) fn word(self) -> &'static str {
        match self {
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

    /// The word in REST answers, which never say `initiated`.
    pub(crate) fn rest_word(self) -> &'static str {
        if self == Self::Initiated {
            "queued"
        } else {
            self.word()
        }
    }

    pub(crate) fn is_over(self) -> bool {
        self >= Self::Completed
    }

    pub(crate) fn sip_code(self) -> &'static str {
        match self {
            Self::Busy => "486",
            Self::NoAnswer | Self::Canceled => "487",
            Self::Failed => "404",
            _ => "200",
        }
    }
}

/// Who started the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Inbound,
    OutboundApi,
    OutboundDial,
}

impl Direction {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::OutboundApi => "outbound-api",
            Self::OutboundDial => "outbound-dial",
        }
    }
}
