//! Talks where nothing goes wrong.

use std::sync::Arc;

use phony_journeys::{LiveSocket, Product, SpeechLine};
use serde_json::{Value, json};

use super::{check, hears};

super::journeys!(talks:
    a_caller_is_greeted_answered_twice_and_billed,
    keys_are_told_to_the_model_and_answered,
    the_agent_hangs_up_once_its_goodbye_was_heard,
    the_agent_hands_the_caller_over,
    a_caller_who_hangs_up_in_the_middle_of_a_sentence,
    a_caller_who_speaks_first,
    a_greeting_of_the_models_own,
);

/// The number of a colleague.
const BILLING: &str = "+14155550134";

async fn a_caller_is_greeted_answered_twice_and_billed() {
    let line = SpeechLine::start(json!({})).await;
    line.teach(&[
        ("opening hours", "We open at nine and close at six."),
        ("Sunday", "On Sunday we are closed."),
    ])
    .await;
    let mut wall = LiveSocket::open(&line.product.url, &line.tenant.admin).await;
    wall.send(&json!({ "op": "subscribe", "topic": "calls" })).await;
    let caller = line
        .ring(json!([
            hears("Maya."),
            { "say": "What are your opening hours?" },
            hears("six."),
            { "say": "And on Sunday?" },
            hears("closed."),
            { "wait_ms": 700 },
            { "hangup": true }
        ]))
        .await;
    let live = wall
        .wait_for("the call on the wall", |frame| {
            frame["event"] == "call.state" && frame["data"]["status"] == "in_progress"
        })
        .await;
    assert_eq!(live["call_sid"], caller.call_sid.as_str());
    let id = live["id"].as_str().unwrap();
    wall.send(&json!({ "op": "subscribe", "topic": "call", "id": id }))
        .await;
    let spoken = line.finished(&caller).await;
    check::protocols(&spoken);
    check::whole_sound(&spoken);
    let words = [
        "Hello, this is Maya.",
        "We open at nine and close at six.",
        "On Sunday we are closed.",
    ];
    check::heard(&spoken, &words);
    assert_eq!(
        spoken.said(),
        [
            ("agent", words[0]),
            ("caller", "What are your opening hours?"),
            ("agent", words[1]),
            ("caller", "And on Sunday?"),
            ("agent", words[2]),
        ]
    );
    for line in spoken.of_kind("speech") {
        assert!(
            line["speaker"] == "caller" || line["heard"] == line["text"],
            "{line:#}"
        );
    }
    assert_eq!(spoken.warnings(), [""; 0]);
    let ended = (&spoken.call["ended_reason"], &spoken.call["ended_by"]);
    assert_eq!(ended, (&json!("caller_hangup"), &json!("caller")));
    assert_eq!(spoken.call["engine"], "realtime");

    // From the end of the question to the answer: what the model takes to be sure and to think, and little more.
    let asked = spoken.times("caller_voice_ended")[0];
    let answered = spoken.words().iter().find(|(_, word)| *word == "We").unwrap().0;
    assert!((500..3_000).contains(&(answered - asked)), "{spoken}");

    let usage = line.tenant.admin.get("/v1/usage").await.expect(200);
    let used = |sku: &str| -> u64 {
        let rows = usage["data"].as_array().unwrap().iter();
        let mut rows = rows.filter(|row| row["sku"] == sku);
        rows.next().map_or(0, |row| row["quantity"].as_u64().unwrap())
    };
    let told = |path: &dyn Fn(&Value) -> u64| -> u64 {
        let responses = spoken.sessions[0]["responses"].as_array().unwrap();
        responses.iter().map(|response| path(&response["usage"])).sum()
    };
    let detail = |usage: &Value, side: &str, kind: &str| usage[side][kind].as_u64().unwrap();
    assert_eq!(
        used("openai.gpt-realtime-2.1.audio_out"),
        told(&|usage| detail(usage, "output_token_details", "audio_tokens"))
    );
    assert_eq!(
        used("openai.gpt-realtime-2.1.audio_in") + used("openai.gpt-realtime-2.1.audio_in_cached"),
        told(&|usage| detail(usage, "input_token_details", "audio_tokens"))
    );
    assert_eq!(
        used("openai.gpt-realtime-2.1.text_in") + used("openai.gpt-realtime-2.1.text_in_cached"),
        told(&|usage| detail(usage, "input_token_details", "text_tokens"))
    );
    assert!(
        used("stt.gpt-transcribe.second") >= 2
            && used("twilio.inbound_minute") == 1
            && used("twilio.stream_minute") == 1,
        "{}",
        usage.text
    );
    wall.wait_for("the end on the wall", |frame| {
        frame["event"] == "call.state" && frame["data"]["status"] == "ended"
    })
    .await;
    for state in ["greeting", "listening", "thinking", "speaking"] {
        let is_state =
            |frame: &Value| frame["event"] == "conversation.state" && frame["data"]["state"] == state;
        assert!(wall.seen.iter().any(is_state), "{state} was not seen");
    }
    let mut turns = wall.seen.iter().filter(|frame| frame["event"] == "latency.turn");
    assert!(turns.all(|frame| frame["data"]["total_ms"].as_u64().unwrap() > 300));
}

async fn keys_are_told_to_the_model_and_answered() {
    let line = SpeechLine::start(json!({})).await;
    line.teach(&[("presses the keys 42", "Thank you, order forty two is ready.")])
        .await;
    let caller = line
        .ring(json!([
            hears("Maya."),
            { "press": "42#" },
            hears("ready."),
            { "wait_ms": 500 },
            { "hangup": true }
        ]))
        .await;
    let spoken = line.finished(&caller).await;
    check::protocols(&spoken);
    check::heard(
        &spoken,
        &["Hello, this is Maya.", "Thank you, order forty two is ready."],
    );
    let told = spoken.told("conversation.item.create");
    assert!(
        told.iter()
            .any(|event| event.to_string().contains("(presses the keys 42#)")),
        "{told:#?}"
    );
    let keys: Vec<&str> = spoken
        .of_kind("dtmf_received")
        .iter()
        .chain(&spoken.of_kind("dtmf"))
        .filter_map(|item| item["digit"].as_str().or(item["digits"].as_str()))
        .collect();
    assert_eq!(keys.concat(), "42#", "{:#?}", spoken.items);
}

async fn the_agent_hangs_up_once_its_goodbye_was_heard() {
    let line = SpeechLine::start(json!({})).await;
    let caller = line
        .ring(json!([hears("Maya."), { "say": "That was all, goodbye" }]))
        .await;
    let spoken = line.finished(&caller).await;
    check::protocols(&spoken);
    let heard = spoken.heard_text();
    assert!(
        heard.ends_with("Thank you for calling. Have a lovely day, goodbye."),
        "{spoken}"
    );
    assert_eq!(spoken.streams()[0]["unplayed_ms"], 0);
    assert_eq!(spoken.streams()[0]["close_code"], 1000);
    let ended = (&spoken.call["ended_reason"], &spoken.call["ended_by"]);
    assert_eq!(ended, (&json!("agent_hangup"), &json!("agent")));
    assert!(spoken.report["twiml"].to_string().contains("<Hangup/>"));
}

async fn the_agent_hands_the_caller_over() {
    let targets = json!([{ "alias": "billing", "e164": BILLING }]);
    let line = SpeechLine::start(json!({ "transfer_targets": targets })).await;
    let target = json!({ "number": BILLING, "outcome": "answer", "ring_ms": 300, "says": "Billing here.", "talk_ms": 1_000 });
    line.sim("POST", "/sim/targets", &target).await;
    let caller = line
        .ring(json!([hears("Maya."), { "say": "I want to talk to a person, please." }]))
        .await;
    let spoken = line.finished(&caller).await;
    check::protocols(&spoken);
    let heard = spoken.heard_text();
    assert!(
        heard.contains("Of course, I will connect you with billing now."),
        "{spoken}"
    );
    assert!(heard.contains("Billing here."), "{spoken}");
    assert_eq!(spoken.call["ended_reason"], "transfer_completed", "{spoken}");
    let steps: Vec<&str> = spoken
        .of_kind("transfer")
        .iter()
        .filter_map(|step| step["status"].as_str())
        .collect();
    assert!(!steps.is_empty(), "{:#?}", spoken.items);
}

async fn a_caller_who_hangs_up_in_the_middle_of_a_sentence() {
    let line = SpeechLine::start(json!({})).await;
    let caller = line
        .ring(json!([
            hears("Maya."),
            { "say": "Tell me a story, please." },
            hears("small"),
            { "hangup": true }
        ]))
        .await;
    let spoken = line.finished(&caller).await;
    check::protocols(&spoken);
    let story = *spoken.of_kind("speech").last().unwrap();
    assert_eq!(story["interrupted"], true, "{story:#}");
    let (heard, text) = (story["heard"].as_str().unwrap(), story["text"].as_str().unwrap());
    assert!(text.starts_with(heard) && heard.len() < text.len(), "{story:#}");
    assert!(heard.contains("began as"), "{story:#}");
    assert_eq!(spoken.call["ended_reason"], "caller_hangup");
    assert_eq!(
        spoken.sessions[0]["closed"]["by"], "client",
        "an abandoned session costs"
    );
}

async fn a_caller_who_speaks_first() {
    let product = Arc::new(Product::start_at_speed(1.0).await);
    let line = SpeechLine::at(&product, json!({ "greeting_policy": "caller_first" })).await;
    line.teach(&[("anybody there", "Yes, Maya is listening.")]).await;
    let caller = line
        .ring(json!([
            { "say": "Is anybody there?", "at_once": true },
            hears("listening."),
            { "wait_ms": 500 },
            { "hangup": true }
        ]))
        .await;
    let spoken = line.finished(&caller).await;
    check::protocols(&spoken);
    check::heard(&spoken, &["Yes, Maya is listening."]);
    assert_eq!(
        spoken.said(),
        [
            ("caller", "Is anybody there?"),
            ("agent", "Yes, Maya is listening.")
        ]
    );
}

async fn a_greeting_of_the_models_own() {
    let line = SpeechLine::start(json!({ "greeting_policy": "generated" })).await;
    let reply = json!([{ "output": [{ "say": "Good day from the bicycle shop." }] }]);
    line.sim("POST", "/sim/realtime/replies", &reply).await;
    let caller = line
        .ring(json!([hears("shop."), { "wait_ms": 500 }, { "hangup": true }]))
        .await;
    let spoken = line.finished(&caller).await;
    check::protocols(&spoken);
    check::heard(&spoken, &["Good day from the bicycle shop."]);
    let told = spoken.told("conversation.item.create");
    assert!(told[0].to_string().contains("Greet them"), "{told:#?}");
}
