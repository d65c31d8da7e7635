//! A typed call with the speech model: its own words and functions, without a sound.

use phony_journeys::{Product, eventually};
use serde_json::{Value, json};

use super::{begin, open, said, skus_of};

const MODEL: &str = "openai.gpt-realtime-2.1";

/// Read and answered by the model itself, stepped into, taken up again with the talk after the browser and then the
/// model lost their connection, ended by a function, and paid for by written words alone.
#[tokio::test]
async fn a_typed_call_with_the_speech_model() {
    let product = Product::start().await;
    let tenant = product.tenant("acme").await;
    let admin = &tenant.admin;
    let made = json!({ "name": "Maya", "greeting": "Hello, this is Maya.", "system_prompt": "You answer for a shop." });
    let personality = admin.post("/v1/personalities", &made).await.expect(201);
    let id = personality["id"].clone();
    let control = product.control();
    let rules = json!([
        { "when_contains": "name is Lee", "reply": "Nice to meet you, Lee." },
        { "when_contains": "a bell", "reply": "A bell costs five dollars." },
        { "when_contains": "a lamp", "reply": "A lamp costs nine dollars." },
        { "when_contains": "goodbye", "reply": "Goodbye, Lee.[[end_call]]" },
    ]);
    let _ = control.post("/sim/model/rules", &rules).await;

    // What only a carrier hears and speaks is not spoken in a browser; the answer names what is possible.
    for (mode, engine) in [("voice", "relay"), ("voice", "gather"), ("text", "gather")] {
        let wrong = json!({ "personality_id": id, "mode": mode, "engine": engine });
        let refused = admin.post("/v1/web_calls", &wrong).await;
        let refused = refused.expect_problem(422, "validation_failed");
        let fault = &refused["errors"][0];
        assert_eq!(
            (&fault["param"], &fault["code"]),
            (&json!("engine"), &json!("not_possible"))
        );
        assert!(fault["detail"].to_string().contains("realtime"), "{fault}");
    }

    let wanted = json!({ "personality_id": id, "mode": "text", "engine": "realtime" });
    let call = begin(admin, wanted).await;
    let phone = open(&product, &call).await;
    phone.reads("Hello, this is Maya.").await;
    let ready = phone.until("ready", |got| got.frame("ready").cloned()).await;
    assert_eq!(ready["mode"], "text");
    phone.write("My name is Lee.");
    phone.reads("Nice to meet you, Lee.").await;
    let path = format!("/v1/calls/{}/actions", call.0);
    let act = json!({ "action_id": "say-1", "type": "say", "text": "Ana from the office here." });
    let _ = admin.post(&path, &act).await.expect(200);
    phone.reads("Ana from the office here.").await;

    phone.lose();
    let back = json!({ "purpose": "web_call", "call_id": call.0 });
    let again = admin.post("/v1/ws_tickets", &back).await.expect(201);
    let again = (call.0.clone(), again["ticket"].as_str().unwrap().to_owned());
    let phone = open(&product, &again).await;
    let ready = phone.until("ready", |got| got.frame("ready").cloned()).await;
    assert_eq!(
        (&ready["mode"], &ready["resumed"]),
        (&json!("text"), &json!(true))
    );
    phone.write("What does a bell cost?");
    phone.reads("A bell costs five dollars.").await;

    // The model's connection breaks as it is asked: it is answered all the same.
    let fault = json!({ "target": "realtime", "kind": "drop" });
    let set = control.post("/sim/faults", &fault).await;
    assert!(set.status < 300, "{}", set.text);
    phone.write("And what does a lamp cost?");
    phone.reads("A lamp costs nine dollars.").await;
    phone.write("Thank you, goodbye.");
    let last = phone.until("the end", |got| got.frame("ended").cloned()).await;
    assert_eq!(last["reason"], "agent_hangup", "{last}");
    let read = phone.got(phony_journeys::Got::read).await;
    assert!(read.ends_with("Goodbye, Lee."), "{read}");
    assert_eq!(phone.got(|got| got.played_ms).await, 0, "no sound");

    let over = admin.ended_call(&call.0).await;
    assert_eq!(
        (&over["engine"], &over["channel"], &over["ended_reason"]),
        (&json!("realtime"), &json!("web"), &json!("agent_hangup"))
    );
    let items = admin.items(&call.0).await;
    let talk = said(&items);
    for line in [
        ("agent", "Hello, this is Maya."),
        ("caller", "My name is Lee."),
        ("agent", "Nice to meet you, Lee."),
        ("supervisor", "Ana from the office here."),
        ("caller", "And what does a lamp cost?"),
    ] {
        assert!(talk.contains(&line), "{line:?} in {talk:?}");
    }
    let sessions = control.get("/sim/realtime").await.expect(200).json;
    let sessions = sessions["data"].as_array().unwrap();
    assert!(sessions.len() >= 3, "one for each connection: {}", sessions.len());
    for session in sessions {
        assert_eq!(session["session"]["output_modalities"], json!(["text"]));
        assert_eq!(session["errors"], json!([]), "{session:#}");
    }
    // Each later session was told what was said before, and by whom.
    for session in &sessions[1..] {
        let told = session["received"].to_string();
        for words in [
            "Hello, this is Maya.",
            "My name is Lee.",
            "Ana from the office here.",
        ] {
            assert!(told.contains(words), "{words} in {told}");
        }
    }
    // Written words cost; sound there was none, nor a carrier.
    let wanted = [format!("{MODEL}.text_in"), format!("{MODEL}.text_out")];
    let skus = eventually("usage", async || {
        let skus = skus_of(&product, &call.0).await;
        wanted.iter().all(|sku| skus.contains(sku)).then_some(skus)
    })
    .await;
    let is_written = |sku: &String| sku.starts_with(MODEL) && sku.contains(".text_");
    assert!(skus.iter().all(is_written), "{skus:?}");
    assert!(matches!(over["cost"], Value::Null | Value::Object(_)));
}
