//! Whoever answers a call, and what machine detection makes of them.

use serde_json::{Value, json};

use crate::agent::{self, Agent};
use crate::support::{self, Sim, texts, until};

const PHONE: &str = "+14155550150";

async fn start() -> (Sim, Agent, String) {
    let sim = support::start().await;
    let agent = agent::start(sim.running.auth_token()).await;
    let number = sim.buy(&agent.url()).await;
    (sim, agent, number)
}

/// The verdict that came to the callback.
async fn verdict(agent: &Agent) -> (String, u64) {
    let hit = until("a verdict", async || agent.hits("/amd").pop()).await;
    assert!(hit.signature_is_true);
    let ms = hit.params["MachineDetectionDuration"].parse().unwrap();
    (hit.params["AnsweredBy"].clone(), ms)
}

#[tokio::test]
async fn machine_detection_tells_who_answered_beside_the_call() {
    for (telephone, mode, word) in [
        (json!({"answerer": "person"}), "Enable", "human"),
        (json!({"answerer": "mailbox"}), "Enable", "machine_start"),
        (
            json!({"answerer": "mailbox"}),
            "DetectMessageEnd",
            "machine_end_beep",
        ),
        (
            json!({"answerer": "mailbox", "beep": false}),
            "DetectMessageEnd",
            "machine_end_silence",
        ),
        (
            json!({"answerer": "menu"}),
            "DetectMessageEnd",
            "machine_end_silence",
        ),
        (json!({"answerer": "screener"}), "Enable", "machine_start"),
        (
            json!({"answerer": "person", "answered_by": "fax"}),
            "Enable",
            "fax",
        ),
        (
            json!({"answerer": "person", "answered_by": "human", "verdict_ms": 60_000}),
            "Enable",
            "unknown",
        ),
    ] {
        let (sim, agent, number) = start().await;
        let mut telephone = telephone;
        telephone["number"] = json!(PHONE);
        sim.telephone(telephone.clone()).await;
        let amd = format!("{}/amd", agent.url());
        let form = [
            ("Twiml", "<Response><Pause length=\"40\"/></Response>"),
            ("MachineDetection", mode),
            ("MachineDetectionTimeout", "20"),
            ("AsyncAmd", "true"),
            ("AsyncAmdStatusCallback", &amd),
        ];
        let call = sim.call_out(&number, PHONE, &form).await;
        let (found, ms) = verdict(&agent).await;
        assert_eq!(found, word, "{telephone}");
        assert!((500..25_000).contains(&ms), "{telephone}: {ms}");
        let (_, view) = sim.get(&sim.account(&format!("/Calls/{call}.json"))).await;
        assert_eq!(view["answered_by"], word);
    }
}

#[tokio::test]
async fn a_call_that_waits_for_the_verdict_leaves_its_message_after_the_tone() {
    let (sim, agent, number) = start().await;
    sim.telephone(
        json!({"number": PHONE, "answerer": "mailbox", "greeting": "This is Ann. Speak after the tone.",
                         "hang_up_after_ms": 4000}),
    )
    .await;
    let (voice, status) = (format!("{}/voice", agent.url()), format!("{}/out", agent.url()));
    agent.lay(
        "/voice",
        "<Response><Say>This is the dentist, please call back.</Say></Response>",
    );
    let form = [
        ("Url", &*voice),
        ("StatusCallback", &status),
        ("MachineDetection", "DetectMessageEnd"),
    ];
    let call = sim.call_out(&number, PHONE, &form).await;
    let report = sim.finished(&call).await;
    assert_eq!(agent.hits("/voice")[0].params["AnsweredBy"], "machine_end_beep");
    assert_eq!(agent.hits("/out")[0].params["AnsweredBy"], "machine_end_beep");
    assert_eq!(
        report["mailbox"]["message"],
        "This is the dentist, please call back."
    );
    let sent: Vec<&str> = report["sent"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["kind"].as_str().unwrap())
        .collect();
    assert_eq!(sent[..2], ["say", "beep"]);
}

#[tokio::test]
async fn a_menu_reacts_to_keys_and_a_screener_to_words() {
    let (sim, agent, number) = start().await;
    sim.telephone(
        json!({"number": PHONE, "answerer": "menu", "greeting": "Press one for sales.",
                         "choices": {"1": [{"say": "Sales is closed.", "at_once": true}, {"hangup": true}]}}),
    )
    .await;
    agent.lay_relay("");
    let voice = format!("{}/voice", agent.url());
    let call = sim.call_out(&number, PHONE, &[("Url", &voice)]).await;
    assert_eq!(
        agent.next_of("prompt").await["voicePrompt"],
        "Press one for sales."
    );
    agent.send(&json!({"type": "sendDigits", "digits": "9"}));
    assert_eq!(
        agent.next_of("prompt").await["voicePrompt"],
        "Sorry, that is not a choice. Press one for sales."
    );
    agent.send(&json!({"type": "sendDigits", "digits": "1"}));
    assert_eq!(agent.next_of("prompt").await["voicePrompt"], "Sales is closed.");
    assert_eq!(sim.finished(&call).await["ended_by"], "caller");

    for (screen, last) in [
        ("accept", "Hello?"),
        ("refuse", "They cannot take your call now. Goodbye."),
    ] {
        let (sim, agent, number) = start().await;
        sim.telephone(
            json!({"number": PHONE, "answerer": "screener", "screen": screen, "hang_up_after_ms": 2000}),
        )
        .await;
        agent.lay_relay("");
        let voice = format!("{}/voice", agent.url());
        let call = sim.call_out(&number, PHONE, &[("Url", &voice)]).await;
        assert_eq!(
            agent.next_of("prompt").await["voicePrompt"],
            "Please say your name and why you are calling."
        );
        agent.say("It is Maya, about your table.");
        until(last, async || {
            (agent.next_of("prompt").await["voicePrompt"] == last).then_some(())
        })
        .await;
        let report = sim.finished(&call).await;
        assert_eq!(texts(&report), ["It is Maya, about your table."]);
    }
}

#[tokio::test]
async fn a_menu_hears_tones_and_a_mailbox_takes_down_what_was_said_on_a_stream() {
    let sim = support::start_at(4.0, phony_simulator::Config::default()).await;
    let agent = agent::start(sim.running.auth_token()).await;
    let number = sim.buy(&agent.url()).await;
    sim.telephone(json!({"number": PHONE, "answerer": "menu", "greeting": "Press two.",
                         "choices": {"2": [{"say": "Thanks.", "at_once": true}, {"beep": true}, {"wait_for": "call me back."},
                                           {"hangup": true}]}}))
        .await;
    agent.lay_stream("/voice", "");
    let voice = format!("{}/voice", agent.url());
    let call = sim.call_out(&number, PHONE, &[("Url", &voice)]).await;
    let stream = agent.next_of("start").await["streamSid"].clone();
    until("the question", async || {
        let report = sim.report(&call).await;
        (report["sent"].as_array().is_some_and(|sent| !sent.is_empty())).then_some(())
    })
    .await;
    let send = |sound: &[u8]| {
        use base64::Engine as _;
        let payload = base64::engine::general_purpose::STANDARD.encode(sound);
        agent.send(&json!({"event": "media", "streamSid": stream, "media": {"payload": payload}}));
    };
    let mut tone = vec![0_u8; 1_600];
    phony_audio::dtmf::Tone::of('2').unwrap().fill(&mut tone);
    send(&tone);
    until("the tone", async || {
        let report = sim.report(&call).await;
        let sent = report["sent"].as_array().unwrap().clone();
        sent.iter().any(|sent| sent["kind"] == "beep").then_some(())
    })
    .await;
    let words = sim.running.speech().say("Please call me back.", "marin").await;
    send(&words.ulaw);
    let report = sim.finished(&call).await;
    let digits: Vec<&Value> = report["heard"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|h| h["kind"] == "digits")
        .collect();
    assert_eq!(digits.len(), 1);
    assert_eq!(digits[0]["text"], "2");
    assert!(
        texts(&report).contains(&"Please call me back.".to_owned()),
        "{report:#}"
    );
    assert_eq!(report["mailbox"], Value::Null, "only mailboxes take messages");
}

#[tokio::test]
async fn calls_that_are_not_answered_say_why() {
    let (sim, agent, number) = start().await;
    let url = format!("{}/out", agent.url());
    for (answerer, word, sip, code) in [
        ("busy", "busy", "486", None),
        ("no_answer", "no-answer", "487", None),
        ("reject", "failed", "603", None),
        ("fail", "failed", "404", Some("13224")),
    ] {
        sim.telephone(json!({"number": PHONE, "answerer": answerer}))
            .await;
        let form = [
            ("Twiml", "<Response/>"),
            ("StatusCallback", &*url),
            ("Timeout", "5"),
        ];
        let call = sim.call_out(&number, PHONE, &form).await;
        assert_eq!(sim.finished(&call).await["status"], word);
        let last = agent.hits("/out").pop().unwrap();
        assert_eq!(last.params["SipResponseCode"], sip);
        assert_eq!(
            last.params.get("ErrorCode").map(String::as_str),
            code,
            "{answerer}"
        );
    }
    let bad = json!({"number": PHONE, "answerer": "parrot"});
    assert_eq!(sim.sim("POST", "/targets", bad).await.0, 400);
    let odd = json!({"number": PHONE, "greeting": "Hi"});
    assert_eq!(sim.sim("POST", "/targets", odd).await.0, 400);
}

#[tokio::test]
async fn a_colleague_who_is_dialled_hears_and_answers() {
    let (sim, agent, number) = start().await;
    sim.telephone(json!({"number": PHONE, "answerer": "person", "greeting": "Sales, this is Bob.",
                         "script": [{"wait_for": "price"}, {"say": "It is ten dollars."}, {"wait_ms": 300}, {"hangup": true}]}))
        .await;
    agent.lay(
        "/voice",
        &format!("<Response><Dial action=\"/done\"><Number>{PHONE}</Number></Dial></Response>"),
    );
    agent.lay("/done", "<Response/>");
    let call = sim
        .ring(
            &number,
            json!([{"wait_for": "Bob"}, {"say": "What is the price?"}, {"wait_for": "dollars"}]),
        )
        .await;
    let report = sim.finished(&call).await;
    assert_eq!(texts(&report), ["Sales, this is Bob.", "It is ten dollars."]);
    let done = &agent.hits("/done")[0].params;
    assert_eq!(
        (done["DialCallStatus"].as_str(), done["DialBridged"].as_str()),
        ("completed", "true")
    );
    let child = sim.report(&done["DialCallSid"]).await;
    assert_eq!(texts(&child), ["What is the price?"]);
    assert_eq!(child["heard"][0]["from"], call.as_str());
    assert_eq!(child["ended_by"], "caller");
}

#[tokio::test]
async fn somebody_who_is_dialled_may_refuse_after_a_whisper() {
    for (key, bridged) in [("1", "true"), ("2", "false")] {
        let (sim, agent, number) = start().await;
        sim.telephone(json!({"number": PHONE, "answerer": "person", "greeting": "",
                             "script": [{"wait_for": "press one"}, {"press": key}, {"wait_ms": 500}, {"hangup": true}]}))
            .await;
        agent.lay(
            "/voice",
            &format!(
                "<Response><Dial action=\"/done\"><Number url=\"/whisper\">{PHONE}</Number></Dial></Response>"
            ),
        );
        agent.lay(
            "/whisper",
            "<Response><Gather numDigits=\"1\" action=\"/taken\"><Say>To take the call press one.</Say></Gather><Hangup/></Response>",
        );
        agent.lay(
            "/taken",
            if key == "1" {
                "<Response/>"
            } else {
                "<Response><Hangup/></Response>"
            },
        );
        agent.lay("/done", "<Response/>");
        let call = sim.ring(&number, json!([])).await;
        sim.finished(&call).await;
        let done = &agent.hits("/done")[0].params;
        assert_eq!(done["DialBridged"], bridged);
        assert_eq!(agent.hits("/taken")[0].params["Digits"], key);
    }
}
