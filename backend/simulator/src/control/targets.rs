//! How telephones behave when an application rings them.

use serde::{Deserialize, Serialize};

use crate::callers::script::{RawStep, read};
use crate::callers::{Manners, Step};
use crate::clock::Millis;

/// What happens when a number is rung.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    #[default]
    Answer,
    Busy,
    NoAnswer,
    /// The number cannot be reached.
    Failed,
}

/// A telephone and the person who may answer it.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) outcome: Outcome,
    pub(crate) ring_ms: Millis,
    /// First words of somebody a call was transferred to.
    pub(crate) says: Option<String>,
    /// How long somebody a call was transferred to stays; `None` until the caller hangs up.
    pub(crate) talk_ms: Option<Millis>,
    /// What the person does who was called through `Calls.json`.
    pub(crate) script: Vec<Step>,
    pub(crate) stay: bool,
    /// How that person sounds on a stream.
    pub(crate) voice: String,
}

impl Default for Target {
    fn default() -> Self {
        Self {
            outcome: Outcome::Answer,
            ring_ms: 2_000,
            says: Some("Hello, how can I help you?".to_owned()),
            talk_ms: Some(8_000),
            script: Vec::new(),
            stay: false,
            voice: Manners::default().voice,
        }
    }
}

/// A telephone as it arrives.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawTarget {
    pub(crate) number: String,
    #[serde(default)]
    outcome: Outcome,
    ring_ms: Option<Millis>,
    says: Option<String>,
    talk_ms: Option<Millis>,
    #[serde(default)]
    script: Vec<RawStep>,
    #[serde(default)]
    stay: bool,
    voice: Option<String>,
}

impl TryFrom<RawTarget> for Target {
    type Error = String;

    fn try_from(raw: RawTarget) -> Result<Self, String> {
        let usual = Self::default();
        Ok(Self {
            outcome: raw.outcome,
            ring_ms: raw.ring_ms.unwrap_or(usual.ring_ms),
            says: raw.says.or(usual.says).filter(|text| !text.is_empty()),
            talk_ms: raw.talk_ms.or(usual.talk_ms),
            script: read(raw.script)?,
            stay: raw.stay,
            voice: raw.voice.unwrap_or(usual.voice),
        })
    }
}
