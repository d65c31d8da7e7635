//! How telephones behave when an application rings them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::answerers::{self, Answerer, Manner};
use crate::callers::script::{RawStep, read};
use crate::callers::{Manners, Step};
use crate::calls::Call;
use crate::clock::Millis;

/// What happens when a number is rung.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    #[default]
    Answer,
    Busy,
    NoAnswer,
    /// Somebody declines.
    Reject,
    /// The number cannot be reached.
    Failed,
}

/// Words a verdict of machine detection can be.
const VERDICTS: &[&str] = &[
    "human",
    "machine_start",
    "machine_end_beep",
    "machine_end_silence",
    "machine_end_other",
    "fax",
    "unknown",
];

/// A telephone and whoever may answer it.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) outcome: Outcome,
    pub(crate) answerer: Option<Answerer>,
    pub(crate) ring_ms: Millis,
    /// After so long the network gives a call up that nobody answers, before the application's time is over.
    pub(crate) gives_up_ms: Option<Millis>,
    /// First words of somebody a call was transferred to.
    pub(crate) says: Option<String>,
    /// How long somebody a call was transferred to stays; `None` until the caller hangs up.
    pub(crate) talk_ms: Option<Millis>,
    /// What whoever answers does.
    pub(crate) script: Vec<Step>,
    pub(crate) stay: bool,
    pub(crate) hang_up_after_ms: Millis,
    /// How they sound on a stream.
    pub(crate) voice: String,
    /// A mailbox has a tone.
    pub(crate) beep: bool,
    /// What machine detection says in place of its own verdict, and when.
    pub(crate) answered_by: Option<String>,
    pub(crate) verdict_ms: Option<Millis>,
}

impl Default for Target {
    fn default() -> Self {
        let usual = Manners::default();
        Self {
            outcome: Outcome::Answer,
            answerer: None,
            ring_ms: 2_000,
            gives_up_ms: None,
            says: Some("Hello, how can I help you?".to_owned()),
            talk_ms: Some(8_000),
            script: Vec::new(),
            stay: false,
            hang_up_after_ms: usual.hang_up_after_ms,
            voice: usual.voice,
            beep: true,
            answered_by: None,
            verdict_ms: None,
        }
    }
}

impl Target {
    /// Whether somebody answers who talks and listens on a call of their own, also when they were dialled.
    pub(crate) fn is_lively(&self) -> bool {
        self.answerer.is_some() || !self.script.is_empty() || self.stay
    }

    /// Tells a call who will answer it.
    pub(crate) fn describe(&self, call: &Call) {
        call.quietly(|s| {
            s.voice.clone_from(&self.voice);
            s.answer.is_mailbox = self.answerer == Some(Answerer::Mailbox);
        });
    }

    pub(crate) fn manners(&self) -> Manners {
        Manners {
            stay: self.stay,
            hang_up_after_ms: self.hang_up_after_ms,
            voice: self.voice.clone(),
        }
    }
}

/// A telephone as it arrives.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawTarget {
    pub(crate) number: String,
    outcome: Option<Outcome>,
    answerer: Option<Answerer>,
    ring_ms: Option<Millis>,
    gives_up_ms: Option<Millis>,
    says: Option<String>,
    talk_ms: Option<Millis>,
    #[serde(default)]
    script: Vec<RawStep>,
    #[serde(default)]
    stay: bool,
    hang_up_after_ms: Option<Millis>,
    voice: Option<String>,
    /// First words of an answerer; none at all when empty.
    greeting: Option<String>,
    beep: Option<bool>,
    /// What a menu does for each key.
    #[serde(default)]
    choices: BTreeMap<String, Vec<RawStep>>,
    /// Whether a screener lets the call through.
    screen: Option<Screen>,
    answered_by: Option<String>,
    verdict_ms: Option<Millis>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Screen {
    Accept,
    Refuse,
}

impl TryFrom<RawTarget> for Target {
    type Error = String;

    fn try_from(raw: RawTarget) -> Result<Self, String> {
        let usual = Self::default();
        if let Some(word) = raw.answered_by.as_deref().filter(|word| !VERDICTS.contains(word)) {
            return Err(format!("answered_by {word:?} is none of {}", VERDICTS.join(", ")));
        }
        let mut script = read(raw.script)?;
        let beep = raw.beep.unwrap_or(true);
        if let Some(answerer) = raw.answerer {
            let mut choices = BTreeMap::new();
            for (key, steps) in raw.choices {
                if key.chars().count() != 1 || !key.chars().all(|c| matches!(c, '0'..='9' | '*' | '#')) {
                    return Err(format!("choices: {key:?} is not a key"));
                }
                choices.insert(key, read(steps)?);
            }
            let manner = Manner {
                greeting: raw.greeting,
                beep,
                choices,
                accepts: raw.screen != Some(Screen::Refuse),
                script,
            };
            script = answerers::script(answerer, &raw.number, manner);
        } else if raw.greeting.is_some() || raw.screen.is_some() || !raw.choices.is_empty() {
            return Err("greeting, choices and screen belong to an answerer".to_owned());
        }
        let answered = raw.answerer.map(Answerer::outcome);
        Ok(Self {
            outcome: raw.outcome.or(answered).unwrap_or_default(),
            answerer: raw.answerer,
            ring_ms: raw.ring_ms.unwrap_or(usual.ring_ms),
            gives_up_ms: raw.gives_up_ms,
            says: raw.says.or(usual.says).filter(|text| !text.is_empty()),
            talk_ms: raw.talk_ms.or(usual.talk_ms),
            script,
            stay: raw.stay,
            hang_up_after_ms: raw.hang_up_after_ms.unwrap_or(usual.hang_up_after_ms),
            voice: raw.voice.unwrap_or(usual.voice),
            beep,
            answered_by: raw.answered_by,
            verdict_ms: raw.verdict_ms,
        })
    }
}
