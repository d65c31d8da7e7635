//! A supervisor ends a call whose caller is with somebody else: after a meeting was brought about, and while it rings.

use serde_json::json;

use super::{Line, colleague, person};
use phony_journeys::eventually;

#[tokio::test]
async fn a_supervisor_ends_a_call_that_was_handed_over() {
    let takes = colleague(
        "takes",
        "+14155550151",
        "warm",
        person(&json!([{ "wait_for": "say no" }, { "press": "1" }])),
        "",
    );
    let rings = colleague(
        "rings",
        "+14155550152",
        "cold",
        json!({ "answerer": "person", "ring_ms": 200_000 }),
        "",
    );
    let line = Line::new("relay", &[takes, rings]).await;
    let met = line.ring().await;
    met.say("Please ask takes.").await;
    line.transfer(&met, "joined").await;
    // Only the end can be had of a caller who is with somebody else.
    let say = json!({ "action_id": "s-1", "type": "say", "text": "Hello?" });
    let refused = line.act(&met, say).await;
    assert_eq!(
        (&refused["status"], &refused["code"]),
        (&json!("failed"), &json!("caller_handed_over")),
        "{refused:#}"
    );
    let end = json!({ "action_id": "e-1", "type": "end", "say": "We have to stop here. Goodbye." });
    let ended = line.act(&met, end).await;
    assert_eq!(ended["status"], "applied", "{ended:#}");
    met.hears("We have to stop here. Goodbye.").await;
    met.is_over().await;
    let call = line.over(&met).await;
    assert_eq!(
        (&call["ended_reason"], &call["transfers"][0]["status"]),
        (&json!("supervisor_hangup"), &json!("completed")),
        "{call:#}"
    );
    eventually("the colleague is let go", async || {
        (line.called("+14155550151").await["finished"] == true).then_some(())
    })
    .await;
    let acts = line.items(&met, "intervention").await;
    let told: Vec<_> = acts
        .iter()
        .map(|act| (&act["action_id"], &act["status"]))
        .collect();
    assert_eq!(
        told,
        [
            (&json!("s-1"), &json!("failed")),
            (&json!("e-1"), &json!("applied"))
        ]
    );
    // Nobody has answered yet.
    let waits = line.ring().await;
    waits.say("Please ask rings.").await;
    line.transfer(&waits, "dialing").await;
    line.called("+14155550152").await;
    let ended = line
        .act(&waits, json!({ "action_id": "e-2", "type": "end" }))
        .await;
    assert_eq!(ended["status"], "applied", "{ended:#}");
    waits.is_over().await;
    let call = line.over(&waits).await;
    assert_eq!(
        (&call["ended_reason"], &call["transfers"][0]["reason"]),
        (&json!("supervisor_hangup"), &json!("canceled")),
        "{call:#}"
    );
}
