//! Talks where nothing goes wrong.

use phony_journeys::{LiveSocket, SpeechLine};
use serde_json::json;

use super::check;

super::journeys!(talks: a_caller_is_greeted_answered_and_billed);

async fn a_caller_is_greeted_answered_and_billed() {
    let line = SpeechLine::start(json!({})).await;
    line.teach(&[("opening hours", "We open at nine and close at six.")]).await;
    let mut wall = LiveSocket::open(&line.product.url, &line.tenant.admin).await;
    wall.send(&json!({ "op": "subscribe", "topic": "calls" })).await;
    let caller = line
        .ring(json!([
            { "wait_for": "this is Maya." },
            { "say": "What are your opening hours?" },
            { "wait_for": "close at six." },
            { "wait_ms": 500 },
            { "hangup": true }
        ]))
        .await;
    let live = wall
        .wait_for("the call on the wall", |frame| {
            frame["event"] == "call.state" && frame["data"]["status"] == "in_progress"
        })
        .await;
    assert_eq!(live["call_sid"], caller.call_sid.as_str());
    let spoken = line.finished(&caller).await;
    eprintln!("{:#}", spoken.report);
    eprintln!("{:#?}", spoken.items);
    eprintln!("{:#?}", spoken.call);
    eprintln!("{:#?}", spoken.sessions);
    let usage = line.tenant.admin.get("/v1/usage").await.expect(200);
    eprintln!("{:#}", usage.json);
    check::protocols(&spoken);
    check::whole_sound(&spoken);
}
