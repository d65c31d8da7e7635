//! Personalities against a real database: presets, versions, limits, and the wall between tenants.

use phony_app::Principal;
use phony_app::personalities::{PRESETS, Personalities, PersonalityInput, PersonalityPatch, Standards};
use phony_db::personalities::{load_current, load_version};
use phony_kernel::{Kind, Plan};

use crate::support::World;

mod engines;

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
