//! A client of the live socket, as a browser is one.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use crate::PATIENCE;
use crate::api::Client;
use crate::browser_socket::{self, BrowserSocket};

/// An open live socket.
pub struct LiveSocket {
    socket: BrowserSocket,
    /// Every frame so far.
    pub seen: Vec<Value>,
}

impl LiveSocket {
    /// Gets a ticket and opens the socket.
    ///
    /// # Panics
    /// When either is refused.
    pub async fn open(url: &str, client: &Client) -> Self {
        let ticket = client
            .post("/v1/ws_tickets", &json!({ "purpose": "live" }))
            .await
            .expect(201);
        let ticket = ticket["ticket"].as_str().expect("a ticket");
        Self::open_with(url, ticket, None).await.expect("an open socket")
    }

    /// Opens the socket with a ticket and the page's origin.
    ///
    /// # Errors
    /// The status that the server refused it with.
    ///
    /// # Panics
    /// When the server does not answer.
    pub async fn open_with(url: &str, ticket: &str, origin: Option<&str>) -> Result<Self, u16> {
        let socket = browser_socket::open(url, "/v1/live", ticket, origin).await?;
        Ok(Self::on(socket))
    }

    /// Opens any socket of the product at `path` with these headers.
    ///
    /// # Errors
    /// The status that the server refused it with.
    ///
    /// # Panics
    /// When the server does not answer.
    pub async fn open_at(url: &str, path: &str, headers: &[(&'static str, &str)]) -> Result<Self, u16> {
        Ok(Self::on(browser_socket::open_at(url, path, headers).await?))
    }

    fn on(socket: BrowserSocket) -> Self {
        Self {
            socket,
            seen: Vec::new(),
        }
    }

    /// Sends a frame.
    ///
    /// # Panics
    /// When the socket is closed.
    pub async fn send(&mut self, frame: &Value) {
        self.send_text(frame.to_string()).await;
    }

    /// Sends any text.
    ///
    /// # Panics
    /// When the socket is closed.
    pub async fn send_text(&mut self, text: String) {
        self.socket.send(Message::text(text)).await.expect("sent");
    }

    /// Sends bytes.
    ///
    /// # Panics
    /// When the socket is closed.
    pub async fn send_bytes(&mut self, bytes: Vec<u8>) {
        self.socket.send(Message::binary(bytes)).await.expect("sent");
    }

    /// The next frame, or the close code.
    ///
    /// # Panics
    /// When none comes in time.
    pub async fn next(&mut self) -> Result<Value, u16> {
        loop {
            let message = timeout(PATIENCE, self.socket.next())
                .await
                .expect("a frame in time");
            match message {
                Some(Ok(Message::Text(text))) => {
                    let frame: Value = serde_json::from_str(&text).expect("JSON");
                    self.seen.push(frame.clone());
                    return Ok(frame);
                }
                Some(Ok(Message::Close(frame))) => return Err(frame.map_or(1005, |frame| frame.code.into())),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(1006),
            }
        }
    }

    /// The first frame, from now on, that fits.
    ///
    /// # Panics
    /// When none comes in time.
    pub async fn wait_for(&mut self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let found = timeout(PATIENCE, async {
            loop {
                match self.next().await {
                    Ok(frame) if fits(&frame) => return frame,
                    Ok(_) => {}
                    Err(code) => panic!("closed with {code} while waiting for {what}"),
                }
            }
        });
        match found.await {
            Ok(frame) => frame,
            Err(_) => panic!("waited in vain for {what}; seen: {:#?}", self.seen),
        }
    }

    /// The first event of a name, from now on.
    pub async fn event(&mut self, name: &str) -> Value {
        self.wait_for(name, |frame| frame["op"] == "event" && frame["event"] == name)
            .await
    }

    /// Closes it.
    pub async fn close(mut self) {
        // The server may have closed first.
        let _ = timeout(Duration::from_secs(1), self.socket.close(None)).await;
    }
}
