//! Sockets that are lost, come back, hang, or are let go.

use std::time::Duration;

use phony_calls::Outcome;
use phony_kernel::call::{EndedReason, Ending};

use crate::harness::*;

#[tokio::test]
async fn a_caller_who_comes_back_on_another_socket_goes_on() {
    on_worker(async {
        let model = ModelServer::start().await;
        model.says("Nice to meet you, Lee.");
        let mut instance = Instance::alone(&model);
        let plan = plan();
        let mut carrier = Carrier::connect(&instance.calls, &plan);
        carrier.hears().await;
        carrier.prompt("My name is Lee.").await;
        carrier.hears().await;
        let before = instance.calls.find(plan.call).unwrap();
        carrier.drop_connection();
        model.says("Sorry, I am back.");
        let mut again = Carrier::connect(&instance.calls, &plan);
        assert_eq!(again.hears().await, "Sorry, I am back.");
        assert_eq!(carrier.outcome().await, Outcome::Moved);
        // Who still holds the way to the first socket is not told that the call is over.
        let late = before.command(say("late", "Hm.")).await.unwrap_err();
        assert_eq!(late.code(), "call_moving");
        assert_eq!(instance.calls.active(), 1);
        assert!(model.last_context().contains("My name is Lee."));
        again.hang_up().await;
        assert!(matches!(again.outcome().await, Outcome::Ended(_)));
        let records = instance.until_end().await;
        assert_eq!(endings(&records).len(), 1);
        assert!(names(&records).contains(&"call.resumed"));
        let seqs: Vec<u64> = records
            .iter()
            .filter_map(|body| match body {
                phony_conversation::record::RecordBody::Event(event) => Some(event.seq),
                _ => None,
            })
            .collect();
        assert!(seqs.is_sorted_by(|a, b| a < b), "{seqs:?}");
    })
    .await;
}

#[tokio::test]
async fn a_socket_that_still_seems_alive_gives_way_to_the_next() {
    on_worker(async {
        let model = ModelServer::start().await;
        model.says("Here again.");
        let instance = Instance::alone(&model);
        let plan = plan();
        let mut carrier = Carrier::connect(&instance.calls, &plan);
        carrier.hears().await;
        let mut again = Carrier::connect(&instance.calls, &plan);
        assert_eq!(again.hears().await, "Here again.");
        assert_eq!(carrier.outcome().await, Outcome::Moved);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_never_comes_back_ends_the_call() {
    on_worker(async {
        let model = ModelServer::start().await;
        let mut instance = Instance::alone(&model);
        let mut carrier = Carrier::connect(&instance.calls, &plan());
        carrier.hears().await;
        carrier.drop_connection();
        let run = carrier_outcome(&mut carrier).await;
        assert!(matches!(run, Outcome::Ended(ending) if ending.reason == EndedReason::CarrierError));
        assert_eq!(endings(&instance.until_end().await).len(), 1);
    })
    .await;
}

/// With the time paused, only the call itself moves it.
async fn carrier_outcome(carrier: &mut Carrier) -> Outcome {
    for _ in 0..1_000 {
        if !carrier.is_running() {
            return carrier.outcome().await;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the call never ends");
}

#[tokio::test]
async fn the_carrier_knows_that_a_lost_caller_has_hung_up() {
    on_worker(async {
        let model = ModelServer::start().await;
        let mut instance = Instance::alone(&model);
        let plan = plan();
        let mut carrier = Carrier::connect(&instance.calls, &plan);
        carrier.hears().await;
        carrier.drop_connection();
        let ending = Ending::of(EndedReason::CallerHangup);
        assert!(
            instance
                .calls
                .end_outside(plan.tenant, plan.call, ending.clone())
                .await
                .unwrap()
        );
        assert_eq!(carrier.outcome().await, Outcome::Ended(ending.clone()));
        assert_eq!(
            endings(&instance.until_end().await),
            std::slice::from_ref(&ending)
        );
        assert!(
            !instance
                .calls
                .end_outside(plan.tenant, plan.call, ending)
                .await
                .unwrap()
        );
    })
    .await;
}

#[tokio::test]
async fn a_carrier_that_does_not_read_is_lost_and_not_waited_for() {
    on_worker(async {
        let model = ModelServer::start().await;
        let instance = Instance::alone(&model);
        let plan = plan();
        let mut carrier = Carrier::connect_with(&instance.calls, &plan, 1);
        for _ in 0..4 {
            model.says("Words that nobody takes.");
            carrier.prompt("Hello").await;
        }
        let handle = loop {
            if let Some(handle) = instance.calls.find(plan.call) {
                break handle;
            }
            tokio::task::yield_now().await;
        };
        // Lost: the call has no state until the caller is back.
        eventually(|| handle.state().is_none()).await;
        assert!(carrier.is_running());
        carrier.drop_connection();
    })
    .await;
}
