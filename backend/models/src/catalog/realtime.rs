//! What we know of OpenAI Realtime: its models, its voices, how long a session lasts.

use std::time::Duration;

use super::{Model, Use, find};

/// What a new personality speaks with.
pub const DEFAULT_SPEECH: &str = "gpt-realtime-2.1";

/// What the caller's words are written down with.
pub const DEFAULT_TRANSCRIPTION: &str = "gpt-transcribe";

/// Longest session, as of 2026-11-21; the server names the end of each one.
pub const SESSION_LIMIT: Duration = Duration::from_secs(60 * 60);

/// What a speech model can do over Realtime.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RealtimeModel {
    /// Its name on the wire.
    pub name: &'static str,
    /// Tokens that a talk may have, the reply among them.
    pub context_tokens: u32,
    /// Most tokens of a reply.
    pub max_output_tokens: u32,
    /// Whether it can be told how long to think.
    pub thinks: bool,
}

impl RealtimeModel {
    /// What the list of all models says of it: the day it stops, for one.
    #[must_use]
    pub fn model(&self) -> Option<&'static Model> {
        find(self.name).filter(|model| model.usage == Use::Speech)
    }
}

const fn model(
    name: &'static str,
    context_tokens: u32,
    max_output_tokens: u32,
    thinks: bool,
) -> RealtimeModel {
    RealtimeModel {
        name,
        context_tokens,
        max_output_tokens,
        thinks,
    }
}

/// The models served over Realtime, as of 2026-11-21; best first.
pub const REALTIME_MODELS: &[RealtimeModel] = &[
    model("gpt-realtime-2.1", 128_000, 32_000, true),
    model("gpt-realtime-2.1-mini", 128_000, 32_000, false),
    model("gpt-realtime-2", 128_000, 32_000, true),
    model("gpt-realtime-1.5", 32_000, 4_096, false),
    model("gpt-realtime", 32_000, 4_096, false),
    model("gpt-realtime-2025-08-28", 32_000, 4_096, false),
    model("gpt-realtime-mini", 32_000, 4_096, false),
];

/// What we know of a model over Realtime.
#[must_use]
pub fn realtime_model(name: &str) -> Option<&'static RealtimeModel> {
    REALTIME_MODELS.iter().find(|known| known.name == name)
}

/// The voices of Realtime, as of 2026-11-21.
pub const REALTIME_VOICES: &[&str] = &[
    "alloy", "ash", "ballad", "cedar", "coral", "echo", "marin", "sage", "shimmer", "verse",
];

/// Voices of our catalogue that Realtime lacks, and the nearest it has, as of 2026-11-21.
const SUBSTITUTES: &[(&str, &str)] = &[("fable", "ballad"), ("nova", "coral"), ("onyx", "cedar")];

/// Speaks when a personality names a voice that is in no catalogue.
const FALLBACK: &str = "marin";

/// Which voice speaks for a personality.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaks {
    /// The one that was asked for.
    Itself(&'static str),
    /// Another one.
    Substitute(&'static str),
}

impl Speaks {
    /// Its name on the wire.
    #[must_use]
    pub fn voice(self) -> &'static str {
        match self {
            Self::Itself(voice) | Self::Substitute(voice) => voice,
        }
    }

    /// Whether the personality gets another voice than it asks for, which it is to be told.
    #[must_use]
    pub fn is_substitute(self) -> bool {
        matches!(self, Self::Substitute(_))
    }
}

/// Whether a name is the provider's id of a voice that was made for one customer.
#[must_use]
pub fn is_custom_voice(name: &str) -> bool {
    name.strip_prefix("voice_").is_some_and(|id| {
        (1..=100).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

/// The voice of Realtime for a voice of the catalogue.
#[must_use]
pub fn realtime_voice(name: &str) -> Speaks {
    if let Some(voice) = REALTIME_VOICES.iter().find(|voice| **voice == name) {
        return Speaks::Itself(voice);
    }
    let substitute = SUBSTITUTES.iter().find(|(absent, _)| *absent == name);
    Speaks::Substitute(substitute.map_or(FALLBACK, |(_, voice)| *voice))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_model_over_realtime_is_a_speech_model() {
        for known in REALTIME_MODELS {
            assert!(known.model().is_some(), "{}", known.name);
        }
        assert!(realtime_model(DEFAULT_SPEECH).is_some());
        assert!(realtime_model("gpt-audio").is_none(), "it is served elsewhere");
        let stops = realtime_model("gpt-realtime")
            .unwrap()
            .model()
            .unwrap()
            .shutdown_date();
        assert_eq!(stops.unwrap().to_string(), "2027-01-20");
        assert_eq!(find(DEFAULT_TRANSCRIPTION).unwrap().usage, Use::Transcription);
    }

    #[test]
    fn voices_of_one_customer_are_known_by_their_form() {
        assert!(is_custom_voice("voice_1234abcd"));
        for other in ["voice_", "alloy", "voice_1 2", "voice_1\"", "Voice_1"] {
            assert!(!is_custom_voice(other), "{other}");
        }
    }

    #[test]
    fn voices_that_are_missing_have_a_substitute_that_is_not() {
        assert_eq!(realtime_voice("marin"), Speaks::Itself("marin"));
        for absent in ["fable", "nova", "onyx", "a stranger's"] {
            let speaks = realtime_voice(absent);
            assert!(speaks.is_substitute(), "{absent}");
            assert!(REALTIME_VOICES.contains(&speaks.voice()), "{absent}");
        }
    }
}
