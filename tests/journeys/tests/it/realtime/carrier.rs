//! A line that fails, and sockets of people who are not the carrier.

use phony_journeys::{SpeechLine, Spoken};
use serde_json::{Value, json};

use super::{asks, check, hears};

super::journeys!(lines:
    a_line_that_breaks_in_the_middle_of_a_frame,
    a_carrier_that_sends_nothing_any_more,
    a_carrier_that_never_says_stop,
    marks_that_never_come_back,
    bursts_and_lost_packets,
    odd_messages_disturb_nobody,
    a_message_that_is_too_long,
    sockets_of_strangers,
);

const STORY: &str = "First we look at your order in the system. Then we check the stock in every warehouse. \
                     After that we call the courier. Finally we send you a message with the delivery day.";

async fn line() -> SpeechLine {
    let line = SpeechLine::start(json!({})).await;
    line.teach(&[
        ("name is Lee", "Nice to meet you, Lee."),
        ("delivery", STORY),
        ("bell", "A bell costs five dollars."),
    ])
    .await;
    line
}

/// What came after the line was lost: the caller was asked for patience, and everything before it was known.
fn came_back(spoken: &Spoken) {
    check::models(spoken);
    let heard = spoken.heard();
    assert_eq!(
        heard
            .iter()
            .filter(|words| words.contains("this is Maya"))
            .count(),
        1,
        "{spoken}"
    );
    assert!(
        heard.iter().any(|words| words.contains("we were cut off")),
        "{spoken}"
    );
    assert!(
        spoken.heard_text().ends_with("A bell costs five dollars."),
        "{spoken}"
    );
    assert_eq!(spoken.streams().len(), 2, "{spoken}");
    assert!(spoken.warnings().contains(&"connection_lost"), "{spoken}");
    let told = spoken.sessions.last().unwrap()["received"].to_string();
    for part in ["My name is Lee.", "Nice to meet"] {
        assert!(told.contains(part), "{part}: {spoken}");
    }
    assert_eq!(spoken.call["ended_reason"], "caller_hangup", "{spoken}");
}

async fn is_lost(fault: Value) -> Spoken {
    let line = line().await;
    let caller = line
        .ring(json!([
            hears("Maya."),
            { "say": "My name is Lee." },
            hears("Lee."),
            { "wait_ms": 500 },
            fault,
            hears("off"),
            { "say": "What does a bell cost?" },
            hears("dollars."),
            { "wait_ms": 500 },
            { "hangup": true }
        ]))
        .await;
    let spoken = line.finished(&caller).await;
    came_back(&spoken);
    spoken
}

async fn a_line_that_breaks_in_the_middle_of_a_frame() {
    is_lost(json!({ "line": "kill_mid_frame" })).await;
}

async fn a_carrier_that_sends_nothing_any_more() {
    is_lost(json!({ "line": "packet_gap", "ms": 8_000 })).await;
}

async fn a_carrier_that_never_says_stop() {
    let line = line().await;
    let caller = line
        .ring(json!([hears("Maya."), { "line": "no_stop" }, { "wait_ms": 300 }, { "hangup": true }]))
        .await;
    let spoken = line.finished(&caller).await;
    check::protocols(&spoken);
    assert_eq!(spoken.call["ended_reason"], "caller_hangup", "{spoken}");
    check::heard(&spoken, &["Hello, this is Maya."]);
}

async fn marks_that_never_come_back() {
    let line = line().await;
    let caller = line
        .ring(json!([
            { "line": "withhold_marks" },
            hears("Maya."),
            { "wait_ms": 2_500 },
            { "say": "Tell me about the delivery." },
            { "interrupt_after_ms": 3_000, "say": "Wait, what does a bell cost?" },
            hears("dollars."),
            { "wait_ms": 1_500 },
            { "hangup": true }
        ]))
        .await;
    let spoken = line.finished(&caller).await;
    check::protocols(&spoken);
    let heard = spoken.heard();
    assert!(
        STORY.starts_with(heard[1]) && heard[1].len() < STORY.len(),
        "{spoken}"
    );
    let lines = spoken.of_kind("speech");
    let story = lines.iter().find(|line| line["interrupted"] == true).unwrap();
    let kept = story["heard"].as_str().unwrap();
    let count = |text: &str| text.split_whitespace().count();
    assert!(
        STORY.starts_with(kept) && count(kept).abs_diff(count(heard[1])) <= 3,
        "{spoken}"
    );
    let last = lines.last().unwrap();
    assert_eq!(last["heard"], "A bell costs five dollars.", "{spoken}");
}

async fn bursts_and_lost_packets() {
    let line = line().await;
    let caller = line
        .ring(json!([
            { "line": "jitter", "ms": 120 },
            hears("Maya."),
            { "line": "packet_gap", "ms": 200 },
            { "wait_ms": 400 },
            { "say": "Tell me about the delivery." },
            hears("day."),
            { "wait_ms": 700 },
            { "hangup": true }
        ]))
        .await;
    let spoken = line.finished(&caller).await;
    check::protocols(&spoken);
    check::heard(&spoken, &["Hello, this is Maya.", STORY]);
    assert!(spoken.streams()[0]["media_lost"].as_u64().unwrap() > 0);
}

async fn odd_messages_disturb_nobody() {
    let line = line().await;
    let caller = line.ring(asks("Tell me about the delivery.", "day.")).await;
    caller.hears("look").await;
    for text in [
        "not json",
        "{}",
        "[]",
        "null",
        r#"{"event":"dance"}"#,
        r#"{"event":"media"}"#,
        r#"{"event":"media","media":{"payload":7}}"#,
        r#"{"event":"media","media":{"track":"inbound","timestamp":"x","payload":"!!!"}}"#,
        r#"{"event":"mark","mark":{"name":"0.99999999"}}"#,
        r#"{"event":"mark","mark":{"name":"another's"}}"#,
        r#"{"event":"dtmf","dtmf":{"digit":"seven"}}"#,
        r#"{"event":"start","start":{}}"#,
        r#"{"event":"connected"}"#,
    ] {
        caller.order("raw", &json!({ "text": text })).await;
    }
    caller.order("raw", &json!({ "binary_base64": "AP+AfwD/" })).await;
    let spoken = line.finished(&caller).await;
    check::protocols(&spoken);
    check::whole_sound(&spoken);
    check::heard(&spoken, &["Hello, this is Maya.", STORY]);
    let story = *spoken.of_kind("speech").last().unwrap();
    assert_eq!(story["heard"], STORY, "{spoken}");
    assert_eq!(spoken.sessions.len(), 1);
}

async fn a_message_that_is_too_long() {
    let line = line().await;
    let caller = line
        .ring(json!([
            hears("Maya."),
            { "say": "My name is Lee." },
            hears("off"),
            { "say": "What does a bell cost?" },
            hears("dollars."),
            { "wait_ms": 500 },
            { "hangup": true }
        ]))
        .await;
    caller.hears("Lee.").await;
    caller.order("raw", &json!({ "text": "x".repeat(70_000) })).await;
    let spoken = line.finished(&caller).await;
    came_back(&spoken);
}

async fn sockets_of_strangers() {
    let line = line().await;
    let caller = line.ring(asks("Tell me about the delivery.", "day.")).await;
    caller.hears("look").await;
    let report = caller.report().await;
    let token = report["streams"][0]["custom_parameters"]["token"]
        .as_str()
        .unwrap()
        .to_owned();
    let account = line.product.simulator.account_sid().to_owned();
    let start = |account: &str, call: &str, token: &str| {
        json!({ "event": "start", "sequenceNumber": "1", "streamSid": "MZ1", "start": {
            "streamSid": "MZ1", "accountSid": account, "callSid": call, "tracks": ["inbound"],
            "customParameters": { "token": token },
            "mediaFormat": { "encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1 } } })
    };
    let connected = json!({ "event": "connected", "protocol": "Call", "version": "1.0.0" });
    let sid = caller.call_sid.as_str();
    let mut linear = start(&account, sid, &token);
    linear["start"]["mediaFormat"]["encoding"] = json!("audio/l16");
    let media =
        json!({ "event": "media", "streamSid": "MZ1", "media": { "track": "inbound", "payload": "////" } });
    let url = format!("{}/twilio/stream", line.product.url.replacen("http", "ws", 1));
    let before = line.product.rows().await;
    for (why, messages) in [
        (
            "a used token",
            vec![connected.clone(), start(&account, sid, &token)],
        ),
        (
            "a token of nobody",
            vec![connected.clone(), start(&account, sid, "AAAA")],
        ),
        ("no token", vec![connected.clone(), start(&account, sid, "")]),
        (
            "another account",
            vec![
                connected.clone(),
                start("AC99999999999999999999999999999999", sid, &token),
            ],
        ),
        (
            "another call",
            vec![
                connected.clone(),
                start(&account, "CA99999999999999999999999999999999", &token),
            ],
        ),
        ("another sound", vec![connected.clone(), linear]),
        ("sound before the start", vec![connected.clone(), media.clone()]),
        ("words before the start", vec![json!("hello")]),
        (
            "a start without anything",
            vec![connected.clone(), json!({ "event": "start" })],
        ),
        ("many greetings", vec![connected.clone(); 6]),
    ] {
        let order = json!({ "url": url, "sign": "good", "messages": messages, "listen_ms": 5_000 });
        let answer = line.sim("POST", "/sim/sockets", &order).await;
        assert_eq!(
            (&answer["status"], &answer["close"]),
            (&json!(101), &json!(1008)),
            "{why}: {}",
            answer.text
        );
        assert_eq!(answer["received"], json!([]), "{why}");
    }
    for sign in ["bad", "none", "other_token"] {
        let order =
            json!({ "url": url, "sign": sign, "account_sid": account, "messages": [connected, media] });
        let answer = line.product.control().post("/sim/sockets", &order).await;
        if answer.status == 200 {
            assert_eq!(answer["status"], 403, "{sign}: {}", answer.text);
        }
    }
    // The call that goes on writes what is its own, and nobody else writes anything.
    let changed = line.product.rows().await;
    for table in changed.changed_since(&before) {
        let own = ["call", "usage", "outbox", "carrier_callbacks"];
        assert!(own.iter().any(|part| table.contains(part)), "{table}");
    }
    let spoken = line.finished(&caller).await;
    check::protocols(&spoken);
    check::whole_sound(&spoken);
    check::heard(&spoken, &["Hello, this is Maya.", STORY]);
}
