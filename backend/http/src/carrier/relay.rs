//! The ConversationRelay socket: checks who opens it, then hands it to the call engine.

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, get, web};
use actix_ws::{AggregatedMessage, AggregatedMessageStream, CloseCode, CloseReason, Session};
use futures_util::StreamExt as _;
use phony_app::App;
use phony_app::calls::StreamOpening;
use phony_calls::{RelaySocket, SocketError};
use phony_carriers::twilio::relay::{FromCarrier, Setup};
use phony_kernel::{Error, Kind};
use tokio::time::timeout;

use super::{check_account, check_upgrade};
use crate::problem::ApiResult;

/// Largest message of the carrier; a prompt has a few kilobytes at the most.
const MAX_MESSAGE_BYTES: usize = 64 * 1024;
/// The carrier sends its `setup` at once.
const SETUP_WITHIN: Duration = Duration::from_secs(10);

/// Takes the carrier's socket for a call that a webhook has announced.
#[get("/twilio/relay")]
pub async fn open(
    request: HttpRequest,
    payload: web::Payload,
    app: web::Data<App>,
) -> ApiResult<HttpResponse> {
    check_upgrade(&app, &request)?;
    let (response, session, frames) = actix_ws::handle(&request, payload).map_err(|_| {
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
    actix_web::rt::spawn(serve(
        app,
        CarrierSocket {
            session: Some(session),
            frames,
        },
    ));
    Ok(response)
}

async fn serve(app: web::Data<App>, mut socket: CarrierSocket) {
    let Some(setup) = read_setup(&mut socket).await else {
        return socket.refuse("no setup message").await;
    };
    if check_account(&app, &setup.account_sid).is_err() {
        return socket.refuse("foreign account").await;
    }
    let token = setup.parameter("token").unwrap_or_default().to_owned();
    // Before the token is used up and the call taken over: it stays as it was for whoever has room.
    let runs_here =
        || phony_app::calls::call_of_token(&token).is_some_and(|call| app.engine.find(call).is_some());
    if !app.engine.has_room() && !runs_here() {
        metrics::counter!("phony_calls_refused_total").increment(1);
        tracing::warn!(
            call.sid = setup.call_sid,
            "a relay socket was refused, there is no room"
        );
        return socket.close_with(CloseCode::Again, "try again later").await;
    }
    match app.calls.open_stream(&token, &setup.call_sid).await {
        Ok(StreamOpening::Opened(opened)) => {
            let (tenant, call) = (opened.plan.tenant, opened.plan.call);
            let outcome = app.engine.run_relay(opened.plan, opened.resumed, socket).await;
            tracing::info!(tenant.id = %tenant, call.id = %call, ?outcome, "relay socket of {call} is over");
        }
        Ok(StreamOpening::Refused(refusal)) => {
            tracing::warn!(
                call.sid = setup.call_sid,
                refusal = refusal.as_str(),
                "a relay socket was refused"
            );
            socket.refuse(refusal.as_str()).await;
        }
        Err(error) => {
            tracing::error!(error = ?error, call.sid = setup.call_sid, "a relay socket could not be opened");
            socket.fail().await;
        }
    }
}

/// The first message must be the setup; anything else is not the protocol.
async fn read_setup(socket: &mut CarrierSocket) -> Option<Setup> {
    let text = timeout(SETUP_WITHIN, socket.recv()).await.ok()??.ok()?;
    match FromCarrier::parse(&text) {
        Ok(FromCarrier::Setup(setup)) => Some(setup),
        _ => None,
    }
}

/// What a close frame says: that the session is over, or that it broke. After a broken one the carrier asks
/// `/twilio/continue`, which may let the call in again.
fn closed(reason: Option<&CloseReason>) -> Option<Result<String, SocketError>> {
    let code = reason?.code;
    if matches!(code, CloseCode::Normal | CloseCode::Away) {
        return None;
    }
    Some(Err(SocketError::new(format!(
        "closed with code {}",
        u16::from(code)
    ))))
}

/// The carrier's socket as the call engine sees it.
struct CarrierSocket {
    session: Option<Session>,
    frames: AggregatedMessageStream,
}

impl CarrierSocket {
    async fn refuse(self, why: &str) {
        self.close_with(CloseCode::Policy, why).await;
    }

    /// The carrier asks `/twilio/continue` next, which may let the call in again.
    async fn fail(self) {
        self.close_with(CloseCode::Error, "try again").await;
    }

    async fn close_with(mut self, code: CloseCode, why: &str) {
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

impl RelaySocket for CarrierSocket {
    async fn recv(&mut self) -> Option<Result<String, SocketError>> {
        loop {
            match self.frames.next().await? {
                Ok(AggregatedMessage::Text(text)) => return Some(Ok(text.to_string())),
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

    async fn send(&mut self, text: String) -> Result<(), SocketError> {
        let Some(session) = &mut self.session else {
            return Err(SocketError::new("closed"));
        };
        session.text(text).await.map_err(|_| SocketError::new("closed"))
    }

    async fn close(&mut self) {
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
