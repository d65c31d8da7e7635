//! Where callers are sent who cannot be taken: only where the company's rules for calls allow, when it is set and when
//! somebody calls.

use phony_journeys::{Product, eventually};
use serde_json::{Value, json};

use super::patch;

const PORTER: &str = "+14155550142";
const FRONT_DOOR: &str = "+14155550143";

#[tokio::test]
async fn callers_are_sent_only_where_the_rules_for_calls_allow() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    let bought = product.buy_number(&acme).await;
    let e164 = bought["e164"].as_str().unwrap();
    let path = format!("/v1/numbers/{}", bought["id"].as_str().unwrap());
    let sent_to = |to: &str| {
        json!({
            "fallback_e164": to, "overflow_e164": to,
            "after_hours": { "action": "forward", "forward_e164": to },
        })
    };
    // All of them at once: a premium number, another country, an emergency, the number itself.
    for (to, code) in [
        ("+1 900 555 0134", "blocked_destination"),
        ("+44 20 7946 0018", "blocked_destination"),
        ("911", ""),
        (e164, "own_number"),
    ] {
        let refused = acme.admin.patch(&path, &sent_to(to)).await;
        let refused = refused.expect_problem(422, "validation_failed");
        let faults = refused["errors"].as_array().unwrap();
        for param in ["fallback_e164", "overflow_e164", "after_hours.forward_e164"] {
            let fault = faults.iter().find(|fault| fault["param"] == param);
            let told = fault.and_then(|fault| fault["code"].as_str());
            assert!(
                told.is_some_and(|told| code.is_empty() || told == code),
                "{to} as {param}: {}",
                refused.text
            );
        }
    }
    let kept = acme.admin.get(&path).await.expect(200);
    for param in ["fallback_e164", "overflow_e164", "after_hours"] {
        assert_eq!(kept[param], Value::Null, "{}", kept.text);
    }

    // What was allowed when it was set, and is not any more, is not rung.
    let control = product.control();
    for number in [PORTER, FRONT_DOOR] {
        let target = json!({ "number": number, "answerer": "person", "greeting": "Hello?", "ring_ms": 200 });
        let set = control.post("/sim/targets", &target).await;
        assert!(set.status < 300, "{}", set.text);
    }
    let closed = json!({
        "hours": { "time_zone": "Asia/Kolkata", "weekly": {} }, "fallback_e164": FRONT_DOOR,
        "after_hours": { "action": "forward", "message": "One moment, the porter comes.", "forward_e164": PORTER },
    });
    patch(&acme, &bought, &closed).await;
    let rules = json!({ "outbound_policy": { "denied_prefixes": ["+1415555014"] } });
    let _ = acme.admin.patch("/v1/tenant", &rules).await.expect(200);
    let caller = product.ring(e164, &json!([])).await;
    caller.hears("the porter comes").await;
    caller.is_over().await;
    let call = eventually("the call has ended", async || {
        let call = acme.admin.get(&format!("/v1/calls/{}", caller.call_sid)).await;
        (call["status"] == "ended").then_some(call)
    })
    .await;
    assert_eq!(call["detail"], "outside of business hours", "{}", call.text);

    // Nor when a conversation is lost for good.
    patch(&acme, &bought, &json!({ "hours": null, "after_hours": null })).await;
    let caller = product.ring(e164, &json!([])).await;
    caller.hears("help").await;
    let events = format!("/v1/calls/{}/events?limit=100", caller.call_sid);
    for times in 1..=2 {
        caller.lose_socket().await;
        eventually("the line is back", async || {
            let events = acme.admin.get(&events).await.expect(200);
            let events = events["data"].as_array()?;
            let resumed = events.iter().filter(|event| event["event"] == "call.resumed");
            (resumed.count() == times).then_some(())
        })
        .await;
    }
    caller.lose_socket().await;
    caller.is_over().await;
    let calls = control.get("/sim/calls").await.expect(200).json;
    let rung: Vec<&Value> = calls["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|call| &call["to"])
        .collect();
    for number in [PORTER, FRONT_DOOR] {
        assert!(!rung.contains(&&json!(number)), "{number} was rung: {rung:?}");
    }
}
