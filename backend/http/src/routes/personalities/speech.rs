//! How a personality opens a call and how its engines are set up, and what they cannot honour: the views.

use phony_app::personalities::{
    self as app, Capability, Eagerness, Fallback, GreetingPolicy, NoiseReduction, Note, RealtimePatch,
    RealtimeSettings, ReasoningEffort, TurnDetection,
};
use phony_kernel::call::Engine;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Declares a closed list of words that are written as in the use cases.
macro_rules! view {
    ($(#[$doc:meta])* $name:ident of $of:ident { $($(#[$vdoc:meta])* $variant:ident,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$vdoc])* $variant,)* }

        impl From<$name> for $of {
            fn from(view: $name) -> Self {
                match view { $($name::$variant => Self::$variant,)* }
            }
        }

        impl From<$of> for $name {
            fn from(word: $of) -> Self {
                match word { $($of::$variant => Self::$variant,)* }
            }
        }
    };
}

pub(super) use view;

view! {
    /// Who speaks first.
    GreetingPolicyView of GreetingPolicy {
        /// The agent, with its greeting word for word.
        AgentFirst,
        /// The caller.
        CallerFirst,
        /// The agent, in words of the model's own; the greeting says what they should come to.
        Generated,
    }
}

view! {
    /// How soon a turn is taken for ended by what is said.
    EagernessView of Eagerness {
        /// After 8 seconds at the latest.
        Low,
        /// After 4 seconds at the latest.
        Medium,
        /// After 2 seconds at the latest.
        High,
        /// As the provider thinks best.
        Auto,
    }
}

view! {
    /// What is taken out of the caller's sound before the model hears it.
    NoiseReductionView of NoiseReduction {
        /// Nothing.
        Off,
        /// What surrounds a handset.
        NearField,
        /// What surrounds a loudspeaker telephone.
        FarField,
    }
}

view! {
    /// How long a model that can think does so before it speaks.
    ReasoningEffortView of ReasoningEffort {
        /// As little as can be.
        Minimal,
        /// Little: the pause stays short.
        Low,
        /// Some.
        Medium,
        /// Much; callers will notice.
        High,
    }
}

view! {
    /// What goes on with a call whose engine has failed for good.
    FallbackView of Fallback {
        /// The `relay` engine, with the memory of the call.
        Relay,
        /// The `gather` engine, which needs no streaming.
        Gather,
        /// No other engine: a transfer target, or a goodbye.
        None,
    }
}

/// How the end of the caller's turn is found.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum TurnDetectionView {
    /// By the loudness of the audio.
    ServerVad {
        /// How loud speech is.
        #[serde(default = "threshold")]
        #[schema(minimum = 0, maximum = 1, default = 0.5)]
        threshold: f64,
        /// Audio before the speech that belongs to it.
        #[serde(default = "prefix_padding_ms")]
        #[schema(maximum = 2000, default = 300)]
        prefix_padding_ms: u32,
        /// Silence that ends a turn.
        #[serde(default = "silence_duration_ms")]
        #[schema(minimum = 100, maximum = 5000, default = 500)]
        silence_duration_ms: u32,
    },
    /// By what is said.
    SemanticVad {
        /// How soon.
        #[serde(default = "eagerness")]
        eagerness: EagernessView,
    },
}

fn threshold() -> f64 {
    0.5
}

fn prefix_padding_ms() -> u32 {
    300
}

fn silence_duration_ms() -> u32 {
    500
}

fn eagerness() -> EagernessView {
    EagernessView::Auto
}

impl From<TurnDetectionView> for TurnDetection {
    fn from(view: TurnDetectionView) -> Self {
        match view {
            TurnDetectionView::ServerVad {
                threshold,
                prefix_padding_ms,
                silence_duration_ms,
            } => Self::ServerVad {
                threshold,
                prefix_padding_ms,
                silence_duration_ms,
            },
            TurnDetectionView::SemanticVad { eagerness } => Self::SemanticVad {
                eagerness: eagerness.into(),
            },
        }
    }
}

impl From<TurnDetection> for TurnDetectionView {
    fn from(detection: TurnDetection) -> Self {
        match detection {
            TurnDetection::ServerVad {
                threshold,
                prefix_padding_ms,
                silence_duration_ms,
            } => Self::ServerVad {
                threshold,
                prefix_padding_ms,
                silence_duration_ms,
            },
            TurnDetection::SemanticVad { eagerness } => Self::SemanticVad {
                eagerness: eagerness.into(),
            },
        }
    }
}

/// Settings of the `realtime` engine.
#[derive(Debug, Serialize, ToSchema)]
pub struct RealtimeSettingsView {
    /// Speech-to-speech model; null is the platform's.
    #[schema(required)]
    pub model: Option<String>,
    /// How the end of the caller's turn is found.
    pub turn_detection: TurnDetectionView,
    /// What is taken out of the caller's sound.
    pub noise_reduction: NoiseReductionView,
    /// How long a model that can think does so.
    pub reasoning_effort: ReasoningEffortView,
    /// How fast the voice speaks.
    #[schema(minimum = 0.25, maximum = 1.5)]
    pub speed: f64,
}

impl From<RealtimeSettings> for RealtimeSettingsView {
    fn from(settings: RealtimeSettings) -> Self {
        Self {
            model: settings.model,
            turn_detection: settings.turn_detection.into(),
            noise_reduction: settings.noise_reduction.into(),
            reasoning_effort: settings.reasoning_effort.into(),
            speed: settings.speed,
        }
    }
}

/// Settings of the `realtime` engine; what is absent stays, or gets its standard.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RealtimeSettingsRequest {
    /// Speech-to-speech model; an empty text leaves it to the platform.
    #[schema(example = "gpt-realtime-2.1")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// How the end of the caller's turn is found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turn_detection: Option<TurnDetectionView>,
    /// What is taken out of the caller's sound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub noise_reduction: Option<NoiseReductionView>,
    /// How long a model that can think does so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_effort: Option<ReasoningEffortView>,
    /// How fast the voice speaks.
    #[schema(minimum = 0.25, maximum = 1.5)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speed: Option<f64>,
}

impl From<RealtimeSettingsRequest> for RealtimePatch {
    fn from(request: RealtimeSettingsRequest) -> Self {
        Self {
            model: request.model,
            turn_detection: request.turn_detection.map(Into::into),
            noise_reduction: request.noise_reduction.map(Into::into),
            reasoning_effort: request.reasoning_effort.map(Into::into),
            speed: request.speed,
        }
    }
}

/// What an engine makes of a personality.
#[derive(Debug, Serialize, ToSchema)]
pub struct CapabilityView {
    /// Which engine.
    pub engine: Engine,
    /// Whether this installation runs it.
    pub available: bool,
    /// The voice that callers hear, by its name there.
    pub voice: String,
    /// What is not as the personality says, or will not be for long.
    pub notes: Vec<NoteView>,
}

/// One thing that is not as the personality says.
#[derive(Debug, Serialize, ToSchema)]
pub struct NoteView {
    /// Which field.
    #[schema(example = "voice")]
    pub param: String,
    /// Stable code.
    #[schema(example = "voice_substituted")]
    pub code: String,
    /// In words for people.
    pub detail: String,
}

impl From<Capability> for CapabilityView {
    fn from(capability: Capability) -> Self {
        Self {
            engine: capability.engine,
            available: capability.available,
            voice: capability.voice,
            notes: capability.notes.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Note> for NoteView {
    fn from(note: Note) -> Self {
        Self {
            param: note.param.to_owned(),
            code: note.code.to_owned(),
            detail: note.detail,
        }
    }
}

/// Who really speaks first: an agent without words does not.
pub(super) fn policy_of(body: &app::PersonalityBody) -> GreetingPolicyView {
    match body.greeting_policy {
        GreetingPolicy::AgentFirst if body.greeting.is_none() => GreetingPolicyView::CallerFirst,
        policy => policy.into(),
    }
}
