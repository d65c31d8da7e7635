//! Talking, interrupting and ending.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{at, codes, events, talk};
use crate::agent::{self, Out};
use crate::support::{self, texts};

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
    assert!((480..10_000).contains(&took), "{took} ms");
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
    // A frame counts from its beginning, up to twenty milliseconds before the person acts.
    assert!((380..1_500).contains(&cough), "{cough}");
}

#[tokio::test]
async fn somebody_who_is_rung_up_talks_on_a_stream_too() {
    let sim = support::start_at(8.0, phony_simulator::Config::default()).await;
    let agent = agent::start(sim.running.auth_token()).await;
    agent.lay_stream("/voice", "");
    let from = sim.buy(&agent.url()).await;
    let to = "+14155550188";
    let target = json!({"number": to, "ring_ms": 300, "voice": "alice",
                        "script": [{"say": "Hello, who is there?", "at_once": true}, {"hangup": true}]});
    assert_eq!(sim.sim("POST", "/targets", target).await.0, 200);
    let form = [
        ("To", to),
        ("From", &from),
        ("Url", &format!("{}/voice", agent.url())),
    ];
    let (status, call) = sim.post(&sim.account("/Calls.json"), &form).await;
    assert_eq!(status, 201);
    let mut listener = sim.running.speech().listener();
    loop {
        let message = agent.next().await;
        match message["event"].as_str() {
            Some("stop") => break,
            Some("media") => {
                let sound = STANDARD
                    .decode(message["media"]["payload"].as_str().unwrap())
                    .unwrap();
                listener.push(&sound);
            }
            _ => {}
        }
    }
    let words: Vec<String> = listener.heard().into_iter().map(|word| word.text).collect();
    assert_eq!(words.join(" "), "Hello, who is there?");
    let report = sim.finished(call["sid"].as_str().unwrap()).await;
    assert_eq!(report["direction"], "outbound-api");
    assert_eq!(report["streams"][0]["ended"], "caller");
}
