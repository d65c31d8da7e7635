//! The carrier's webhooks. Each answers at once; nothing waits for a model or another party.

use actix_web::{HttpRequest, HttpResponse, post, web};
use phony_app::App;
use phony_app::calls::{
    EngineSwitch, InboundAnswer, InboundCall, NoRoom, Resume, ResumeAnswer, SessionEnded, StatusUpdate,
    StreamEvent,
};
use phony_carriers::twilio::params::{
    BadForm, ConnectAction, Party, SessionStatus, StatusCallback, StreamEvent as StreamNews, StreamStatus,
    VoiceRequest,
};
use phony_carriers::twilio::relay::Handoff;
use phony_carriers::twilio::twiml::Response;
use phony_kernel::call::Engine;
use phony_kernel::{Error, Kind};
use serde::Deserialize;

use super::{Signed, check_account, outbound, twiml};
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
pub async fn voice(Signed(body): Signed, http: HttpRequest, app: web::Data<App>) -> ApiResult<HttpResponse> {
    let request = VoiceRequest::parse(&body).map_err(bad_form)?;
    check_account(&app, &request.account_sid)?;
    if let Some(mark) = outbound::mark(&http) {
        return outbound::answered(&app, mark, &request).await;
    }
    let (from, to) = parties(&body)?;
    let inbound = InboundCall {
        call_sid: request.call_sid,
        account_sid: request.account_sid,
        from,
        to,
    };
    let answer = match no_room(&app) {
        None => app.calls.answer_inbound(&inbound).await?,
        Some(why) => {
            metrics::counter!("phony_calls_refused_total").increment(1);
            app.calls.refuse_inbound(&inbound, why).await?
        }
    };
    if let InboundAnswer::Connect(connect) = &answer {
        app.announce(
            connect.tenant,
            connect.call,
            &inbound.call_sid,
            connect.events.clone(),
        );
    }
    if let InboundAnswer::Busy(busy) = &answer
        && let Some(news) = &busy.news
    {
        app.announce(news.tenant, news.call, &inbound.call_sid, news.events.clone());
    }
    twiml::answer(&twiml::inbound(&app, &answer))
}

/// Why this instance takes no more calls, if it does not: better said at once than by a socket that is refused.
fn no_room(app: &App) -> Option<NoRoom> {
    if app.is_draining() || app.engine.is_draining() {
        Some(NoRoom::Draining)
    } else if app.engine.takes_new_calls() {
        None
    } else {
        Some(NoRoom::Full)
    }
}

/// The carrier's news of a call. They come at least once, in any order, late.
#[post("/twilio/status")]
pub async fn status(Signed(body): Signed, http: HttpRequest, app: web::Data<App>) -> ApiResult<HttpResponse> {
    let callback = StatusCallback::parse(&body).map_err(bad_form)?;
    check_account(&app, &callback.account_sid)?;
    if let Some(mark) = outbound::mark(&http) {
        // The first that is heard of a call whose order was not answered.
        app.outbound.recognise(mark, &callback.call_sid).await?;
    }
    let (from, to) = parties(&body)?;
    let update = StatusUpdate {
        from,
        to,
        call_sid: callback.call_sid,
        status: callback.status,
        sequence_number: callback.sequence_number,
        duration_seconds: callback.duration_seconds,
        timestamp: callback.timestamp,
        sip_response_code: callback.sip_response_code,
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

/// How often the carrier has been asked to come again, in the query of our own address.
#[derive(Debug, Deserialize)]
struct Again {
    #[serde(default)]
    again: u32,
}

/// The conversation has given the call back, or its socket was lost: what now? As long as that cannot be known the
/// caller waits, since an error would end the call.
#[post("/twilio/continue")]
pub async fn continue_call(
    Signed(body): Signed,
    request: HttpRequest,
    app: web::Data<App>,
) -> ApiResult<HttpResponse> {
    let again = web::Query::<Again>::from_query(request.query_string()).map_or(0, |query| query.again);
    match what_comes_next(&app, &body).await {
        Ok(document) => twiml::answer(&document),
        Err(ApiError(error)) if error.kind() == Kind::Unavailable => {
            tracing::warn!(error = ?error, again, "what comes next for a call could not be looked up");
            twiml::answer(&twiml::come_again(&app, again))
        }
        Err(error) => Err(error),
    }
}

async fn what_comes_next(app: &App, body: &[u8]) -> ApiResult<Response> {
    let action = ConnectAction::parse(body).map_err(bad_form)?;
    check_account(app, &action.account_sid)?;
    let session = SessionEnded {
        call_sid: action.call_sid.clone(),
        session_id: action.session_id.clone(),
        seconds: action.session_seconds,
    };
    if let Err(error) = app.calls.session_ended(&session).await {
        // The caller waits for what comes next; the call is then billed by its own times.
        tracing::warn!(error = ?error, call.sid = action.call_sid, "the length of a session could not be kept");
    }
    let handoff = match handoff(app, &action).await {
        Err(_) if is_over(&action) => None,
        found => found?,
    };
    match handoff {
        Some(Handoff::Transfer { to, caller_id, say }) => {
            Ok(twiml::transfer(app, to, caller_id, say.as_deref()))
        }
        Some(Handoff::End { say }) => Ok(twiml::end(say.as_deref())),
        Some(Handoff::Engine { to, say }) => switch_engine(app, action, to, say).await,
        None if is_over(&action) => Ok(Response::new().hangup()),
        None => resume(app, body, action).await,
    }
}

/// What the conversation wants next: told by the carrier, or kept by us for engines whose protocol has no room
/// for it.
async fn handoff(app: &App, action: &ConnectAction) -> ApiResult<Option<Handoff>> {
    if let Some(handoff) = action.handoff() {
        return Ok(Some(handoff));
    }
    Ok(match app.calls.locate(&action.call_sid).await? {
        Some((tenant, call)) => app.engine.take_handoff(tenant, call).await,
        None => None,
    })
}

/// Whether nothing is to come: the session ended in order, or the line is gone.
fn is_over(action: &ConnectAction) -> bool {
    let in_order = matches!(
        action.session_status,
        SessionStatus::Ended | SessionStatus::Completed
    );
    in_order || action.call_status.is_terminal()
}

async fn switch_engine(
    app: &App,
    action: ConnectAction,
    to: Engine,
    say: Option<String>,
) -> ApiResult<Response> {
    let switch = EngineSwitch {
        call_sid: action.call_sid,
        to,
        say,
    };
    let answer = app.calls.switch_engine(&switch).await?;
    announce_end(app, &switch.call_sid, &answer);
    Ok(twiml::resume(app, &answer))
}

async fn resume(app: &App, body: &[u8], action: ConnectAction) -> ApiResult<Response> {
    let (from, to) = parties(body)?;
    tracing::warn!(
        call.sid = action.call_sid,
        carrier.error = action.error_code,
        "a session of a call was lost"
    );
    let lost = Resume {
        call_sid: action.call_sid,
        from,
        to,
    };
    let answer = app.calls.resume(&lost).await?;
    announce_end(app, &lost.call_sid, &answer);
    Ok(twiml::resume(app, &answer))
}

fn announce_end(app: &App, call_sid: &str, answer: &ResumeAnswer) {
    if let ResumeAnswer::Apologize {
        tenant, call, events, ..
    } = answer
    {
        app.announce(*tenant, *call, call_sid, events.clone());
    }
}

/// News of a media stream; the only place that tells why a socket was not opened.
#[post("/twilio/stream_status")]
pub async fn stream_status(Signed(body): Signed, app: web::Data<App>) -> ApiResult<HttpResponse> {
    let news = StreamStatus::parse(&body).map_err(bad_form)?;
    check_account(&app, &news.account_sid)?;
    let stream_sid = news.stream_sid.unwrap_or_default();
    let error = (news.event == StreamNews::Error)
        .then(|| news.error.unwrap_or_else(|| "no reason was given".to_owned()));
    match &error {
        Some(error) => {
            tracing::warn!(
                call.sid = news.call_sid,
                stream.sid = stream_sid,
                carrier.error = error,
                "a media stream failed"
            );
            metrics::counter!("phony_stream_errors_total").increment(1);
        }
        None => {
            tracing::debug!(call.sid = news.call_sid, stream.sid = stream_sid, event = ?news.event, "news of a media stream");
        }
    }
    let event = StreamEvent {
        call_sid: news.call_sid,
        stream_sid,
        over: matches!(news.event, StreamNews::Stopped | StreamNews::Error),
        at: news.timestamp,
        error,
    };
    let outcome = app.calls.stream_event(&event).await?;
    if let Some((tenant, call)) = outcome.call {
        app.announce(tenant, call, &event.call_sid, outcome.events);
    }
    Ok(HttpResponse::NoContent().finish())
}

/// A text message came in; nobody reads them yet, and the carrier is told that there is no answer.
#[post("/twilio/sms")]
pub async fn message(Signed(_body): Signed) -> ApiResult<HttpResponse> {
    twiml::answer(&Response::new())
}
