//! Calls over the media socket, with real sound both ways.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use phony_simulator::Config;
use phony_simulator::speech::Utterance;
use serde_json::{Value, json};

use crate::agent::{self, Agent, Out};
use crate::support::{self, Sim, texts};

/// A simulator, an application, and a call on the media socket.
struct Talk {
    sim: Sim,
    agent: Agent,
    call: String,
    stream: String,
}

async fn talk(speed: f64, attributes: &str, script: Value) -> Talk {
    let sim = support::start_at(speed, Config::default()).await;
    talk_on(sim, attributes, script).await
}

async fn talk_on(sim: Sim, attributes: &str, script: Value) -> Talk {
    let agent = agent::start(sim.running.auth_token()).await;
    agent.lay_stream("/voice", attributes);
    let number = sim.buy(&agent.url()).await;
    let call = sim.ring(&number, script).await;
    assert_eq!(
        agent.next().await,
        json!({"event": "connected", "protocol": "Call", "version": "1.0.0"})
    );
    let start = agent.next().await;
    let stream = start["streamSid"].as_str().unwrap().to_owned();
    assert!(stream.starts_with("MZ") && stream.len() == 34, "{stream}");
    assert_eq!(
        start,
        json!({"event": "start", "sequenceNumber": "1", "streamSid": stream, "start": {
            "streamSid": stream, "accountSid": sim.running.account_sid(), "callSid": call, "tracks": ["inbound"],
            "customParameters": {"token": "t-1"},
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}}})
    );
    Talk {
        sim,
        agent,
        call,
        stream,
    }
}

impl Talk {
    fn media(&self, sound: &[u8]) {
        self.agent
            .send(&json!({"event": "media", "streamSid": self.stream,
                                "media": {"payload": STANDARD.encode(sound)}}));
    }

    fn mark(&self, name: &str) {
        self.agent
            .send(&json!({"event": "mark", "streamSid": self.stream, "mark": {"name": name}}));
    }

    fn clear(&self) {
        self.agent
            .send(&json!({"event": "clear", "streamSid": self.stream}));
    }

    async fn utterance(&self, text: &str) -> std::sync::Arc<Utterance> {
        self.sim.running.speech().say(text, "marin").await
    }

    /// Speaks faster than real time; in one message, so that a busy machine makes no holes.
    async fn say(&self, text: &str) -> std::sync::Arc<Utterance> {
        let utterance = self.utterance(text).await;
        self.media(&utterance.ulaw);
        utterance
    }

    async fn mark_returned(&self, name: &str) {
        loop {
            if self.agent.next_event("mark").await["mark"]["name"] == name {
                return;
            }
        }
    }

    /// What the caller says, by the sound of it.
    async fn hear(&self, wanted: &str) {
        let mut listener = self.sim.running.speech().listener();
        let mut words: Vec<String> = Vec::new();
        loop {
            let media = self.agent.next_event("media").await;
            let sound = STANDARD
                .decode(media["media"]["payload"].as_str().unwrap())
                .unwrap();
            listener.push(&sound);
            words.extend(listener.heard().into_iter().map(|word| word.text));
            if words.join(" ").contains(wanted) {
                return;
            }
        }
    }

    async fn report(&self) -> Value {
        self.sim.finished(&self.call).await
    }
}

fn codes(report: &Value) -> Vec<u64> {
    let errors = report["errors"].as_array().unwrap();
    errors.iter().map(|e| e["code"].as_u64().unwrap()).collect()
}

fn events(report: &Value, kind: &str) -> Vec<Value> {
    let events = report["streams"][0]["events"].as_array().unwrap();
    events.iter().filter(|e| e["kind"] == kind).cloned().collect()
}

fn at(event: &Value) -> u64 {
    event["at_ms"].as_u64().unwrap()
}

#[tokio::test]
async fn both_hear_each_other_and_the_agent_gives_the_call_back() {
    let talk = talk(
        8.0,
        r#"action="/action""#,
        json!([{"wait_for": "help you?", "timeout_ms": 30000}, {"say": "Where is my order please?"}, {"press": "1#"}, {"wait_for": "on its way"}]),
    )
    .await;
    talk.agent.lay("/action", "<Response><Hangup/></Response>");
    let hello = talk.say("Hello there, how can I help you?").await;
    talk.mark("hello.end");
    talk.mark_returned("hello.end").await;
    talk.hear("Where is my order please?").await;
    assert_eq!(
        talk.agent.next_event("dtmf").await["dtmf"],
        json!({"track": "inbound_track", "digit": "1"})
    );
    assert_eq!(talk.agent.next_event("dtmf").await["dtmf"]["digit"], "#");
    talk.say("It is on its way.").await;
    talk.mark("way.end");
    talk.mark_returned("way.end").await;
    talk.agent.send_out(Out::Close(1000));
    let report = talk.report().await;
    assert_eq!(
        texts(&report),
        ["Hello there, how can I help you?", "It is on its way."],
        "{report:#}"
    );
    let stream = &report["streams"][0];
    assert_eq!(stream["ended"], "agent");
    assert_eq!(stream["close_code"], 1000);
    assert_eq!(report["ended_by"], "agent");
    assert_eq!(codes(&report), Vec::<u64>::new());
    assert_eq!(stream["custom_parameters"]["token"], "t-1");
    assert_eq!(stream["marks_returned"], 2);
    assert_eq!(stream["keys"], 2);
    assert_eq!(stream["gaps"], json!([]));
    // Heard for as long as it takes to say it, whatever the pace it was sent at.
    let heard = &report["heard"][0];
    let ms = heard["until_ms"].as_u64().unwrap() - at(heard);
    assert!(
        ms.abs_diff(hello.duration_ms()) <= 60,
        "{ms} of {}",
        hello.duration_ms()
    );
    assert_eq!(heard["interrupted"], false);
    assert_eq!(heard["words"].as_array().unwrap().len(), hello.words.len());
    let returned = at(&events(&report, "mark_returned")[0]);
    assert!(returned.abs_diff(heard["until_ms"].as_u64().unwrap()) <= 60);
    // The caller waited for the agent, and said it in the time it takes.
    let began = at(&events(&report, "caller_voice_began")[0]);
    assert!(began > returned, "{began} {returned}");
    assert_eq!(report["sent"][0]["text"], "Where is my order please?");

    let action = &talk.agent.hits("/action")[0];
    assert!(action.signature_is_true && action.params["CallStatus"] == "in-progress");
    let told = talk.agent.hits("/events");
    assert_eq!(told.len(), 2);
    assert!(
        told.iter()
            .all(|hit| hit.signature_is_true && hit.params["StreamName"] == "main")
    );
    assert_eq!(told[0].params["StreamEvent"], "stream-started");
    assert_eq!(told[1].params["StreamEvent"], "stream-stopped");
    assert_eq!(told[1].params["StreamSid"], talk.stream);
    assert!(!told[1].params.contains_key("StreamError") && told[1].params["Timestamp"].ends_with('Z'));
}

#[tokio::test]
async fn media_keeps_the_pace_of_time_and_its_counters() {
    let talk = talk(4.0, "", json!([])).await;
    let mut last = 0;
    let begun = std::time::Instant::now();
    for at in 1..=100_u64 {
        let media = talk.agent.next_event("media").await;
        assert_eq!(media["streamSid"], talk.stream);
        assert_eq!(media["sequenceNumber"], (at + 1).to_string());
        assert_eq!(media["media"]["chunk"], at.to_string());
        assert_eq!(media["media"]["track"], "inbound");
        let timestamp: u64 = media["media"]["timestamp"].as_str().unwrap().parse().unwrap();
        assert!(last == 0 || timestamp == last + 20, "{timestamp} after {last}");
        last = timestamp;
        let sound = STANDARD
            .decode(media["media"]["payload"].as_str().unwrap())
            .unwrap();
        assert_eq!(sound, [0xff; 160]);
    }
    // A hundred frames are two seconds, half a second at this speed.
    let took = begun.elapsed().as_millis();
    assert!((480..2_000).contains(&took), "{took} ms");
    talk.sim
        .sim("POST", &format!("/calls/{}/hangup", talk.call), Value::Null)
        .await;
    let stop = talk.agent.next_event("stop").await;
    assert_eq!(
        stop["stop"],
        json!({"accountSid": talk.sim.running.account_sid(), "callSid": talk.call})
    );
    assert_eq!(talk.agent.next_event("closed").await["closed"], 1000);
    let report = talk.report().await;
    assert_eq!(report["streams"][0]["ended"], "caller");
    assert_eq!(report["ended_by"], "caller");
    assert_eq!(report["status"], "completed");
}

#[tokio::test]
async fn clear_stops_the_voice_and_gives_the_marks_back() {
    let talk = talk(
        4.0,
        "",
        json!([{"interrupt_after_ms": 900, "say": "Stop, please."}, {"wait_ms": 500}, {"hangup": true}]),
    )
    .await;
    talk.mark("nothing before it");
    talk.mark_returned("nothing before it").await;
    let text = "I will now read the whole list of our opening hours to you, from Monday to Sunday.";
    let utterance = talk.say(text).await;
    talk.mark("one");
    talk.mark("two");
    talk.hear("Stop,").await;
    talk.clear();
    assert_eq!(talk.agent.next_event("mark").await["mark"]["name"], "one");
    assert_eq!(talk.agent.next_event("mark").await["mark"]["name"], "two");
    let report = talk.report().await;
    let heard = &report["heard"][0];
    assert_eq!(heard["interrupted"], true, "{report:#}");
    let began = at(&events(&report, "caller_voice_began")[0]);
    // A frame that is sent holds the twenty milliseconds before.
    assert!((880..2_000).contains(&(began - at(heard))), "{began} {heard:#}");
    let clear = &events(&report, "clear")[0];
    assert!(at(clear) > began);
    // What was heard is what fits into the time until the clear.
    let until = heard["until_ms"].as_u64().unwrap() - at(heard);
    let text = heard["text"].as_str().unwrap();
    let (least, most) = (
        utterance.text_until(until.saturating_sub(60)).len(),
        utterance.text_until(until + 60).len(),
    );
    assert!((least..=most).contains(&text.len()), "{text:?} after {until} ms");
    let stream = &report["streams"][0];
    let sum: u64 = ["played_ms", "cleared_ms", "unplayed_ms", "discarded_ms"]
        .iter()
        .map(|name| stream[*name].as_u64().unwrap())
        .sum();
    assert!(sum.abs_diff(utterance.duration_ms()) <= 2, "{stream:#}");
    assert_eq!(stream["cleared_ms"], clear["ms"]);
    assert!(stream["longest_queue_ms"].as_u64().unwrap() > 3_000);
}

#[tokio::test]
async fn mistakes_are_warned_of_once_and_dropped() {
    let talk = talk(8.0, "", json!([])).await;
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
async fn a_redirected_call_leaves_the_stream_without_its_action() {
    let talk = talk(
        8.0,
        r#"action="/action""#,
        json!([{"wait_for": "other desk"}, {"hangup": true}]),
    )
    .await;
    talk.agent.next_event("media").await;
    let path = talk.sim.account(&format!("/Calls/{}.json", talk.call));
    let twiml = "<Response><Say>This is the other desk.</Say><Pause length=\"5\"/></Response>";
    let (status, _) = talk.sim.post(&path, &[("Twiml", twiml)]).await;
    assert_eq!(status, 200);
    talk.agent.next_event("stop").await;
    assert_eq!(talk.agent.next_event("closed").await["closed"], 1000);
    let report = talk.report().await;
    assert_eq!(report["streams"][0]["ended"], "api");
    assert!(talk.agent.hits("/action").is_empty());
    assert_eq!(texts(&report)[0], "This is the other desk.");
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
async fn noise_and_coughs_are_sound_but_no_words() {
    let talk = talk(
        8.0,
        "",
        json!([{"interrupt_after_ms": 400, "cough_ms": 250}, {"wait_ms": 700}, {"noise_ms": 500, "level_db": -35}, {"say": "Thanks."},
               {"hangup": true}]),
    )
    .await;
    talk.say("Good morning, this is the front desk speaking.").await;
    let mut detector = phony_audio::vad::Detector::new(phony_audio::vad::Settings::default());
    let mut began = 0;
    let mut listener = talk.sim.running.speech().listener();
    loop {
        let message = talk.agent.next().await;
        if message["event"] == "stop" {
            break;
        }
        if message["event"] == "media" {
            let sound = STANDARD
                .decode(message["media"]["payload"].as_str().unwrap())
                .unwrap();
            detector.push(&sound, |change| {
                began += u32::from(matches!(change, phony_audio::vad::Activity::Started { .. }));
            });
            listener.push(&sound);
        }
    }
    assert!(began >= 2, "{began}");
    let words: Vec<String> = listener.heard().into_iter().map(|w| w.text).collect();
    assert_eq!(words, ["Thanks."]);
    let report = talk.report().await;
    assert_eq!(texts(&report), ["Good morning, this is the front desk speaking."]);
    let noises = events(&report, "caller_noise_began");
    assert_eq!(noises.len(), 2);
    let kinds: Vec<&str> = report["sent"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["cough", "noise", "say", "hangup"]);
    let cough = at(&noises[0]) - at(&report["heard"][0]);
    assert!((400..1_500).contains(&cough), "{cough}");
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
    let middle = (utterance.words[4].from_ms + 60) as usize * 8 / 24 * 24;
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
