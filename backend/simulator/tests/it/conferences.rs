//! Conferences: who hears whom, music and announcements, how they begin and end, and the warm transfer.

use serde_json::{Value, json};

use crate::agent::{self, Agent};
use crate::support::{self, Sim, texts, until};

const BOB: &str = "+14155550161";
const EVENTS: &str = "start end join leave mute hold modify announcement";

async fn start() -> (Sim, Agent, String) {
    let sim = support::start().await;
    let agent = agent::start(sim.running.auth_token()).await;
    let number = sim.buy(&agent.url()).await;
    (sim, agent, number)
}

/// The only conference, when it looks as wanted.
async fn room(sim: &Sim, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    until(what, async || {
        let (_, all) = sim.sim("GET", "/conferences", Value::Null).await;
        Some(all["data"][0].clone()).filter(|room| wanted(room))
    })
    .await
}

fn is_running(room: &Value) -> bool {
    room["status"] == "in-progress"
}

/// Calls somebody into the room and returns the participant.
async fn invite(sim: &Sim, name: &str, from: &str, more: &[(&str, &str)]) -> Value {
    let mut form = vec![("From", from), ("To", BOB), ("Label", "agent")];
    form.extend(more);
    let url = sim.account(&format!("/Conferences/{name}/Participants.json"));
    let (status, participant) = sim.post(&url, &form).await;
    assert_eq!(status, 201, "{participant}");
    participant
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_warm_transfer_brings_two_people_together_and_back() {
    let (sim, agent, number) = start().await;
    sim.telephone(json!({"number": BOB, "answerer": "person", "greeting": "", "stay": true}))
        .await;
    agent.lay(
        "/voice",
        "<Response><Say>One moment please.</Say><Pause length=\"60\"/></Response>",
    );
    agent.lay("/after", "<Response><Say>Welcome back.</Say></Response>");
    agent.lay(
        "/brief",
        "<Response><Say>A caller wants a table for two.</Say></Response>",
    );
    let caller = sim.ring(&number, json!([])).await;
    let say = async |call: &str, words: &str| {
        let path = format!("/calls/{call}/say");
        sim.sim("POST", &path, json!({"text": words})).await;
    };
    sim.heard(&caller, "One moment").await;
    let name = format!("xfer-{caller}");
    let (status_url, news) = (format!("{}/leg", agent.url()), format!("{}/room", agent.url()));
    let mut options = vec![
        ("EndConferenceOnExit", "true"),
        ("StatusCallback", status_url.as_str()),
        ("StatusCallbackEvent", "initiated"),
        ("StatusCallbackEvent", "ringing"),
        ("StatusCallbackEvent", "answered"),
        ("StatusCallbackEvent", "completed"),
        ("ConferenceStatusCallback", news.as_str()),
    ];
    options.extend(
        EVENTS
            .split(' ')
            .map(|word| ("ConferenceStatusCallbackEvent", word)),
    );
    let bob = invite(&sim, &name, &number, &options).await;
    assert_eq!(
        (bob["status"].as_str(), bob["label"].as_str()),
        (Some("queued"), Some("agent"))
    );
    let (room_sid, bob_call) = (text(&bob["conference_sid"]), text(&bob["call_sid"]));
    room(&sim, "Bob is there", |room| {
        room["participants"][0]["status"] == "connected" && room["status"] == "init"
    })
    .await;

    // Bob is told what it is about, alone.
    let participants = sim.account(&format!("/Conferences/{room_sid}/Participants"));
    let brief = format!("{}/brief", agent.url());
    let (status, _) = sim
        .post(&format!("{participants}/agent.json"), &[("AnnounceUrl", &brief)])
        .await;
    assert_eq!(status, 200);
    sim.heard(&bob_call, "table for two").await;

    // The caller joins and is held with music until somebody lets them go.
    let after = format!("{}/after", agent.url());
    let twiml = format!(
        "<Response><Dial action=\"{after}\"><Conference participantLabel=\"caller\" beep=\"false\">{name}</Conference></Dial></Response>"
    );
    let (status, _) = sim
        .post(
            &sim.account(&format!("/Calls/{caller}.json")),
            &[("Twiml", &twiml)],
        )
        .await;
    assert_eq!(status, 200);
    room(&sim, "the conference runs", is_running).await;
    let (_, held) = sim
        .post(&format!("{participants}/{caller}.json"), &[("Hold", "true")])
        .await;
    assert_eq!(
        (held["hold"].as_bool(), held["label"].as_str()),
        (Some(true), Some("caller"))
    );
    sim.heard(&caller, "hold music").await;
    sim.post(&format!("{participants}/{caller}.json"), &[("Hold", "false")])
        .await;
    say(&caller, "Hello, it is about my table.").await;
    sim.heard(&bob_call, "about my table.").await;
    say(&bob_call, "Good evening, this is Bob.").await;
    sim.heard(&caller, "this is Bob.").await;
    say(&caller, "Well, thank you.").await;
    sim.heard(&bob_call, "thank you.").await;
    sim.sim("POST", &format!("/calls/{bob_call}/hangup"), json!({}))
        .await;

    let report = sim.finished(&caller).await;
    assert_eq!(
        texts(&report),
        [
            "One moment please.",
            "hold music",
            "Good evening, this is Bob.",
            "Welcome back."
        ]
    );
    assert_eq!(report["heard"][2]["from"], bob_call.as_str());
    assert_eq!(report["heard"][2]["from_label"], "agent");
    let mut bob = texts(&sim.finished(&bob_call).await);
    bob.retain(|text| text != "hold music");
    assert_eq!(
        bob,
        [
            "A caller wants a table for two.",
            "Hello, it is about my table.",
            "Well, thank you."
        ]
    );
    assert_eq!(agent.hits("/after")[0].params["DialCallStatus"], "answered");
    let ended = room(&sim, "the end", |room| room["status"] == "completed").await;
    assert_eq!(
        ended["reason_ended"],
        "participant-with-end-conference-on-exit-left"
    );
    assert_eq!(ended["said"][0]["heard_by"], json!([bob_call]));
    let hits = until("all news", async || {
        let hits = agent.hits("/room");
        (hits.last()?.params["StatusCallbackEvent"] == "conference-end").then_some(hits)
    })
    .await;
    let told: Vec<&str> = hits
        .iter()
        .map(|hit| hit.params["StatusCallbackEvent"].as_str())
        .collect();
    assert_eq!(
        told,
        [
            "participant-join",
            "announcement-end",
            "participant-join",
            "conference-start",
            "participant-hold",
            "participant-unhold",
            "participant-leave",
            "participant-leave",
            "conference-end"
        ]
    );
    assert!(hits.iter().all(|hit| hit.signature_is_true));
    let end = &hits.last().unwrap().params;
    assert_eq!(end["CallSidEndingConference"], bob_call);
    let legs: Vec<String> = agent
        .hits("/leg")
        .iter()
        .map(|hit| hit.params["CallStatus"].clone())
        .collect();
    assert_eq!(legs, ["initiated", "ringing", "in-progress", "completed"]);
}

#[tokio::test]
async fn somebody_who_cannot_be_reached_leaves_no_room_behind() {
    let (sim, _agent, number) = start().await;
    sim.telephone(json!({"number": BOB, "answerer": "busy"})).await;
    let bob = invite(&sim, "r1", &number, &[]).await;
    let ended = room(&sim, "the end", |room| room["status"] == "completed").await;
    assert_eq!(ended["participants"], json!([]));
    let gone = sim.account(&format!(
        "/Conferences/r1/Participants/{}.json",
        text(&bob["call_sid"])
    ));
    let (status, error) = sim.get(&gone).await;
    assert_eq!((status, error["code"].as_u64()), (404, Some(20_404)));
    // The same name makes a new room; taking somebody out of it who still rings ends their call.
    sim.telephone(json!({"number": BOB, "answerer": "person", "ring_ms": 50_000}))
        .await;
    let again = invite(&sim, "r1", &number, &[]).await;
    assert_ne!(again["conference_sid"], bob["conference_sid"]);
    let call = text(&again["call_sid"]);
    assert_eq!(
        sim.delete(&sim.account(&format!("/Conferences/r1/Participants/{call}.json")))
            .await,
        204
    );
    assert_eq!(sim.finished(&call).await["status"], "canceled");
}

#[tokio::test]
async fn muting_coaching_and_keys() {
    let (sim, agent, number) = start().await;
    let mut calls = Vec::new();
    for (label, more) in [("caller", ""), ("agent", ""), ("boss", "")] {
        agent.lay(
            "/voice",
            &format!("<Response><Dial><Conference participantLabel=\"{label}\" {more}>desk</Conference></Dial></Response>"),
        );
        calls.push(sim.ring(&number, json!([])).await);
        let count = calls.len();
        room(&sim, "one more", |room| {
            room["participants"]
                .as_array()
                .is_some_and(|all| all.len() == count)
        })
        .await;
    }
    let [caller, colleague, boss] = &calls[..] else {
        panic!()
    };
    let participants = sim.account("/Conferences/desk/Participants");
    let said = async |call: &str, words: &str| {
        sim.sim("POST", &format!("/calls/{call}/say"), json!({"text": words}))
            .await;
        room(&sim, words, |room| {
            room["said"]
                .as_array()
                .is_some_and(|said| said.iter().any(|line| line["text"] == words))
        })
        .await
    };
    let heard_by = |room: &Value| room["said"].as_array().unwrap().last().unwrap()["heard_by"].clone();

    let coached = [("Coaching", "true"), ("CallSidToCoach", colleague.as_str())];
    let (_, view) = sim.post(&format!("{participants}/boss.json"), &coached).await;
    assert_eq!(
        (view["coaching"].as_bool(), view["call_sid_to_coach"].as_str()),
        (Some(true), Some(&**colleague))
    );
    assert_eq!(
        heard_by(&said(boss, "Offer a discount.").await),
        json!([colleague])
    );
    assert_eq!(
        heard_by(&said(caller, "Is there a discount?").await),
        json!([colleague, boss])
    );
    sim.post(&format!("{participants}/caller.json"), &[("Muted", "true")])
        .await;
    sim.sim(
        "POST",
        &format!("/calls/{caller}/say"),
        json!({"text": "Nobody hears this."}),
    )
    .await;
    assert_eq!(
        heard_by(&said(colleague, "Ten percent.").await),
        json!([caller, boss])
    );
    sim.post(&format!("{participants}/caller.json"), &[("Muted", "false")])
        .await;
    sim.sim("POST", &format!("/calls/{caller}/press"), json!({"digits": "4"}))
        .await;
    sim.heard(colleague, "4").await;
    let other = [
        ("Coaching", "true"),
        ("CallSidToCoach", "CA00000000000000000000000000000000"),
    ];
    assert_eq!(
        sim.post(&format!("{participants}/boss.json"), &other).await.1["code"],
        16_028
    );

    // The room ends for everybody, and everybody's call goes on or ends.
    let (_, list) = sim
        .get(&sim.account("/Conferences.json?Status=in-progress&FriendlyName=desk"))
        .await;
    let room_sid = text(&list["conferences"][0]["sid"]);
    let (_, view) = sim
        .post(
            &sim.account(&format!("/Conferences/{room_sid}.json")),
            &[("Status", "completed")],
        )
        .await;
    assert_eq!(view["reason_conference_ended"], "conference-ended-via-api");
    for call in &calls {
        assert_eq!(sim.finished(call).await["ended_by"], "agent");
    }
    let report = sim.report(colleague).await;
    assert!(!texts(&report).contains(&"Nobody hears this.".to_owned()));
}

#[tokio::test]
async fn whoever_waits_hears_what_was_asked_for_and_labels_are_unique() {
    let (sim, agent, number) = start().await;
    agent.lay("/music", "<Response><Say>You are next.</Say></Response>");
    let dial = |attributes: &str| {
        format!(
            "<Response><Dial action=\"/after\"><Conference {attributes}>wait</Conference></Dial></Response>"
        )
    };
    agent.lay(
        "/voice",
        &dial("participantLabel=\"one\" startConferenceOnEnter=\"false\" waitUrl=\"/music\""),
    );
    let first = sim.ring(&number, json!([])).await;
    sim.heard(&first, "You are next.").await;
    agent.lay("/voice", &dial("participantLabel=\"one\""));
    agent.lay(
        "/after",
        "<Response><Say>Somebody has that name.</Say></Response>",
    );
    let second = sim.ring(&number, json!([])).await;
    let report = sim.finished(&second).await;
    assert_eq!(texts(&report), ["Somebody has that name."]);
    assert_eq!(report["errors"][0]["code"], 16_025);
    assert_eq!(agent.hits("/after")[0].params["DialCallStatus"], "failed");
    // Somebody who starts it comes, and goes again: the one who stays hears nobody.
    agent.lay("/voice", &dial("waitUrl=\"\""));
    let third = sim
        .ring(&number, json!([{"wait_ms": 1500}, {"hangup": true}]))
        .await;
    room(&sim, "the conference runs", is_running).await;
    sim.finished(&third).await;
    let left = room(&sim, "one left", |room| {
        room["participants"].as_array().unwrap().len() == 1
    })
    .await;
    assert_eq!(left["status"], "in-progress");
    agent.lay("/after", "<Response/>");
    sim.delete(&sim.account("/Conferences/wait/Participants/one.json"))
        .await;
    sim.finished(&first).await;
    let ended = room(&sim, "the end", |room| room["status"] == "completed").await;
    assert_eq!(ended["reason_ended"], "last-participant-kicked");
    let form = [("From", &*number), ("To", BOB)];
    let over = sim.account(&format!(
        "/Conferences/{}/Participants.json",
        text(&ended["conference_sid"])
    ));
    assert_eq!(sim.post(&over, &form).await.1["code"], 16_022);
}

#[tokio::test]
async fn a_conversation_is_taken_out_of_its_stream_into_a_room() {
    let sim = support::start_at(8.0, phony_simulator::Config::default()).await;
    let agent = agent::start(sim.running.auth_token()).await;
    let number = sim.buy(&agent.url()).await;
    sim.telephone(json!({"number": BOB, "answerer": "person", "greeting": "",
                         "script": [{"wait_for": "see my order"}, {"say": "I can see it."}, {"wait_ms": 400}, {"hangup": true}]}))
        .await;
    agent.lay_stream("/voice", "");
    let caller = sim.ring(&number, json!([])).await;
    agent.next_of("start").await;
    invite(&sim, "lift", &number, &[("EndConferenceOnExit", "true")]).await;
    room(&sim, "Bob is there", |room| {
        room["participants"][0]["status"] == "connected"
    })
    .await;
    let twiml = "<Response><Dial><Conference>lift</Conference></Dial></Response>";
    sim.post(
        &sim.account(&format!("/Calls/{caller}.json")),
        &[("Twiml", twiml)],
    )
    .await;
    agent.next_event("stop").await;
    room(&sim, "the conference runs", is_running).await;
    sim.sim(
        "POST",
        &format!("/calls/{caller}/say"),
        json!({"text": "Can you see my order?"}),
    )
    .await;
    let report = sim.finished(&caller).await;
    assert_eq!(texts(&report), ["I can see it."]);
}
