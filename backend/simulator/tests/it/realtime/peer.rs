//! A client of the realtime half that judges everything it gets.

#![expect(clippy::panic, reason = "a helper that fails should fail its test")]

use std::collections::HashMap;
use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::{SinkExt, StreamExt};
use jsonschema::Validator;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use crate::support::Sim;

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(45);

pub(crate) fn spec(file: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/specs")
        .join(file);
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// The published events of one direction, by their type.
fn branches(direction: &str) -> HashMap<String, Validator> {
    let schema = spec("openai_realtime.schema.json");
    let branches = schema["$defs"][direction]["oneOf"].as_array().unwrap();
    let branch = |reference: &Value| {
        let name = reference["$ref"].as_str().unwrap().rsplit('/').next().unwrap();
        let kind = &schema["$defs"][name]["properties"]["type"];
        let kind = kind["const"].as_str().or(kind["enum"][0].as_str()).unwrap();
        let root = json!({"$schema": schema["$schema"], "$ref": reference["$ref"], "$defs": schema["$defs"]});
        (kind.to_owned(), jsonschema::draft202012::new(&root).unwrap())
    };
    branches.iter().map(branch).collect()
}

static FROM_SERVER: LazyLock<HashMap<String, Validator>> = LazyLock::new(|| branches("ServerEvent"));
static FROM_CLIENT: LazyLock<HashMap<String, Validator>> = LazyLock::new(|| branches("ClientEvent"));

fn faults(branches: &HashMap<String, Validator>, event: &Value) -> Vec<String> {
    match branches.get(event["type"].as_str().unwrap_or_default()) {
        Some(branch) => branch
            .iter_errors(event)
            .map(|fault| format!("{fault} at {}", fault.instance_path))
            .collect(),
        None => vec!["no such event".to_owned()],
    }
}

/// Whether the schema lets a client send this.
pub(crate) fn is_client_event(event: &Value) -> bool {
    faults(&FROM_CLIENT, event).is_empty()
}

/// How a session ended, as the client saw it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum End {
    Closed(u16, String),
    /// Without a goodbye.
    Broken,
}

/// What comes next.
#[derive(Debug)]
pub(crate) enum Got {
    Event(Value),
    End(End),
    /// Anything a good server would not send.
    Odd(Message),
    /// Nothing in the time given.
    Nothing,
}

pub(crate) struct Peer {
    pub(crate) socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// Everything that came, in order.
    pub(crate) seen: Vec<Value>,
}

pub(crate) const MODEL: &str = "?model=gpt-realtime-2.1";

pub(crate) async fn connect_with(
    sim: &Sim,
    query: &str,
    headers: &[(&'static str, &str)],
) -> Result<Peer, Error> {
    let url = sim
        .url(&format!("/v1/realtime{query}"))
        .replace("http://", "ws://");
    let mut request = url.into_client_request().unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    let (socket, _) = connect_async_with_config(request, None, true).await?;
    Ok(Peer {
        socket,
        seen: Vec::new(),
    })
}

pub(crate) async fn connect(sim: &Sim) -> Peer {
    connect_with(sim, MODEL, &[("authorization", "Bearer sk-test")])
        .await
        .unwrap()
}

/// A session as our product sets it up: μ-law both ways.
pub(crate) async fn telephone(sim: &Sim, more: Value) -> Peer {
    let mut peer = connect(sim).await;
    peer.until("session.created").await;
    let mut session = json!({
        "type": "realtime", "instructions": "You are Maya, a receptionist.", "output_modalities": ["audio"],
        "audio": {
            "input": {
                "format": {"type": "audio/pcmu"}, "transcription": {"model": "gpt-transcribe"},
                "turn_detection": {"type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 300,
                    "silence_duration_ms": 500, "create_response": true, "interrupt_response": true},
            },
            "output": {"format": {"type": "audio/pcmu"}, "voice": "marin"},
        },
    });
    merge(&mut session, &more);
    peer.send(json!({"type": "session.update", "session": session}))
        .await;
    peer.until("session.updated").await;
    peer
}

fn merge(into: &mut Value, more: &Value) {
    for (name, value) in more.as_object().into_iter().flatten() {
        if value.is_object() && into[name].is_object() && name != "turn_detection" {
            merge(&mut into[name], value);
        } else {
            into[name] = value.clone();
        }
    }
}

impl Peer {
    /// Sends an event that a client may send.
    pub(crate) async fn send(&mut self, event: Value) {
        let misfits = faults(&FROM_CLIENT, &event);
        assert!(misfits.is_empty(), "{event:#}: {misfits:?}");
        self.send_text(&event.to_string()).await;
    }

    pub(crate) async fn send_text(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    /// What comes within this time; every event is held against the schema.
    pub(crate) async fn next_within(&mut self, time: Duration) -> Got {
        loop {
            let message = match timeout(time, self.socket.next()).await {
                Err(_) => return Got::Nothing,
                Ok(None | Some(Err(_))) => return Got::End(End::Broken),
                Ok(Some(Ok(message))) => message,
            };
            match message {
                Message::Text(text) => {
                    let Ok(event) = serde_json::from_str::<Value>(&text) else {
                        return Got::Odd(Message::Text(text));
                    };
                    let misfits = faults(&FROM_SERVER, &event);
                    if misfits == ["no such event"] {
                        return Got::Odd(Message::Text(text));
                    }
                    assert!(misfits.is_empty(), "{event:#}: {misfits:?}");
                    self.seen.push(event.clone());
                    return Got::Event(event);
                }
                Message::Close(frame) => {
                    let frame = frame.unwrap();
                    return Got::End(End::Closed(frame.code.into(), frame.reason.to_string()));
                }
                Message::Ping(_) | Message::Pong(_) => {}
                odd => return Got::Odd(odd),
            }
        }
    }

    pub(crate) async fn next(&mut self) -> Got {
        self.next_within(PATIENCE).await
    }

    /// The next event of this type; what comes before it is kept in `seen`.
    pub(crate) async fn until(&mut self, kind: &str) -> Value {
        loop {
            match self.next().await {
                Got::Event(event) if event["type"] == kind => return event,
                Got::Event(_) => {}
                other => panic!("waited for {kind}, got {other:?} after {:?}", self.kinds()),
            }
        }
    }

    /// The code of the next error.
    pub(crate) async fn error(&mut self) -> String {
        let event = self.until("error").await;
        event["error"]["code"].as_str().unwrap().to_owned()
    }

    /// Reads until the session has ended.
    pub(crate) async fn end(&mut self) -> End {
        loop {
            match self.next().await {
                Got::End(end) => return end,
                Got::Nothing => panic!("did not end after {:?}", self.kinds()),
                _ => {}
            }
        }
    }

    /// Types of everything that came.
    pub(crate) fn kinds(&self) -> Vec<&str> {
        self.seen
            .iter()
            .map(|event| event["type"].as_str().unwrap())
            .collect()
    }

    pub(crate) fn all(&self, kind: &str) -> Vec<&Value> {
        self.seen.iter().filter(|event| event["type"] == kind).collect()
    }

    /// The sound of all deltas so far of one item, or of all.
    pub(crate) fn sound(&self, item: Option<&str>) -> Vec<u8> {
        let deltas = self.all("response.output_audio.delta");
        deltas
            .iter()
            .filter(|event| item.is_none_or(|item| event["item_id"] == item))
            .flat_map(|event| STANDARD.decode(event["delta"].as_str().unwrap()).unwrap())
            .collect()
    }

    /// Appends sound in frames of 20 ms of μ-law.
    pub(crate) async fn append(&mut self, sound: &[u8]) {
        for frame in sound.chunks(160) {
            let event = json!({"type": "input_audio_buffer.append", "audio": STANDARD.encode(frame)});
            self.socket.feed(Message::text(event.to_string())).await.unwrap();
        }
        self.socket.flush().await.unwrap();
    }

    /// Says something and is silent long enough for the turn to end.
    pub(crate) async fn say(&mut self, sound: &[u8]) {
        self.append(sound).await;
        self.append(&silence(1_000)).await;
    }

    pub(crate) async fn user_text(&mut self, text: &str) {
        let item =
            json!({"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]});
        self.send(json!({"type": "conversation.item.create", "item": item}))
            .await;
    }

    /// Asks for a reply and waits for its end.
    pub(crate) async fn reply(&mut self, response: Value) -> Value {
        self.send(json!({"type": "response.create", "response": response}))
            .await;
        self.until("response.done").await["response"].clone()
    }
}

pub(crate) fn silence(ms: usize) -> Vec<u8> {
    vec![0xff; ms * 8]
}

/// Loud sound that nobody has said.
pub(crate) fn noise(ms: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_u32;
    (0..ms * 8)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            // Loud codes of either sign.
            0x10 | (state.to_le_bytes()[0] & 0x8f)
        })
        .collect()
}

/// A voice saying this: another session speaks it.
pub(crate) async fn voice(sim: &Sim, text: &str) -> Vec<u8> {
    let mut peer = telephone(sim, json!({"audio": {"output": {"voice": "ash"}}})).await;
    let told = format!("Say exactly this, word for word: \"{text}\"");
    let done = peer.reply(json!({"instructions": told})).await;
    assert_eq!(done["status"], "completed", "{done:#}");
    peer.sound(None)
}

/// What the simulator noted of the newest session.
pub(crate) async fn record(sim: &Sim) -> Value {
    let (_, sessions) = sim.sim("GET", "/realtime", Value::Null).await;
    sessions["data"].as_array().unwrap().last().unwrap().clone()
}
