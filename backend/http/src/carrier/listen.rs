//! The fork of a call's sound for those who listen: checks who opens it, then hands it to the call engine.

use actix_web::{HttpRequest, HttpResponse, routes, web};
use phony_app::App;
use phony_app::supervision::OpenedFork;
use phony_calls::StreamSocket as _;
use phony_carriers::twilio::streams::Start;
use tokio::time::timeout;

use super::opening;
use super::socket::CarrierSocket;
use crate::problem::ApiResult;

/// How long the carrier may take to close a fork that was let go.
const CLOSE_WITHIN: std::time::Duration = std::time::Duration::from_secs(3);

/// Takes the sound of a call whose engine does not hear it.
#[routes]
#[get("/twilio/listen")]
#[get("/twilio/listen/{account}")]
pub async fn open(
    request: HttpRequest,
    payload: web::Payload,
    app: web::Data<App>,
) -> ApiResult<HttpResponse> {
    opening::open(&request, payload, app, serve).await
}

async fn serve(app: web::Data<App>, start: Start, socket: CarrierSocket) {
    const WHAT: &str = "the fork of a call's sound";
    let Some(token) = start.parameter("token").filter(|_| start.is_mulaw()) else {
        return socket.refuse("unknown sound").await;
    };
    let opened = app
        .supervision
        .open_fork(token, &start.call_sid, &start.stream_sid);
    match opened.await {
        Ok(Some(fork)) => Box::pin(pass_on(&app, &fork, socket)).await,
        Ok(None) => opening::refuse(socket, &start, WHAT, "unknown_token").await,
        Err(error) => opening::fail(socket, &start, WHAT, &error).await,
    }
}

async fn pass_on(app: &App, fork: &OpenedFork, mut socket: CarrierSocket) {
    app.engine.pass_on_fork(&fork.of, &mut socket).await;
    app.supervision.close_fork(fork).await;
    // The carrier closes what it was told to stop; a fork that broke is closed here.
    let closed = async { while let Some(Ok(_)) = socket.recv().await {} };
    let _ = timeout(CLOSE_WITHIN, closed).await;
    let _ = timeout(CLOSE_WITHIN, socket.close()).await;
}
