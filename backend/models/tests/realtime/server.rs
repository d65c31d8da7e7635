//! Small servers that are friendly, rude, slow or dead.

use std::future::Future;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use phony_models::realtime::protocol::SessionConfig;
use phony_models::realtime::{
    RealtimeClient, RealtimeConfig, RealtimeError, RealtimeLimits, RealtimeSession,
};
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::{WebSocketStream, accept_async};

pub(crate) type Served = WebSocketStream<TcpStream>;

pub(crate) const PATIENCE: Duration = Duration::from_secs(45);

/// So long that no busy machine reaches them; a test of a limit shortens it.
pub(crate) fn limits() -> RealtimeLimits {
    RealtimeLimits {
        connect: PATIENCE,
        start: PATIENCE,
        send: PATIENCE,
        ping_after: PATIENCE,
        pong_within: PATIENCE,
        close: PATIENCE,
    }
}

pub(crate) const SHORT: Duration = Duration::from_millis(200);

pub(crate) fn client_of(address: std::net::SocketAddr, limits: RealtimeLimits) -> RealtimeClient {
    let config = RealtimeConfig {
        limits,
        ..RealtimeConfig::new(format!("ws://{address}/v1/realtime"), Some("sk-secret".into()))
    };
    RealtimeClient::new(&config).unwrap()
}

/// A client of a server that does `serve` with the first connection.
pub(crate) async fn raw<F, R>(limits: RealtimeLimits, serve: F) -> RealtimeClient
where
    F: FnOnce(TcpStream) -> R + Send + 'static,
    R: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        serve(stream).await;
    });
    client_of(address, limits)
}

pub(crate) async fn server<F, R>(limits: RealtimeLimits, serve: F) -> RealtimeClient
where
    F: FnOnce(Served) -> R + Send + 'static,
    R: Future<Output = ()> + Send + 'static,
{
    raw(limits, |stream| async move {
        serve(accept_async(stream).await.unwrap()).await;
    })
    .await
}

pub(crate) async fn say(socket: &mut Served, event: Value) {
    socket.send(Message::text(event.to_string())).await.unwrap();
}

pub(crate) async fn heard(socket: &mut Served) -> Value {
    loop {
        match socket.next().await.unwrap().unwrap() {
            Message::Text(text) => return serde_json::from_str(&text).unwrap(),
            Message::Ping(_) | Message::Pong(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

pub(crate) async fn close(socket: &mut Served, code: u16, reason: &'static str) {
    let frame = CloseFrame {
        code: code.into(),
        reason: reason.into(),
    };
    let _ = socket.close(Some(frame)).await;
    while let Some(Ok(_)) = socket.next().await {}
}

pub(crate) async fn end(session: &mut RealtimeSession) -> RealtimeError {
    let until_the_end = async {
        loop {
            if let Err(error) = session.recv().await {
                return error;
            }
        }
    };
    tokio::time::timeout(PATIENCE, until_the_end).await.unwrap()
}

pub(crate) fn config() -> SessionConfig {
    SessionConfig::new("Be brief.", "marin")
}
