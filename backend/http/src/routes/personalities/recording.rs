//! Whether the calls of a personality are recorded, and in which words callers are told: the views.

use phony_app::personalities::RecordingPatch;
use phony_kernel::recording::{PersonalityRecording, PersonalityRecordingMode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Whether the calls of a personality are recorded, and in which words callers are told.
#[derive(Debug, Serialize, ToSchema)]
pub struct PersonalityRecordingView {
    /// Whether its calls are recorded.
    pub mode: PersonalityRecordingMode,
    /// Own words in which callers are told; empty are those of the number, or ours in the caller's language.
    pub announcement: String,
}

/// What to say of recording; what is absent stays.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PersonalityRecordingRequest {
    /// Whether its calls are recorded.
    pub mode: Option<PersonalityRecordingMode>,
    /// Own words in which callers are told; an empty text leaves them to the number.
    #[schema(max_length = 300)]
    pub announcement: Option<String>,
}

impl From<PersonalityRecording> for PersonalityRecordingView {
    fn from(policy: PersonalityRecording) -> Self {
        Self {
            mode: policy.mode,
            announcement: policy.announcement,
        }
    }
}

impl From<PersonalityRecordingRequest> for RecordingPatch {
    fn from(request: PersonalityRecordingRequest) -> Self {
        Self {
            mode: request.mode,
            announcement: request.announcement,
        }
    }
}
