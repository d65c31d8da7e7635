//! The sound of a live call in a browser, and a microphone back once its person has taken the call over (api.md §4).
//!
//! Down come the frames of `phony_calls::sound`. Up goes a frame only while the conversation itself has told that this
//! person speaks by microphone; the call looks once more before the caller hears it. Everything else is dropped and
//! counted. A ticket with the purpose `audio` lets one socket in.

mod holding;
mod session;

use actix_web::{HttpRequest, HttpResponse, get, web};
use phony_app::App;
use phony_kernel::{Error, Kind};

use crate::client_address;
use crate::live::{PROTOCOL, check_origin, ticket_of};
use crate::problem::ApiResult;

/// Largest message of a browser; sound has 1.6 kB at the most.
const MAX_MESSAGE_BYTES: usize = 4 * 1024;

/// Opens the sound of a call for the holder of a ticket.
#[get("/v1/calls/{id}/audio")]
pub async fn open(
    request: HttpRequest,
    payload: web::Payload,
    app: web::Data<App>,
    id: web::Path<String>,
) -> ApiResult<HttpResponse> {
    check_origin(&app, &request)?;
    let ticket = ticket_of(&request).ok_or_else(Error::unauthenticated)?;
    let from = client_address::of(&app, request.headers(), request.peer_addr());
    let listener = app.supervision.redeem_audio_ticket(&ticket, &id, from).await?;
    let (response, socket, frames) = actix_ws::handle_with_protocols(&request, payload, &[PROTOCOL])
        .map_err(|_| {
            Error::new(
                Kind::Malformed,
                "not_a_websocket",
                "this address only takes WebSocket upgrades",
            )
        })?;
    let place = app.supervision.take_place(&listener.who).await?;
    let frames = frames
        .max_frame_size(MAX_MESSAGE_BYTES)
        .aggregate_continuations()
        .max_continuation_size(MAX_MESSAGE_BYTES);
    actix_web::rt::spawn(session::run(app, listener, place, socket, frames));
    Ok(response)
}
