//! Calls on the relay engine: keys, and a model that fails at each stage.

use phony_journeys::{Caller, Product, Tenant};
use serde_json::{Value, json};

const LEE: &str = "Nice to meet you, Lee.";
const LONG: &str =
    "We open at nine in the morning, on Sundays at eleven, and on holidays we are closed all day.";
const BILLING: &str = "+14155550142";

/// A company whose agent may hand callers to a colleague, or to nobody.
struct Line {
    tenant: Tenant,
    e164: String,
}

impl Line {
    async fn new(product: &Product, targets: Value) -> Self {
        let tenant = product.tenant("acme").await;
        let settings = json!({ "transfer_targets": targets });
        let number = product.number_of_maya(&tenant, "relay", settings).await;
        let rules = json!([
            { "when_contains": "presses the keys", "reply": "Thank you for the keys." },
            { "when_contains": "when do you open", "reply": LONG },
            { "when_contains": "name is Lee", "reply": LEE },
        ]);
        product.order("/sim/model/rules", &rules).await;
        Self {
            tenant,
            e164: number.e164,
        }
    }

    /// The call once it is over, and its items.
    async fn story(&self, caller: &Caller) -> (Value, Vec<Value>) {
        let admin = &self.tenant.admin;
        let call = admin.ended_call(&caller.call_sid).await;
        (call, admin.items(&caller.call_sid).await)
    }
}

/// The next request to the model goes wrong.
async fn fault(product: &Product, fault: Value) {
    product.order("/sim/faults", &fault).await;
}

fn warnings(items: &[Value]) -> Vec<&Value> {
    items.iter().filter(|item| item["kind"] == "warning").collect()
}

#[tokio::test]
async fn keys_are_a_turn_and_a_caller_who_hangs_up_ends_the_call() {
    let product = Product::start().await;
    let line = Line::new(&product, json!([])).await;
    let caller = product.ring(&line.e164, &json!([])).await;
    caller.hears("Maya").await;
    caller.say("My name is Lee.").await;
    caller.hears(LEE).await;
    caller.press("47#").await;
    caller.hears("Thank you for the keys.").await;
    let last = product.last_request().await;
    assert!(last.contains("(presses the keys 47#)"), "{last}");
    caller.hang_up().await;
    let (call, items) = line.story(&caller).await;
    assert_eq!(call["ended_reason"], "caller_hangup", "{call:#}");
    let keys: Vec<_> = items
        .iter()
        .filter(|item| item["kind"] == "dtmf_received")
        .map(|item| item["digits"].as_str().unwrap_or_default())
        .collect();
    assert_eq!(keys, ["4", "7", "#"], "{items:#?}");
    let report = caller.report().await;
    assert_eq!(report["errors"], json!([]), "{:#}", report["errors"]);
}

#[tokio::test]
async fn a_model_that_fails_is_tried_again_gone_on_with_or_left_to_a_colleague() {
    let product = Product::start().await;
    let line = Line::new(&product, json!([{ "alias": "billing", "e164": BILLING }])).await;
    let target = json!({ "number": BILLING, "says": "Billing speaking.", "talk_ms": 1_000 });
    product.order("/sim/targets", &target).await;
    let caller = product.ring(&line.e164, &json!([])).await;
    caller.hears("Maya").await;
    // Before the first word: asked again, and nothing of it is heard.
    fault(&product, json!({ "target": "model", "kind": "server_error" })).await;
    caller.say("My name is Lee.").await;
    caller.hears(LEE).await;
    // In the middle of an answer: what was said stays said, and the rest follows.
    fault(
        &product,
        json!({ "target": "model", "kind": "disconnect", "after_tokens": 3 }),
    )
    .await;
    caller.say("When do you open?").await;
    caller.hears("closed all day.").await;
    // For good: a colleague takes over.
    fault(&product, json!({ "target": "model", "kind": "invalid_key" })).await;
    caller.say("My name is Lee.").await;
    caller.hears("I am connecting you with a colleague").await;
    caller.hears("Billing speaking.").await;
    caller.is_over().await;
    let (call, items) = line.story(&caller).await;
    assert_eq!(call["ended_reason"], "transfer_completed", "{call:#}");
    assert_eq!(warnings(&items).len(), 3, "{items:#?}");
}

#[tokio::test]
async fn without_a_colleague_the_caller_is_told_and_let_go() {
    let product = Product::start().await;
    let line = Line::new(&product, json!([])).await;
    let caller = product.ring(&line.e164, &json!([])).await;
    caller.hears("Maya").await;
    fault(
        &product,
        json!({ "target": "model", "kind": "quota", "times": null }),
    )
    .await;
    caller.say("My name is Lee.").await;
    caller.hears("something is not working on my side").await;
    caller.is_over().await;
    let (call, items) = line.story(&caller).await;
    assert_eq!(
        (&call["ended_reason"], &call["fault"]),
        (&json!("engine_error"), &json!("engine")),
        "{call:#}"
    );
    assert!(!warnings(&items).is_empty(), "{items:#?}");
}
