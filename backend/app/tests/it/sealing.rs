//! Rotation of keys over more values than a batch holds: broken off and taken up again, and with words of calls from
//! before words were sealed.

use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};
use phony_app::operator::OperatorAct;
use phony_app::privacy::Privacy;
use phony_app::sealing::{Rotation, Sealer};
use phony_conversation::event::Speaker;
use phony_conversation::plan::ApprovalMode;
use phony_conversation::supervision::{ApprovalOutcome, TakeoverReason};
use phony_conversation::{Event, EventBody};
use phony_db::Db;
use phony_db::calls::ledger;
use phony_kernel::{CallId, Clock, ErasureId, ItemId, TenantId};
use sqlx::Connection as _;
use uuid::Uuid;

use crate::support::{MASTER_KEY, World};

const NEW: &str = "2026-11:ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=";
/// More than two batches.
const CALLS: i32 = 450;
/// A rotation's batch.
const BATCH: u64 = 200;
/// Longest wait.
const PATIENCE: Duration = Duration::from_secs(30);

/// Calls that are over, in the order of their ids.
async fn calls(world: &World, tenant: TenantId) -> Vec<CallId> {
    let ids: Vec<Uuid> = sqlx::query_scalar(
        "INSERT INTO phony.calls (tenant_id, id, call_sid, direction, channel, status, started_at, ended_at, ended_reason,
                                  ended_by, fault, from_text, to_text)
         SELECT $1, md5('call' || n)::uuid, 'WC' || md5(n::text), 'inbound', 'web', 'ended', now(), now(), 'caller_hangup',
                'caller', 'none', 'x', 'y' FROM generate_series(1, $2) n RETURNING id",
    )
    .bind(tenant.uuid())
    .bind(CALLS)
    .fetch_all(&mut world.admin().await)
    .await
    .unwrap();
    let mut ids: Vec<CallId> = ids.into_iter().map(CallId::from_uuid).collect();
    ids.sort_by_key(|id| id.uuid());
    ids
}

fn said(seq: u64, text: String) -> Event {
    Event {
        seq,
        at: Utc::now(),
        offset_ms: seq,
        body: EventBody::SpeechFinal {
            item_id: ItemId::new(),
            speaker: Speaker::Caller,
            text,
            language: None,
        },
    }
}

/// One of each event that a call may keep and that has no words.
fn wordless(call: CallId) -> Vec<(CallId, Event)> {
    let bodies = [
        EventBody::ApprovalMode {
            mode: ApprovalMode::Off,
            actor: None,
        },
        EventBody::ApprovalExpired {
            approval_id: ItemId::new(),
            did: ApprovalOutcome::Speak,
        },
        EventBody::SupervisionClaimed { actor: None },
        EventBody::TakeoverChanged {
            actor: None,
            via: None,
            reason: TakeoverReason::HandedBack,
        },
        EventBody::AttentionChanged {
            attention: Vec::new(),
            mood: None,
        },
    ];
    let event = |(seq, body)| Event {
        seq,
        at: Utc::now(),
        offset_ms: seq,
        body,
    };
    (1_000..).zip(bodies).map(|at| (call, event(at))).collect()
}

async fn append(db: &Db, tenant: TenantId, events: &[(CallId, Event)]) {
    let events: Vec<(CallId, &Event)> = events.iter().map(|(call, event)| (*call, event)).collect();
    let mut tx = db.tenant(tenant).await.unwrap();
    ledger::append(&mut tx, &events).await.unwrap();
    tx.commit().await.unwrap();
}

async fn waits_for_a_lock(world: &World) {
    let began = std::time::Instant::now();
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while world.count(sql).await == 0 {
        assert!(began.elapsed() < PATIENCE, "the rotation did not come so far");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_rotation_that_was_broken_off_goes_on_where_it_was() {
    let world = World::new().await;
    let tenant = world.company("acme").await.tenant.id;
    let calls = calls(&world, tenant).await;
    // One of each call is sealed, and one call has more from before than a batch holds.
    let plain = Db::connect_lazy(&world.servers.worker_url, 4).unwrap();
    let old = Sealer::new(&MASTER_KEY.into()).unwrap();
    let sealing = plain.clone().sealing_words(old.words());
    let sealed: Vec<_> = calls
        .iter()
        .map(|call| (*call, said(1, "Sealedmarker".to_owned())))
        .collect();
    append(&sealing, tenant, &sealed).await;
    // What has no words is not counted among those that lie in the clear.
    append(&sealing, tenant, &wordless(calls[1])).await;
    let of_before: Vec<_> = (2..=u64::from(CALLS.unsigned_abs()))
        .map(|seq| (calls[0], said(seq, format!("Clearmarker {seq}"))))
        .chain([(calls[9], said(2, "Clearmarker".to_owned()))])
        .collect();
    append(&plain, tenant, &of_before).await;

    let keys = format!("{NEW},first:{MASTER_KEY}");
    let rotation = Arc::new(Rotation::new(plain, &keys.clone().into()).unwrap());
    let before = rotation.tally().await.unwrap();
    assert!(before["first"] >= 450 && before["2026-11"] == 0, "{before:?}");
    assert_eq!(before["(in the clear)"], 450, "{before:?}");

    // Somebody holds a value of the second batch; there the process ends.
    let mut holder = world.admin().await;
    let mut held = holder.begin().await.unwrap();
    sqlx::query("SELECT FROM phony.call_keys WHERE call_id = $1 FOR UPDATE")
        .bind(calls[300].uuid())
        .execute(&mut *held)
        .await
        .unwrap();
    let running = {
        let rotation = Arc::clone(&rotation);
        tokio::spawn(async move { rotation.run(|_| {}).await })
    };
    waits_for_a_lock(&world).await;
    running.abort();
    assert!(running.await.unwrap_err().is_cancelled());
    let between = rotation.tally().await.unwrap();
    assert_eq!(
        (between["2026-11"], between["first"]),
        (BATCH, before["first"] - BATCH),
        "a batch is done as a whole or not at all"
    );
    held.rollback().await.unwrap();

    let done = rotation.run(|_| {}).await.unwrap();
    assert_eq!(
        (done.wrapped, done.sealed, done.unreadable),
        (before["first"] - BATCH, 450, 0)
    );
    let after = rotation.tally().await.unwrap();
    assert_eq!((after["first"], after["2026-11"]), (0, before["first"]));
    assert!(!after.contains_key("(in the clear)"), "{after:?}");
    let again = rotation.run(|_| {}).await.unwrap();
    assert_eq!((again.wrapped, again.sealed), (0, 0));

    // Without the old key everything is there, in its place, and nothing of it in the clear.
    let new = Sealer::new(&NEW.into()).unwrap();
    let db = world.db.clone().sealing_words(new.words());
    let mut tx = db.tenant(tenant).await.unwrap();
    let words = async |tx: &mut phony_db::TenantTx, call: CallId| -> Vec<(u64, String)> {
        let rows = ledger::list_events(tx, call, 0, 1_000).await.unwrap();
        let text = |event: Event| match event.body {
            EventBody::SpeechFinal { text, .. } => (event.seq, text),
            other => panic!("{other:?}"),
        };
        rows.events.into_iter().map(text).collect()
    };
    let first = words(&mut tx, calls[0]).await;
    assert_eq!(first.len(), 450);
    assert_eq!(first[0], (1, "Sealedmarker".to_owned()));
    assert_eq!(first[449], (450, "Clearmarker 450".to_owned()));
    assert_eq!(words(&mut tx, calls[9]).await[1].1, "Clearmarker");
    assert_eq!(words(&mut tx, calls[449]).await.len(), 1);
    let sql = "SELECT count(*) FROM phony.call_events e WHERE e::text LIKE '%marker%'";
    assert_eq!(world.count(sql).await, 0);
}

#[tokio::test]
async fn who_was_erased_under_a_replaced_key_is_known_after_a_restore_without_it() {
    const THIRD: &str = "c:QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=";
    const NUMBER: &str = "+14155550171";
    let world = World::new().await;
    let tenant = world.company("acme").await.tenant.id;
    let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let worker = Db::connect_lazy(&world.servers.worker_url, 4).unwrap();
    let privacy = |keys: &str| {
        let store = Arc::clone(&store);
        Privacy::new(worker.clone(), store, Clock::system(), &keys.into()).unwrap()
    };
    // Erased under the first key; the list of erasures is outside of the database.
    let hmac = privacy(MASTER_KEY).stand_in_bytes(tenant, NUMBER).unwrap();
    let listed = serde_json::json!({
        "erasure_id": ErasureId::new(), "tenant_id": tenant, "subject": "contact", "subject_hmac": hex::encode(hmac),
        "requested_at": Utc::now(),
    });
    let path = Path::from(format!("privacy/erasures/{tenant}/one.json"));
    store.put(&path, listed.to_string().into()).await.unwrap();
    for keys in [format!("{NEW},a:{MASTER_KEY}"), format!("{THIRD},{NEW}")] {
        assert!(privacy(&keys).keep_former_keys().await.unwrap() > 0);
        assert_eq!(
            privacy(&keys).keep_former_keys().await.unwrap(),
            0,
            "once is enough"
        );
    }
    sqlx::query(
        "INSERT INTO phony.contacts (tenant_id, id, e164, name, created_at, updated_at)
         VALUES ($1, gen_random_uuid(), $2, 'Back again', now(), now())",
    )
    .bind(tenant.uuid())
    .bind(NUMBER)
    .execute(&mut world.admin().await)
    .await
    .unwrap();
    let act = OperatorAct::new("maria", "restored from the backup of the night").unwrap();
    let done = privacy(THIRD).replay(&act).await.unwrap();
    assert_eq!((done.listed, done.contacts), (1, 1));
    assert_eq!(world.count("SELECT count(*) FROM phony.contacts").await, 0);
}
