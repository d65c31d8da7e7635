//! The stream of a meeting, whose sound a note-taker hears: checks who opens it, then hands it to the call engine.

use actix_web::{HttpRequest, HttpResponse, routes, web};
use phony_app::App;
use phony_calls::NoteNews;
use phony_carriers::twilio::streams::Start;
use phony_conversation::plan::CallPlan;
use phony_kernel::ItemId;
use tokio::sync::mpsc;

use super::opening;
use super::socket::CarrierSocket;
use crate::problem::ApiResult;

/// Sentences that may wait to be kept.
const NEWS_QUEUE: usize = 64;

/// Takes the sound of a meeting that a conversation has brought about.
#[routes]
#[get("/twilio/notes")]
#[get("/twilio/notes/{account}")]
pub async fn open(
    request: HttpRequest,
    payload: web::Payload,
    app: web::Data<App>,
) -> ApiResult<HttpResponse> {
    opening::open(&request, payload, app, serve).await
}

async fn serve(app: web::Data<App>, start: Start, socket: CarrierSocket) {
    const WHAT: &str = "the stream of a meeting";
    let Some((transfer, token)) = wanted(&start) else {
        return socket.refuse("unknown sound").await;
    };
    let opened = app.calls.open_notes(token, &start.call_sid, &start.stream_sid);
    match opened.await {
        Ok(Some(plan)) => Box::pin(take_notes(&app, &plan, transfer, &start.stream_sid, socket)).await,
        Ok(None) => opening::refuse(socket, &start, WHAT, "unknown_token").await,
        Err(error) => opening::fail(socket, &start, WHAT, &error).await,
    }
}

/// Which transfer it is of, and what proves it.
fn wanted(start: &Start) -> Option<(ItemId, &str)> {
    let transfer = start.parameter("transfer")?.parse().ok()?;
    let token = start.parameter("token")?;
    start.is_mulaw().then_some((transfer, token))
}

async fn take_notes(app: &App, plan: &CallPlan, transfer: ItemId, stream_sid: &str, socket: CarrierSocket) {
    let began = app.clock.now();
    let (sender, mut news) = mpsc::channel(NEWS_QUEUE);
    let keep = async {
        while let Some(news) = news.recv().await {
            keep(app, plan, transfer, news).await;
        }
    };
    let (heard, ()) = tokio::join!(app.engine.take_notes(plan, socket, sender), keep);
    let over_at = began + heard;
    let noted = app
        .calls
        .media_stream_over(plan.tenant, plan.call, stream_sid, Some(over_at));
    if let Err(error) = noted.await {
        tracing::warn!(call.id = %plan.call, error = ?error, "the end of a meeting's stream could not be noted");
    }
    tracing::info!(tenant.id = %plan.tenant, call.id = %plan.call, "the meeting of {} is over for its note-taker", plan.call);
}

async fn keep(app: &App, plan: &CallPlan, transfer: ItemId, news: NoteNews) {
    match app.calls.keep_notes(plan, transfer, news).await {
        Ok(events) => app.announce(plan.tenant, plan.call, &plan.call_sid, events),
        Err(error) => {
            tracing::error!(call.id = %plan.call, error = ?error, "what was said in a meeting could not be kept");
        }
    }
}
