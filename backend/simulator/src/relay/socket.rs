//! Opens the signed WebSocket of a conversation, as the carrier does.

use std::time::Duration;

use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use crate::signing::{SocketForm, sign_socket};

/// An open conversation socket.
pub(crate) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Longest time a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// What kind of failure kept a socket from opening.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    Timeout,
    Refused,
    Unreachable,
    Tls,
    /// An answer other than 101.
    Answer,
    Address,
    Protocol,
}

impl Cause {
    fn of(error: &Error) -> Self {
        match error {
            Error::Io(error) => match error.kind() {
                std::io::ErrorKind::ConnectionRefused => Self::Refused,
                std::io::ErrorKind::TimedOut => Self::Timeout,
                _ => Self::Unreachable,
            },
            Error::Tls(_) => Self::Tls,
            Error::Http(_) => Self::Answer,
            Error::Url(_) | Error::HttpFormat(_) => Self::Address,
            _ => Self::Protocol,
        }
    }
}

/// Why a socket did not open.
#[derive(Debug, Clone)]
pub(crate) struct Refused {
    pub(crate) cause: Cause,
    /// The HTTP status, when the server answered with something other than 101.
    pub(crate) status: Option<u16>,
    pub(crate) message: String,
}

/// Small buffers: there may be hundreds of sockets, and no message is large.
fn frugal() -> WebSocketConfig {
    WebSocketConfig::default().read_buffer_size(8 * 1024)
}

/// Connects with the given signature; `None` sends no signature header.
pub(crate) async fn connect(url: &str, signature: Option<&str>) -> Result<Socket, Refused> {
    let refused = |cause, message: String| Refused {
        cause,
        status: None,
        message,
    };
    let mut request = url
        .into_client_request()
        .map_err(|e| refused(Cause::of(&e), e.to_string()))?;
    let headers = request.headers_mut();
    headers.insert(
        "user-agent",
        "Twilio.TmeWs/1.0"
            .parse()
            .map_err(|_| refused(Cause::Protocol, "bad header".to_owned()))?,
    );
    if let Some(signature) = signature {
        let value = signature
            .parse()
            .map_err(|_| refused(Cause::Protocol, "bad signature".to_owned()))?;
        headers.insert("x-twilio-signature", value);
    }
    match tokio::time::timeout(
        HANDSHAKE,
        connect_async_with_config(request, Some(frugal()), true),
    )
    .await
    {
        Ok(Ok((socket, _))) => Ok(socket),
        Ok(Err(Error::Http(response))) => {
            let status = response.status().as_u16();
            Err(Refused {
                cause: Cause::Answer,
                status: Some(status),
                message: format!("upgrade answered {status}"),
            })
        }
        Ok(Err(error)) => Err(refused(Cause::of(&error), error.to_string())),
        Err(_) => Err(refused(Cause::Timeout, "upgrade took too long".to_owned())),
    }
}

/// Connects with a true signature.
pub(crate) async fn connect_signed(url: &str, token: &str, form: SocketForm) -> Result<Socket, Refused> {
    connect(url, Some(&sign_socket(token, url, form))).await
}
