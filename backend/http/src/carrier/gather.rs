//! Calls of turns: what the carrier heard comes in, and what it is to say and do next goes out.
//!
//! Every address that a document of ours holds carries the call's token and the number of the answer, so that a
//! repeat is known as one at any instance.

mod speaker;

use actix_web::{HttpRequest, HttpResponse, post, web};
use futures_util::{StreamExt as _, stream};
use phony_app::App;
use phony_app::calls::{StreamRefusal, TurnOpening, call_of_token, owner_of_token};
use phony_calls::{GatherAnswer, GatherHeard, GatherNext, GatherOpening, GatherPartial, GatherTurn, Nudge};
use phony_carriers::twilio::params::{self, BadForm, GatherAction};
use phony_carriers::twilio::rest::Instructions;
use phony_carriers::twilio::twiml::{Gather, Response};
use phony_conversation::core::Handoff;
use phony_kernel::{Error, Kind};
use serde::Deserialize;
use tokio::sync::mpsc;

use self::speaker::Speaker;
use super::{Signed, check_account, twiml};
use crate::problem::{ApiError, ApiResult};

/// How often the carrier is asked to come again with a turn that nobody could take, a second apart.
pub(super) const MAX_AGAIN: u32 = 8;
/// How many callers are called back at once.
const NUDGES_AT_ONCE: usize = 16;

/// What our own addresses carry.
#[derive(Debug, Deserialize)]
pub struct Place {
    token: String,
    /// The number of the answer that is followed.
    #[serde(default)]
    turn: Option<u64>,
    /// Whether the carrier has not listened since.
    #[serde(default)]
    more: Option<u8>,
    /// How often this turn found nobody.
    #[serde(default)]
    again: Option<u32>,
}

impl Place {
    /// Read by hand, because nothing is read before the signature is checked.
    fn of(request: &HttpRequest) -> Result<Self, ApiError> {
        web::Query::from_query(request.query_string())
            .map(web::Query::into_inner)
            .map_err(|_| refused(StreamRefusal::UnknownToken))
    }
}

/// A turn of a call, or the carrier comes for words.
#[post("/twilio/gather")]
pub async fn take_turn(
    Signed(body): Signed,
    request: HttpRequest,
    app: web::Data<App>,
) -> ApiResult<HttpResponse> {
    let action = GatherAction::parse(&body).map_err(|fault| bad_form(&fault))?;
    check_account(&app, &action.account_sid)?;
    let place = Place::of(&request)?;
    let call = call_of_token(&place.token).ok_or_else(|| refused(StreamRefusal::UnknownToken))?;
    if action.call_status.is_terminal() {
        // The caller is gone; the status callback tells.
        return twiml::answer(&Response::new());
    }
    let turn = GatherTurn {
        number: place.turn.unwrap_or_default(),
        heard: heard(&place, &action),
        call_sid: action.call_sid,
    };
    let answer = match app.engine.gather_here(call, &place.token, &turn).await {
        Some(answer) => answer,
        None => match let_in(&app, &place.token, turn).await {
            Ok(Some(answer)) => answer,
            Ok(None) => return twiml::answer(&Response::new().hangup()),
            Err(ApiError(error)) if error.kind() == Kind::Unavailable => {
                tracing::warn!(error = ?error, "a turn could not be looked up; the carrier is asked to come again");
                return twiml::answer(&try_again(&app, &place, place.turn.unwrap_or_default()));
            }
            Err(error) => return Err(error),
        },
    };
    twiml::answer(&document(&app, &place, answer))
}

/// What the caller says, while he says it. The carrier does not read the answer.
#[post("/twilio/gather/partial")]
pub async fn take_partial(
    Signed(body): Signed,
    request: HttpRequest,
    app: web::Data<App>,
) -> ApiResult<HttpResponse> {
    let partial = params::GatherPartial::parse(&body).map_err(|fault| bad_form(&fault))?;
    check_account(&app, &partial.account_sid)?;
    let place = Place::of(&request)?;
    let call = call_of_token(&place.token).ok_or_else(|| refused(StreamRefusal::UnknownToken))?;
    let words = GatherPartial {
        number: place.turn.unwrap_or_default(),
        sequence: partial.sequence_number,
        text: partial.words(),
        call_sid: partial.call_sid,
    };
    match app.engine.gather_partial(call, &place.token, words) {
        Some(false) => Err(refused(StreamRefusal::UnknownToken)),
        // At another instance they are lost; the whole turn follows.
        Some(true) | None => Ok(HttpResponse::NoContent().finish()),
    }
}

fn bad_form(fault: &BadForm) -> ApiError {
    ApiError(Error::new(Kind::Malformed, "bad_form", fault.to_string()))
}

fn refused(why: StreamRefusal) -> ApiError {
    metrics::counter!("carrier_turn_refused_total").increment(1);
    tracing::warn!(refusal = why.as_str(), "a turn was refused");
    ApiError(Error::new(
        Kind::Forbidden,
        "turn_refused",
        "the token is not that of the call",
    ))
}

fn heard(place: &Place, action: &GatherAction) -> GatherHeard {
    if place.more.is_some() || place.turn.is_none() {
        return GatherHeard::Here;
    }
    match (&action.speech_result, &action.digits) {
        (Some(text), _) => GatherHeard::Words {
            text: text.clone(),
            confidence: action.confidence,
            language: action.language.clone(),
        },
        (None, Some(digits)) => {
            let ended_by = action.finished_on_key.as_deref().unwrap_or_default();
            GatherHeard::Keys(format!("{digits}{ended_by}"))
        }
        (None, None) => GatherHeard::Nothing,
    }
}

/// A turn that does not find its conversation here; `None` when there is nothing to go on with.
async fn let_in(app: &App, token: &str, turn: GatherTurn) -> ApiResult<Option<GatherAnswer>> {
    match app.calls.open_turn(token, &turn.call_sid).await? {
        TurnOpening::Opened { stream, first } => {
            app.conversation_began(&stream.plan);
            let opening = GatherOpening {
                plan: stream.plan,
                resumed: stream.resumed,
                first,
                token: token.to_owned(),
            };
            Ok(Some(app.engine.gather_turn(opening, turn).await))
        }
        TurnOpening::Refused(StreamRefusal::Ended) => {
            let number = turn.number;
            let Some((tenant, call)) = app.calls.locate(&turn.call_sid).await? else {
                return Ok(None);
            };
            let handoff = app.engine.take_handoff(tenant, call).await;
            Ok(handoff.map(|handoff| GatherAnswer {
                number: number + 1,
                voice: String::new(),
                language: String::new(),
                say: Vec::new(),
                next: GatherNext::GiveBack(handoff),
            }))
        }
        TurnOpening::Refused(why) => Err(refused(why)),
    }
}

/// An address of ours for the turn that follows an answer.
fn address(app: &App, path: &str, token: &str, number: u64, more: bool) -> String {
    let more = if more { "&more=1" } else { "" };
    app.webhook_url(&format!("{path}?token={token}&turn={number}{more}"))
}

fn document(app: &App, place: &Place, answer: GatherAnswer) -> Response {
    let GatherAnswer {
        number,
        voice,
        language,
        say,
        next,
    } = answer;
    let speaker = Speaker::new(&voice, &language);
    let come_back = address(app, "/twilio/gather", &place.token, number, true);
    match next {
        GatherNext::Listen { timeout_seconds } => {
            let fixed = say
                .iter()
                .rposition(|line| !line.interruptible)
                .map_or(0, |at| at + 1);
            let (first, rest) = say.split_at(fixed);
            let heard = address(app, "/twilio/gather", &place.token, number, false);
            let gather = Gather {
                partial_action: Some(address(
                    app,
                    "/twilio/gather/partial",
                    &place.token,
                    number,
                    false,
                )),
                timeout_seconds,
                prompt: rest.iter().flat_map(|line| speaker.prompts(line)).collect(),
                ..Gather::new(heard.as_str(), speaker.language.as_str())
            };
            // Nothing heard: the same address, with nothing.
            speaker.say(first).gather(gather).redirect(heard)
        }
        GatherNext::ComeBack if say.is_empty() => Response::new().pause(1).redirect(come_back),
        GatherNext::ComeBack => speaker.say(&say).redirect(come_back),
        GatherNext::TryAgain => try_again(app, place, number),
        GatherNext::GiveBack(Handoff::Transfer {
            to,
            caller_id,
            say: words,
        }) => {
            let said = speaker.say(&say);
            twiml::dial(app, speaker.say_words(said, words.as_deref()), to, caller_id)
        }
        GatherNext::GiveBack(Handoff::End { say: words }) => {
            let said = speaker.say(&say);
            speaker.say_words(said, words.as_deref()).hangup()
        }
        GatherNext::GiveBack(Handoff::Engine { .. }) => {
            speaker.say(&say).redirect(app.webhook_url("/twilio/continue"))
        }
    }
}

/// The same turn once more, a little later, perhaps at an instance that can take it.
fn try_again(app: &App, place: &Place, number: u64) -> Response {
    let again = place.again.unwrap_or_default() + 1;
    if again > MAX_AGAIN {
        let words = phony_conversation::plan::Policy::default().apology;
        return Response::new().say(words).hangup();
    }
    let more = place.turn.is_none() || place.more.is_some();
    let url = if place.turn.is_none() {
        app.webhook_url(&format!("/twilio/gather?token={}", place.token))
    } else {
        address(app, "/twilio/gather", &place.token, number, more)
    };
    Response::new().pause(1).redirect(format!("{url}&again={again}"))
}

/// Makes the carrier come at once for what a call has to say, for as long as calls tell of it.
pub async fn call_back(app: App, nudges: mpsc::Receiver<Nudge>) {
    stream::unfold(nudges, async |mut nudges| Some((nudges.recv().await?, nudges)))
        .for_each_concurrent(NUDGES_AT_ONCE, |nudge| {
            let url = address(&app, "/twilio/gather", &nudge.token, nudge.number, true);
            let app = &app;
            async move {
                if let Err(error) = redirect(app, &nudge, url).await {
                    tracing::warn!(call.sid = nudge.call_sid, error = ?error, "the carrier did not come at once, it is waited for");
                }
            }
        })
        .await;
}

async fn redirect(
    app: &App,
    nudge: &Nudge,
    url: String,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let owner = owner_of_token(&nudge.token);
    let carrier = match owner {
        Some((tenant, call)) => app.carrier_accounts.of_call(tenant, call).await?,
        None => app.carrier_accounts.main().clone(),
    };
    // The carrier may have come by itself, and the caller may have been sent elsewhere since.
    if owner.is_some_and(|(_, call)| !app.engine.gather_waits(call, nudge)) {
        return Ok(());
    }
    carrier
        .redirect_call(&nudge.call_sid, &Instructions::Url(url))
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(turn: Option<u64>, more: Option<u8>) -> Place {
        Place {
            token: "t".to_owned(),
            turn,
            more,
            again: None,
        }
    }

    fn said(place: &Place, form: &str) -> GatherHeard {
        let body = format!("CallSid=CA1&AccountSid=AC1&{form}");
        heard(place, &GatherAction::parse(body.as_bytes()).unwrap())
    }

    #[test]
    fn the_address_and_the_form_say_what_was_heard() {
        let listened = place(Some(3), None);
        assert_eq!(
            said(&listened, "SpeechResult=Two+tickets&Confidence=0.4"),
            GatherHeard::Words {
                text: "Two tickets".to_owned(),
                confidence: Some(0.4),
                language: None
            }
        );
        let keys = |form| said(&listened, form);
        assert_eq!(
            keys("Digits=12&FinishedOnKey=%23"),
            GatherHeard::Keys("12#".to_owned())
        );
        assert_eq!(keys("Digits=12"), GatherHeard::Keys("12".to_owned()));
        for nothing in ["", "Digits=", "SpeechResult=+&Digits="] {
            assert_eq!(said(&listened, nothing), GatherHeard::Nothing);
        }
        // The carrier has not listened, whatever it still remembers.
        for came in [place(None, None), place(Some(3), Some(1))] {
            assert_eq!(said(&came, "SpeechResult=Hello"), GatherHeard::Here);
        }
    }
}
