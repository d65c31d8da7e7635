//! One-use tickets by which a browser opens a WebSocket without a token in its address.

use actix_web::{HttpResponse, post, web};
use phony_app::App;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::{Allow, CallMonitor};
use crate::extract::Body;
use crate::problem::ApiResult;

/// What the socket is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TicketPurpose {
    /// `/v1/live`.
    Live,
}

/// A ticket, please.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TicketRequest {
    /// What the socket is for.
    pub purpose: TicketPurpose,
}

/// A ticket for one socket.
#[derive(Debug, Serialize, ToSchema)]
pub struct TicketView {
    /// Sent as the subprotocol `ticket.<ticket>` beside `phony.v1`.
    pub ticket: String,
    /// Seconds until it is worthless.
    pub expires_in: u32,
}

/// Get a one-use ticket for the live socket.
#[utoipa::path(operation_id = "create_ws_ticket", tag = "Supervision", request_body = TicketRequest,
    security(("bearer" = ["call.monitor"])), responses((status = 201, body = TicketView)))]
#[post("/ws_tickets")]
pub async fn create(
    allow: Allow<CallMonitor>,
    app: web::Data<App>,
    body: Body<TicketRequest>,
) -> ApiResult<HttpResponse> {
    let TicketPurpose::Live = body.0.purpose;
    let ticket = app.supervision.issue_ticket(&allow.who).await?;
    Ok(HttpResponse::Created().json(TicketView {
        ticket: ticket.ticket,
        expires_in: ticket.expires_in_seconds,
    }))
}
