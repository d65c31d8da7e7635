//! What of a personality depends on the engine: its settings, models, voices, and what each engine makes of it.

use phony_app::personalities::{
    Eagerness, Fallback, GreetingPolicy, PersonalityPatch, RealtimePatch, RealtimeSettings, TurnDetection,
};
use phony_db::personalities::load_version;
use phony_kernel::Plan;
use phony_kernel::call::Engine;

use super::{Studio, input};

#[tokio::test]
async fn settings_of_the_speech_engine_are_versioned_with_the_rest() {
    let studio = Studio::open().await;
    let mut admin = studio.admin("acme").await;
    // The basic plan has one speech-to-speech model.
    admin.plan = Plan::Professional;
    let made = studio.personalities.create(&admin, input("Ava")).await.unwrap();
    assert_eq!(made.body.realtime, RealtimeSettings::default());
    assert_eq!(made.body.fallback, Fallback::Relay);
    let patch = PersonalityPatch {
        realtime: RealtimePatch {
            model: Some("gpt-realtime-2.1-mini".to_owned()),
            turn_detection: Some(TurnDetection::SemanticVad {
                eagerness: Eagerness::High,
            }),
            speed: Some(1.2),
            ..RealtimePatch::default()
        },
        fallback: Some(Fallback::None),
        greeting_policy: Some(GreetingPolicy::Generated),
        ..PersonalityPatch::default()
    };
    let id = made.body.id;
    let changed = studio
        .personalities
        .update(&admin, id, Some(1), patch.clone())
        .await
        .unwrap();
    assert_eq!(changed.body.version, 2);
    assert_eq!(
        changed.body.realtime.model.as_deref(),
        Some("gpt-realtime-2.1-mini")
    );
    assert_eq!(changed.body.greeting_policy, GreetingPolicy::Generated);
    let same = studio
        .personalities
        .update(&admin, id, None, patch)
        .await
        .unwrap();
    assert_eq!(
        same.body.version, 2,
        "a change that changes nothing makes no version"
    );
    let mut tx = studio.world.db.tenant(admin.tenant).await.unwrap();
    let before = load_version(&mut tx, id, 1).await.unwrap();
    assert_eq!(before.realtime, RealtimeSettings::default());
    drop(tx);
    let back = PersonalityPatch {
        realtime: RealtimePatch {
            model: Some(String::new()),
            ..RealtimePatch::default()
        },
        ..PersonalityPatch::default()
    };
    let back = studio.personalities.update(&admin, id, None, back).await.unwrap();
    assert_eq!(back.body.realtime.model, None);
    assert_eq!(back.body.fallback, Fallback::None, "what is absent stays");
}

#[tokio::test]
async fn what_was_stored_before_the_settings_were_there_reads_with_their_standards() {
    let studio = Studio::open().await;
    let admin = studio.admin("acme").await;
    let made = studio.personalities.create(&admin, input("Ava")).await.unwrap();
    studio
        .world
        .count(
            "WITH old AS (UPDATE phony.personality_versions SET body = body - 'realtime' - 'fallback' - 'greeting_policy'
             RETURNING 1) SELECT count(*) FROM old",
        )
        .await;
    let read = studio.personalities.get(&admin, made.body.id).await.unwrap();
    assert_eq!(read.body, made.body);
}

#[tokio::test]
async fn a_personality_says_what_each_engine_makes_of_it() {
    let studio = Studio::open().await;
    let admin = studio.admin("acme").await;
    let page = studio.personalities.list(&admin, Some(20), None).await.unwrap();
    let preset = |key: &str| {
        let found = page
            .data
            .iter()
            .find(|found| found.preset.as_deref() == Some(key));
        found.unwrap().body.clone()
    };
    let notes = |body: &_, engine| -> Vec<(String, String)> {
        let capability = studio.personalities.capability(body, engine);
        let notes = capability.notes.into_iter();
        notes
            .map(|note| (note.param.to_owned(), note.code.to_owned()))
            .collect()
    };
    let one = |param: &str, code: &str| (param.to_owned(), code.to_owned());
    assert_eq!(notes(&preset("professional_assistant"), Engine::Realtime), []);
    for key in ["friendly_helper", "sales_representative", "emergency_responder"] {
        let body = preset(key);
        assert_eq!(
            notes(&body, Engine::Realtime),
            [one("voice", "voice_substituted")],
            "{key} speaks with {}",
            body.voice
        );
        assert_eq!(notes(&body, Engine::Relay), [one("voice", "voice_substituted")]);
    }
    let mut body = preset("professional_assistant");
    body.language = "cy-GB".to_owned();
    body.realtime.speed = 1.25;
    body.realtime.turn_detection = TurnDetection::SemanticVad {
        eagerness: Eagerness::Low,
    };
    body.realtime.model = Some("gpt-realtime".to_owned());
    let found = notes(&body, Engine::Gather);
    for expected in [
        one("voice", "voice_substituted"),
        one("language", "language_unsupported"),
        one("realtime.speed", "speed_ignored"),
        one("realtime.turn_detection", "turn_detection_ignored"),
        one("engine", "keys_not_pressed"),
    ] {
        assert!(found.contains(&expected), "{expected:?} is not in {found:?}");
    }
    let report = studio.personalities.capabilities(&body);
    let engines: Vec<_> = report
        .iter()
        .map(|found| (found.engine, found.available))
        .collect();
    assert_eq!(
        engines,
        [
            (Engine::Realtime, true),
            (Engine::Relay, true),
            (Engine::Pipeline, false),
            (Engine::Gather, true),
        ]
    );
}

#[tokio::test]
async fn models_and_voices_are_listed_for_people_to_choose_from() {
    let studio = Studio::open().await;
    let models = studio.personalities.models();
    let standard: Vec<_> = models
        .iter()
        .filter(|model| model.is_standard)
        .map(|model| model.name.as_str())
        .collect();
    assert_eq!(standard, ["gpt-6-luna", "gpt-realtime-2.1"]);
    assert!(models.iter().all(|model| !model.engines.is_empty()));
    assert!(
        !models.iter().any(|model| model.name == "gpt-audio"),
        "no use on a call"
    );
    let voices = studio.personalities.voices(Some("hi-IN")).unwrap();
    let nova = voices.iter().find(|voice| voice.name == "nova").unwrap();
    let coral = (Engine::Realtime, "coral".to_owned(), false);
    assert_eq!(nova.engines[0], coral);
    assert!(
        nova.engines[1].1.starts_with("Google.hi-IN-"),
        "{:?}",
        nova.engines
    );
    let fault = studio.personalities.voices(Some("Hindi, please")).unwrap_err();
    assert_eq!(fault.fields()[0].param, "language");
}
