//! Chat: the same agent, typed, by plain requests (api.md §2).
//!
//! A conversation is a typed call of whoever asks, so it stands among the calls, is seen on the wall, counts and ends as
//! one. It goes on between two requests at the instance where it began; words reach it there from any other.

mod answer;
mod line;

use std::time::Duration;

use actix_web::{HttpResponse, web};
use phony_app::calls::{OpenedStream, StreamOpening, WebCall, WebMode, WebTicket};
use phony_app::supervision::Topic;
use phony_app::{App, Principal};
use phony_calls::Attendance;
use phony_kernel::{CallId, Error, Kind, PersonalityId, Result};

use crate::problem::ApiResult;
use crate::routes::web_calls::no_room;
use crate::web_call::standing::Standing;
use answer::Turn;
use line::Line;

/// Before every event of a call.
const FROM_THE_BEGIN: &str = "0-0";
/// Between two looks whether a conversation that was just opened takes words.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(50);
const LOOKS: u32 = 200;

/// Which conversation is meant.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wanted {
    /// A new one, with this personality.
    New(PersonalityId),
    /// One of before.
    Known(CallId),
}

/// Says `text` in a conversation and streams what is answered.
pub(crate) async fn say(
    app: web::Data<App>,
    who: Principal,
    wanted: Wanted,
    text: String,
) -> ApiResult<HttpResponse> {
    let (call, events, words) = match wanted {
        Wanted::New(personality) => {
            let call = begin(&app, &who, personality).await?;
            let after = FROM_THE_BEGIN.to_owned();
            // The agent greets first.
            (
                call,
                app.supervision.follow(&who, Topic::Call(call), after).await?,
                Some(text),
            )
        }
        Wanted::Known(call) => {
            app.calls.own_typed(&who, call).await?;
            let after = app.supervision.cursor(&who, call).await?;
            let events = app.supervision.follow(&who, Topic::Call(call), after).await?;
            // One that was opened a moment ago may still be beginning.
            insist(&app, &who, call, &text).await?;
            (call, events, None)
        }
    };
    Ok(answer::stream(Turn::new(app, who, call, words), events))
}

/// Opens a conversation. It has begun, or begins in a moment.
async fn begin(app: &web::Data<App>, who: &Principal, personality: PersonalityId) -> Result<CallId> {
    if app.is_draining() || app.engine.is_draining() || !app.engine.has_room() {
        return Err(no_room());
    }
    let wanted = WebCall {
        personality,
        version: None,
        draft: None,
        mode: WebMode::Text,
        engine: WebMode::Text.engine(),
    };
    let mut made = app.calls.start_web(who, &wanted).await?;
    let events = std::mem::take(&mut made.events);
    app.announce(who.tenant, made.call.id, &made.call.call_sid, events);
    open(app, who, &made).await?;
    Ok(made.call.id)
}

/// Lets the agent in.
async fn open(app: &web::Data<App>, who: &Principal, made: &WebTicket) -> Result<()> {
    match app.calls.open_web(&made.ticket, made.call.id).await? {
        StreamOpening::Opened(opened) => {
            let line = Line::new(Standing::of(app.clone(), who.clone()));
            actix_web::rt::spawn(run(app.clone(), *opened, line));
            Ok(())
        }
        StreamOpening::Refused(refusal) => {
            tracing::warn!(refusal = refusal.as_str(), "a chat was refused");
            Err(Error::new(
                Kind::Conflict,
                "call_ended",
                "the conversation is over",
            ))
        }
    }
}

async fn run(app: web::Data<App>, opened: OpenedStream, line: Line) {
    let (tenant, call) = (opened.plan.tenant, opened.plan.call);
    let outcome = app.engine.run_web(opened.plan, opened.resumed, line).await;
    // Words that a page would still have been shown are in the ledger.
    let _ = app.engine.take_handoff(tenant, call).await;
    tracing::info!(tenant.id = %tenant, call.id = %call, ?outcome, "chat {call} is over here");
}

fn unreachable() -> Error {
    let text = "the conversation does not answer; try again shortly";
    Error::new(Kind::Unavailable, "call_unreachable", text).retry_after(2)
}

/// Tells a conversation what was typed, wherever it runs; whether it runs anywhere.
async fn hears(app: &App, who: &Principal, call: CallId, text: &str) -> Result<bool> {
    let text = text.to_owned();
    app.engine
        .attend(who.tenant, call, Attendance::Typed { text })
        .await
}

/// The same, also to a conversation that is about to run.
async fn insist(app: &App, who: &Principal, call: CallId, text: &str) -> Result<()> {
    for _ in 0..LOOKS {
        if hears(app, who, call, text).await? {
            return Ok(());
        }
        tokio::time::sleep(LOOK_AGAIN_AFTER).await;
    }
    Err(unreachable())
}
