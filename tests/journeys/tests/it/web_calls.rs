//! The browser is the phone: typed and spoken, without a carrier, and like every other call in all that is kept of it.

mod rights;
mod typed_speech;

use std::time::Duration;

use phony_journeys::{Client, LiveSocket, Product, SpeechLine, WebPhone, eventually};
use phony_kernel::Role;
use serde_json::{Value, json};

const STORY: &str = "First we look at your order in the system. Then we check the stock in every warehouse. \
                     After that we call the courier. Finally we send you a message with the delivery day.";

async fn begin(client: &Client, body: Value) -> (String, String) {
    let made = client.post("/v1/web_calls", &body).await.expect(201);
    assert!(made["expires_in"].as_u64().unwrap() > 0);
    let call = made["call"]["id"].as_str().unwrap().to_owned();
    (call, made["ticket"].as_str().unwrap().to_owned())
}

async fn open(product: &Product, (call, ticket): &(String, String)) -> WebPhone {
    let speech = product.simulator.speech();
    WebPhone::open(&product.url, call, ticket, Some(&product.url), speech)
        .await
        .unwrap()
}

fn said(items: &[Value]) -> Vec<(&str, &str)> {
    let lines = items.iter().filter(|item| item["kind"] == "speech");
    lines
        .map(|line| {
            (
                line["speaker"].as_str().unwrap_or_default(),
                line["text"].as_str().unwrap_or_default(),
            )
        })
        .collect()
}

/// Typed: watched, stepped into, tried with a draft, lost and resumed, paid for by its words alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_typed_call() {
    let product = Product::start().await;
    let tenant = product.tenant("acme").await;
    let admin = &tenant.admin;
    let made = json!({ "name": "Maya", "greeting": "Hello, this is Maya.", "system_prompt": "You answer for a shop." });
    let personality = admin.post("/v1/personalities", &made).await.expect(201);
    let id = personality["id"].as_str().unwrap().to_owned();
    let control = product.control();
    let rules = json!([
        { "when_contains": "name is Lee", "reply": "Nice to meet you, Lee." },
        { "when_contains": "a bell", "reply": "A bell costs five dollars." },
    ]);
    let _ = control.post("/sim/model/rules", &rules).await;

    // Who may not, and what is refused: all faults at once, nothing of another company.
    let viewer = product.member(&tenant, Role::Viewer).await;
    let body = json!({ "personality_id": id, "mode": "text" });
    viewer
        .post("/v1/web_calls", &body)
        .await
        .expect_problem(403, "forbidden");
    let wrong = json!({ "personality_id": id, "mode": "text", "engine": "gather", "version": 0 });
    let refused = admin
        .post("/v1/web_calls", &wrong)
        .await
        .expect_problem(422, "validation_failed");
    assert_eq!(refused["errors"].as_array().unwrap().len(), 2, "{}", refused.text);
    let other = product.tenant("other").await;
    other
        .admin
        .post("/v1/web_calls", &body)
        .await
        .expect_problem(404, "not_found");
    let missing = json!({ "personality_id": id, "mode": "text", "version": 9 });
    admin
        .post("/v1/web_calls", &missing)
        .await
        .expect_problem(404, "not_found");

    let call = begin(admin, body).await;
    let speech = || product.simulator.speech();
    // A foreign page, a ticket for another call, and a ticket used twice.
    let foreign = Some("https://evil.example");
    assert_eq!(
        WebPhone::open(&product.url, &call.0, &call.1, foreign, speech())
            .await
            .err(),
        Some(403)
    );
    let second = begin(admin, json!({ "personality_id": id, "mode": "text" })).await;
    assert_eq!(
        WebPhone::open(&product.url, &second.0, &call.1, None, speech())
            .await
            .err(),
        Some(401)
    );
    let phone = open(&product, &call).await;
    assert_eq!(
        WebPhone::open(&product.url, &call.0, &call.1, None, speech())
            .await
            .err(),
        Some(401)
    );

    let mut live = LiveSocket::open(&product.url, admin).await;
    live.send(&json!({ "op": "subscribe", "topic": "call", "id": call.0 }))
        .await;
    let snapshot = live
        .wait_for("a snapshot", |frame| frame["op"] == "snapshot")
        .await;
    assert_eq!(snapshot["state"]["call"]["channel"], "web");
    phone.reads("Hello, this is Maya.").await;
    assert_eq!(
        phone.got(|got| got.frame("ready").cloned()).await.unwrap()["mode"],
        "text"
    );
    phone.write("My name is Lee.");
    phone.reads("Nice to meet you, Lee.").await;
    let path = format!("/v1/calls/{}/actions", call.0);
    let act = json!({ "action_id": "say-1", "type": "say", "text": "Ana from the office here." });
    let _ = admin.post(&path, &act).await.expect(200);
    phone.reads("Ana from the office here.").await;
    // Nobody can be rung for a browser.
    let act = json!({ "action_id": "transfer-1", "type": "transfer", "to": "+14155550142" });
    let refused = admin.post(&path, &act).await;
    assert!(
        refused.status >= 400 || refused["status"] == "failed",
        "{}",
        refused.text
    );

    // The network goes; only the caller comes back, and the talk is remembered.
    phone.lose();
    let colleague = product.member(&tenant, Role::Admin).await;
    let tickets = "/v1/ws_tickets";
    let back = json!({ "purpose": "web_call", "call_id": call.0 });
    colleague
        .post(tickets, &back)
        .await
        .expect_problem(404, "not_found");
    let again = admin.post(tickets, &back).await.expect(201);
    let again = (call.0.clone(), again["ticket"].as_str().unwrap().to_owned());
    let phone = open(&product, &again).await;
    assert_eq!(
        phone.until("ready", |got| got.frame("ready").cloned()).await["resumed"],
        true
    );
    phone.write("What does a bell cost?");
    phone.reads("A bell costs five dollars.").await;
    let asked = control.get("/sim/requests").await.text;
    assert!(asked.contains("My name is Lee."), "the model still knows it");
    phone.send(json!({ "op": "bye" }));
    let last = phone.until("the end", |got| got.frame("ended").cloned()).await;
    assert_eq!(last["reason"], "caller_hangup");
    assert_eq!(phone.until("closed", |got| got.closed).await, 1000);

    let over = admin.ended_call(&call.0).await;
    assert_eq!(over["ended_reason"], "caller_hangup");
    assert_eq!(
        (&over["channel"], &over["engine"], &over["number_id"]),
        (&json!("web"), &json!("relay"), &Value::Null)
    );
    assert!(over["from"].as_str().unwrap().starts_with("web:usr_"), "{over}");
    assert_eq!((&over["settled"], &over["test"]), (&json!(true), &json!(true)));
    let items = admin.items(&call.0).await;
    let talk = said(&items);
    assert_eq!(talk.first(), Some(&("agent", "Hello, this is Maya.")));
    assert!(talk.contains(&("caller", "My name is Lee.")), "{talk:?}");
    assert!(
        talk.contains(&("supervisor", "Ana from the office here.")),
        "{talk:?}"
    );
    admin.post(tickets, &back).await.expect_problem(409, "call_ended");
    // Words cost, minutes of a carrier there are none.
    let skus: Vec<String> = eventually("usage", async || {
        let skus = skus_of(&product, &call.0).await;
        (!skus.is_empty()).then_some(skus)
    })
    .await;
    assert!(skus.iter().all(|sku| sku.starts_with("openai.")), "{skus:?}");

    // A draft is tried before it is saved, and is no version.
    let draft =
        json!({ "personality_id": id, "mode": "text", "draft": { "greeting": "Hello from the draft." } });
    let trial = begin(admin, draft).await;
    let phone = open(&product, &trial).await;
    phone.reads("Hello from the draft.").await;
    phone.leave();
    assert_eq!(admin.ended_call(&trial.0).await["ended_reason"], "caller_hangup");
    let kept = admin.get(&format!("/v1/personalities/{id}")).await.expect(200);
    assert_eq!(
        (&kept["version"], &kept["greeting"]),
        (&json!(1), &json!("Hello, this is Maya."))
    );
    let bad = json!({ "personality_id": id, "mode": "text", "draft": { "system_prompt": "" } });
    admin
        .post("/v1/web_calls", &bad)
        .await
        .expect_problem(422, "validation_failed");

    // An instance that goes away hands its callers to another one, with the talk.
    let moved = begin(admin, json!({ "personality_id": id, "mode": "text" })).await;
    let phone = open(&product, &moved).await;
    phone.reads("Hello, this is Maya.").await;
    phone.write("My name is Lee.");
    phone.reads("Nice to meet you, Lee.").await;
    let (other_instance, url) = product.second_instance().await;
    product.app.engine.drain(Duration::ZERO).await;
    assert_eq!(phone.until("closed", |got| got.closed).await, 1012);
    admin
        .post("/v1/web_calls", &json!({ "personality_id": id, "mode": "text" }))
        .await
        .expect_problem(503, "no_room");
    let admin = &Client::new(&url, admin.token());
    let again = admin
        .post(tickets, &json!({ "purpose": "web_call", "call_id": moved.0 }))
        .await
        .expect(201);
    let ticket = again["ticket"].as_str().unwrap();
    let phone = WebPhone::open(&url, &moved.0, ticket, None, speech())
        .await
        .unwrap();
    phone.write("What does a bell cost?");
    phone.reads("A bell costs five dollars.").await;
    assert!(
        !phone
            .got(phony_journeys::Got::read)
            .await
            .contains("this is Maya"),
        "greeted once"
    );
    phone.send(json!({ "op": "bye" }));
    assert_eq!(admin.ended_call(&moved.0).await["ended_reason"], "caller_hangup");

    // A basic plan has ten lines; the second call above still waits for its browser.
    let mut waiting = 1;
    let refused = loop {
        let answer = admin
            .post("/v1/web_calls", &json!({ "personality_id": id, "mode": "text" }))
            .await;
        if answer.status != 201 {
            break answer;
        }
        waiting += 1;
        assert!(waiting <= 10, "no limit");
    };
    refused.expect_problem(429, "concurrency_limit");
    assert_eq!(waiting, 10);
    other_instance.stop_now().await;
}

/// Spoken: understood both ways; the agent stops when the caller speaks, and remembers only what was played.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_spoken_call() {
    let line = SpeechLine::start(json!({})).await;
    line.teach(&[
        ("delivery", STORY),
        ("a bell", "A bell costs five dollars."),
        ("goodbye", "[[hangup]]Goodbye."),
    ])
    .await;
    let admin = &line.tenant.admin;
    let call = begin(
        admin,
        json!({ "personality_id": line.personality, "mode": "voice" }),
    )
    .await;
    let phone = open(&line.product, &call).await;
    phone.hears("Maya.").await;
    phone.quiet().await;
    phone.say("Tell me about the delivery.").await;
    phone.hears("stock").await;
    phone.say("What does a bell cost?").await;
    phone.hears("dollars.").await;

    let cleared = phone.got(|got| got.cleared_at_ms.clone()).await;
    assert!(!cleared.is_empty(), "the agent was stopped");
    let heard = phone.got(phony_journeys::Got::heard).await;
    assert!(!heard.contains("courier"), "{heard}");
    let items = admin.items(&call.0).await;
    let cut = items
        .iter()
        .find(|item| item["interrupted"] == true)
        .expect("an interrupted line");
    let kept = cut["heard"].as_str().unwrap();
    assert!(STORY.starts_with(kept) && kept.contains("order"), "{kept}");
    // To a word or two, what was played is what is remembered.
    let told = heard
        .split("Maya. ")
        .nth(1)
        .unwrap()
        .split(" A bell")
        .next()
        .unwrap();
    let words = |text: &str| text.split_whitespace().count();
    assert!(
        words(told).abs_diff(words(kept)) <= 2,
        "played {told:?}, remembered {kept:?}"
    );
    let truncations = line.sessions().await[0]["truncations"]
        .as_array()
        .cloned()
        .unwrap();
    assert_eq!(truncations.len(), 1, "the model is told");

    // Keys reach the agent, and sound of any length that is none of ours disturbs nobody.
    phone.send(json!({ "op": "dtmf", "digits": "42#" }));
    eventually("the keys", async || {
        let items = admin.items(&call.0).await;
        items
            .iter()
            .any(|item| item["kind"] == "dtmf_received")
            .then_some(())
    })
    .await;
    phone.send(json!({ "op": "nonsense" }));

    phone.send(json!({ "op": "bye" }));
    let last = phone.until("the end", |got| got.frame("ended").cloned()).await;
    assert_eq!(last["reason"], "caller_hangup");
    let over = admin.ended_call(&call.0).await;
    assert_eq!(
        (&over["engine"], &over["channel"], &over["settled"]),
        (&json!("realtime"), &json!("web"), &json!(true))
    );
    assert!(over["cost"]["amount"].is_string() || over["cost"].is_null());

    // A line that breaks comes back, with the talk intact.
    let call = begin(
        admin,
        json!({ "personality_id": line.personality, "mode": "voice" }),
    )
    .await;
    let phone = open(&line.product, &call).await;
    phone.hears("Maya.").await;
    phone.quiet().await;
    phone.say("Tell me about the delivery.").await;
    phone.hears("order").await;
    phone.lose();
    let again = admin
        .post(
            "/v1/ws_tickets",
            &json!({ "purpose": "web_call", "call_id": call.0 }),
        )
        .await
        .expect(201);
    let again = (call.0.clone(), again["ticket"].as_str().unwrap().to_owned());
    let phone = open(&line.product, &again).await;
    phone
        .until("sound", |got| (got.played_ms > 200).then_some(()))
        .await;
    phone.say("What does a bell cost?").await;
    phone.hears("dollars.").await;
    phone.leave();
    assert_eq!(admin.ended_call(&call.0).await["ended_reason"], "caller_hangup");
    let told = line.sessions().await.last().unwrap()["received"].to_string();
    assert!(told.contains("Tell me about the delivery."), "{told}");
}

/// What a call has used.
async fn skus_of(product: &Product, call: &str) -> Vec<String> {
    let mut connection = product.admin_connection().await;
    sqlx::query_scalar("SELECT DISTINCT sku FROM phony.usage_events WHERE call_id::text = $1")
        .bind(uuid_of(call))
        .fetch_all(&mut connection)
        .await
        .unwrap()
}

/// The uuid in a public id.
fn uuid_of(id: &str) -> String {
    let id: phony_kernel::CallId = id.parse().unwrap();
    id.uuid().to_string()
}
