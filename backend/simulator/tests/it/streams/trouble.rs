//! Mistakes of the application, and lines that go wrong.

use serde_json::{Value, json};

use super::{codes, events, talk, talk_on};
use crate::agent::{self, Out};
use crate::support::{self, texts};

#[tokio::test]
async fn mistakes_are_warned_of_once_and_dropped() {
    // At the speed of life: little is played while it comes.
    let talk = talk(1.0, "", json!([])).await;
    let stream = talk.stream.clone();
    for _ in 0..2 {
        talk.agent.send_raw("not json");
        talk.agent.send(&json!({"event": "clear", "streamSid": "MZ0"}));
        talk.agent.send(&json!({"event": "media", "streamSid": stream, "media": {"payload": "/w==", "track": "outbound"}}));
        talk.agent.send_out(Out::Binary(vec![1, 2, 3]));
    }
    // Eleven minutes of silence are one too many.
    for _ in 0..11 {
        talk.media(&[0xff; 480_000]);
    }
    talk.clear();
    talk.mark("end");
    talk.mark_returned("end").await;
    talk.agent.send_out(Out::Close(4000));
    let report = talk.report().await;
    assert_eq!(codes(&report), [31951, 31950, 31931, 31921]);
    let stream = &report["streams"][0];
    let discarded = stream["discarded_ms"].as_u64().unwrap();
    assert!((50_000..=60_000).contains(&discarded), "{discarded}");
    assert_eq!(stream["media_received"], 11);
    assert_eq!(stream["close_code"], 4000);
    let told = talk.agent.hits("/events");
    assert_eq!(told[1].params["StreamEvent"], "stream-error");
    assert!(told[1].params["StreamError"].contains("31921"));
    assert_eq!(report["ended_by"], "agent");
}

#[tokio::test]
async fn a_stream_that_does_not_open_falls_through() {
    let sim = support::start().await;
    let agent = agent::start(sim.running.auth_token()).await;
    let number = sim.buy(&agent.url()).await;
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("ws://{}/stream", closed.local_addr().unwrap());
    drop(closed);
    let no_socket = format!("{}/forbidden", agent.url().replace("http://", "ws://"));
    for (url, code) in [
        (nobody.as_str(), 31902),
        (no_socket.as_str(), 31920),
        ("https://a.example/s", 31922),
        ("wss://", 31923),
    ] {
        agent.lay(
            "/voice",
            &format!(
                r#"<Response><Connect><Stream url="{url}" statusCallback="{}/events"/></Connect>
                   <Say>We call you back.</Say></Response>"#,
                agent.url()
            ),
        );
        let call = sim
            .ring(&number, json!([{"wait_for": "call you back"}, {"hangup": true}]))
            .await;
        let report = sim.finished(&call).await;
        assert_eq!(codes(&report), [code], "{url}");
        assert_eq!(texts(&report), ["We call you back."]);
        assert_eq!(report["streams"][0]["ended"], "refused");
        let told = agent.hits("/events");
        let last = told.last().unwrap();
        assert_eq!(last.params["StreamEvent"], "stream-error");
        assert!(last.params["StreamError"].contains(&code.to_string()));
    }
}

#[tokio::test]
async fn lines_go_wrong_on_demand() {
    let talk = talk(
        8.0,
        r#"action="/action""#,
        json!([{"wait_ms": 300}, {"line": "packet_gap", "ms": 200}, {"wait_ms": 400}, {"line": "withhold_marks"}, {"line": "jitter", "ms": 100},
               {"wait_ms": 600}, {"line": "steady"}, {"wait_ms": 200}, {"line": "kill_mid_frame"}]),
    )
    .await;
    talk.agent.lay("/action", "<Response><Hangup/></Response>");
    talk.mark("kept");
    let (mut steps, mut frames) = (Vec::new(), 0_u64);
    let mut last: Option<u64> = None;
    loop {
        let message = talk.agent.next().await;
        if message.get("closed").is_some() {
            break;
        }
        assert_ne!(message["event"], "stop");
        if message["event"] == "media" {
            frames += 1;
            let timestamp: u64 = message["media"]["timestamp"].as_str().unwrap().parse().unwrap();
            steps.extend(last.map(|last| timestamp - last));
            last = Some(timestamp);
        }
    }
    assert_eq!(
        steps
            .iter()
            .filter(|step| **step != 20)
            .copied()
            .collect::<Vec<_>>(),
        [220]
    );
    let report = talk.report().await;
    assert_eq!(codes(&report), [31903]);
    let stream = &report["streams"][0];
    assert_eq!(stream["media_lost"], 10);
    assert!(stream["media_sent"].as_u64().unwrap() >= frames);
    assert_eq!(stream["ended"], "broken");
    assert_eq!(talk.agent.hits("/action").len(), 1);
    assert_eq!(events(&report, "fault").len(), 5);
}

#[tokio::test]
async fn a_lost_stop_and_a_carrier_that_does_not_read() {
    let talk = talk(
        8.0,
        "",
        json!([{"line": "no_stop"}, {"wait_ms": 300}, {"hangup": true}]),
    )
    .await;
    loop {
        let message = talk.agent.next().await;
        assert_ne!(message["event"], "stop");
        if let Some(code) = message.get("closed") {
            assert_eq!(*code, Value::Null);
            break;
        }
    }
    let deaf = talk_on(
        talk.sim,
        "",
        json!([{"line": "deaf"}, {"wait_ms": 300}, {"press": "5"}, {"wait_ms": 300}, {"hangup": true}]),
    )
    .await;
    deaf.agent.next_event("dtmf").await;
    deaf.mark("unread");
    deaf.agent.next_event("stop").await;
    let report = deaf.report().await;
    assert_eq!(report["streams"][0]["marks_received"], 0);
}

#[tokio::test]
async fn a_hole_in_the_agents_speech_is_noted() {
    let talk = talk(
        4.0,
        "",
        json!([{"wait_for": "eight o'clock"}, {"wait_ms": 600}, {"hangup": true}]),
    )
    .await;
    let utterance = talk.utterance("We open on Monday morning at eight o'clock").await;
    let middle = phony_audio::frame::ulaw_bytes(utterance.words[4].from_ms + 60) / 24 * 24;
    talk.media(&utterance.ulaw[..middle]);
    talk.mark("dry");
    talk.mark_returned("dry").await;
    for _ in 0..10 {
        talk.agent.next_event("media").await;
    }
    talk.media(&utterance.ulaw[middle..]);
    let report = talk.report().await;
    let gaps = report["streams"][0]["gaps"].as_array().unwrap();
    assert_eq!(gaps.len(), 1, "{report:#}");
    assert!((180..600).contains(&gaps[0]["ms"].as_u64().unwrap()), "{gaps:?}");
    assert_eq!(texts(&report).join(" "), utterance.text);
}

#[tokio::test]
async fn what_nobody_knows_yet_can_be_sent() {
    let sim = support::start().await;
    sim.sim(
        "PUT",
        "/settings",
        json!({"future_messages": true, "strict_streams": false}),
    )
    .await;
    let agent = agent::start(sim.running.auth_token()).await;
    agent.lay_stream("/voice", "");
    let number = sim.buy(&agent.url()).await;
    sim.ring(&number, json!([])).await;
    assert!(agent.next_event("start").await["start"]["memberOfTheFuture"].is_object());
    agent.next_event("eventOfTheFuture").await;
    assert!(agent.next_event("media").await["media"]["timestamp"].is_u64());
}

#[tokio::test]
async fn the_first_mistake_can_be_the_last() {
    let sim = support::start_at(8.0, phony_simulator::Config::default()).await;
    sim.sim("PUT", "/settings", json!({"kill_on_31924": true})).await;
    let talk = talk_on(sim, "", json!([])).await;
    talk.agent
        .send(&json!({"event": "clear", "streamSid": talk.stream, "because": 1}));
    talk.agent.next_event("closed").await;
    let report = talk.report().await;
    assert_eq!(codes(&report), [31924]);
    assert_eq!(report["streams"][0]["ended"], "broken");
}
