//! People attend a call: one handles it and the others see who, replies wait for their yes, they speak in the agent's
//! place and give the call back. On the engines whose voice is the carrier's; `realtime` has journeys of its own.

mod takeover;

use phony_journeys::{Caller, Client, LiveSocket, Product, Tenant, eventually};
use serde_json::{Value, json};

/// A company whose number is answered on an engine, by a personality with these settings beside the usual ones.
struct Line {
    tenant: Tenant,
    e164: String,
}

impl Line {
    async fn new(product: &Product, company: &str, engine: &str, settings: Value) -> Self {
        let tenant = product.tenant(company).await;
        let mut body = json!({
            "name": "Maya", "greeting": "Hello, this is Maya.",
            "system_prompt": "You are Maya and answer the phone of a bicycle shop.",
        });
        if let (Value::Object(body), Value::Object(settings)) = (&mut body, settings) {
            body.extend(settings);
        }
        let made = tenant.admin.post("/v1/personalities", &body).await.expect(201);
        let number = product.buy_number(&tenant).await;
        let path = format!("/v1/numbers/{}", number["id"].as_str().unwrap());
        let change = json!({ "engine": engine, "personality_id": made["id"] });
        let _ = tenant.admin.patch(&path, &change).await.expect(200);
        let e164 = number["e164"].as_str().unwrap().to_owned();
        Self { tenant, e164 }
    }
}

async fn teach(product: &Product) {
    let rules = json!([
        { "when_contains": "return", "reply": "You can return it within 30 days." },
        { "when_contains": "warranty", "reply": "The warranty is one year." },
        { "when_contains": "discount", "reply": "Ten percent for everybody." },
        { "when_contains": "refund", "reply": "[[request_user:May I give a refund?]]" },
        { "when_contains": "long story", "reply": long_story() },
    ]);
    product.order("/sim/model/rules", &rules).await;
}

/// Takes long enough that somebody comes between, also where people speak fast.
fn long_story() -> String {
    let places = [
        "Berlin", "Hamburg", "Munich", "Cologne", "Leipzig", "Bremen", "Dresden", "Kiel",
    ];
    let looks =
        places.map(|place| format!("Then we check the stock in the warehouse of {place}, box by box. "));
    let looks = looks.concat();
    format!(
        "First we look at your order in the system. {looks}Finally we send you a message with the delivery day."
    )
}

async fn act(client: &Client, caller: &Caller, body: &Value) -> Value {
    client.act(&caller.call_sid, body).await
}

async fn applied(client: &Client, caller: &Caller, body: Value) {
    let done = act(client, caller, &body).await;
    assert_eq!(done["status"], "applied", "{body}: {done}");
}

async fn items(line: &Line, caller: &Caller, kind: &str) -> Vec<Value> {
    line.tenant.admin.items_of(&caller.call_sid, kind).await
}

/// A socket of somebody at the console of a call.
async fn console(url: &str, client: &Client, caller: &Caller) -> (LiveSocket, Value) {
    let mut live = LiveSocket::open(url, client).await;
    live.send(&json!({ "op": "subscribe", "topic": "call", "id": caller.call_sid }))
        .await;
    let snapshot = live
        .wait_for("the console", |frame| frame["op"] == "snapshot")
        .await;
    (live, snapshot["state"].clone())
}

/// A held reply: its id, and the line that it becomes.
async fn asked(live: &mut LiveSocket, text: &str) -> (String, Value) {
    let frame = live
        .wait_for("a reply that waits", |frame| {
            frame["event"] == "approval.requested" && frame["data"]["text"] == text
        })
        .await;
    let data = &frame["data"];
    (
        data["approval_id"].as_str().unwrap().to_owned(),
        data["item_id"].clone(),
    )
}

/// The caller has heard a line to its end: who speaks sooner cuts it off.
async fn heard(live: &mut LiveSocket, line: &Value) {
    live.wait_for("the end of the line", |frame| {
        frame["event"] == "speech.heard" && frame["data"]["item_id"] == *line
    })
    .await;
}

async fn approvals(engine: &str) {
    // Slow enough that nobody is taken for silent who is about to speak.
    let product = Product::start_at_speed(3.0).await;
    let settings =
        json!({ "approval": { "mode": "every_turn", "timeout_seconds": 5, "on_timeout": "speak" } });
    let line = Line::new(&product, "acme", engine, settings).await;
    teach(&product).await;
    let (second, url) = product.second_instance().await;
    let far = Client::new(&url, line.tenant.admin.token());
    let caller = product.ring(&line.e164, &json!([])).await;
    caller.hears("Maya.").await;
    let (mut live, state) = console(&product.url, &line.tenant.admin, &caller).await;
    assert_eq!(state["live"]["approval_mode"], "every_turn", "{state}");
    // As it is, from another instance.
    caller.say("Can I return it?").await;
    let (id, item) = asked(&mut live, "You can return it within 30 days.").await;
    assert!(!caller.heard().await.contains("30 days"), "not yet");
    let yes = json!({ "action_id": "yes", "type": "approve", "approval_id": id });
    applied(&far, &caller, yes.clone()).await;
    caller.hears("You can return it within 30 days.").await;
    let waited = live
        .wait_for("the wait apart", |frame| {
            frame["event"] == "latency.turn" && frame["data"]["parts"]["approval_wait"] != 0
        })
        .await;
    let parts = waited["data"]["parts"].as_object().unwrap();
    let sum: u64 = parts.values().filter_map(Value::as_u64).sum();
    let unaccounted = waited["data"]["unaccounted_ms"].as_u64().unwrap();
    assert_eq!(
        waited["data"]["total_ms"].as_u64().unwrap(),
        sum + unaccounted,
        "{waited}"
    );
    applied(&line.tenant.admin, &caller, yes).await;
    heard(&mut live, &item).await;
    // Not like this, and then in other words.
    caller.say("And the warranty?").await;
    let (id, _) = asked(&mut live, "The warranty is one year.").await;
    let no =
        json!({ "action_id": "no", "type": "reject", "approval_id": id, "guidance": "two years for frames" });
    applied(&line.tenant.admin, &caller, no).await;
    let (id, item) = asked(&mut live, "The warranty is one year.").await;
    let edit = json!({ "action_id": "edit", "type": "approve", "approval_id": id, "text": "Two years for the frame." });
    applied(&line.tenant.admin, &caller, edit).await;
    caller.hears("Two years for the frame.").await;
    let requests = product.control().get("/sim/requests").await.expect(200).text;
    assert!(requests.contains("two years for frames"), "the agent was guided");
    heard(&mut live, &item).await;
    // Nobody decides: the personality lets it be said.
    caller.say("Is there a discount?").await;
    let (_, item) = asked(&mut live, "Ten percent for everybody.").await;
    caller.hears("Ten percent for everybody.").await;
    let expired = live.event("approval.expired").await;
    assert_eq!(expired["data"]["did"], "speak");
    heard(&mut live, &item).await;
    // From now on without asking.
    let off = json!({ "action_id": "off", "type": "approval_mode", "mode": "off" });
    applied(&far, &caller, off).await;
    caller.say("Once more: can I return it?").await;
    eventually("said without asking", async || {
        let heard = caller.heard().await;
        (heard.matches("You can return it within 30 days.").count() == 2).then_some(())
    })
    .await;
    let all = caller.heard().await;
    assert!(!all.contains("The warranty is one year."), "{all}");
    let decided = eventually("the ledger has all decisions", async || {
        let decided = items(&line, &caller, "approval").await;
        (decided.len() == 4).then_some(decided)
    })
    .await;
    let outcomes: Vec<_> = decided
        .iter()
        .map(|item| {
            item["decision"]
                .as_str()
                .or(item["did"].as_str())
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(
        outcomes,
        ["approved", "rejected", "edited", "speak"],
        "{decided:?}"
    );
    caller.hang_up().await;
    caller.is_over().await;
    second.stop_now().await;
}

#[tokio::test]
async fn replies_wait_for_a_yes_on_relay() {
    Box::pin(approvals("relay")).await;
}

#[tokio::test]
async fn replies_wait_for_a_yes_on_gather() {
    Box::pin(approvals("gather")).await;
}

#[tokio::test]
async fn a_question_that_nobody_answers_or_that_is_left_to_the_agent() {
    let product = Product::start().await;
    let wait =
        |on_timeout: &str| json!({ "clarification": { "timeout_seconds": 10, "on_timeout": on_timeout } });
    let acme = Line::new(&product, "acme", "relay", wait("offer_callback")).await;
    let globex = Line::new(&product, "globex", "gather", wait("decide")).await;
    teach(&product).await;
    let first = product.ring(&acme.e164, &json!([])).await;
    let second = product.ring(&globex.e164, &json!([])).await;
    first.hears("Maya.").await;
    second.hears("Maya.").await;
    let (mut live, _) = console(&product.url, &acme.tenant.admin, &first).await;
    let (mut other, _) = console(&product.url, &globex.tenant.admin, &second).await;
    first.say("May I have a refund?").await;
    second.say("May I have a refund?").await;
    let asked = other.event("clarification.requested").await;
    let decide = json!({ "action_id": "d", "type": "clarify", "clarification_id": asked["data"]["clarification_id"], "decide": true });
    applied(&globex.tenant.admin, &second, decide).await;
    let asked = live.event("clarification.requested").await;
    assert_eq!(asked["data"]["on_timeout"], "offer_callback");
    live.wait_for("somebody is asked for", |frame| {
        frame["event"] == "attention.changed" && frame["data"]["attention"][0]["kind"] == "clarification"
    })
    .await;
    first.hears("One moment").await;
    let answered = other.event("clarification.answered").await;
    assert_eq!(answered["data"]["decide"], true);
    other
        .wait_for("the agent goes on", |frame| frame["data"]["state"] == "thinking")
        .await;
    eventually("the agent is told to decide", async || {
        let requests = product.control().get("/sim/requests").await.expect(200).text;
        requests.contains("Decide by what you know").then_some(())
    })
    .await;
    let expired = live.event("clarification.expired").await;
    assert_eq!(expired["data"]["did"], "offer_callback");
    first.hears("Shall somebody call you back?").await;
    first.hang_up().await;
    second.hang_up().await;
    first.is_over().await;
    second.is_over().await;
}
