//! The same with a speech model, whose callers and colleagues are heard by their sound.

use phony_journeys::{SpeechLine, eventually};
use serde_json::{Value, json};

const BILLING: &str = "+14155550142";

async fn line(kind: &str, telephone: Value) -> SpeechLine {
    let line = SpeechLine::start(json!({
        "transfer_targets": [{ "alias": "billing", "e164": BILLING, "kind": kind }],
    }))
    .await;
    let mut telephone = telephone;
    telephone["number"] = json!(BILLING);
    line.sim("POST", "/sim/targets", &telephone).await;
    line
}

fn hears(words: &str) -> Value {
    json!({ "wait_for": words, "timeout_ms": 30_000 })
}

async fn target_heard(line: &SpeechLine) -> String {
    let calls = line.sim("GET", "/sim/calls", &json!({})).await.json;
    let sid = calls["data"]
        .as_array()
        .and_then(|calls| calls.iter().find(|call| call["to"] == BILLING))
        .and_then(|call| call["call_sid"].as_str().map(str::to_owned));
    let Some(sid) = sid else { return String::new() };
    let report = line
        .sim("GET", &format!("/sim/calls/{sid}"), &json!({}))
        .await
        .json;
    let heard = report["heard"].as_array().cloned().unwrap_or_default();
    heard
        .iter()
        .filter_map(|line| line["text"].as_str())
        .collect::<Vec<_>>()
        .join(" ")
}

async fn somebody_says_yes() {
    let script = json!([{ "wait_for": "press 1", "timeout_ms": 30_000 }, { "press": "1" }]);
    let telephone = json!({ "answerer": "person", "ring_ms": 300, "script": script, "stay": true });
    let line = line("warm", telephone).await;
    let caller = line
        .ring(json!([hears("Maya."), { "say": "I want to talk to a person, please." }, { "silence_ms": 90_000 }]))
        .await;
    let mut joined = json!(null);
    // A brief takes its time, word by word.
    for steps in [
        &["asked", "accepted", "joined"][..],
        &["accepted", "joined"],
        &["joined"],
    ] {
        joined = line
            .item(&caller, "the two come together", |item| {
                item["kind"] == "transfer" && steps.iter().any(|step| item["status"] == *step)
            })
            .await;
    }
    assert_eq!(joined["transfer_kind"], "warm");
    let heard = target_heard(&line).await;
    assert!(heard.contains("this is Maya, the phone assistant"), "{heard}");
    caller.hang_up().await;
    let call = eventually("the call has ended", async || {
        let call = line.call(&caller).await;
        (call["status"] == "ended").then_some(call)
    })
    .await;
    assert_eq!(call["ended_reason"], "transfer_completed", "{call:#}");
    let heard = caller.heard().await;
    assert!(heard.contains("stay on the line"), "{heard}");
}

async fn nobody_comes(kind: &str, telephone: Value, reason: &str) {
    let line = line(kind, telephone).await;
    let caller = line
        .ring(json!([
            hears("Maya."),
            { "say": "I want to talk to a person, please." },
            hears("sorry"),
            { "silence_ms": 3_000 },
            { "hangup": true },
        ]))
        .await;
    let failed = line
        .item(&caller, "nobody takes the caller", |item| {
            item["kind"] == "transfer" && item["status"] == "failed"
        })
        .await;
    assert_eq!(
        (&failed["reason"], &failed["transfer_kind"]),
        (&json!(reason), &json!(kind))
    );
    let spoken = line.finished(&caller).await;
    let heard = spoken.heard_text();
    assert!(heard.contains("my colleague cannot take your call"), "{spoken}");
    assert_eq!(spoken.call["ended_reason"], "caller_hangup", "{spoken}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_of_the_realtime_engine_meet_colleagues_or_come_back() {
    let busy = || json!({ "answerer": "busy", "ring_ms": 300 });
    let declines = json!([{ "wait_for": "press 1", "timeout_ms": 30_000 }, { "press": "2" }]);
    let declines = json!({ "answerer": "person", "ring_ms": 300, "script": declines, "stay": true });
    tokio::join!(
        somebody_says_yes(),
        nobody_comes("warm", declines, "rejected"),
        nobody_comes("warm", busy(), "busy"),
        nobody_comes("cold", busy(), "busy"),
    );
}
