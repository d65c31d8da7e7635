//! Idempotency keys.

use futures_util::future::join_all;
use phony_app::idempotency::{self, Begun, Outcome, RequestKey};
use phony_kernel::{Error, Kind, Result, TenantId};
use serde_json::{Value, json};

use crate::support::World;

const ROUTE: &str = "POST /v1/things";

fn key(name: &str, body: &Value) -> RequestKey {
    RequestKey::required(Some(name), ROUTE, body).unwrap()
}

/// An effect that can be counted: one audit entry.
async fn effect(world: &World, tenant: TenantId, key: &RequestKey, fault: Option<Error>) -> Result<Outcome> {
    let now = world.clock.now();
    idempotency::once(&world.db, tenant, Some(key), now, 201, async |tx| {
        let detail = json!({});
        let entry = phony_db::audit::Entry {
            actor: "test",
            action: "thing.make",
            target: "thing",
            detail: &detail,
        };
        phony_db::audit::record(tx, &entry, now).await?;
        match fault {
            Some(fault) => Err(fault),
            None => Ok(json!({ "made": true })),
        }
    })
    .await
}

const EFFECTS: &str = "SELECT count(*) FROM phony.audit_log WHERE action = 'thing.make'";

#[tokio::test]
async fn a_repeat_has_no_second_effect_for_a_day() {
    let world = World::new().await;
    let tenant = world.company("acme").await.tenant.id;
    let request = key("k", &json!({ "a": 1 }));
    let first = effect(&world, tenant, &request, None).await.unwrap();
    let again = effect(&world, tenant, &request, None).await.unwrap();
    assert_eq!(
        again,
        Outcome {
            replayed: true,
            ..first
        }
    );
    assert_eq!(world.count(EFFECTS).await, 1);

    let other = effect(&world, tenant, &key("k", &json!({ "a": 2 })), None)
        .await
        .unwrap_err();
    assert_eq!(
        (other.kind(), other.code()),
        (Kind::Invalid, "idempotency_mismatch")
    );
    world.wait(24 * 3600);
    let later = effect(&world, tenant, &key("k", &json!({ "a": 2 })), None)
        .await
        .unwrap();
    assert!(!later.replayed);
    assert_eq!(world.count(EFFECTS).await, 2);
}

#[tokio::test]
async fn of_many_at_once_one_has_the_effect_and_the_others_wait_or_get_its_answer() {
    let world = World::new().await;
    let tenant = world.company("acme").await.tenant.id;
    let request = key("k", &json!({}));
    let all = join_all((0..20).map(async |_| {
        loop {
            match effect(&world, tenant, &request, None).await {
                Ok(outcome) => return outcome,
                Err(error) => {
                    assert!(error.retryable(), "{error:?}");
                }
            }
        }
    }))
    .await;
    assert_eq!(all.iter().filter(|outcome| !outcome.replayed).count(), 1);
    assert_eq!(world.count(EFFECTS).await, 1);
}

#[tokio::test]
async fn while_the_first_one_runs_a_repeat_is_told_to_wait() {
    let world = World::new().await;
    let tenant = world.company("acme").await.tenant.id;
    let request = key("k", &json!({}));
    let mut running = world.db.tenant(tenant).await.unwrap();
    let begun = idempotency::begin(&mut running, &request, world.clock.now())
        .await
        .unwrap();
    assert!(matches!(begun, Begun::Fresh));
    let busy = effect(&world, tenant, &request, None).await.unwrap_err();
    assert_eq!(
        (busy.kind(), busy.code()),
        (Kind::Conflict, "idempotency_in_progress")
    );
    assert_eq!(busy.retry_after_seconds(), Some(1));
    running.rollback().await.unwrap();
    assert!(
        !effect(&world, tenant, &request, None).await.unwrap().replayed,
        "it had no effect after all"
    );
}

#[tokio::test]
async fn a_lasting_refusal_is_the_answer_of_every_repeat() {
    let world = World::new().await;
    let tenant = world.company("acme").await.tenant.id;
    let request = key("k", &json!({}));
    let refusal = Error::new(Kind::Conflict, "sold_out", "there is none left");
    let first = effect(&world, tenant, &request, Some(refusal)).await.unwrap_err();
    assert_eq!(first.code(), "sold_out");
    assert_eq!(world.count(EFFECTS).await, 0, "the refused effect is undone");
    let again = effect(&world, tenant, &request, None).await.unwrap();
    assert_eq!((again.status, again.replayed), (409, true));
    let body: Value = serde_json::from_str(&again.body).unwrap();
    assert_eq!(body["code"], "sold_out");
    assert_eq!(world.count(EFFECTS).await, 0);
}

#[tokio::test]
async fn a_passing_failure_is_forgotten() {
    let world = World::new().await;
    let tenant = world.company("acme").await.tenant.id;
    for (name, kind) in [
        ("a", Kind::RateLimited),
        ("b", Kind::Internal),
        ("c", Kind::Unavailable),
        ("d", Kind::Upstream),
    ] {
        let request = key(name, &json!({}));
        effect(&world, tenant, &request, Some(Error::new(kind, "later", "later")))
            .await
            .unwrap_err();
        let again = effect(&world, tenant, &request, None).await.unwrap();
        assert_eq!((again.status, again.replayed), (201, false), "{kind:?}");
    }
}

#[tokio::test]
async fn requests_of_yesterday_are_swept_away() {
    let world = World::new().await;
    let tenant = world.company("acme").await.tenant.id;
    for name in ["a", "b", "c", "d", "e"] {
        effect(&world, tenant, &key(name, &json!({})), None)
            .await
            .unwrap();
    }
    world.wait(24 * 3600 + 1);
    for name in ["f", "g"] {
        effect(&world, tenant, &key(name, &json!({})), None)
            .await
            .unwrap();
    }
    assert_eq!(
        world.count("SELECT count(*) FROM phony.idempotency_keys").await,
        2
    );
}

#[tokio::test]
async fn between_two_transactions_the_key_says_that_it_runs() {
    let world = World::new().await;
    let tenant = world.company("acme").await.tenant.id;
    let request = key("k", &json!({}));
    let begin = async || {
        let mut tx = world.db.tenant(tenant).await?;
        let begun = idempotency::begin(&mut tx, &request, world.clock.now()).await?;
        tx.commit().await?;
        Ok::<_, Error>(begun)
    };
    assert!(matches!(begin().await.unwrap(), Begun::Fresh));
    assert_eq!(begin().await.unwrap_err().code(), "idempotency_in_progress");
    // The process died: after a minute somebody may look up how far it came.
    world.wait(60);
    assert!(matches!(begin().await.unwrap(), Begun::LeftBehind));
    assert_eq!(begin().await.unwrap_err().code(), "idempotency_in_progress");

    let mut tx = world.db.tenant(tenant).await.unwrap();
    idempotency::complete(&mut tx, &request, 201, &json!({ "sid": "PN1" }))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let Begun::Replay(outcome) = begin().await.unwrap() else {
        panic!("not replayed")
    };
    assert_eq!((outcome.status, outcome.body.as_str()), (201, r#"{"sid":"PN1"}"#));
}

#[tokio::test]
async fn an_abandoned_request_may_be_made_again_unless_refused_for_good() {
    let world = World::new().await;
    let tenant = world.company("acme").await.tenant.id;
    for (name, kind, lasting) in [("a", Kind::Upstream, false), ("b", Kind::NotFound, true)] {
        let request = key(name, &json!({}));
        let mut tx = world.db.tenant(tenant).await.unwrap();
        idempotency::begin(&mut tx, &request, world.clock.now())
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let mut tx = world.db.tenant(tenant).await.unwrap();
        idempotency::abandon(&mut tx, &request, &Error::new(kind, "refused", "no"))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let mut tx = world.db.tenant(tenant).await.unwrap();
        let begun = idempotency::begin(&mut tx, &request, world.clock.now())
            .await
            .unwrap();
        assert_eq!(
            matches!(begun, Begun::Replay(Outcome { status: 404, .. })),
            lasting
        );
        assert_eq!(matches!(begun, Begun::Fresh), !lasting);
    }
}
