//! Webhook forms read into what we act on.
//!
//! Liberal: unknown parameters, values and letter case never fail a call. What cannot be missing is who the
//! call is (`CallSid`) and whose (`AccountSid`), and these may not be told twice in two ways.

use std::fmt;

use chrono::{DateTime, Utc};
use phony_kernel::E164;

use super::form::Form;
use super::relay::Handoff;
use super::status::CarrierStatus;

/// Names the call only: forms hold telephone numbers and words of the talk, which no log line may.
macro_rules! debug_by_call {
    ($($name:ident: $status:ident),*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name))
                    .field("call_sid", &self.call_sid)
                    .field(stringify!($status), &self.$status)
                    .finish_non_exhaustive()
            }
        }
    )*};
}

mod conference;
mod gather;
mod machine;
mod read;
mod recording;
mod stream;

pub use conference::{ConferenceEvent, ConferenceEventKind};
pub use gather::{GatherAction, GatherPartial};
pub use machine::{AnsweredBy, MachineVerdict};
use read::{either, id, number, status, text, time};
pub use recording::{RecordingState, RecordingStatus};
pub use stream::{StreamEvent, StreamStatus};

/// Why a form cannot be acted on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadForm {
    /// A parameter that must be there is not.
    #[error("parameter {0} is missing")]
    Missing(&'static str),
    /// A parameter comes twice with different values.
    #[error("parameter {0} comes with two values")]
    Contradictory(&'static str),
}

/// The other end of a call as the carrier names it.
#[derive(Clone, PartialEq, Eq)]
pub enum Party {
    /// A telephone number.
    Number(E164),
    /// Withheld, unknown or unreadable; never to be used as a key for a person.
    Withheld,
    /// A browser or app (`client:…`).
    Client(String),
    /// A SIP address (`sip:…`).
    Sip(String),
}

/// Pseudo-numbers that stand for a withheld caller: the words spelled on a telephone's keys.
const WITHHELD: [&str; 5] = [
    "+266696687",
    "+7378742833",
    "+2562533",
    "+8656696",
    "+86282452253",
];

impl Party {
    /// Reads a `From` or `To`.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let text = text.trim();
        if let Some(name) = text.strip_prefix("client:") {
            return Self::Client(name.to_owned());
        }
        if text.starts_with("sip:") || text.starts_with("sips:") {
            return Self::Sip(text.to_owned());
        }
        if WITHHELD.contains(&text) {
            return Self::Withheld;
        }
        E164::from_canonical(text).map_or(Self::Withheld, Self::Number)
    }

    /// The number, when it is one.
    #[must_use]
    pub fn number(&self) -> Option<&E164> {
        match self {
            Self::Number(number) => Some(number),
            _ => None,
        }
    }
}

impl fmt::Debug for Party {
    /// Without the name or the whole number: this may reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number:?}"),
            Self::Withheld => f.write_str("withheld"),
            Self::Client(_) => f.write_str("client:•••"),
            Self::Sip(_) => f.write_str("sip:•••"),
        }
    }
}

/// The request for instructions when a call comes in (or an outbound one is answered).
#[derive(Clone, PartialEq, Eq)]
pub struct VoiceRequest {
    /// The carrier's id of the call.
    pub call_sid: String,
    /// The account that owns the number.
    pub account_sid: String,
    /// The caller as the carrier wrote it.
    pub from: String,
    /// The called number as the carrier wrote it.
    pub to: String,
    /// `inbound`, `outbound-api` or `outbound-dial`.
    pub direction: String,
    /// Where the call stands.
    pub call_status: CarrierStatus,
    /// Whose number was dialled before it was forwarded here.
    pub forwarded_from: Option<String>,
    /// Name of the caller, if it was looked up.
    pub caller_name: Option<String>,
    /// Country of the caller, ISO 3166.
    pub from_country: Option<String>,
    /// How far the network vouches for the caller's number.
    pub stir_verstat: Option<String>,
    /// What an answering-machine check found.
    pub answered_by: Option<String>,
    /// Why the primary URL failed, when this is the fallback.
    pub error_code: Option<u32>,
}

impl VoiceRequest {
    /// Reads a form body.
    ///
    /// # Errors
    /// An id is missing or contradictory.
    pub fn parse(body: &[u8]) -> Result<Self, BadForm> {
        let form = Form::parse(body);
        Ok(Self {
            call_sid: id(&form, "CallSid")?,
            account_sid: id(&form, "AccountSid")?,
            from: either(&form, "From", "Caller"),
            to: either(&form, "To", "Called"),
            direction: text(&form, "Direction")
                .unwrap_or_else(|| "inbound".to_owned())
                .to_lowercase(),
            call_status: status(&form, "CallStatus"),
            forwarded_from: text(&form, "ForwardedFrom"),
            caller_name: text(&form, "CallerName"),
            from_country: text(&form, "FromCountry"),
            stir_verstat: text(&form, "StirVerstat"),
            answered_by: text(&form, "AnsweredBy"),
            error_code: number(&form, "ErrorCode"),
        })
    }

    /// The caller.
    #[must_use]
    pub fn caller(&self) -> Party {
        Party::read(&self.from)
    }

    /// The number that was called.
    #[must_use]
    pub fn called(&self) -> Party {
        Party::read(&self.to)
    }

    /// Whether somebody rang us.
    #[must_use]
    pub fn is_inbound(&self) -> bool {
        self.direction.starts_with("inbound")
    }
}

/// News about where a call stands. At least once, in any order, late.
#[derive(Clone, PartialEq, Eq)]
pub struct StatusCallback {
    /// The carrier's id of the call.
    pub call_sid: String,
    /// The account that owns it.
    pub account_sid: String,
    /// The leg it is a child of.
    pub parent_call_sid: Option<String>,
    /// Where it stands.
    pub status: CarrierStatus,
    /// The carrier's own word, as it came.
    pub raw_status: String,
    /// Counts from 0 for each call and callback address.
    pub sequence_number: Option<i64>,
    /// Seconds from answer to end; only at the end.
    pub duration_seconds: Option<i64>,
    /// Minutes the carrier bills, rounded up; only at the end.
    pub billed_minutes: Option<i64>,
    /// When it happened, by the carrier's clock.
    pub timestamp: Option<DateTime<Utc>>,
    /// Last answer of the telephone network.
    pub sip_response_code: Option<u16>,
    /// The carrier's error, if there was one.
    pub error_code: Option<u32>,
    /// What an answering-machine check found.
    pub answered_by: Option<String>,
}

impl StatusCallback {
    /// Reads a form body.
    ///
    /// # Errors
    /// An id or the status is missing or contradictory.
    pub fn parse(body: &[u8]) -> Result<Self, BadForm> {
        let form = Form::parse(body);
        let raw_status = id(&form, "CallStatus")?;
        Ok(Self {
            call_sid: id(&form, "CallSid")?,
            account_sid: id(&form, "AccountSid")?,
            parent_call_sid: text(&form, "ParentCallSid"),
            status: CarrierStatus::read(&raw_status),
            raw_status,
            sequence_number: number(&form, "SequenceNumber"),
            duration_seconds: number(&form, "CallDuration").filter(|seconds| *seconds >= 0),
            billed_minutes: number(&form, "Duration").filter(|minutes| *minutes >= 0),
            timestamp: form.get("Timestamp").and_then(|text| time(&text)),
            sip_response_code: number(&form, "SipResponseCode"),
            error_code: number(&form, "ErrorCode"),
            answered_by: text(&form, "AnsweredBy"),
        })
    }
}

/// How a relay session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionStatus {
    /// We ended it.
    Ended,
    /// The caller hung up.
    Completed,
    /// The socket was lost, or a setting was wrong.
    Failed,
    /// A word we do not know, or none.
    Unknown,
}

/// The request for what comes after a `<Connect>`.
#[derive(Clone, PartialEq, Eq)]
pub struct ConnectAction {
    /// The carrier's id of the call.
    pub call_sid: String,
    /// The account that owns it.
    pub account_sid: String,
    /// Where the call stands.
    pub call_status: CarrierStatus,
    /// The carrier's id of the session.
    pub session_id: Option<String>,
    /// How the session ended.
    pub session_status: SessionStatus,
    /// How long it was.
    pub session_seconds: Option<i64>,
    /// What we gave along when we ended it, as it came.
    pub handoff_data: Option<String>,
    /// The carrier's error, if there was one.
    pub error_code: Option<u32>,
    /// The same in words.
    pub error_message: Option<String>,
}

impl ConnectAction {
    /// Reads a form body.
    ///
    /// # Errors
    /// An id is missing or contradictory.
    pub fn parse(body: &[u8]) -> Result<Self, BadForm> {
        let form = Form::parse(body);
        let session_status = match form
            .get("SessionStatus")
            .unwrap_or_default()
            .to_lowercase()
            .as_str()
        {
            "ended" => SessionStatus::Ended,
            "completed" => SessionStatus::Completed,
            "failed" => SessionStatus::Failed,
            _ => SessionStatus::Unknown,
        };
        Ok(Self {
            call_sid: id(&form, "CallSid")?,
            account_sid: id(&form, "AccountSid")?,
            call_status: status(&form, "CallStatus"),
            session_id: text(&form, "SessionId"),
            session_status,
            session_seconds: number(&form, "SessionDuration").filter(|seconds| *seconds >= 0),
            handoff_data: text(&form, "HandoffData"),
            error_code: number(&form, "ErrorCode"),
            error_message: text(&form, "ErrorMessage"),
        })
    }

    /// What we asked to happen next, when it reads as one of our own orders.
    #[must_use]
    pub fn handoff(&self) -> Option<Handoff> {
        serde_json::from_str(self.handoff_data.as_deref()?).ok()
    }
}

/// The request for what comes after a `<Dial>`.
#[derive(Clone, PartialEq, Eq)]
pub struct DialAction {
    /// The caller's leg.
    pub call_sid: String,
    /// The account that owns it.
    pub account_sid: String,
    /// Where the caller's leg stands.
    pub call_status: CarrierStatus,
    /// How the dialled leg went.
    pub dial_status: CarrierStatus,
    /// The dialled leg.
    pub dial_call_sid: Option<String>,
    /// Seconds the two talked.
    pub dial_seconds: Option<i64>,
    /// Whether the two were really joined, if the carrier says.
    pub bridged: Option<bool>,
}

impl DialAction {
    /// Reads a form body.
    ///
    /// # Errors
    /// An id is missing or contradictory.
    pub fn parse(body: &[u8]) -> Result<Self, BadForm> {
        let form = Form::parse(body);
        // A conference says `answered` where a number says `completed`.
        let dial_status = match form.get("DialCallStatus") {
            Some(word) if word.eq_ignore_ascii_case("answered") => CarrierStatus::Completed,
            Some(word) => CarrierStatus::read(&word),
            None => CarrierStatus::Unknown,
        };
        Ok(Self {
            call_sid: id(&form, "CallSid")?,
            account_sid: id(&form, "AccountSid")?,
            call_status: status(&form, "CallStatus"),
            dial_status,
            dial_call_sid: text(&form, "DialCallSid"),
            dial_seconds: number(&form, "DialCallDuration").filter(|seconds| *seconds >= 0),
            bridged: form
                .get("DialBridged")
                .map(|word| word.eq_ignore_ascii_case("true")),
        })
    }

    /// Whether somebody took the call: a screening target that refuses reads `completed` but is not bridged.
    #[must_use]
    pub fn was_taken(&self) -> bool {
        self.bridged
            .unwrap_or(self.dial_status == CarrierStatus::Completed)
    }
}

debug_by_call!(
    VoiceRequest: call_status,
    StatusCallback: status,
    ConnectAction: session_status,
    DialAction: dial_status
);

#[cfg(test)]
mod tests;
