//! Engines as a company and its carrier see them: what may be chosen and what it cannot do, what the carrier is
//! told, and callers who cannot be taken.

use std::sync::atomic::Ordering;

use phony_journeys::{Product, Tenant};
use serde_json::{Value, json};

use crate::carrier::{Carrier, form, new_sid};

/// A company with a number, and the carrier.
struct Line {
    product: Product,
    acme: Tenant,
    carrier: Carrier,
    to: String,
    number: String,
}

impl Line {
    async fn new() -> Self {
        let product = Product::start().await;
        let acme = product.tenant("acme").await;
        let number = product.buy_number(&acme).await;
        let carrier = Carrier::of(&product);
        Self {
            to: number["e164"].as_str().unwrap().to_owned(),
            number: format!("/v1/numbers/{}", number["id"].as_str().unwrap()),
            product,
            acme,
            carrier,
        }
    }

    async fn set(&self, change: Value) -> Value {
        self.acme
            .admin
            .patch(&self.number, &change)
            .await
            .expect(200)
            .json
    }

    async fn ring(&self, sid: &str) -> String {
        let body = self.carrier.voice(sid, &self.to);
        self.carrier.post("/twilio/voice", &body).await.expect(200).text
    }

    async fn call(&self, sid: &str) -> Value {
        let path = format!("/v1/calls/{sid}");
        self.acme.admin.get(&path).await.expect(200).json
    }
}

#[tokio::test]
async fn each_engine_has_its_instructions_and_a_safe_order_behind_them() {
    let line = Line::new().await;
    let next = format!("{}/twilio/continue", line.product.url);
    let sockets = line.carrier.socket_base();
    for (engine, parts) in [
        (
            "relay",
            vec![
                format!("<Connect action=\"{next}\""),
                format!("<ConversationRelay url=\"{sockets}/twilio/relay\""),
                format!("</Connect><Redirect method=\"POST\">{next}</Redirect>"),
            ],
        ),
        (
            "realtime",
            vec![
                format!("<Connect action=\"{next}\""),
                format!("<Stream url=\"{sockets}/twilio/stream\""),
                format!("statusCallback=\"{}/twilio/stream_status\"", line.product.url),
                "<Parameter name=\"token\" value=\"".to_owned(),
                format!("</Connect><Redirect method=\"POST\">{next}</Redirect>"),
            ],
        ),
        ("gather", vec!["/twilio/gather".to_owned()]),
    ] {
        let set = line.set(json!({ "engine": engine })).await;
        assert_eq!(set["engine"], engine);
        let twiml = line.ring(&new_sid()).await;
        for part in parts {
            assert!(twiml.contains(&part), "{part} is not in {twiml}");
        }
    }
    let refused = line
        .acme
        .admin
        .patch(&line.number, &json!({ "engine": "pipeline" }))
        .await;
    let problem = refused.expect_problem(422, "validation_failed");
    assert_eq!(problem["errors"][0]["code"], "engine_unavailable");
}

#[tokio::test]
async fn an_instance_that_is_emptied_turns_callers_away_politely() {
    let line = Line::new().await;
    let sid = new_sid();
    let before = line.ring(&sid).await;
    assert!(before.contains("<Connect"), "{before}");
    line.product.app.draining.store(true, Ordering::Relaxed);
    let known = line.ring(&sid).await;
    assert!(known.contains("<Connect"), "it was let in before: {known}");
    let refused = new_sid();
    let busy = line.ring(&refused).await;
    assert!(
        busy.contains("<Say>All our lines are busy") && busy.contains("<Hangup/>"),
        "{busy}"
    );
    let kept = line.call(&refused).await;
    assert_eq!(
        (&kept["status"], &kept["ended_reason"]),
        (&json!("ended"), &json!("platform_error"))
    );

    let set = line
        .set(json!({ "busy_message": "Please stay on the line.", "overflow_e164": "+1 415 555 0188" }))
        .await;
    assert_eq!(set["overflow_e164"], "+14155550188");
    let sent_on = line.ring(&new_sid()).await;
    for part in [
        "Please stay on the line.</Say>",
        "voice=\"Google.en-US-",
        "<Number>+14155550188</Number>",
        "/twilio/dial\"",
    ] {
        assert!(sent_on.contains(part), "{part} is not in {sent_on}");
    }
    let cleared = line.set(json!({ "busy_message": "", "overflow_e164": "" })).await;
    assert_eq!(cleared["overflow_e164"], Value::Null);
}

#[tokio::test]
async fn what_is_said_of_another_account_is_refused_with_the_best_signature() {
    let line = Line::new().await;
    let sid = new_sid();
    let _ = line.ring(&sid).await;
    let foreign = form(&[
        ("CallSid", &sid),
        ("AccountSid", "AC99999999999999999999999999999999"),
        ("From", "+14155550177"),
        ("To", &line.to),
        ("CallStatus", "completed"),
        ("DialCallStatus", "completed"),
        ("StreamEvent", "stream-error"),
        ("StreamSid", "MZ1"),
    ]);
    for path in [
        "/twilio/voice",
        "/twilio/status",
        "/twilio/continue",
        "/twilio/dial",
        "/twilio/stream_status",
    ] {
        let answer = line.carrier.post(path, &foreign).await;
        let _ = answer.expect_problem(403, "foreign_account");
    }
    assert_eq!(line.call(&sid).await["status"], "ringing");
}

#[tokio::test]
async fn why_a_stream_failed_stands_in_the_calls_ledger() {
    let line = Line::new().await;
    let _ = line.set(json!({ "engine": "realtime" })).await;
    let sid = new_sid();
    let _ = line.ring(&sid).await;
    let account = line.product.simulator.account_sid().to_owned();
    for (event, error) in [
        ("stream-started", ""),
        ("stream-error", "31920 - WebSocket handshake failed"),
        ("something-new", ""),
    ] {
        let news = form(&[
            ("CallSid", &sid),
            ("AccountSid", &account),
            ("StreamSid", "MZ00000000000000000000000000000001"),
            ("StreamName", "x"),
            ("StreamEvent", event),
            ("StreamError", error),
            ("Timestamp", "2026-11-21T12:00:00.000Z"),
        ]);
        let _ = line
            .carrier
            .post("/twilio/stream_status", &news)
            .await
            .expect(204);
    }
    let path = format!("/v1/calls/{sid}/items");
    let items = line.acme.admin.get(&path).await.expect(200);
    let items = items["data"].as_array().unwrap();
    assert_eq!(items.len(), 1, "{items:?}");
    let text = items[0].to_string();
    assert!(text.contains("stream_error") && text.contains("31920"), "{text}");

    // The carrier asks what now: the call gets another try.
    let again = line.carrier.session_over(&sid, &line.to, "failed");
    let again = line
        .carrier
        .post("/twilio/continue", &again)
        .await
        .expect(200)
        .text;
    assert!(again.contains("<Stream "), "{again}");
}

#[tokio::test]
async fn a_company_sees_what_an_engine_cannot_honour_before_its_callers_do() {
    let line = Line::new().await;
    line.product.upgrade(&line.acme).await;
    line.product.app.clock.advance(chrono::TimeDelta::seconds(6));
    let admin = &line.acme.admin;
    let body = json!({
        "name": "Nova", "voice": "nova", "system_prompt": "You answer the phone.", "greeting": "Hello!",
        "realtime": { "model": "gpt-realtime-2.1-mini", "speed": 1.1,
          "turn_detection": { "type": "semantic_vad", "eagerness": "high" } },
        "fallback": "gather",
    });
    let made = admin.post("/v1/personalities", &body).await.expect(201);
    assert_eq!(made["greeting_policy"], "agent_first");
    assert_eq!(made["realtime"]["noise_reduction"], "near_field");
    let engine = |made: &Value, name: &str| -> Value {
        let found = made["capabilities"].as_array().unwrap().iter();
        let mut found = found.filter(|found| found["engine"] == name);
        found.next().unwrap().clone()
    };
    let realtime = engine(&made.json, "realtime");
    assert_eq!(
        (&realtime["voice"], &realtime["notes"][0]["code"]),
        (&json!("coral"), &json!("voice_substituted"))
    );
    assert_eq!(realtime["notes"][0]["param"], "voice");
    let codes = engine(&made.json, "relay").to_string();
    for code in ["voice_substituted", "speed_ignored", "turn_detection_ignored"] {
        assert!(codes.contains(code), "{code} is not in {codes}");
    }
    assert_eq!(engine(&made.json, "pipeline")["available"], false);

    let id = made["id"].as_str().unwrap();
    let number = line
        .set(json!({ "personality_id": id, "engine": "realtime" }))
        .await;
    assert_eq!(number["capability"], realtime, "and where it is attached");

    let path = format!("/v1/personalities/{id}");
    let bad = json!({ "model": "gpt-99", "realtime": { "model": "gpt-4o-realtime-preview", "speed": 9.0 } });
    let problem = admin
        .patch(&path, &bad)
        .await
        .expect_problem(422, "validation_failed");
    let faults: Vec<(&str, &str)> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| (fault["param"].as_str().unwrap(), fault["code"].as_str().unwrap()))
        .collect();
    assert_eq!(
        faults,
        [
            ("model", "unknown_model"),
            ("realtime.model", "unknown_model"),
            ("realtime.speed", "out_of_range"),
        ]
    );
    let odd = json!({ "realtime": { "turn_detection": { "type": "server_vad", "idle": 1 } } });
    let problem = admin
        .patch(&path, &odd)
        .await
        .expect_problem(422, "validation_failed");
    assert!(
        problem.text.contains("idle"),
        "unknown fields are refused: {}",
        problem.text
    );

    let models = admin.get("/v1/models?purpose=speech").await.expect(200);
    let standard: Vec<&Value> = models["data"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|model| model["is_default"] == true)
        .map(|model| &model["name"])
        .collect();
    assert_eq!(standard, [&json!("gpt-realtime-2.1")]);
    let voices = admin.get("/v1/voices?language=hi-IN").await.expect(200);
    assert_eq!(voices["data"].as_array().unwrap().len(), 13);
    let _ = admin
        .get("/v1/voices?language=!")
        .await
        .expect_problem(422, "validation_failed");
}
