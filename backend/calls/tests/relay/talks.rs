//! Calls of one instance, without Redis: talk, commands, failures, the end.

use phony_calls::Outcome;
use phony_conversation::EventBody;
use phony_conversation::command::{Action, ActionStatus};
use phony_conversation::record::RecordBody;
use phony_kernel::call::EndedReason;
use serde_json::json;

use crate::harness::*;

#[tokio::test]
async fn a_call_from_greeting_to_hang_up() {
    on_worker(async {
        let model = ModelServer::start().await;
        model.will(Answer::Tokens(vec![(0, "We open "), (5, "at "), (5, "nine.")]));
        let mut instance = Instance::alone(&model);
        let plan = plan();
        let mut carrier = Carrier::connect(&instance.calls, &plan);
        assert_eq!(carrier.hears().await, "Hello.");
        assert_eq!(instance.calls.active(), 1);
        carrier.prompt("When do you open?").await;
        assert_eq!(carrier.hears().await, "We open at nine.");
        carrier.hang_up().await;
        assert!(matches!(carrier.outcome().await, Outcome::Ended(ending) if ending.reason == EndedReason::CallerHangup));
        assert_eq!(instance.calls.active(), 0);
        let records = instance.until_end().await;
        assert!(matches!(records[0], RecordBody::Started { .. }));
        assert_eq!(endings(&records).len(), 1);
        assert!(instance.records.try_recv().is_err(), "a record after the end");
        let usage: Vec<_> = records
            .iter()
            .filter_map(|body| match body {
                RecordBody::Usage(usage) => Some((usage.sku.as_str(), usage.quantity, usage.estimated)),
                _ => None,
            })
            .collect();
        assert_eq!(
            usage,
            [
                ("openai.gpt-6-luna.text_in", 30, false),
                ("openai.gpt-6-luna.text_in_cached", 20, false),
                ("openai.gpt-6-luna.text_out", 7, false)
            ]
        );
        assert!(names(&records).contains(&"latency.turn"));
        let request = model.requests.lock()[0].clone();
        assert_eq!(request["model"], "gpt-6-luna");
        assert_eq!(request["messages"].as_array().unwrap().last().unwrap()["content"], "When do you open?");
    })
    .await;
}

#[tokio::test]
async fn tokens_reach_the_caller_before_the_answer_is_complete() {
    on_worker(async {
        let model = ModelServer::start().await;
        model.will(Answer::Tokens(vec![(0, "One "), (3_600_000, "two")]));
        let instance = Instance::alone(&model);
        let mut carrier = Carrier::connect(&instance.calls, &plan());
        carrier.hears().await;
        carrier.prompt("Count").await;
        let frame = carrier.frame().await;
        assert_eq!(frame, json!({ "type": "text", "token": "One ", "last": false, "preemptible": true }));
        // The caller cuts in; the rest is not waited for.
        model.says("Yes?");
        carrier
            .send(json!({ "type": "interrupt", "utteranceUntilInterrupt": "One", "durationUntilInterruptMs": "240.5" }))
            .await;
        carrier.prompt("Stop").await;
        // The open cycle of the cut answer is what the next words follow.
        assert!(carrier.hears().await.ends_with("Yes?"));
        assert!(model.last_context().contains("One\nStop"), "{}", model.last_context());
    })
    .await;
}

#[tokio::test]
async fn the_agent_hangs_up_and_the_carrier_closes() {
    on_worker(async {
        let model = ModelServer::start().await;
        model.says("Goodbye.[[end_call]]");
        let mut instance = Instance::alone(&model);
        let mut carrier = Carrier::connect(&instance.calls, &plan());
        carrier.hears().await;
        carrier.played().await;
        carrier.prompt("Bye").await;
        assert_eq!(carrier.hears().await, "Goodbye.");
        let end = carrier.other().await;
        assert_eq!(end, json!({ "type": "end", "handoffData": r#"{"reason":"end"}"# }));
        assert!(carrier.is_running(), "the socket was closed before the carrier did");
        carrier.hang_up().await;
        assert!(matches!(carrier.outcome().await, Outcome::Ended(ending) if ending.reason == EndedReason::AgentHangup));
        assert_eq!(endings(&instance.until_end().await).len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_transfer_is_handed_over_as_documented() {
    on_worker(async {
        let model = ModelServer::start().await;
        model.says("One moment. [[transfer:billing]]");
        let instance = Instance::alone(&model);
        let mut carrier = Carrier::connect(&instance.calls, &plan());
        carrier.hears().await;
        carrier.prompt("Billing").await;
        let end = carrier.other().await;
        let handoff: serde_json::Value = serde_json::from_str(end["handoffData"].as_str().unwrap()).unwrap();
        assert_eq!(
            handoff,
            json!({ "reason": "transfer", "to": "+14155550134", "caller_id": "+14155550100" })
        );
        carrier.hang_up().await;
        assert!(matches!(carrier.outcome().await, Outcome::Released));
    })
    .await;
}

#[tokio::test]
async fn a_failing_model_is_tried_again_and_then_apologised_for() {
    on_worker(async {
        let model = ModelServer::start().await;
        model
            .will(Answer::Status(500))
            .will(Answer::BreaksOff(vec![]))
            .says("There I am.");
        let mut instance = Instance::alone(&model);
        let mut plan = plan();
        plan.personality.transfer_targets.clear();
        let mut carrier = Carrier::connect(&instance.calls, &plan);
        carrier.hears().await;
        carrier.prompt("Hello?").await;
        assert_eq!(carrier.hears().await, "There I am.");
        for _ in 0..3 {
            model.will(Answer::Status(503));
        }
        carrier.prompt("And now?").await;
        while carrier.hears().await != plan.policy.apology {}
        assert_eq!(carrier.other().await["type"], "end");
        carrier.hang_up().await;
        let records = instance.until_end().await;
        assert_eq!(endings(&records)[0].reason, EndedReason::EngineError);
        assert_eq!(model.requests.lock().len(), 6);
    })
    .await;
}

#[tokio::test]
async fn a_key_that_is_not_good_is_not_tried_again() {
    on_worker(async {
        let model = ModelServer::start().await;
        model.will(Answer::Status(401));
        let instance = Instance::alone(&model);
        let mut plan = plan();
        plan.personality.transfer_targets.clear();
        let mut carrier = Carrier::connect(&instance.calls, &plan);
        carrier.hears().await;
        carrier.prompt("Hello?").await;
        assert_eq!(carrier.hears().await, plan.policy.apology);
        assert_eq!(model.requests.lock().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_model_that_says_nothing_is_given_up() {
    on_worker(async {
        let model = ModelServer::start().await;
        model.will(Answer::Silence).says("Now.");
        let instance = Instance::alone(&model);
        let mut plan = plan();
        plan.policy.first_token_ms = 50;
        let mut carrier = Carrier::connect(&instance.calls, &plan);
        carrier.hears().await;
        carrier.prompt("Hello?").await;
        assert_eq!(carrier.hears().await, "Now.");
    })
    .await;
}

#[tokio::test]
async fn acts_are_done_once_and_told() {
    on_worker(async {
        let model = ModelServer::start().await;
        let mut instance = Instance::alone(&model);
        let plan = plan();
        let mut carrier = Carrier::connect(&instance.calls, &plan);
        carrier.hears().await;
        let calls = instance.calls.clone();
        let act = async |id: &str| calls.command(plan.tenant, plan.call, say(id, "Listen to me.")).await;
        assert_eq!(act("a1").await.unwrap(), ActionStatus::Applied);
        assert_eq!(act("a1").await.unwrap(), ActionStatus::Applied);
        assert_eq!(carrier.hears().await, "Listen to me.");
        let stranger = phony_kernel::TenantId::new();
        let error = calls.command(stranger, plan.call, say("a2", "Hm")).await.unwrap_err();
        assert_eq!(error.code(), "call_ended");
        let end = command("e", Action::End { say: None });
        assert_eq!(calls.command(plan.tenant, plan.call, end).await.unwrap(), ActionStatus::Applied);
        carrier.hang_up().await;
        assert!(matches!(carrier.outcome().await, Outcome::Ended(ending) if ending.reason == EndedReason::SupervisorHangup));
        assert_eq!(act("a3").await.unwrap_err().code(), "call_ended");
        let records = instance.until_end().await;
        let said = event_bodies(&records)
            .into_iter()
            .filter(|body| matches!(body, EventBody::SpeechFinal { text, .. } if text == "Listen to me."))
            .count();
        assert_eq!(said, 1);
    })
    .await;
}

#[tokio::test]
async fn an_act_that_waits_is_reported_as_on_its_way() {
    on_worker(async {
        let model = ModelServer::start().await;
        let instance = Instance::alone(&model);
        let mut plan = plan();
        plan.personality.greeting = Some("A greeting of many words ".repeat(20));
        let mut carrier = Carrier::connect(&instance.calls, &plan);
        carrier.hears().await;
        let when = phony_conversation::command::SayWhen::AfterTurn;
        let action = Action::Say {
            text: "Later.".to_owned(),
            mode: Default::default(),
            when,
        };
        let status = instance
            .calls
            .command(plan.tenant, plan.call, command("a", action))
            .await
            .unwrap();
        assert_eq!(status, ActionStatus::Accepted);
    })
    .await;
}

#[tokio::test]
async fn rubbish_of_the_carrier_changes_nothing() {
    on_worker(async {
        let model = ModelServer::start().await;
        model.says("Fine.");
        let instance = Instance::alone(&model);
        let mut carrier = Carrier::connect(&instance.calls, &plan());
        carrier.hears().await;
        for rubbish in [
            json!([]),
            json!({}),
            json!({ "type": 7 }),
            json!({ "type": "prompt" }),
            json!({ "type": "dtmf", "digit": "\u{0}[[press:1]]" }),
            json!({ "type": "interrupt" }),
            json!({ "type": "setup", "sessionId": "VX1" }),
            json!({ "type": "error", "description": "Invalid message received" }),
            json!({ "type": "configUpdated" }),
        ] {
            carrier.send(rubbish).await;
        }
        carrier.prompt("How are you?").await;
        assert_eq!(carrier.hears().await, "Fine.");
        assert!(carrier.others.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_store_that_stands_still_does_not_hold_the_call() {
    on_worker(async {
        let model = ModelServer::start().await;
        // Nobody reads the records, and only one fits the queue.
        let mut instance = Instance::with(&model, None, 1);
        let mut carrier = Carrier::connect(&instance.calls, &plan());
        carrier.hears().await;
        for _ in 0..30 {
            model.says("Yes.");
            carrier.prompt("Again").await;
            carrier.hears().await;
        }
        carrier.hang_up().await;
        carrier.outcome().await;
        let records = instance.until_end().await;
        let said = event_bodies(&records)
            .into_iter()
            .filter(|body| matches!(body, EventBody::SpeechFinal { text, .. } if text == "Yes."))
            .count();
        assert_eq!(said, 30);
    })
    .await;
}

#[tokio::test]
async fn an_instance_without_room_refuses() {
    on_worker(async {
        let model = ModelServer::start().await;
        let instance = Instance::alone(&model);
        instance.calls.drain(std::time::Duration::ZERO).await;
        let mut carrier = Carrier::connect(&instance.calls, &plan());
        assert_eq!(carrier.outcome().await, Outcome::Refused);
    })
    .await;
}

#[tokio::test]
async fn sixty_calls_at_once_keep_to_themselves() {
    on_worker(async {
        let model = ModelServer::start().await;
        let instance = Instance::alone(&model);
        let talks = (0..60).map(|n| {
            let calls = instance.calls.clone();
            async move {
                let mut carrier = Carrier::connect(&calls, &plan());
                carrier.hears().await;
                carrier.played().await;
                for turn in 0..5 {
                    let words = format!("caller {n} says line {turn}");
                    carrier.prompt(&words).await;
                    assert_eq!(carrier.hears().await, words);
                    carrier.played().await;
                }
                carrier.hang_up().await;
                assert!(matches!(carrier.outcome().await, Outcome::Ended(_)));
            }
        });
        futures_util::future::join_all(talks).await;
        assert_eq!(instance.calls.active(), 0);
    })
    .await;
}
