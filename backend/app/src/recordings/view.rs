//! A recording as the API shows it.

use chrono::{DateTime, SubsecRound as _, Utc};
use phony_db::recordings::{RecordingStatus, StoredRecording};
use phony_kernel::{CallId, RecordingId};
use serde::{Deserialize, Serialize};

/// A recording of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RecordingView {
    /// Its id.
    pub id: RecordingId,
    /// Of which call.
    pub call_id: CallId,
    /// `starting`, `recording`, `paused`, `processing`, `ready`, `absent`, `failed` or `deleted`.
    pub status: String,
    /// Who wanted it: `policy`, `carrier`, or the id of a member or key.
    pub started_by: String,
    /// How the caller is told: `off`, `announce` or `ask`.
    pub consent: String,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When it began.
    #[schema(required)]
    pub started_at: Option<DateTime<Utc>>,
    /// Since when it pauses.
    #[schema(required)]
    pub paused_at: Option<DateTime<Utc>>,
    /// When it ended.
    #[schema(required)]
    pub ended_at: Option<DateTime<Utc>>,
    /// How long it is.
    #[schema(required)]
    pub duration_seconds: Option<i32>,
    /// 2 has the caller on the left and the agent on the right.
    #[schema(required)]
    pub channels: Option<i32>,
    /// Bytes of the file.
    #[schema(required)]
    pub size_bytes: Option<i64>,
    /// Kind of the file, `audio/wav`.
    #[schema(required)]
    pub content_type: Option<String>,
    /// When the file was there.
    #[schema(required)]
    pub ready_at: Option<DateTime<Utc>>,
    /// Until when it is kept.
    #[schema(required)]
    pub expires_at: Option<DateTime<Utc>>,
    /// Why there is none.
    #[schema(required)]
    pub failure: Option<String>,
    /// When it was deleted.
    #[schema(required)]
    pub erased_at: Option<DateTime<Utc>>,
    /// Why it was deleted: `retention`, `request`, `call` or `refused`.
    #[schema(required)]
    pub erased_for: Option<String>,
}

impl From<StoredRecording> for RecordingView {
    fn from(recording: StoredRecording) -> Self {
        let ms = |at: Option<DateTime<Utc>>| at.map(|at| at.trunc_subsecs(3));
        Self {
            id: recording.id,
            call_id: recording.call,
            status: recording.status.as_str().to_owned(),
            started_by: recording.started_by,
            consent: recording.consent,
            created_at: recording.created_at.trunc_subsecs(3),
            started_at: ms(recording.started_at),
            paused_at: ms(recording.paused_at),
            ended_at: ms(recording.ended_at),
            duration_seconds: recording.duration_seconds,
            channels: recording.channels,
            size_bytes: recording.size_bytes,
            content_type: recording.content_type,
            ready_at: ms(recording.ready_at),
            expires_at: ms(recording.expires_at),
            failure: recording.failure,
            erased_at: ms(recording.erased_at),
            erased_for: recording.erased_for,
        }
    }
}

/// A recording as its call names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RecordingRef {
    /// Its id.
    pub id: RecordingId,
    /// Where it stands.
    pub status: String,
    /// How long it is.
    #[schema(required)]
    pub duration_seconds: Option<i32>,
}

impl RecordingView {
    /// Whether its sound can be heard.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.status == RecordingStatus::Ready.as_str()
    }
}
