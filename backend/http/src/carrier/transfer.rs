//! Webhooks of callers who were handed to somebody, and of those to whom.

use actix_web::{HttpRequest, HttpResponse, post, web};
use phony_app::App;
use phony_app::calls::transfers::{TargetAnswer, TargetUpdate, TransferMark};
use phony_app::calls::{AfterDial, DialEnded};
use phony_carriers::twilio::params::{BadForm, DialAction, GatherAction, MachineVerdict, StatusCallback};
use phony_carriers::twilio::twiml::Response;
use phony_kernel::{Error, Kind};
use serde::Deserialize;

use super::{Signed, check_account, twiml};
use crate::problem::{ApiError, ApiResult};

/// What our own addresses carry besides the transfer.
#[derive(Debug, Default, Deserialize)]
struct More {
    /// How often the target was asked before.
    #[serde(default)]
    asked: u32,
    /// How long caller and target were together.
    #[serde(default)]
    together_ms: Option<i64>,
}

fn bad_form(fault: BadForm) -> ApiError {
    ApiError(Error::new(Kind::Malformed, "bad_form", fault.to_string()))
}

fn mark(request: &HttpRequest) -> ApiResult<TransferMark> {
    web::Query::from_query(request.query_string())
        .map(web::Query::into_inner)
        .map_err(|_| {
            ApiError(Error::new(
                Kind::Malformed,
                "bad_form",
                "the address names no transfer",
            ))
        })
}

fn more(request: &HttpRequest) -> More {
    web::Query::from_query(request.query_string()).map_or_else(|_| More::default(), web::Query::into_inner)
}

/// The caller comes back from somebody, or nobody took the call.
#[post("/twilio/dial")]
pub async fn dialled(
    Signed(body): Signed,
    request: HttpRequest,
    app: web::Data<App>,
) -> ApiResult<HttpResponse> {
    let action = DialAction::parse(&body).map_err(bad_form)?;
    check_account(&app, &action.account_sid)?;
    let dial = DialEnded {
        call_sid: action.call_sid.clone(),
        dial_sid: action.dial_call_sid.clone(),
        taken: action.was_taken(),
        seconds: action.dial_seconds,
        status: action.dial_status.as_str().to_owned(),
        caller_gone: action.call_status.is_terminal(),
        together_ms: more(&request).together_ms,
    };
    let outcome = match app.calls.dial_ended(&dial).await {
        Ok(outcome) => outcome,
        Err(error) => {
            tracing::error!(error = ?error, call.sid = action.call_sid, "how a transfer went could not be kept");
            return twiml::answer(&twiml::after_transfer(action.was_taken()));
        }
    };
    if let Some((tenant, call)) = outcome.call {
        app.announce(tenant, call, &dial.call_sid, outcome.events);
    }
    twiml::answer(&match outcome.next {
        AfterDial::HangUp => Response::new().hangup(),
        AfterDial::NobodyThere => twiml::after_transfer(false),
        AfterDial::Back(connect) => twiml::connect_again(&app, &connect),
    })
}

/// News of the target's call.
#[post("/twilio/transfer/status")]
pub async fn status(
    Signed(body): Signed,
    request: HttpRequest,
    app: web::Data<App>,
) -> ApiResult<HttpResponse> {
    let callback = StatusCallback::parse(&body).map_err(bad_form)?;
    check_account(&app, &callback.account_sid)?;
    let update = TargetUpdate {
        leg: callback.call_sid,
        status: callback.status,
        duration_seconds: callback.duration_seconds,
    };
    app.transfers.target_update(mark(&request)?, &update).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The carrier's verdict of what has answered the target's call.
#[post("/twilio/transfer/amd")]
pub async fn machine(
    Signed(body): Signed,
    request: HttpRequest,
    app: web::Data<App>,
) -> ApiResult<HttpResponse> {
    let verdict = MachineVerdict::parse(&body).map_err(bad_form)?;
    check_account(&app, &verdict.account_sid)?;
    app.transfers
        .target_verdict(mark(&request)?, verdict.call_sid, verdict.answered_by)
        .await;
    Ok(HttpResponse::NoContent().finish())
}

/// What the target says to taking the caller.
#[post("/twilio/transfer/answer")]
pub async fn answer(
    Signed(body): Signed,
    request: HttpRequest,
    app: web::Data<App>,
) -> ApiResult<HttpResponse> {
    let heard = GatherAction::parse(&body).map_err(bad_form)?;
    check_account(&app, &heard.account_sid)?;
    let mark = mark(&request)?;
    if heard.call_status.is_terminal() {
        // The target is gone; the status callback tells.
        return twiml::answer(&Response::new());
    }
    let said = TargetAnswer::read(heard.digits.as_deref(), heard.speech_result.as_deref());
    let document = app
        .transfers
        .target_answered(mark, heard.call_sid, said, more(&request).asked)
        .await;
    twiml::answer(&document)
}

/// The target has left the room.
#[post("/twilio/transfer/left")]
pub async fn left(Signed(_body): Signed) -> ApiResult<HttpResponse> {
    twiml::answer(&Response::new().hangup())
}
