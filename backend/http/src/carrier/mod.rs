//! The carrier's side: signed webhooks and the relay socket, outside of `/v1`.
//!
//! Nothing is read from a request, and no row is written, before its signature has been checked.

pub mod gather;
pub mod outbound;
pub mod recording;
pub mod relay;
mod socket;
pub mod stream;
pub mod twiml;
pub mod webhooks;

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, web};
use phony_app::App;
use phony_carriers::twilio::signature;
use phony_kernel::{Error, Kind};

use crate::extract::body_error;
use crate::problem::ApiError;

/// Largest webhook body; real ones have a few hundred bytes.
const MAX_WEBHOOK_BYTES: usize = 64 * 1024;

/// Routes that the carrier calls.
pub fn configure(config: &mut web::ServiceConfig) {
    config
        .service(webhooks::voice)
        .service(outbound::machine)
        .service(webhooks::status)
        .service(webhooks::continue_call)
        .service(webhooks::dialled)
        .service(webhooks::stream_status)
        .service(webhooks::message)
        .service(recording::news)
        .service(recording::consent)
        .service(gather::take_turn)
        .service(gather::take_partial)
        .service(relay::open)
        .service(stream::open);
}

/// The raw body of a webhook whose signature is the carrier's.
pub struct Signed(pub web::Bytes);

impl FromRequest for Signed {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let bytes = web::Bytes::from_request(&request, payload);
        Box::pin(async move {
            let body = bytes.await.map_err(|cause| body_error(&cause))?;
            if body.len() > MAX_WEBHOOK_BYTES {
                return Err(ApiError(Error::new(
                    Kind::TooLarge,
                    "body_too_large",
                    "the body is too large",
                )));
            }
            let app = app(&request)?;
            let url = public_url(app, &request, false);
            let content_type = header_text(&request, header::CONTENT_TYPE.as_str());
            let signature = header_text(&request, signature::HEADER).unwrap_or_default();
            if app
                .carrier
                .validator
                .webhook(signature, &url, content_type, &body)
            {
                return Ok(Self(body));
            }
            Err(forged(&request))
        })
    }
}

/// Goes on only if the upgrade request of a WebSocket is the carrier's.
fn check_upgrade(app: &App, request: &HttpRequest) -> Result<(), ApiError> {
    let signature = header_text(request, signature::HEADER).unwrap_or_default();
    if app
        .carrier
        .validator
        .websocket(signature, &public_url(app, request, true))
    {
        return Ok(());
    }
    Err(forged(request))
}

fn forged(request: &HttpRequest) -> ApiError {
    metrics::counter!("carrier_signature_refused_total").increment(1);
    tracing::warn!(
        http.route = request.match_pattern(),
        "a request without the carrier's signature was refused"
    );
    ApiError(Error::new(
        Kind::Forbidden,
        "bad_signature",
        "the request is not signed by the carrier",
    ))
}

/// Goes on only if the carrier speaks of an account of ours: a signature proves the sender and not the account, when
/// several share a token.
pub(crate) fn check_account(app: &App, account_sid: &str) -> Result<(), ApiError> {
    if app.carrier.owns(account_sid) {
        return Ok(());
    }
    metrics::counter!("carrier_account_refused_total").increment(1);
    tracing::warn!("a request of the carrier for an account that is not ours was refused");
    Err(ApiError(Error::new(
        Kind::Forbidden,
        "foreign_account",
        "the request is for an account that is not ours",
    )))
}

fn app(request: &HttpRequest) -> Result<&web::Data<App>, ApiError> {
    request
        .app_data::<web::Data<App>>()
        .ok_or_else(|| ApiError(Error::internal(std::io::Error::other("no application data"))))
}

/// The address as the carrier knows it: our configured one, never what a header says.
fn public_url(app: &App, request: &HttpRequest, socket: bool) -> String {
    let base = if socket {
        app.socket_url("")
    } else {
        app.webhook_url("")
    };
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    format!("{base}{path}")
}

fn header_text<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
    request.headers().get(name)?.to_str().ok()
}
