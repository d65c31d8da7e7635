//! Recordings of calls: begun, paused, ended, fetched, deleted.

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _};
use serde::{Deserialize, Deserializer};

use super::{Effect, RestError, TwilioClient, codes, lenient, segment};
use crate::twilio::params::RecordingState;

/// Longest time a file may take to come in.
const DOWNLOAD: Duration = Duration::from_secs(600);
/// A larger file is not taken: four hours on two channels are less.
const MOST_BYTES: u64 = 512 * 1024 * 1024;

/// What of a recording goes to us, always: also that there is nothing to hear in it.
const EVENTS: [&str; 3] = ["in-progress", "completed", "absent"];

/// Both people on one channel, or each on their own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RecordingChannels {
    /// One channel.
    #[default]
    Mono,
    /// Two: the other end first.
    Dual,
}

/// Who is recorded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RecordingTrack {
    /// What comes from the other end.
    Inbound,
    /// What goes to the other end.
    Outbound,
    /// Both.
    #[default]
    Both,
}

/// A recording to be begun. Silence is never cut out of it: times in it stay times of the call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StartRecording {
    /// Where news of it go.
    pub callback: Option<String>,
    /// On how many channels.
    pub channels: RecordingChannels,
    /// Who is recorded.
    pub track: RecordingTrack,
}

impl StartRecording {
    fn write<'a>(&'a self, form: &mut Vec<(&'static str, Cow<'a, str>)>) {
        let channels = match self.channels {
            RecordingChannels::Mono => "mono",
            RecordingChannels::Dual => "dual",
        };
        let track = match self.track {
            RecordingTrack::Inbound => "inbound",
            RecordingTrack::Outbound => "outbound",
            RecordingTrack::Both => "both",
        };
        form.extend([
            ("RecordingChannels", channels.into()),
            ("RecordingTrack", track.into()),
            ("Trim", "do-not-trim".into()),
        ]);
        if let Some(url) = &self.callback {
            form.extend([
                ("RecordingStatusCallback", url.into()),
                ("RecordingStatusCallbackMethod", "POST".into()),
            ]);
            form.extend(EVENTS.map(|event| ("RecordingStatusCallbackEvent", event.into())));
        }
    }

    pub(super) fn write_for_call<'a>(&'a self, form: &mut Vec<(&'static str, Cow<'a, str>)>) {
        form.push(("Record", "true".into()));
        self.write(form);
    }
}

/// What is done with a recording that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordingUpdate {
    /// Records nothing for a while.
    Pause {
        /// As silence in the file; otherwise the time is missing in it.
        silence: bool,
    },
    /// Goes on.
    Resume,
    /// Ends it; another may be begun.
    Stop,
}

/// What form of the file is fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordingFormat {
    /// PCM in a RIFF file.
    Wav,
    /// MPEG layer 3.
    Mp3,
}

impl RecordingFormat {
    fn extension(self) -> &'static str {
        match self {
            Self::Wav => "wav",
            Self::Mp3 => "mp3",
        }
    }
}

/// A recording as the carrier has it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RecordingResource {
    /// Its id (`RE…`).
    pub sid: String,
    /// The call it is of.
    #[serde(default, deserialize_with = "lenient::text")]
    pub call_sid: Option<String>,
    /// The conference it is of.
    #[serde(default, deserialize_with = "lenient::text")]
    pub conference_sid: Option<String>,
    /// Where it stands.
    #[serde(deserialize_with = "state")]
    pub status: RecordingState,
    /// How long it is, once it is over.
    #[serde(default, rename = "duration", deserialize_with = "lenient::number")]
    pub duration_seconds: Option<i64>,
    /// On how many channels.
    #[serde(default, deserialize_with = "lenient::number")]
    pub channels: Option<i64>,
    /// When it began.
    #[serde(default, rename = "start_time", deserialize_with = "lenient::time")]
    pub started_at: Option<DateTime<Utc>>,
    /// What the carrier charges, a negative decimal; known later.
    #[serde(default, deserialize_with = "lenient::text")]
    pub price: Option<String>,
    /// Why there is none.
    #[serde(default, deserialize_with = "lenient::number")]
    pub error_code: Option<i64>,
}

fn state<'de, D: Deserializer<'de>>(deserializer: D) -> Result<RecordingState, D::Error> {
    Ok(lenient::text(deserializer)?.map_or(RecordingState::Unknown, |word| RecordingState::read(&word)))
}

/// What came of an order to a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordingOutcome {
    /// The carrier did it.
    Done(RecordingResource),
    /// The call or the recording was over already.
    AlreadyOver,
}

impl TwilioClient {
    /// Begins to record a call that talks. Never sent twice when the outcome is unknown.
    ///
    /// # Errors
    /// The carrier refused (the call is over: see [`RestError::is_over`]), or could not be reached.
    pub async fn start_recording(
        &self,
        call_sid: &str,
        start: &StartRecording,
    ) -> Result<RecordingResource, RestError> {
        let mut form = Vec::new();
        start.write(&mut form);
        let path = format!("/Calls/{}/Recordings", segment(call_sid)?);
        self.post(&path, &form, Effect::Create).await
    }

    /// Pauses, goes on with or ends a recording.
    ///
    /// # Errors
    /// The carrier refused, or could not be reached. What is over already is no error.
    pub async fn update_recording(
        &self,
        call_sid: &str,
        recording_sid: &str,
        update: RecordingUpdate,
    ) -> Result<RecordingOutcome, RestError> {
        let path = format!(
            "/Calls/{}/Recordings/{}",
            segment(call_sid)?,
            segment(recording_sid)?
        );
        let mut form: Vec<(&'static str, Cow<'_, str>)> = Vec::new();
        match update {
            RecordingUpdate::Pause { silence } => {
                let behavior = if silence { "silence" } else { "skip" };
                form.extend([("Status", "paused".into()), ("PauseBehavior", behavior.into())]);
            }
            RecordingUpdate::Resume => form.push(("Status", "in-progress".into())),
            RecordingUpdate::Stop => form.push(("Status", "stopped".into())),
        }
        match self.post(&path, &form, Effect::Repeatable).await {
            Ok(recording) => Ok(RecordingOutcome::Done(recording)),
            Err(error) if error.code == Some(codes::CALL_STATE) || error.is_not_found() => {
                Ok(RecordingOutcome::AlreadyOver)
            }
            Err(error) => Err(error),
        }
    }

    /// One recording.
    ///
    /// # Errors
    /// The carrier refused, or could not be reached.
    pub async fn fetch_recording(&self, sid: &str) -> Result<RecordingResource, RestError> {
        self.get(&format!("/Recordings/{}", segment(sid)?), &[]).await
    }

    /// Deletes a recording and its file. One that is gone already is no error.
    ///
    /// # Errors
    /// The carrier refused (it still runs), or could not be reached.
    pub async fn delete_recording(&self, sid: &str) -> Result<(), RestError> {
        match self.delete(&format!("/Recordings/{}", segment(sid)?)).await {
            Err(error) if error.is_not_found() => Ok(()),
            other => other,
        }
    }

    /// The sound of a recording, piece by piece, with every channel it has; it fails beyond 512 MiB. Shortly after its
    /// callback the carrier may still answer that there is none: try again a little later.
    ///
    /// # Errors
    /// The carrier refused, or could not be reached; a piece fails when the connection is lost or the file too large.
    pub async fn download_recording(
        &self,
        sid: &str,
        format: RecordingFormat,
    ) -> Result<BoxStream<'static, Result<Bytes, RestError>>, RestError> {
        let url = format!(
            "{}/2010-04-01/Accounts/{}/Recordings/{}.{}",
            self.base,
            self.account_sid,
            segment(sid)?,
            format.extension(),
        );
        let response = self.open(&url, DOWNLOAD).await?;
        let mut left = MOST_BYTES;
        let pieces = response
            .bytes_stream()
            .map_err(|error| RestError::network(&error, Effect::Read))
            .and_then(move |piece| {
                let fits = left.checked_sub(piece.len() as u64);
                left = fits.unwrap_or(0);
                std::future::ready(match fits {
                    Some(_) => Ok(piece),
                    None => Err(RestError::unusable("recording is larger than allowed")),
                })
            });
        Ok(pieces.boxed())
    }
}
