//! What a tenant writes for a personality, and what a change leaves as it is.

use phony_conversation::plan::{Exchange, Personality};

/// A personality as its tenant writes it.
#[derive(Debug, Clone, Default)]
pub struct PersonalityInput {
    /// Name, unique in the tenant.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Voice by its catalogue name.
    pub voice: String,
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
}

/// A transfer target with its number as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferTargetInput {
    /// The name the model uses.
    pub alias: String,
    /// Where it rings, in any common way of writing.
    pub e164: String,
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
                })
                .collect()
        };
        PersonalityInput {
            name: self.name.unwrap_or_else(|| current.name.clone()),
            description: self.description.unwrap_or_else(|| description.to_owned()),
            voice: self.voice.unwrap_or_else(|| current.voice.clone()),
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
        }
    }
}
