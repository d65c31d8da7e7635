//! The socket of a conversation: one token, one use; coming back after it was lost.

use phony_app::calls::{Resume, ResumeAnswer, StreamOpening, StreamRefusal};
use phony_kernel::Plan;
use phony_kernel::call::{CallStatus, Direction, EndedReason, Engine};

use super::fixture::{Fixture, Tenant, sid};

async fn refusal(fixture: &Fixture, token: &str, sid: &str) -> StreamRefusal {
    match fixture.calls.open_stream(token, sid).await.unwrap() {
        StreamOpening::Refused(why) => why,
        StreamOpening::Opened(_) => panic!("the socket was let in"),
    }
}

#[tokio::test]
async fn a_token_opens_its_call_once() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    let sid = sid();
    let connect = fixture.ring(&tenant, &sid).await;
    assert_eq!(
        refusal(&fixture, &connect.token, "CA_other").await,
        StreamRefusal::WrongCall
    );
    assert_eq!(
        refusal(&fixture, "nonsense", &sid).await,
        StreamRefusal::UnknownToken
    );
    let mut altered = connect.token.clone().into_bytes();
    let last = altered.len() - 1;
    altered[last] = if altered[last] == b'A' { b'B' } else { b'A' };
    let altered = String::from_utf8(altered).unwrap();
    assert_eq!(
        refusal(&fixture, &altered, &sid).await,
        StreamRefusal::UnknownToken
    );

    let StreamOpening::Opened(opened) = fixture.calls.open_stream(&connect.token, &sid).await.unwrap() else {
        panic!("refused");
    };
    let plan = &opened.plan;
    assert_eq!(
        (plan.tenant, plan.call, plan.number),
        (tenant.id, connect.call, Some(tenant.number))
    );
    assert_eq!((plan.direction, plan.engine), (Direction::Inbound, Engine::Relay));
    assert_eq!(
        (plan.call_sid.as_str(), plan.to.as_str()),
        (sid.as_str(), tenant.e164.as_str())
    );
    assert_eq!(plan.personality, connect.personality);
    assert!(opened.resumed.is_none());
    assert_eq!(refusal(&fixture, &connect.token, &sid).await, StreamRefusal::Used);

    let call = fixture
        .calls
        .get(&tenant.principal(), &connect.call.into())
        .await
        .unwrap();
    assert_eq!(call.status, CallStatus::InProgress);
    assert!(call.answered_at.is_some());
}

#[tokio::test]
async fn of_many_sockets_with_one_token_one_is_let_in() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    let sid = sid();
    let connect = fixture.ring(&tenant, &sid).await;
    let attempts = (0..12).map(|_| fixture.calls.open_stream(&connect.token, &sid));
    let answers = futures_util::future::join_all(attempts).await;
    let opened = answers
        .into_iter()
        .filter(|answer| matches!(answer, Ok(StreamOpening::Opened(_))))
        .count();
    assert_eq!(opened, 1);
}

#[tokio::test]
async fn a_token_of_an_ended_call_is_worthless() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    let sid = sid();
    let connect = fixture.ring(&tenant, &sid).await;
    let completed = super::fixture::update(
        &tenant,
        &sid,
        0,
        phony_carriers::twilio::CarrierStatus::Completed,
        Some(2),
        None,
    );
    fixture.calls.status_callback(&completed).await.unwrap();
    assert_eq!(
        refusal(&fixture, &connect.token, &sid).await,
        StreamRefusal::Ended
    );
}

pub(super) fn lost(tenant: &Tenant, sid: &str) -> Resume {
    Resume {
        call_sid: sid.to_owned(),
        from: "+15550100002".to_owned(),
        to: tenant.e164.clone(),
    }
}

#[tokio::test]
async fn a_lost_socket_comes_back_twice_and_then_the_call_ends() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    let sid = sid();
    let plan = fixture.talk(&tenant, &sid).await;
    for _ in 0..2 {
        let answer = fixture.calls.resume(&lost(&tenant, &sid)).await.unwrap();
        let ResumeAnswer::Connect(again) = answer else {
            panic!("{answer:?}")
        };
        assert_eq!(again.call, plan.call);
        let StreamOpening::Opened(opened) = fixture.calls.open_stream(&again.token, &sid).await.unwrap()
        else {
            panic!("refused");
        };
        assert!(opened.resumed.is_some());
    }
    let answer = fixture.calls.resume(&lost(&tenant, &sid)).await.unwrap();
    let ResumeAnswer::Apologize { call, events, .. } = answer else {
        panic!("{answer:?}")
    };
    assert_eq!((call, events.len()), (plan.call, 1));
    let ended = fixture
        .calls
        .get(&tenant.principal(), &call.into())
        .await
        .unwrap();
    assert_eq!(ended.ended_reason, Some(EndedReason::PlatformError));
    assert!(matches!(
        fixture.calls.resume(&lost(&tenant, &sid)).await.unwrap(),
        ResumeAnswer::HangUp
    ));
    assert!(matches!(
        fixture.calls.resume(&lost(&tenant, "CA_none")).await.unwrap(),
        ResumeAnswer::HangUp
    ));
}
