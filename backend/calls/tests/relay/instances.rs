//! Several instances over one Redis: acts reach the owner, a call moves, watchers see one stream.

use futures_util::StreamExt as _;
use phony_calls::Outcome;
use phony_calls::bus::{LiveItem, Topic};
use phony_conversation::command::ActionStatus;
use phony_conversation::{EventBody, Snapshot};
use phony_kernel::call::{CallStatus, EndedReason, Ending};

use crate::harness::*;

#[tokio::test]
async fn an_act_reaches_the_instance_that_runs_the_call() {
    on_worker(async {
        let url = phony_testkit::redis_url().await;
        let model = ModelServer::start().await;
        let owner = Instance::with(&model, Some(bus(&url).await), 1_024);
        let other = Instance::with(&model, Some(bus(&url).await), 1_024);
        let plan = plan();
        let mut carrier = Carrier::connect(&owner.calls, &plan);
        carrier.hears().await;
        let status = act_when_listening(&other, &plan, "a1").await;
        assert_eq!(status, ActionStatus::Applied);
        assert_eq!(carrier.hears().await, "From afar.");
        // The same act from the owner itself is the same act.
        let again = owner
            .calls
            .command(plan.tenant, plan.call, say("a1", "From afar."))
            .await
            .unwrap();
        assert_eq!(again, ActionStatus::Applied);
        carrier.hang_up().await;
        carrier.outcome().await;
        let gone = loop {
            match other.calls.command(plan.tenant, plan.call, say("a2", "Hm")).await {
                Err(error) => break error,
                Ok(_) => tokio::task::yield_now().await,
            }
        };
        assert_eq!(gone.code(), "call_ended");
    })
    .await;
}

/// The post of a fresh instance opens a moment after its start.
async fn act_when_listening(
    instance: &Instance,
    plan: &phony_conversation::CallPlan,
    id: &str,
) -> ActionStatus {
    for _ in 0..200 {
        match instance
            .calls
            .command(plan.tenant, plan.call, say(id, "From afar."))
            .await
        {
            Ok(ActionStatus::Accepted) => {}
            Ok(status) => return status,
            Err(error) => assert_eq!(error.code(), "call_unreachable", "{error:?}"),
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("the act never arrived");
}

#[tokio::test]
async fn a_call_goes_on_at_another_instance_with_its_memory_and_numbers() {
    on_worker(async {
        let url = phony_testkit::redis_url().await;
        let model = ModelServer::start().await;
        let watcher = bus(&url).await;
        let mut first = Instance::with(&model, Some(bus(&url).await), 1_024);
        let mut second = Instance::with(&model, Some(bus(&url).await), 1_024);
        let plan = plan();
        let topic = Topic::Call(plan.call);
        let mut live = watcher
            .follow(plan.tenant, topic, "0-0".to_owned())
            .await
            .unwrap();
        model.says("Nice to meet you, Lee.");
        let mut carrier = Carrier::connect(&first.calls, &plan);
        carrier.hears().await;
        carrier.prompt("My name is Lee.").await;
        carrier.hears().await;
        carrier.drop_connection();
        let mut snapshot = Snapshot::default();
        while !snapshot_has(&mut live, &mut snapshot, "connection_lost").await {}
        model.says("Sorry, I am back.");
        let mut again = Carrier::connect(&second.calls, &plan);
        assert_eq!(again.hears().await, "Sorry, I am back.");
        assert!(model.last_context().contains("My name is Lee."));
        // The first one is told, and says nothing of an end.
        assert_eq!(carrier.outcome().await, Outcome::Moved);
        again.hang_up().await;
        again.outcome().await;
        assert_eq!(endings(&second.until_end().await).len(), 1);
        while let Ok(record) = first.records.try_recv() {
            assert!(endings(&[record.body]).is_empty());
        }
        while snapshot.ending.is_none() {
            snapshot_has(&mut live, &mut snapshot, "").await;
        }
        let (events, _) = watcher.read(plan.tenant, topic).await.unwrap();
        let ends = events
            .iter()
            .filter(|seen| matches!(&seen.event.body, EventBody::CallState { ending: Some(_), .. }))
            .count();
        assert_eq!(ends, 1);
        let seqs: Vec<u64> = events.iter().map(|seen| seen.event.seq).collect();
        assert!(seqs.is_sorted_by(|a, b| a < b), "{seqs:?}");
    })
    .await;
}

async fn snapshot_has(live: &mut phony_calls::bus::LiveStream, snapshot: &mut Snapshot, code: &str) -> bool {
    let item = tokio::time::timeout(SOON, live.next())
        .await
        .expect("an event in time")
        .expect("an event");
    let LiveItem::Event(delivered) = item else {
        panic!("a gap")
    };
    snapshot.apply(&delivered.event);
    matches!(&delivered.event.body, EventBody::Warning { code: seen, .. } if seen == code)
}

#[tokio::test]
async fn a_call_of_a_dead_instance_is_taken_over() {
    on_worker(async {
        let url = phony_testkit::redis_url().await;
        let model = ModelServer::start().await;
        let plan = plan();
        {
            // As a killed process leaves it: nothing is told, nothing is tidied up.
            let dead = Instance::with(&model, Some(bus(&url).await), 1_024);
            model.says("Nice to meet you, Lee.");
            let mut carrier = Carrier::connect(&dead.calls, &plan);
            carrier.hears().await;
            carrier.prompt("My name is Lee.").await;
            carrier.hears().await;
            let watcher = bus(&url).await;
            let mut live = watcher
                .follow(plan.tenant, Topic::Call(plan.call), "0-0".to_owned())
                .await
                .unwrap();
            let mut lines = 0;
            while lines < 3 {
                let item = tokio::time::timeout(SOON, live.next()).await.unwrap().unwrap();
                let LiveItem::Event(delivered) = item else {
                    panic!("a gap")
                };
                lines += usize::from(matches!(delivered.event.body, EventBody::SpeechFinal { .. }));
            }
            carrier.abort();
        }
        let second = Instance::with(&model, Some(bus(&url).await), 1_024);
        model.says("Sorry, I am back.");
        let mut again = Carrier::connect(&second.calls, &plan);
        assert_eq!(again.hears().await, "Sorry, I am back.");
        assert!(model.last_context().contains("My name is Lee."));
    })
    .await;
}

#[tokio::test]
async fn an_end_known_outside_is_told_once() {
    on_worker(async {
        let url = phony_testkit::redis_url().await;
        let model = ModelServer::start().await;
        let instance = Instance::with(&model, Some(bus(&url).await), 1_024);
        let plan = plan();
        let ended = EventBody::CallState {
            status: CallStatus::Ended,
            ending: Some(Ending::of(EndedReason::CallerHangup)),
        };
        let ringing = EventBody::CallState {
            status: CallStatus::Ringing,
            ending: None,
        };
        instance
            .calls
            .announce(plan.tenant, plan.call, &plan.call_sid, ringing)
            .await;
        let mut carrier = Carrier::connect(&instance.calls, &plan);
        carrier.hears().await;
        instance
            .calls
            .announce(plan.tenant, plan.call, &plan.call_sid, ended)
            .await;
        carrier.outcome().await;
        let watcher = bus(&url).await;
        let mut live = watcher
            .follow(plan.tenant, Topic::Call(plan.call), "0-0".to_owned())
            .await
            .unwrap();
        let mut snapshot = Snapshot::default();
        let mut seqs = Vec::new();
        while snapshot.ending.is_none() {
            let item = tokio::time::timeout(SOON, live.next()).await.unwrap().unwrap();
            let LiveItem::Event(delivered) = item else {
                panic!("a gap")
            };
            seqs.push(delivered.event.seq);
            snapshot.apply(&delivered.event);
        }
        assert!(seqs.iter().copied().eq(1..=seqs.len() as u64), "{seqs:?}");
        assert_eq!(snapshot.status, Some(CallStatus::Ended));
        assert_eq!(snapshot.items.len(), 1, "the greeting was lost");
    })
    .await;
}

#[tokio::test]
async fn a_call_goes_on_without_redis() {
    on_worker(async {
        let model = ModelServer::start().await;
        // A bus whose Redis stops answering at once.
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("redis://{}/", listener.local_addr().unwrap());
        let client = redis::Client::open(url).unwrap();
        let config = redis::aio::ConnectionManagerConfig::new()
            .set_number_of_retries(1)
            .set_connection_timeout(Some(std::time::Duration::from_millis(100)));
        let connection = redis::aio::ConnectionManager::new_lazy_with_config(client.clone(), config).unwrap();
        drop(listener);
        let bus = phony_calls::bus::EventBus::start(client, connection);
        let mut instance = Instance::with(&model, Some(bus), 1_024);
        model.says("I hear you.");
        let plan = plan();
        let mut carrier = Carrier::connect(&instance.calls, &plan);
        assert_eq!(carrier.hears().await, "Hello.");
        carrier.prompt("Hello?").await;
        assert_eq!(carrier.hears().await, "I hear you.");
        let status = instance
            .calls
            .command(plan.tenant, plan.call, say("a", "Hi."))
            .await
            .unwrap();
        assert_eq!(status, ActionStatus::Applied);
        carrier.hang_up().await;
        carrier.outcome().await;
        assert_eq!(endings(&instance.until_end().await).len(), 1);
    })
    .await;
}
