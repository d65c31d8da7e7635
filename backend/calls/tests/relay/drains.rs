//! Instances that are told to go away while calls run on them.

use std::time::Duration;

use phony_calls::Outcome;

use crate::harness::*;

#[tokio::test]
async fn a_draining_instance_serves_its_calls_and_takes_no_new_ones() {
    on_worker(async {
        let model = ModelServer::start().await;
        let instance = Instance::alone(&model);
        let (plan, other) = (plan(), plan());
        let mut carrier = Carrier::connect(&instance.calls, &plan);
        carrier.hears().await;
        carrier.played().await;
        let calls = instance.calls.clone();
        let drain = tokio::task::spawn_local(async move { calls.drain(SOON).await });
        eventually(|| instance.calls.is_draining()).await;
        let mut refused = Carrier::connect(&instance.calls, &other);
        assert_eq!(refused.outcome().await, Outcome::Refused);
        // The talk has paused, and goes on all the same, also on another socket.
        model.says("Nice to meet you, Lee.");
        carrier.prompt("My name is Lee.").await;
        assert_eq!(carrier.hears().await, "Nice to meet you, Lee.");
        carrier.drop_connection();
        model.says("Sorry, I am back.");
        let mut again = Carrier::come_back(&instance.calls, &plan, stored(&["Hello."]));
        assert_eq!(again.hears().await, "Sorry, I am back.");
        // So does a talk that another instance has lost.
        model.says("Where were we?");
        let mut moved = Carrier::come_back(&instance.calls, &other, stored(&["Hello.", "I want a bicycle."]));
        assert_eq!(moved.hears().await, "Where were we?");
        for carrier in [&mut again, &mut moved] {
            carrier.hang_up().await;
            assert!(matches!(carrier.outcome().await, Outcome::Ended(_)));
        }
        drain.await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_drain_whose_patience_is_over_lets_its_calls_go_without_an_end() {
    on_worker(async {
        let model = ModelServer::start().await;
        let mut instance = Instance::alone(&model);
        let plan = plan();
        let mut carrier = Carrier::connect(&instance.calls, &plan);
        carrier.hears().await;
        let calls = instance.calls.clone();
        let drain = tokio::task::spawn_local(async move { calls.drain(Duration::from_millis(50)).await });
        // The greeting is still being heard.
        assert_eq!(carrier.outcome().await, Outcome::Released);
        // It comes back, but not here, and who wants something of it is told so.
        let mut again = Carrier::come_back(&instance.calls, &plan, stored(&["Hello."]));
        assert_eq!(again.outcome().await, Outcome::Refused);
        let act = say("a", "Hm.");
        let refusal = instance.calls.command(plan.tenant, plan.call, act).await;
        assert_eq!(refusal.unwrap_err().code(), "call_moving");
        drain.await.unwrap();
        assert_eq!(instance.calls.active(), 0);
        while let Ok(record) = instance.records.try_recv() {
            assert!(endings(&[record.body]).is_empty());
        }
    })
    .await;
}
