//! News of a recording.

use std::fmt;

use chrono::{DateTime, Utc};

use super::BadForm;
use super::read::{id, number, text, time};
use crate::twilio::form::Form;

/// Where a recording stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordingState {
    /// It runs.
    InProgress,
    /// It runs and takes nothing in.
    Paused,
    /// It is over; there is no file yet.
    Stopped,
    /// The file is being made.
    Processing,
    /// There is a file.
    Completed,
    /// There is nothing: too short, or silence.
    Absent,
    /// It could not be made.
    Failed,
    /// It was deleted.
    Deleted,
    /// A word we do not know, or none.
    Unknown,
}

impl RecordingState {
    /// Reads the carrier's word.
    #[must_use]
    pub fn read(word: &str) -> Self {
        match word.trim().to_ascii_lowercase().replace('_', "-").as_str() {
            "in-progress" => Self::InProgress,
            "paused" => Self::Paused,
            "stopped" => Self::Stopped,
            "processing" => Self::Processing,
            "completed" => Self::Completed,
            "absent" => Self::Absent,
            "failed" => Self::Failed,
            "deleted" => Self::Deleted,
            _ => Self::Unknown,
        }
    }
}

/// News of a recording. At least once, in any order, late.
#[derive(Clone, PartialEq, Eq)]
pub struct RecordingStatus {
    /// The account that owns it.
    pub account_sid: String,
    /// The carrier's id of the recording.
    pub recording_sid: String,
    /// The call it is of; a conference's recording has none.
    pub call_sid: Option<String>,
    /// The conference it is of.
    pub conference_sid: Option<String>,
    /// Where it stands.
    pub state: RecordingState,
    /// Where the file is, without ending.
    pub url: Option<String>,
    /// How long it is.
    pub duration_seconds: Option<i64>,
    /// One channel or two.
    pub channels: Option<u8>,
    /// When it began, by the carrier's clock.
    pub started_at: Option<DateTime<Utc>>,
    /// What began it, in the carrier's words.
    pub source: Option<String>,
    /// The carrier's error, if there was one.
    pub error_code: Option<u32>,
}

impl RecordingStatus {
    /// Reads a form body.
    ///
    /// # Errors
    /// An id is missing or contradictory.
    pub fn parse(body: &[u8]) -> Result<Self, BadForm> {
        let form = Form::parse(body);
        if form.contradicts("CallSid") {
            return Err(BadForm::Contradictory("CallSid"));
        }
        Ok(Self {
            account_sid: id(&form, "AccountSid")?,
            recording_sid: id(&form, "RecordingSid")?,
            call_sid: text(&form, "CallSid"),
            conference_sid: text(&form, "ConferenceSid"),
            state: RecordingState::read(&form.get("RecordingStatus").unwrap_or_default()),
            url: text(&form, "RecordingUrl"),
            duration_seconds: number(&form, "RecordingDuration").filter(|seconds| *seconds >= 0),
            channels: number(&form, "RecordingChannels"),
            started_at: form.get("RecordingStartTime").and_then(|text| time(&text)),
            source: text(&form, "RecordingSource"),
            error_code: number(&form, "ErrorCode"),
        })
    }
}

impl fmt::Debug for RecordingStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordingStatus")
            .field("recording_sid", &self.recording_sid)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_callback_is_read() {
        let status = RecordingStatus::parse(
            b"AccountSid=AC1&CallSid=CA1&RecordingSid=RE1&RecordingUrl=https%3A%2F%2Fapi.example%2FRE1&\
RecordingStatus=completed&RecordingDuration=12&RecordingChannels=2&RecordingSource=StartCallRecordingAPI&\
RecordingTrack=both&RecordingStartTime=Sat%2C+21+Nov+2026+09%3A15%3A02+%2B0000",
        )
        .unwrap();
        assert_eq!(status.state, RecordingState::Completed);
        assert_eq!((status.duration_seconds, status.channels), (Some(12), Some(2)));
        assert_eq!(
            status.started_at.unwrap().to_rfc3339(),
            "2026-11-21T09:15:02+00:00"
        );
        assert_eq!(
            format!("{status:?}"),
            "RecordingStatus { recording_sid: \"RE1\", state: Completed, .. }"
        );
    }

    #[test]
    fn a_recording_of_a_conference_has_no_call_and_an_odd_word_is_no_fault() {
        let status = RecordingStatus::parse(
            b"AccountSid=AC1&ConferenceSid=CF1&RecordingSid=RE1&RecordingStatus=melted&RecordingDuration=-1",
        )
        .unwrap();
        assert_eq!((status.call_sid, status.state), (None, RecordingState::Unknown));
        assert_eq!(status.duration_seconds, None);
        assert_eq!(
            RecordingStatus::parse(b"AccountSid=AC1").unwrap_err(),
            BadForm::Missing("RecordingSid")
        );
        assert_eq!(
            RecordingStatus::parse(b"AccountSid=AC1&RecordingSid=RE1&CallSid=CA1&CallSid=CA2").unwrap_err(),
            BadForm::Contradictory("CallSid")
        );
    }
}
