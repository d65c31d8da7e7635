//! Opens the signed WebSocket of a conversation, as the carrier does.

use std::time::Duration;

use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::signing::{SocketForm, sign_socket};

/// An open conversation socket.
pub(crate) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Longest time a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// Why a socket did not open.
#[derive(Debug, Clone)]
pub(crate) struct Refused {
    /// The HTTP status, when the server answered with something other than 101.
    pub(crate) status: Option<u16>,
    pub(crate) message: String,
}

/// Connects with the given signature; `None` sends no signature header.
pub(crate) async fn connect(url: &str, signature: Option<&str>) -> Result<Socket, Refused> {
    let refused = |message: String| Refused {
        status: None,
        message,
    };
    let mut request = url.into_client_request().map_err(|e| refused(e.to_string()))?;
    let headers = request.headers_mut();
    headers.insert(
        "user-agent",
        "Twilio.TmeWs/1.0"
            .parse()
            .map_err(|_| refused("bad header".to_owned()))?,
    );
    if let Some(signature) = signature {
        let value = signature
            .parse()
            .map_err(|_| refused("bad signature".to_owned()))?;
        headers.insert("x-twilio-signature", value);
    }
    match tokio::time::timeout(HANDSHAKE, connect_async(request)).await {
        Ok(Ok((socket, _))) => Ok(socket),
        Ok(Err(Error::Http(response))) => {
            let status = response.status().as_u16();
            Err(Refused {
                status: Some(status),
                message: format!("upgrade answered {status}"),
            })
        }
        Ok(Err(error)) => Err(refused(error.to_string())),
        Err(_) => Err(refused("upgrade took too long".to_owned())),
    }
}

/// Connects with a true signature.
pub(crate) async fn connect_signed(url: &str, token: &str, form: SocketForm) -> Result<Socket, Refused> {
    connect(url, Some(&sign_socket(token, url, form))).await
}
