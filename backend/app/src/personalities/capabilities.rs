//! What each engine cannot honour of a personality, said before a caller finds out.

use chrono::NaiveDate;
use phony_carriers::twilio::voices;
use phony_conversation::plan::{
    NoiseReduction, Personality, RealtimeSettings, ReasoningEffort, TurnDetection,
};
use phony_kernel::call::Engine;
use phony_models::catalog::{self, Speaks};

use super::catalogue::Standing;

/// Engines that calls can be spoken with here.
pub const ENGINES: [Engine; 3] = [Engine::Realtime, Engine::Relay, Engine::Gather];

/// What an engine makes of a personality.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capability {
    /// Which engine.
    pub engine: Engine,
    /// Whether this installation runs it.
    pub available: bool,
    /// The voice that callers hear, by its name there.
    pub voice: String,
    /// What is not as the personality says, or will not be for long.
    pub notes: Vec<Note>,
}

/// One thing that is not as the personality says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Which field.
    pub param: &'static str,
    /// Stable code.
    pub code: &'static str,
    /// In words for people.
    pub detail: String,
}

/// What a report is made against.
#[derive(Debug, Clone, Copy)]
pub struct Reference<'a> {
    /// Speech-to-speech model of personalities that name none.
    pub realtime_model: &'a str,
    /// Today.
    pub today: NaiveDate,
}

/// The report for every engine.
#[must_use]
pub fn report(personality: &Personality, reference: Reference<'_>) -> Vec<Capability> {
    Engine::ALL
        .iter()
        .map(|engine| of_engine(personality, *engine, reference))
        .collect()
}

/// The report for one engine.
#[must_use]
pub fn of_engine(personality: &Personality, engine: Engine, reference: Reference<'_>) -> Capability {
    let mut notes = Notes(Vec::new());
    let available = ENGINES.contains(&engine);
    if !available {
        notes.add(
            "engine",
            "engine_unavailable",
            "this installation does not run it yet",
        );
    }
    let voice = match engine {
        Engine::Realtime | Engine::Pipeline => realtime(&mut notes, personality, reference),
        Engine::Relay | Engine::Gather => carrier(&mut notes, personality, engine, reference),
    };
    Capability {
        engine,
        available,
        voice,
        notes: notes.0,
    }
}

struct Notes(Vec<Note>);

impl Notes {
    fn add(&mut self, param: &'static str, code: &'static str, detail: impl Into<String>) {
        self.0.push(Note {
            param,
            code,
            detail: detail.into(),
        });
    }

    /// A model that is going or gone.
    fn model(&mut self, param: &'static str, model: &str, reference: Reference<'_>) {
        let Some(stops) = catalog::shutdown_date(model) else {
            return;
        };
        match Standing::of(Some(stops), reference.today) {
            Standing::Retired => self.add(
                param,
                "model_retired",
                format!("{model} has not been served by its provider since {stops}"),
            ),
            Standing::Retiring => self.add(
                param,
                "model_retiring",
                format!("{model} will not be served by its provider from {stops} on; choose another before"),
            ),
            Standing::Available => {}
        }
    }
}

/// Speech to speech: the model's own voice and ears.
fn realtime(notes: &mut Notes, personality: &Personality, reference: Reference<'_>) -> String {
    let settings = &personality.realtime;
    let asked = &personality.voice;
    let speaks = catalog::realtime_voice(asked);
    let custom = catalog::is_custom_voice(asked);
    if let Speaks::Substitute(voice) = speaks
        && !custom
    {
        notes.add(
            "voice",
            "voice_substituted",
            format!("this engine has no voice {asked}; {voice} speaks, the nearest it has"),
        );
    }
    let language = &personality.language;
    if voices::locale(language) != voices::locale(base(language)) {
        notes.add(
            "language",
            "accent_not_guaranteed",
            format!(
                "the model speaks the language, but its voices are not made for the accent of {language}"
            ),
        );
    }
    if personality.system_prompt.contains("[[") || personality.examples.iter().any(|e| e.agent.contains("[["))
    {
        notes.add(
            "system_prompt",
            "inline_commands_as_functions",
            "this engine speaks whatever the model says, so commands in double brackets are given to it as functions; do not \
             ask for brackets in the prompt or the examples",
        );
    }
    let model = settings.model.as_deref().unwrap_or(reference.realtime_model);
    notes.model("realtime.model", model, reference);
    let thinks = catalog::realtime_model(model).is_none_or(|known| known.thinks);
    if !thinks && settings.reasoning_effort != ReasoningEffort::default() {
        notes.add(
            "realtime.reasoning_effort",
            "reasoning_ignored",
            format!("{model} cannot be told how long to think"),
        );
    }
    if custom {
        asked.clone()
    } else {
        speaks.voice().to_owned()
    }
}

/// Text to a voice of the carrier's.
fn carrier(notes: &mut Notes, personality: &Personality, engine: Engine, reference: Reference<'_>) -> String {
    let asked = &personality.voice;
    let language = voices::locale(&personality.language);
    let voice = voices::relay_voice(asked, &language);
    let voice = format!("{}.{}", voice.provider, voice.voice);
    notes.add(
        "voice",
        "voice_substituted",
        format!("calls on this engine are spoken by the carrier: {voice}, the nearest to {asked}"),
    );
    if !voices::is_spoken(&personality.language) {
        notes.add(
            "language",
            "language_unsupported",
            format!(
                "the carrier has no voice for {}; its words may not be spoken at all",
                personality.language
            ),
        );
    }
    notes.model("model", &personality.model, reference);
    let standard = RealtimeSettings::default();
    let settings = &personality.realtime;
    if (settings.speed - standard.speed).abs() > f64::EPSILON {
        notes.add(
            "realtime.speed",
            "speed_ignored",
            "the carrier's voices speak at their own speed",
        );
    }
    if settings.turn_detection != TurnDetection::default() {
        notes.add(
            "realtime.turn_detection",
            "turn_detection_ignored",
            "the carrier decides when the caller has finished",
        );
    }
    if settings.noise_reduction != NoiseReduction::default() {
        notes.add(
            "realtime.noise_reduction",
            "noise_reduction_ignored",
            "the carrier listens in its own way",
        );
    }
    if engine == Engine::Gather {
        notes.add(
            "engine",
            "keys_not_pressed",
            "the agent cannot press keys on this engine; those that the caller presses are understood",
        );
    }
    voice
}

fn base(language: &str) -> &str {
    language.split(['-', '_']).next().unwrap_or(language)
}
