//! What a tenant writes for a personality, and what a change leaves as it is.

use phony_conversation::command::{StayAs, TransferKind};
use phony_conversation::plan::{
    ApprovalSettings, ClarificationSettings, Exchange, Fallback, GreetingPolicy, NoiseReduction, Personality,
    RealtimeSettings, ReasoningEffort, TurnDetection,
};
use phony_kernel::recording::{PersonalityRecording, PersonalityRecordingMode};

use super::asking::{ApprovalPatch, ClarificationPatch};

/// A personality as its tenant writes it.
#[derive(Debug, Clone, Default)]
pub struct PersonalityInput {
    /// Name, unique in the tenant.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Voice by its catalogue name; the platform's when absent.
    pub voice: Option<String>,
    /// Main language, BCP 47; `en-US` when absent.
    pub language: Option<String>,
    /// First words; none or empty lets the caller speak first.
    pub greeting: Option<String>,
    /// What it is told to be.
    pub system_prompt: String,
    /// How it answers.
    pub response_style: String,
    /// Traits.
    pub traits: Vec<String>,
    /// Example exchanges.
    pub examples: Vec<Exchange>,
    /// Language model; the platform's when absent.
    pub model: Option<String>,
    /// Whom it may hand a caller to.
    pub transfer_targets: Vec<TransferTargetInput>,
    /// Who speaks first; the agent when there is a greeting, unless said otherwise.
    pub greeting_policy: Option<GreetingPolicy>,
    /// Settings of the `realtime` engine.
    pub realtime: RealtimeSettings,
    /// What goes on with a call whose engine has failed for good.
    pub fallback: Fallback,
    /// Whether its calls are recorded.
    pub recording: PersonalityRecording,
    /// Which of its replies wait for a person.
    pub approval: ApprovalSettings,
    /// How long its questions wait for a person.
    pub clarification: ClarificationSettings,
}

/// What to change in the settings of the `realtime` engine; what is absent stays.
#[derive(Debug, Clone, Default)]
pub struct RealtimePatch {
    /// The model; an empty text leaves it to the platform.
    pub model: Option<String>,
    /// How the end of the caller's turn is found.
    pub turn_detection: Option<TurnDetection>,
    /// What is taken out of the caller's sound.
    pub noise_reduction: Option<NoiseReduction>,
    /// How long a model that can think does so.
    pub reasoning_effort: Option<ReasoningEffort>,
    /// How fast the voice speaks.
    pub speed: Option<f64>,
}

impl RealtimePatch {
    /// The settings after this change.
    #[must_use]
    pub fn apply(self, current: &RealtimeSettings) -> RealtimeSettings {
        RealtimeSettings {
            model: match self.model {
                Some(model) if model.trim().is_empty() => None,
                Some(model) => Some(model),
                None => current.model.clone(),
            },
            turn_detection: self.turn_detection.unwrap_or(current.turn_detection),
            noise_reduction: self.noise_reduction.unwrap_or(current.noise_reduction),
            reasoning_effort: self.reasoning_effort.unwrap_or(current.reasoning_effort),
            speed: self.speed.unwrap_or(current.speed),
        }
    }
}

/// A transfer target with its number as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferTargetInput {
    /// The name the model uses.
    pub alias: String,
    /// Where it rings, in any common way of writing.
    pub e164: String,
    /// How callers get there.
    pub kind: TransferKind,
    /// What the agent does after a warm transfer.
    pub stay_as: Option<StayAs>,
}

/// What to change; what is absent stays.
#[derive(Debug, Clone, Default)]
pub struct PersonalityPatch {
    /// Name.
    pub name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Voice.
    pub voice: Option<String>,
    /// Main language.
    pub language: Option<String>,
    /// First words; an empty text lets the caller speak first.
    pub greeting: Option<String>,
    /// What it is told to be.
    pub system_prompt: Option<String>,
    /// How it answers.
    pub response_style: Option<String>,
    /// Traits.
    pub traits: Option<Vec<String>>,
    /// Example exchanges.
    pub examples: Option<Vec<Exchange>>,
    /// Language model.
    pub model: Option<String>,
    /// Whom it may hand a caller to.
    pub transfer_targets: Option<Vec<TransferTargetInput>>,
    /// Who speaks first.
    pub greeting_policy: Option<GreetingPolicy>,
    /// Settings of the `realtime` engine.
    pub realtime: RealtimePatch,
    /// What goes on with a call whose engine has failed for good.
    pub fallback: Option<Fallback>,
    /// Whether its calls are recorded.
    pub recording: RecordingPatch,
    /// Which of its replies wait for a person.
    pub approval: ApprovalPatch,
    /// How long its questions wait for a person.
    pub clarification: ClarificationPatch,
}

/// What to change in what is recorded; what is absent stays.
#[derive(Debug, Clone, Default)]
pub struct RecordingPatch {
    /// Whether.
    pub mode: Option<PersonalityRecordingMode>,
    /// In which words callers are told.
    pub announcement: Option<String>,
}

impl RecordingPatch {
    /// The policy after this change.
    #[must_use]
    pub fn apply(self, current: &PersonalityRecording) -> PersonalityRecording {
        PersonalityRecording {
            mode: self.mode.unwrap_or(current.mode),
            announcement: self.announcement.unwrap_or_else(|| current.announcement.clone()),
        }
    }
}

impl PersonalityPatch {
    /// The stored personality as its tenant would write it after this change.
    pub(super) fn apply(self, current: &Personality, description: &str) -> PersonalityInput {
        let targets = || {
            let targets = current.transfer_targets.iter();
            targets
                .map(|t| TransferTargetInput {
                    alias: t.alias.clone(),
                    e164: t.e164.to_string(),
                    kind: t.kind,
                    stay_as: t.stay_as,
                })
                .collect()
        };
        // New words are spoken, and none let the caller speak first, unless the change says who does.
        let policy = match (self.greeting_policy, &self.greeting, current.greeting_policy) {
            (Some(policy), _, _) => Some(policy),
            (None, Some(_), GreetingPolicy::AgentFirst | GreetingPolicy::CallerFirst) => None,
            (None, _, policy) => {
                Some(policy).filter(|_| current.greeting.is_some() || policy != GreetingPolicy::AgentFirst)
            }
        };
        PersonalityInput {
            name: self.name.unwrap_or_else(|| current.name.clone()),
            description: self.description.unwrap_or_else(|| description.to_owned()),
            voice: Some(self.voice.unwrap_or_else(|| current.voice.clone())),
            language: Some(self.language.unwrap_or_else(|| current.language.clone())),
            greeting: self.greeting.or_else(|| current.greeting.clone()),
            system_prompt: self
                .system_prompt
                .unwrap_or_else(|| current.system_prompt.clone()),
            response_style: self
                .response_style
                .unwrap_or_else(|| current.response_style.clone()),
            traits: self.traits.unwrap_or_else(|| current.traits.clone()),
            examples: self.examples.unwrap_or_else(|| current.examples.clone()),
            model: Some(self.model.unwrap_or_else(|| current.model.clone())),
            transfer_targets: self.transfer_targets.unwrap_or_else(targets),
            greeting_policy: policy,
            realtime: self.realtime.apply(&current.realtime),
            fallback: self.fallback.unwrap_or(current.fallback),
            recording: self.recording.apply(&current.recording),
            approval: self.approval.apply(current.approval),
            clarification: self.clarification.apply(current.clarification),
        }
    }
}
