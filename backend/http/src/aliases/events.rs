//! `WS /events/ws?callSid=`: the events of one call in the form of older dashboards, `{event, callSid, timestamp, data}`.
//!
//! They come from the begin of the call on, so a page that opens late has the whole talk. Pages of browsers cannot send
//! headers when they open a socket and older ones know no subprotocols, so a ticket or a credential may also stand in the
//! query, which is never written to a log.

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use futures_util::StreamExt as _;
use phony_app::supervision::{Delivered, LiveItem, Supervision, Topic};
use phony_app::{App, Principal};
use phony_conversation::EventBody;
use phony_kernel::{CallId, Error, Kind, Permission};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use crate::auth::Perhaps;
use crate::client_address;
use crate::live::{self, Form, Outgoing};
use crate::problem::ApiResult;

/// Before every event of a call.
const FROM_THE_BEGIN: &str = "0-0";
/// Before a stream that broke off is read again.
const AGAIN_AFTER: Duration = Duration::from_millis(250);

#[derive(Deserialize)]
struct Asks {
    #[serde(default, rename = "callSid", alias = "call_sid")]
    call_sid: Option<String>,
    /// A one-use ticket of `POST /v1/ws_tickets`.
    #[serde(default)]
    ticket: Option<String>,
    /// An access token or a key.
    #[serde(default)]
    token: Option<String>,
}

/// One event as older dashboards know it.
#[derive(Serialize)]
struct OlderEvent<'a> {
    /// `event` and `data`.
    #[serde(flatten)]
    body: &'a EventBody,
    #[serde(rename = "callSid")]
    call_sid: &'a str,
    timestamp: DateTime<Utc>,
}

/// Opens the socket for who may watch the call.
pub(super) async fn open(
    Perhaps(known): Perhaps,
    request: HttpRequest,
    payload: web::Payload,
    app: web::Data<App>,
) -> ApiResult<HttpResponse> {
    live::check_origin_or_listed(&app, &request)?;
    let asks = web::Query::<Asks>::from_query(request.query_string())
        .map_err(|_| Error::new(Kind::Malformed, "bad_query", "the query cannot be read"))?
        .into_inner();
    let who = match known {
        Some(who) => who,
        None => identify(&app, &request, &asks).await?,
    };
    who.require(Permission::CallMonitor, app.clock.now())?;
    Supervision::check_plan(&who)?;
    let call_sid = asks
        .call_sid
        .ok_or_else(|| Error::invalid_field("callSid", "required", "must name a call"))?;
    let call = app.supervision.find(&who, &call_sid).await?;
    live::upgrade(app, request, payload, who, Form::OlderEvents(call)).await
}

async fn identify(app: &App, request: &HttpRequest, asks: &Asks) -> Result<Principal, Error> {
    let from = client_address::of(app, request.headers(), request.peer_addr());
    if let Some(ticket) = live::ticket_of(request).as_ref().or(asks.ticket.as_ref()) {
        return app.supervision.redeem_ticket(ticket, from).await;
    }
    let token = asks.token.as_deref().ok_or_else(Error::unauthenticated)?;
    app.identity.authenticate_from(token, from).await
}

/// Sends a call's events, each once, for as long as somebody reads them.
pub(crate) async fn follow(
    app: web::Data<App>,
    who: Principal,
    call: CallId,
    queue: mpsc::Sender<Outgoing>,
) -> Result<(), Error> {
    let words = who.holds(Permission::TranscriptRead);
    let mut sent = 0;
    loop {
        let mut events = app
            .supervision
            .follow(&who, Topic::Call(call), FROM_THE_BEGIN.to_owned())
            .await?;
        while let Some(item) = events.next().await {
            match item {
                LiveItem::Event(delivered) => {
                    let new = delivered.event.seq > sent && (words || !delivered.event.body.has_words());
                    sent = sent.max(delivered.event.seq);
                    if new && queue.send(Outgoing::Shared(older(&delivered))).await.is_err() {
                        return Ok(());
                    }
                }
                // What is left is read again, without what was sent.
                LiveItem::Gap => break,
            }
        }
        tokio::time::sleep(AGAIN_AFTER).await;
    }
}

fn older(delivered: &Delivered) -> bytestring::ByteString {
    let event = OlderEvent {
        body: &delivered.event.body,
        call_sid: &delivered.call_sid,
        timestamp: delivered.event.at,
    };
    // Plain data: it always serialises.
    serde_json::to_string(&event).unwrap_or_default().into()
}
