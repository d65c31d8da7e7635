//! Minutes of a call that was given to somebody else: the conversation's, the line's, and those of the other leg.

use chrono::Utc;
use phony_app::calls::{DialEnded, ResumeAnswer, SessionEnded, StreamEvent, StreamOpening};
use phony_carriers::twilio::CarrierStatus;
use phony_conversation::record::{Record, RecordBody};
use phony_kernel::Plan;
use phony_kernel::call::{EndedReason, Ending};

use super::draining::drain;
use super::fixture::{Fixture, Tenant, sid, update};

async fn minutes(fixture: &Fixture, tenant: &Tenant) -> Vec<(String, i64)> {
    sqlx::query_as(
        "SELECT sku, quantity FROM phony.usage_events WHERE tenant_id = $1 ORDER BY sku, quantity DESC",
    )
    .bind(tenant.id.uuid())
    .fetch_all(&fixture.admin)
    .await
    .unwrap()
}

fn session(sid: &str, id: &str, seconds: i64) -> SessionEnded {
    SessionEnded {
        call_sid: sid.to_owned(),
        session_id: Some(id.to_owned()),
        seconds: Some(seconds),
    }
}

#[tokio::test]
async fn relay_minutes_end_with_the_conversation_and_the_other_leg_is_billed() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    let sid = sid();
    fixture.talk(&tenant, &sid).await;
    // Two sessions, because a socket was lost; the carrier asks twice for one of them.
    for (id, seconds) in [("VX1", 30), ("VX2", 40), ("VX2", 40)] {
        fixture
            .calls
            .session_ended(&session(&sid, id, seconds))
            .await
            .unwrap();
    }
    let dial = DialEnded {
        call_sid: sid.clone(),
        dial_sid: Some("CA_leg".to_owned()),
        taken: true,
        seconds: Some(2_390),
        status: "completed".to_owned(),
        caller_gone: false,
        together_ms: None,
    };
    fixture.calls.dial_ended(&dial).await.unwrap();
    fixture.calls.dial_ended(&dial).await.unwrap();
    let nobody = DialEnded {
        dial_sid: Some("CA_other".to_owned()),
        taken: false,
        ..dial
    };
    fixture.calls.dial_ended(&nobody).await.unwrap();
    let over = update(&tenant, &sid, 0, CarrierStatus::Completed, Some(2_460), None);
    fixture.calls.status_callback(&over).await.unwrap();
    assert_eq!(
        minutes(&fixture, &tenant).await,
        [
            ("twilio.inbound_minute".to_owned(), 41),
            ("twilio.outbound_minute".to_owned(), 40),
            ("twilio.relay_minute".to_owned(), 2),
        ]
    );
}

#[tokio::test]
async fn without_the_carriers_word_relay_minutes_end_when_the_caller_was_given_away() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    let sid = sid();
    let plan = fixture.talk(&tenant, &sid).await;
    let record = Record {
        tenant: plan.tenant,
        call: plan.call,
        body: RecordBody::Ended {
            at: Utc::now(),
            ending: Ending::of(EndedReason::Transferred),
        },
    };
    drain(&fixture, vec![record]).await;
    let over = update(&tenant, &sid, 0, CarrierStatus::Completed, Some(2_460), None);
    fixture.calls.status_callback(&over).await.unwrap();
    assert_eq!(
        minutes(&fixture, &tenant).await,
        [
            ("twilio.inbound_minute".to_owned(), 41),
            ("twilio.relay_minute".to_owned(), 1),
        ]
    );
}

#[tokio::test]
async fn media_streams_are_billed_once_each_whoever_tells_of_their_end() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    let sid = sid();
    let connect = fixture.ring(&tenant, &sid).await;
    let opened = fixture
        .calls
        .open_media_stream(&connect.token, &sid, "MZ1")
        .await
        .unwrap();
    assert!(matches!(opened, StreamOpening::Opened(_)), "{opened:?}");
    let began = "UPDATE phony.calls SET engine = 'realtime', started_at = now() - interval '3 minutes', answered_at = now() - interval '3 minutes',
                 media_streams = jsonb_build_object('MZ1', jsonb_build_object('from', now() - interval '170 seconds'))
                 WHERE tenant_id = $1 RETURNING 1";
    let _: i32 = fixture.look(began, &tenant).await;
    // Its instance is gone without a word: the carrier tells of the end, late and twice. Then the caller is connected again.
    let ended_at = Utc::now() - chrono::TimeDelta::seconds(100);
    let news = |stream: &str, over: bool| StreamEvent {
        call_sid: sid.clone(),
        stream_sid: stream.to_owned(),
        over,
        at: Some(ended_at),
        error: None,
    };
    for (stream, over) in [("MZ1", false), ("MZ1", true), ("MZ1", true), ("MZ_other", true)] {
        fixture.calls.stream_event(&news(stream, over)).await.unwrap();
    }
    let again = fixture
        .calls
        .resume(&super::sockets::lost(&tenant, &sid))
        .await
        .unwrap();
    let ResumeAnswer::Connect(again) = again else {
        panic!("{again:?}")
    };
    let opened = fixture
        .calls
        .open_media_stream(&again.token, &sid, "MZ2")
        .await
        .unwrap();
    assert!(matches!(opened, StreamOpening::Opened(_)), "{opened:?}");
    for _ in 0..2 {
        fixture
            .calls
            .media_stream_over(tenant.id, connect.call, "MZ2", None)
            .await
            .unwrap();
        let over = update(&tenant, &sid, 0, CarrierStatus::Completed, Some(180), None);
        fixture.calls.status_callback(&over).await.unwrap();
    }
    assert_eq!(
        minutes(&fixture, &tenant).await,
        [
            ("twilio.inbound_minute".to_owned(), 3),
            // 70 seconds, and a moment.
            ("twilio.stream_minute".to_owned(), 2),
            ("twilio.stream_minute".to_owned(), 1),
        ]
    );
}

#[tokio::test]
async fn what_is_said_of_unknown_calls_or_with_odd_figures_changes_nothing() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    let sid = sid();
    fixture.talk(&tenant, &sid).await;
    for odd in [session("CA_none", "VX1", 5), session(&sid, "VX1", -5)] {
        fixture.calls.session_ended(&odd).await.unwrap();
    }
    let sessions: serde_json::Value = fixture
        .look(
            "SELECT relay_sessions FROM phony.calls WHERE tenant_id = $1",
            &tenant,
        )
        .await;
    assert_eq!(sessions, serde_json::json!({}));
}
