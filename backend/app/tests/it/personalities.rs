//! Personalities against a real database: presets, versions, limits, and the wall between tenants.

use phony_app::personalities::{
    Eagerness, Fallback, GreetingPolicy, Personalities, PersonalityInput, PersonalityPatch, RealtimePatch,
    RealtimeSettings, Standards, TurnDetection,
};
use phony_app::{Principal, personalities::PRESETS};
use phony_db::personalities::{load_current, load_version};
use phony_kernel::call::Engine;
use phony_kernel::{Kind, Plan};

use crate::support::World;

struct Studio {
    world: World,
    personalities: Personalities,
}

impl Studio {
    async fn open() -> Self {
        let world = World::new().await;
        let personalities = Personalities::new(world.db.clone(), world.clock.clone(), Standards::default());
        Self { world, personalities }
    }

    async fn admin(&self, company: &str) -> Principal {
        let session = self.world.company(company).await;
        self.world.principal(&session).await
    }
}

fn input(name: &str) -> PersonalityInput {
    PersonalityInput {
        name: name.to_owned(),
        voice: Some("alloy".to_owned()),
        system_prompt: "You answer the phone.".to_owned(),
        ..PersonalityInput::default()
    }
}

fn greeting(words: &str) -> PersonalityPatch {
    PersonalityPatch {
        greeting: Some(words.to_owned()),
        ..PersonalityPatch::default()
    }
}

#[tokio::test]
async fn a_new_company_has_the_ten_presets_first_in_its_list() {
    let studio = Studio::open().await;
    let admin = studio.admin("acme").await;
    studio
        .personalities
        .create(&admin, input("A first one"))
        .await
        .unwrap();
    let page = studio.personalities.list(&admin, Some(10), None).await.unwrap();
    let keys: Vec<_> = page
        .data
        .iter()
        .filter_map(|found| found.preset.as_deref())
        .collect();
    assert_eq!(keys, PRESETS.map(|preset| preset.key));
    let rest = studio
        .personalities
        .list(&admin, None, page.next_cursor.as_deref())
        .await
        .unwrap();
    assert_eq!(rest.data.len(), 1);
    assert_eq!(rest.data[0].body.name, "A first one");
    let hinglish = &page.data[9].body;
    assert_eq!(
        (hinglish.language.as_str(), hinglish.model.as_str()),
        ("hi-IN", "gpt-6-luna")
    );
}

#[tokio::test]
async fn a_change_makes_a_version_and_leaves_the_old_one_as_it_was() {
    let studio = Studio::open().await;
    let admin = studio.admin("acme").await;
    let first = studio
        .personalities
        .create(&admin, input("Front desk"))
        .await
        .unwrap();
    let id = first.body.id;
    let second = studio
        .personalities
        .update(&admin, id, Some(1), greeting("Hello."))
        .await
        .unwrap();
    assert_eq!(
        (second.body.version, second.body.greeting.as_deref()),
        (2, Some("Hello."))
    );
    let same = studio
        .personalities
        .update(&admin, id, None, greeting("Hello."))
        .await
        .unwrap();
    assert_eq!(same, second, "a change that changes nothing makes no version");

    let mut tx = studio.world.db.tenant(admin.tenant).await.unwrap();
    assert_eq!(load_version(&mut tx, id, 1).await.unwrap(), first.body);
    assert_eq!(load_current(&mut tx, id).await.unwrap(), second.body);
    drop(tx);
    let writable = "SELECT count(*) FROM information_schema.role_table_grants
                    WHERE table_name = 'personality_versions' AND grantee IN ('phony_app', 'phony_worker')
                      AND (privilege_type = 'UPDATE' OR privilege_type = 'DELETE' AND grantee = 'phony_app')";
    assert_eq!(
        studio.world.count(writable).await,
        0,
        "no program can change a version; the worker deletes those of a company that is closed"
    );
}

#[tokio::test]
async fn of_two_writers_who_read_the_same_version_one_is_told_so() {
    let studio = Studio::open().await;
    let admin = studio.admin("acme").await;
    let id = studio
        .personalities
        .create(&admin, input("Front desk"))
        .await
        .unwrap()
        .body
        .id;
    let texts = ["One.", "Two.", "Three.", "Four."];
    let writers = texts
        .iter()
        .map(|words| studio.personalities.update(&admin, id, Some(1), greeting(words)));
    let answers = futures_util::future::join_all(writers).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    for error in answers.into_iter().filter_map(Result::err) {
        assert_eq!(
            (error.kind(), error.code()),
            (Kind::PreconditionFailed, "version_mismatch")
        );
    }
    let writers = texts
        .iter()
        .map(|words| studio.personalities.update(&admin, id, None, greeting(words)));
    futures_util::future::join_all(writers).await;
    let versions = "SELECT count(*) FROM phony.personality_versions v JOIN phony.personalities p
                    ON p.id = v.personality_id WHERE p.name = 'Front desk' AND v.version <= p.version";
    let current = studio.personalities.get(&admin, id).await.unwrap().body.version;
    assert_eq!(
        studio.world.count(versions).await,
        i64::from(current),
        "no gap and no lost write"
    );
}

#[tokio::test]
async fn the_plan_holds_however_many_write_at_once_and_presets_do_not_count() {
    let studio = Studio::open().await;
    let mut admin = studio.admin("acme").await;
    let names = ["a", "b", "c", "d", "e"];
    let writers = names
        .iter()
        .map(|name| studio.personalities.create(&admin, input(name)));
    let answers = futures_util::future::join_all(writers).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    for error in answers.into_iter().filter_map(Result::err) {
        assert_eq!((error.kind(), error.code()), (Kind::Forbidden, "plan_limit"));
    }
    admin.plan = Plan::Professional;
    assert!(
        studio
            .personalities
            .create(&admin, input("one more"))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_name_is_taken_until_its_personality_is_put_away() {
    let studio = Studio::open().await;
    let mut admin = studio.admin("acme").await;
    admin.plan = Plan::Enterprise;
    let error = studio
        .personalities
        .create(&admin, input("Witty"))
        .await
        .unwrap_err();
    assert_eq!((error.kind(), error.code()), (Kind::Conflict, "name_taken"));
    let own = studio
        .personalities
        .create(&admin, input("Front desk"))
        .await
        .unwrap();
    let rename = PersonalityPatch {
        name: Some("Witty".to_owned()),
        ..PersonalityPatch::default()
    };
    let error = studio
        .personalities
        .update(&admin, own.body.id, None, rename)
        .await
        .unwrap_err();
    assert_eq!(error.code(), "name_taken");

    studio.personalities.archive(&admin, own.body.id).await.unwrap();
    assert_eq!(
        studio
            .personalities
            .get(&admin, own.body.id)
            .await
            .unwrap_err()
            .kind(),
        Kind::NotFound
    );
    assert!(
        studio
            .personalities
            .create(&admin, input("Front desk"))
            .await
            .is_ok()
    );
    let mut tx = studio.world.db.tenant(admin.tenant).await.unwrap();
    assert_eq!(
        load_current(&mut tx, own.body.id).await.unwrap(),
        own.body,
        "a call is still answered"
    );
}

#[tokio::test]
async fn another_tenants_personality_is_not_there() {
    let studio = Studio::open().await;
    let (acme, globex) = (studio.admin("acme").await, studio.admin("globex").await);
    let id = studio
        .personalities
        .create(&acme, input("Front desk"))
        .await
        .unwrap()
        .body
        .id;
    let kind = |error: phony_kernel::Error| error.kind();
    assert_eq!(
        studio.personalities.get(&globex, id).await.map_err(kind),
        Err(Kind::NotFound)
    );
    let change = studio
        .personalities
        .update(&globex, id, None, greeting("Hi."))
        .await;
    assert_eq!(change.map_err(kind), Err(Kind::NotFound));
    assert_eq!(
        studio.personalities.archive(&globex, id).await.map_err(kind),
        Err(Kind::NotFound)
    );
    let mut tx = studio.world.db.tenant(globex.tenant).await.unwrap();
    assert_eq!(load_current(&mut tx, id).await.map_err(kind), Err(Kind::NotFound));
    assert!(
        studio
            .personalities
            .create(&globex, input("Front desk"))
            .await
            .is_ok(),
        "names are the tenant's own"
    );
}

#[tokio::test]
async fn settings_of_the_speech_engine_are_versioned_with_the_rest() {
    let studio = Studio::open().await;
    let mut admin = studio.admin("acme").await;
    // The basic plan has one speech-to-speech model.
    admin.plan = phony_kernel::Plan::Professional;
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
