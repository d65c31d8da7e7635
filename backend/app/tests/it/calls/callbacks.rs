//! The carrier's status callbacks in any order, repeated and withheld: one final state, one bill, one message.

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;
use phony_app::calls::{StatusUpdate, sweep_orphan};
use phony_carriers::twilio::CarrierStatus as Carrier;
use phony_conversation::EventBody;
use phony_conversation::record::{Record, RecordBody};
use phony_kernel::Plan;
use phony_kernel::call::{CallStatus, EndedBy, EndedReason, Ending};
use rand::prelude::*;

use super::draining::drain;
use super::fixture::{Fixture, Tenant, sid, update};

/// Everything that a call leaves behind, as far as it does not depend on when the test ran.
type Outcome = (String, String, Option<i64>, Option<i32>, i64, String, String);

const OUTCOME: &str = "
  SELECT c.status, c.ended_reason, round(extract(epoch FROM c.ended_at - c.answered_at) * 1000)::int8,
         c.carrier_duration_seconds,
         (SELECT count(*) FROM phony.outbox o WHERE o.tenant_id = c.tenant_id AND o.topic = 'call.ended'
           AND o.payload->>'call_id' = 'call_' || replace(c.id::text, '-', '')),
         (SELECT coalesce(string_agg(e.sku || ' ' || e.quantity || ' ' || (e.billing_time = c.answered_at), ', ' ORDER BY e.sku), '')
          FROM phony.usage_events e WHERE e.tenant_id = c.tenant_id AND e.call_id = c.id),
         (SELECT coalesce(sum(r.amount), 0)::text FROM phony.usage_events e
          JOIN phony.rated_usage r ON r.tenant_id = e.tenant_id AND r.usage_event_id = e.id
          WHERE e.tenant_id = c.tenant_id AND e.call_id = c.id)
  FROM phony.calls c WHERE c.tenant_id = $1 AND c.call_sid = $2";

impl Fixture {
    async fn outcome(&self, tenant: &Tenant, sid: &str) -> Outcome {
        sqlx::query_as(OUTCOME)
            .bind(tenant.id.uuid())
            .bind(sid)
            .fetch_one(&self.admin)
            .await
            .unwrap()
    }
}

/// The callbacks of a call of a minute and a bit, as the carrier sends them.
fn story(tenant: &Tenant, sid: &str, begun: DateTime<Utc>) -> Vec<StatusUpdate> {
    let at = |seconds| Some(begun + TimeDelta::seconds(seconds));
    vec![
        update(tenant, sid, 0, Carrier::Initiated, None, at(1)),
        update(tenant, sid, 1, Carrier::Ringing, None, at(2)),
        update(tenant, sid, 2, Carrier::InProgress, None, at(5)),
        update(tenant, sid, 3, Carrier::Completed, Some(61), at(66)),
    ]
}

/// A call that came in two minutes ago.
async fn begun(fixture: &Fixture, tenant: &Tenant, sid: &str) -> DateTime<Utc> {
    fixture.ring(tenant, sid).await;
    let age = "UPDATE phony.calls SET started_at = date_trunc('second', now() - interval '2 minutes')
               WHERE tenant_id = $1 AND call_sid = $2 RETURNING started_at";
    sqlx::query_scalar(age)
        .bind(tenant.id.uuid())
        .bind(sid)
        .fetch_one(&fixture.admin)
        .await
        .unwrap()
}

/// A call whose conversation has begun, and the conversation's own last word.
async fn talked(fixture: &Fixture, tenant: &Tenant, sid: &str) -> (DateTime<Utc>, Record) {
    let plan = fixture.talk(tenant, sid).await;
    let age = "UPDATE phony.calls SET started_at = date_trunc('second', now() - interval '2 minutes'),
                 answered_at = date_trunc('second', now() - interval '2 minutes') + interval '5 seconds'
               WHERE tenant_id = $1 AND call_sid = $2 RETURNING started_at";
    let begun: DateTime<Utc> = sqlx::query_scalar(age)
        .bind(tenant.id.uuid())
        .bind(sid)
        .fetch_one(&fixture.admin)
        .await
        .unwrap();
    let ended = RecordBody::Ended {
        at: begun + TimeDelta::seconds(66),
        ending: Ending::of(EndedReason::AgentHangup),
    };
    let record = Record {
        tenant: plan.tenant,
        call: plan.call,
        body: ended,
    };
    (begun, record)
}

/// The carrier's callbacks in random order, and among them the end as the conversation says it, if it has begun.
async fn shuffles(fixture: &Fixture, tenant: &Tenant, seed: u64, count: usize) {
    let mut random = StdRng::seed_from_u64(seed);
    let talks = seed % 2 == 1;
    let (reason, bill, amount) = if talks {
        (
            "agent_hangup",
            "twilio.inbound_minute 2 true, twilio.relay_minute 2 true",
            "0.1570000000000000",
        )
    } else {
        ("abandoned", "twilio.inbound_minute 2 true", "0.0170000000000000")
    };
    let want = (
        "ended".to_owned(),
        reason.to_owned(),
        Some(61_000),
        Some(61),
        1,
        bill.to_owned(),
        amount.to_owned(),
    );
    for round in 0..count {
        let sid = sid();
        let (begun, end) = if talks {
            let (begun, record) = talked(fixture, tenant, &sid).await;
            (begun, Some(record))
        } else {
            (begun(fixture, tenant, &sid).await, None)
        };
        let story = story(tenant, &sid, begun);
        // The final word always comes in the end; of the others some are withheld, some come more than once.
        let mut sent = vec![story[3].clone()];
        for callback in &story {
            sent.extend(std::iter::repeat_n(callback.clone(), random.random_range(0..3)));
        }
        sent.shuffle(&mut random);
        let ends_before = random.random_range(0..=sent.len());
        let mut endings = 0;
        for (place, callback) in sent.iter().enumerate() {
            if let Some(end) = end.as_ref().filter(|_| place == ends_before) {
                drain(fixture, vec![end.clone()]).await;
            }
            let outcome = fixture.calls.status_callback(callback).await.unwrap();
            assert!(outcome.call.is_some());
            let is_end = |event: &EventBody| {
                matches!(
                    event,
                    EventBody::CallState {
                        status: CallStatus::Ended,
                        ending: Some(_)
                    }
                )
            };
            endings += outcome.events.iter().filter(|event| is_end(event)).count();
        }
        if let Some(end) = end.as_ref().filter(|_| ends_before == sent.len()) {
            drain(fixture, vec![end.clone()]).await;
        }
        let order: Vec<_> = sent.iter().map(|callback| callback.status.as_str()).collect();
        assert_eq!(
            fixture.outcome(tenant, &sid).await,
            want,
            "seed {seed}, round {round}: {order:?}"
        );
        let by_carrier = usize::from(!talks);
        assert_eq!(
            endings, by_carrier,
            "who watches is told of the end once, by who decides it"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_shuffles_of_callbacks_end_alike_with_one_bill_and_one_message() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Enterprise).await;
    join_all((0..8).map(|seed| shuffles(&fixture, &tenant, seed, 125))).await;
}

#[tokio::test]
async fn many_deliveries_of_one_completion_at_once_are_one() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    let sid = sid();
    let story = story(&tenant, &sid, begun(&fixture, &tenant, &sid).await);
    let deliveries = (0..50).map(async |_| {
        // Fifty at once are more than the pool has connections for; the carrier would send again too.
        while let Err(error) = fixture.calls.status_callback(&story[3]).await {
            assert!(error.retryable(), "{error:?}");
        }
    });
    join_all(deliveries).await;
    let outcome = fixture.outcome(&tenant, &sid).await;
    assert_eq!(
        (outcome.4, outcome.5.as_str()),
        (1, "twilio.inbound_minute 2 true")
    );
    let kept: i64 = fixture
        .look(
            "SELECT count(*) FROM phony.carrier_callbacks WHERE tenant_id = $1",
            &tenant,
        )
        .await;
    assert_eq!(kept, 1);
}

#[tokio::test]
async fn a_call_that_was_not_answered_costs_nothing() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    for (status, reason, by) in [
        (Carrier::NoAnswer, "abandoned", EndedBy::Caller),
        (Carrier::Canceled, "abandoned", EndedBy::Caller),
        (Carrier::Busy, "dial_busy", EndedBy::Carrier),
        (Carrier::Failed, "carrier_error", EndedBy::Carrier),
    ] {
        let sid = sid();
        fixture.ring(&tenant, &sid).await;
        fixture
            .calls
            .status_callback(&update(&tenant, &sid, 0, status, Some(0), None))
            .await
            .unwrap();
        let (_, why, _, _, messages, usage, _) = fixture.outcome(&tenant, &sid).await;
        assert_eq!((why.as_str(), messages, usage.as_str()), (reason, 1, ""));
        let call = fixture
            .calls
            .get(&tenant.principal(), &sid.parse().unwrap())
            .await
            .unwrap();
        assert_eq!((call.ended_by, call.settled, call.cost), (Some(by), true, None));
    }
}

#[tokio::test]
async fn a_final_word_without_its_length_is_settled_by_a_later_one() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    let sid = sid();
    fixture.ring(&tenant, &sid).await;
    fixture
        .calls
        .status_callback(&update(&tenant, &sid, 0, Carrier::Completed, None, None))
        .await
        .unwrap();
    let call = fixture
        .calls
        .get(&tenant.principal(), &sid.parse().unwrap())
        .await
        .unwrap();
    assert_eq!((call.status, call.settled), (CallStatus::Ended, false));
    for _ in 0..2 {
        fixture
            .calls
            .status_callback(&update(&tenant, &sid, 1, Carrier::Completed, Some(59), None))
            .await
            .unwrap();
    }
    let call = fixture
        .calls
        .get(&tenant.principal(), &sid.parse().unwrap())
        .await
        .unwrap();
    assert!(call.settled);
    assert_eq!(call.cost.unwrap().amount, "0.0085");
}

#[tokio::test]
async fn the_line_may_be_gone_before_the_conversation_has_said_its_end() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    let sid = sid();
    let plan = fixture.talk(&tenant, &sid).await;
    let gone = update(&tenant, &sid, 0, Carrier::Completed, Some(61), None);
    let outcome = fixture.calls.status_callback(&gone).await.unwrap();
    assert!(outcome.events.is_empty(), "the conversation tells its own end");
    let call = fixture
        .calls
        .get(&tenant.principal(), &plan.call.into())
        .await
        .unwrap();
    assert_eq!((call.status, call.settled), (CallStatus::InProgress, true));
    assert_eq!(
        call.cost.unwrap().amount,
        "0.157",
        "two minutes of line and two of relay"
    );
    assert_eq!(
        fixture.calls.heartbeat(&[plan.call]).await.unwrap(),
        [],
        "its place is given back at once"
    );

    assert_eq!(
        sweep_orphan(&fixture.worker, tenant.id, plan.call, 5.0)
            .await
            .unwrap(),
        None,
        "it has a moment"
    );
    let swept = sweep_orphan(&fixture.worker, tenant.id, plan.call, 0.0)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(swept.call_sid, sid);
    let EventBody::CallState {
        ending: Some(ending), ..
    } = swept.event
    else {
        panic!("not an end")
    };
    assert_eq!(
        ending.reason,
        EndedReason::Orphaned,
        "its conversation did not say its end, so it was not there any more"
    );
    assert_eq!(
        sweep_orphan(&fixture.worker, tenant.id, plan.call, 0.0)
            .await
            .unwrap(),
        None
    );
    assert_eq!(fixture.outcome(&tenant, &sid).await.4, 1);
}

#[tokio::test]
async fn callbacks_about_nothing_of_ours_change_nothing() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    let unknown_call = update(&tenant, &sid(), 0, Carrier::Completed, Some(5), None);
    assert_eq!(
        fixture.calls.status_callback(&unknown_call).await.unwrap().call,
        None
    );
    let foreign = StatusUpdate {
        to: "+14155550000".to_owned(),
        ..unknown_call
    };
    assert_eq!(fixture.calls.status_callback(&foreign).await.unwrap().call, None);
    let sid = sid();
    fixture.ring(&tenant, &sid).await;
    let odd = update(&tenant, &sid, i64::MAX, Carrier::Unknown, Some(-5), None);
    assert!(
        fixture
            .calls
            .status_callback(&odd)
            .await
            .unwrap()
            .events
            .is_empty()
    );
    let call = fixture
        .calls
        .get(&tenant.principal(), &sid.parse().unwrap())
        .await
        .unwrap();
    assert_eq!(call.status, CallStatus::Ringing);
}
