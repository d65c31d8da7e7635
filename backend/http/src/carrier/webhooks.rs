//! The carrier's webhooks. Each answers at once; nothing waits for a model or another party.

use actix_web::{HttpResponse, post, web};
use phony_app::App;
use phony_app::calls::{
    DialEnded, InboundAnswer, InboundCall, Resume, ResumeAnswer, SessionEnded, StatusUpdate,
};
use phony_carriers::twilio::params::{
    BadForm, ConnectAction, DialAction, Party, SessionStatus, StatusCallback, VoiceRequest,
};
use phony_carriers::twilio::relay::Handoff;
use phony_carriers::twilio::twiml::Response;
use phony_kernel::{Error, Kind};

use super::{Signed, twiml};
use crate::problem::{ApiError, ApiResult};

fn bad_form(fault: BadForm) -> ApiError {
    ApiError(Error::new(Kind::Malformed, "bad_form", fault.to_string()))
}

/// A party as text: the number in its one form, or what the carrier wrote.
fn text_of(party: &Party, raw: &str) -> String {
    party.number().map_or_else(|| raw.to_owned(), ToString::to_string)
}

/// Caller and called number of a webhook.
fn parties(body: &[u8]) -> ApiResult<(String, String)> {
    let request = VoiceRequest::parse(body).map_err(bad_form)?;
    Ok((
        text_of(&request.caller(), &request.from),
        text_of(&request.called(), &request.to),
    ))
}

/// A call rings: who answers it?
#[post("/twilio/voice")]
pub async fn voice(Signed(body): Signed, app: web::Data<App>) -> ApiResult<HttpResponse> {
    let request = VoiceRequest::parse(&body).map_err(bad_form)?;
    let (from, to) = parties(&body)?;
    let inbound = InboundCall {
        call_sid: request.call_sid,
        account_sid: request.account_sid,
        from,
        to,
    };
    let answer = app.calls.answer_inbound(&inbound).await?;
    if let InboundAnswer::Connect(connect) = &answer {
        app.announce(
            connect.tenant,
            connect.call,
            &inbound.call_sid,
            connect.events.clone(),
        );
    }
    twiml::answer(&twiml::inbound(&app, &answer))
}

/// The carrier's news of a call. They come at least once, in any order, late.
#[post("/twilio/status")]
pub async fn status(Signed(body): Signed, app: web::Data<App>) -> ApiResult<HttpResponse> {
    let callback = StatusCallback::parse(&body).map_err(bad_form)?;
    let (from, to) = parties(&body)?;
    let update = StatusUpdate {
        from,
        to,
        call_sid: callback.call_sid,
        status: callback.status,
        sequence_number: callback.sequence_number,
        duration_seconds: callback.duration_seconds,
        timestamp: callback.timestamp,
    };
    let outcome = app.calls.status_callback(&update).await?;
    if let Some((tenant, call)) = outcome.call {
        app.announce(tenant, call, &update.call_sid, outcome.events);
        if update.status.is_terminal() {
            app.line_is_gone(tenant, call);
        }
    }
    Ok(HttpResponse::NoContent().finish())
}

/// The conversation has given the call back, or its socket was lost: what now?
#[post("/twilio/continue")]
pub async fn continue_call(Signed(body): Signed, app: web::Data<App>) -> ApiResult<HttpResponse> {
    let action = ConnectAction::parse(&body).map_err(bad_form)?;
    let session = SessionEnded {
        call_sid: action.call_sid.clone(),
        session_id: action.session_id.clone(),
        seconds: action.session_seconds,
    };
    if let Err(error) = app.calls.session_ended(&session).await {
        // The caller waits for what comes next; the call is then billed by its own times.
        tracing::warn!(error = ?error, call.sid = action.call_sid, "the length of a session could not be kept");
    }
    let document = match (action.handoff(), action.session_status) {
        (Some(Handoff::Transfer { to, .. }), _) => twiml::transfer(&app, to),
        (Some(Handoff::End { .. } | Handoff::Engine { .. }), _) | (None, SessionStatus::Ended | SessionStatus::Completed) => {
            Response::new().hangup()
        }
        (None, SessionStatus::Failed | SessionStatus::Unknown) => resume(&app, &body, action).await?,
    };
    twiml::answer(&document)
}

async fn resume(app: &App, body: &[u8], action: ConnectAction) -> ApiResult<Response> {
    let (from, to) = parties(body)?;
    tracing::warn!(
        call.sid = action.call_sid,
        carrier.error = action.error_code,
        "a relay session failed"
    );
    let lost = Resume {
        call_sid: action.call_sid,
        from,
        to,
    };
    let answer = app.calls.resume(&lost).await?;
    if let ResumeAnswer::Apologize {
        tenant, call, events, ..
    } = &answer
    {
        app.announce(*tenant, *call, &lost.call_sid, events.clone());
    }
    Ok(twiml::resume(app, &answer))
}

/// A transfer is over, or nobody took it.
#[post("/twilio/dial")]
pub async fn dialled(Signed(body): Signed, app: web::Data<App>) -> ApiResult<HttpResponse> {
    let action = DialAction::parse(&body).map_err(bad_form)?;
    let dial = DialEnded {
        call_sid: action.call_sid.clone(),
        dial_sid: action.dial_call_sid.clone(),
        taken: action.was_taken(),
        seconds: action.dial_seconds,
    };
    if let Err(error) = app.calls.dial_ended(&dial).await {
        tracing::error!(error = ?error, call.sid = action.call_sid, "minutes of a transfer could not be booked");
    }
    twiml::answer(&twiml::after_transfer(action.was_taken()))
}

/// A text message came in; nobody reads them yet, and the carrier is told that there is no answer.
#[post("/twilio/sms")]
pub async fn message(Signed(_body): Signed) -> ApiResult<HttpResponse> {
    twiml::answer(&Response::new())
}
