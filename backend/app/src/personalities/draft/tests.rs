//! What a personality may be, and which faults are told.

use super::super::input::PersonalityPatch;
use super::*;

const BOUNDS: Bounds<'static> = Bounds {
    default_model: "gpt-6-luna",
    realtime_model: "gpt-realtime-2.1",
    default_voice: "marin",
    today: NaiveDate::from_ymd_opt(2026, 11, 21).unwrap(),
    before: None,
};

fn input() -> PersonalityInput {
    PersonalityInput {
        name: "Front desk".to_owned(),
        voice: Some("alloy".to_owned()),
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
        voice: Some("darth".to_owned()),
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
