//! What the carrier is told, from what a use case decided.

use actix_web::HttpResponse;
use actix_web::http::header;
use phony_app::App;
use phony_app::calls::{Connect, InboundAnswer, ResumeAnswer};
use phony_carriers::twilio::twiml::{ConversationRelay, Dial, Rejection, Response};
use phony_carriers::twilio::voices;
use phony_kernel::{E164, Error};

use crate::problem::ApiResult;

/// How long a transfer target rings.
const TRANSFER_RINGS_SECONDS: u32 = 25;
/// Said when nobody takes a transfer.
const NOBODY_THERE: &str =
    "I am sorry, nobody can take your call right now. Please call again later. Goodbye.";

/// The document as an answer.
///
/// # Errors
/// When a text is longer than the carrier takes.
pub fn answer(document: &Response) -> ApiResult<HttpResponse> {
    let xml = document.to_xml().map_err(Error::internal)?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/xml; charset=utf-8"))
        .body(xml))
}

/// Instructions for a call that rings.
pub fn inbound(app: &App, answer: &InboundAnswer) -> Response {
    match answer {
        InboundAnswer::Connect(connect) => connect_agent(app, connect),
        InboundAnswer::Busy { message } | InboundAnswer::NotReady { message } => {
            Response::new().say(message.as_str()).hangup()
        }
        InboundAnswer::UnknownNumber | InboundAnswer::Suspended => {
            Response::new().reject(Rejection::Rejected)
        }
        InboundAnswer::Over => Response::new().hangup(),
    }
}

/// Instructions for a call that lost its socket.
pub fn resume(app: &App, answer: &ResumeAnswer) -> Response {
    match answer {
        ResumeAnswer::Connect(connect) => connect_agent(app, connect),
        ResumeAnswer::Apologize { message, .. } => Response::new().say(message.as_str()).hangup(),
        ResumeAnswer::HangUp => Response::new().hangup(),
    }
}

/// Connects the caller to the agent; when the socket ends, for whatever reason, we are asked again.
fn connect_agent(app: &App, connect: &Connect) -> Response {
    let language = voices::locale(&connect.personality.language);
    let voice = voices::relay_voice(&connect.personality.voice, &language);
    let relay = ConversationRelay::new(app.socket_url("/twilio/relay"), voice, language)
        .parameter("token", connect.token.as_str());
    Response::new().connect_relay(app.webhook_url("/twilio/continue"), relay)
}

/// Hands the caller to a transfer target.
pub fn transfer(app: &App, to: E164) -> Response {
    Response::new().dial(Dial {
        number: to,
        caller_id: None,
        action: app.webhook_url("/twilio/dial"),
        timeout_seconds: TRANSFER_RINGS_SECONDS,
    })
}

/// What follows a transfer.
pub fn after_transfer(taken: bool) -> Response {
    if taken {
        Response::new().hangup()
    } else {
        Response::new().say(NOBODY_THERE).hangup()
    }
}
