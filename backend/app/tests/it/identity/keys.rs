//! API keys.

use chrono::TimeDelta;
use futures_util::future::join_all;
use phony_app::identity::{CreateKey, KeyStatus, NewMember};
use phony_app::{Principal, Who};
use phony_kernel::{ApiKeyId, KeyMode, Kind, Permission, Role, Scope};
use serde_json::Value;

use crate::support::{PASSWORD, World};

fn new_key(name: &str) -> CreateKey {
    CreateKey {
        name: name.to_owned(),
        scopes: vec![Scope::CallsRead, Scope::UsageRead],
        expires_at: None,
        mode: KeyMode::Live,
        allowed_cidrs: Vec::new(),
    }
}

async fn create(world: &World, who: &Principal, name: &str) -> (ApiKeyId, String) {
    let outcome = world
        .identity
        .create_key(who, Some(name), &new_key(name))
        .await
        .unwrap();
    assert_eq!((outcome.status, outcome.replayed), (201, false));
    read(&outcome.body)
}

fn read(body: &str) -> (ApiKeyId, String) {
    let body: Value = serde_json::from_str(body).unwrap();
    (
        body["id"].as_str().unwrap().parse().unwrap(),
        body["key"].as_str().unwrap().to_owned(),
    )
}

#[tokio::test]
async fn a_key_does_what_its_scopes_say_and_nothing_else() {
    let world = World::new().await;
    let session = world.company("acme").await;
    let admin = world.principal(&session).await;
    let (id, key) = create(&world, &admin, "ci").await;

    let who = world.identity.authenticate(&key).await.unwrap();
    assert_eq!(who.tenant, admin.tenant);
    assert!(matches!(&who.who, Who::Key { id: found, name, .. } if *found == id && name == "ci"));
    for permission in Permission::ALL {
        let expected = matches!(permission, Permission::CallRead | Permission::UsageRead);
        assert_eq!(who.holds(*permission), expected, "{permission}");
    }
    let me = world.identity.me(&who).await.unwrap();
    assert_eq!((me.user, me.role), (None, None));
    assert_eq!(me.scopes, Some(vec![Scope::CallsRead, Scope::UsageRead]));

    let listed = world.identity.list_keys(&admin, None, None).await.unwrap();
    assert_eq!(listed.data.len(), 1);
    assert_eq!(
        (listed.data[0].id, listed.data[0].status),
        (id, KeyStatus::Active)
    );
    assert_eq!(listed.data[0].prefix, &key[..12]);
    assert!(listed.data[0].last_used_at.is_some());
    assert_eq!(
        world
            .count("SELECT count(*) FROM phony.api_keys WHERE octet_length(key_hash) = 32")
            .await,
        1
    );
}

#[tokio::test]
async fn a_key_cannot_reach_keys() {
    let world = World::new().await;
    let session = world.company("acme").await;
    let admin = world.principal(&session).await;
    let (id, key) = create(&world, &admin, "ci").await;
    let who = world.identity.authenticate(&key).await.unwrap();
    assert_eq!(
        world
            .identity
            .list_keys(&who, None, None)
            .await
            .unwrap_err()
            .kind(),
        Kind::Forbidden
    );
    assert_eq!(
        world.identity.revoke_key(&who, id).await.unwrap_err().kind(),
        Kind::Forbidden
    );
    let refused = world
        .identity
        .create_key(&who, Some("k"), &new_key("x"))
        .await
        .unwrap_err();
    assert_eq!(refused.kind(), Kind::Forbidden);
    assert!(
        world
            .identity
            .step_up(&who, PASSWORD.into(), None, "")
            .await
            .is_err()
    );
}

#[tokio::test]
async fn a_repeat_with_the_same_key_shows_the_same_secret_and_the_row_does_not() {
    let world = World::new().await;
    let session = world.company("acme").await;
    let admin = world.principal(&session).await;
    let first = world
        .identity
        .create_key(&admin, Some("once"), &new_key("ci"))
        .await
        .unwrap();
    let again = world
        .identity
        .create_key(&admin, Some("once"), &new_key("ci"))
        .await
        .unwrap();
    assert_eq!(
        (again.status, again.replayed, &again.body),
        (201, true, &first.body)
    );
    assert_eq!(world.count("SELECT count(*) FROM phony.api_keys").await, 1);
    let (_, key) = read(&first.body);
    let rows: Vec<Vec<u8>> = sqlx::query_scalar("SELECT body FROM phony.idempotency_keys")
        .fetch_all(&mut world.admin().await)
        .await
        .unwrap();
    assert!(!String::from_utf8_lossy(&rows[0]).contains(&key[8..40]));

    let other = world
        .identity
        .create_key(&admin, Some("once"), &new_key("other"))
        .await
        .unwrap_err();
    assert_eq!(other.code(), "idempotency_mismatch");
    let none = world
        .identity
        .create_key(&admin, None, &new_key("ci"))
        .await
        .unwrap_err();
    assert_eq!(
        (none.kind(), none.code()),
        (Kind::Malformed, "idempotency_key_required")
    );
}

#[tokio::test]
async fn a_revoked_or_expired_key_stops() {
    let world = World::new().await;
    let session = world.company("acme").await;
    let admin = world.principal(&session).await;
    let (id, key) = create(&world, &admin, "ci").await;
    world.identity.authenticate(&key).await.unwrap();
    let elsewhere = world.other_instance();
    let who = elsewhere.authenticate(&key).await.unwrap();
    world.identity.revoke_key(&admin, id).await.unwrap();
    world.identity.revoke_key(&admin, id).await.unwrap();
    assert_eq!(
        world.identity.authenticate(&key).await.unwrap_err().code(),
        "unauthenticated",
        "here at once"
    );
    world.wait(5);
    assert!(
        elsewhere.authenticate(&key).await.is_err(),
        "elsewhere within five seconds"
    );
    assert!(elsewhere.recheck(&who).await.is_err());
    let listed = world.identity.list_keys(&admin, None, None).await.unwrap();
    assert_eq!(listed.data[0].status, KeyStatus::Revoked);

    let soon = Some(world.clock.now() + TimeDelta::seconds(30));
    let short = CreateKey {
        expires_at: soon,
        ..new_key("short")
    };
    let outcome = world
        .identity
        .create_key(&admin, Some("short"), &short)
        .await
        .unwrap();
    let (_, key) = read(&outcome.body);
    world.identity.authenticate(&key).await.unwrap();
    world.wait(30);
    assert!(world.identity.authenticate(&key).await.is_err());
    assert!(
        world
            .identity
            .revoke_key(&admin, ApiKeyId::new())
            .await
            .unwrap_err()
            .kind()
            == Kind::NotFound
    );
}

#[tokio::test]
async fn another_company_sees_and_revokes_nothing() {
    let world = World::new().await;
    let (acme, globex) = (world.company("acme").await, world.company("globex").await);
    let (acme, globex) = (world.principal(&acme).await, world.principal(&globex).await);
    let (id, key) = create(&world, &acme, "ci").await;
    let refused = world.identity.revoke_key(&globex, id).await.unwrap_err();
    assert_eq!(refused.kind(), Kind::NotFound);
    assert!(
        world
            .identity
            .list_keys(&globex, None, None)
            .await
            .unwrap()
            .data
            .is_empty()
    );
    world.identity.authenticate(&key).await.unwrap();
    // The same Idempotency-Key of another company is another request.
    let (other, _) = create(&world, &globex, "ci").await;
    assert_ne!(other, id);
}

#[tokio::test]
async fn a_company_has_at_most_twenty_working_keys_also_when_asked_at_once() {
    let world = World::new().await;
    let session = world.company("acme").await;
    let admin = world.principal(&session).await;
    let names: Vec<String> = (0..25).map(|n| format!("key-{n}")).collect();
    let all = join_all(names.iter().map(async |name| {
        // Ten connections and a second of patience: a full pool is an answer, not a failure.
        loop {
            match world
                .identity
                .create_key(&admin, Some(name), &new_key(name))
                .await
            {
                Err(error) if error.kind() == Kind::Unavailable => {}
                answer => return answer,
            }
        }
    }))
    .await;
    let made: Vec<_> = all.iter().filter_map(|answer| answer.as_ref().ok()).collect();
    assert_eq!(made.len(), 20);
    for refused in all.iter().filter_map(|answer| answer.as_ref().err()) {
        assert_eq!(
            (refused.kind(), refused.code()),
            (Kind::Conflict, "too_many_keys")
        );
    }
    let (id, _) = read(&made[0].body);
    world.identity.revoke_key(&admin, id).await.unwrap();
    create(&world, &admin, "room").await;
}

#[tokio::test]
async fn lists_come_in_pages_newest_first() {
    let world = World::new().await;
    let session = world.company("acme").await;
    let admin = world.principal(&session).await;
    let mut made = Vec::new();
    for n in 0..5 {
        made.insert(0, create(&world, &admin, &format!("key-{n}")).await.0);
    }
    let (mut seen, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let page = world
            .identity
            .list_keys(&admin, Some(2), cursor.as_deref())
            .await
            .unwrap();
        seen.extend(page.data.iter().map(|key| key.id));
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen, made);
}

#[tokio::test]
async fn only_a_fresh_admin_makes_keys() {
    let world = World::new().await;
    let session = world.company("acme").await;
    let new = NewMember {
        email: "sue@acme.test".to_owned(),
        name: "Sue".to_owned(),
        role: Role::Supervisor,
        password: PASSWORD.into(),
    };
    world.identity.add_member(session.tenant.id, &new).await.unwrap();
    let supervisor = world.log_in("sue@acme.test").await;
    let supervisor = world.principal(&supervisor).await;
    let refused = world
        .identity
        .create_key(&supervisor, Some("k"), &new_key("x"))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), "forbidden");
    world.wait(301);
    let admin = world.principal(&session).await;
    let refused = world
        .identity
        .create_key(&admin, Some("k"), &new_key("x"))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), "step_up_required");
}

#[tokio::test]
async fn the_use_of_a_key_is_noted_once_a_minute() {
    let world = World::new().await;
    let session = world.company("acme").await;
    let admin = world.principal(&session).await;
    let (_, key) = create(&world, &admin, "ci").await;
    let used = async || {
        world.identity.list_keys(&admin, None, None).await.unwrap().data[0]
            .last_used_at
            .unwrap()
    };
    world.identity.authenticate(&key).await.unwrap();
    let first = used().await;
    world.wait(59);
    world.identity.authenticate(&key).await.unwrap();
    world.other_instance().authenticate(&key).await.unwrap();
    assert_eq!(used().await, first);
    world.wait(2);
    world.identity.authenticate(&key).await.unwrap();
    assert!(used().await > first);
}

#[tokio::test]
async fn a_key_opens_although_its_use_cannot_be_noted() {
    let world = World::new().await;
    let session = world.company("acme").await;
    let admin = world.principal(&session).await;
    let (_, key) = create(&world, &admin, "ci").await;
    let mut blocker = world.admin().await;
    sqlx::raw_sql("BEGIN; SELECT * FROM phony.api_keys FOR UPDATE")
        .execute(&mut blocker)
        .await
        .unwrap();
    let within = std::time::Duration::from_millis(1_900);
    tokio::time::timeout(within, world.identity.authenticate(&key))
        .await
        .unwrap()
        .unwrap();
}
