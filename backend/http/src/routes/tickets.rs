//! One-use tickets by which a browser opens a WebSocket without a token in its address.

use actix_web::{HttpResponse, post, web};
use phony_app::App;
use phony_app::calls::TICKET_SECONDS;
use phony_kernel::{CallId, Error, Permission};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::{AllowEither, CallMonitor, WebCallCreate};
use crate::extract::Body;
use crate::problem::ApiResult;

/// What the socket is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TicketPurpose {
    /// `/v1/live`.
    Live,
    /// `/v1/calls/{id}/audio`: the sound of a live call.
    Audio,
    /// `/v1/web_calls/{id}`: back to a call from the browser whose socket was lost.
    WebCall,
}

/// A ticket, please.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TicketRequest {
    /// What the socket is for.
    pub purpose: TicketPurpose,
    /// The call to listen to or to come back to, with the purposes `audio` and `web_call`.
    #[serde(default)]
    pub call_id: Option<CallId>,
}

/// A ticket for one socket.
#[derive(Debug, Serialize, ToSchema)]
pub struct TicketView {
    /// Sent as the subprotocol `ticket.<ticket>` beside `phony.v1`.
    pub ticket: String,
    /// Seconds until it is worthless.
    pub expires_in: u32,
}

/// Get a one-use ticket for a socket. One for `live` needs `call.monitor`; one for `audio` needs `call.intervene` and a
/// live call whose sound can be had; one for `web_call` needs `web_call.create`, and
/// is given to nobody but the caller of the call.
#[utoipa::path(operation_id = "create_ws_ticket", tag = "Supervision", request_body = TicketRequest,
    security(("bearer" = ["call.monitor"])), responses((status = 201, body = TicketView)))]
#[post("/ws_tickets")]
pub async fn create(
    allow: AllowEither<CallMonitor, WebCallCreate>,
    app: web::Data<App>,
    body: Body<TicketRequest>,
) -> ApiResult<HttpResponse> {
    let (who, now) = (&allow.who, app.clock.now());
    let view = match (body.0.purpose, body.0.call_id) {
        (TicketPurpose::Live, None) => {
            who.require(Permission::CallMonitor, now)?;
            let ticket = app.supervision.issue_ticket(who).await?;
            TicketView {
                ticket: ticket.ticket,
                expires_in: ticket.expires_in_seconds,
            }
        }
        (TicketPurpose::Audio, Some(call)) => {
            let ticket = app.supervision.issue_audio_ticket(who, call).await?;
            TicketView {
                ticket: ticket.ticket,
                expires_in: ticket.expires_in_seconds,
            }
        }
        (TicketPurpose::WebCall, Some(call)) => {
            who.require(Permission::WebCallCreate, now)?;
            let made = app.calls.resume_web(who, call).await?;
            app.supervision.keep_web_ticket(who, &made.ticket).await?;
            TicketView {
                ticket: made.ticket,
                expires_in: TICKET_SECONDS,
            }
        }
        (TicketPurpose::Live, Some(_)) => {
            let text = "belongs to the purposes audio and web_call";
            return Err(Error::invalid_field("call_id", "not_expected", text).into());
        }
        (TicketPurpose::Audio | TicketPurpose::WebCall, None) => {
            let text = "must say which call it is";
            return Err(Error::invalid_field("call_id", "required", text).into());
        }
    };
    Ok(HttpResponse::Created().json(view))
}
