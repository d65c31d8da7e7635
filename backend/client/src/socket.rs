//! Opening WebSockets: certificates, tickets, limits.

use std::sync::Arc;

use futures_util::StreamExt as _;
use serde::{Deserialize, Serialize};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::{HeaderValue, Response, header};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream, connect_async_tls_with_config};

use crate::error::{ClientError, Problem};
use crate::{Client, Result, new_idempotency_key};

/// The subprotocol of our sockets.
const PROTOCOL: &str = "phony.v1";
/// Largest message that is read: the snapshot of a long call.
const MAX_MESSAGE_BYTES: usize = 8 * 1024 * 1024;

/// An open socket.
pub(crate) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A one-use ticket for a socket.
#[derive(Deserialize)]
struct Ticket {
    ticket: String,
}

/// What came next on a socket.
#[derive(Debug)]
pub(crate) enum Received {
    /// A text message.
    Text(String),
    /// The other side closed it, with this code and reason.
    Closed(u16, String),
    /// It broke.
    Broken(String),
}

/// Next text of a socket; pings are answered underneath. Safe to drop and ask again.
pub(crate) async fn receive(socket: &mut Socket) -> Received {
    loop {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => return Received::Text(text.as_str().to_owned()),
            Some(Ok(Message::Close(Some(frame)))) => {
                return Received::Closed(frame.code.into(), frame.reason.as_str().to_owned());
            }
            Some(Ok(Message::Close(None))) | None => return Received::Closed(1005, String::new()),
            Some(Ok(_)) => {}
            Some(Err(error)) => return Received::Broken(error.to_string()),
        }
    }
}

/// TLS with the system's certificates, or none.
pub(crate) fn connector(tls: bool) -> Result<Connector> {
    if !tls {
        return Ok(Connector::Plain);
    }
    let mut roots = rustls::RootCertStore::empty();
    let (usable, _) = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    match config {
        Ok(config) if usable > 0 => Ok(Connector::Rustls(Arc::new(
            config.with_root_certificates(roots).with_no_client_auth(),
        ))),
        _ => Err(ClientError::Configuration(
            "the system's certificates cannot be read".to_owned(),
        )),
    }
}

impl Client {
    /// Opens a socket with a fresh ticket.
    pub(crate) async fn open_socket(&self, path: &str, purpose: &impl Serialize) -> Result<Socket> {
        let ticket: Ticket = self
            .post("/v1/ws_tickets", purpose, &new_idempotency_key())
            .await?;
        self.open_with_ticket(path, &ticket.ticket).await
    }

    /// Opens a socket with a ticket that is there.
    pub(crate) async fn open_with_ticket(&self, path: &str, ticket: &str) -> Result<Socket> {
        let url = self.socket_url(path);
        let mut request = url
            .as_str()
            .into_client_request()
            .map_err(|error| self.unexpected(error.to_string()))?;
        let mut protocols = HeaderValue::from_str(&format!("{PROTOCOL}, ticket.{ticket}"))
            .map_err(|_| self.unexpected("its ticket has characters that no ticket has"))?;
        protocols.set_sensitive(true);
        request
            .headers_mut()
            .insert(header::SEC_WEBSOCKET_PROTOCOL, protocols);
        let limits = WebSocketConfig::default()
            .max_message_size(Some(MAX_MESSAGE_BYTES))
            .max_frame_size(Some(MAX_MESSAGE_BYTES));
        let opening = connect_async_tls_with_config(request, Some(limits), true, Some(self.connector()));
        match timeout(self.limits().connect, Box::pin(opening)).await {
            Ok(Ok((socket, _))) => Ok(socket),
            Ok(Err(tungstenite::Error::Http(response))) => Err(self.refused(&response)),
            Ok(Err(error)) => Err(self.unreachable(error)),
            Err(_) => Err(self.unreachable("it took too long")),
        }
    }

    fn refused(&self, response: &Response<Option<Vec<u8>>>) -> ClientError {
        let problem = response
            .body()
            .as_deref()
            .and_then(|body| serde_json::from_slice::<Problem>(body).ok())
            .filter(|problem| !problem.code.is_empty());
        match (problem, response.status().as_u16()) {
            (Some(problem), _) => ClientError::Refused(Box::new(problem)),
            (None, 502..=504) => {
                self.unreachable(format!("what stands before it says {}", response.status()))
            }
            (None, _) => self.unexpected(format!("the socket is refused with {}", response.status())),
        }
    }
}
