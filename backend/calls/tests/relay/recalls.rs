//! A call that comes back to an instance which knows it only by the database, by Redis, or by both.

use phony_calls::Outcome;
use phony_calls::bus::Topic;
use phony_conversation::record::RecordBody;
use phony_conversation::{Event, EventBody, Snapshot};
use phony_kernel::call::{CallStatus, EndedReason, Ending};

use crate::harness::*;

/// Numbers of all events up to the end.
async fn seqs(instance: &mut Instance) -> Vec<u64> {
    let records = instance.until_end().await;
    records
        .iter()
        .filter_map(|body| match body {
            RecordBody::Event(event) => Some(event.seq),
            _ => None,
        })
        .collect()
}

#[tokio::test]
async fn what_the_database_knows_is_enough() {
    on_worker(async {
        let model = ModelServer::start().await;
        let url = phony_testkit::redis_url().await;
        let without = Instance::alone(&model);
        let emptied = Instance::with(&model, Some(bus(&url).await), 1_024);
        for mut instance in [without, emptied] {
            let plan = plan();
            let stored = stored(&["Hello.", "My name is Lee."]);
            model.says("Sorry, I am back.");
            let mut carrier = Carrier::come_back(&instance.calls, &plan, stored.clone());
            assert_eq!(carrier.hears().await, "Sorry, I am back.");
            assert!(model.last_context().contains("My name is Lee."));
            carrier.hang_up().await;
            carrier.outcome().await;
            let seqs = seqs(&mut instance).await;
            assert!(seqs[0] > stored.seq + 1_000, "{seqs:?}");
            assert!(seqs.is_sorted_by(|a, b| a < b), "{seqs:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_stored_and_what_was_seen_are_put_together() {
    on_worker(async {
        let url = phony_testkit::redis_url().await;
        let model = ModelServer::start().await;
        let plan = plan();
        // Redis was emptied after the first lines, and the database is behind by the last one.
        let stored = stored(&["Hello.", "My name is Lee."]);
        let watcher = bus(&url).await;
        for (seq, text) in [
            (stored.seq + 3, "I want a bicycle."),
            (stored.seq + 5, "A red one."),
        ] {
            watcher.publish(plan.tenant, plan.call, &plan.call_sid, said(seq, text));
        }
        watcher.flushed().await;
        let mut instance = Instance::with(&model, Some(bus(&url).await), 1_024);
        model.says("Sorry, I am back.");
        let mut carrier = Carrier::come_back(&instance.calls, &plan, stored.clone());
        assert_eq!(carrier.hears().await, "Sorry, I am back.");
        for words in ["My name is Lee.", "I want a bicycle.", "A red one."] {
            assert!(model.last_context().contains(words), "{words}");
        }
        carrier.hang_up().await;
        carrier.outcome().await;
        assert!(seqs(&mut instance).await[0] > stored.seq + 1_005);
    })
    .await;
}

#[tokio::test]
async fn an_end_that_only_redis_knows_is_stored() {
    on_worker(async {
        let url = phony_testkit::redis_url().await;
        let model = ModelServer::start().await;
        let plan = plan();
        let ending = Ending::of(EndedReason::AgentHangup);
        let watcher = bus(&url).await;
        let over = Event {
            seq: 9,
            at: chrono::Utc::now(),
            offset_ms: 0,
            body: EventBody::CallState {
                status: CallStatus::Ended,
                ending: Some(ending.clone()),
            },
        };
        watcher.publish(plan.tenant, plan.call, &plan.call_sid, over);
        watcher.flushed().await;
        let mut instance = Instance::with(&model, Some(bus(&url).await), 1_024);
        let mut carrier = Carrier::come_back(&instance.calls, &plan, stored(&["Hello."]));
        assert_eq!(carrier.outcome().await, Outcome::Ended(ending.clone()));
        assert_eq!(endings(&instance.until_end().await), [ending]);
    })
    .await;
}

#[tokio::test]
async fn an_end_told_to_an_instance_that_lost_the_call_is_seen() {
    on_worker(async {
        let url = phony_testkit::redis_url().await;
        let model = ModelServer::start().await;
        let owner = Instance::with(&model, Some(bus(&url).await), 1_024);
        let other = Instance::with(&model, Some(bus(&url).await), 1_024);
        let (plan, ping) = (plan(), plan());
        // A call that lives shows that the owner's post is open.
        let mut alive = Carrier::connect(&owner.calls, &ping);
        alive.hears().await;
        let deadline = tokio::time::Instant::now() + SOON;
        while other
            .calls
            .command(ping.tenant, ping.call, say("a", "Hm."))
            .await
            .is_err()
        {
            assert!(tokio::time::Instant::now() < deadline);
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        let mut carrier = Carrier::connect(&owner.calls, &plan);
        carrier.hears().await;
        carrier.abort();
        eventually(|| owner.calls.find(plan.call).is_none()).await;
        let ended = EventBody::CallState {
            status: CallStatus::Ended,
            ending: Some(Ending::of(EndedReason::CallerHangup)),
        };
        other
            .calls
            .announce(plan.tenant, plan.call, &plan.call_sid, ended)
            .await;
        let watcher = bus(&url).await;
        loop {
            assert!(tokio::time::Instant::now() < deadline, "nobody tells the end");
            let (seen, _) = watcher.read(plan.tenant, Topic::Call(plan.call)).await.unwrap();
            let mut snapshot = Snapshot::default();
            seen.iter().for_each(|seen| snapshot.apply(&seen.event));
            if snapshot.ending.is_some() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    })
    .await;
}
