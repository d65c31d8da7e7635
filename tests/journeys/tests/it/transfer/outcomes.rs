//! Colleagues who come and who do not, on the engines whose carrier speaks and listens.

use std::time::Instant;

use futures_util::future::{join, join_all};
use phony_journeys::eventually;
use serde_json::{Value, json};

use super::{Colleague, LEE, Line, SORRY, TAKEN_AFTER, WAIT, colleague, nobody, person};

/// One caller who asks for somebody who does not come, is told so, and goes on with the agent as before.
async fn comes_back(line: &Line, one: &Colleague) {
    let caller = line.ring().await;
    caller.say(&format!("Please ask {}.", one.alias)).await;
    // A number that the carrier refuses is known before the agent has said so.
    if one.reason != "carrier_error" {
        caller.hears("Let me see.").await;
    }
    let at_once = ["busy", "failed", "carrier_error"].contains(&one.reason);
    if one.kind == "warm" && !at_once {
        caller.hears(WAIT).await;
    }
    caller.hears(SORRY).await;
    let transfer = line.transfer(&caller, "failed").await;
    let shown = line.call(&caller).await["transfers"][0].clone();
    let told = ["rejected", "target_hung_up"].contains(&one.reason);
    assert_eq!(
        (
            &shown["id"],
            &shown["kind"],
            &shown["target"],
            &shown["status"],
            &shown["reason"]
        ),
        (
            &transfer["id"],
            &json!(one.kind),
            &json!(one.number),
            &json!("failed"),
            &json!(one.reason)
        ),
        "{}",
        one.alias
    );
    if told {
        assert_eq!(shown["briefed"], true, "{}", one.alias);
    }
    assert_eq!(
        (&transfer["reason"], &transfer["transfer_kind"], &transfer["to"]),
        (&json!(one.reason), &json!(one.kind), &json!(one.number)),
        "{}",
        one.alias
    );
    caller.say("My name is Lee.").await;
    caller.hears(LEE).await;
    let requests = line.product.control().get("/sim/requests").await.expect(200).json;
    let remembers = |request: &Value| {
        let request = request.to_string();
        request.contains(&format!("ask {}", one.alias)) && request.contains("name is Lee")
    };
    assert!(
        requests["data"].as_array().unwrap().iter().any(remembers),
        "{}",
        one.alias
    );
    caller.hang_up().await;
    assert_eq!(
        line.over(&caller).await["ended_reason"],
        "caller_hangup",
        "{}",
        one.alias
    );
}

/// Callers and colleagues come together.
async fn meet(line: &Line, one: &Colleague) {
    let caller = line.ring().await;
    caller.say(&format!("Please ask {}.", one.alias)).await;
    caller.hears(WAIT).await;
    let heard = line
        .target_hears(one.number, "They ask for somebody by name.")
        .await;
    assert!(heard.contains("this is Maya, the phone assistant"), "{heard}");
    caller.hears("My colleague is there").await;
    line.transfer(&caller, "joined").await;
    let joined = Instant::now();
    // Both hear each other, and nobody else.
    caller.say("Is that you?").await;
    line.target_hears(one.number, "Is that you?").await;
    let state = line.call(&caller).await;
    assert_eq!(state["status"], "in_progress", "{state:#}");
    // Who leaves before has not taken the call.
    eventually("they have been together for a moment", async || {
        (joined.elapsed() > TAKEN_AFTER).then_some(())
    })
    .await;
    let leg = line.called(one.number).await;
    let hangup = format!("/sim/calls/{}/hangup", leg["call_sid"].as_str().unwrap());
    let _ = line.product.control().post(&hangup, &json!({})).await;
    let call = line.over(&caller).await;
    assert_eq!(call["ended_reason"], "transfer_completed", "{call:#}");
    assert_eq!(line.transfer(&caller, "completed").await["transfer_kind"], "warm");
    let skus = eventually("the legs are billed", async || {
        let skus = line.skus(&caller).await;
        [
            "twilio.outbound_minute",
            "twilio.conference_minute",
            "twilio.inbound_minute",
            "twilio.amd",
        ]
        .iter()
        .all(|sku| skus.iter().any(|row| row == sku))
        .then_some(skus)
    })
    .await;
    assert!(!skus.is_empty());
    let report = caller.is_over().await;
    assert_eq!(report["errors"], json!([]), "{report:#}");
}

/// The caller does not wait for it.
async fn leaves(line: &Line, one: &Colleague) {
    let caller = line.ring().await;
    caller.say(&format!("Please ask {}.", one.alias)).await;
    line.target_hears(one.number, "assistant").await;
    caller.hang_up().await;
    let call = line.over(&caller).await;
    assert_eq!(call["ended_reason"], "caller_hangup", "{call:#}");
    assert_eq!(line.transfer(&caller, "failed").await["reason"], "caller_hangup");
    eventually("the colleague is let go", async || {
        (line.called(one.number).await["finished"] == true).then_some(())
    })
    .await;
}

/// The caller is sent on and talks to somebody.
async fn is_sent_on(line: &Line, one: &Colleague) {
    let caller = line.ring().await;
    caller.say(&format!("Please ask {}.", one.alias)).await;
    caller.hears("Billing speaking.").await;
    // Who is called sees who calls.
    assert_eq!(line.called(one.number).await["from"], "+14155550199");
    let call = line.over(&caller).await;
    assert_eq!(call["ended_reason"], "transfer_completed", "{call:#}");
    assert!(
        line.skus(&caller)
            .await
            .contains(&"twilio.outbound_minute".to_owned())
    );
}

async fn on(engine: &str) {
    let asked = |then: Value| person(&json!([{ "wait_for": "say no" }, then]));
    let takes = colleague(
        "takes",
        "+14155550131",
        "warm",
        asked(json!({ "press": "1" })),
        "",
    );
    let agrees = colleague(
        "agrees",
        "+14155550132",
        "warm",
        asked(json!({ "say": "Yes, please." })),
        "",
    );
    let thinks = colleague("thinks", "+14155550133", "warm", person(&json!([])), "");
    let billing = json!({ "says": "Billing speaking.", "talk_ms": 1_000, "ring_ms": 200 });
    let billing = colleague("billing", "+14155550134", "cold", billing, "");
    let mut all = nobody();
    all.extend([takes, agrees, thinks, billing]);
    let line = Line::new(engine, &all).await;
    let refused = json!({ "refused": { "+14155550118": 21215 } });
    let set = line
        .product
        .control()
        .send("PUT", "/sim/settings", &[], Some(refused.to_string()))
        .await;
    assert!(set.status < 300, "{}", set.text);
    let (none, some) = all.split_at(all.len() - 4);
    for few in none.chunks(4) {
        join_all(few.iter().map(|one| comes_back(&line, one))).await;
    }
    meet(&line, &some[0]).await;
    meet(&line, &some[1]).await;
    join(leaves(&line, &some[2]), is_sent_on(&line, &some[3])).await;
}

#[tokio::test]
async fn callers_of_the_relay_engine_meet_colleagues_or_come_back() {
    Box::pin(on("relay")).await;
}

#[tokio::test]
async fn callers_of_the_gather_engine_meet_colleagues_or_come_back() {
    Box::pin(on("gather")).await;
}
