//! Calls on the gather engine: the carrier hears and speaks, turn by turn. People speak as fast as people do where it
//! matters what they heard.

mod webhooks;

use phony_journeys::{Balancer, Caller, LiveSocket, Product, Tenant, eventually};
use serde_json::{Value, json};

const GREETING: &str = "Hello, this is Maya.";
const LONG: &str =
    "We open at nine in the morning, on Sundays at eleven, and on holidays we are closed all day.";
const BILLING: &str = "+14155550142";
const LEE: &str = "Nice to meet you, Lee.";

/// A company whose number is answered turn by turn.
struct Line {
    tenant: Tenant,
    e164: String,
}

impl Line {
    async fn new(product: &Product) -> Self {
        let tenant = product.tenant("acme").await;
        let settings =
            json!({ "greeting": GREETING, "transfer_targets": [{ "alias": "billing", "e164": BILLING }] });
        let number = product.number_of_maya(&tenant, "gather", settings).await;
        // People who speak too fast have not heard the answer before: their words come together.
        let rules = json!([
            { "when_contains": "goodbye", "reply": "Goodbye, Lee. [[end_call]]" },
            { "when_contains": "enough", "reply": "Certainly." },
            { "when_contains": "bill is wrong", "reply": "I am connecting you. [[transfer:billing]]" },
            { "when_contains": "presses the keys", "reply": "Thank you for the keys." },
            { "when_contains": "who am i", "reply": "You are Lee." },
            { "when_contains": "when do you open", "reply": LONG },
            { "when_contains": "name is Lee", "reply": LEE },
        ]);
        product.order("/sim/model/rules", &rules).await;
        Self {
            tenant,
            e164: number.e164,
        }
    }

    /// The call once it is over, and its lines.
    async fn story(&self, caller: &Caller) -> (Value, Vec<Value>) {
        let admin = &self.tenant.admin;
        let call = admin.ended_call(&caller.call_sid).await;
        (call, admin.items(&caller.call_sid).await)
    }
}

fn lines<'a>(items: &'a [Value], speaker: &str) -> Vec<&'a Value> {
    items
        .iter()
        .filter(|item| item["kind"] == "speech" && item["speaker"] == speaker)
        .collect()
}

#[tokio::test]
async fn a_caller_is_answered_turn_by_turn_and_interrupts() {
    let product = Product::start_at_speed(1.0).await;
    let line = Line::new(&product).await;
    let script = json!([
        { "say": "My name is Lee." },
        { "wait_for": "Nice to meet you" },
        { "say": "When do you open?" },
        { "wait_for": "We open" },
        { "interrupt_after_ms": 2_200, "say": "That is enough." },
        { "wait_for": "Certainly" },
        { "wait_ms": 900 },
        { "press": "47#" },
        { "wait_for": "for the keys", "timeout_ms": 15_000 },
        { "hangup": true },
    ]);
    let caller = product.ring(&line.e164, &script).await;
    caller.hears(LEE).await;
    caller.hears("Certainly.").await;
    caller.hears("Thank you for the keys.").await;
    caller.is_over().await;
    let (call, items) = line.story(&caller).await;
    assert_eq!(
        (&call["engine"], &call["ended_reason"]),
        (&json!("gather"), &json!("caller_hangup"))
    );
    let agent = lines(&items, "agent");
    let texts: Vec<_> = agent.iter().map(|line| line["text"].as_str().unwrap()).collect();
    assert_eq!(
        texts,
        [GREETING, LEE, LONG, "Certainly.", "Thank you for the keys."]
    );
    for whole in &agent[..2] {
        assert_eq!(whole["heard"], whole["text"], "{whole}");
    }
    // What is remembered is what was heard, give or take the words of a second.
    let cut = agent[2];
    let heard = cut["heard"].as_str().unwrap();
    assert_eq!(cut["interrupted"], true, "{cut}");
    assert!(
        heard.starts_with("We open") && !heard.contains("holidays"),
        "{cut}"
    );
    let request = product.last_request().await;
    assert!(
        request.contains(heard) && !request.contains("closed all day"),
        "{request}"
    );
    assert!(request.contains("(presses the keys 47#)"), "{request}");
    let callers: Vec<_> = lines(&items, "caller")
        .iter()
        .map(|line| line["text"].clone())
        .collect();
    assert_eq!(
        callers,
        ["My name is Lee.", "When do you open?", "That is enough."]
    );
    let keys = items
        .iter()
        .filter(|item| item["kind"] == "dtmf_received")
        .count();
    assert_eq!(keys, 3, "{items:#?}");
    let report = caller.report().await;
    assert_eq!(report["errors"], json!([]), "{:#}", report["errors"]);
}

#[tokio::test]
async fn the_agents_goodbye_ends_the_call() {
    let product = Product::start().await;
    let line = Line::new(&product).await;
    let caller = product
        .ring(&line.e164, &json!([{ "say": "Thank you, goodbye." }]))
        .await;
    caller.hears("Goodbye, Lee.").await;
    caller.is_over().await;
    let (call, _) = line.story(&caller).await;
    assert_eq!(call["ended_reason"], "agent_hangup", "{call:#}");
    // The carrier's minutes and the model's words, and nothing of a relay.
    let usage = eventually("the bill", async || {
        let path = format!("/v1/calls/{}", caller.call_sid);
        let call = line.tenant.admin.get(&path).await.expect(200).json;
        (call["settled"] == true).then_some(call)
    })
    .await;
    assert!(!usage.to_string().contains("relay"), "{usage:#}");
}

#[tokio::test]
async fn a_caller_is_given_to_a_colleague() {
    let product = Product::start().await;
    let line = Line::new(&product).await;
    let target = json!({ "number": BILLING, "says": "Billing speaking.", "talk_ms": 2_000 });
    product.order("/sim/targets", &target).await;
    let caller = product
        .ring(&line.e164, &json!([{ "say": "My bill is wrong." }]))
        .await;
    caller.hears("I am connecting you.").await;
    caller.hears("Billing speaking.").await;
    caller.is_over().await;
    let (call, _) = line.story(&caller).await;
    assert_eq!(call["ended_reason"], "transfer_completed", "{call:#}");
}

#[tokio::test]
async fn a_silent_caller_is_asked_twice_and_let_go() {
    let product = Product::start().await;
    let line = Line::new(&product).await;
    let caller = product.ring(&line.e164, &json!([])).await;
    for words in ["Maya", "did not hear", "still there", "hang up now"] {
        caller.hears(words).await;
    }
    caller.is_over().await;
    let (call, items) = line.story(&caller).await;
    assert_eq!(call["ended_reason"], "silence_timeout", "{call:#}");
    assert_eq!(lines(&items, "agent").len(), 4, "{items:#?}");
}

#[tokio::test]
async fn a_model_that_fails_is_tried_again_gone_on_with_or_left_to_a_colleague() {
    let product = Product::start().await;
    let line = Line::new(&product).await;
    let fault = async |kind: &str, extra: Value| {
        let mut fault = json!({ "target": "model", "kind": kind });
        fault
            .as_object_mut()
            .unwrap()
            .extend(extra.as_object().unwrap().clone());
        product.order("/sim/faults", &fault).await;
    };
    let caller = product.ring(&line.e164, &json!([])).await;
    caller.hears("Maya").await;
    fault("server_error", json!({})).await;
    caller.say("My name is Lee.").await;
    caller.hears(LEE).await;
    fault("disconnect", json!({ "after_tokens": 3 })).await;
    caller.say("When do you open?").await;
    caller.hears("We open").await;
    caller.hears("closed all day.").await;
    fault("invalid_key", json!({})).await;
    caller.say("That is enough.").await;
    // Nothing is left but a colleague.
    caller.hears("I am connecting you with a colleague").await;
    caller.is_over().await;
    let (call, items) = line.story(&caller).await;
    assert_eq!(call["ended_reason"], "transfer_completed", "{call:#}");
    let warnings = items.iter().filter(|item| item["kind"] == "warning").count();
    assert_eq!(warnings, 3, "{items:#?}");
}

#[tokio::test]
async fn any_instance_takes_the_next_turn_also_when_one_has_died() {
    let balancer = Balancer::start().await;
    let mut product = Product::start_behind(&balancer).await;
    let (second, second_url) = product.second_instance().await;
    let line = Line::new(&product).await;
    let caller = product.ring(&line.e164, &json!([])).await;
    caller.hears("Maya").await;
    let move_to = |url: &str| {
        balancer.close();
        balancer.open(url);
    };
    for turn in 0..4 {
        move_to(if turn % 2 == 0 { &second_url } else { &product.url });
        caller
            .say(&format!("My name is Lee, I say for time {turn}."))
            .await;
        eventually("the answer", async || {
            (caller.heard().await.matches(LEE).count() > turn).then_some(())
        })
        .await;
    }
    let request = product.last_request().await;
    for turn in 0..4 {
        assert!(
            request.contains(&format!("for time {turn}.")),
            "{turn} is missing in {request}"
        );
    }
    assert!(!request.contains("was interrupted"), "{request}");
    // The instance that has the call goes for good.
    move_to(&second_url);
    product.stop().await;
    caller.say("Who am I?").await;
    caller.hears("You are Lee.").await;
    caller.say("Thank you, goodbye.").await;
    caller.hears("Goodbye, Lee.").await;
    caller.is_over().await;
    let reason = eventually("the end", async || {
        let mut rows = product.admin_connection().await;
        let reason: Option<String> =
            sqlx::query_scalar("SELECT ended_reason FROM phony.calls WHERE call_sid = $1")
                .bind(&caller.call_sid)
                .fetch_one(&mut rows)
                .await
                .unwrap();
        reason
    })
    .await;
    assert_eq!(reason, "agent_hangup");
    second.stop_now().await;
}

#[tokio::test]
async fn a_supervisor_is_heard_while_the_carrier_listens() {
    let product = Product::start_at_speed(1.0).await;
    let line = Line::new(&product).await;
    let caller = product.ring(&line.e164, &json!([])).await;
    caller.hears("Maya").await;
    let call = line
        .tenant
        .admin
        .get(&format!("/v1/calls/{}", caller.call_sid))
        .await
        .expect(200);
    let id = call["id"].as_str().unwrap().to_owned();
    let mut live = LiveSocket::open(&product.url, &line.tenant.admin).await;
    let mut act = async |action: &str, kind: &str, data: Value| {
        live.send(&json!({ "op": "action", "action_id": action, "call": id, "type": kind, "data": data }))
            .await;
        let frame = live
            .wait_for("the act's status", |frame| {
                frame["op"] == "action" && frame["action_id"] == action && frame["status"] != "accepted"
            })
            .await;
        assert_eq!(frame["status"], "applied", "{frame}");
    };
    act("say-1", "say", json!({ "text": "Person here." })).await;
    caller.hears("Person here.").await;
    // The carrier was made to come for it, and did not listen until its time was up.
    let report = caller.report().await;
    let mut documents = report["twiml"].as_array().unwrap().iter();
    let said = documents.find(|document| document.to_string().contains("Person here."));
    let asked_by = said.unwrap()["url"].as_str().unwrap();
    assert!(asked_by.contains("more=1"), "{asked_by}");
    act("end-1", "end", json!({ "say": "We call you back." })).await;
    caller.hears("We call you back.").await;
    caller.is_over().await;
    let (call, _) = line.story(&caller).await;
    assert_eq!(call["ended_reason"], "supervisor_hangup", "{call:#}");
}
