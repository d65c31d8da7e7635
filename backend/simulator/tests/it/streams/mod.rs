//! Calls over the media socket, with real sound both ways.

mod talk;
mod trouble;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use phony_simulator::Config;
use phony_simulator::speech::Utterance;
use serde_json::{Value, json};

use crate::agent::{self, Agent};
use crate::support::{self, Sim};

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
