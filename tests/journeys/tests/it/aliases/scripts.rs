//! An older script orders calls, looks after them, and takes them back.

use phony_journeys::{Product, eventually};
use serde_json::json;

#[tokio::test]
async fn an_older_script_orders_a_call_and_takes_it_back() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    product.upgrade(&acme).await;
    product.app.clock.advance(chrono::TimeDelta::seconds(6));
    product.allow_outbound(&acme).await;
    let from = product.buy_number(&acme).await["e164"]
        .as_str()
        .unwrap()
        .to_owned();
    let to = "+14155550176";
    let telephone = json!({ "number": to, "answerer": "no_answer" });
    product.order("/sim/targets", &telephone).await;
    let admin = &acme.admin;
    let wrong = admin.post("/phone/call", &json!({ "to_number": "nobody" })).await;
    wrong.expect_problem(422, "validation_failed");
    let order = json!({
        "to_number": to, "from_number": from, "user_profile_id": 42, "created_by": "crm", "message": "Your bicycle is ready.",
        "timeout": 600, "record": false,
    })
    .to_string();
    // Without a key for idempotency, which no older script sends.
    let first = admin
        .send("POST", "/phone/call", &[], Some(order.clone()))
        .await
        .expect(200);
    let sid = first["call_sid"].as_str().unwrap().to_owned();
    assert!(!sid.is_empty() && first["message"].is_string(), "{}", first.text);
    assert_eq!(first["status"], first["details"]["status"]);
    let details = &first["details"];
    assert_eq!((&details["to"], &details["from"]), (&json!(to), &json!(from)));
    assert_eq!(details["metadata"]["created_by"], "crm");
    assert_eq!(details["metadata"]["user_profile_id"], "42");
    // With one, a repeat is the same call.
    let key = [("idempotency-key", "old-script-1")];
    let second = admin
        .send("POST", "/phone/call", &key, Some(order.clone()))
        .await
        .expect(200);
    let repeated = admin
        .send("POST", "/phone/call", &key, Some(order))
        .await
        .expect(200);
    assert_eq!(second.json, repeated.json);
    assert_ne!(second["call_sid"], first["call_sid"]);
    for path in ["/phone/call", "/call"] {
        let call = admin.get(&format!("{path}/{sid}")).await.expect(200);
        assert_eq!(call["id"], details["id"]);
    }
    for sid in [&sid, second["call_sid"].as_str().unwrap()] {
        let path = format!("/phone/call/{sid}/cancel");
        let _ = admin.send("POST", &path, &[], None).await.expect(200);
        let call = eventually("the call is over", async || {
            let call = admin.get(&format!("/phone/call/{sid}")).await.json;
            (call["status"] == "ended").then_some(call)
        })
        .await;
        assert_eq!(call["ended_reason"], "canceled", "{call:#}");
    }
}
