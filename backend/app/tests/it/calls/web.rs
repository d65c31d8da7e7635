//! Calls from the browser against a real database: who comes back, and a ticket that nobody comes with.

use phony_app::calls::{StreamOpening, StreamRefusal, WebCall, WebMode, sweep_orphan};
use phony_conversation::EventBody;
use phony_conversation::plan::Personality;
use phony_kernel::call::{CallStatus, Channel, EndedReason, Engine};
use phony_kernel::{CallId, PersonalityId, Plan};

use super::fixture::{Fixture, Tenant};

fn wanted(tenant: &Tenant, mode: WebMode) -> WebCall {
    WebCall {
        personality: tenant.personality,
        version: None,
        draft: None,
        mode,
        engine: mode.engine(),
    }
}

#[tokio::test]
async fn a_ticket_opens_one_socket_and_a_lost_one_is_replaced_for_the_caller_only() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    let (who, somebody_else) = (tenant.principal(), tenant.principal());
    let made = fixture
        .calls
        .start_web(&who, &wanted(&tenant, WebMode::Voice))
        .await
        .unwrap();
    let call = made.call.id;
    assert_eq!((made.call.channel, made.call.number_id), (Channel::Web, None));
    assert_eq!(made.call.engine, Engine::Realtime);
    let refused = fixture.calls.open_web(&made.ticket, CallId::new()).await.unwrap();
    assert!(matches!(
        refused,
        StreamOpening::Refused(StreamRefusal::UnknownToken)
    ));
    let StreamOpening::Opened(opened) = fixture.calls.open_web(&made.ticket, call).await.unwrap() else {
        panic!("not let in")
    };
    assert_eq!((opened.plan.channel, opened.plan.number), (Channel::Web, None));
    assert_eq!(
        opened.plan.fallback_engine(),
        None,
        "no carrier brings it elsewhere"
    );
    let again = fixture.calls.open_web(&made.ticket, call).await.unwrap();
    assert!(matches!(again, StreamOpening::Refused(StreamRefusal::Used)));

    let error = fixture.calls.resume_web(&somebody_else, call).await.unwrap_err();
    assert_eq!(error.code(), "not_found");
    let back = fixture.calls.resume_web(&who, call).await.unwrap();
    let StreamOpening::Opened(opened) = fixture.calls.open_web(&back.ticket, call).await.unwrap() else {
        panic!("not let in again")
    };
    assert!(opened.resumed.is_some(), "what was said is looked up");
}

#[tokio::test]
async fn a_ticket_that_nobody_comes_with_is_a_caller_who_left() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    let who = tenant.principal();
    let made = fixture
        .calls
        .start_web(&who, &wanted(&tenant, WebMode::Text))
        .await
        .unwrap();
    assert_eq!(made.call.status, CallStatus::Ringing);
    sqlx::query("UPDATE phony.calls SET lease_until = now() - interval '1 minute' WHERE id = $1")
        .bind(made.call.id.uuid())
        .execute(&fixture.admin)
        .await
        .unwrap();
    let swept = sweep_orphan(&fixture.worker, tenant.id, made.call.id, 5.0)
        .await
        .unwrap()
        .unwrap();
    let EventBody::CallState {
        ending: Some(ending), ..
    } = swept.event
    else {
        panic!("not an end")
    };
    assert_eq!(ending.reason, EndedReason::Abandoned);
    let call = fixture.calls.get(&who, &made.call.id.into()).await.unwrap();
    assert!(call.settled, "no carrier has a last word");
    let late = fixture.calls.resume_web(&who, call.id).await.unwrap_err();
    assert_eq!(late.code(), "call_ended");
}

#[tokio::test]
async fn the_plan_counts_calls_from_the_browser_and_a_draft_talks_in_its_own_call_only() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    let who = tenant.principal();
    let missing = WebCall {
        personality: PersonalityId::new(),
        ..wanted(&tenant, WebMode::Text)
    };
    let error = fixture.calls.start_web(&who, &missing).await.unwrap_err();
    assert_eq!(error.code(), "not_found");
    let first = fixture
        .calls
        .start_web(&who, &wanted(&tenant, WebMode::Text))
        .await
        .unwrap();
    let StreamOpening::Opened(saved) = fixture
        .calls
        .open_web(&first.ticket, first.call.id)
        .await
        .unwrap()
    else {
        panic!("not let in")
    };
    let draft = Personality {
        greeting: Some("Hello from a draft.".to_owned()),
        ..saved.plan.personality.clone()
    };
    let trial = WebCall {
        draft: Some(draft),
        ..wanted(&tenant, WebMode::Text)
    };
    let trial = fixture.calls.start_web(&who, &trial).await.unwrap();
    let StreamOpening::Opened(tried) = fixture
        .calls
        .open_web(&trial.ticket, trial.call.id)
        .await
        .unwrap()
    else {
        panic!("not let in")
    };
    let greeting = |personality: &Personality| personality.greeting.clone().unwrap();
    assert_eq!(greeting(&tried.plan.personality), "Hello from a draft.");
    assert_ne!(greeting(&saved.plan.personality), "Hello from a draft.");
    for _ in 2..10 {
        fixture
            .calls
            .start_web(&who, &wanted(&tenant, WebMode::Text))
            .await
            .unwrap();
    }
    let error = fixture
        .calls
        .start_web(&who, &wanted(&tenant, WebMode::Text))
        .await
        .unwrap_err();
    assert_eq!(error.code(), "concurrency_limit");
}
