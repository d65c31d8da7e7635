//! Turns by `<Gather>`: keys, speech, partial results, and prompts that are talked over.

use serde_json::{Value, json};

use crate::agent::{self, Agent, Hit};
use crate::support::{self, Sim, texts};

struct Turn {
    sim: Sim,
    agent: Agent,
    number: String,
}

async fn turn() -> Turn {
    let sim = support::start_at(10.0, phony_simulator::Config::default()).await;
    let agent = agent::start(sim.running.auth_token()).await;
    let number = sim.buy(&agent.url()).await;
    Turn { sim, agent, number }
}

impl Turn {
    /// Runs a call through one `<Gather>` and returns its report and the action's request, if there was one.
    async fn run(&self, attributes: &str, prompt: &str, script: Value) -> (Value, Option<Hit>) {
        self.agent.lay(
            "/voice",
            &format!(
                r#"<Response><Gather action="/gathered" {attributes}>{prompt}</Gather><Say>Nothing came.</Say></Response>"#
            ),
        );
        self.agent.lay("/gathered", "<Response><Hangup/></Response>");
        let before = self.agent.hits("/gathered").len();
        let call = self
            .sim
            .ring_with(json!({"from": "+14155550199", "to": self.number, "script": script, "live": true}))
            .await;
        let report = self.sim.finished(&call).await;
        (report, self.agent.hits("/gathered").get(before).cloned())
    }
}

fn millis(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

#[tokio::test]
async fn partial_results_grow_before_the_result() {
    let turn = turn().await;
    let (report, hit) = turn
        .run(
            r#"input="speech" speechTimeout="auto" partialResultCallback="/partial" language="en-GB" hints="a,b,c""#,
            "<Say>What can I do?</Say>",
            json!([{"say": "I would like to move my appointment to next Friday please"}]),
        )
        .await;
    let hit = hit.unwrap();
    assert!(hit.signature_is_true);
    assert_eq!(
        hit.params["SpeechResult"],
        "I would like to move my appointment to next Friday please"
    );
    assert_eq!(hit.params["Language"], "en-GB");
    assert!(hit.params["Confidence"].parse::<f64>().unwrap() > 0.5);
    assert!(!hit.params.contains_key("Digits"));
    let mut partials = turn.agent.hits("/partial");
    partials.sort_by_key(|partial| partial.params["SequenceNumber"].parse::<u32>().unwrap());
    assert_eq!(partials.len(), 3);
    let results: Vec<(&str, &str)> = partials
        .iter()
        .map(|p| {
            (
                p.params["StableSpeechResult"].as_str(),
                p.params["UnstableSpeechResult"].as_str(),
            )
        })
        .collect();
    assert_eq!(
        results,
        [
            ("", "I would like"),
            ("I would like", "to move my"),
            ("I would like to move my", "appointment to next")
        ]
    );
    assert!(
        partials
            .iter()
            .all(|p| p.signature_is_true && p.params["CallSid"] == report["call_sid"].as_str().unwrap())
    );
    assert_eq!(texts(&report), ["What can I do?"]);
}

#[tokio::test]
async fn a_prompt_is_talked_over_unless_it_must_not_be() {
    let turn = turn().await;
    let prompt = "<Say>Please listen carefully because our options have changed a lot.</Say><Pause length=\"2\"/><Say>Go on.</Say>";
    let script = json!([{"interrupt_after_ms": 1000, "say": "A person"}]);
    let (report, hit) = turn
        .run(
            r#"input="speech dtmf" speechTimeout="auto""#,
            prompt,
            script.clone(),
        )
        .await;
    assert_eq!(hit.unwrap().params["SpeechResult"], "A person");
    let heard = &report["heard"][0];
    assert_eq!(heard["interrupted"], true);
    let ms = millis(&heard["until_ms"]) - millis(&heard["at_ms"]);
    assert!((1_000..2_500).contains(&ms), "{ms}");
    let words = heard["text"].as_str().unwrap();
    assert!(
        words.starts_with("Please listen") && !words.ends_with("lot."),
        "{words}"
    );
    assert_eq!(report["heard"].as_array().unwrap().len(), 1);

    let (report, hit) = turn
        .run(r#"input="speech" bargeIn="false" timeout="1""#, prompt, script)
        .await;
    assert!(hit.is_none());
    assert_eq!(
        texts(&report),
        [
            "Please listen carefully because our options have changed a lot.",
            "Go on.",
            "Nothing came."
        ]
    );
    // A key stops it all the same.
    let (report, hit) = turn
        .run(
            r#"input="speech dtmf" bargeIn="false" numDigits="1""#,
            prompt,
            json!([{"interrupt_after_ms": 500, "press": "4"}]),
        )
        .await;
    assert_eq!(hit.unwrap().params["Digits"], "4");
    assert_eq!(report["heard"][0]["interrupted"], true);
}

#[tokio::test]
async fn keys_finish_in_every_way() {
    let turn = turn().await;
    let prompt = "<Say>Your number?</Say>";
    let press = |keys: &str| json!([{"wait_for": "number"}, {"press": keys}]);
    for (attributes, keys, digits, finished) in [
        ("", "123#4", "123", Some("#")),
        (r#"finishOnKey="*""#, "12#*", "12#", Some("*")),
        (r#"numDigits="2""#, "987", "98", None),
        (r#"timeout="1" finishOnKey="""#, "5#", "5#", None),
        (r#"actionOnEmptyResult="true""#, "#", "", Some("#")),
    ] {
        let (_, hit) = turn.run(attributes, prompt, press(keys)).await;
        let hit = hit.unwrap();
        assert_eq!(hit.params["Digits"], digits, "{attributes}");
        assert_eq!(
            hit.params.get("FinishedOnKey").map(String::as_str),
            finished,
            "{attributes}"
        );
        assert_eq!(hit.params["msg"], "Gather End");
        assert!(!hit.params.contains_key("SpeechResult"));
    }
    // The finish key alone is no input, and so is silence.
    for (attributes, script) in [("", press("#")), (r#"timeout="1""#, json!([]))] {
        let (report, hit) = turn.run(attributes, prompt, script).await;
        assert!(hit.is_none());
        assert_eq!(texts(&report)[1], "Nothing came.");
    }
    let (_, hit) = turn
        .run(
            r#"input="speech" timeout="1" actionOnEmptyResult="true""#,
            prompt,
            json!([]),
        )
        .await;
    assert_eq!(hit.unwrap().params["Digits"], "");
}

#[tokio::test]
async fn somebody_who_pauses_is_not_cut_off() {
    let turn = turn().await;
    let script = json!([{"wait_for": "me all"}, {"say": "I have"}, {"wait_ms": 800}, {"say": "two questions", "at_once": true}]);
    let prompt = "<Say>Tell me all</Say>";
    let (_, hit) = turn
        .run(r#"input="speech" speechTimeout="4""#, prompt, script.clone())
        .await;
    assert_eq!(hit.unwrap().params["SpeechResult"], "I have two questions");
    let (_, hit) = turn
        .run(r#"input="speech" speechTimeout="auto""#, prompt, script)
        .await;
    assert_eq!(hit.unwrap().params["SpeechResult"], "I have");
}

#[tokio::test]
async fn played_prompts_are_fetched_heard_and_stopped() {
    let turn = turn().await;
    let speech = turn.sim.running.speech();
    let welcome = speech
        .say("Welcome to the clinic, what is it about?", "marin")
        .await;
    turn.agent.lay_sound("/welcome.wav", &welcome.ulaw);
    let (report, hit) = turn
        .run(
            r#"input="speech" speechTimeout="auto""#,
            "<Play>/welcome.wav</Play>",
            json!([{"wait_for": "clinic"}, {"say": "My knee"}]),
        )
        .await;
    assert_eq!(hit.unwrap().params["SpeechResult"], "My knee");
    assert_eq!(texts(&report), [welcome.text.as_str()]);
    let heard = &report["heard"][0];
    let ms = millis(&heard["until_ms"]) - millis(&heard["at_ms"]);
    assert!(
        ms.abs_diff(welcome.duration_ms()) <= 60,
        "{ms} of {}",
        welcome.duration_ms()
    );
    assert_eq!(heard["words"].as_array().unwrap().len(), welcome.words.len());

    turn.agent.lay_sound("/welcome.wav", &welcome.ulaw);
    let (report, hit) = turn
        .run(
            r#"input="speech" speechTimeout="auto""#,
            "<Play>/welcome.wav</Play>",
            json!([{"interrupt_after_ms": 600, "say": "My hand"}]),
        )
        .await;
    assert_eq!(hit.unwrap().params["SpeechResult"], "My hand");
    let heard = &report["heard"][0];
    assert_eq!(heard["interrupted"], true);
    assert!(
        welcome.text.starts_with(heard["text"].as_str().unwrap()) && heard["text"] != welcome.text.as_str()
    );
}
