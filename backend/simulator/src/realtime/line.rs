//! The socket of a session as the server holds it, and everything that can go wrong with it on demand.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::{AsyncWriteExt, DuplexStream};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use super::events::id;
use super::record::Record;
use super::wire::error::Fault as Refusal;
use crate::control::faults::{Fault, Side};
use crate::world::World;

/// Longest time a client may take nothing.
const PATIENCE: Duration = Duration::from_secs(20);
/// Time for the client's half of a goodbye.
const GOODBYE: Duration = Duration::from_secs(1);
/// How long a dead line is held.
const DEAD_FOR: Duration = Duration::from_secs(120);
/// What a broken message says before it breaks.
const BEGUN: &[u8] = b"{\"type\":\"response.output_audio.delta\",\"event_id\":\"ev";

/// Faults that strike the socket itself, after so many events.
pub(crate) const KINDS: &[&str] = &[
    "half_open",
    "mute",
    "close",
    "drop",
    "half_frame",
    "unknown_event",
    "malformed",
    "binary",
    "long_message",
    "error_event",
    "session_expired",
];

/// The text of an event, with an id of its own. Its type comes first, as the provider writes it.
fn written(event: &Value) -> String {
    let mut text = format!(r#"{{"type":{},"event_id":"{}""#, event["type"], id("event"));
    for (name, value) in event.as_object().into_iter().flatten() {
        if name != "type" {
            // Names of members are plain words.
            let _ = write!(text, r#","{name}":{value}"#);
        }
    }
    text.push('}');
    text
}

/// An open socket.
pub(crate) struct Line {
    socket: WebSocketStream<DuplexStream>,
    world: Arc<World>,
    record: Arc<Record>,
    /// What a fault's `match` is compared with.
    place: String,
    sent: u64,
    /// Nothing is said any more, but the socket lives.
    mute: bool,
    over: bool,
}

impl Line {
    pub(crate) fn new(
        socket: WebSocketStream<DuplexStream>,
        world: Arc<World>,
        record: Arc<Record>,
        place: String,
    ) -> Self {
        Self {
            socket,
            world,
            record,
            place,
            sent: 0,
            mute: false,
            over: false,
        }
    }

    pub(crate) fn is_over(&self) -> bool {
        self.over
    }

    /// The next text of the client; `None` when there will be none any more.
    pub(crate) async fn next(&mut self) -> Option<String> {
        while !self.over {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => return Some(text.to_string()),
                Some(Ok(Message::Binary(_))) => return Some(String::new()),
                Some(Ok(Message::Close(frame))) => {
                    let code = frame.as_ref().map(|frame| u16::from(frame.code));
                    let reason = frame.map(|frame| frame.reason.to_string()).unwrap_or_default();
                    self.record
                        .closed(self.world.clock.now(), "client", code, &reason);
                    // The answer to the goodbye goes out with the end of the stream.
                    let _ = timeout(GOODBYE, self.socket.close(None)).await;
                    self.over = true;
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => {
                    self.record
                        .closed(self.world.clock.now(), "client", None, &error.to_string());
                    self.over = true;
                }
                None => {
                    self.record
                        .closed(self.world.clock.now(), "client", None, "no goodbye");
                    self.over = true;
                }
            }
        }
        None
    }

    /// Sends an event and lets the faults strike that wait for it.
    pub(crate) async fn send(&mut self, event: Value) {
        if self.over || self.mute {
            return;
        }
        if let Some(kind) = event["type"].as_str() {
            self.record.sent(kind);
        }
        self.sent += 1;
        self.put(Message::text(written(&event))).await;
        self.strike().await;
    }

    /// An `error` event.
    pub(crate) async fn refuse(&mut self, refusal: &Refusal, event_id: Option<&str>) {
        let error = refusal.view(event_id);
        self.record.error(&error);
        self.send(json!({"type": "error", "error": error})).await;
    }

    async fn put(&mut self, message: Message) {
        if self.over || self.mute {
            return;
        }
        match timeout(PATIENCE, self.socket.send(message)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => self.end("client", &error.to_string()),
            Err(_) => self.end("server", "the client takes nothing"),
        }
    }

    fn end(&mut self, by: &str, reason: &str) {
        self.record.closed(self.world.clock.now(), by, None, reason);
        self.over = true;
    }

    /// Says goodbye with a code.
    pub(crate) async fn close(&mut self, code: u16, reason: &str) {
        if self.over {
            return;
        }
        self.record
            .closed(self.world.clock.now(), "server", Some(code), reason);
        let frame = CloseFrame {
            code: code.into(),
            reason: reason.into(),
        };
        let goodbye = async {
            if self.socket.send(Message::Close(Some(frame))).await.is_ok() {
                while let Some(Ok(_)) = self.socket.next().await {}
            }
        };
        // Whether the client answers changes nothing.
        let _ = timeout(GOODBYE, goodbye).await;
        self.over = true;
    }

    /// The end of the longest session.
    pub(crate) async fn expire(&mut self) {
        let message = "Your session hit the maximum duration of 60 minutes.";
        self.refuse(&Refusal::invalid("session_expired", message), None)
            .await;
        self.close(1001, message).await;
    }

    /// Lets one fault strike whose time has come.
    pub(crate) async fn strike(&mut self) {
        if self.over {
            return;
        }
        let sent = self.sent;
        let fault = self
            .world
            .faults
            .take_where(Side::Realtime, &self.place, |fault| {
                KINDS.contains(&fault.kind.as_str()) && fault.after_events.is_none_or(|after| sent >= after)
            });
        if let Some(fault) = fault {
            self.record.fault(&fault.kind);
            // Boxed because an error event may bring the next fault.
            Box::pin(self.suffer(&fault)).await;
        }
    }

    async fn suffer(&mut self, fault: &Fault) {
        match fault.kind.as_str() {
            "half_open" => {
                let dead_for = fault.ms.map_or(DEAD_FOR, Duration::from_millis);
                self.record
                    .closed(self.world.clock.now(), "server", None, "half open");
                tokio::time::sleep(dead_for.min(DEAD_FOR)).await;
                self.over = true;
            }
            "mute" => self.mute = true,
            "close" => {
                let code = fault.close.unwrap_or(1011);
                let reason = fault.reason.clone().unwrap_or_default();
                self.close(code, &reason).await;
            }
            "drop" => self.end("server", "dropped"),
            "half_frame" => {
                // A text frame of 1,000 bytes that never becomes whole.
                let mut begun = vec![0x81, 126, 0x03, 0xe8];
                begun.extend_from_slice(BEGUN);
                let _ = self.socket.get_mut().write_all(&begun).await;
                let _ = self.socket.get_mut().flush().await;
                tokio::time::sleep(Duration::from_millis(fault.ms.unwrap_or(0)).min(DEAD_FOR)).await;
                self.end("server", "half a frame");
            }
            "unknown_event" => {
                let event = json!({"type": "response.dream.delta", "event_id": id("event"), "dream": {"of": [1, null]}});
                self.put(Message::text(event.to_string())).await;
            }
            "malformed" => {
                let text = fault
                    .reason
                    .clone()
                    .unwrap_or_else(|| String::from_utf8_lossy(BEGUN).into_owned());
                self.put(Message::text(text)).await;
            }
            "binary" => self.put(Message::binary(vec![0_u8, 0xff, 0x80, 0x7f])).await,
            "long_message" => {
                let long = "A".repeat(fault.bytes.unwrap_or(8 * 1024 * 1024));
                let event = json!({"type": "response.dream.delta", "event_id": id("event"), "dream": long});
                self.put(Message::text(event.to_string())).await;
            }
            "error_event" => {
                let code = fault.code.as_deref().unwrap_or("server_error");
                let message = fault
                    .reason
                    .as_deref()
                    .unwrap_or("The server had an error while processing your request.");
                let mut refusal = Refusal::invalid(code, message);
                if code == "server_error" {
                    refusal.kind = "server_error";
                }
                self.refuse(&refusal, None).await;
            }
            _ => self.expire().await,
        }
    }
}
