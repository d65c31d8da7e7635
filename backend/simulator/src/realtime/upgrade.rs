//! `GET /v1/realtime`: the upgrade to a WebSocket, and what is refused before and after it.

use std::io;
use std::sync::Arc;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, ResponseError, get, rt, web};
use futures_util::{StreamExt, stream};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::events;
use super::line::Line;
use super::record::Record;
use super::session::Session;
use super::wire::error::Fault as Refusal;
use crate::control::faults::{Fault, Side};
use crate::model::errors::ModelError;
use crate::world::World;

/// Bytes on their way in either direction before somebody has to wait.
const ON_THE_WAY: usize = 64 * 1024;
/// The longest event: 15 MiB of sound, in base64, and its frame.
const LONGEST_EVENT: usize = 21 * 1024 * 1024;
/// The form in which a browser hands over its key.
const KEY_PROTOCOL: &str = "openai-insecure-api-key.";

/// Faults that answer in place of the upgrade.
pub(crate) const REFUSED: &[&str] = &[
    "refuse_upgrade",
    "forbidden",
    "rate_limited",
    "server_error",
    "overloaded",
];
/// Faults that strike at the start of a session.
pub(crate) const STARTED: &[&str] = &[
    "invalid_key",
    "model_not_found",
    "quota",
    "beta_shape",
    "slow_created",
    "never_created",
];

/// What is asked for in the address.
#[derive(Default)]
struct Asked {
    model: Option<String>,
    transcription: bool,
}

#[get("/realtime")]
pub(crate) async fn open(
    world: web::Data<World>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let query = request.query_string().to_owned();
    let key = request.headers().get("sec-websocket-key");
    let Some(key) = key.filter(|_| wants_socket(&request)) else {
        return ModelError::invalid(None, "This endpoint speaks WebSocket: send an upgrade.")
            .error_response();
    };
    if let Some(fault) = world.faults.take_where(Side::Realtime, &query, |fault| {
        REFUSED.contains(&fault.kind.as_str())
    }) {
        return refused(&fault);
    }
    let mut asked = Asked::default();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        match &*name {
            "model" => asked.model = Some(value.into_owned()),
            "intent" => asked.transcription = value == "transcription",
            _ => {}
        }
    }
    let model = asked.model.clone().unwrap_or_default();
    let fault = world.faults.take_where(Side::Realtime, &query, |fault| {
        STARTED.contains(&fault.kind.as_str())
    });
    let refusal = refusal(&world, &request, &asked, fault.as_ref());

    let (ours, theirs) = tokio::io::duplex(ON_THE_WAY);
    let (out, into) = tokio::io::split(theirs);
    rt::spawn(pump(payload, into));
    let accept = derive_accept_key(key.as_bytes());
    rt::spawn(serve(
        world.into_inner(),
        ours,
        model,
        asked.transcription,
        query,
        refusal,
        fault,
    ));
    let mut answer = HttpResponse::build(StatusCode::SWITCHING_PROTOCOLS);
    answer
        .upgrade("websocket")
        .insert_header(("sec-websocket-accept", accept));
    choose_protocol(&request, &mut answer);
    answer.streaming(outgoing(out))
}

fn wants_socket(request: &HttpRequest) -> bool {
    let upgrade = request.headers().get(header::UPGRADE);
    upgrade.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

fn speaks_beta(request: &HttpRequest) -> bool {
    let mut headers = request.headers().get_all("openai-beta");
    headers.any(|value| value.to_str().is_ok_and(|value| value.contains("realtime=v1")))
}

fn protocols(request: &HttpRequest) -> impl Iterator<Item = &str> {
    let headers = request.headers().get_all("sec-websocket-protocol");
    headers
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
}

fn choose_protocol(request: &HttpRequest, answer: &mut HttpResponseBuilder) {
    if protocols(request).any(|name| name == "realtime") {
        answer.insert_header(("sec-websocket-protocol", "realtime"));
    }
}

/// An HTTP error in place of the upgrade.
fn refused(fault: &Fault) -> HttpResponse {
    if let Some(error) = ModelError::for_fault(&fault.kind, "", fault.retry_after_s) {
        return error.error_response();
    }
    let usual = if fault.kind == "forbidden" { 403 } else { 400 };
    let status = fault
        .close
        .filter(|status| (400..600).contains(status))
        .unwrap_or(usual);
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    let error = json!({"message": "You do not have access to this.", "type": "invalid_request_error", "param": null,
                       "code": fault.code});
    HttpResponse::build(status).json(json!({"error": error}))
}

/// What is wrong with a request, with the code and reason of the goodbye.
fn refusal(
    world: &World,
    request: &HttpRequest,
    asked: &Asked,
    fault: Option<&Fault>,
) -> Option<(Refusal, u16)> {
    let kind = fault.map(|fault| fault.kind.as_str()).unwrap_or_default();
    let header = request.headers().get(header::AUTHORIZATION);
    let bearer = header
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    let key = bearer.or_else(|| protocols(request).find_map(|name| name.strip_prefix(KEY_PROTOCOL)));
    let good = key.is_some_and(|key| world.accepts_key(key));
    if kind == "beta_shape" || speaks_beta(request) {
        let message = "The Realtime Beta API is no longer supported. Please use /v1/realtime for the GA API.";
        return Some((Refusal::invalid("beta_api_shape_disabled", message), 4000));
    }
    if kind == "invalid_key" || !good {
        let message = match key {
            None => "Missing bearer authentication in header.",
            Some(_) => {
                "Incorrect API key provided. You can find your API key at https://platform.openai.com."
            }
        };
        return Some((Refusal::invalid("invalid_api_key", message), 3000));
    }
    let model = asked.model.as_deref().unwrap_or_default();
    if kind == "model_not_found" || (!asked.transcription && !is_realtime(model)) {
        let message = format!("The model `{model}` does not exist or you do not have access to it.");
        return Some((Refusal::invalid("model_not_found", message), 4000));
    }
    if kind == "quota" {
        let message = "You exceeded your current quota, please check your plan and billing details.";
        return Some((Refusal::invalid("insufficient_quota", message), 4000));
    }
    None
}

/// Models for talks; those that write down or translate have sessions of their own.
fn is_realtime(model: &str) -> bool {
    let other = ["-whisper", "-translate"].iter().any(|end| model.ends_with(end));
    model.starts_with("gpt-realtime") && !other
}

async fn serve(
    world: Arc<World>,
    io: DuplexStream,
    model: String,
    transcription: bool,
    query: String,
    refusal: Option<(Refusal, u16)>,
    fault: Option<Fault>,
) {
    let limits = WebSocketConfig::default()
        .max_message_size(Some(LONGEST_EVENT))
        .max_frame_size(Some(LONGEST_EVENT));
    let socket = WebSocketStream::from_raw_socket(io, Role::Server, Some(limits)).await;
    let id = events::id("sess");
    let record = Arc::new(Record::new(&id, &model, &query, world.clock.now()));
    world.realtime.keep(&record);
    if let Some(fault) = &fault {
        record.fault(&fault.kind);
    }
    let mut line = Line::new(socket, Arc::clone(&world), Arc::clone(&record), query);
    if let Some((refusal, close)) = refusal {
        line.refuse(&refusal, None).await;
        let code = refusal.code.unwrap_or_default();
        line.close(close, &format!("invalid_request_error.{code}")).await;
        return;
    }
    let session = Session::new(Arc::clone(&world), line, record, model, transcription);
    world.spawn(session.run(fault));
}

/// Hands on what comes from the client.
async fn pump(mut payload: web::Payload, mut into: WriteHalf<DuplexStream>) {
    while let Some(Ok(bytes)) = payload.next().await {
        if into.write_all(&bytes).await.is_err() {
            return;
        }
    }
    // The other end reads the end of the stream; it may be gone already.
    let _ = into.shutdown().await;
}

/// What goes to the client, until the session lets go of its end.
fn outgoing(out: ReadHalf<DuplexStream>) -> impl stream::Stream<Item = Result<web::Bytes, io::Error>> {
    stream::unfold(out, |mut out| async move {
        let mut bytes = vec![0; 16 * 1024];
        match out.read(&mut bytes).await {
            Ok(0) | Err(_) => None,
            Ok(read) => {
                bytes.truncate(read);
                Some((Ok(web::Bytes::from(bytes)), out))
            }
        }
    })
}
