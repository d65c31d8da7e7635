//! What a personality may be, and which faults are told.

use super::super::input::PersonalityPatch;
use phony_conversation::plan::{GreetingPolicy, RealtimeSettings, TurnDetection};

use phony_conversation::command::TransferKind;

use super::*;

const BOUNDS: Bounds<'static> = Bounds {
    default_model: "gpt-6-luna",
    realtime_model: "gpt-realtime-2.1",
    default_voice: "marin",
    today: NaiveDate::from_ymd_opt(2026, 11, 21).unwrap(),
    before: None,
    policy: None,
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
        kind: TransferKind::Cold,
        stay_as: None,
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

#[test]
fn a_speech_model_must_be_known_and_served() {
    let code = |model: &str| {
        let input = PersonalityInput {
            realtime: RealtimeSettings {
                model: Some(model.to_owned()),
                ..RealtimeSettings::default()
            },
            ..input()
        };
        let error = check(input, PersonalityId::new(), 1, BOUNDS).err()?;
        let fault = &error.fields()[0];
        Some((fault.param.clone(), fault.code.to_string()))
    };
    let fault = |code: &str| Some(("realtime.model".to_owned(), code.to_owned()));
    assert_eq!(code("gpt-realtime-2"), None);
    for unknown in ["gpt-6-luna", "gpt-audio", "gpt-4o-realtime-preview", ""] {
        assert_eq!(code(unknown), fault("unknown_model"), "{unknown}");
    }
    let later = Bounds {
        today: NaiveDate::from_ymd_opt(2027, 1, 20).unwrap(),
        ..BOUNDS
    };
    let input = PersonalityInput {
        realtime: RealtimeSettings {
            model: Some("gpt-realtime-mini".to_owned()),
            ..RealtimeSettings::default()
        },
        ..input()
    };
    let error = check(input, PersonalityId::new(), 1, later).unwrap_err();
    assert_eq!(error.fields()[0].code, "model_retired");
}

#[test]
fn settings_out_of_range_are_told_by_their_names() {
    let found = faults(PersonalityInput {
        greeting_policy: Some(GreetingPolicy::AgentFirst),
        realtime: RealtimeSettings {
            turn_detection: TurnDetection::ServerVad {
                threshold: 1.5,
                prefix_padding_ms: 60_000,
                silence_duration_ms: 10,
            },
            speed: f64::NAN,
            ..RealtimeSettings::default()
        },
        ..input()
    });
    let expected = [
        ("greeting", "required"),
        ("realtime.speed", "out_of_range"),
        ("realtime.turn_detection.threshold", "out_of_range"),
        ("realtime.turn_detection.prefix_padding_ms", "out_of_range"),
        ("realtime.turn_detection.silence_duration_ms", "out_of_range"),
    ];
    assert_eq!(
        found,
        expected.map(|(param, code)| (param.to_owned(), code.to_owned()))
    );
}

#[test]
fn who_speaks_first_follows_the_words_unless_it_is_said() {
    let make = |input| check(input, PersonalityId::new(), 1, BOUNDS).unwrap().body;
    let silent = make(PersonalityInput {
        greeting_policy: Some(GreetingPolicy::CallerFirst),
        greeting: Some("Hi.".to_owned()),
        ..input()
    });
    assert_eq!(silent.greeting_policy, GreetingPolicy::CallerFirst);
    let words = |before: &Personality, words: &str| {
        let patch = PersonalityPatch {
            greeting: Some(words.to_owned()),
            ..PersonalityPatch::default()
        };
        make(patch.apply(before, ""))
    };
    let speaks = words(&silent, "Hello there.");
    assert_eq!(speaks.greeting_policy, GreetingPolicy::AgentFirst);
    let own = make(PersonalityInput {
        greeting_policy: Some(GreetingPolicy::Generated),
        ..input()
    });
    assert_eq!(
        words(&own, "Welcome them.").greeting_policy,
        GreetingPolicy::Generated
    );
}

#[test]
fn the_platforms_voice_speaks_when_none_is_named() {
    let body = check(
        PersonalityInput {
            voice: None,
            ..input()
        },
        PersonalityId::new(),
        1,
        BOUNDS,
    );
    assert_eq!(body.unwrap().body.voice, "marin");
}
