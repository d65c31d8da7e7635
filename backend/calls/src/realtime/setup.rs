//! How a session with the speech model is set up for a call.

use phony_conversation::plan::{self, CallPlan};
use phony_models::catalog::{DEFAULT_TRANSCRIPTION, is_custom_voice, realtime_model, realtime_voice};
use phony_models::realtime::protocol::{
    Eagerness, Effort, NoiseReduction, SessionConfig, Transcription, TurnDetection,
};

use super::functions;

/// How much of a long talk is kept by the model.
const RETENTION_RATIO: f64 = 0.8;
/// Silence that ends a turn, where the model does not say.
const USUAL_SILENCE_MS: u64 = 500;
const USUAL_PADDING_MS: u64 = 300;

/// The settings of the session.
pub(crate) fn session(plan: &CallPlan, instructions: &str) -> SessionConfig {
    let personality = &plan.personality;
    let settings = &personality.realtime;
    let voice = match is_custom_voice(&personality.voice) {
        true => personality.voice.as_str(),
        false => realtime_voice(&personality.voice).voice(),
    };
    let language = personality.language.split('-').next().unwrap_or_default();
    let thinks = realtime_model(plan.model_name()).is_some_and(|model| model.thinks);
    SessionConfig {
        speed: Some(settings.speed),
        turn_detection: turn_detection(settings.turn_detection),
        transcription: Some(Transcription {
            model: DEFAULT_TRANSCRIPTION.to_owned(),
            language: (!language.is_empty()).then(|| language.to_ascii_lowercase()),
            keywords: Vec::new(),
        }),
        noise_reduction: match settings.noise_reduction {
            plan::NoiseReduction::Off => None,
            plan::NoiseReduction::NearField => Some(NoiseReduction::NearField),
            plan::NoiseReduction::FarField => Some(NoiseReduction::FarField),
        },
        tools: functions::tools(plan),
        effort: thinks.then_some(match settings.reasoning_effort {
            plan::ReasoningEffort::Minimal => Effort::Minimal,
            plan::ReasoningEffort::Low => Effort::Low,
            plan::ReasoningEffort::Medium => Effort::Medium,
            plan::ReasoningEffort::High => Effort::High,
        }),
        retention_ratio: Some(RETENTION_RATIO),
        ..SessionConfig::new(instructions, voice)
    }
}

/// The settings of a session that reads and writes. It gets no sound, so nobody looks for turns in it.
pub(crate) fn typed_session(plan: &CallPlan, instructions: &str) -> SessionConfig {
    SessionConfig {
        writes: true,
        turn_detection: TurnDetection::Manual,
        transcription: None,
        noise_reduction: None,
        ..session(plan, instructions)
    }
}

/// What a session is told that only listens; it is never asked for an answer.
const LISTEN: &str = "You listen to a phone call between two people and say nothing.";

/// The settings of a session that only writes down what it hears.
pub(crate) fn note_session(plan: &CallPlan) -> SessionConfig {
    SessionConfig {
        tools: Vec::new(),
        ..session(plan, LISTEN)
    }
}

/// The server looks for turns, and we decide what follows from them: only so can a cough be told from a word
/// before anything is lost.
fn turn_detection(settings: plan::TurnDetection) -> TurnDetection {
    match settings {
        plan::TurnDetection::ServerVad {
            threshold,
            prefix_padding_ms,
            silence_duration_ms,
        } => TurnDetection::ServerVad {
            threshold,
            prefix_padding_ms,
            silence_duration_ms,
            idle_timeout_ms: None,
            create_response: false,
            interrupt_response: false,
        },
        plan::TurnDetection::SemanticVad { eagerness } => TurnDetection::SemanticVad {
            eagerness: match eagerness {
                plan::Eagerness::Low => Eagerness::Low,
                plan::Eagerness::Medium => Eagerness::Medium,
                plan::Eagerness::High => Eagerness::High,
                plan::Eagerness::Auto => Eagerness::Auto,
            },
            create_response: false,
            interrupt_response: false,
        },
    }
}

/// What of each reported sound is no sound: before and after it.
pub(crate) fn margins_ms(plan: &CallPlan) -> (u64, u64) {
    match plan.personality.realtime.turn_detection {
        plan::TurnDetection::ServerVad {
            prefix_padding_ms,
            silence_duration_ms,
            ..
        } => (u64::from(prefix_padding_ms), u64::from(silence_duration_ms)),
        plan::TurnDetection::SemanticVad { .. } => (USUAL_PADDING_MS, USUAL_SILENCE_MS),
    }
}
