//! The fork of a call's sound for those who listen: checks who opens it, then hands it to the call engine.

use actix_web::{HttpRequest, HttpResponse, routes, web};
use phony_app::App;
use phony_app::supervision::OpenedFork;
use phony_calls::StreamSocket as _;
use tokio::time::timeout;

use super::check_upgrade;
use super::socket::{CarrierSocket, upgrade};
use super::stream::{MAX_MESSAGE_BYTES, read_start};
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
    let token = start.parameter("token").filter(|_| start.is_mulaw());
    let Some(token) = token else {
        return socket.refuse("unknown sound").await;
    };
    match app
        .supervision
        .open_fork(token, &start.call_sid, &start.stream_sid)
        .await
    {
        Ok(Some(fork)) => Box::pin(pass_on(&app, &fork, socket)).await,
        Ok(None) => {
            tracing::warn!(
                call.sid = start.call_sid,
                "the fork of a call's sound was refused"
            );
            socket.refuse("unknown_token").await;
        }
        Err(error) => {
            tracing::error!(error = ?error, call.sid = start.call_sid, "the fork of a call's sound could not be opened");
            socket.fail().await;
        }
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
