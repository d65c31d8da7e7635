//! Calls made through `Calls.json`.

use serde_json::json;

use crate::agent;
use crate::support::{self, texts};

const EVENTS: [&str; 4] = ["initiated", "ringing", "answered", "completed"];

#[tokio::test]
async fn an_answered_call_reports_every_step_in_order() {
    let sim = support::start().await;
    let agent = agent::start(sim.running.auth_token()).await;
    let number = sim.buy(&agent.url()).await;
    let (status_url, voice_url) = (format!("{}/out", agent.url()), format!("{}/voice", agent.url()));
    let mut form = vec![
        ("To", "+14155550150"),
        ("From", &number),
        ("Url", &voice_url),
        ("StatusCallback", &status_url),
    ];
    form.extend(EVENTS.map(|event| ("StatusCallbackEvent", event)));
    agent.lay("/voice", "<Response><Say>Hello from us.</Say></Response>");
    let (status, created) = sim.post(&sim.account("/Calls.json"), &form).await;
    assert_eq!((status, created["status"].as_str()), (201, Some("queued")));
    let report = sim.finished(created["sid"].as_str().unwrap()).await;
    assert_eq!(texts(&report), ["Hello from us."]);
    let hits = agent.hits("/out");
    let seen: Vec<_> = hits
        .iter()
        .map(|h| {
            (
                h.params["CallStatus"].as_str(),
                h.params["SequenceNumber"].as_str(),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("initiated", "0"),
            ("ringing", "1"),
            ("in-progress", "2"),
            ("completed", "3")
        ]
    );
    assert_eq!(agent.hits("/voice")[0].params["Direction"], "outbound-api");

    sim.sim("PUT", "/settings", json!({"callbacks": "shuffled"}))
        .await;
    agent.lay("/voice", "<Response/>");
    let (_, created) = sim.post(&sim.account("/Calls.json"), &form).await;
    sim.finished(created["sid"].as_str().unwrap()).await;
    let late: Vec<_> = agent
        .hits("/out")
        .split_off(4)
        .iter()
        .map(|h| h.params["SequenceNumber"].clone())
        .collect();
    assert_eq!(late, ["3", "2", "1", "0"]);
}

#[tokio::test]
async fn unanswered_calls_end_as_they_should() {
    let sim = support::start().await;
    let agent = agent::start(sim.running.auth_token()).await;
    let number = sim.buy(&agent.url()).await;
    let url = format!("{}/out", agent.url());
    for (outcome, word, sip) in [
        ("busy", "busy", "486"),
        ("no_answer", "no-answer", "487"),
        ("failed", "failed", "404"),
    ] {
        sim.sim(
            "POST",
            "/targets",
            json!({"number": "+14155550151", "outcome": outcome}),
        )
        .await;
        let form = [
            ("To", "+14155550151"),
            ("From", &*number),
            ("Twiml", "<Response/>"),
            ("StatusCallback", &url),
            ("Timeout", "5"),
        ];
        let (_, created) = sim.post(&sim.account("/Calls.json"), &form).await;
        let report = sim.finished(created["sid"].as_str().unwrap()).await;
        assert_eq!(report["status"], word);
        let last = agent.hits("/out").pop().unwrap();
        assert_eq!(
            (
                last.params["SipResponseCode"].as_str(),
                last.params["Duration"].as_str()
            ),
            (sip, "0")
        );
    }
    sim.sim(
        "POST",
        "/targets",
        json!({"number": "+14155550151", "ring_ms": 50000}),
    )
    .await;
    let form = [
        ("To", "+14155550151"),
        ("From", &*number),
        ("Twiml", "<Response/>"),
    ];
    let (_, created) = sim.post(&sim.account("/Calls.json"), &form).await;
    let one = sim.account(&format!("/Calls/{}.json", created["sid"].as_str().unwrap()));
    let (_, view) = sim.post(&one, &[("Status", "canceled")]).await;
    assert_eq!(view["status"], "canceled");
}

#[tokio::test]
async fn the_called_person_follows_a_script() {
    let sim = support::start().await;
    let agent = agent::start(sim.running.auth_token()).await;
    let number = sim.buy(&agent.url()).await;
    let target = json!({"number": "+14155550152", "script": [{"say": "Who is this"}, {"hangup": true}]});
    sim.sim("POST", "/targets", target).await;
    agent.lay_relay("");
    let voice = format!("{}/voice", agent.url());
    let (_, created) = sim
        .post(
            &sim.account("/Calls.json"),
            &[("To", "+14155550152"), ("From", &number), ("Url", &voice)],
        )
        .await;
    assert_eq!(agent.next_of("setup").await["direction"], "outbound-api");
    agent.say("Hello.");
    assert_eq!(agent.next_of("prompt").await["voicePrompt"], "Who is this");
    assert_eq!(
        sim.finished(created["sid"].as_str().unwrap()).await["ended_by"],
        "caller"
    );
}
