//! Calls as people read them.

use chrono::{TimeDelta, Utc};
use phony_app::calls::{CallQuery, CallRef, Resume, ResumeAnswer, StreamOpening};
use phony_carriers::twilio::CarrierStatus;
use phony_conversation::record::RecordBody;
use phony_kernel::call::{CallStatus, Channel, Direction, EndedReason, Engine};
use phony_kernel::{CallId, NumberId, PersonalityId, Plan};

use super::draining::{drain, talk};
use super::fixture::{Fixture, sid, update};

#[tokio::test]
async fn pages_follow_each_other_newest_first_and_filters_filter() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Enterprise).await;
    let who = tenant.principal();
    let mut ids = Vec::new();
    for index in 0..7 {
        let sid = sid();
        ids.push(fixture.ring(&tenant, &sid).await.call);
        if index % 2 == 0 {
            let over = update(&tenant, &sid, 0, CarrierStatus::Completed, Some(3), None);
            fixture.calls.status_callback(&over).await.unwrap();
        }
    }
    ids.reverse();
    let mut seen = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let page = fixture
            .calls
            .list(&who, CallQuery::default(), Some(3), cursor.as_deref())
            .await
            .unwrap();
        assert!(page.data.len() <= 3);
        seen.extend(page.data.iter().map(|call| call.id));
        let Some(next) = page.next_cursor else { break };
        cursor = Some(next);
    }
    assert_eq!(seen, ids);
    let count = async |query: CallQuery| {
        fixture
            .calls
            .list(&who, query, None, None)
            .await
            .unwrap()
            .data
            .len()
    };
    let any = CallQuery::default;
    assert_eq!(
        count(CallQuery {
            status: Some(CallStatus::Ended),
            ..any()
        })
        .await,
        4
    );
    assert_eq!(
        count(CallQuery {
            status: Some(CallStatus::Ringing),
            ..any()
        })
        .await,
        3
    );
    assert_eq!(
        count(CallQuery {
            direction: Some(Direction::Outbound),
            ..any()
        })
        .await,
        0
    );
    assert_eq!(
        count(CallQuery {
            number: Some(tenant.number),
            ..any()
        })
        .await,
        7
    );
    assert_eq!(
        count(CallQuery {
            number: Some(NumberId::new()),
            ..any()
        })
        .await,
        0
    );
    assert_eq!(
        count(CallQuery {
            personality: Some(tenant.personality),
            ..any()
        })
        .await,
        7
    );
    assert_eq!(
        count(CallQuery {
            personality: Some(PersonalityId::new()),
            ..any()
        })
        .await,
        0
    );
    for (channel, calls) in [(Channel::Phone, 7), (Channel::Web, 0)] {
        let channel = Some(channel);
        assert_eq!(count(CallQuery { channel, ..any() }).await, calls);
    }
    for (engine, calls) in [(Engine::Relay, 7), (Engine::Realtime, 0)] {
        let engine = Some(engine);
        assert_eq!(count(CallQuery { engine, ..any() }).await, calls);
    }
    for (reason, calls) in [(EndedReason::Abandoned, 4), (EndedReason::Transferred, 0)] {
        let ended_reason = Some(reason);
        assert_eq!(
            count(CallQuery {
                ended_reason,
                ..any()
            })
            .await,
            calls
        );
    }
    let piece = |text: &str| CallQuery {
        contains: Some(text.to_owned()),
        ..any()
    };
    for (text, calls) in [
        ("+1 (555) 010-0002", 7),
        ("0100002", 7),
        (&tenant.e164[4..], 7),
        ("999 99", 0),
    ] {
        assert_eq!(count(piece(text)).await, calls, "{text}");
    }
    for text in ["", "1", "front desk", "% _", "1234567890123456"] {
        let refused = fixture.calls.list(&who, piece(text), None, None).await;
        assert_eq!(refused.unwrap_err().code(), "validation_failed", "{text}");
    }
    let soon = Utc::now() + TimeDelta::minutes(1);
    assert_eq!(
        count(CallQuery {
            created_from: Some(soon),
            ..any()
        })
        .await,
        0
    );
    assert_eq!(
        count(CallQuery {
            created_to: Some(soon),
            ..any()
        })
        .await,
        7
    );
    assert_eq!(fixture.calls.live(&who).await.unwrap().len(), 3);
    assert!(fixture.calls.list(&who, any(), Some(0), None).await.is_err());
    assert!(fixture.calls.list(&who, any(), None, Some("bad")).await.is_err());
}

#[tokio::test]
async fn a_call_is_found_by_both_ids_and_by_its_own_tenant_only() {
    let fixture = Fixture::new().await;
    let (ours, theirs) = (
        fixture.tenant(Plan::Basic).await,
        fixture.tenant(Plan::Basic).await,
    );
    let sid = sid();
    let plan = fixture.talk(&ours, &sid).await;
    drain(&fixture, talk(&plan)).await;
    let by_id: CallRef = plan.call.to_string().parse().unwrap();
    let by_sid: CallRef = sid.parse().unwrap();
    let call = fixture.calls.get(&ours.principal(), &by_id).await.unwrap();
    assert_eq!(fixture.calls.get(&ours.principal(), &by_sid).await.unwrap(), call);
    assert_eq!(call.personality.unwrap().name, "Ana");
    assert_eq!(
        (call.from.as_str(), call.to.as_str()),
        ("+15550100002", ours.e164.as_str())
    );
    for reference in [by_id, by_sid, CallRef::Id(CallId::new())] {
        let (stranger, calls) = (theirs.principal(), &fixture.calls);
        assert_eq!(
            calls.get(&stranger, &reference).await.unwrap_err().code(),
            "not_found"
        );
        assert_eq!(
            calls
                .items(&stranger, &reference, None, None)
                .await
                .unwrap_err()
                .code(),
            "not_found"
        );
        assert_eq!(
            calls
                .events(&stranger, &reference, None, None, None)
                .await
                .unwrap_err()
                .code(),
            "not_found"
        );
        assert_eq!(
            calls.snapshot(&stranger, &reference).await.unwrap_err().code(),
            "not_found"
        );
    }
    for text in [
        "",
        "call_1",
        "CA1",
        "num_0199c2a4b1d07c3e8f4a5b6c7d8e9f01",
        "CAzz",
    ] {
        assert_eq!(text.parse::<CallRef>().unwrap_err().code(), "not_found", "{text}");
    }
}

#[tokio::test]
async fn items_and_events_come_in_pages() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    let who = tenant.principal();
    let plan = fixture.talk(&tenant, &sid()).await;
    drain(&fixture, talk(&plan)).await;
    let call = plan.call.into();
    let first = fixture.calls.items(&who, &call, Some(2), None).await.unwrap();
    let rest = fixture
        .calls
        .items(&who, &call, Some(2), first.next_cursor.as_deref())
        .await
        .unwrap();
    assert_eq!(
        (first.data.len(), rest.data.len(), rest.next_cursor),
        (2, 1, None)
    );
    let mut seqs = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let page = fixture
            .calls
            .events(&who, &call, Some(2), cursor.as_deref(), None)
            .await
            .unwrap();
        seqs.extend(page.data.iter().map(|event| event.seq));
        let Some(next) = page.next_cursor else { break };
        cursor = Some(next);
    }
    assert_eq!(seqs, [1, 3, 4, 5, 6], "what only feeds the live view is not kept");
    // Who follows a call asks for what came behind the last one known, until nothing has.
    for (known, want) in [
        (0, &[1, 3, 4, 5, 6][..]),
        (4, &[5, 6]),
        (5, &[6]),
        (6, &[]),
        (9_000, &[]),
    ] {
        let behind = fixture.calls.events(&who, &call, None, None, Some(known)).await;
        let seqs: Vec<u64> = behind.unwrap().data.iter().map(|event| event.seq).collect();
        assert_eq!(seqs, want, "behind {known}");
    }
    let cursor = first.next_cursor.as_deref();
    for (cursor, behind) in [(cursor, Some(1)), (None, Some(u32::MAX))] {
        let refused = fixture.calls.events(&who, &call, None, cursor, behind).await;
        assert_eq!(refused.unwrap_err().code(), "validation_failed");
    }
}

#[tokio::test]
async fn an_event_of_a_newer_build_is_passed_over() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    let sid = sid();
    let plan = fixture.talk(&tenant, &sid).await;
    let records = talk(&plan).into_iter();
    drain(
        &fixture,
        records
            .filter(|record| !matches!(record.body, RecordBody::Ended { .. }))
            .collect(),
    )
    .await;
    let who = tenant.principal();
    let before = fixture
        .calls
        .items(&who, &plan.call.into(), None, None)
        .await
        .unwrap();
    let strange = "INSERT INTO phony.call_events (tenant_id, call_id, seq, at, kind, body)
                   SELECT tenant_id, id, s, now(), 'of.tomorrow', '{\"type\":\"of.tomorrow\"}'
                   FROM phony.calls, generate_series(0, 40, 40) s WHERE tenant_id = $1 RETURNING 1";
    let _: i32 = fixture.look(strange, &tenant).await;
    let after = fixture
        .calls
        .items(&who, &plan.call.into(), None, None)
        .await
        .unwrap();
    assert_eq!(after.data.len(), before.data.len());
    let events = fixture
        .calls
        .events(&who, &plan.call.into(), Some(1), None, None)
        .await
        .unwrap();
    assert_eq!((events.data.len(), events.next_cursor.is_some()), (1, true));
    let lost = Resume {
        call_sid: sid.clone(),
        from: String::new(),
        to: tenant.e164.clone(),
    };
    let ResumeAnswer::Connect(again) = fixture.calls.resume(&lost).await.unwrap() else {
        panic!("not connected again");
    };
    let opened = fixture.calls.open_stream(&again.token, &sid).await.unwrap();
    assert!(matches!(opened, StreamOpening::Opened(_)));
}
