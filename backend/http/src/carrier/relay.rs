//! The ConversationRelay socket: checks who opens it, then hands it to the call engine.

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, routes, web};
use actix_ws::CloseCode;
use phony_app::App;
use phony_app::calls::StreamOpening;
use phony_calls::RelaySocket as _;
use phony_carriers::twilio::relay::{FromCarrier, Setup};
use tokio::time::timeout;

use super::check_upgrade;
use super::socket::{CarrierSocket, upgrade};
use crate::problem::ApiResult;

/// Largest message of the carrier; a prompt has a few kilobytes at the most.
const MAX_MESSAGE_BYTES: usize = 64 * 1024;
/// The carrier sends its `setup` at once.
const SETUP_WITHIN: Duration = Duration::from_secs(10);

/// Takes the carrier's socket for a call that a webhook has announced.
#[routes]
#[get("/twilio/relay")]
#[get("/twilio/relay/{account}")]
pub async fn open(
    request: HttpRequest,
    payload: web::Payload,
    app: web::Data<App>,
) -> ApiResult<HttpResponse> {
    let account = check_upgrade(&app, &request).await?;
    let (response, socket) = upgrade(&request, payload, MAX_MESSAGE_BYTES)?;
    actix_web::rt::spawn(serve(app, account, socket));
    Ok(response)
}

async fn serve(app: web::Data<App>, account: String, mut socket: CarrierSocket) {
    let Some(setup) = read_setup(&mut socket).await else {
        return socket.refuse("no setup message").await;
    };
    if !setup.account_sid.is_empty() && setup.account_sid != account {
        return socket.refuse("foreign account").await;
    }
    let token = setup.parameter("token").unwrap_or_default().to_owned();
    // Before the token is used up and the call taken over: it stays as it was for whoever has room.
    let runs_here =
        || phony_app::calls::call_of_token(&token).is_some_and(|call| app.engine.find(call).is_some());
    if !app.engine.has_room() && !runs_here() {
        metrics::counter!("phony_calls_refused_total").increment(1);
        tracing::warn!(
            call.sid = setup.call_sid,
            "a relay socket was refused, there is no room"
        );
        return socket.close_with(CloseCode::Again, "try again later").await;
    }
    match app.calls.open_stream(&token, &setup.call_sid).await {
        Ok(StreamOpening::Opened(opened)) => {
            app.conversation_began(&opened.plan);
            let (tenant, call) = (opened.plan.tenant, opened.plan.call);
            let outcome = app.engine.run_relay(opened.plan, opened.resumed, socket).await;
            tracing::info!(tenant.id = %tenant, call.id = %call, ?outcome, "relay socket of {call} is over");
        }
        Ok(StreamOpening::Refused(refusal)) => {
            tracing::warn!(
                call.sid = setup.call_sid,
                refusal = refusal.as_str(),
                "a relay socket was refused"
            );
            socket.refuse(refusal.as_str()).await;
        }
        Err(error) => {
            tracing::error!(error = ?error, call.sid = setup.call_sid, "a relay socket could not be opened");
            socket.fail().await;
        }
    }
}

/// The first message must be the setup; anything else is not the protocol.
async fn read_setup(socket: &mut CarrierSocket) -> Option<Setup> {
    let text = timeout(SETUP_WITHIN, socket.recv()).await.ok()??.ok()?;
    match FromCarrier::parse(&text) {
        Ok(FromCarrier::Setup(setup)) => Some(setup),
        _ => None,
    }
}
