//! Both halves joined by the plainest of bridges: what a caller says is understood by the model, and what the model says
//! by the caller, because their sound crosses untouched.

use futures_util::{SinkExt, StreamExt};
use phony_simulator::Config;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::agent::{self, Agent};
use crate::support::{self, Sim, texts};

/// Carries sound between the call and a model until the call is over.
async fn bridge(sim: &Sim, agent: &Agent) {
    let url = sim
        .url("/v1/realtime?model=gpt-realtime-2.1")
        .replace("http://", "ws://");
    let mut request = url.into_client_request().unwrap();
    request
        .headers_mut()
        .insert("authorization", "Bearer sk-test".parse().unwrap());
    let (mut model, _) = tokio_tungstenite::connect_async(request).await.unwrap();
    let format = json!({"type": "audio/pcmu"});
    let session = json!({
        "type": "realtime", "output_modalities": ["audio"], "instructions": "You are Maya.",
        "audio": {"input": {"format": format, "turn_detection": {"type": "server_vad", "silence_duration_ms": 500},
                            "transcription": {"model": "gpt-transcribe"}},
                  "output": {"format": format, "voice": "marin"}},
    });
    let greeting = json!({"instructions": "Say exactly this, word for word: \"Hello, this is Maya.\""});
    for event in [
        json!({"type": "session.update", "session": session}),
        json!({"type": "response.create", "response": greeting}),
    ] {
        model.send(Message::text(event.to_string())).await.unwrap();
    }
    let mut stream = Value::Null;
    loop {
        tokio::select! {
            message = agent.next() => match message["event"].as_str() {
                Some("start") => stream = message["streamSid"].clone(),
                Some("media") => {
                    let append = json!({"type": "input_audio_buffer.append", "audio": message["media"]["payload"]});
                    model.send(Message::text(append.to_string())).await.unwrap();
                }
                Some("stop") => return,
                _ => {}
            },
            event = model.next() => {
                let Message::Text(text) = event.unwrap().unwrap() else { continue };
                let event: Value = serde_json::from_str(&text).unwrap();
                match event["type"].as_str().unwrap() {
                    "response.output_audio.delta" => {
                        let media = json!({"event": "media", "streamSid": stream, "media": {"payload": event["delta"]}});
                        agent.send(&media);
                    }
                    "input_audio_buffer.speech_started" => {
                        agent.send(&json!({"event": "clear", "streamSid": stream}));
                    }
                    _ => {}
                }
            }
        }
    }
}

#[tokio::test]
async fn a_caller_and_a_model_understand_each_other() {
    let sim = support::start_at(4.0, Config::default()).await;
    let agent = agent::start(sim.running.auth_token()).await;
    agent.lay_stream("/voice", "");
    let rules = json!([
        {"when_contains": "opening hours", "reply": "We are open from eight to six, and on Saturday from nine to twelve."},
        {"when_contains": "Sunday", "reply": "On Sunday we are closed."},
    ]);
    assert_eq!(sim.sim("POST", "/model/rules", rules).await.0, 201);
    let number = sim.buy(&agent.url()).await;
    let call = sim
        .ring(
            &number,
            json!([{"wait_for": "is Maya."}, {"say": "What are your opening hours?"},
                   {"wait_for": "from eight"}, {"interrupt_after_ms": 1200, "say": "And on Sunday?"},
                   {"wait_for": "we are closed."}, {"wait_ms": 600}, {"hangup": true}]),
        )
        .await;
    bridge(&sim, &agent).await;
    let report = sim.finished(&call).await;
    let heard = texts(&report);
    assert_eq!(heard.len(), 3, "{heard:?}");
    assert_eq!(heard[0], "Hello, this is Maya.");
    assert!(
        heard[1].starts_with("We are open from eight") && !heard[1].ends_with("twelve."),
        "{heard:?}"
    );
    assert_eq!(report["heard"][1]["interrupted"], true);
    assert_eq!(heard[2], "On Sunday we are closed.");
    assert_eq!(report["errors"], json!([]));
    assert!(report["streams"][0]["cleared_ms"].as_u64().unwrap() > 500);
}
