//! Callers who cannot be taken: what they hear, where they go, what is kept of it.

use phony_app::calls::{Busy, DialEnded, InboundAnswer, InboundCall, NoRoom};
use phony_carriers::twilio::CarrierStatus;
use phony_kernel::Plan;
use phony_kernel::call::{CallStatus, EndedBy, EndedReason, Engine, Fault};

use super::fixture::{Fixture, Tenant, inbound, sid, update};

async fn refused(fixture: &Fixture, call: &InboundCall, why: NoRoom) -> Busy {
    match fixture.calls.refuse_inbound(call, why).await.unwrap() {
        InboundAnswer::Busy(busy) => *busy,
        other => panic!("the call was not refused: {other:?}"),
    }
}

async fn set(fixture: &Fixture, tenant: &Tenant, words: &str, overflow: Option<&str>) {
    sqlx::query("UPDATE phony.phone_numbers SET busy_message = $2, overflow_e164 = $3 WHERE tenant_id = $1")
        .bind(tenant.id.uuid())
        .bind(words)
        .bind(overflow)
        .execute(&fixture.admin)
        .await
        .unwrap();
}

#[tokio::test]
async fn an_instance_without_room_says_so_and_the_tenant_sees_it() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    for why in [NoRoom::Draining, NoRoom::Full] {
        let call = inbound(&tenant, &sid());
        let said = refused(&fixture, &call, why).await;
        assert!(said.message.contains("busy"));
        assert!(said.speaker.is_none() && said.overflow.is_none());
        let again = refused(&fixture, &call, why).await;
        assert_eq!(again.message, said.message, "a repeat gets the same answer");
        let kept = fixture
            .calls
            .get(&tenant.principal(), &call.call_sid.parse().unwrap())
            .await
            .unwrap();
        assert_eq!(kept.status, CallStatus::Ended);
        assert_eq!(kept.ended_reason, Some(EndedReason::PlatformError));
        assert_eq!(kept.fault, Some(Fault::Platform));
        assert!(kept.detail.is_some());
    }
    assert!(fixture.calls.live(&tenant.principal()).await.unwrap().is_empty());
    let messages: i64 = fixture
        .look(
            "SELECT count(*) FROM phony.outbox WHERE tenant_id = $1 AND topic = 'call.ended'",
            &tenant,
        )
        .await;
    assert_eq!(messages, 2, "each has ended once");
}

#[tokio::test]
async fn a_call_that_was_let_in_before_is_connected_by_an_instance_that_takes_no_new_ones() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    let call = inbound(&tenant, &sid());
    let first = fixture.ring(&tenant, &call.call_sid).await;
    let answer = fixture
        .calls
        .refuse_inbound(&call, NoRoom::Draining)
        .await
        .unwrap();
    let InboundAnswer::Connect(again) = answer else {
        panic!("it was let in already: {answer:?}")
    };
    assert_eq!(again.call, first.call);
}

#[tokio::test]
async fn the_tenants_own_words_are_said_and_the_caller_goes_to_the_overflow_number() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    set(&fixture, &tenant, "", Some("+14155550188")).await;
    let call = inbound(&tenant, &sid());
    let said = refused(&fixture, &call, NoRoom::Full).await;
    assert_eq!(said.overflow.as_ref().unwrap().as_str(), "+14155550188");
    assert!(said.message.contains("connecting"), "{}", said.message);
    assert!(
        said.speaker.is_none(),
        "our words are not in the tenant's language"
    );

    set(&fixture, &tenant, "Un momento, por favor.", Some("+14155550188")).await;
    let said = refused(&fixture, &inbound(&tenant, &sid()), NoRoom::Full).await;
    assert_eq!(said.message, "Un momento, por favor.");
    assert_eq!(said.speaker.unwrap().voice, "alloy");

    let dial = DialEnded {
        call_sid: call.call_sid.clone(),
        dial_sid: Some("CA_overflow".to_owned()),
        taken: true,
        seconds: Some(61),
        status: "completed".to_owned(),
        caller_gone: false,
        together_ms: None,
    };
    let outcome = fixture.calls.dial_ended(&dial).await.unwrap();
    assert!(outcome.events.is_empty(), "it was no transfer of a conversation");
    let over = update(
        &tenant,
        &call.call_sid,
        0,
        CarrierStatus::Completed,
        Some(70),
        None,
    );
    fixture.calls.status_callback(&over).await.unwrap();
    let kept = fixture
        .calls
        .get(&tenant.principal(), &call.call_sid.parse().unwrap())
        .await
        .unwrap();
    assert!(kept.detail.as_ref().unwrap().contains("overflow"));
    assert_eq!(kept.ended_by, Some(EndedBy::Platform));
    assert_eq!(
        kept.cost.unwrap().amount,
        "0.043",
        "two minutes of the line and two of the other leg"
    );
    assert!(kept.duration_ms.is_none_or(|length| length >= 0));
}

#[tokio::test]
async fn a_call_from_an_account_that_does_not_hold_the_number_is_nobodys() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    let hold = "UPDATE phony.phone_numbers SET carrier_account_sid = 'AC00000000000000000000000000000001'
                WHERE tenant_id = $1 RETURNING 1";
    let _: i32 = fixture.look(hold, &tenant).await;
    fixture.ring(&tenant, &sid()).await;
    let foreign = InboundCall {
        account_sid: "AC00000000000000000000000000000002".to_owned(),
        ..inbound(&tenant, &sid())
    };
    let answer = fixture.calls.answer_inbound(&foreign).await.unwrap();
    assert!(matches!(answer, InboundAnswer::UnknownNumber), "{answer:?}");
    assert_eq!(fixture.calls.locate(&foreign.call_sid).await.unwrap(), None);
}

#[tokio::test]
async fn the_answer_says_with_which_engine_and_which_model_a_call_is_spoken() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    for engine in ["realtime", "relay", "gather"] {
        sqlx::query("UPDATE phony.phone_numbers SET engine = $2 WHERE tenant_id = $1")
            .bind(tenant.id.uuid())
            .bind(engine)
            .execute(&fixture.admin)
            .await
            .unwrap();
        let connect = fixture.ring(&tenant, &sid()).await;
        assert_eq!(connect.engine.as_str(), engine);
        assert_eq!(
            connect.personality.realtime.model.as_deref(),
            Some("gpt-realtime-2.1"),
            "one that leaves its model to the platform gets the platform's"
        );
    }
    let sid = sid();
    sqlx::query("UPDATE phony.phone_numbers SET engine = 'realtime' WHERE tenant_id = $1")
        .bind(tenant.id.uuid())
        .execute(&fixture.admin)
        .await
        .unwrap();
    let plan = fixture.talk(&tenant, &sid).await;
    assert_eq!(
        (plan.engine, plan.model_name()),
        (Engine::Realtime, "gpt-realtime-2.1")
    );
    assert_eq!(plan.fallback_engine(), Some(Engine::Relay));
}

#[tokio::test]
async fn overflow_that_comes_back_is_not_dialled_for_ever() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    set(&fixture, &tenant, "", Some("+14155550188")).await;
    let mut sent_on = 0;
    for _ in 0..6 {
        let said = refused(&fixture, &inbound(&tenant, &sid()), NoRoom::Full).await;
        sent_on += i32::from(said.overflow.is_some());
    }
    assert_eq!(sent_on, 3);
    let other = InboundCall {
        from: "+15550100003".to_owned(),
        ..inbound(&tenant, &sid())
    };
    let said = refused(&fixture, &other, NoRoom::Full).await;
    assert!(said.overflow.is_some(), "other callers are sent on");
}
