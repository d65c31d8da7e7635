//! The way to the agent: messages in order, on time or in bursts, and connections that break on demand.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::io::AsyncWriteExt;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::clock::Millis;
use crate::relay::socket::Socket;

/// Longest wait for the answer to a close frame, and for an agent that does not read.
const CLOSING: Duration = Duration::from_secs(1);
const SENDING: Duration = Duration::from_secs(5);
/// Shortest and usual longest time between two bursts.
const LEAST_JITTER_MS: Millis = 40;
const MOST_JITTER_MS: Millis = 100;

/// Bursts in place of a steady flow.
struct Jitter {
    most_ms: Millis,
    until: Millis,
    state: u64,
}

/// The sending half.
pub(super) struct Outgoing {
    pub(super) socket: Socket,
    jitter: Option<Jitter>,
    held: VecDeque<String>,
}

impl Outgoing {
    pub(super) fn new(socket: Socket) -> Self {
        Self {
            socket,
            jitter: None,
            held: VecDeque::new(),
        }
    }

    /// Sends in bursts up to `most_ms` apart from now on, or steadily again.
    pub(super) fn jitter(&mut self, most_ms: Option<Millis>, now: Millis) {
        self.jitter = most_ms.map(|most| Jitter {
            most_ms: most.max(LEAST_JITTER_MS + 1),
            until: now,
            state: 0x2545_f491_4f6c_dd1d,
        });
    }

    pub(super) fn usual_jitter() -> Millis {
        MOST_JITTER_MS
    }

    /// Sends now, or with the next burst.
    pub(super) async fn send(&mut self, text: String) -> Result<(), String> {
        // What is held goes first.
        if self.jitter.is_some() || !self.held.is_empty() {
            self.held.push_back(text);
            return Ok(());
        }
        self.send_now(Message::text(text)).await
    }

    pub(super) async fn send_now(&mut self, message: Message) -> Result<(), String> {
        match tokio::time::timeout(SENDING, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(format!("socket broke: {error}")),
            Err(_) => Err("the agent does not read".to_owned()),
        }
    }

    /// Lets a burst go when its time has come.
    pub(super) async fn flush(&mut self, now: Millis) -> Result<(), String> {
        if let Some(jitter) = &mut self.jitter {
            if now < jitter.until {
                return Ok(());
            }
            jitter.state ^= jitter.state << 13;
            jitter.state ^= jitter.state >> 7;
            jitter.state ^= jitter.state << 17;
            jitter.until = now + LEAST_JITTER_MS + jitter.state % (jitter.most_ms - LEAST_JITTER_MS);
        }
        while let Some(text) = self.held.pop_front() {
            self.send_now(Message::text(text)).await?;
        }
        Ok(())
    }

    /// Closes as it should be.
    pub(super) async fn goodbye(&mut self) {
        let frame = CloseFrame {
            code: CloseCode::Normal,
            reason: "".into(),
        };
        let closed = async {
            if self.socket.close(Some(frame)).await.is_ok() {
                while let Some(Ok(_)) = self.socket.next().await {}
            }
        };
        // Somebody who does not answer is not waited for; the stream is over either way.
        let _ = tokio::time::timeout(CLOSING, closed).await;
    }

    /// Answers a close frame and waits for the end of the connection.
    pub(super) async fn finish(&mut self) {
        let ended = async { while let Some(Ok(_)) = self.socket.next().await {} };
        let _ = tokio::time::timeout(CLOSING, ended).await;
    }

    /// Breaks the connection; with `mid_frame` a frame has begun that never ends.
    pub(super) async fn kill(mut self, mid_frame: bool) {
        let connection = self.socket.get_mut();
        if mid_frame {
            // Text, masked with zeros, 200 bytes announced and a few sent.
            let mut torn = vec![0x81, 0xfe, 0x00, 200, 0, 0, 0, 0];
            torn.extend(br#"{"event":"media","sequenceNum"#);
            let written = async {
                connection.write_all(&torn).await?;
                connection.flush().await
            };
            // It is to break; how far it got does not matter.
            let _ = tokio::time::timeout(CLOSING, written).await;
        }
    }
}
