//! The Media Streams socket: checks who opens it, then hands it to the call engine.

use actix_web::{HttpRequest, HttpResponse, routes, web};
use phony_app::App;
use phony_app::calls::StreamOpening;
use phony_carriers::twilio::streams::Start;

use super::opening::{self, FirstMessage as _};
use super::socket::CarrierSocket;
use crate::problem::ApiResult;

/// Takes the carrier's sound socket for a call that a webhook has announced.
#[routes]
#[get("/twilio/stream")]
#[get("/twilio/stream/{account}")]
pub async fn open(
    request: HttpRequest,
    payload: web::Payload,
    app: web::Data<App>,
) -> ApiResult<HttpResponse> {
    opening::open(&request, payload, app, serve).await
}

async fn serve(app: web::Data<App>, start: Start, socket: CarrierSocket) {
    const WHAT: &str = "a sound socket";
    if !start.is_mulaw() {
        return opening::refuse(socket, &start, WHAT, "unknown sound").await;
    }
    let Some(socket) = opening::with_room(&app, &start, socket).await else {
        return;
    };
    let opened = app
        .calls
        .open_media_stream(start.token(), &start.call_sid, &start.stream_sid);
    match opened.await {
        Ok(StreamOpening::Opened(opened)) => {
            app.conversation_began(&opened.plan);
            let (tenant, call) = (opened.plan.tenant, opened.plan.call);
            let run = app
                .engine
                .run_stream(opened.plan, opened.resumed, &start.stream_sid, socket);
            let outcome = Box::pin(run).await;
            // The carrier's own word of it follows, for when this one is lost.
            if let Err(error) = app
                .calls
                .media_stream_over(tenant, call, &start.stream_sid, None)
                .await
            {
                tracing::warn!(call.id = %call, error = ?error, "the end of a media stream could not be noted");
            }
            tracing::info!(tenant.id = %tenant, call.id = %call, ?outcome, "sound socket of {call} is over");
        }
        Ok(StreamOpening::Refused(refusal)) => {
            opening::refuse(socket, &start, WHAT, refusal.as_str()).await;
        }
        Err(error) => opening::fail(socket, &start, WHAT, &error).await,
    }
}
