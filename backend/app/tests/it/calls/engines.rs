//! Calls that change their engine, calls without a socket, streams that fail, and transfers to their end.

use chrono::Utc;
use phony_app::calls::{
    CallbackOutcome, DialEnded, EngineSwitch, ResumeAnswer, StreamEvent, StreamOpening, StreamRefusal,
    TurnOpening, sweep_orphan,
};
use phony_carriers::twilio::CarrierStatus;
use phony_conversation::command::TransferKind;
use phony_conversation::record::{Record, RecordBody};
use phony_conversation::snapshot::ItemBody;
use phony_conversation::{Event, EventBody};
use phony_kernel::call::{CallStatus, EndedReason, Ending, Engine};
use phony_kernel::{CallId, ItemId, Plan, TenantId};

use super::draining::drain;
use super::fixture::{Fixture, Tenant, sid, update};

async fn engine(fixture: &Fixture, tenant: &Tenant, engine: Engine) {
    sqlx::query("UPDATE phony.phone_numbers SET engine = $2 WHERE tenant_id = $1")
        .bind(tenant.id.uuid())
        .bind(engine.as_str())
        .execute(&fixture.admin)
        .await
        .unwrap();
}

fn record(tenant: TenantId, call: CallId, body: RecordBody) -> Record {
    Record { tenant, call, body }
}

fn event(seq: u64, body: EventBody) -> RecordBody {
    RecordBody::Event(Event {
        seq,
        at: Utc::now(),
        offset_ms: seq,
        body,
    })
}

fn warning(code: &str) -> EventBody {
    EventBody::Warning {
        item_id: ItemId::new(),
        code: code.to_owned(),
        detail: "as it happened".to_owned(),
    }
}

#[tokio::test]
async fn a_call_goes_on_with_another_engine_and_what_is_known_of_it() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    engine(&fixture, &tenant, Engine::Realtime).await;
    let sid = sid();
    let plan = fixture.talk(&tenant, &sid).await;
    let failed = event(1, warning("engine_failed"));
    drain(&fixture, vec![record(plan.tenant, plan.call, failed)]).await;
    let switch = EngineSwitch {
        call_sid: sid.clone(),
        to: Engine::Relay,
        say: Some("One moment please.".to_owned()),
    };
    let answer = fixture.calls.switch_engine(&switch).await.unwrap();
    let ResumeAnswer::Connect(connect) = answer else {
        panic!("{answer:?}")
    };
    assert_eq!((connect.engine, connect.call), (Engine::Relay, plan.call));
    assert_eq!(connect.say.as_deref(), Some("One moment please."));
    let opened = fixture.calls.open_stream(&connect.token, &sid).await.unwrap();
    let StreamOpening::Opened(opened) = opened else {
        panic!("{opened:?}")
    };
    assert_eq!(opened.plan.engine, Engine::Relay);
    assert_eq!(
        opened.plan.fallback_engine(),
        None,
        "there is nothing to fall back to from there"
    );
    let resumed = opened.resumed.unwrap();
    assert_eq!(resumed.items.len(), 1);
    let call = fixture
        .calls
        .get(&tenant.principal(), &plan.call.into())
        .await
        .unwrap();
    assert_eq!(call.engine, Engine::Relay);

    // The line is billed whole, the relay from when it took over.
    let late = "UPDATE phony.calls SET answered_at = now() - interval '10 minutes', started_at = now() - interval '10 minutes',
                engine_switched_at = now() - interval '90 seconds' WHERE tenant_id = $1 RETURNING 1";
    let _: i32 = fixture.look(late, &tenant).await;
    let over = update(&tenant, &sid, 0, CarrierStatus::Completed, Some(600), None);
    fixture.calls.status_callback(&over).await.unwrap();
    let minutes: Vec<(String, i64)> =
        sqlx::query_as("SELECT sku, quantity FROM phony.usage_events WHERE tenant_id = $1 ORDER BY sku")
            .bind(tenant.id.uuid())
            .fetch_all(&fixture.admin)
            .await
            .unwrap();
    assert_eq!(
        minutes,
        [
            ("twilio.inbound_minute".to_owned(), 10),
            ("twilio.relay_minute".to_owned(), 2),
        ]
    );
}

#[tokio::test]
async fn an_engine_is_not_changed_for_ever_nor_after_the_end() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    let sid = sid();
    let plan = fixture.talk(&tenant, &sid).await;
    let switch = EngineSwitch {
        call_sid: sid.clone(),
        to: Engine::Gather,
        say: None,
    };
    let mut connected = 0;
    let last = loop {
        match fixture.calls.switch_engine(&switch).await.unwrap() {
            ResumeAnswer::Connect(_) => connected += 1,
            other => break other,
        }
        assert!(connected <= 10);
    };
    assert!(matches!(last, ResumeAnswer::Apologize { call, .. } if call == plan.call));
    assert!(matches!(
        fixture.calls.switch_engine(&switch).await.unwrap(),
        ResumeAnswer::HangUp
    ));
    let unknown = EngineSwitch {
        call_sid: "CA_none".to_owned(),
        ..switch
    };
    assert!(matches!(
        fixture.calls.switch_engine(&unknown).await.unwrap(),
        ResumeAnswer::HangUp
    ));
}

#[tokio::test]
async fn turns_of_a_call_without_a_socket_come_with_one_token_as_often_as_asked() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    engine(&fixture, &tenant, Engine::Gather).await;
    let sid = sid();
    let connect = fixture.ring(&tenant, &sid).await;
    let stranger = fixture.calls.open_turn(&connect.token, "CA_other").await.unwrap();
    assert!(
        matches!(stranger, TurnOpening::Refused(StreamRefusal::WrongCall)),
        "{stranger:?}"
    );
    let mut firsts = Vec::new();
    for _ in 0..3 {
        match fixture.calls.open_turn(&connect.token, &sid).await.unwrap() {
            TurnOpening::Opened { stream, first } => firsts.push((first, stream.resumed.is_some())),
            refused => panic!("{refused:?}"),
        }
    }
    assert_eq!(firsts, [(true, false), (false, true), (false, true)]);
    let held: bool = fixture
        .look(
            "SELECT lease_until > now() + interval '100 seconds' FROM phony.calls WHERE tenant_id = $1",
            &tenant,
        )
        .await;
    assert!(held, "a caller may take a while to answer");

    // Its conversation runs on between turns and says its own end; when that has died, the carrier's word counts.
    let over = update(&tenant, &sid, 0, CarrierStatus::Completed, Some(30), None);
    let outcome = fixture.calls.status_callback(&over).await.unwrap();
    let ended = |event: &EventBody| matches!(event, EventBody::CallState { ending: Some(ending), .. } if ending.reason == EndedReason::CallerHangup);
    assert!(!outcome.events.iter().any(ended), "{outcome:?}");
    let age =
        "UPDATE phony.calls SET lease_until = now() - interval '1 minute' WHERE tenant_id = $1 RETURNING 1";
    let _: i32 = fixture.look(age, &tenant).await;
    let swept = sweep_orphan(&fixture.worker, tenant.id, connect.call, 5.0)
        .await
        .unwrap();
    assert!(swept.is_some_and(|swept| ended(&swept.event)));
    let late = fixture.calls.open_turn(&connect.token, &sid).await.unwrap();
    assert!(
        matches!(late, TurnOpening::Refused(StreamRefusal::Ended)),
        "{late:?}"
    );
}

#[tokio::test]
async fn who_is_left_behind_by_a_dead_instance_did_not_hang_up() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    for (told, want) in [
        (None, EndedReason::Orphaned),
        (Some(CarrierStatus::Completed), EndedReason::Orphaned),
        (Some(CarrierStatus::Failed), EndedReason::CarrierError),
    ] {
        let sid = sid();
        let plan = fixture.talk(&tenant, &sid).await;
        if let Some(status) = told {
            let over = update(&tenant, &sid, 0, status, Some(30), None);
            fixture.calls.status_callback(&over).await.unwrap();
        }
        let age = "UPDATE phony.calls SET lease_until = now() - interval '1 minute'
                   WHERE tenant_id = $1 AND ended_at IS NULL RETURNING 1";
        let _: i32 = fixture.look(age, &tenant).await;
        let swept = sweep_orphan(&fixture.worker, tenant.id, plan.call, 5.0)
            .await
            .unwrap();
        let Some(EventBody::CallState {
            status: CallStatus::Ended,
            ending: Some(ending),
        }) = swept.map(|swept| swept.event)
        else {
            panic!("it was not ended")
        };
        assert_eq!(ending.reason, want, "{told:?}");
    }
}

#[tokio::test]
async fn why_a_stream_failed_is_kept_on_its_call() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    let sid = sid();
    let connect = fixture.ring(&tenant, &sid).await;
    let news = |error: Option<&str>| StreamEvent {
        call_sid: sid.clone(),
        stream_sid: "MZ1".to_owned(),
        over: error.is_some(),
        at: None,
        error: error.map(str::to_owned),
    };
    let fine = fixture.calls.stream_event(&news(None)).await.unwrap();
    assert_eq!(fine, CallbackOutcome::default());
    for _ in 0..2 {
        let kept = fixture
            .calls
            .stream_event(&news(Some("31920 handshake\0 failed")))
            .await
            .unwrap();
        assert_eq!(kept.call, Some((tenant.id, connect.call)));
    }
    let page = fixture
        .calls
        .items(&tenant.principal(), &connect.call.into(), None, None)
        .await
        .unwrap();
    assert_eq!(page.data.len(), 2);
    for item in &page.data {
        let ItemBody::Warning { code, detail } = &item.body else {
            panic!("{item:?}")
        };
        assert_eq!(code, "stream_error");
        assert!(detail.ends_with("31920 handshake failed"), "{detail}");
    }
    // The socket comes at the second try: its conversation counts on behind what is stored.
    let opened = fixture
        .calls
        .resume(&super::sockets::lost(&tenant, &sid))
        .await
        .unwrap();
    let ResumeAnswer::Connect(again) = opened else {
        panic!("{opened:?}")
    };
    match fixture.calls.open_stream(&again.token, &sid).await.unwrap() {
        StreamOpening::Opened(opened) => assert!(opened.resumed.unwrap().seq > 500),
        refused => panic!("{refused:?}"),
    }
}

#[tokio::test]
async fn a_transfer_is_told_to_its_end_once() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    for (taken, want, word) in [
        (true, EndedReason::TransferCompleted, "completed"),
        (false, EndedReason::TransferFailed, "failed"),
    ] {
        let sid = sid();
        let plan = fixture.talk(&tenant, &sid).await;
        let item_id = ItemId::new();
        let asked = EventBody::TransferUpdated {
            item_id,
            to: "+14155550199".to_owned(),
            kind: TransferKind::Cold,
            status: "requested".to_owned(),
            reason: None,
        };
        let ended = RecordBody::Ended {
            at: Utc::now(),
            ending: Ending::of(EndedReason::Transferred),
        };
        let records = vec![
            record(plan.tenant, plan.call, event(1, asked)),
            record(plan.tenant, plan.call, ended),
        ];
        drain(&fixture, records).await;
        let dial = DialEnded {
            call_sid: sid.clone(),
            dial_sid: Some(format!("CA_leg_{word}")),
            taken,
            seconds: Some(30),
            status: if taken { "completed" } else { "no-answer" }.to_owned(),
            caller_gone: false,
            together_ms: None,
        };
        let first = fixture.calls.dial_ended(&dial).await.unwrap();
        let news = EventBody::TransferUpdated {
            item_id,
            to: "+14155550199".to_owned(),
            kind: TransferKind::Cold,
            status: word.to_owned(),
            reason: (!taken).then(|| "no_answer".to_owned()),
        };
        assert_eq!(first.events, [news]);
        let again = fixture.calls.dial_ended(&dial).await.unwrap();
        assert_eq!(
            (again.call, again.events),
            (first.call, Vec::new()),
            "a repeat is no news"
        );
        let call = fixture
            .calls
            .get(&tenant.principal(), &plan.call.into())
            .await
            .unwrap();
        assert_eq!(call.ended_reason, Some(want));
        assert_eq!(call.detail.is_some(), !taken);
        let snapshot = fixture
            .calls
            .snapshot(&tenant.principal(), &plan.call.into())
            .await
            .unwrap();
        let line = snapshot.items.iter().find(|item| item.id == item_id).unwrap();
        assert!(
            matches!(&line.body, ItemBody::Transfer { status, .. } if status == word),
            "{line:?}"
        );
    }
    let messages: i64 = fixture
        .look(
            "SELECT count(*) FROM phony.outbox WHERE tenant_id = $1 AND topic = 'call.ended'",
            &tenant,
        )
        .await;
    assert_eq!(messages, 2, "each has ended once");
}

#[tokio::test]
async fn a_transfer_is_over_also_when_the_conversations_own_word_was_lost() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    let sid = sid();
    let plan = fixture.talk(&tenant, &sid).await;
    let dial = DialEnded {
        call_sid: sid,
        dial_sid: Some("CA_leg".to_owned()),
        taken: true,
        seconds: Some(30),
        status: "completed".to_owned(),
        caller_gone: false,
        together_ms: None,
    };
    fixture.calls.dial_ended(&dial).await.unwrap();
    let late = RecordBody::Ended {
        at: Utc::now(),
        ending: Ending::of(EndedReason::Transferred),
    };
    drain(&fixture, vec![record(plan.tenant, plan.call, late)]).await;
    let call = fixture
        .calls
        .get(&tenant.principal(), &plan.call.into())
        .await
        .unwrap();
    assert_eq!(call.ended_reason, Some(EndedReason::TransferCompleted));
}
