//! What is recorded of calls, and how callers are told.

use serde::{Deserialize, Serialize};

/// When calls are recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RecordingMode {
    /// Never.
    Off,
    /// From the begin of every conversation.
    Always,
    /// When somebody wants it.
    OnDemand,
}

impl RecordingMode {
    /// As stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Always => "always",
            Self::OnDemand => "on_demand",
        }
    }

    /// Reads a stored word.
    #[must_use]
    pub fn from_stored(word: &str) -> Option<Self> {
        [Self::Off, Self::Always, Self::OnDemand]
            .into_iter()
            .find(|mode| mode.as_str() == word)
    }
}

/// How callers are told that they are recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RecordingConsent {
    /// Not at all.
    Off,
    /// They hear it before the recording begins.
    Announce,
    /// They hear it and may say no: then nothing is recorded, and the call goes on.
    Ask,
}

impl RecordingConsent {
    /// As stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Announce => "announce",
            Self::Ask => "ask",
        }
    }

    /// Reads a stored word.
    #[must_use]
    pub fn from_stored(word: &str) -> Option<Self> {
        [Self::Off, Self::Announce, Self::Ask]
            .into_iter()
            .find(|consent| consent.as_str() == word)
    }
}

/// What a personality says of recording the calls that it talks in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PersonalityRecordingMode {
    /// What the number of the call says.
    #[default]
    Number,
    /// Its calls are not recorded.
    Off,
    /// Its calls are recorded from their begin; callers are told as the number of the call says.
    On,
    /// Its calls are recorded, and callers are told and may say no.
    Ask,
}

/// The recording policy of a personality.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PersonalityRecording {
    /// Whether its calls are recorded.
    pub mode: PersonalityRecordingMode,
    /// Own words in which callers are told; empty are those of the number, or ours.
    pub announcement: String,
}
