//! How each of the carrier's sockets begins: its upgrade is checked, its first message says for which call it is, and
//! nothing is looked up before that. What follows is its own file's.

use std::fmt::Display;
use std::future::Future;
use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, web};
use actix_ws::CloseCode;
use phony_app::App;
use phony_calls::{RelaySocket, StreamSocket};
use phony_carriers::twilio::relay::{self, Setup};
use phony_carriers::twilio::streams::{self, Start};
use phony_kernel::Error;
use tokio::time::timeout;

use super::check_upgrade;
use super::socket::{CarrierSocket, upgrade};
use crate::problem::ApiResult;

/// The carrier sends its first message at once.
const FIRST_WITHIN: Duration = Duration::from_secs(10);
/// Messages before a `start`: `connected`, and perhaps something newer.
const MAX_BEFORE_START: usize = 4;

/// What the carrier says first on a socket.
pub(super) trait FirstMessage: Sized + 'static {
    /// Its name in the protocol.
    const NAME: &'static str;

    /// Reads it; `None` for anything else than the protocol.
    fn read(socket: &mut CarrierSocket) -> impl Future<Output = Option<Self>>;

    /// The account it is of, where it names one.
    fn account_sid(&self) -> Option<&str>;

    /// The call it is of.
    fn call_sid(&self) -> &str;

    /// A value that we gave along.
    fn parameter(&self, name: &str) -> Option<&str>;

    /// What proves that the socket is of the call; empty when nothing does.
    fn token(&self) -> &str {
        self.parameter("token").unwrap_or_default()
    }
}

impl FirstMessage for Setup {
    const NAME: &'static str = "setup";

    async fn read(socket: &mut CarrierSocket) -> Option<Self> {
        let text = RelaySocket::recv(socket).await?.ok()?;
        match relay::FromCarrier::parse(&text) {
            Ok(relay::FromCarrier::Setup(setup)) => Some(setup),
            _ => None,
        }
    }

    fn account_sid(&self) -> Option<&str> {
        Some(self.account_sid.as_str()).filter(|sid| !sid.is_empty())
    }

    fn call_sid(&self) -> &str {
        &self.call_sid
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        self.parameter(name)
    }
}

impl FirstMessage for Start {
    const NAME: &'static str = "start";

    async fn read(socket: &mut CarrierSocket) -> Option<Self> {
        read_start(socket).await
    }

    fn account_sid(&self) -> Option<&str> {
        Some(&self.account_sid)
    }

    fn call_sid(&self) -> &str {
        &self.call_sid
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        self.parameter(name)
    }
}

/// The start comes first, but for the `connected` before it.
pub(super) async fn read_start(socket: &mut impl StreamSocket) -> Option<Start> {
    for _ in 0..MAX_BEFORE_START {
        let text = socket.recv().await?.ok()?;
        match streams::FromCarrier::parse(&text) {
            Ok(streams::FromCarrier::Start(start)) => return Some(*start),
            Ok(streams::FromCarrier::Connected | streams::FromCarrier::Unknown { .. }) => {}
            _ => return None,
        }
    }
    None
}

/// Answers the upgrade, and lets `serve` go on once the first message has come and is of the account that signed.
pub(super) async fn open<M: FirstMessage, S: Future<Output = ()> + 'static>(
    request: &HttpRequest,
    payload: web::Payload,
    app: web::Data<App>,
    serve: impl FnOnce(web::Data<App>, M, CarrierSocket) -> S + 'static,
) -> ApiResult<HttpResponse> {
    let account = check_upgrade(&app, request).await?;
    let (response, mut socket) = upgrade(request, payload)?;
    actix_web::rt::spawn(async move {
        let Ok(Some(first)) = timeout(FIRST_WITHIN, M::read(&mut socket)).await else {
            return socket.refuse(&format!("no {} message", M::NAME)).await;
        };
        if first.account_sid().is_some_and(|named| named != account) {
            return socket.refuse("foreign account").await;
        }
        serve(app, first, socket).await;
    });
    Ok(response)
}

/// Gives the socket back where there is room for its call. Asked before the token is used up and the call taken over:
/// it stays as it was for whoever has room.
pub(super) async fn with_room(
    app: &App,
    first: &impl FirstMessage,
    socket: CarrierSocket,
) -> Option<CarrierSocket> {
    let runs_here =
        || phony_app::calls::call_of_token(first.token()).is_some_and(|call| app.engine.find(call).is_some());
    if app.engine.has_room() || runs_here() {
        return Some(socket);
    }
    metrics::counter!("phony_calls_refused_total").increment(1);
    tracing::warn!(
        call.sid = first.call_sid(),
        "a socket was refused, there is no room"
    );
    socket.close_with(CloseCode::Again, "try again later").await;
    None
}

/// `what` the socket is for is not let in.
pub(super) async fn refuse(socket: CarrierSocket, first: &impl FirstMessage, what: impl Display, why: &str) {
    tracing::warn!(call.sid = first.call_sid(), refusal = why, "{what} was refused");
    socket.refuse(why).await;
}

/// It is not known whether `what` the socket is for may be let in; the carrier may try again.
pub(super) async fn fail(
    socket: CarrierSocket,
    first: &impl FirstMessage,
    what: impl Display,
    error: &Error,
) {
    tracing::error!(error = ?error, call.sid = first.call_sid(), "{what} could not be opened");
    socket.fail().await;
}
