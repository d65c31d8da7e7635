//! Participants of conferences: called in, held, spoken to, removed.

use std::borrow::Cow;

use phony_kernel::E164;
use serde::Deserialize;

use super::calls::CallEvent;
use super::machine::MachineDetection;
use super::{Effect, RestError, TwilioClient, lenient, segment};
use crate::twilio::params::ConferenceEventKind;

/// Longest name of a room or participant.
const LONGEST_NAME: usize = 128;

/// Somebody to be called into a room. The room is made when there is none of that name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewParticipant {
    /// A number of ours.
    pub from: E164,
    /// Who is called.
    pub to: E164,
    /// Name in the room, unique there.
    pub label: Option<String>,
    /// How long it rings, 5 to 600 seconds.
    pub timeout_s: Option<u32>,
    /// Longest call.
    pub time_limit_s: Option<u32>,
    /// Whether the conference begins when they come.
    pub start_on_enter: bool,
    /// Whether it ends when they go.
    pub end_on_exit: bool,
    /// Whether a tone tells the others that they come and go.
    pub beep: bool,
    /// Whether nobody hears them.
    pub muted: bool,
    /// Call of the participant who alone hears them.
    pub coach: Option<String>,
    /// Heard while they wait for the conference to begin; an empty one is silence, none the carrier's music.
    pub wait_url: Option<String>,
    /// Where news of their call go.
    pub status_callback: Option<String>,
    /// Which news.
    pub events: Vec<CallEvent>,
    /// Where news of the conference go. The address of the first participant counts for all.
    pub conference_callback: Option<String>,
    /// Which news.
    pub conference_events: Vec<ConferenceEventKind>,
    /// Whether the carrier finds out who answered.
    pub machine_detection: Option<MachineDetection>,
}

impl NewParticipant {
    /// Somebody who begins the conference and whose leaving does not end it, without tones.
    #[must_use]
    pub fn new(from: E164, to: E164) -> Self {
        Self {
            from,
            to,
            label: None,
            timeout_s: None,
            time_limit_s: None,
            start_on_enter: true,
            end_on_exit: false,
            beep: false,
            muted: false,
            coach: None,
            wait_url: None,
            status_callback: None,
            events: Vec::new(),
            conference_callback: None,
            conference_events: Vec::new(),
            machine_detection: None,
        }
    }

    fn form(&self) -> Vec<(&'static str, Cow<'_, str>)> {
        let mut form: Vec<(&'static str, Cow<'_, str>)> = vec![
            ("From", self.from.as_str().into()),
            ("To", self.to.as_str().into()),
            ("StartConferenceOnEnter", flag(self.start_on_enter)),
            ("EndConferenceOnExit", flag(self.end_on_exit)),
            ("Beep", flag(self.beep)),
            ("Muted", flag(self.muted)),
            // What is heard before the answer is no part of a conversation.
            ("EarlyMedia", flag(false)),
        ];
        form.extend(self.label.as_ref().map(|label| ("Label", label.into())));
        form.extend(
            self.timeout_s
                .map(|seconds| ("Timeout", seconds.clamp(5, 600).to_string().into())),
        );
        form.extend(
            self.time_limit_s
                .map(|seconds| ("TimeLimit", seconds.to_string().into())),
        );
        if let Some(call_sid) = &self.coach {
            form.extend([("Coaching", flag(true)), ("CallSidToCoach", call_sid.into())]);
        }
        if let Some(url) = &self.wait_url {
            form.extend([("WaitUrl", url.into()), ("WaitMethod", "POST".into())]);
        }
        if let Some(url) = &self.status_callback {
            form.extend([
                ("StatusCallback", url.into()),
                ("StatusCallbackMethod", "POST".into()),
            ]);
            form.extend(
                self.events
                    .iter()
                    .map(|event| ("StatusCallbackEvent", event.as_str().into())),
            );
        }
        if let Some(url) = &self.conference_callback {
            form.extend([
                ("ConferenceStatusCallback", url.into()),
                ("ConferenceStatusCallbackMethod", "POST".into()),
            ]);
            form.extend(
                ConferenceEventKind::subscription(&self.conference_events)
                    .map(|word| ("ConferenceStatusCallbackEvent", word.into())),
            );
        }
        if let Some(detection) = &self.machine_detection {
            detection.write_for_participant(&mut form);
        }
        form
    }
}

/// What of a participant is changed; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ParticipantUpdate {
    /// Hears only what `hold_url` gives, and nobody hears them.
    pub hold: Option<bool>,
    /// What is heard on hold; none is the carrier's music.
    pub hold_url: Option<String>,
    /// Nobody hears them.
    pub muted: Option<bool>,
    /// Said to them alone.
    pub announce_url: Option<String>,
    /// Whether the conference ends when they go.
    pub end_on_exit: Option<bool>,
}

/// A participant as the carrier has it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Participant {
    /// Their call (`CA…`).
    pub call_sid: String,
    /// The conference (`CF…`).
    pub conference_sid: String,
    /// Name in the room.
    #[serde(default, deserialize_with = "lenient::text")]
    pub label: Option<String>,
    /// `queued`, `connecting`, `ringing`, `connected`, `complete` or `failed`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub status: Option<String>,
    /// Whether nobody hears them.
    #[serde(default, deserialize_with = "lenient::flag")]
    pub muted: bool,
    /// Whether they are on hold.
    #[serde(default, deserialize_with = "lenient::flag")]
    pub hold: bool,
    /// Whether the conference ends when they go.
    #[serde(default, deserialize_with = "lenient::flag")]
    pub end_conference_on_exit: bool,
}

impl TwilioClient {
    /// Calls somebody into a room. Never sent twice when the outcome is unknown.
    ///
    /// # Errors
    /// The carrier refused, or could not be reached; see [`RestError::ambiguous`].
    pub async fn add_participant(&self, room: &str, new: &NewParticipant) -> Result<Participant, RestError> {
        let path = format!("/Conferences/{}/Participants", name(room)?);
        self.post(&path, &new.form(), Effect::Create).await
    }

    /// Changes a participant, who is named by call or label.
    ///
    /// # Errors
    /// The carrier refused (they are gone: not found), or could not be reached.
    pub async fn update_participant(
        &self,
        room_sid: &str,
        call_sid: &str,
        update: &ParticipantUpdate,
    ) -> Result<Participant, RestError> {
        let path = format!(
            "/Conferences/{}/Participants/{}",
            segment(room_sid)?,
            name(call_sid)?
        );
        let mut form: Vec<(&'static str, Cow<'_, str>)> = Vec::new();
        form.extend(update.hold.map(|hold| ("Hold", flag(hold))));
        form.extend(update.muted.map(|muted| ("Muted", flag(muted))));
        form.extend(update.end_on_exit.map(|ends| ("EndConferenceOnExit", flag(ends))));
        for (parameter, method, url) in [
            ("HoldUrl", "HoldMethod", &update.hold_url),
            ("AnnounceUrl", "AnnounceMethod", &update.announce_url),
        ] {
            if let Some(url) = url {
                form.extend([(parameter, url.into()), (method, "POST".into())]);
            }
        }
        // An announcement that is asked for twice is heard twice.
        let effect = if update.announce_url.is_some() {
            Effect::Create
        } else {
            Effect::Repeatable
        };
        self.post(&path, &form, effect).await
    }

    /// Takes somebody out of a room; their call goes on with what it was told to do next, or ends. Somebody who is gone
    /// already is no error.
    ///
    /// # Errors
    /// The carrier refused, or could not be reached.
    pub async fn remove_participant(&self, room_sid: &str, call_sid: &str) -> Result<(), RestError> {
        let path = format!(
            "/Conferences/{}/Participants/{}",
            segment(room_sid)?,
            name(call_sid)?
        );
        match self.delete(&path).await {
            Err(error) if error.is_not_found() => Ok(()),
            other => other,
        }
    }
}

fn flag(on: bool) -> Cow<'static, str> {
    if on { "true".into() } else { "false".into() }
}

/// A name of a room or participant as a piece of a path.
fn name(text: &str) -> Result<&str, RestError> {
    let good = !text.is_empty()
        && text.len() <= LONGEST_NAME
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if good {
        Ok(text)
    } else {
        Err(RestError::unusable("is not a name for a path"))
    }
}
