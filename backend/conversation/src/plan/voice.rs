//! How a personality opens a call and how an engine with a voice of its own is set up.

use phony_kernel::call::Engine;
use serde::{Deserialize, Serialize};

/// Who speaks first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GreetingPolicy {
    /// The agent, with its greeting word for word; the caller, when there is no greeting.
    #[default]
    AgentFirst,
    /// The caller; the greeting is not spoken.
    CallerFirst,
    /// The agent, in words of the model's own; the greeting says what they should come to.
    Generated,
}

/// How the end of the caller's turn is found.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum TurnDetection {
    /// By the loudness of the audio.
    ServerVad {
        /// How loud speech is, 0 to 1.
        threshold: f64,
        /// Audio before the speech that belongs to it.
        prefix_padding_ms: u32,
        /// Silence that ends a turn.
        silence_duration_ms: u32,
    },
    /// By what is said.
    SemanticVad {
        /// How soon a turn is taken for ended.
        eagerness: Eagerness,
    },
}

impl Default for TurnDetection {
    fn default() -> Self {
        Self::ServerVad {
            threshold: 0.5,
            prefix_padding_ms: 300,
            silence_duration_ms: 500,
        }
    }
}

/// How soon a turn is taken for ended by what is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Eagerness {
    /// After 8 seconds at the latest.
    Low,
    /// After 4 seconds at the latest.
    Medium,
    /// After 2 seconds at the latest.
    High,
    /// As the provider thinks best; today `medium`.
    #[default]
    Auto,
}

/// What is taken out of the caller's sound before the model hears it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoiseReduction {
    /// Nothing.
    Off,
    /// What surrounds a handset.
    #[default]
    NearField,
    /// What surrounds a loudspeaker telephone.
    FarField,
}

/// How long a model that can think does so before it speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasoningEffort {
    /// As little as can be.
    Minimal,
    /// Little: the pause stays short.
    #[default]
    Low,
    /// Some.
    Medium,
    /// Much; callers will notice.
    High,
}

/// Settings of the `realtime` engine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RealtimeSettings {
    /// The speech-to-speech model. A personality may leave it to the platform; the plan of a call always names it.
    pub model: Option<String>,
    /// How the end of the caller's turn is found.
    pub turn_detection: TurnDetection,
    /// What is taken out of the caller's sound.
    pub noise_reduction: NoiseReduction,
    /// How long a model that can think does so.
    pub reasoning_effort: ReasoningEffort,
    /// How fast the voice speaks, 0.25 to 1.5.
    pub speed: f64,
}

impl Default for RealtimeSettings {
    fn default() -> Self {
        Self {
            model: None,
            turn_detection: TurnDetection::default(),
            noise_reduction: NoiseReduction::default(),
            reasoning_effort: ReasoningEffort::default(),
            speed: 1.0,
        }
    }
}

/// What goes on with a call whose engine has failed for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fallback {
    /// The `relay` engine, with the same personality and the memory of the call.
    #[default]
    Relay,
    /// The `gather` engine, which needs no streaming.
    Gather,
    /// No other engine: a transfer target, or a goodbye.
    None,
}

impl Fallback {
    /// The engine, if there is one.
    #[must_use]
    pub fn engine(self) -> Option<Engine> {
        match self {
            Self::Relay => Some(Engine::Relay),
            Self::Gather => Some(Engine::Gather),
            Self::None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_stored_before_a_field_was_there_read_with_its_default() {
        let read: RealtimeSettings = serde_json::from_str("{}").unwrap();
        assert_eq!(read, RealtimeSettings::default());
        let read: RealtimeSettings = serde_json::from_value(serde_json::json!({
            "model": "gpt-realtime-2.1", "turn_detection": {"type": "semantic_vad", "eagerness": "low"},
        }))
        .unwrap();
        assert_eq!(read.model.as_deref(), Some("gpt-realtime-2.1"));
        assert_eq!(
            read.turn_detection,
            TurnDetection::SemanticVad {
                eagerness: Eagerness::Low
            }
        );
    }
}
