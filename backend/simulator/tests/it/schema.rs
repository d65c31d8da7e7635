//! Everything we answer fits the published schemas.

use std::path::Path;

use jsonschema::Validator;
use serde_json::{Value, json};

use crate::agent;
use crate::model::stream;
use crate::support;

fn spec(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/specs")
        .join(name);
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// A validator for one definition of the chat schema.
fn chat(name: &str) -> Validator {
    let document = spec("openai_chat.schema.json");
    let schema = json!({"$schema": "https://json-schema.org/draft/2020-12/schema",
                        "$ref": format!("#/$defs/{name}"), "$defs": document["$defs"]});
    jsonschema::draft202012::new(&schema).unwrap()
}

/// OpenAPI 3.0 writes `nullable: true` where JSON Schema has a union with null.
fn nullable(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            members.values_mut().for_each(nullable);
            // Its own examples, and the live service, write coordinates as texts.
            if members.get("type") == Some(&json!("number")) {
                members.insert("type".to_owned(), json!(["number", "string"]));
            }
            if members.remove("nullable") == Some(json!(true)) {
                let plain = Value::Object(std::mem::take(members));
                members.insert("anyOf".to_owned(), json!([plain, {"type": "null"}]));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(nullable),
        _ => {}
    }
}

/// The carrier's published answers.
struct Carrier(Value);

impl Carrier {
    fn new() -> Self {
        let mut document = spec("twilio_api_v2010.json");
        nullable(&mut document["components"]["schemas"]);
        Self(document)
    }

    /// Checks an answer, and that it has no member the schema does not know.
    fn check(&self, path: &str, method: &str, status: u16, answer: &Value) {
        self.check_with(path, method, status, answer, &[]);
    }

    /// The same, where these members are null against the schema, as they are in its own examples.
    fn check_with(&self, path: &str, method: &str, status: u16, answer: &Value, null: &[&str]) {
        let operation = &self.0["paths"][path][method];
        let schema = &operation["responses"][status.to_string()]["content"]["application/json"]["schema"];
        assert!(schema.is_object(), "no schema for {method} {path} {status}");
        let schema = json!({"allOf": [schema], "components": self.0["components"]});
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        // The real service answers null where there is no page, against its own schema.
        let mut answer = answer.clone();
        if let Some(members) = answer.as_object_mut() {
            members.retain(|name, value| {
                !(value.is_null() && (name.ends_with("_page_uri") || null.contains(&&**name)))
            });
        }
        let errors: Vec<String> = validator
            .iter_errors(&answer)
            .map(|e| format!("{} at {}", e, e.instance_path))
            .collect();
        assert!(errors.is_empty(), "{method} {path}: {errors:#?}\n{answer:#}");
    }
}

const ACCOUNT: &str = "/2010-04-01/Accounts/{AccountSid}";

#[tokio::test]
async fn rest_answers_fit() {
    let carrier = Carrier::new();
    let path = |rest: &str| format!("{ACCOUNT}{rest}");
    let sim = support::start().await;
    let agent = agent::start(sim.running.auth_token()).await;

    let accounts = sim.url("/2010-04-01/Accounts.json");
    let (status, sub) = sim.post(&accounts, &[("FriendlyName", "Acme")]).await;
    carrier.check("/2010-04-01/Accounts.json", "post", status, &sub);
    let (status, list) = sim.get(&accounts).await;
    carrier.check("/2010-04-01/Accounts.json", "get", status, &list);
    let (status, own) = sim.get(&sim.account(".json")).await;
    carrier.check("/2010-04-01/Accounts/{Sid}.json", "get", status, &own);

    for (country, kind) in [
        ("US", "Local"),
        ("GB", "Local"),
        ("IN", "Local"),
        ("US", "TollFree"),
        ("GB", "Mobile"),
    ] {
        let (status, found) = sim
            .get(&sim.account(&format!(
                "/AvailablePhoneNumbers/{country}/{kind}.json?PageSize=3"
            )))
            .await;
        let at = path(&format!("/AvailablePhoneNumbers/{{CountryCode}}/{kind}.json"));
        carrier.check(&at, "get", status, &found);
    }
    let numbers = sim.account("/IncomingPhoneNumbers.json");
    let (status, number) = sim.post(&numbers, &[("AreaCode", "512")]).await;
    carrier.check(&path("/IncomingPhoneNumbers.json"), "post", status, &number);
    let one = sim.account(&format!(
        "/IncomingPhoneNumbers/{}.json",
        number["sid"].as_str().unwrap()
    ));
    let (status, number) = sim.get(&one).await;
    carrier.check(&path("/IncomingPhoneNumbers/{Sid}.json"), "get", status, &number);
    let (status, number) = sim.post(&one, &[("FriendlyName", "Desk")]).await;
    carrier.check(&path("/IncomingPhoneNumbers/{Sid}.json"), "post", status, &number);
    let (status, list) = sim.get(&numbers).await;
    carrier.check(&path("/IncomingPhoneNumbers.json"), "get", status, &list);

    let from = number["phone_number"].as_str().unwrap();
    let voice = format!("{}/voice", agent.url());
    agent.lay("/voice", "<Response><Say>Hi.</Say></Response>");
    let form = [("To", "+14155550160"), ("From", from), ("Url", &voice)];
    let (status, call) = sim.post(&sim.account("/Calls.json"), &form).await;
    carrier.check(&path("/Calls.json"), "post", status, &call);
    let sid = call["sid"].as_str().unwrap();
    sim.finished(sid).await;
    let (status, call) = sim.get(&sim.account(&format!("/Calls/{sid}.json"))).await;
    carrier.check(&path("/Calls/{Sid}.json"), "get", status, &call);
    let (status, list) = sim.get(&sim.account("/Calls.json")).await;
    carrier.check(&path("/Calls.json"), "get", status, &list);

    let form = [("To", "+14155550160"), ("From", from), ("Body", "Hi")];
    let (status, message) = sim.post(&sim.account("/Messages.json"), &form).await;
    carrier.check(&path("/Messages.json"), "post", status, &message);
    let (status, list) = sim.get(&sim.account("/Messages.json")).await;
    carrier.check(&path("/Messages.json"), "get", status, &list);
    let (status, list) = sim.get(&sim.account("/Recordings.json")).await;
    carrier.check(&path("/Recordings.json"), "get", status, &list);
    let (status, balance) = sim.get(&sim.account("/Balance.json")).await;
    carrier.check(&path("/Balance.json"), "get", status, &balance);
}

#[tokio::test]
async fn answers_about_conferences_and_recordings_fit() {
    let carrier = Carrier::new();
    let path = |rest: &str| format!("{ACCOUNT}{rest}");
    let sim = support::start().await;
    let agent = agent::start(sim.running.auth_token()).await;
    let from = sim.buy(&agent.url()).await;
    sim.telephone(json!({"number": "+14155550160", "answerer": "person"}))
        .await;

    let rooms = sim.account("/Conferences/desk/Participants.json");
    let form = [
        ("To", "+14155550160"),
        ("From", &*from),
        ("Label", "agent"),
        ("Record", "true"),
    ];
    let (status, participant) = sim.post(&rooms, &form).await;
    let at = path("/Conferences/{ConferenceSid}/Participants.json");
    carrier.check(&at, "post", status, &participant);
    let (status, list) = sim.get(&rooms).await;
    carrier.check(&at, "get", status, &list);
    let (room, call) = (
        participant["conference_sid"].as_str().unwrap(),
        participant["call_sid"].as_str().unwrap(),
    );
    let one = sim.account(&format!("/Conferences/{room}/Participants/{call}.json"));
    let at = path("/Conferences/{ConferenceSid}/Participants/{CallSid}.json");
    let (status, view) = sim.get(&one).await;
    carrier.check(&at, "get", status, &view);
    let (status, view) = sim.post(&one, &[("Hold", "true")]).await;
    carrier.check(&at, "post", status, &view);

    let recordings = sim.account(&format!("/Calls/{call}/Recordings.json"));
    let at = path("/Calls/{CallSid}/Recordings.json");
    let list = support::until("a recording", async || {
        let (_, list) = sim.get(&recordings).await;
        (!list["recordings"].as_array()?.is_empty()).then_some(list)
    })
    .await;
    carrier.check(&at, "get", 200, &list);
    let (status, started) = sim.post(&recordings, &[("RecordingChannels", "dual")]).await;
    carrier.check(&at, "post", status, &started);
    let sid = started["sid"].as_str().unwrap();
    let at = path("/Calls/{CallSid}/Recordings/{Sid}.json");
    let one = sim.account(&format!("/Calls/{call}/Recordings/{sid}.json"));
    let (status, view) = sim.post(&one, &[("Status", "stopped")]).await;
    carrier.check(&at, "post", status, &view);
    let (status, view) = sim.get(&one).await;
    carrier.check(&at, "get", status, &view);
    let (status, view) = sim.get(&sim.account(&format!("/Recordings/{sid}.json"))).await;
    carrier.check(&path("/Recordings/{Sid}.json"), "get", status, &view);
    let (status, list) = sim.get(&sim.account("/Recordings.json?PageSize=1")).await;
    carrier.check(&path("/Recordings.json"), "get", status, &list);
    assert!(list["next_page_uri"].is_string());

    let conference = sim.account(&format!("/Conferences/{room}.json"));
    let at = path("/Conferences/{Sid}.json");
    let (status, view) = sim.get(&conference).await;
    carrier.check_with(&at, "get", status, &view, &["reason_conference_ended"]);
    let (status, view) = sim.post(&conference, &[("Status", "completed")]).await;
    carrier.check(&at, "post", status, &view);
    let (status, list) = sim.get(&sim.account("/Conferences.json")).await;
    carrier.check(&path("/Conferences.json"), "get", status, &list);
    let (status, list) = sim
        .get(&sim.account(&format!("/Conferences/{room}/Recordings.json")))
        .await;
    carrier.check(
        &path("/Conferences/{ConferenceSid}/Recordings.json"),
        "get",
        status,
        &list,
    );
    sim.finished(call).await;
    let (status, view) = sim.get(&sim.account(&format!("/Calls/{call}.json"))).await;
    carrier.check(&path("/Calls/{Sid}.json"), "get", status, &view);
}

#[tokio::test]
async fn chat_answers_fit() {
    let sim = support::start().await;
    let (request, whole, chunk, error) = (
        chat("CreateChatCompletionRequest"),
        chat("CreateChatCompletionResponse"),
        chat("CreateChatCompletionStreamResponse"),
        chat("ErrorResponse"),
    );
    let mut body =
        json!({"model": "gpt-6-luna", "messages": [{"role": "user", "content": "I want a person"}]});
    assert!(request.is_valid(&body));
    let (_, answer) = sim.chat(&body).await;
    assert!(whole.is_valid(&answer), "{answer:#}");
    body["stream"] = json!(true);
    for usage in [false, true] {
        body["stream_options"] = json!({"include_usage": usage});
        let (chunks, _) = stream(&sim, &body).await;
        assert!(chunks.len() > 5);
        for sent in &chunks {
            let errors: Vec<String> = chunk.iter_errors(sent).map(|e| e.to_string()).collect();
            assert!(errors.is_empty(), "{errors:?}\n{sent:#}");
        }
    }
    for bad in [
        json!({}),
        json!([]),
        json!({"model": "m", "messages": 1}),
        json!({"model": "no-such", "messages": body["messages"]}),
    ] {
        let (status, answer) = sim.chat(&bad).await;
        assert!((400..500).contains(&status));
        assert!(error.is_valid(&answer), "{answer:#}");
    }
}

#[tokio::test]
async fn valid_samples_are_accepted_and_invalid_requests_refused() {
    let sim = support::start().await;
    let samples = spec("samples/openai_chat.samples.json");
    for sample in samples["valid"].as_array().unwrap() {
        if sample["direction"] == "CreateChatCompletionRequest" {
            let (status, answer) = sim.chat(&sample["event"]).await;
            assert_eq!(status, 200, "{answer}");
        }
    }
    for sample in samples["invalid"].as_array().unwrap() {
        if sample["direction"] == "CreateChatCompletionRequest" {
            let (status, _) = sim.chat(&sample["event"]).await;
            assert_eq!(status, 400, "{}", sample["why"]);
        }
    }
}
