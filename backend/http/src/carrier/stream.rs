//! The Media Streams socket: checks who opens it, then hands it to the call engine.

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, routes, web};
use actix_ws::CloseCode;
use phony_app::App;
use phony_app::calls::StreamOpening;
use phony_calls::StreamSocket as _;
use phony_carriers::twilio::streams::{FromCarrier, Start};
use tokio::time::timeout;

use super::check_upgrade;
use super::socket::{CarrierSocket, upgrade};
use crate::problem::ApiResult;

/// Largest message of the carrier; sound has a few hundred bytes.
pub(super) const MAX_MESSAGE_BYTES: usize = 64 * 1024;
/// The carrier sends its `start` at once.
const START_WITHIN: Duration = Duration::from_secs(10);
/// Messages before it: `connected`, and perhaps something newer.
const MAX_BEFORE_START: usize = 4;

/// Takes the carrier's sound socket for a call that a webhook has announced.
#[routes]
#[get("/twilio/stream")]
#[get("/twilio/stream/{account}")]
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
    let Some(start) = read_start(&mut socket).await else {
        return socket.refuse("no start message").await;
    };
    if start.account_sid != account {
        return socket.refuse("foreign account").await;
    }
    if !start.is_mulaw() {
        tracing::warn!(
            call.sid = start.call_sid,
            "a sound socket was refused, its sound is not mu-law"
        );
        return socket.refuse("unknown sound").await;
    }
    let token = start.parameter("token").unwrap_or_default().to_owned();
    // Before the token is used up and the call taken over: it stays as it was for whoever has room.
    let runs_here =
        || phony_app::calls::call_of_token(&token).is_some_and(|call| app.engine.find(call).is_some());
    if !app.engine.has_room() && !runs_here() {
        metrics::counter!("phony_calls_refused_total").increment(1);
        tracing::warn!(
            call.sid = start.call_sid,
            "a sound socket was refused, there is no room"
        );
        return socket.close_with(CloseCode::Again, "try again later").await;
    }
    let opened = app
        .calls
        .open_media_stream(&token, &start.call_sid, &start.stream_sid);
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
            tracing::warn!(
                call.sid = start.call_sid,
                refusal = refusal.as_str(),
                "a sound socket was refused"
            );
            socket.refuse(refusal.as_str()).await;
        }
        Err(error) => {
            tracing::error!(error = ?error, call.sid = start.call_sid, "a sound socket could not be opened");
            socket.fail().await;
        }
    }
}

/// The start comes first, but for the `connected` before it; anything else is not the protocol.
pub(super) async fn read_start(socket: &mut CarrierSocket) -> Option<Start> {
    let read = async {
        for _ in 0..MAX_BEFORE_START {
            let text = socket.recv().await?.ok()?;
            match FromCarrier::parse(&text) {
                Ok(FromCarrier::Start(start)) => return Some(*start),
                Ok(FromCarrier::Connected | FromCarrier::Unknown { .. }) => {}
                _ => return None,
            }
        }
        None
    };
    timeout(START_WITHIN, read).await.ok()?
}
