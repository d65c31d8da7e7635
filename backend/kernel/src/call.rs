//! What a call is, in the closed words that Rust, SQL, JSON and the UI share.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Declares a closed word list with its stored form. The texts are `tt`: a `literal` fragment hides the serde name from
/// the schema derive, which would then publish the variant's name.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:tt,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $text)] $variant,)* }

        impl $name {
            /// Every word of the list.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// As stored and shown.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// Reads the stored form.
            #[must_use]
            pub fn from_stored(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|word| word.as_str() == text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
pub(crate) use words;

words! {
    /// Which way the call went.
    Direction {
        /// A caller rang us.
        Inbound = "inbound",
        /// We rang somebody.
        Outbound = "outbound",
    }
}

words! {
    /// What a call runs over.
    Channel {
        /// The telephone network, by the carrier.
        Phone = "phone",
        /// A browser, without a carrier.
        Web = "web",
    }
}

words! {
    /// How a call is spoken.
    Engine {
        /// Media Streams bridged to a speech-to-speech model.
        Realtime = "realtime",
        /// ConversationRelay text with a streaming language model.
        Relay = "relay",
        /// Media Streams with own speech-to-text and text-to-speech.
        Pipeline = "pipeline",
        /// Speech gathered by the carrier turn by turn.
        Gather = "gather",
    }
}

words! {
    /// Where the call stands; only ever forward.
    CallStatus {
        /// Waiting for its turn to be dialled.
        Queued = "queued",
        /// Being dialled.
        Dialing = "dialing",
        /// The far end rings.
        Ringing = "ringing",
        /// Answered.
        InProgress = "in_progress",
        /// Over.
        Ended = "ended",
    }
}

impl CallStatus {
    /// Order in which the states follow each other.
    #[must_use]
    pub fn rank(self) -> u8 {
        match self {
            Self::Queued => 0,
            Self::Dialing => 1,
            Self::Ringing => 2,
            Self::InProgress => 3,
            Self::Ended => 4,
        }
    }
}

words! {
    /// What the conversation of a live call is doing.
    ConversationState {
        /// Checking who calls.
        Verifying = "verifying",
        /// The agent speaks its greeting.
        Greeting = "greeting",
        /// Waiting for the caller.
        Listening = "listening",
        /// The model has been asked.
        Thinking = "thinking",
        /// A tool runs.
        ToolRunning = "tool_running",
        /// A reply waits for a supervisor's approval.
        AwaitingApproval = "awaiting_approval",
        /// The agent has asked a supervisor.
        AwaitingHuman = "awaiting_human",
        /// The agent speaks.
        Speaking = "speaking",
        /// A supervisor speaks.
        HumanSpeaking = "human_speaking",
        /// The caller is on hold.
        OnHold = "on_hold",
    }
}

words! {
    /// Why a call ended.
    EndedReason {
        /// The caller hung up.
        CallerHangup = "caller_hangup",
        /// The agent hung up.
        AgentHangup = "agent_hangup",
        /// A supervisor ended it.
        SupervisorHangup = "supervisor_hangup",
        /// A program ended it.
        ApiHangup = "api_hangup",
        /// Handed to somebody else.
        Transferred = "transferred",
        /// The transfer target has hung up.
        TransferCompleted = "transfer_completed",
        /// Nobody took the transfer.
        TransferFailed = "transfer_failed",
        /// A person took it over to the end.
        TakenOver = "taken_over",
        /// A message was left.
        VoicemailLeft = "voicemail_left",
        /// A mailbox answered and we hung up.
        VoicemailHangup = "voicemail_hangup",
        /// A menu answered and we hung up.
        IvrHangup = "ivr_hangup",
        /// A screener refused us.
        Screened = "screened",
        /// Nobody said anything any more.
        SilenceTimeout = "silence_timeout",
        /// The longest allowed length was reached.
        MaxDuration = "max_duration",
        /// The highest allowed cost was reached.
        MaxCost = "max_cost",
        /// The callee was busy.
        DialBusy = "dial_busy",
        /// The callee did not answer.
        DialNoAnswer = "dial_no_answer",
        /// The dial failed.
        DialFailed = "dial_failed",
        /// The callee rejected the call.
        DialRejected = "dial_rejected",
        /// The number cannot be dialled.
        DialInvalid = "dial_invalid",
        /// Cancelled before the answer.
        Canceled = "canceled",
        /// The destination is not allowed.
        BlockedDestination = "blocked_destination",
        /// No consent.
        BlockedConsent = "blocked_consent",
        /// Looks like fraud.
        BlockedFraud = "blocked_fraud",
        /// No money left.
        BlockedFunds = "blocked_funds",
        /// Too many calls at once.
        BlockedConcurrency = "blocked_concurrency",
        /// The caller may not.
        VerificationFailed = "verification_failed",
        /// A setting is wrong.
        ConfigError = "config_error",
        /// The model failed.
        EngineError = "engine_error",
        /// A tool failed.
        ToolError = "tool_error",
        /// The carrier failed.
        CarrierError = "carrier_error",
        /// We failed.
        PlatformError = "platform_error",
        /// The caller left before the agent could speak.
        Abandoned = "abandoned",
        /// Its instance died and nobody resumed it.
        Orphaned = "orphaned",
    }
}

words! {
    /// Who ended it.
    EndedBy {
        /// The caller.
        Caller = "caller",
        /// The agent.
        Agent = "agent",
        /// A supervisor.
        Supervisor = "supervisor",
        /// A program.
        Api = "api",
        /// The platform.
        Platform = "platform",
        /// The carrier.
        Carrier = "carrier",
    }
}

words! {
    /// Whose fault an unwanted end is.
    Fault {
        /// Nobody's: a normal end.
        None = "none",
        /// The caller's.
        Caller = "caller",
        /// The tenant's settings.
        Tenant = "tenant",
        /// The carrier's.
        Carrier = "carrier",
        /// The model provider's.
        Engine = "engine",
        /// Ours.
        Platform = "platform",
    }
}

/// How a call ended: the one terminal fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    /// Why.
    pub reason: EndedReason,
    /// By whom.
    pub by: EndedBy,
    /// Whose fault, if any.
    pub fault: Fault,
    /// More, for people; never a secret.
    pub detail: Option<String>,
}

impl Ending {
    /// An ending whose maker and fault follow from the reason.
    #[must_use]
    pub fn of(reason: EndedReason) -> Self {
        use EndedReason as R;
        let (by, fault) = match reason {
            R::CallerHangup | R::Abandoned => (EndedBy::Caller, Fault::None),
            R::AgentHangup
            | R::Transferred
            | R::TransferCompleted
            | R::VoicemailLeft
            | R::VoicemailHangup
            | R::IvrHangup => (EndedBy::Agent, Fault::None),
            R::SupervisorHangup | R::TakenOver => (EndedBy::Supervisor, Fault::None),
            R::ApiHangup | R::Canceled => (EndedBy::Api, Fault::None),
            R::SilenceTimeout | R::MaxDuration => (EndedBy::Platform, Fault::None),
            R::MaxCost
            | R::BlockedDestination
            | R::BlockedConsent
            | R::BlockedFunds
            | R::BlockedConcurrency
            | R::ConfigError => (EndedBy::Platform, Fault::Tenant),
            R::BlockedFraud | R::VerificationFailed => (EndedBy::Platform, Fault::Caller),
            R::Screened | R::DialBusy | R::DialNoAnswer | R::DialRejected => (EndedBy::Carrier, Fault::None),
            R::DialFailed | R::DialInvalid | R::CarrierError | R::TransferFailed => {
                (EndedBy::Carrier, Fault::Carrier)
            }
            R::EngineError => (EndedBy::Platform, Fault::Engine),
            R::ToolError => (EndedBy::Platform, Fault::Tenant),
            R::PlatformError | R::Orphaned => (EndedBy::Platform, Fault::Platform),
        };
        Self {
            reason,
            by,
            fault,
            detail: None,
        }
    }

    /// The same with a detail for people.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back() {
        for reason in EndedReason::ALL {
            assert_eq!(EndedReason::from_stored(reason.as_str()), Some(*reason));
        }
        assert_eq!(EndedReason::ALL.len(), 34);
    }

    #[test]
    fn whose_fault_an_end_is_follows_from_its_reason() {
        for reason in EndedReason::ALL {
            let ending = Ending::of(*reason);
            let wanted = match ending.by {
                EndedBy::Caller | EndedBy::Agent | EndedBy::Supervisor | EndedBy::Api => vec![Fault::None],
                EndedBy::Carrier => vec![Fault::None, Fault::Carrier],
                EndedBy::Platform => vec![
                    Fault::None,
                    Fault::Tenant,
                    Fault::Caller,
                    Fault::Engine,
                    Fault::Platform,
                ],
            };
            assert!(wanted.contains(&ending.fault), "{reason}: {ending:?}");
            let word = ending.reason.as_str();
            let failed = word.ends_with("_error") || word.starts_with("blocked_") || word == "orphaned";
            assert_eq!(failed, failed && ending.fault != Fault::None, "{reason}");
        }
    }

    #[test]
    fn states_only_go_forward() {
        assert!(CallStatus::ALL.is_sorted_by_key(|status| status.rank()));
    }
}
