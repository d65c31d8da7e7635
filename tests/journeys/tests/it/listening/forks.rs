//! Engines that hear no sound: the carrier sends a fork of it while somebody listens, and bills it.

use phony_journeys::{AGENT, CALLER, Product, SoundSocket, eventually};
use serde_json::json;

async fn is_heard_by_a_fork(engine: &str) {
    let product = Product::start_at_speed(1.0).await;
    let tenant = product.tenant("acme").await;
    let admin = &tenant.admin;
    let number = product.buy_number(&tenant).await;
    let path = format!("/v1/numbers/{}", number["id"].as_str().unwrap());
    let _ = admin.patch(&path, &json!({ "engine": engine })).await.expect(200);
    let rules = json!([{ "when_contains": "bell", "reply": "A bell costs five dollars." }]);
    product.order("/sim/model/rules", &rules).await;
    let caller = product.ring(number["e164"].as_str().unwrap(), &json!([])).await;
    let call = eventually("the call talks", async || {
        let call = admin.get(&format!("/v1/calls/{}", caller.call_sid)).await;
        let talks = call.status == 200 && call["status"] == "in_progress";
        talks.then(|| call["id"].as_str().unwrap().to_owned())
    })
    .await;

    // Only a carrier that knows the token sends a fork, and only the carrier.
    let sound = SoundSocket::open(&product.url, admin, &call, product.simulator.speech()).await;
    let fork = || async {
        let report = caller.report().await;
        let streams = report["streams"].as_array().cloned().unwrap_or_default();
        streams.into_iter().find(|stream| stream["name"] == "listen")
    };
    eventually("the carrier sends a fork", async || {
        fork().await.filter(|stream| stream["opened_at_ms"].is_number())
    })
    .await;
    eventually("the agent waits", async || {
        let heard = caller.heard().await;
        (!heard.is_empty()).then_some(())
    })
    .await;
    caller.say("What does a bell cost?").await;
    sound.hears(CALLER, "bell").await;
    sound.hears(AGENT, "dollars.").await;
    sound.heard(super::is_in_order).await;

    // A second listener costs no second fork; when both have left it is let go.
    let second = SoundSocket::open(&product.url, admin, &call, product.simulator.speech()).await;
    second
        .until("the second one hears", |heard| {
            heard.voices.contains_key(&CALLER).then_some(())
        })
        .await;
    drop((sound, second));
    eventually("the fork is stopped", async || {
        fork().await.filter(|stream| stream["ended"] == "stopped")
    })
    .await;
    let report = caller.report().await;
    assert_eq!(report["streams"].as_array().unwrap().len(), 1, "{report}");
    assert!(report["errors"].as_array().unwrap().is_empty(), "{report}");
    caller.hang_up().await;
    let path = format!("/v1/calls/{call}/usage");
    eventually("the fork is booked", async || {
        let usage = admin.get(&path).await.expect(200);
        usage.text.contains("twilio.stream_minute").then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_call_is_listened_to() {
    Box::pin(is_heard_by_a_fork("relay")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gather_call_is_listened_to() {
    Box::pin(is_heard_by_a_fork("gather")).await;
}
