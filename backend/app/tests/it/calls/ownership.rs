//! Who has a call: leases only for what runs, ends only by who has it, callbacks after its number is gone.

use std::time::Duration;

use phony_app::calls::{CallsArea, Resume, ResumeAnswer, StreamOpening, sweep_orphan};
use phony_carriers::twilio::CarrierStatus;
use phony_conversation::plan::CallPlan;
use phony_conversation::record::{Record, RecordBody};
use phony_db::Db;
use phony_kernel::call::{CallStatus, EndedReason, Ending};
use phony_kernel::{CallId, InstanceId, Plan};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::draining::{drain, talk};
use super::fixture::{Fixture, Tenant, number_keys, sid, update};

fn lost(tenant: &Tenant, sid: &str) -> Resume {
    Resume {
        call_sid: sid.to_owned(),
        from: "+15550100002".to_owned(),
        to: tenant.e164.clone(),
    }
}

async fn status(fixture: &Fixture, tenant: &Tenant, call: CallId) -> CallStatus {
    let who = tenant.principal();
    fixture.calls.get(&who, &call.into()).await.unwrap().status
}

/// The end of a call, said by an instance.
async fn end(area: &CallsArea, plan: &CallPlan, reason: EndedReason) {
    let (sender, receiver) = mpsc::channel(1);
    let body = RecordBody::Ended {
        at: chrono::Utc::now(),
        ending: Ending::of(reason),
    };
    let record = Record {
        tenant: plan.tenant,
        call: plan.call,
        body,
    };
    sender.send(record).await.unwrap();
    drop(sender);
    area.drain_records(receiver, CancellationToken::new()).await;
}

#[tokio::test]
async fn the_lease_of_a_call_that_nobody_runs_runs_out() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    let runs = fixture.talk(&tenant, &sid()).await.call;
    let dead = fixture.talk(&tenant, &sid()).await.call;
    let age =
        "UPDATE phony.calls SET lease_until = now() - interval '1 second' WHERE tenant_id = $1 RETURNING 1";
    let _: i32 = fixture.look(age, &tenant).await;
    assert_eq!(fixture.calls.heartbeat(&[runs]).await.unwrap(), [runs]);
    assert_eq!(
        sweep_orphan(&fixture.worker, tenant.id, runs, 0.0).await.unwrap(),
        None
    );
    let swept = sweep_orphan(&fixture.worker, tenant.id, dead, 0.0).await.unwrap();
    assert!(swept.is_some());
}

#[tokio::test]
async fn an_instance_that_has_lost_a_call_does_not_end_it() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    let other = CallsArea::new(fixture.db.clone(), InstanceId::new(), number_keys());
    let sid = sid();
    let plan = fixture.talk(&tenant, &sid).await;
    let ResumeAnswer::Connect(again) = other.resume(&lost(&tenant, &sid)).await.unwrap() else {
        panic!("not connected again");
    };
    let StreamOpening::Opened(_) = other.open_stream(&again.token, &sid).await.unwrap() else {
        panic!("refused");
    };
    assert_eq!(fixture.calls.heartbeat(&[plan.call]).await.unwrap(), []);
    end(&fixture.calls, &plan, EndedReason::CarrierError).await;
    assert_eq!(status(&fixture, &tenant, plan.call).await, CallStatus::InProgress);
    end(&other, &plan, EndedReason::AgentHangup).await;
    assert_eq!(status(&fixture, &tenant, plan.call).await, CallStatus::Ended);
}

#[tokio::test]
async fn who_waits_for_a_caller_that_never_comes_back_ends_the_call() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    let other = CallsArea::new(fixture.db.clone(), InstanceId::new(), number_keys());
    let sid = sid();
    let plan = fixture.talk(&tenant, &sid).await;
    // The other one only answers the carrier; the socket never comes.
    other.resume(&lost(&tenant, &sid)).await.unwrap();
    end(&fixture.calls, &plan, EndedReason::CarrierError).await;
    assert_eq!(status(&fixture, &tenant, plan.call).await, CallStatus::Ended);
}

#[tokio::test]
async fn a_socket_that_was_turned_away_costs_no_resume_but_not_without_end() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    let sid = sid();
    let plan = fixture.talk(&tenant, &sid).await;
    let mut token = String::new();
    // Turned away eight times, and let in after that.
    for _ in 0..9 {
        match fixture.calls.resume(&lost(&tenant, &sid)).await.unwrap() {
            ResumeAnswer::Connect(again) => token = again.token,
            answer => panic!("{answer:?}"),
        }
    }
    let opened = fixture.calls.open_stream(&token, &sid).await.unwrap();
    assert!(matches!(opened, StreamOpening::Opened(opened) if opened.resumed.is_some()));
    let resumes: i32 = fixture
        .look("SELECT resumes FROM phony.calls WHERE tenant_id = $1", &tenant)
        .await;
    assert_eq!(resumes, 1);
    assert!(matches!(
        fixture.calls.resume(&lost(&tenant, &sid)).await.unwrap(),
        ResumeAnswer::Connect(_)
    ));
    assert!(matches!(
        fixture.calls.resume(&lost(&tenant, &sid)).await.unwrap(),
        ResumeAnswer::Apologize { .. }
    ));
    assert_eq!(status(&fixture, &tenant, plan.call).await, CallStatus::Ended);
}

#[tokio::test]
async fn a_call_settles_after_its_number_was_released() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    let sid = sid();
    let plan = fixture.talk(&tenant, &sid).await;
    let release = "UPDATE phony.phone_numbers SET status = 'released', released_at = now()
                   WHERE tenant_id = $1 RETURNING 1";
    let _: i32 = fixture.look(release, &tenant).await;
    assert!(matches!(
        fixture.calls.resume(&lost(&tenant, &sid)).await.unwrap(),
        ResumeAnswer::Connect(_)
    ));
    let over = update(&tenant, &sid, 0, CarrierStatus::Completed, Some(61), None);
    fixture.calls.status_callback(&over).await.unwrap();
    let call = fixture
        .calls
        .get(&tenant.principal(), &plan.call.into())
        .await
        .unwrap();
    assert!(call.settled);
    assert_eq!(call.cost.unwrap().amount, "0.157");
}

#[tokio::test]
async fn a_primary_that_only_reads_for_a_while_loses_nothing() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    let plan = fixture.talk(&tenant, &sid()).await;
    // Refuses the first tries, as a server that has just been demoted, and one with a fault that is not the data's.
    sqlx::raw_sql(
        "CREATE SEQUENCE public.tries;
         CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
         DECLARE try bigint := nextval('public.tries'); BEGIN
           IF try = 1 THEN RAISE EXCEPTION 'read-only' USING ERRCODE = '25006'; END IF;
           IF try = 2 THEN RAISE EXCEPTION 'no such thing' USING ERRCODE = '42P01'; END IF;
           RETURN NULL;
         END $$;
         CREATE TRIGGER refuse AFTER INSERT ON phony.call_events FOR EACH STATEMENT EXECUTE FUNCTION public.refuse()",
    )
    .execute(&fixture.admin)
    .await
    .unwrap();
    let records = talk(&plan);
    let count = records.len() as u64;
    let report = tokio::time::timeout(Duration::from_secs(60), drain(&fixture, records))
        .await
        .unwrap();
    assert_eq!((report.stored, report.refused, report.lost), (count, 0, 0));
    assert_eq!(status(&fixture, &tenant, plan.call).await, CallStatus::Ended);
}

#[tokio::test]
async fn a_beat_that_failed_is_repeated_at_once() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    let call = fixture.talk(&tenant, &sid()).await.call;
    let age =
        "UPDATE phony.calls SET lease_until = now() - interval '1 second' WHERE tenant_id = $1 RETURNING 1";
    let _: i32 = fixture.look(age, &tenant).await;
    // One connection, which somebody else has: the first beat finds none within a second.
    let alone = Db::connect_lazy(&fixture.app_url(), 1).unwrap();
    let held = alone.system("held by a test").await.unwrap();
    let area = CallsArea::new(alone, fixture.calls.instance(), number_keys());
    let stop = CancellationToken::new();
    let (begun, mut seen) = tokio::sync::watch::channel(0);
    let beats = tokio::spawn({
        let stop = stop.clone();
        let running = move || {
            begun.send_modify(|count| *count += 1);
            vec![call]
        };
        async move { area.run_heartbeat(running, stop).await }
    });
    // A second beat is begun when the first has failed.
    let failed = seen.wait_for(|count| *count >= 2);
    drop(
        tokio::time::timeout(Duration::from_secs(60), failed)
            .await
            .unwrap(),
    );
    drop(held);
    let alive = "SELECT lease_until > now() FROM phony.calls WHERE tenant_id = $1";
    let beaten = async {
        while !fixture.look::<bool>(alive, &tenant).await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), beaten)
        .await
        .unwrap();
    stop.cancel();
    beats.await.unwrap();
}
