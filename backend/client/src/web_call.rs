//! A typed call without a phone: the socket that a browser uses. A lost connection is taken up again.

use std::time::Duration;

use futures_util::SinkExt as _;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use crate::error::ClientError;
use crate::socket::{Received, Socket, receive};
use crate::types::Call;
use crate::{Client, Result, new_idempotency_key};

/// How often one call may lose its connection.
const MAX_RESUMES: u32 = 3;
const SEND_WITHIN: Duration = Duration::from_secs(10);
/// Close code of an end in order.
const IN_ORDER: u16 = 1000;

/// What the other end does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// It says something.
    Words {
        /// The next words, with their own spaces.
        text: String,
        /// Whether this ends what it says now.
        last: bool,
    },
    /// It presses keys.
    Keys(String),
    /// It has hung up, or the platform has.
    Ended,
}

/// A call that is up.
#[derive(Debug)]
pub struct WebCall {
    client: Client,
    id: String,
    socket: Option<Socket>,
    resumes: u32,
    is_over: bool,
}

#[derive(Deserialize)]
struct Started {
    call: Call,
    ticket: String,
}

#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
enum Frame {
    Text {
        text: String,
        #[serde(default)]
        last: bool,
    },
    Dtmf {
        digits: String,
    },
    Ended {
        #[serde(default)]
        say: Option<String>,
    },
    #[serde(other)]
    Other,
}

impl Client {
    /// Begins a typed call with a personality.
    ///
    /// # Errors
    /// The API refuses or does not answer.
    pub async fn start_web_call(&self, personality_id: &str) -> Result<WebCall> {
        let body = json!({ "personality_id": personality_id, "mode": "text" });
        let started: Started = self.post("/v1/web_calls", &body, &new_idempotency_key()).await?;
        let id = started.call.id;
        let socket = self.open_with_ticket(&socket_path(&id), &started.ticket).await?;
        Ok(WebCall {
            client: self.clone(),
            id,
            socket: Some(socket),
            resumes: 0,
            is_over: false,
        })
    }
}

fn socket_path(call: &str) -> String {
    format!("/v1/web_calls/{call}")
}

impl WebCall {
    /// The call's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Says something.
    ///
    /// # Errors
    /// The connection is lost for good.
    pub async fn say(&mut self, text: &str) -> Result<()> {
        let frame = json!({ "op": "say", "text": text });
        // What a broken connection did not take is said on the next one.
        if self.send(&frame).await.is_err() {
            self.resume().await?;
            self.send(&frame)
                .await
                .map_err(|cause| self.client.unreachable(cause))?;
        }
        Ok(())
    }

    /// Hangs up; the other end answers by [`Heard::Ended`].
    pub async fn hang_up(&mut self) {
        if self.send(&json!({ "op": "bye" })).await.is_err() {
            // A caller that is gone has hung up, too.
            self.is_over = true;
        }
    }

    /// What the other end does next. Safe to drop and ask again.
    ///
    /// # Errors
    /// The connection is lost for good.
    pub async fn next(&mut self) -> Result<Heard> {
        loop {
            if self.is_over {
                return Ok(Heard::Ended);
            }
            let Some(socket) = &mut self.socket else {
                self.is_over = !self.resume().await?;
                continue;
            };
            match receive(socket).await {
                Received::Text(text) => match serde_json::from_str(&text) {
                    Ok(Frame::Text { text, last }) => return Ok(Heard::Words { text, last }),
                    Ok(Frame::Dtmf { digits }) => return Ok(Heard::Keys(digits)),
                    Ok(Frame::Ended { say }) => {
                        self.is_over = true;
                        if let Some(text) = say {
                            return Ok(Heard::Words { text, last: true });
                        }
                    }
                    Ok(Frame::Other) => {}
                    Err(error) => {
                        return Err(self.client.unexpected(format!("a frame of the call: {error}")));
                    }
                },
                Received::Closed(IN_ORDER, _) => self.is_over = true,
                Received::Closed(..) | Received::Broken(_) => self.socket = None,
            }
        }
    }

    /// Takes the call up on another connection; false when it is over.
    async fn resume(&mut self) -> Result<bool> {
        self.socket = None;
        if self.resumes >= MAX_RESUMES {
            return Err(self.client.unreachable("the connection was lost too often"));
        }
        self.resumes += 1;
        match self.open_again().await {
            Ok(socket) => {
                self.socket = Some(socket);
                Ok(true)
            }
            Err(ClientError::Refused(problem)) if matches!(problem.status, 404 | 409) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn open_again(&self) -> Result<Socket> {
        let purpose = json!({ "purpose": "web_call", "call_id": self.id });
        self.client.open_socket(&socket_path(&self.id), &purpose).await
    }

    async fn send(&mut self, frame: &Value) -> Result<(), String> {
        let Some(socket) = &mut self.socket else {
            return Err("the connection is lost".to_owned());
        };
        match timeout(SEND_WITHIN, socket.send(Message::text(frame.to_string()))).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("it takes nothing any more".to_owned()),
        }
    }
}
