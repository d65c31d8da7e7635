//! Webhooks of calls that we made: the answer, and what the carrier thinks has answered.

use actix_web::{HttpRequest, HttpResponse, post, web};
use phony_app::App;
use phony_app::calls::outbound::{CallMark, OutboundAnswer};
use phony_carriers::twilio::params::{AnsweredBy, MachineVerdict, VoiceRequest};
use phony_carriers::twilio::twiml::Response;
use phony_kernel::{Error, Kind};
use serde::Deserialize;

use super::{Signed, check_account, twiml};
use crate::problem::{ApiError, ApiResult};

/// What our own addresses carry.
#[derive(Deserialize)]
struct Place {
    call: String,
}

/// The call that an address of ours names; none on one that the carrier has for calls that come in.
pub(super) fn mark(request: &HttpRequest) -> Option<CallMark> {
    let place = web::Query::<Place>::from_query(request.query_string()).ok()?;
    CallMark::read(&place.call)
}

/// A call that we made was answered: what now?
pub(super) async fn answered(app: &App, mark: CallMark, request: &VoiceRequest) -> ApiResult<HttpResponse> {
    let answered_by = request.answered_by.as_deref().map(AnsweredBy::read);
    let answer = app.outbound.answer(mark, &request.call_sid, answered_by).await?;
    let document = match &answer {
        OutboundAnswer::Connect(connect) => twiml::connect_agent(app, connect),
        // Only a conversation of turns waits for the verdict.
        OutboundAnswer::Press(press) => Response::new()
            .press(press.digits.as_str())
            .redirect(twiml::gather_first(app, &press.connect)),
        OutboundAnswer::Message(document) => document.clone(),
        OutboundAnswer::HangUp => Response::new().hangup(),
    };
    twiml::answer(&document)
}

/// The carrier's verdict of what has answered. It may come after the end.
#[post("/twilio/amd")]
pub async fn machine(
    Signed(body): Signed,
    request: HttpRequest,
    app: web::Data<App>,
) -> ApiResult<HttpResponse> {
    let verdict = MachineVerdict::parse(&body)
        .map_err(|fault| ApiError(Error::new(Kind::Malformed, "bad_form", fault.to_string())))?;
    check_account(&app, &verdict.account_sid)?;
    let found = match mark(&request) {
        Some(mark) => {
            app.outbound.recognise(mark, &verdict.call_sid).await?;
            Some((mark.tenant, mark.call))
        }
        None => app.calls.locate(&verdict.call_sid).await?,
    };
    if let Some((tenant, call)) = found {
        app.outbound.verdict(tenant, call, verdict.answered_by).await?;
    }
    Ok(HttpResponse::NoContent().finish())
}
