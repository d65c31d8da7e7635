//! A number of the carrier that calls another one: it rings there as for anybody, and both ends hear each other.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use phony_simulator::Config;
use serde_json::{Value, json};

use crate::agent::{self, Agent};
use crate::support::{self, Sim, texts, until};

/// Two applications with a number each.
struct Two {
    sim: Sim,
    one: Agent,
    other: Agent,
    from: String,
    to: String,
}

async fn two(speed: f64) -> Two {
    let sim = support::start_at(speed, Config::default()).await;
    let one = agent::start(sim.running.auth_token()).await;
    let other = agent::start(sim.running.auth_token()).await;
    let from = sim.buy(&one.url()).await;
    let to = sim.buy(&other.url()).await;
    Two {
        sim,
        one,
        other,
        from,
        to,
    }
}

impl Two {
    /// Calls from the one number to the other.
    async fn call(&self, more: &[(&str, &str)]) -> String {
        let url = format!("{}/voice", self.one.url());
        let mut form = vec![("Url", url.as_str())];
        form.extend(more);
        self.sim.call_out(&self.from, &self.to, &form).await
    }

    /// The leg that rings at the other number.
    async fn far(&self) -> String {
        until("the other number rings", async || {
            let hits = self.other.hits("/voice");
            hits.first().map(|hit| hit.params["CallSid"].clone())
        })
        .await
    }
}

/// Hears these words by their sound.
async fn hears(sim: &Sim, agent: &Agent, wanted: &str) {
    let mut listener = sim.running.speech().listener();
    let mut words: Vec<String> = Vec::new();
    while !words.join(" ").contains(wanted) {
        let media = agent.next_event("media").await;
        let sound = STANDARD.decode(media["media"]["payload"].as_str().unwrap());
        listener.push(&sound.unwrap());
        words.extend(listener.heard().into_iter().map(|word| word.text));
    }
}

/// Says these words in one message.
async fn says(sim: &Sim, agent: &Agent, stream: &Value, words: &str) {
    let utterance = sim.running.speech().say(words, "marin").await;
    let payload = STANDARD.encode(&utterance.ulaw);
    agent.send(&json!({"event": "media", "streamSid": stream, "media": {"payload": payload}}));
}

#[tokio::test]
async fn two_agents_on_relay_talk_with_each_other() {
    let two = two(20.0).await;
    two.one.lay_relay(r#"dtmfDetection="true""#);
    two.one.lay("/action", "<Response><Hangup/></Response>");
    two.other.lay_relay("");
    let call = two.call(&[]).await;
    let setup = two.other.next_of("setup").await;
    assert_eq!(
        (&setup["from"], &setup["to"], &setup["direction"]),
        (&json!(two.from), &json!(two.to), &json!("inbound"))
    );
    let far = setup["callSid"].as_str().unwrap().to_owned();
    assert_ne!(far, call);
    assert_eq!(two.one.next_of("setup").await["callSid"], call.as_str());
    two.other.say("Front desk, good morning.");
    let heard = two.one.next_of("prompt").await;
    assert_eq!(heard["voicePrompt"], "Front desk, good morning.");
    two.one.say("I call about my order.");
    let heard = two.other.next_of("prompt").await;
    assert_eq!(heard["voicePrompt"], "I call about my order.");
    two.other.send(&json!({"type": "sendDigits", "digits": "7"}));
    assert_eq!(two.one.next_of("dtmf").await["digit"], "7");
    two.one.send(&json!({"type": "end"}));
    let report = two.sim.finished(&call).await;
    assert_eq!(
        (&report["status"], &report["ended_by"]),
        (&json!("completed"), &json!("agent"))
    );
    let far = two.sim.finished(&far).await;
    assert_eq!(
        (&far["status"], &far["ended_by"]),
        (&json!("completed"), &json!("caller"))
    );
    assert_eq!(texts(&far)[0], "Front desk, good morning.");
}

#[tokio::test]
async fn sound_crosses_as_it_is() {
    let two = two(4.0).await;
    two.one.lay_stream("/voice", "");
    two.other.lay_stream("/voice", "");
    let call = two.call(&[]).await;
    let streams = [&two.one, &two.other];
    let mut sids = Vec::new();
    for agent in streams {
        sids.push(agent.next_event("start").await["streamSid"].clone());
    }
    says(&two.sim, &two.other, &sids[1], "Front desk, good morning.").await;
    hears(&two.sim, &two.one, "good morning.").await;
    says(
        &two.sim,
        &two.one,
        &sids[0],
        "I call about my order, number twelve.",
    )
    .await;
    hears(&two.sim, &two.other, "number twelve.").await;
    let far = two.far().await;
    two.sim
        .post(
            &two.sim.account(&format!("/Calls/{far}.json")),
            &[("Status", "completed")],
        )
        .await;
    let report = two.sim.finished(&call).await;
    assert_eq!(report["ended_by"], "caller", "whoever was called has hung up");
}

#[tokio::test]
async fn a_stream_and_a_recogniser_understand_each_other() {
    let two = two(4.0).await;
    two.one.lay_relay("");
    two.other.lay_stream("/voice", "");
    two.call(&[]).await;
    let stream = two.other.next_event("start").await["streamSid"].clone();
    two.one.next_of("setup").await;
    two.one.say("I call about my order.");
    hears(&two.sim, &two.other, "my order.").await;
    says(&two.sim, &two.other, &stream, "It is on its way.").await;
    assert_eq!(
        two.one.next_of("prompt").await["voicePrompt"],
        "It is on its way."
    );
}

#[tokio::test]
async fn a_number_may_be_busy_or_not_answer_and_a_caller_may_give_up() {
    let two = two(20.0).await;
    two.other
        .lay("/voice", r#"<Response><Reject reason="busy"/></Response>"#);
    let busy = two.call(&[]).await;
    assert_eq!(two.sim.finished(&busy).await["status"], "busy");
    let waits = r#"<Response><Pause length="600"/><Say>Hello</Say></Response>"#;
    two.other.lay("/voice", waits);
    let patient = two.call(&[("Timeout", "10")]).await;
    assert_eq!(two.sim.finished(&patient).await["status"], "no-answer");
    two.other.lay("/voice", waits);
    let taken_back = two.call(&[("Timeout", "600")]).await;
    until("it rings there", async || {
        (two.other.hits("/voice").len() == 3).then_some(())
    })
    .await;
    let path = two.sim.account(&format!("/Calls/{taken_back}.json"));
    two.sim.post(&path, &[("Status", "canceled")]).await;
    assert_eq!(two.sim.finished(&taken_back).await["status"], "canceled");
    for hit in two.other.hits("/voice") {
        let far = two.sim.finished(&hit.params["CallSid"]).await;
        assert_ne!(far["status"], "in-progress");
    }
    assert!(two.one.hits("/voice").is_empty(), "nobody answered");
    // A telephone that was set up in the number's place is rung instead.
    two.sim
        .telephone(json!({"number": two.to, "outcome": "busy"}))
        .await;
    let elsewhere = two.call(&[]).await;
    assert_eq!(two.sim.finished(&elsewhere).await["status"], "busy");
    assert_eq!(two.other.hits("/voice").len(), 3);
}

#[tokio::test]
async fn a_caller_is_dialled_on_to_another_number() {
    let two = two(20.0).await;
    let dial = format!(r#"<Response><Dial action="/after">{}</Dial></Response>"#, two.to);
    two.one.lay("/voice", &dial);
    two.one.lay("/after", "<Response><Hangup/></Response>");
    two.other.lay_relay("");
    let call = two
        .sim
        .ring(
            &two.from,
            json!([{"wait_for": "Night desk"}, {"say": "Is anybody there"}, {"wait_for": "Yes."}, {"hangup": true}]),
        )
        .await;
    two.other.next_of("setup").await;
    two.other.say("Night desk.");
    let heard = two.other.next_of("prompt").await;
    assert_eq!(heard["voicePrompt"], "Is anybody there");
    two.other.say("Yes.");
    let report = two.sim.finished(&call).await;
    assert_eq!(texts(&report), ["Night desk.", "Yes."]);
    let far = two.sim.finished(&two.far().await).await;
    assert_eq!(far["ended_by"], "caller");
}
