//! Connections that break and instances that go away while somebody is on the phone.

use phony_journeys::{Balancer, Caller, Client, PATIENCE, Product, Tenant, eventually};
use serde_json::{Value, json};

/// What the agent says when the caller is back.
const CUT_OFF: &str = "Sorry, we were cut off for a moment.";

/// A callback that reached an instance which had just stopped; the carrier's affair.
const CALLBACK_FAILED: u32 = 15_003;

/// The words that the model says to these callers.
async fn teach(product: &Product) {
    let rules = json!([
        { "when_contains": "name is Lee", "reply": "Nice to meet you, Lee." },
        { "when_contains": "bicycle", "reply": "We have a red bicycle for you." },
        { "when_contains": "opening hours", "reply": "We open at nine." },
    ]);
    product.order("/sim/model/rules", &rules).await;
}

/// A caller who has said a name and was answered.
async fn talking(product: &Product, tenant: &Tenant) -> Caller {
    teach(product).await;
    let number = product.buy_number(tenant).await;
    let caller = product.ring(number["e164"].as_str().unwrap(), &json!([])).await;
    caller.hears("help").await;
    caller.say("My name is Lee.").await;
    caller.hears("Nice to meet you, Lee.").await;
    caller
}

/// The call goes on with what was said before, is greeted once, and its ledger has everything.
async fn goes_on(product: &Product, client: &Client, caller: &Caller) {
    caller.say("I want a bicycle.").await;
    caller.hears("We have a red bicycle for you.").await;
    let last = product.last_request().await;
    assert!(last.contains("My name is Lee."), "forgotten: {last}");
    caller.hang_up().await;
    let call = client.ended_call(&caller.call_sid).await;
    assert_eq!(call["ended_reason"], "caller_hangup", "{call:#}");
    let lines = eventually("every line is stored", async || {
        let lines = client.items_of(&caller.call_sid, "speech").await;
        let has = |words: &str| {
            lines
                .iter()
                .any(|line| line["text"].as_str().is_some_and(|text| text.contains(words)))
        };
        [
            "My name is Lee.",
            "Nice to meet you",
            "cut off",
            "I want a bicycle.",
            "red bicycle",
        ]
        .into_iter()
        .all(has)
        .then_some(lines)
    })
    .await;
    let greetings = lines
        .iter()
        .filter(|line| {
            line["speaker"] == "agent" && line["text"].as_str().is_some_and(|text| text.contains("help"))
        })
        .count();
    assert_eq!(greetings, 1, "{lines:#?}");
    let report = caller.report().await;
    let losses: Vec<&Value> = report["errors"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|error| error["code"] != CALLBACK_FAILED)
        .collect();
    assert_eq!(losses.len(), 1, "more than the loss itself: {losses:#?}");
}

#[tokio::test]
async fn a_call_outlives_its_socket() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    let caller = talking(&product, &acme).await;
    caller.lose_socket().await;
    caller.hears(CUT_OFF).await;
    goes_on(&product, &acme.admin, &caller).await;
}

#[tokio::test]
async fn a_call_that_lost_its_socket_waits_for_the_database() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    let caller = talking(&product, &acme).await;
    let away = product.away("calls").await;
    caller.lose_socket().await;
    eventually("the carrier is asked to come again", async || {
        let twiml = caller.report().await["twiml"].to_string();
        twiml.contains("/twilio/continue?again=1").then_some(())
    })
    .await;
    away.is_back().await;
    caller.hears(CUT_OFF).await;
    goes_on(&product, &acme.admin, &caller).await;
}

#[tokio::test]
async fn a_call_outlives_its_instance_and_an_empty_redis() {
    let balancer = Balancer::start().await;
    let product = Product::start_behind(&balancer).await;
    let (second, second_url) = product.second_instance().await;
    let acme = product.tenant("acme").await;
    let caller = talking(&product, &acme).await;
    eventually("the talk is stored", async || {
        (acme.admin.items_of(&caller.call_sid, "speech").await.len() >= 3).then_some(())
    })
    .await;
    balancer.close();
    let mut redis = phony_testkit::redis_connection(&product.redis_url).await;
    // Only this journey's database; the server is everybody's.
    let _: () = redis::cmd("FLUSHDB").query_async(&mut redis).await.unwrap();
    balancer.open(&second_url);
    caller.hears(CUT_OFF).await;
    assert_eq!(second.app.engine.active(), 1);
    goes_on(&product, &acme.admin, &caller).await;
    second.stop_now().await;
}

#[tokio::test]
async fn a_call_outlives_the_drain_of_its_instance() {
    let balancer = Balancer::start().await;
    let product = Product::start_behind(&balancer).await;
    let (second, second_url) = product.second_instance().await;
    let acme = product.tenant("acme").await;
    balancer.open(&second_url);
    let caller = talking(&product, &acme).await;
    let engine = second.app.engine.clone();
    assert_eq!(engine.active(), 1);
    let drain = tokio::spawn(second.drain_and_stop(std::future::pending()));
    eventually("it drains", async || engine.is_draining().then_some(())).await;
    // It goes on where it is, through a pause and over a new socket of the same instance.
    caller.say("What are your opening hours?").await;
    caller.hears("We open at nine.").await;
    assert_eq!(engine.active(), 1);
    caller.lose_socket().await;
    caller.hears(CUT_OFF).await;
    assert_eq!(engine.active(), 1);
    // Without its last call it stops, and what the carrier says of the end goes to the other one.
    balancer.open(&product.url);
    goes_on(&product, &acme.admin, &caller).await;
    tokio::time::timeout(PATIENCE, drain)
        .await
        .expect("without calls it stops")
        .unwrap();
}
