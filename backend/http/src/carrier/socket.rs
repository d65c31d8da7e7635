//! The carrier's socket: text frames in and out, and what its end means.

use actix_web::{HttpRequest, HttpResponse, web};
use actix_ws::{AggregatedMessage, AggregatedMessageStream, CloseCode, CloseReason, Session};
use bytestring::ByteString;
use futures_util::StreamExt as _;
use phony_calls::{RelaySocket, SocketError, StreamSocket};
use phony_kernel::{Error, Kind};

use crate::problem::ApiResult;

/// What a close frame says: that the session is over, or that it broke. After a broken one the carrier asks
/// `/twilio/continue`, which may let the call in again.
fn closed(reason: Option<&CloseReason>) -> Option<Result<ByteString, SocketError>> {
    let code = reason?.code;
    if matches!(code, CloseCode::Normal | CloseCode::Away) {
        return None;
    }
    Some(Err(SocketError::new(format!(
        "closed with code {}",
        u16::from(code)
    ))))
}

/// Largest message of the carrier: sound has a few hundred bytes, a prompt a few kilobytes.
const MAX_MESSAGE_BYTES: usize = 64 * 1024;

/// The carrier's socket as the call engine sees it.
pub(super) struct CarrierSocket {
    session: Option<Session>,
    frames: AggregatedMessageStream,
}

/// Answers the upgrade of the carrier's socket.
pub(super) fn upgrade(
    request: &HttpRequest,
    payload: web::Payload,
) -> ApiResult<(HttpResponse, CarrierSocket)> {
    let (response, session, frames) = actix_ws::handle(request, payload).map_err(|_| {
        Error::new(
            Kind::Malformed,
            "not_a_websocket",
            "this address only takes WebSocket upgrades",
        )
    })?;
    let frames = frames
        .max_frame_size(MAX_MESSAGE_BYTES)
        .aggregate_continuations()
        .max_continuation_size(MAX_MESSAGE_BYTES);
    let session = Some(session);
    Ok((response, CarrierSocket { session, frames }))
}

impl CarrierSocket {
    pub(super) async fn refuse(self, why: &str) {
        self.close_with(CloseCode::Policy, why).await;
    }

    /// The carrier asks `/twilio/continue` next, which may let the call in again.
    pub(super) async fn fail(self) {
        self.close_with(CloseCode::Error, "try again").await;
    }

    pub(super) async fn close_with(mut self, code: CloseCode, why: &str) {
        let Some(session) = self.session.take() else {
            return;
        };
        let reason = CloseReason {
            code,
            description: Some(why.to_owned()),
        };
        // The peer may be gone already; there is nobody left to tell.
        let _ = session.close(Some(reason)).await;
    }
}

impl CarrierSocket {
    async fn next_text(&mut self) -> Option<Result<ByteString, SocketError>> {
        loop {
            match self.frames.next().await? {
                Ok(AggregatedMessage::Text(text)) => return Some(Ok(text)),
                Ok(AggregatedMessage::Ping(bytes)) => {
                    if let Some(session) = &mut self.session {
                        // A lost pong shows as a closed socket on the next read.
                        let _ = session.pong(&bytes).await;
                    }
                }
                Ok(AggregatedMessage::Pong(_) | AggregatedMessage::Binary(_)) => {}
                Ok(AggregatedMessage::Close(reason)) => return closed(reason.as_ref()),
                Err(cause) => return Some(Err(SocketError::new(cause.to_string()))),
            }
        }
    }

    async fn send_text(&mut self, text: impl Into<ByteString>) -> Result<(), SocketError> {
        let Some(session) = &mut self.session else {
            return Err(SocketError::new("closed"));
        };
        session.text(text).await.map_err(|_| SocketError::new("closed"))
    }

    async fn close_in_order(&mut self) {
        if let Some(session) = self.session.take() {
            // The peer may have closed first; then there is nothing left to do.
            let _ = session
                .close(Some(CloseReason {
                    code: CloseCode::Normal,
                    description: None,
                }))
                .await;
        }
    }
}

impl RelaySocket for CarrierSocket {
    async fn recv(&mut self) -> Option<Result<String, SocketError>> {
        Some(self.next_text().await?.map(|text| text.to_string()))
    }

    async fn send(&mut self, text: String) -> Result<(), SocketError> {
        self.send_text(text).await
    }

    async fn close(&mut self) {
        self.close_in_order().await;
    }
}

impl StreamSocket for CarrierSocket {
    async fn recv(&mut self) -> Option<Result<ByteString, SocketError>> {
        self.next_text().await
    }

    async fn send(&mut self, text: ByteString) -> Result<(), SocketError> {
        self.send_text(text).await
    }

    async fn close(&mut self) {
        self.close_in_order().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_orderly_close_means_that_the_caller_hung_up() {
        let close = |code: u16| CloseReason {
            code: CloseCode::from(code),
            description: None,
        };
        assert!(closed(None).is_none());
        for code in [1000, 1001] {
            assert!(closed(Some(&close(code))).is_none(), "{code}");
        }
        for code in [1002, 1007, 1008, 1011, 1012, 4000] {
            assert!(matches!(closed(Some(&close(code))), Some(Err(_))), "{code}");
        }
    }
}
