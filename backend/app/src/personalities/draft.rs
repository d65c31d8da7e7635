//! What is acceptable in a personality. All faults are told at once.

use std::collections::HashSet;

use chrono::NaiveDate;
use phony_carriers::twilio::voices;
use phony_conversation::command::TransferKind;
use phony_conversation::plan::{Exchange, Personality, TransferTarget};
use phony_kernel::error::Faults;
use phony_kernel::recording::PersonalityRecording;
use phony_kernel::{E164, PersonalityId, Result};
use phony_models::catalog;

use super::input::{PersonalityInput, TransferTargetInput};
use super::{asking, language, speech};
use crate::outbound_policy::OutboundPolicy;

/// Longest prompt, in bytes.
const MAX_PROMPT_BYTES: usize = 64 * 1024;
/// Longest greeting, in characters: about two minutes of speech.
const MAX_GREETING: usize = 2_000;
/// Longest words in which callers are told that they are recorded, in characters.
const MAX_ANNOUNCEMENT: usize = 300;
const MAX_NAME: usize = 80;
const MAX_DESCRIPTION: usize = 500;
const MAX_STYLE: usize = 500;
const MAX_TRAITS: usize = 20;
const MAX_TRAIT: usize = 40;
const MAX_EXAMPLES: usize = 20;
const MAX_EXAMPLE_SIDE: usize = 1_000;
const MAX_TARGETS: usize = 20;
const MAX_ALIAS: usize = 32;

/// What an input is measured against.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds<'a> {
    /// The platform's language model: used when none is named, and always known.
    pub(super) default_model: &'a str,
    /// The platform's speech-to-speech model, likewise.
    pub(super) realtime_model: &'a str,
    /// The platform's voice: speaks when none is named.
    pub(super) default_voice: &'a str,
    /// Today: a model that has stopped is not taken.
    pub(super) today: NaiveDate,
    /// The version before. What has not changed since is not judged again: a voice or model that has left the
    /// catalogue must not stand in the way of a new greeting.
    pub(super) before: Option<&'a Personality>,
    /// Whom the tenant's agents may ring, transfer targets among them; none judges nobody.
    pub(super) policy: Option<&'a OutboundPolicy>,
}

/// A checked personality and its description.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) body: Personality,
    pub(super) description: String,
}

/// Checks every field and makes the personality of it.
pub(super) fn check(
    input: PersonalityInput,
    id: PersonalityId,
    version: i32,
    bounds: Bounds<'_>,
) -> Result<Draft> {
    let mut faults = Faults::new();
    faults.line("name", &input.name, 1, MAX_NAME);
    faults.text("description", &input.description, 0, MAX_DESCRIPTION);
    faults.line("response_style", &input.response_style, 0, MAX_STYLE);
    check_prompt(&mut faults, &input.system_prompt);
    let greeting = input
        .greeting
        .map(|words| words.trim().to_owned())
        .filter(|words| !words.is_empty());
    check_greeting(&mut faults, greeting.as_deref());
    let voice = input.voice.unwrap_or_else(|| bounds.default_voice.to_owned());
    check_voice(&mut faults, &voice, bounds);
    let language = check_language(&mut faults, input.language.as_deref());
    let model = input.model.unwrap_or_else(|| bounds.default_model.to_owned());
    check_model(&mut faults, &model, bounds);
    check_traits(&mut faults, &input.traits);
    check_examples(&mut faults, &input.examples);
    let transfer_targets = check_targets(&mut faults, input.transfer_targets, bounds);
    let greeting_policy = speech::check_policy(&mut faults, input.greeting_policy, greeting.as_deref());
    speech::check_realtime(&mut faults, &input.realtime, bounds);
    check_announcement(&mut faults, &input.recording.announcement);
    asking::check(&mut faults, &input.approval, &input.clarification);
    faults.finish()?;
    Ok(Draft {
        body: Personality {
            id,
            version,
            name: input.name.trim().to_owned(),
            system_prompt: input.system_prompt,
            greeting,
            voice,
            language,
            response_style: input.response_style.trim().to_owned(),
            traits: input
                .traits
                .into_iter()
                .map(|word| word.trim().to_owned())
                .collect(),
            examples: input.examples,
            model,
            transfer_targets,
            greeting_policy,
            realtime: input.realtime,
            fallback: input.fallback,
            recording: PersonalityRecording {
                mode: input.recording.mode,
                announcement: input.recording.announcement.trim().to_owned(),
            },
            approval: input.approval,
            clarification: input.clarification,
        },
        description: input.description.trim().to_owned(),
    })
}

fn check_prompt(faults: &mut Faults, prompt: &str) {
    faults.require(
        !prompt.trim().is_empty(),
        "system_prompt",
        "required",
        "must not be empty",
    );
    let fits = prompt.len() <= MAX_PROMPT_BYTES;
    faults.require(fits, "system_prompt", "too_long", "must have at most 64 KiB");
    faults.plain_text("system_prompt", prompt);
}

fn check_greeting(faults: &mut Faults, greeting: Option<&str>) {
    let Some(words) = greeting else { return };
    faults.text("greeting", words, 0, MAX_GREETING);
    // A greeting is spoken as it stands; nobody looks for commands in it.
    faults.require(
        !words.contains("[["),
        "greeting",
        "inline_command",
        "must not hold inline commands",
    );
}

fn check_announcement(faults: &mut Faults, words: &str) {
    faults.text("recording.announcement", words, 0, MAX_ANNOUNCEMENT);
    // Spoken as it stands, like a greeting.
    faults.require(
        !words.contains("[["),
        "recording.announcement",
        "inline_command",
        "must not hold inline commands",
    );
}

fn check_voice(faults: &mut Faults, voice: &str, bounds: Bounds<'_>) {
    // Whether the plan has voices and models of one's own is judged with the plan.
    let known = voices::is_known(voice) || catalog::is_custom_voice(voice);
    if known || bounds.before.is_some_and(|before| before.voice == voice) {
        return;
    }
    if voice.trim().is_empty() {
        faults.add("voice", "required", "must not be empty");
    } else {
        let names: Vec<&str> = voices::CATALOGUE.iter().map(|voice| voice.name).collect();
        faults.add(
            "voice",
            "unknown_voice",
            format!("must be one of {}", names.join(", ")),
        );
    }
}

pub(super) fn check_language(faults: &mut Faults, language: Option<&str>) -> String {
    let tag = language.unwrap_or("en-US");
    language::canonical(tag).unwrap_or_else(|| {
        faults.add(
            "language",
            "not_a_language_tag",
            "must be a BCP 47 language tag, like en-US or hi-IN",
        );
        String::new()
    })
}

fn check_model(faults: &mut Faults, model: &str, bounds: Bounds<'_>) {
    let known = model == bounds.default_model || catalog::is_custom(model);
    if known || bounds.before.is_some_and(|before| before.model == model) {
        return;
    }
    match catalog::find(model).filter(|known| known.usage == catalog::Use::Chat) {
        None => faults.add("model", "unknown_model", "is not a language model that we know"),
        Some(known) if !known.is_served_on(bounds.today) => {
            faults.add("model", "model_retired", "is not served any more by its provider");
        }
        Some(_) => {}
    }
}

fn check_traits(faults: &mut Faults, traits: &[String]) {
    faults.require(
        traits.len() <= MAX_TRAITS,
        "traits",
        "too_many",
        "must be at most 20",
    );
    for (place, word) in traits.iter().enumerate().take(MAX_TRAITS) {
        faults.line(&format!("traits[{place}]"), word, 1, MAX_TRAIT);
    }
}

fn check_examples(faults: &mut Faults, examples: &[Exchange]) {
    faults.require(
        examples.len() <= MAX_EXAMPLES,
        "examples",
        "too_many",
        "must be at most 20",
    );
    for (place, example) in examples.iter().enumerate().take(MAX_EXAMPLES) {
        faults.text(
            &format!("examples[{place}].caller"),
            &example.caller,
            1,
            MAX_EXAMPLE_SIDE,
        );
        faults.text(
            &format!("examples[{place}].agent"),
            &example.agent,
            1,
            MAX_EXAMPLE_SIDE,
        );
    }
}

fn check_targets(
    faults: &mut Faults,
    inputs: Vec<TransferTargetInput>,
    bounds: Bounds<'_>,
) -> Vec<TransferTarget> {
    let known = bounds
        .before
        .map(|before| before.transfer_targets.as_slice())
        .unwrap_or_default();
    faults.require(
        inputs.len() <= MAX_TARGETS,
        "transfer_targets",
        "too_many",
        "must be at most 20",
    );
    let mut targets = Vec::new();
    let mut seen = HashSet::new();
    for (place, input) in inputs.into_iter().enumerate().take(MAX_TARGETS) {
        let param = |field: &str| format!("transfer_targets[{place}].{field}");
        let good =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-');
        let alias = input.alias;
        if alias.is_empty() || alias.len() > MAX_ALIAS || !alias.bytes().all(good) {
            faults.add(
                param("alias"),
                "bad_alias",
                "must be 1 to 32 lower-case letters, digits, hyphens or underscores",
            );
        } else if !seen.insert(alias.clone()) {
            faults.add(param("alias"), "duplicate", "is used by another transfer target");
        }
        faults.require(
            input.stay_as.is_none() || input.kind == TransferKind::Warm,
            &param("stay_as"),
            "needs_warm",
            "is possible after a warm transfer only",
        );
        match E164::parse(&input.e164, None) {
            Ok(e164) => {
                let denied = bounds
                    .policy
                    .filter(|_| !known.iter().any(|known| known.e164 == e164))
                    .and_then(|policy| policy.check_destination(&e164).err());
                if let Some(denied) = denied {
                    faults.add(param("e164"), denied.code(), denied.public());
                }
                targets.push(TransferTarget {
                    alias,
                    e164,
                    kind: input.kind,
                    stay_as: input.stay_as,
                });
            }
            Err(cause) => faults.add(param("e164"), cause.code(), cause.to_string()),
        }
    }
    targets
}

#[cfg(test)]
mod tests;
