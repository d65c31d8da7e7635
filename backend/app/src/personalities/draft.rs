//! What is acceptable in a personality. All faults are told at once.

use std::collections::HashSet;

use chrono::NaiveDate;
use phony_carriers::twilio::voices;
use phony_conversation::plan::{
    Exchange, Fallback, GreetingPolicy, Personality, RealtimeSettings, TransferTarget,
};
use phony_kernel::error::Faults;
use phony_kernel::{E164, PersonalityId, Result};
use phony_models::catalog;

use super::input::{PersonalityInput, TransferTargetInput};
use super::language;

/// Longest prompt, in bytes.
const MAX_PROMPT_BYTES: usize = 64 * 1024;
/// Longest greeting, in characters: about two minutes of speech.
const MAX_GREETING: usize = 2_000;
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
    /// Today: a model that has stopped is not taken.
    pub(super) today: NaiveDate,
    /// The version before. What has not changed since is not judged again: a voice or model that has left the
    /// catalogue must not stand in the way of a new greeting.
    pub(super) before: Option<&'a Personality>,
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
    line(&mut faults, "name", &input.name, 1, MAX_NAME);
    text(&mut faults, "description", &input.description, 0, MAX_DESCRIPTION);
    line(&mut faults, "response_style", &input.response_style, 0, MAX_STYLE);
    check_prompt(&mut faults, &input.system_prompt);
    let greeting = input
        .greeting
        .map(|words| words.trim().to_owned())
        .filter(|words| !words.is_empty());
    check_greeting(&mut faults, greeting.as_deref());
    check_voice(&mut faults, &input.voice, bounds);
    let language = check_language(&mut faults, input.language.as_deref());
    let model = input.model.unwrap_or_else(|| bounds.default_model.to_owned());
    check_model(&mut faults, &model, bounds);
    check_traits(&mut faults, &input.traits);
    check_examples(&mut faults, &input.examples);
    let transfer_targets = check_targets(&mut faults, input.transfer_targets);
    faults.finish()?;
    Ok(Draft {
        body: Personality {
            id,
            version,
            name: input.name.trim().to_owned(),
            system_prompt: input.system_prompt,
            greeting,
            voice: input.voice,
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
            greeting_policy: GreetingPolicy::AgentFirst,
            realtime: RealtimeSettings::default(),
            fallback: Fallback::Relay,
        },
        description: input.description.trim().to_owned(),
    })
}

/// A text of one line.
fn line(faults: &mut Faults, param: &str, words: &str, min: usize, max: usize) {
    faults.length(param, words, min, max);
    faults.require(
        !words.contains(char::is_control),
        param,
        "control_character",
        "must be one line of plain text",
    );
}

/// A text that may have several lines.
fn text(faults: &mut Faults, param: &str, words: &str, min: usize, max: usize) {
    faults.length(param, words, min, max);
    plain(faults, param, words);
}

fn plain(faults: &mut Faults, param: &str, words: &str) {
    let odd = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    faults.require(
        !words.contains(odd),
        param,
        "control_character",
        "must be plain text",
    );
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
    plain(faults, "system_prompt", prompt);
}

fn check_greeting(faults: &mut Faults, greeting: Option<&str>) {
    let Some(words) = greeting else { return };
    text(faults, "greeting", words, 0, MAX_GREETING);
    // A greeting is spoken as it stands; nobody looks for commands in it.
    faults.require(
        !words.contains("[["),
        "greeting",
        "inline_command",
        "must not hold inline commands",
    );
}

fn check_voice(faults: &mut Faults, voice: &str, bounds: Bounds<'_>) {
    if bounds.before.is_some_and(|before| before.voice == voice) || voices::is_known(voice) {
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

fn check_language(faults: &mut Faults, language: Option<&str>) -> String {
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
    if model == bounds.default_model || bounds.before.is_some_and(|before| before.model == model) {
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
        line(faults, &format!("traits[{place}]"), word, 1, MAX_TRAIT);
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
        text(
            faults,
            &format!("examples[{place}].caller"),
            &example.caller,
            1,
            MAX_EXAMPLE_SIDE,
        );
        text(
            faults,
            &format!("examples[{place}].agent"),
            &example.agent,
            1,
            MAX_EXAMPLE_SIDE,
        );
    }
}

fn check_targets(faults: &mut Faults, inputs: Vec<TransferTargetInput>) -> Vec<TransferTarget> {
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
        match E164::parse(&input.e164, None) {
            Ok(e164) => targets.push(TransferTarget { alias, e164 }),
            Err(cause) => faults.add(param("e164"), cause.code(), cause.to_string()),
        }
    }
    targets
}

#[cfg(test)]
mod tests {
    use super::super::input::PersonalityPatch;
    use super::*;

    const BOUNDS: Bounds<'static> = Bounds {
        default_model: "gpt-6-luna",
        today: NaiveDate::from_ymd_opt(2026, 11, 21).unwrap(),
        before: None,
    };

    fn input() -> PersonalityInput {
        PersonalityInput {
            name: "Front desk".to_owned(),
            voice: "alloy".to_owned(),
            system_prompt: "You answer the phone.".to_owned(),
            ..PersonalityInput::default()
        }
    }

    fn faults(input: PersonalityInput) -> Vec<(String, String)> {
        let error = check(input, PersonalityId::new(), 1, BOUNDS).unwrap_err();
        error
            .fields()
            .iter()
            .map(|field| (field.param.clone(), field.code.to_string()))
            .collect()
    }

    #[test]
    fn what_is_left_out_gets_its_default() {
        let draft = check(input(), PersonalityId::new(), 1, BOUNDS).unwrap();
        assert_eq!(draft.body.language, "en-US");
        assert_eq!(draft.body.model, "gpt-6-luna");
        assert_eq!(draft.body.greeting, None);
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let target = |alias: &str, e164: &str| TransferTargetInput {
            alias: alias.into(),
            e164: e164.into(),
        };
        let found = faults(PersonalityInput {
            name: " ".to_owned(),
            voice: "darth".to_owned(),
            language: Some("english please".to_owned()),
            greeting: Some("Hello [[end_call]]".to_owned()),
            system_prompt: "x".repeat(MAX_PROMPT_BYTES + 1),
            traits: vec!["kind".to_owned(), String::new()],
            examples: vec![Exchange {
                caller: "Hi".to_owned(),
                agent: "a\u{0}b".to_owned(),
            }],
            transfer_targets: vec![
                target("billing", "+1 415 555 0134"),
                target("billing", "+14155550135"),
                target("The Boss", "555"),
            ],
            ..input()
        });
        let expected = [
            ("name", "required"),
            ("system_prompt", "too_long"),
            ("greeting", "inline_command"),
            ("voice", "unknown_voice"),
            ("language", "not_a_language_tag"),
            ("traits[1]", "required"),
            ("examples[0].agent", "control_character"),
            ("transfer_targets[1].alias", "duplicate"),
            ("transfer_targets[2].alias", "bad_alias"),
            ("transfer_targets[2].e164", "no_country_code"),
        ];
        assert_eq!(
            found,
            expected.map(|(param, code)| (param.to_owned(), code.to_owned()))
        );
    }

    #[test]
    fn a_model_must_be_known_spoken_with_and_served() {
        let code = |model: &str| {
            let input = PersonalityInput {
                model: Some(model.to_owned()),
                ..input()
            };
            check(input, PersonalityId::new(), 1, BOUNDS)
                .err()
                .map(|error| error.fields()[0].code.to_string())
        };
        assert_eq!(code("gpt-6-sol"), None);
        assert_eq!(code("gpt-4").as_deref(), Some("model_retired"));
        assert_eq!(code("whisper-1").as_deref(), Some("unknown_model"));
        assert_eq!(code("").as_deref(), Some("unknown_model"));
    }

    #[test]
    fn an_empty_greeting_lets_the_caller_speak_first() {
        let before = check(
            PersonalityInput {
                greeting: Some("Hi.".into()),
                ..input()
            },
            PersonalityId::new(),
            1,
            BOUNDS,
        );
        let before = before.unwrap();
        let patch = PersonalityPatch {
            greeting: Some("  ".to_owned()),
            ..PersonalityPatch::default()
        };
        let after = check(patch.apply(&before.body, ""), before.body.id, 2, BOUNDS).unwrap();
        assert_eq!(after.body.greeting, None);
        let same = PersonalityPatch::default().apply(&before.body, "");
        assert_eq!(check(same, before.body.id, 1, BOUNDS).unwrap().body, before.body);
    }

    #[test]
    fn what_has_left_the_catalogue_may_stay_but_not_come() {
        let mut before = check(input(), PersonalityId::new(), 1, BOUNDS).unwrap().body;
        before.voice = "retired".to_owned();
        let patch = PersonalityPatch {
            name: Some("Reception".to_owned()),
            ..PersonalityPatch::default()
        };
        let input = patch.apply(&before, "");
        assert!(
            check(
                input.clone(),
                before.id,
                2,
                Bounds {
                    before: Some(&before),
                    ..BOUNDS
                }
            )
            .is_ok()
        );
        assert!(check(input, before.id, 2, BOUNDS).is_err());
    }
}
