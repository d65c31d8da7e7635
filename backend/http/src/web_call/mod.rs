//! The socket of a call from the browser: a ticket lets it in, then it is the caller's line.
//!
//! What goes over it is in `phony_calls::web`; around that, two frames of ours: `ready {call_id, mode, resumed}` first,
//! and `ended {reason, ended_by, say?}` last, after which it is closed.

mod socket;
pub(crate) mod standing;

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, get, web};
use actix_ws::Session;
use phony_app::App;
use phony_app::calls::{OpenedStream, StreamOpening, StreamRefusal, WebMode, call_of_token};
use phony_calls::Outcome;
use phony_conversation::core::Handoff;
use phony_kernel::call::{EndedBy, EndedReason};
use phony_kernel::{CallId, Error, Kind};
use serde::Serialize;
use tokio::time::timeout;

use crate::client_address;
use crate::live::{PROTOCOL, check_origin, ticket_of};
use crate::problem::ApiResult;
use crate::routes::web_calls::no_room;
use socket::{BrowserSocket, close_with};
use standing::Standing;

/// Largest message of a browser; sound has 1.6 kB at the most.
const MAX_MESSAGE_BYTES: usize = 16 * 1024;
/// A browser that does not take the last words is gone.
const LAST_WORDS_WITHIN: Duration = Duration::from_secs(2);

/// Close codes.
mod close {
    /// It is over.
    pub(super) const ENDED: u16 = 1000;
    /// This instance goes away: come back with another ticket.
    pub(super) const RESTART: u16 = 1012;
    /// No room: come back with another ticket.
    pub(super) const NO_ROOM: u16 = 1013;
    /// The caller came back on another socket.
    pub(super) const MOVED: u16 = 4409;
}

/// What a browser is told before and after the call's own frames.
#[derive(Debug, Serialize)]
#[serde(tag = "op", rename_all = "snake_case")]
enum Told {
    Ready {
        call_id: CallId,
        mode: WebMode,
        resumed: bool,
    },
    Ended {
        reason: EndedReason,
        ended_by: EndedBy,
        #[serde(skip_serializing_if = "Option::is_none")]
        say: Option<String>,
    },
}

impl Told {
    fn write(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Takes the socket of a call from the browser.
#[get("/v1/web_calls/{id}")]
pub async fn open(
    request: HttpRequest,
    payload: web::Payload,
    app: web::Data<App>,
    id: web::Path<String>,
) -> ApiResult<HttpResponse> {
    check_origin(&app, &request)?;
    let call: CallId = id.parse().map_err(|_| Error::not_found())?;
    let ticket = ticket_of(&request).ok_or_else(Error::unauthenticated)?;
    // One of another call stays good for that one.
    if call_of_token(&ticket) != Some(call) {
        return Err(Error::unauthenticated().into());
    }
    // Before the ticket is used up: it stays good for whoever has room.
    if !app.engine.has_room() && app.engine.find(call).is_none() {
        metrics::counter!("phony_calls_refused_total").increment(1);
        return Err(no_room().into());
    }
    let from = client_address::of(&app, request.headers(), request.peer_addr());
    let who = app.supervision.redeem_web_ticket(&ticket, from).await?;
    let (response, session, frames) = actix_ws::handle_with_protocols(&request, payload, &[PROTOCOL])
        .map_err(|_| {
            Error::new(
                Kind::Malformed,
                "not_a_websocket",
                "this address only takes WebSocket upgrades",
            )
        })?;
    let opened = match app.calls.open_web(&ticket, call).await? {
        StreamOpening::Opened(opened) => *opened,
        StreamOpening::Refused(refusal) => return Err(refused(refusal).into()),
    };
    let frames = frames
        .max_frame_size(MAX_MESSAGE_BYTES)
        .aggregate_continuations()
        .max_continuation_size(MAX_MESSAGE_BYTES);
    let standing = Standing::of(app.clone(), who);
    let socket = BrowserSocket::new(session.clone(), frames, standing);
    actix_web::rt::spawn(serve(app, opened, session, socket));
    Ok(response)
}

fn refused(refusal: StreamRefusal) -> Error {
    tracing::warn!(refusal = refusal.as_str(), "a browser's socket was refused");
    match refusal {
        StreamRefusal::Ended => Error::new(Kind::Conflict, "call_ended", "the call has ended"),
        _ => Error::unauthenticated(),
    }
}

async fn serve(app: web::Data<App>, opened: OpenedStream, mut session: Session, socket: BrowserSocket) {
    let plan = &opened.plan;
    let (tenant, call) = (plan.tenant, plan.call);
    let ready = Told::Ready {
        call_id: call,
        mode: WebMode::of(plan),
        resumed: opened.resumed.as_ref().is_some_and(|resumed| resumed.seq > 0),
    };
    // A browser that is gone already shows when it is read from.
    let _ = session.text(ready.write()).await;
    let outcome = app.engine.run_web(opened.plan, opened.resumed, socket).await;
    tracing::info!(tenant.id = %tenant, call.id = %call, ?outcome, "browser socket of {call} is over");
    let code = match outcome {
        Outcome::Ended(ending) => {
            let say = match app.engine.take_handoff(tenant, call).await {
                Some(Handoff::End { say }) => say,
                _ => None,
            };
            let ended = Told::Ended {
                reason: ending.reason,
                ended_by: ending.by,
                say,
            };
            let _ = timeout(LAST_WORDS_WITHIN, session.text(ended.write())).await;
            close::ENDED
        }
        Outcome::Moved => close::MOVED,
        Outcome::Released => close::RESTART,
        Outcome::Refused => close::NO_ROOM,
    };
    let _ = timeout(LAST_WORDS_WITHIN, close_with(session, code, "")).await;
}
