//! What every socket of a page has in common: how it is opened, and the frames of its microphone.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

pub(crate) type BrowserSocket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// What the server speaks.
const PROTOCOL: &str = "phony.v1";
/// Bytes of a frame of sound, which is mu-law.
pub(crate) const FRAME_BYTES: usize = 160;
/// How long it sounds.
pub(crate) const FRAME: Duration = Duration::from_millis(20);
/// Mu-law silence.
pub(crate) const SILENCE: u8 = 0xff;
/// The kind of a microphone's frames.
const MICROPHONE: u8 = 16;

/// Opens the socket at `path` as a page does: the ticket is one of its protocols, the origin is the page's. An error is
/// the status that it was refused with.
pub(crate) async fn open(
    url: &str,
    path: &str,
    ticket: &str,
    origin: Option<&str>,
) -> Result<BrowserSocket, u16> {
    let protocols = format!("{PROTOCOL}, ticket.{ticket}");
    let mut headers = vec![("sec-websocket-protocol", protocols.as_str())];
    headers.extend(origin.map(|origin| ("origin", origin)));
    open_at(url, path, &headers).await
}

/// Opens the socket at `path` with these headers.
pub(crate) async fn open_at(
    url: &str,
    path: &str,
    headers: &[(&'static str, &str)],
) -> Result<BrowserSocket, u16> {
    let address = format!("{}{path}", url.replacen("http", "ws", 1));
    let mut request = address.into_client_request().expect("an address");
    for (name, value) in headers {
        let value = value.parse().expect("a header");
        request.headers_mut().insert(*name, value);
    }
    match connect_async(request).await {
        Ok((socket, response)) => {
            let chosen = response.headers().get("sec-websocket-protocol");
            assert!(chosen.is_none_or(|chosen| chosen == PROTOCOL), "{chosen:?}");
            Ok(socket)
        }
        Err(Error::Http(response)) => Err(response.status().as_u16()),
        Err(other) => panic!("no answer: {other}"),
    }
}

/// A microphone: what is said into it, and silence in between.
#[derive(Default)]
pub(crate) struct Microphone {
    says: VecDeque<u8>,
    sent_ms: u32,
}

impl Microphone {
    /// Says this once what was said before is over.
    pub(crate) fn say(&mut self, sound: Vec<u8>) {
        self.says.extend(sound);
    }

    /// The next 20 ms, as the server takes them.
    pub(crate) fn next(&mut self) -> Message {
        self.sent_ms += 20;
        let mut frame = vec![MICROPHONE];
        frame.extend(self.sent_ms.to_be_bytes());
        frame.extend((0..FRAME_BYTES).map(|_| self.says.pop_front().unwrap_or(SILENCE)));
        Message::binary(frame)
    }
}
