//! What the carrier is told, from what a use case decided.

use actix_web::HttpResponse;
use actix_web::http::header;
use phony_app::App;
use phony_app::calls::transfers::NOTES_FORK;
use phony_app::calls::{Busy, Connect, InboundAnswer, ResumeAnswer};
use phony_app::personalities::PersonalityBody;
use phony_app::recordings::NoticeKind;
use phony_carriers::twilio::twiml::{ConversationRelay, Dial, Rejection, Response, Stream};
use phony_carriers::twilio::voices;
use phony_kernel::call::Engine;
use phony_kernel::{E164, Error};

use super::gather::MAX_AGAIN;
use super::recording;
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

/// What is heard at the number of a company that is suspended: nothing of why.
const AT_REST: &str =
    "We are sorry. This number cannot take calls at the moment. Please try again another time. Goodbye.";

/// Instructions for a call that rings.
pub fn inbound(app: &App, answer: &InboundAnswer) -> Response {
    match answer {
        InboundAnswer::Connect(connect) => connect_agent(app, connect),
        InboundAnswer::Busy(busy) => turn_away(app, busy),
        InboundAnswer::NotReady { message } => Response::new().say(message.as_str()).hangup(),
        InboundAnswer::UnknownNumber => Response::new().reject(Rejection::Rejected),
        InboundAnswer::Suspended => Response::new().say(AT_REST).hangup(),
        InboundAnswer::Over => Response::new().hangup(),
    }
}

/// Instructions for a call that lost its socket.
pub fn resume(app: &App, answer: &ResumeAnswer) -> Response {
    match answer {
        ResumeAnswer::Connect(connect) => connect_agent(app, connect),
        ResumeAnswer::Apologize { message, forward, .. } => {
            let said = Response::new().say(message.as_str());
            match forward {
                Some(to) => dial(app, said, to.clone(), None),
                None => said.hangup(),
            }
        }
        ResumeAnswer::HangUp => Response::new().hangup(),
    }
}

/// Lets the caller wait a moment and asks the carrier to come again, at an instance that may know what comes next;
/// `again` is how often it was asked before.
pub fn come_again(app: &App, again: u32) -> Response {
    if again >= MAX_AGAIN {
        return Response::new()
            .say(phony_conversation::plan::Policy::default().apology)
            .hangup();
    }
    let url = app.webhook_url(&format!("/twilio/continue?again={}", again + 1));
    Response::new().pause(1).redirect(url)
}

/// Says that nobody can take the call, and sends the caller where the tenant wants it.
fn turn_away(app: &App, busy: &Busy) -> Response {
    let said = match &busy.speaker {
        Some(speaker) => say(Response::new(), &busy.message, speaker),
        None if busy.message.is_empty() => Response::new(),
        None => Response::new().say(busy.message.as_str()),
    };
    match &busy.overflow {
        Some(to) => dial(app, said, to.clone(), None),
        None => said.hangup(),
    }
}

/// Speaks in a personality's voice and language.
fn say(response: Response, words: &str, speaker: &PersonalityBody) -> Response {
    let language = voices::locale(&speaker.language);
    let voice = voices::relay_voice(&speaker.voice, &language);
    response.say_as(words, format!("{}.{}", voice.provider, voice.voice), language)
}

/// Connects the caller to the agent as the engine says; when the socket ends, for whatever reason, we are asked
/// again, if need be by the order that follows.
pub fn connect_agent(app: &App, connect: &Connect) -> Response {
    connect_behind(app, Response::new(), connect)
}

/// The same for a caller who comes back from somebody: nobody takes notes of the talk with the agent.
pub fn connect_again(app: &App, connect: &Connect) -> Response {
    let first = match connect.engine {
        Engine::Realtime => Response::new().stop_fork(NOTES_FORK),
        _ => Response::new(),
    };
    connect_behind(app, first, connect)
}

fn connect_behind(app: &App, first: Response, connect: &Connect) -> Response {
    let told = match &connect.notice {
        Some(notice) if notice.kind == NoticeKind::Ask => return recording::ask(app, connect, notice),
        Some(notice) => say(first, &notice.words, &connect.personality),
        None => first,
    };
    let response = match &connect.say {
        Some(words) => say(told, words, &connect.personality),
        None => told,
    };
    let next = app.webhook_url("/twilio/continue");
    match connect.engine {
        Engine::Relay => {
            let language = voices::locale(&connect.personality.language);
            let voice = voices::relay_voice(&connect.personality.voice, &language);
            let relay = ConversationRelay::new(socket(app, "/twilio/relay", connect), voice, language)
                .parameter("token", connect.token.as_str());
            // A redirect to the same address follows by itself.
            response.connect_relay(next, relay)
        }
        Engine::Realtime | Engine::Pipeline => {
            let stream = Stream::new(socket(app, "/twilio/stream", connect))
                .parameter("token", connect.token.as_str())
                .status_callback(app.webhook_url("/twilio/stream_status"));
            response.connect_stream(next, stream)
        }
        Engine::Gather => response.redirect(gather_first(app, connect)),
    }
}

/// Where the carrier opens the socket of a call. One that is in the account of a tenant is named: its signature is
/// checked before the socket says anything, and the carrier takes no query here.
fn socket(app: &App, path: &str, connect: &Connect) -> String {
    let own = connect
        .account_sid
        .as_deref()
        .filter(|sid| !sid.is_empty() && !app.carrier_accounts.is_main(sid));
    match own {
        Some(sid) => app.socket_url(&format!("{path}/{sid}")),
        None => app.socket_url(path),
    }
}

/// Where the first turn of a call without a socket begins: the document there greets the caller and listens. The
/// token is the call's for all its turns.
#[must_use]
pub fn gather_first(app: &App, connect: &Connect) -> String {
    app.webhook_url(&format!("/twilio/gather?token={}", connect.token))
}

/// Hands the caller to a transfer target, after words that the agent could not say itself.
pub fn transfer(app: &App, to: E164, caller_id: Option<E164>, words: Option<&str>) -> Response {
    dial(app, said(words), to, caller_id)
}

/// Ends the call, after words that the agent could not say itself.
pub fn end(words: Option<&str>) -> Response {
    said(words).hangup()
}

fn said(words: Option<&str>) -> Response {
    words.map_or_else(Response::new, |words| Response::new().say(words))
}

/// Sends the caller on to a number, after what `response` says.
pub fn dial(app: &App, response: Response, to: E164, caller_id: Option<E164>) -> Response {
    response.dial(Dial {
        number: to,
        caller_id,
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
