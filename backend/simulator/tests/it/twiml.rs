//! Verbs and what becomes of broken answers.

use serde_json::json;

use crate::agent;
use crate::support::{self, texts};

#[tokio::test]
async fn verbs_run_from_top_to_bottom_and_over_documents() {
    let sim = support::start().await;
    let agent = agent::start(sim.running.auth_token()).await;
    agent.lay(
        "/voice",
        r#"<Response><Say>One &amp; two.</Say><Play digits="12w3"/><Pause length="1"/><Redirect>next?a=1</Redirect>
           <Say>Never.</Say></Response>"#,
    );
    agent.lay(
        "/next",
        "<Response><Play>/song.mp3</Play><Play>/nothing.wav</Play><Hangup/><Say>Never.</Say></Response>",
    );
    agent.lay_raw("/song.mp3", 200, "audio/mpeg", &"x".repeat(8_000));
    agent.lay_raw("/nothing.wav", 404, "text/plain", "");
    let number = sim.buy(&agent.url()).await;
    let call = sim.ring(&number, json!([{"wait_ms": 60000}])).await;
    let report = sim.finished(&call).await;
    assert_eq!(texts(&report), ["One & two.", "12w3", "/song.mp3"]);
    let song = &report["heard"][2];
    assert!((2_000..3_000).contains(&(song["until_ms"].as_u64().unwrap() - song["at_ms"].as_u64().unwrap())));
    assert_eq!(report["errors"][0]["code"], 11200);
    assert_eq!(report["twiml"].as_array().unwrap().len(), 2);
    assert!(agent.hits("/next")[0].signature_is_true);
    assert_eq!(agent.hits("/next")[0].params["CallStatus"], "in-progress");
}

#[tokio::test]
async fn gather_takes_keys_speech_or_nothing() {
    let sim = support::start().await;
    let agent = agent::start(sim.running.auth_token()).await;
    let number = sim.buy(&agent.url()).await;
    let gather = r#"<Response><Gather input="dtmf speech" numDigits="2" timeout="3" action="/gathered">
        <Say>Say or press something, take all the time you need.</Say></Gather><Say>Nothing came.</Say></Response>"#;
    for (script, name, value) in [
        (json!([{"wait_ms": 200}, {"press": "42"}]), "Digits", "42"),
        (json!([{"say": "my order"}]), "SpeechResult", "my order"),
        (
            json!([{"say": "my invoice", "at_once": true}]),
            "SpeechResult",
            "my invoice",
        ),
    ] {
        agent.lay("/voice", gather);
        let before = agent.hits("/gathered").len();
        agent.lay("/gathered", "<Response/>");
        let call = sim.ring(&number, script).await;
        sim.finished(&call).await;
        assert_eq!(agent.hits("/gathered")[before].params[name], value);
    }
    agent.lay("/voice", gather);
    let call = sim
        .ring_with(json!({"from": "+14155550199", "to": number, "live": true}))
        .await;
    let report = sim.finished(&call).await;
    assert_eq!(texts(&report)[1], "Nothing came.");
}

#[tokio::test]
async fn dial_reports_how_the_transfer_went() {
    let sim = support::start().await;
    let agent = agent::start(sim.running.auth_token()).await;
    let number = sim.buy(&agent.url()).await;
    let target = "+14155550177";
    for (outcome, status, bridged) in [
        ("answer", "completed", "true"),
        ("busy", "busy", "false"),
        ("no_answer", "no-answer", "false"),
        ("failed", "failed", "false"),
    ] {
        let body = json!({"number": target, "outcome": outcome, "says": "Billing, hello.", "talk_ms": 2000});
        assert_eq!(sim.sim("POST", "/targets", body).await.0, 200);
        agent.lay(
            "/voice",
            &format!(
                r#"<Response><Dial action="/dialed" timeout="5"><Number statusCallback="{}/child"
                   statusCallbackEvent="initiated ringing answered completed">{target}</Number></Dial></Response>"#,
                agent.url()
            ),
        );
        agent.lay("/dialed", "<Response><Say>Back again.</Say></Response>");
        let before = agent.hits("/child").len();
        let call = sim
            .ring_with(json!({"from": "+14155550199", "to": number, "live": true}))
            .await;
        let report = sim.finished(&call).await;
        let dialed = agent.hits("/dialed").pop().unwrap();
        assert_eq!(dialed.params["DialCallStatus"], status, "{outcome}");
        assert_eq!(dialed.params["DialBridged"], bridged);
        assert!(dialed.params["DialCallSid"].starts_with("CA"));
        let heard = texts(&report);
        assert_eq!(heard.contains(&"Billing, hello.".to_owned()), outcome == "answer");
        assert_eq!(heard.last().unwrap(), "Back again.");
        // The other leg's callbacks are delivered beside the call, so its own report says when they are done.
        sim.finished(&dialed.params["DialCallSid"]).await;
        let child = agent.hits("/child").split_off(before);
        let statuses: Vec<_> = child
            .iter()
            .map(|hit| hit.params["CallStatus"].as_str())
            .collect();
        match outcome {
            "answer" => assert_eq!(statuses, ["initiated", "ringing", "in-progress", "completed"]),
            _ => assert_eq!(statuses.last(), Some(&status)),
        }
        assert!(
            child
                .iter()
                .all(|hit| hit.signature_is_true && hit.params["ParentCallSid"] == call)
        );
    }
    let (_, children) = sim.get(&sim.account("/Calls.json?To=%2B14155550177")).await;
    assert_eq!(children["calls"].as_array().unwrap().len(), 4);
    assert_eq!(children["calls"][0]["direction"], "outbound-dial");
}

#[tokio::test]
async fn reject_never_answers() {
    let sim = support::start().await;
    let agent = agent::start(sim.running.auth_token()).await;
    let number = sim.buy(&agent.url()).await;
    for (reason, status) in [("busy", "busy"), ("rejected", "no-answer")] {
        agent.lay(
            "/voice",
            &format!(r#"<Response><Reject reason="{reason}"/></Response>"#),
        );
        let call = sim.ring(&number, json!([])).await;
        let report = sim.finished(&call).await;
        assert_eq!(report["status"], status);
        let last = agent.hits("/status").pop().unwrap();
        assert_eq!(
            (
                last.params["CallDuration"].as_str(),
                last.params["Duration"].as_str()
            ),
            ("0", "0")
        );
    }
}

#[tokio::test]
async fn broken_answers_go_to_the_fallback_or_to_an_apology() {
    let sim = support::start().await;
    let agent = agent::start(sim.running.auth_token()).await;
    let number = sim.buy(&agent.url()).await;
    for (status, kind, body, code) in [
        (500, "text/xml", "<Response/>", "11200"),
        (200, "text/xml", "<Response><Say>", "12100"),
        (200, "text/xml", "", "11770"),
        (200, "application/pdf", "%PDF", "12300"),
        (200, "text/xml", "<Response><Sing/></Response>", "12200"),
    ] {
        agent.lay_raw("/voice", status, kind, body);
        agent.lay(
            "/fallback",
            "<Response><Say>We will call you back.</Say></Response>",
        );
        let call = sim.ring(&number, json!([])).await;
        let report = sim.finished(&call).await;
        assert_eq!(texts(&report), ["We will call you back."]);
        let fallback = agent.hits("/fallback").pop().unwrap();
        assert_eq!(fallback.params["ErrorCode"], code);
        assert_eq!(fallback.params["ErrorUrl"], format!("{}/voice", agent.url()));
    }
    agent.lay_raw("/voice", 500, "text/plain", "");
    agent.lay_raw("/fallback", 500, "text/plain", "");
    let call = sim.ring(&number, json!([])).await;
    let report = sim.finished(&call).await;
    assert_eq!(report["heard"][0]["kind"], "announcement");
    assert_eq!(report["ended_by"], "carrier");
}
