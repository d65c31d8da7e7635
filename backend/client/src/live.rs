//! The live socket (api.md §4): topics in, snapshots and events out. It comes back by itself with the last
//! cursor, so a reader misses nothing and sees nothing twice.

use std::time::Duration;

use futures_util::SinkExt as _;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, interval, sleep, timeout};
use tokio_tungstenite::tungstenite::Message;

use crate::error::{ClientError, Problem};
use crate::socket::{Received, Socket, receive};
use crate::{Client, Result};

/// Messages that may wait for a slow reader; the server waits behind them and tells of a gap.
const QUEUE: usize = 256;
const PING_EVERY: Duration = Duration::from_secs(15);
const DEAD_AFTER: Duration = Duration::from_secs(40);
const SEND_WITHIN: Duration = Duration::from_secs(10);
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// A connection that held this long has shown that the next may be tried at once.
const STEADY_AFTER: Duration = Duration::from_secs(30);

/// Close codes of the API.
const SIGNED_OUT: u16 = 4401;
const NOT_ALLOWED: u16 = 4403;

/// What is followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Topic {
    /// Every call of the company, in outline.
    Calls,
    /// One call in full.
    Call(String),
}

/// What the live socket tells.
#[derive(Debug, Clone)]
pub enum Told {
    /// All of a topic as it stands.
    Snapshot(Snapshot),
    /// One happening.
    Event(Event),
    /// Events were lost; a snapshot follows.
    Gap,
    /// A topic cannot be followed.
    Refused(Problem),
    /// The connection is lost and will be tried again.
    Lost {
        /// Why.
        cause: String,
    },
    /// The connection is back; what was missed follows.
    Back,
}

/// A topic as it stands.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Snapshot {
    /// `calls` or `call`.
    pub topic: String,
    /// The call, for `call`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Where the events after it begin.
    pub cursor: String,
    /// What is there.
    pub state: Value,
}

/// One happening.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Event {
    /// `calls` or `call`.
    pub topic: String,
    /// The call.
    pub id: String,
    /// Where the events after it begin.
    pub cursor: String,
    /// Counts within the call.
    #[serde(default)]
    pub seq: u64,
    /// When.
    #[serde(default)]
    pub at: String,
    /// Its name, `speech.final`.
    #[serde(rename = "event")]
    pub name: String,
    /// What belongs to it.
    #[serde(default)]
    pub data: Value,
    /// Everything else.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// The frames that are of use here.
#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
enum Frame {
    Snapshot(Snapshot),
    Event(Event),
    Gap {},
    Error(Problem),
    #[serde(other)]
    Other,
}

/// A followed topic. Dropping it ends the connection.
#[derive(Debug)]
pub struct Live {
    told: mpsc::Receiver<Result<Told>>,
    task: JoinHandle<()>,
}

impl Drop for Live {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Live {
    /// What is told next; `None` after an error that ends it. Safe to drop and ask again.
    pub async fn next(&mut self) -> Option<Result<Told>> {
        self.told.recv().await
    }
}

impl Client {
    /// Follows a topic until the [`Live`] is dropped. The first connection must come up; later ones are tried
    /// for as long as it takes.
    ///
    /// # Errors
    /// The first connection is refused or does not come up.
    pub async fn follow(&self, topic: Topic) -> Result<Live> {
        let mut socket = connect(self, &topic, None).await?;
        let (queue, told) = mpsc::channel(QUEUE);
        let client = self.clone();
        let task = tokio::spawn(async move {
            let mut cursor = None;
            let mut wait = FIRST_WAIT;
            loop {
                let began = Instant::now();
                let cause = match read(&client, &mut socket, &mut cursor, &queue).await {
                    Ok(Stop::ReaderGone) => return,
                    Ok(Stop::Lost(cause)) => cause,
                    Err(error) => {
                        // A reader that has gone needs no reason.
                        let _ = queue.send(Err(error)).await;
                        return;
                    }
                };
                if began.elapsed() > STEADY_AFTER {
                    wait = FIRST_WAIT;
                }
                if queue.send(Ok(Told::Lost { cause })).await.is_err() {
                    return;
                }
                socket = loop {
                    sleep(wait).await;
                    wait = (wait * 2).min(LONGEST_WAIT);
                    match connect(&client, &topic, cursor.as_deref()).await {
                        Ok(socket) => break socket,
                        Err(error) if passes(&error) => {}
                        Err(error) => {
                            let _ = queue.send(Err(error)).await;
                            return;
                        }
                    }
                };
                if queue.send(Ok(Told::Back)).await.is_err() {
                    return;
                }
            }
        });
        Ok(Live { told, task })
    }
}

/// Whether the same may succeed later.
fn passes(error: &ClientError) -> bool {
    match error {
        ClientError::Unreachable { .. } => true,
        ClientError::Refused(problem) => problem.retryable || problem.status >= 500,
        ClientError::Configuration(_) | ClientError::Unexpected { .. } => false,
    }
}

async fn connect(client: &Client, topic: &Topic, cursor: Option<&str>) -> Result<Socket> {
    let mut socket = client
        .open_socket("/v1/live", &json!({ "purpose": "live" }))
        .await?;
    let mut frame = match topic {
        Topic::Calls => json!({ "op": "subscribe", "topic": "calls" }),
        Topic::Call(id) => json!({ "op": "subscribe", "topic": "call", "id": id }),
    };
    if let Some(cursor) = cursor {
        frame["after"] = cursor.into();
    }
    send(&mut socket, &frame)
        .await
        .map_err(|cause| client.unreachable(cause))?;
    Ok(socket)
}

async fn send(socket: &mut Socket, frame: &Value) -> Result<(), String> {
    match timeout(SEND_WITHIN, socket.send(Message::text(frame.to_string()))).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("it takes nothing any more".to_owned()),
    }
}

enum Stop {
    ReaderGone,
    Lost(String),
}

/// Reads one connection to its end and keeps the cursor.
async fn read(
    client: &Client,
    socket: &mut Socket,
    cursor: &mut Option<String>,
    queue: &mpsc::Sender<Result<Told>>,
) -> Result<Stop> {
    let mut ping = interval(PING_EVERY);
    let mut heard_at = Instant::now();
    loop {
        let received = tokio::select! {
            received = receive(socket) => received,
            _ = ping.tick() => {
                if heard_at.elapsed() > DEAD_AFTER {
                    return Ok(Stop::Lost("it has fallen silent".to_owned()));
                }
                if let Err(cause) = send(socket, &json!({ "op": "ping" })).await {
                    return Ok(Stop::Lost(cause));
                }
                continue;
            }
            () = queue.closed() => return Ok(Stop::ReaderGone),
        };
        heard_at = Instant::now();
        let text = match received {
            Received::Text(text) => text,
            Received::Broken(cause) => return Ok(Stop::Lost(cause)),
            Received::Closed(SIGNED_OUT | NOT_ALLOWED, _) => {
                return Err(ClientError::Refused(Box::new(Problem {
                    title: "Unauthorized".to_owned(),
                    status: 401,
                    code: "unauthenticated".to_owned(),
                    detail: "the key or session is not good any more".to_owned(),
                    ..Problem::default()
                })));
            }
            Received::Closed(code, reason) if reason.is_empty() => {
                return Ok(Stop::Lost(format!("closed with code {code}")));
            }
            Received::Closed(code, reason) => {
                return Ok(Stop::Lost(format!("closed with code {code}: {reason}")));
            }
        };
        let frame = serde_json::from_str(&text)
            .map_err(|error| client.unexpected(format!("a frame of the live socket: {error}")))?;
        let told = match frame {
            Frame::Snapshot(snapshot) => {
                *cursor = Some(snapshot.cursor.clone());
                Told::Snapshot(snapshot)
            }
            Frame::Event(event) => {
                *cursor = Some(event.cursor.clone());
                Told::Event(event)
            }
            Frame::Gap {} => Told::Gap,
            Frame::Error(problem) => Told::Refused(problem),
            Frame::Other => continue,
        };
        // Behind a slow reader the connection is not read either, but for as long as it says nothing it is well.
        if queue.send(Ok(told)).await.is_err() {
            return Ok(Stop::ReaderGone);
        }
        heard_at = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Frame {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn frames_are_read_and_unknown_ones_passed_over() {
        let event = r#"{"op":"event","topic":"call","id":"call_1","call_sid":"CA1","cursor":"1-0","seq":3,
            "at":"2026-01-01T00:00:00.000Z","offset_ms":5,"event":"speech.final","data":{"text":"hi"}}"#;
        let Frame::Event(event) = read(event) else {
            panic!("not an event")
        };
        assert_eq!((event.name.as_str(), event.seq), ("speech.final", 3));
        // Nothing of it is lost on the way to a program.
        let again = serde_json::to_value(&event).unwrap();
        assert_eq!(
            (again["call_sid"].as_str(), again["offset_ms"].as_u64()),
            (Some("CA1"), Some(5))
        );
        assert!(matches!(read(r#"{"op":"gap","topic":"calls"}"#), Frame::Gap {}));
        assert!(matches!(read(r#"{"op":"pong"}"#), Frame::Other));
        assert!(matches!(read(r#"{"op":"news","x":1}"#), Frame::Other));
        let refused = read(
            r#"{"op":"error","title":"Not Found","status":404,"code":"not_found","detail":"x","topic":"call"}"#,
        );
        let Frame::Error(problem) = refused else {
            panic!("not an error")
        };
        assert_eq!(problem.code, "not_found");
    }

    #[test]
    fn only_what_passes_is_waited_for() {
        let refused = |status, retryable| {
            passes(&ClientError::Refused(Box::new(Problem {
                status,
                retryable,
                ..Problem::default()
            })))
        };
        assert!(refused(503, true) && refused(429, true) && refused(500, false));
        assert!(!refused(401, false) && !refused(403, false));
    }
}
