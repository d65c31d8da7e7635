//! News of a conference and of those in it.

use std::fmt;

use chrono::{DateTime, Utc};

use super::BadForm;
use super::read::{id, number, text, time};
use crate::twilio::form::Form;
use crate::twilio::status::CarrierStatus;

/// What happened in a conference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConferenceEventKind {
    /// It began.
    Start,
    /// It is over.
    End,
    /// Somebody came.
    Join,
    /// Somebody went.
    Leave,
    /// Somebody is no longer heard.
    Mute,
    /// Somebody is heard again.
    Unmute,
    /// Somebody was put on hold.
    Hold,
    /// Somebody was taken from hold.
    Unhold,
    /// Something else of a participant was changed.
    Modify,
    /// Somebody began to speak.
    SpeechStart,
    /// Somebody stopped speaking.
    SpeechStop,
    /// An announcement is over.
    AnnouncementEnd,
    /// An announcement could not be made.
    AnnouncementFail,
    /// A word we do not know, or none.
    Unknown,
}

impl ConferenceEventKind {
    /// Reads the carrier's word.
    #[must_use]
    pub fn read(word: &str) -> Self {
        match word.trim().to_ascii_lowercase().as_str() {
            "conference-start" => Self::Start,
            "conference-end" => Self::End,
            "participant-join" => Self::Join,
            "participant-leave" => Self::Leave,
            "participant-mute" => Self::Mute,
            "participant-unmute" => Self::Unmute,
            "participant-hold" => Self::Hold,
            "participant-unhold" => Self::Unhold,
            "participant-modify" => Self::Modify,
            "participant-speech-start" => Self::SpeechStart,
            "participant-speech-stop" => Self::SpeechStop,
            "announcement-end" => Self::AnnouncementEnd,
            "announcement-fail" => Self::AnnouncementFail,
            _ => Self::Unknown,
        }
    }

    /// The word by which news of this kind are asked for; some share one.
    fn word(self) -> Option<&'static str> {
        Some(match self {
            Self::Start => "start",
            Self::End => "end",
            Self::Join => "join",
            Self::Leave => "leave",
            Self::Mute | Self::Unmute => "mute",
            Self::Hold | Self::Unhold => "hold",
            Self::Modify => "modify",
            Self::SpeechStart | Self::SpeechStop => "speaker",
            Self::AnnouncementEnd | Self::AnnouncementFail => "announcement",
            Self::Unknown => return None,
        })
    }

    /// The words that ask for these kinds, each once.
    pub(in crate::twilio) fn subscription(kinds: &[Self]) -> impl Iterator<Item = &'static str> + use<> {
        let mut words: Vec<&'static str> = Vec::new();
        for word in kinds.iter().filter_map(|kind| kind.word()) {
            if !words.contains(&word) {
                words.push(word);
            }
        }
        words.into_iter()
    }
}

/// News of a conference. At least once, in any order, late.
#[derive(Clone, PartialEq, Eq)]
pub struct ConferenceEvent {
    /// The carrier's id of the conference (`CF…`).
    pub conference_sid: String,
    /// The account that owns it.
    pub account_sid: String,
    /// The room's name.
    pub room: Option<String>,
    /// What happened.
    pub kind: ConferenceEventKind,
    /// Counts the news of a conference.
    pub sequence_number: Option<i64>,
    /// When, by the carrier's clock.
    pub timestamp: Option<DateTime<Utc>>,
    /// The participant's call; for the end, the call that ended it.
    pub call_sid: Option<String>,
    /// The participant's name in the room.
    pub label: Option<String>,
    /// Whether the participant is on hold.
    pub hold: bool,
    /// Whether the participant is muted.
    pub muted: bool,
    /// Where the call of somebody who went stands.
    pub participant_status: CarrierStatus,
    /// Why somebody went, or why it ended.
    pub reason: Option<String>,
}

impl ConferenceEvent {
    /// Reads a form body.
    ///
    /// # Errors
    /// An id is missing or contradictory.
    pub fn parse(body: &[u8]) -> Result<Self, BadForm> {
        let form = Form::parse(body);
        let flag = |name: &str| {
            form.get(name)
                .is_some_and(|word| word.eq_ignore_ascii_case("true"))
        };
        let first = |names: [&str; 3]| names.iter().find_map(|name| text(&form, name));
        if form.contradicts("CallSid") {
            return Err(BadForm::Contradictory("CallSid"));
        }
        Ok(Self {
            conference_sid: id(&form, "ConferenceSid")?,
            account_sid: id(&form, "AccountSid")?,
            room: text(&form, "FriendlyName"),
            kind: ConferenceEventKind::read(&form.get("StatusCallbackEvent").unwrap_or_default()),
            sequence_number: number(&form, "SequenceNumber"),
            timestamp: form.get("Timestamp").and_then(|text| time(&text)),
            call_sid: text(&form, "CallSid").or_else(|| text(&form, "CallSidEndingConference")),
            label: text(&form, "ParticipantLabel")
                .or_else(|| text(&form, "ParticipantLabelEndingConference")),
            hold: flag("Hold"),
            muted: flag("Muted"),
            participant_status: form
                .get("ParticipantCallStatus")
                .map_or(CarrierStatus::Unknown, |word| CarrierStatus::read(&word)),
            reason: first(["ReasonParticipantLeft", "ReasonConferenceEnded", "Reason"]),
        })
    }
}

impl fmt::Debug for ConferenceEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConferenceEvent")
            .field("conference_sid", &self.conference_sid)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leaving_and_an_end_are_read() {
        let left = ConferenceEvent::parse(
            b"ConferenceSid=CF1&AccountSid=AC1&FriendlyName=xfer-CA1&SequenceNumber=4&\
StatusCallbackEvent=participant-leave&CallSid=CA2&ParticipantLabel=agent&Muted=false&Hold=true&\
ParticipantCallStatus=completed&ReasonParticipantLeft=participant_hung_up",
        )
        .unwrap();
        assert_eq!(left.kind, ConferenceEventKind::Leave);
        assert_eq!(
            (left.call_sid.as_deref(), left.label.as_deref()),
            (Some("CA2"), Some("agent"))
        );
        assert_eq!((left.hold, left.muted), (true, false));
        assert_eq!(left.participant_status, CarrierStatus::Completed);
        assert_eq!(left.reason.as_deref(), Some("participant_hung_up"));
        let end = ConferenceEvent::parse(
            b"ConferenceSid=CF1&AccountSid=AC1&StatusCallbackEvent=conference-end&\
CallSidEndingConference=CA2&ReasonConferenceEnded=last-participant-left",
        )
        .unwrap();
        assert_eq!(
            (end.kind, end.call_sid.as_deref()),
            (ConferenceEventKind::End, Some("CA2"))
        );
        assert_eq!(end.reason.as_deref(), Some("last-participant-left"));
        assert!(ConferenceEvent::parse(b"AccountSid=AC1").is_err());
    }

    #[test]
    fn kinds_are_asked_for_by_each_word_once() {
        let words: Vec<&str> = ConferenceEventKind::subscription(&[
            ConferenceEventKind::Hold,
            ConferenceEventKind::Unhold,
            ConferenceEventKind::Unknown,
            ConferenceEventKind::End,
        ])
        .collect();
        assert_eq!(words, ["hold", "end"]);
    }
}
