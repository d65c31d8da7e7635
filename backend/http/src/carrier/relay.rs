//! The ConversationRelay socket: checks who opens it, then hands it to the call engine.

use actix_web::{HttpRequest, HttpResponse, routes, web};
use phony_app::App;
use phony_app::calls::StreamOpening;
use phony_carriers::twilio::relay::Setup;

use super::opening::{self, FirstMessage as _};
use super::socket::CarrierSocket;
use crate::problem::ApiResult;

/// Takes the carrier's socket for a call that a webhook has announced.
#[routes]
#[get("/twilio/relay")]
#[get("/twilio/relay/{account}")]
pub async fn open(
    request: HttpRequest,
    payload: web::Payload,
    app: web::Data<App>,
) -> ApiResult<HttpResponse> {
    opening::open(&request, payload, app, serve).await
}

async fn serve(app: web::Data<App>, setup: Setup, socket: CarrierSocket) {
    const WHAT: &str = "a relay socket";
    let Some(socket) = opening::with_room(&app, &setup, socket).await else {
        return;
    };
    match app.calls.open_stream(setup.token(), &setup.call_sid).await {
        Ok(StreamOpening::Opened(opened)) => {
            app.conversation_began(&opened.plan);
            let (tenant, call) = (opened.plan.tenant, opened.plan.call);
            let outcome = app.engine.run_relay(opened.plan, opened.resumed, socket).await;
            tracing::info!(tenant.id = %tenant, call.id = %call, ?outcome, "relay socket of {call} is over");
        }
        Ok(StreamOpening::Refused(refusal)) => {
            opening::refuse(socket, &setup, WHAT, refusal.as_str()).await;
        }
        Err(error) => opening::fail(socket, &setup, WHAT, &error).await,
    }
}
