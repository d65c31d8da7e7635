//! Recordings: of words and of real sound, with pauses, on one or two channels, told, fetched and deleted.

use phony_simulator::Config;
use serde_json::{Value, json};

use crate::agent::{self, Agent};
use crate::support::{self, Sim, until};

async fn start() -> (Sim, Agent, String) {
    let sim = support::start().await;
    let agent = agent::start(sim.running.auth_token()).await;
    let number = sim.buy(&agent.url()).await;
    (sim, agent, number)
}

async fn begin(sim: &Sim, agent: &Agent, call: &str, more: &[(&str, &str)]) -> Value {
    let url = format!("{}/recorded", agent.url());
    let mut form = vec![
        ("RecordingStatusCallback", url.as_str()),
        ("RecordingStatusCallbackEvent", "in-progress completed absent"),
    ];
    form.extend(more);
    let (status, recording) = sim
        .post(&sim.account(&format!("/Calls/{call}/Recordings.json")), &form)
        .await;
    assert_eq!(
        (status, recording["status"].as_str()),
        (201, Some("in-progress")),
        "{recording}"
    );
    recording
}

/// The parameters of the last callback.
async fn told(agent: &Agent, status: &str) -> std::collections::HashMap<String, String> {
    until(status, async || {
        let hit = agent.hits("/recorded").pop()?;
        assert!(hit.signature_is_true);
        (hit.params["RecordingStatus"] == status).then_some(hit.params)
    })
    .await
}

/// The file, and how many channels it says it has.
async fn file(sim: &Sim, url: &str) -> Option<(Vec<u8>, u8)> {
    let answer = sim
        .http
        .get(format!("{url}.wav"))
        .basic_auth(sim.running.account_sid(), Some(sim.running.auth_token()))
        .send()
        .await
        .unwrap();
    if !answer.status().is_success() {
        return None;
    }
    assert_eq!(answer.headers()["content-type"], "audio/x-wav");
    let bytes = answer.bytes().await.unwrap().to_vec();
    let channels = bytes[22];
    Some((bytes, channels))
}

/// What can be understood on one channel.
fn words(sim: &Sim, file: &[u8], channel: usize) -> String {
    let channels = usize::from(file[22]);
    let samples = file[44..].chunks_exact(2 * channels).map(|frame| {
        let at = channel * 2;
        phony_audio::ulaw::encode(i16::from_le_bytes([frame[at], frame[at + 1]]))
    });
    let sound: Vec<u8> = samples.collect();
    let heard = sim.running.speech().words_in(&sound);
    heard
        .iter()
        .map(|word| word.text.as_str())
        .collect::<Vec<_>>()
        .join(" ")
}

#[tokio::test]
async fn a_recording_leaves_out_what_was_said_in_its_pause() {
    let (sim, agent, number) = start().await;
    agent.lay_relay("");
    let call = sim.ring(&number, json!([])).await;
    agent.next_of("setup").await;
    let recording = begin(&sim, &agent, &call, &[("RecordingChannels", "dual")]).await;
    assert_eq!(
        (recording["channels"].as_u64(), recording["duration"].as_str()),
        (Some(2), None)
    );
    let sid = recording["sid"].as_str().unwrap();
    let say = async |words: &str| {
        sim.sim("POST", &format!("/calls/{call}/say"), json!({"text": words}))
            .await;
        until(words, async || {
            (agent.next_of("prompt").await["voicePrompt"] == words).then_some(())
        })
        .await;
    };
    say("I want to pay by card.").await;
    agent.say("Please tell me the number.");
    sim.heard(&call, "tell me the number.").await;
    let steer = async |id: &str, form: &[(&str, &str)]| {
        sim.post(&sim.account(&format!("/Calls/{call}/Recordings/{id}.json")), form)
            .await
    };
    assert_eq!(steer(sid, &[("Status", "paused")]).await.1["status"], "paused");
    say("Four two four two.").await;
    assert_eq!(
        steer("Twilio.CURRENT", &[("Status", "in-progress")]).await.1["status"],
        "in-progress"
    );
    say("That was all.").await;
    let (status, error) = sim
        .post(&sim.account(&format!("/Recordings/{sid}.json")), &[])
        .await;
    assert_eq!((status, error["code"].as_u64()), (404, Some(20_404)));
    assert_eq!(steer(sid, &[("Status", "stopped")]).await.1["status"], "stopped");
    let (status, error) = steer(sid, &[("Status", "paused")]).await;
    assert_eq!((status, error["code"].as_u64()), (400, Some(21_220)));
    sim.sim("POST", &format!("/calls/{call}/hangup"), json!({})).await;

    let params = told(&agent, "completed").await;
    assert_eq!(params["RecordingSid"], sid);
    assert_eq!(
        (
            params["RecordingChannels"].as_str(),
            params["RecordingSource"].as_str()
        ),
        ("2", "StartCallRecordingAPI")
    );
    assert!(params["RecordingDuration"].parse::<u64>().unwrap() > 1);
    let (file, channels) = file(&sim, &params["RecordingUrl"]).await.unwrap();
    assert_eq!(channels, 2);
    assert_eq!(words(&sim, &file, 0), "I want to pay by card. That was all.");
    assert_eq!(words(&sim, &file, 1), "Please tell me the number.");

    let one = sim.account(&format!("/Recordings/{sid}.json"));
    let (_, view) = sim.get(&one).await;
    assert_eq!(
        (view["status"].as_str(), view["price"].as_str()),
        (Some("completed"), None)
    );
    let (_, list) = sim
        .get(&sim.account(&format!("/Recordings.json?CallSid={call}")))
        .await;
    assert_eq!(list["recordings"].as_array().unwrap().len(), 1);
    let price = until("a price", async || {
        sim.get(&one).await.1["price"].as_str().map(str::to_owned)
    })
    .await;
    assert_eq!(price, "-0.0025");
    assert_eq!(sim.delete(&one).await, 204);
    assert_eq!(sim.delete(&one).await, 404);
    assert!(self::file(&sim, &params["RecordingUrl"]).await.is_none());
}

#[tokio::test]
async fn real_sound_is_recorded_as_it_was() {
    let sim = support::start_at(4.0, Config::default()).await;
    let agent = agent::start(sim.running.auth_token()).await;
    let number = sim.buy(&agent.url()).await;
    agent.lay_stream("/voice", "");
    let call = sim.ring(&number, json!([])).await;
    let stream = agent.next_of("start").await["streamSid"].clone();
    let recording = begin(&sim, &agent, &call, &[]).await;
    let running = sim.account(&format!(
        "/Recordings/{}.json",
        recording["sid"].as_str().unwrap()
    ));
    assert_eq!(sim.delete(&running).await, 409);
    use base64::Engine as _;
    let said = sim
        .running
        .speech()
        .say("Good morning, front desk.", "marin")
        .await;
    let payload = base64::engine::general_purpose::STANDARD.encode(&said.ulaw);
    agent.send(&json!({"event": "media", "streamSid": stream, "media": {"payload": payload}}));
    sim.heard(&call, "front desk.").await;
    sim.sim(
        "POST",
        &format!("/calls/{call}/say"),
        json!({"text": "Do you have a room?", "politely": true}),
    )
    .await;
    until("the question", async || {
        let report = sim.report(&call).await;
        let events = report["streams"][0]["events"].as_array().unwrap().clone();
        events
            .iter()
            .any(|event| event["kind"] == "caller_voice_ended")
            .then_some(())
    })
    .await;
    sim.sim("POST", &format!("/calls/{call}/hangup"), json!({})).await;
    let params = told(&agent, "completed").await;
    assert_eq!(params["RecordingChannels"], "1");
    let (file, channels) = file(&sim, &params["RecordingUrl"]).await.unwrap();
    assert_eq!(channels, 1);
    assert_eq!(
        words(&sim, &file, 0),
        "Good morning, front desk. Do you have a room?"
    );
}

#[tokio::test]
async fn recordings_come_with_the_call_or_by_instructions_or_are_nothing() {
    let (sim, agent, number) = start().await;
    let (recorded, out) = (
        format!("{}/recorded", agent.url()),
        format!("{}/out", agent.url()),
    );
    let twiml = "<Response><Say>This call is recorded.</Say></Response>";
    let form = [
        ("Twiml", twiml),
        ("Record", "true"),
        ("RecordingStatusCallback", &recorded),
        ("StatusCallback", &out),
    ];
    let call = sim.call_out(&number, "+14155550150", &form).await;
    let params = told(&agent, "completed").await;
    assert_eq!(
        (params["CallSid"].as_str(), params["RecordingSource"].as_str()),
        (&*call, "OutboundAPI")
    );
    sim.finished(&call).await;
    let last = &agent.hits("/out")[0].params;
    assert_eq!(last["RecordingSid"], params["RecordingSid"]);
    let (status, error) = sim
        .post(&sim.account(&format!("/Calls/{call}/Recordings.json")), &[])
        .await;
    assert_eq!((status, error["code"].as_u64()), (400, Some(21_220)));

    agent.lay(
        "/voice",
        &format!(
            "<Response><Start><Recording channels=\"dual\" recordingStatusCallback=\"{recorded}\" \
             recordingStatusCallbackEvent=\"completed absent\"/></Start><Pause length=\"3\"/></Response>"
        ),
    );
    let call = sim.ring(&number, json!([])).await;
    sim.finished(&call).await;
    let params = told(&agent, "absent").await;
    assert_eq!(
        (params["CallSid"].as_str(), params["ErrorCode"].as_str()),
        (&*call, "16102"),
        "nobody said a word"
    );
    assert!(file(&sim, &params["RecordingUrl"]).await.is_none());
}

#[tokio::test]
async fn a_document_takes_down_what_the_caller_says_after_the_tone() {
    let (sim, agent, number) = start().await;
    let record = r##"<Response><Record action="/taken" maxLength="60" timeout="3" finishOnKey="#"/>
                    <Say>Nobody said anything.</Say></Response>"##;
    agent.lay("/voice", record);
    agent.lay("/taken", "<Response><Say>Thank you.</Say></Response>");
    let call = sim
        .ring(
            &number,
            json!([{"wait_ms": 500}, {"say": "Please ring me back", "at_once": true}, {"press": "#"}]),
        )
        .await;
    let report = sim.finished(&call).await;
    assert_eq!(
        support::texts(&report),
        ["", "Thank you."],
        "a tone, then what the action says"
    );
    let taken = &agent.hits("/taken")[0];
    assert!(taken.signature_is_true);
    assert_eq!(taken.params["Digits"], "#");
    assert!(taken.params["RecordingDuration"].parse::<u64>().unwrap() > 0);
    let url = taken.params["RecordingUrl"].clone();
    assert!(url.ends_with(&taken.params["RecordingSid"]));
    let (sound, channels) = until("the file", async || file(&sim, &url).await).await;
    assert_eq!(channels, 1);
    let words = sim
        .running
        .speech()
        .words_in(&phony_simulator::speech::to_ulaw(&sound).unwrap());
    let words: Vec<String> = words.into_iter().map(|word| word.text).collect();
    assert_eq!(words.join(" "), "Please ring me back");
    // The file as MP3 is plainly not to be had here.
    let answer = sim.get(&format!("{url}.mp3")).await;
    assert_eq!(answer.0, 501);
    assert!(
        answer.1["message"].as_str().unwrap().contains(".wav"),
        "{}",
        answer.1
    );

    // Silence falls through to the next verb, and a caller who hangs up is told of.
    agent.lay("/voice", record);
    let silent = sim.ring(&number, json!([{"wait_ms": 60_000}])).await;
    let report = sim.finished(&silent).await;
    assert!(support::texts(&report).contains(&"Nobody said anything.".to_owned()));
    agent.lay("/voice", record);
    let gone = sim
        .ring(
            &number,
            json!([{"say": "I am off", "at_once": true}, {"hangup": true}]),
        )
        .await;
    sim.finished(&gone).await;
    let last = until("the action is told", async || {
        let hits = agent.hits("/taken");
        (hits.len() == 2).then(|| hits[1].clone())
    })
    .await;
    assert_eq!(last.params["Digits"], "hangup");
}

#[tokio::test]
async fn a_conference_is_recorded_from_its_start_with_everybody_in_it() {
    let (sim, agent, number) = start().await;
    let url = format!("{}/recorded", agent.url());
    let rooms = sim.account("/Conferences/desk/Participants.json");
    let mut room = String::new();
    for (phone, wait_ms, says) in [
        ("+14155550161", 4_000, "This is Ana"),
        ("+14155550162", 8_000, "And Ben is here"),
    ] {
        let script = json!([{"wait_ms": wait_ms}, {"say": says, "at_once": true}, {"wait_ms": 6_000}, {"hangup": true}]);
        sim.telephone(json!({"number": phone, "script": script, "voice": phone}))
            .await;
        let form = [
            ("To", phone),
            ("From", &*number),
            ("ConferenceRecord", "true"),
            ("ConferenceRecordingStatusCallback", &*url),
        ];
        let (status, participant) = sim.post(&rooms, &form).await;
        assert_eq!(status, 201, "{participant}");
        participant["conference_sid"]
            .as_str()
            .unwrap()
            .clone_into(&mut room);
    }
    let told = told(&agent, "completed").await;
    assert_eq!(told["ConferenceSid"], room);
    assert!(!told.contains_key("CallSid"));
    let (sound, channels) = file(&sim, &told["RecordingUrl"]).await.unwrap();
    assert_eq!(channels, 1);
    let words = sim
        .running
        .speech()
        .words_in(&phony_simulator::speech::to_ulaw(&sound).unwrap());
    let words: Vec<String> = words.into_iter().map(|word| word.text).collect();
    assert_eq!(words.join(" "), "This is Ana And Ben is here");
    let path = sim.account(&format!("/Conferences/{room}/Recordings.json"));
    let (_, list) = sim.get(&path).await;
    let one = &list["recordings"][0];
    assert_eq!(
        (&one["sid"], &one["conference_sid"], &one["call_sid"]),
        (&json!(told["RecordingSid"]), &json!(room), &Value::Null)
    );
    assert_eq!(list["recordings"].as_array().unwrap().len(), 1, "one for all");
}
