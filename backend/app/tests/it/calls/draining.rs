//! What the call engine hands over becomes lasting: in order, once, also when the database was away.

use std::time::Duration;

use chrono::{TimeDelta, Utc};
use phony_carriers::twilio::CarrierStatus;
use phony_conversation::event::{LatencyParts, Speaker};
use phony_conversation::plan::CallPlan;
use phony_conversation::record::{Record, RecordBody};
use phony_conversation::snapshot::ItemBody;
use phony_conversation::{Event, EventBody, Usage};
use phony_kernel::call::{CallStatus, ConversationState, EndedReason, Ending};
use phony_kernel::{CallId, ItemId, Plan, TenantId};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::fixture::{Fixture, Tenant, sid, update};

/// A short talk as the engine tells it: a greeting, a question, an answer, the end.
pub(crate) fn talk(plan: &CallPlan) -> Vec<Record> {
    let now = Utc::now();
    let mut seq = 0;
    let mut event = |body| {
        seq += 1;
        RecordBody::Event(Event {
            seq,
            at: now,
            offset_ms: seq * 100,
            body,
        })
    };
    let said = |speaker, text: &str| EventBody::SpeechFinal {
        item_id: ItemId::new(),
        speaker,
        text: text.to_owned(),
        language: None,
    };
    let waited = |turn, total_ms| EventBody::LatencyTurn {
        turn,
        total_ms,
        parts: LatencyParts::default(),
        unaccounted_ms: total_ms,
    };
    let used = |sku: &str, quantity| {
        RecordBody::Usage(Usage {
            dedupe_key: format!("openai:resp_{}:{sku}", plan.call),
            sku: sku.to_owned(),
            quantity,
            at: now,
            estimated: false,
        })
    };
    let bodies = vec![
        RecordBody::Started { at: now },
        event(said(Speaker::Agent, "Good morning, how can I help?")),
        RecordBody::FirstAudio {
            at: now + TimeDelta::milliseconds(80),
        },
        event(EventBody::ConversationState {
            state: ConversationState::Listening,
        }),
        event(said(Speaker::Caller, "A\u{0} loaf, please \\u0000 \u{1f35e}")),
        event(waited(1, 400)),
        event(waited(2, 900)),
        event(said(Speaker::Agent, "It is reserved.")),
        used("openai.gpt-6-luna.text_in", 1_850),
        used("openai.gpt-6-luna.text_out", 420),
        RecordBody::Ended {
            at: now + TimeDelta::seconds(3),
            ending: Ending::of(EndedReason::AgentHangup),
        },
    ];
    bodies
        .into_iter()
        .map(|body| Record {
            tenant: plan.tenant,
            call: plan.call,
            body,
        })
        .collect()
}

/// Hands records over and waits until all are stored.
pub(crate) async fn drain(fixture: &Fixture, records: Vec<Record>) -> phony_app::calls::DrainReport {
    let (sender, receiver) = mpsc::channel(records.len().max(1));
    for record in records {
        sender.send(record).await.unwrap();
    }
    drop(sender);
    fixture
        .calls
        .drain_records(receiver, CancellationToken::new())
        .await
}

async fn messages(fixture: &Fixture, tenant: &Tenant) -> i64 {
    let count = "SELECT count(*) FROM phony.outbox WHERE tenant_id = $1 AND topic = 'call.ended'";
    fixture.look(count, tenant).await
}

#[tokio::test]
async fn a_talk_is_kept_with_its_end_its_usage_and_one_message() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    let sid = sid();
    let plan = fixture.talk(&tenant, &sid).await;
    let records = talk(&plan);
    let count = records.len() as u64;
    // Everything twice, as after a lost acknowledgement.
    for _ in 0..2 {
        let report = drain(&fixture, records.clone()).await;
        assert_eq!((report.stored, report.refused, report.lost), (count, 0, 0));
    }
    let who = tenant.principal();
    let call = fixture.calls.get(&who, &plan.call.into()).await.unwrap();
    assert_eq!(call.status, CallStatus::Ended);
    assert_eq!(call.ended_reason, Some(EndedReason::AgentHangup));
    assert!(call.first_audio_at.is_some());
    let latency = call.latency.unwrap();
    assert_eq!((latency.p50, latency.p95), (400, 900));
    assert_eq!(
        call.cost.unwrap().amount,
        "0.000395",
        "1,850 × 0.10 + 420 × 0.50 per million"
    );
    assert_eq!(messages(&fixture, &tenant).await, 1);

    let items = fixture
        .calls
        .items(&who, &plan.call.into(), None, None)
        .await
        .unwrap();
    let texts: Vec<&str> = items
        .data
        .iter()
        .filter_map(|item| match &item.body {
            ItemBody::Speech { text, .. } => Some(text.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(
        texts,
        [
            "Good morning, how can I help?",
            "A loaf, please \\u0000 \u{1f35e}",
            "It is reserved."
        ]
    );

    // The carrier's last word comes after the talk's own: it books the minutes and changes nothing else.
    let last = update(&tenant, &sid, 0, CarrierStatus::Completed, Some(61), None);
    assert!(
        fixture
            .calls
            .status_callback(&last)
            .await
            .unwrap()
            .events
            .is_empty()
    );
    let call = fixture.calls.get(&who, &plan.call.into()).await.unwrap();
    assert_eq!(
        (call.ended_reason, call.settled),
        (Some(EndedReason::AgentHangup), true)
    );
    assert_eq!(call.cost.unwrap().amount, "0.157395");
    assert_eq!(messages(&fixture, &tenant).await, 1);
}

#[tokio::test]
async fn the_talk_says_how_it_ended_even_when_the_carrier_was_faster() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    let sid = sid();
    let plan = fixture.talk(&tenant, &sid).await;
    let last = update(&tenant, &sid, 0, CarrierStatus::Completed, Some(61), None);
    fixture.calls.status_callback(&last).await.unwrap();
    drain(&fixture, talk(&plan)).await;
    let call = fixture
        .calls
        .get(&tenant.principal(), &plan.call.into())
        .await
        .unwrap();
    assert_eq!(call.ended_reason, Some(EndedReason::AgentHangup));
    assert_eq!(call.cost.unwrap().amount, "0.157395");
    assert_eq!(messages(&fixture, &tenant).await, 1);
}

#[tokio::test]
async fn records_of_unknown_calls_and_tenants_do_not_stop_the_others() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    let plan = fixture.talk(&tenant, &sid()).await;
    let good = talk(&plan);
    let stray = |tenant, record: &Record| Record {
        tenant,
        call: CallId::new(),
        body: record.body.clone(),
    };
    let mut records = Vec::new();
    for record in &good {
        records.push(stray(tenant.id, record));
        records.push(stray(TenantId::new(), record));
        records.push(record.clone());
    }
    // Larger than any sequence number that the ledger can hold, and a usage that no row can hold.
    records.push(Record {
        body: RecordBody::Usage(Usage {
            dedupe_key: "k".repeat(500),
            sku: "openai.gpt-6-luna.text_in".to_owned(),
            quantity: 0,
            at: Utc::now() + TimeDelta::days(365),
            estimated: true,
        }),
        ..good[0].clone()
    });
    drain(&fixture, records).await;
    let call = fixture
        .calls
        .get(&tenant.principal(), &plan.call.into())
        .await
        .unwrap();
    assert_eq!(call.status, CallStatus::Ended);
    assert_eq!(call.latency.unwrap().p95, 900);
    let aside: Vec<String> = sqlx::query_scalar(
        "SELECT reason || ' ' || (event->>'sku') FROM phony.usage_quarantine WHERE tenant_id = $1 ORDER BY 1",
    )
    .bind(tenant.id.uuid())
    .fetch_all(&fixture.admin)
    .await
    .unwrap();
    assert_eq!(
        aside,
        [
            "invalid openai.gpt-6-luna.text_in",
            "unknown_call openai.gpt-6-luna.text_in",
            "unknown_call openai.gpt-6-luna.text_out",
        ]
    );
}

async fn waits_for_lock(fixture: &Fixture, want: bool) {
    // In this database: those of other tests are made from the same template and have the same object ids.
    let waiting = "SELECT EXISTS (SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database
                                  WHERE NOT l.granted AND l.relation = 'phony.calls'::regclass
                                    AND d.datname = current_database())";
    let reached = async {
        while sqlx::query_scalar::<_, bool>(waiting)
            .fetch_one(&fixture.admin)
            .await
            .unwrap()
            != want
        {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), reached)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_database_that_is_away_loses_nothing() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    let plan = fixture.talk(&tenant, &sid()).await;
    // A table that cannot be locked is, for the drain, a database that does not answer in time.
    let mut blocker = fixture.admin.begin().await.unwrap();
    sqlx::query("LOCK TABLE phony.calls IN ACCESS EXCLUSIVE MODE")
        .execute(&mut *blocker)
        .await
        .unwrap();
    let (sender, receiver) = mpsc::channel(64);
    let calls = fixture.calls.clone();
    let stop = CancellationToken::new();
    let drain = tokio::spawn({
        let stop = stop.clone();
        async move { calls.drain_records(receiver, stop).await }
    });
    let records = talk(&plan);
    let count = records.len() as u64;
    for record in records {
        sender.send(record).await.unwrap();
    }
    // The first try waits for the lock, fails at the role's lock timeout, and a second one waits again.
    for waits in [true, false, true] {
        waits_for_lock(&fixture, waits).await;
    }
    assert!(!drain.is_finished());
    stop.cancel();
    drop(blocker);
    let report = tokio::time::timeout(Duration::from_secs(60), drain)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((report.stored, report.refused, report.lost), (count, 0, 0));
    let call = fixture
        .calls
        .get(&tenant.principal(), &plan.call.into())
        .await
        .unwrap();
    assert_eq!(call.status, CallStatus::Ended);
    assert_eq!(messages(&fixture, &tenant).await, 1);
}

#[tokio::test]
async fn a_stop_stores_what_was_handed_over_before() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Enterprise).await;
    let (sender, receiver) = mpsc::channel(10_000);
    let mut count = 0;
    for _ in 0..30 {
        let plan = fixture.talk(&tenant, &sid()).await;
        for record in talk(&plan) {
            sender.try_send(record).unwrap();
            count += 1;
        }
    }
    let stop = CancellationToken::new();
    stop.cancel();
    let report = fixture.calls.drain_records(receiver, stop).await;
    assert_eq!((report.stored, report.lost), (count, 0));
    assert!(sender.is_closed(), "nothing more is taken");
    assert_eq!(messages(&fixture, &tenant).await, 30);
}
