//! The carrier's news of recordings, and the caller's answer to whether the call may be recorded.

use actix_web::{HttpResponse, post, web};
use phony_app::App;
use phony_app::calls::Connect;
use phony_app::recordings::{Notice, RecordingNews, refuses};
use phony_carriers::twilio::params::{BadForm, GatherAction, RecordingStatus};
use phony_carriers::twilio::twiml::{Gather, Prompt, Response};
use phony_carriers::twilio::voices;
use phony_kernel::{Error, Kind};

use super::{Signed, check_account, twiml};
use crate::problem::{ApiError, ApiResult};

/// Where the caller's answer goes.
const CONSENT: &str = "/twilio/consent";
/// How long a caller may think about it; who says nothing stays.
const ANSWER_SECONDS: u32 = 3;

/// News of a recording. They come at least once, in any order, late.
#[post("/twilio/recording")]
pub async fn news(Signed(body): Signed, app: web::Data<App>) -> ApiResult<HttpResponse> {
    let status = RecordingStatus::parse(&body).map_err(|fault| bad_form(&fault))?;
    check_account(&app, &status.account_sid)?;
    // A conference's recording is nobody's here: calls are recorded, not rooms.
    let Some(call_sid) = status.call_sid else {
        return Ok(HttpResponse::NoContent().finish());
    };
    let news = RecordingNews {
        account_sid: status.account_sid,
        call_sid,
        recording_sid: status.recording_sid,
        state: status.state,
        duration_seconds: status.duration_seconds,
        channels: status.channels,
        started_at: status.started_at,
        error_code: status.error_code,
    };
    app.recordings.carrier_news(&news).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The caller was asked whether the call may be recorded, and has answered, or said nothing; either way the
/// conversation begins.
#[post("/twilio/consent")]
pub async fn consent(Signed(body): Signed, app: web::Data<App>) -> ApiResult<HttpResponse> {
    let action = GatherAction::parse(&body).map_err(|fault| bad_form(&fault))?;
    check_account(&app, &action.account_sid)?;
    let over = || twiml::answer(&Response::new().hangup());
    if action.call_status.is_terminal() {
        return over();
    }
    let Some((tenant, call)) = app.calls.locate(&action.call_sid).await? else {
        return over();
    };
    let words = action.speech_result.as_deref().unwrap_or_default();
    let agreed = !refuses(words, action.digits.as_deref().unwrap_or_default());
    app.recordings.answered(tenant, call, agreed).await?;
    match app.calls.connect_again(&action.call_sid).await? {
        Some(connect) => twiml::answer(&twiml::connect_agent(&app, &connect)),
        None => over(),
    }
}

/// Tells the caller of the recording and listens for a no; the conversation begins behind it.
pub(super) fn ask(app: &App, connect: &Connect, notice: &Notice) -> Response {
    let language = voices::locale(&connect.personality.language);
    let voice = voices::relay_voice(&connect.personality.voice, &language);
    let answered = app.webhook_url(CONSENT);
    let gather = Gather {
        timeout_seconds: ANSWER_SECONDS,
        num_digits: Some(1),
        prompt: vec![Prompt::Say {
            text: notice.words.clone(),
            voice: Some(format!("{}.{}", voice.provider, voice.voice)),
            language: Some(language.clone()),
        }],
        ..Gather::new(answered.as_str(), language)
    };
    // Nothing heard: the same address, with nothing.
    Response::new().gather(gather).redirect(answered)
}

fn bad_form(fault: &BadForm) -> ApiError {
    ApiError(Error::new(Kind::Malformed, "bad_form", fault.to_string()))
}
