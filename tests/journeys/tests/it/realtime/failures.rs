//! A speech model that fails at each stage: the caller always hears something, and every step is an event with a
//! reason.

use std::sync::Arc;
use std::time::Duration;

use phony_journeys::{Product, SpeechLine, Spoken};
use serde_json::{Value, json};

use super::{asks, check, hears};

super::journeys!(failures_of_replies: replies_that_fail, a_reply_that_fails_for_good);

super::journeys!(failures_of_the_start:
    a_model_that_refuses_us,
    a_bad_key,
    a_model_that_is_busy_for_a_moment,
    a_session_that_gets_no_settings_once,
    a_session_that_never_gets_settings,
);

super::journeys!(failures_of_the_socket:
    a_socket_that_breaks_in_the_middle_of_an_answer,
    a_socket_that_is_closed_in_the_middle_of_an_answer,
    half_a_frame_in_the_middle_of_an_answer,
    a_session_that_expires_in_the_middle_of_an_answer,
    a_model_that_falls_silent_in_the_middle_of_an_answer,
    a_dead_line_to_the_model,
    odd_events_disturb_nobody,
);

const STORY: &str = "First we look at your order in the system. Then we check the stock in every warehouse. \
                     After that we call the courier. Finally we send you a message with the delivery day.";
const GREETING: &str = "Hello, this is Maya.";

/// Each at a line of its own of one product: what goes wrong is bound to the caller's words.
async fn replies_that_fail() {
    let product = Arc::new(Product::start_at_speed(1.0).await);
    let cases: [(&str, Value, &[&str]); 7] = [
        (
            "failed",
            json!({ "kind": "response_failed", "times": 2 }),
            &["model_failed", "model_failed"],
        ),
        ("empty", json!({ "kind": "empty_response" }), &["model_failed"]),
        (
            "cancelled",
            json!({ "kind": "response_cancelled" }),
            &["model_failed"],
        ),
        (
            "stalled",
            json!({ "kind": "response_stalls" }),
            &["engine_reconnecting", "model_failed"],
        ),
        ("slow", json!({ "kind": "slow_first_audio", "ms": 3_000 }), &[]),
        ("unwritten", json!({ "kind": "no_transcription" }), &[]),
        ("late", json!({ "kind": "slow_transcription", "ms": 3_000 }), &[]),
    ];
    let mut calls = Vec::new();
    for (name, fault, warnings) in cases {
        let line = SpeechLine::at(&product, json!({})).await;
        let said = format!("The {name} bicycle, please.");
        let reply = format!("The {name} bicycle is in the shop, and we keep it for you until Monday.");
        line.teach(&[(&format!("{name} bicycle"), &reply)]).await;
        let mut fault = fault;
        fault["target"] = json!("realtime");
        fault["match"] = json!(said);
        line.fault(fault).await;
        let caller = line.ring(asks(&said, "Monday.")).await;
        calls.push((name, line, caller, reply, warnings));
    }
    for (name, line, caller, reply, warnings) in calls {
        let spoken = line.finished(&caller).await;
        check::protocols(&spoken);
        let heard = spoken.heard_text();
        assert!(
            heard.starts_with(GREETING) && heard.ends_with(&reply),
            "{name}: {spoken}"
        );
        let mut told = spoken.warnings();
        told.sort_unstable();
        assert_eq!(told, warnings, "{name}: {spoken}");
        assert_eq!(spoken.call["ended_reason"], "caller_hangup", "{name}");
    }
}

/// The call goes on with the relay engine and knows what was said before.
async fn goes_on_with_relay(line: &SpeechLine, spoken: &Spoken) {
    let warnings = spoken.warnings();
    for code in ["engine_failed", "engine_switched"] {
        assert!(warnings.contains(&code), "{code}: {spoken}");
    }
    let failed = spoken.of_kind("warning");
    assert!(
        failed
            .iter()
            .all(|warning| warning["detail"].as_str().is_some_and(|why| why.len() > 10))
    );
    let heard = spoken.heard();
    assert!(
        heard.iter().any(|words| words.contains("One moment please")),
        "{spoken}"
    );
    assert!(
        spoken.heard_text().ends_with("A bell costs five dollars."),
        "{spoken}"
    );
    assert!(
        spoken.report["twiml"].to_string().contains("<ConversationRelay"),
        "{spoken}"
    );
    assert_eq!(spoken.call["ended_reason"], "caller_hangup", "{spoken}");
    let requests = line.sim("GET", "/sim/requests", &json!({})).await;
    assert!(requests.text.contains("What does a bell cost?"));
}

/// What a caller does whose first engine may fail: asks once it is quiet again.
fn asks_for_a_bell() -> Value {
    json!([hears("One moment please"), { "wait_ms": 4_000 }, { "say": "What does a bell cost?" }, hears("dollars."), { "wait_ms": 500 }, { "hangup": true }])
}

async fn a_reply_that_fails_for_good() {
    let line = SpeechLine::start(json!({})).await;
    line.teach(&[("bell", "A bell costs five dollars.")]).await;
    line.fault(
        json!({ "target": "realtime", "kind": "response_failed", "times": null, "match": "red bicycle" }),
    )
    .await;
    let mut script = json!([hears("Maya."), { "say": "I want a red bicycle." }]);
    script
        .as_array_mut()
        .unwrap()
        .extend(asks_for_a_bell().as_array().unwrap().clone());
    let caller = line.ring(script).await;
    let spoken = line.finished(&caller).await;
    check::protocols(&spoken);
    goes_on_with_relay(&line, &spoken).await;
    let requests = line.sim("GET", "/sim/requests", &json!({})).await;
    assert!(
        requests.text.contains("I want a red bicycle."),
        "forgotten: {}",
        requests.text
    );
    assert!(spoken.heard_text().starts_with(GREETING));
}

async fn without_a_session(fault: Value, within: Duration) {
    let line = SpeechLine::start(json!({})).await;
    line.teach(&[("bell", "A bell costs five dollars.")]).await;
    line.fault(fault).await;
    let caller = line.ring(asks_for_a_bell()).await;
    let spoken = line.finished(&caller).await;
    check::protocols(&spoken);
    goes_on_with_relay(&line, &spoken).await;
    let first = spoken.report["heard"][0]["at_ms"].as_u64().unwrap();
    assert!(
        u128::from(first) < within.as_millis(),
        "the first word came after {first} ms: {spoken}"
    );
}

async fn a_model_that_refuses_us() {
    let fault = json!({ "target": "realtime", "kind": "forbidden", "times": null });
    without_a_session(fault, Duration::from_secs(6)).await;
}

async fn a_bad_key() {
    let fault = json!({ "target": "realtime", "kind": "invalid_key", "times": null });
    without_a_session(fault, Duration::from_secs(6)).await;
}

async fn a_session_that_never_gets_settings() {
    let fault = json!({ "target": "realtime", "kind": "never_updated", "times": null });
    without_a_session(fault, Duration::from_secs(12)).await;
}

async fn starts_late(fault: Value) -> Spoken {
    let line = SpeechLine::start(json!({})).await;
    line.fault(fault).await;
    let caller = line
        .ring(json!([hears("Maya."), { "wait_ms": 500 }, { "hangup": true }]))
        .await;
    let spoken = line.finished(&caller).await;
    check::protocols(&spoken);
    check::heard(&spoken, &[GREETING]);
    assert_eq!(spoken.call["ended_reason"], "caller_hangup");
    spoken
}

async fn a_model_that_is_busy_for_a_moment() {
    starts_late(json!({ "target": "realtime", "kind": "rate_limited", "retry_after_s": 1 })).await;
}

async fn a_session_that_gets_no_settings_once() {
    starts_late(json!({ "target": "realtime", "kind": "never_updated" })).await;
}

/// Something happens while the caller hears a long answer that the model is still making.
async fn in_the_story(fault: Value) -> Spoken {
    let line = SpeechLine::start(json!({})).await;
    line.sim("PUT", "/sim/realtime/settings", &json!({ "audio_speed": 1.3 }))
        .await;
    line.teach(&[("delivery", "In short, the courier comes on Friday.")])
        .await;
    let once = json!([{ "when_contains": "delivery", "reply": STORY, "times": 1 }]);
    line.sim("POST", "/sim/model/rules", &once).await;
    let caller = line.ring(asks("Tell me about the delivery.", "Friday.")).await;
    caller.hears("order").await;
    line.fault(fault).await;
    let spoken = line.finished(&caller).await;
    check::protocols(&spoken);
    spoken
}

/// The session was lost, another one knew the talk, and the caller got an answer soon.
fn came_back(spoken: &Spoken, within_ms: u64) {
    let heard = spoken.heard_text();
    let rest = heard.strip_prefix(GREETING).unwrap().trim_start();
    let story = rest.strip_suffix("In short, the courier comes on Friday.");
    let story = story.unwrap_or_else(|| panic!("{spoken}")).trim_end();
    assert!(STORY.starts_with(story) && story.len() < STORY.len(), "{spoken}");
    assert!(spoken.longest_silence_ms() < within_ms, "{spoken}");
    assert!(spoken.warnings().contains(&"engine_reconnecting"), "{spoken}");
    assert_eq!(spoken.sessions.len(), 2, "{spoken}");
    let told = spoken.sessions[1]["received"].to_string();
    for part in [
        "Tell me about the delivery.",
        "First we look at your order",
        GREETING,
    ] {
        assert!(told.contains(part), "{part} was not told: {spoken}");
    }
    let unheard = !spoken.heard_text().contains("Finally");
    assert!(
        !(unheard && told.contains("Finally we send")),
        "told what nobody heard: {spoken}"
    );
    assert_eq!(spoken.call["ended_reason"], "caller_hangup", "{spoken}");
}

async fn a_socket_that_breaks_in_the_middle_of_an_answer() {
    came_back(
        &in_the_story(json!({ "target": "realtime", "kind": "drop" })).await,
        6_000,
    );
}

async fn a_socket_that_is_closed_in_the_middle_of_an_answer() {
    came_back(
        &in_the_story(json!({ "target": "realtime", "kind": "close", "close": 1011 })).await,
        6_000,
    );
}

async fn half_a_frame_in_the_middle_of_an_answer() {
    came_back(
        &in_the_story(json!({ "target": "realtime", "kind": "half_frame" })).await,
        6_000,
    );
}

async fn a_session_that_expires_in_the_middle_of_an_answer() {
    came_back(
        &in_the_story(json!({ "target": "realtime", "kind": "session_expired" })).await,
        6_000,
    );
}

async fn a_model_that_falls_silent_in_the_middle_of_an_answer() {
    came_back(
        &in_the_story(json!({ "target": "realtime", "kind": "mute" })).await,
        11_000,
    );
}

async fn a_dead_line_to_the_model() {
    came_back(
        &in_the_story(json!({ "target": "realtime", "kind": "half_open" })).await,
        11_000,
    );
}

async fn odd_events_disturb_nobody() {
    let line = SpeechLine::start(json!({})).await;
    line.teach(&[("delivery", STORY)]).await;
    for fault in [
        json!({ "kind": "unknown_event" }),
        json!({ "kind": "malformed" }),
        json!({ "kind": "malformed", "reason": "{\"type\":\"response.done\",\"response\":7}" }),
        json!({ "kind": "malformed", "reason": "{\"type\":\"input_audio_buffer.speech_started\"}" }),
        json!({ "kind": "malformed", "reason": "[]" }),
        json!({ "kind": "binary" }),
        json!({ "kind": "error_event" }),
        json!({ "kind": "error_event", "code": "something_new", "reason": "What is this?" }),
        json!({ "kind": "error_event", "code": "response_cancel_not_active" }),
        json!({ "kind": "error_event", "code": "conversation_already_has_active_response" }),
    ] {
        let mut fault = fault;
        fault["target"] = json!("realtime");
        fault["after_events"] = json!(12);
        line.fault(fault).await;
    }
    let caller = line.ring(asks("Tell me about the delivery.", "day.")).await;
    let spoken = line.finished(&caller).await;
    check::protocols(&spoken);
    check::whole_sound(&spoken);
    check::heard(&spoken, &[GREETING, STORY]);
    assert_eq!(spoken.sessions.len(), 1);
    assert_eq!(
        spoken.sessions[0]["faults"].as_array().unwrap().len(),
        10,
        "{spoken}"
    );
    assert_eq!(spoken.warnings(), [""; 0], "{spoken}");
}
