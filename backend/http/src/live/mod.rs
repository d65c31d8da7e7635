//! The live socket: tickets in, snapshots and events out, acts both ways (api.md §4).

mod attending;
mod follow;
pub mod protocol;
mod session;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, web};
use phony_app::{App, Principal};
use phony_kernel::{Error, Kind, Permission};

use crate::client_address;
use crate::problem::{ApiError, ApiResult};

pub(crate) use session::{Form, Outgoing};

/// The subprotocol that the server speaks.
pub(crate) const PROTOCOL: &str = "phony.v1";
/// Largest frame from a browser.
const MAX_FRAME_BYTES: usize = 64 * 1024;

/// Opens the live socket for the holder of a ticket.
#[get("/v1/live")]
pub async fn open(
    request: HttpRequest,
    payload: web::Payload,
    app: web::Data<App>,
) -> ApiResult<HttpResponse> {
    check_origin(&app, &request)?;
    let ticket = ticket_of(&request).ok_or_else(Error::unauthenticated)?;
    let from = client_address::of(&app, request.headers(), request.peer_addr());
    let who = app.supervision.redeem_ticket(&ticket, from).await?;
    who.require(Permission::CallMonitor, app.clock.now())?;
    upgrade(app, request, payload, who, Form::Frames).await
}

/// Answers the upgrade and serves the socket.
pub(crate) async fn upgrade(
    app: web::Data<App>,
    request: HttpRequest,
    payload: web::Payload,
    who: Principal,
    form: Form,
) -> ApiResult<HttpResponse> {
    let (response, socket, frames) = actix_ws::handle_with_protocols(&request, payload, &[PROTOCOL])
        .map_err(|_| {
            Error::new(
                Kind::Malformed,
                "not_a_websocket",
                "this address only takes WebSocket upgrades",
            )
        })?;
    let place = app.supervision.take_place(&who).await?;
    let frames = frames
        .max_frame_size(MAX_FRAME_BYTES)
        .aggregate_continuations()
        .max_continuation_size(MAX_FRAME_BYTES);
    actix_web::rt::spawn(session::run(app, who, place, form, socket, frames));
    Ok(response)
}

/// As [`check_origin`], but pages that the operator lists may open it as well.
pub(crate) fn check_origin_or_listed(app: &App, request: &HttpRequest) -> ApiResult<()> {
    let origin = request.headers().get(header::ORIGIN);
    let listed = origin.is_some_and(|origin| {
        let mut origins = app.cors_origins.iter();
        origins.any(|ours| ours.as_bytes() == origin.as_bytes())
    });
    if listed {
        Ok(())
    } else {
        check_origin(app, request)
    }
}

/// A browser always names the page's origin; it must be ours. Programs name none.
pub(crate) fn check_origin(app: &App, request: &HttpRequest) -> ApiResult<()> {
    let Some(origin) = request.headers().get(header::ORIGIN) else {
        return Ok(());
    };
    let ours = app.public_url.origin().ascii_serialization();
    if origin.as_bytes() == ours.as_bytes() {
        return Ok(());
    }
    Err(ApiError(Error::new(
        Kind::Forbidden,
        "cross_site",
        "this may only be opened by our own pages",
    )))
}

/// The ticket among the offered subprotocols: `phony.v1, ticket.<t>`.
pub(crate) fn ticket_of(request: &HttpRequest) -> Option<String> {
    request
        .headers()
        .get_all(header::SEC_WEBSOCKET_PROTOCOL)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .find_map(|protocol| protocol.trim().strip_prefix("ticket.").map(str::to_owned))
}
