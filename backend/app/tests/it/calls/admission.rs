//! Who is let in: exactly as many as the plan allows, and each call once.

use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use phony_app::calls::CallsArea;
use phony_app::calls::{InboundAnswer, InboundCall};
use phony_conversation::EventBody;
use phony_kernel::call::{CallStatus, EndedReason};
use phony_kernel::{InstanceId, Plan};
use sqlx::{Connection as _, PgConnection};
use uuid::Uuid;

use super::fixture::{Fixture, Tenant, inbound, number_keys, sid};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn at_a_limit_of_ten_exactly_ten_of_many_at_once_are_let_in() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    let attempts = (0..64).map(|_| {
        let (calls, call) = (fixture.calls.clone(), inbound(&tenant, &sid()));
        tokio::spawn(async move {
            loop {
                // Sixty-four at once are more than the pool has connections for; the carrier would ask again too.
                match calls.answer_inbound(&call).await {
                    Ok(answer) => return answer,
                    Err(error) => assert!(error.retryable(), "{error:?}"),
                }
            }
        })
    });
    let answers = join_all(attempts).await;
    let (mut connected, mut busy) = (0, 0);
    for answer in answers {
        match answer.unwrap() {
            InboundAnswer::Connect(_) => connected += 1,
            InboundAnswer::Busy(said) => {
                assert!(said.message.contains("busy") && said.overflow.is_none());
                busy += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((connected, busy), (10, 54));
    let rows: i64 = fixture
        .look("SELECT count(*) FROM phony.calls WHERE tenant_id = $1", &tenant)
        .await;
    assert_eq!(rows, 64, "a refused call is kept for the tenant to see");
    let refused: i64 = fixture
        .look(
            "SELECT count(*) FROM phony.calls WHERE tenant_id = $1 AND ended_reason = 'blocked_concurrency'",
            &tenant,
        )
        .await;
    assert_eq!(refused, 54);
    let other = fixture.tenant(Plan::Basic).await;
    fixture.ring(&other, &sid()).await;
}

/// Thirty-two threads, each with a connection of its own, that begin at the same moment.
fn race(url: &str, tenant: &Tenant, limit: i32, one_sid: Option<&str>) -> Vec<String> {
    let start = Arc::new(Barrier::new(32));
    let threads: Vec<_> = (0..32)
        .map(|_| {
            let (url, tenant, start) = (url.to_owned(), tenant.clone(), Arc::clone(&start));
            let sid = one_sid.map_or_else(sid, str::to_owned);
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .unwrap();
                let mut connection = runtime.block_on(PgConnection::connect(&url)).unwrap();
                start.wait();
                runtime.block_on(async {
                    let mut tx = connection.begin().await.unwrap();
                    sqlx::query("SELECT set_config('app.tenant_id', $1, true)")
                        .bind(tenant.id.uuid().to_string())
                        .execute(&mut *tx)
                        .await
                        .unwrap();
                    let answer: String =
                        sqlx::query_scalar("SELECT phony.admit_call($1, $2, $3, 'inbound', $4, $5)")
                            .bind(Uuid::now_v7())
                            .bind(tenant.number.uuid())
                            .bind(sid)
                            .bind(Uuid::now_v7())
                            .bind(limit)
                            .fetch_one(&mut *tx)
                            .await
                            .unwrap();
                    tx.commit().await.unwrap();
                    answer
                })
            })
        })
        .collect();
    threads.into_iter().map(|thread| thread.join().unwrap()).collect()
}

#[tokio::test]
async fn thirty_two_threads_at_a_limit_of_ten_get_exactly_ten_places() {
    let fixture = Fixture::new().await;
    let count = |answers: &[String], which: &str| answers.iter().filter(|answer| *answer == which).count();
    let tenant = fixture.tenant(Plan::Basic).await;
    let answers = race(&fixture.app_url(), &tenant, 10, None);
    assert_eq!(
        (count(&answers, "admitted"), count(&answers, "at_limit")),
        (10, 22)
    );
    // Nobody says that these calls run: whatever becomes of who let them in, their places are back in thirty seconds.
    let longest: f64 = fixture
        .look(
            "SELECT max(extract(epoch FROM lease_until - clock_timestamp()))::float8 FROM phony.calls
             WHERE tenant_id = $1 AND ended_at IS NULL",
            &tenant,
        )
        .await;
    assert!((0.0..=30.0).contains(&longest), "{longest}");
    let age = "UPDATE phony.calls SET lease_until = lease_until - interval '30 seconds'
               WHERE tenant_id = $1 AND ended_at IS NULL RETURNING 1";
    let _: i32 = fixture.look(age, &tenant).await;
    let answers = race(&fixture.app_url(), &tenant, 10, None);
    assert_eq!(
        count(&answers, "admitted"),
        10,
        "the places are back, and no more"
    );
    let other = fixture.tenant(Plan::Basic).await;
    assert_eq!(
        count(&race(&fixture.app_url(), &other, 100, None), "admitted"),
        32
    );
    let third = fixture.tenant(Plan::Basic).await;
    let answers = race(&fixture.app_url(), &third, 10, Some(&sid()));
    assert_eq!(
        (count(&answers, "admitted"), count(&answers, "duplicate")),
        (1, 31)
    );
}

#[tokio::test]
async fn a_place_comes_back_when_a_lease_runs_out_and_stays_taken_while_it_beats() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    let mut running = Vec::new();
    for _ in 0..10 {
        running.push(fixture.ring(&tenant, &sid()).await.call);
    }
    let eleventh = inbound(&tenant, &sid());
    assert!(matches!(
        fixture.calls.answer_inbound(&eleventh).await.unwrap(),
        InboundAnswer::Busy(_)
    ));
    let age_open = "UPDATE phony.calls SET lease_until = now() - interval '1 second'
                    WHERE tenant_id = $1 AND ended_at IS NULL RETURNING 1";
    let _: i32 = fixture.look(age_open, &tenant).await;
    assert_eq!(fixture.calls.heartbeat(&running).await.unwrap().len(), 10);
    assert!(matches!(
        fixture.calls.answer_inbound(&eleventh).await.unwrap(),
        InboundAnswer::Busy(_)
    ));
    let _: i32 = fixture.look(age_open, &tenant).await;
    let stranger = CallsArea::new(fixture.db.clone(), InstanceId::new(), number_keys());
    assert_eq!(
        stranger.heartbeat(&running).await.unwrap(),
        [],
        "another instance's calls are not its own"
    );
    assert!(
        matches!(
            fixture.calls.answer_inbound(&eleventh).await.unwrap(),
            InboundAnswer::Busy(_)
        ),
        "who was turned away is not let in by a repeat of the request"
    );
    fixture.ring(&tenant, &sid()).await;
}

#[tokio::test]
async fn the_same_request_again_gets_the_same_answer_with_another_token() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    let sid = sid();
    let first = fixture.ring(&tenant, &sid).await;
    let ringing = EventBody::CallState {
        status: CallStatus::Ringing,
        ending: None,
    };
    assert_eq!(first.events, [ringing]);
    let again = fixture.ring(&tenant, &sid).await;
    assert_eq!(first.call, again.call);
    assert_eq!(first.personality, again.personality);
    assert_ne!(first.token, again.token);
    assert!(again.events.is_empty());
    let old = fixture.calls.open_stream(&first.token, &sid).await.unwrap();
    assert!(
        matches!(old, phony_app::calls::StreamOpening::Refused(_)),
        "only the newest token is good"
    );
    fixture.calls.open_stream(&again.token, &sid).await.unwrap();
    let late = fixture
        .calls
        .answer_inbound(&inbound(&tenant, &sid))
        .await
        .unwrap();
    assert!(
        matches!(late, InboundAnswer::Over),
        "its conversation runs: {late:?}"
    );
    let rows: i64 = fixture
        .look("SELECT count(*) FROM phony.calls WHERE tenant_id = $1", &tenant)
        .await;
    assert_eq!(rows, 1);
}

#[tokio::test]
async fn numbers_that_nobody_answers_are_told_apart() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    let unknown = InboundCall {
        to: "+14155550000".to_owned(),
        ..inbound(&tenant, &sid())
    };
    assert!(matches!(
        fixture.calls.answer_inbound(&unknown).await.unwrap(),
        InboundAnswer::UnknownNumber
    ));

    let bare = "UPDATE phony.phone_numbers SET personality_id = NULL WHERE tenant_id = $1 RETURNING 1";
    let _: i32 = fixture.look(bare, &tenant).await;
    let call = inbound(&tenant, &sid());
    for _ in 0..2 {
        let answer = fixture.calls.answer_inbound(&call).await.unwrap();
        assert!(matches!(answer, InboundAnswer::NotReady { .. }), "{answer:?}");
    }
    let list = fixture.calls.live(&tenant.principal()).await.unwrap();
    assert!(list.is_empty());
    let kept = fixture
        .calls
        .get(&tenant.principal(), &call.call_sid.parse().unwrap())
        .await
        .unwrap();
    assert_eq!(kept.ended_reason, Some(EndedReason::ConfigError));

    let suspend = "UPDATE phony.tenants SET status = 'suspended' WHERE id = $1 RETURNING 1";
    let _: i32 = fixture.look(suspend, &tenant).await;
    let answer = fixture
        .calls
        .answer_inbound(&inbound(&tenant, &sid()))
        .await
        .unwrap();
    assert!(matches!(answer, InboundAnswer::Suspended));
}

#[tokio::test]
async fn strange_texts_of_a_carrier_do_no_harm() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    for from in [
        "",
        "anonymous",
        "client:a'b\"c",
        "sip:x@y.example;\u{0}z",
        &"9".repeat(5_000),
    ] {
        let call = InboundCall {
            from: from.to_owned(),
            ..inbound(&tenant, &sid())
        };
        assert!(matches!(
            fixture.calls.answer_inbound(&call).await.unwrap(),
            InboundAnswer::Connect(_)
        ));
    }
    for to in ["", "+", "+1\u{0}", "'; DROP TABLE phony.calls", "sip:a@b"] {
        let call = InboundCall {
            to: to.to_owned(),
            ..inbound(&tenant, &sid())
        };
        assert!(
            matches!(
                fixture.calls.answer_inbound(&call).await.unwrap(),
                InboundAnswer::UnknownNumber
            ),
            "{to}"
        );
    }
}

#[tokio::test]
async fn an_answer_takes_a_few_milliseconds() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Enterprise).await;
    fixture.ring(&tenant, &sid()).await;
    let mut times: Vec<Duration> = Vec::new();
    for _ in 0..100 {
        let begin = Instant::now();
        fixture.ring(&tenant, &sid()).await;
        times.push(begin.elapsed());
    }
    times.sort();
    println!("answer_inbound p50 {:?} p99 {:?}", times[50], times[98]);
    // Of a machine that has other things to do, the quick ones tell.
    assert!(times[10] < Duration::from_millis(50), "{:?}", times[10]);
}
