//! What a supervisor sees and does, on another instance than the call's.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use futures_util::{SinkExt as _, StreamExt as _};
use hdrhistogram::Histogram;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::task::LocalSet;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::super::Bench;
use super::super::talk::{self, Manner, Prompts, ring};
use crate::clock::now_ns;
use crate::engine::histogram;
use crate::product::Product;
use crate::report::{ms, shown};

/// Calls that the supervisor has open.
const WATCHED: usize = 60;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// What the supervisor saw.
struct Seen {
    /// From when on every watched call is really watched.
    since: u64,
    events: Histogram<u64>,
    applied: Histogram<u64>,
    failed: Vec<String>,
}

pub(super) fn run(bench: &mut Bench<'_>) -> Result<()> {
    let world = bench.world()?;
    let company = world.company.clone();
    let here = Product::start(bench.options, world.models, "phony", None)?;
    let there = Product::start(bench.options, world.models, "phony-other", Some(here.address))?;
    let calls = if bench.options.quick { 50 } else { 500 };
    let time = bench.options.seconds(30);
    let line = here.line(&company.relay);
    let rung = ring(&line, calls)?;
    let names: Vec<String> = rung.iter().map(|one| one.call_sid.clone()).collect();
    let token = there.sign_in(&company)?;
    let ticket = there.ticket(&token)?;
    let every = Duration::from_secs(10);
    let manner = Manner {
        every,
        // The calls must outlast those who watch them.
        prompts: u32::try_from(time.as_secs().div_ceil(every.as_secs())).unwrap_or(1) + 2,
    };
    let prompts = Prompts::default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let seen = LocalSet::new().block_on(&runtime, async {
        let talks = talk::start(rung, &line, manner, &prompts);
        let watched: Vec<String> = names.iter().take(WATCHED).cloned().collect();
        let seen = watch(
            there.address,
            &ticket,
            &watched,
            time + Duration::from_secs(3),
            &prompts,
        )
        .await;
        for one in talks {
            // Those that failed are told by what did not arrive.
            let _ = one.await;
        }
        seen
    })?;
    for name in &names {
        line.completed(name)?;
    }
    let report = &mut bench.report;
    report.row(
        format!(
            "event → browser on another instance, {calls} calls, {} events",
            seen.events.len()
        ),
        shown(&seen.events),
        "",
        "p50 ≤ 10, p99 ≤ 50 ms",
        Some(ms(&seen.events, 0.5) <= 10.0 && ms(&seen.events, 0.99) <= 50.0),
    );
    report.row(
        format!(
            "supervisor command → applied, across instances, {} commands",
            seen.applied.len()
        ),
        shown(&seen.applied),
        "",
        "p99 ≤ 50 ms",
        Some(ms(&seen.applied, 0.99) <= 50.0),
    );
    if let Some(first) = seen.failed.first() {
        report.note(format!(
            "{} commands failed, the first: {first}",
            seen.failed.len()
        ));
    }
    Ok(())
}

async fn open(address: std::net::SocketAddr, ticket: &str) -> Result<Socket> {
    let mut request = format!("ws://{address}/v1/live").into_client_request()?;
    let protocols = format!("phony.v1, ticket.{ticket}");
    request
        .headers_mut()
        .insert("sec-websocket-protocol", protocols.parse()?);
    let (socket, _) = connect_async(request)
        .await
        .context("the live socket is refused")?;
    Ok(socket)
}

/// Watches some calls, and presses a key in one of them now and then.
async fn watch(
    address: std::net::SocketAddr,
    ticket: &str,
    calls: &[String],
    time: Duration,
    prompts: &Prompts,
) -> Result<Seen> {
    let (mut sender, mut frames) = open(address, ticket).await?.split();
    // The calls' own first messages come before anybody looks.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    for call in calls {
        let frame = json!({"op": "subscribe", "topic": "call", "id": call});
        sender.send(Message::text(frame.to_string())).await?;
        // The server takes twenty messages a second from a browser.
        tokio::time::sleep(Duration::from_millis(80)).await;
    }
    let seen = Rc::new(RefCell::new(Seen {
        since: now_ns(),
        events: histogram(),
        applied: histogram(),
        failed: Vec::new(),
    }));
    let sent: Rc<RefCell<HashMap<String, u64>>> = Rc::default();
    let reader = tokio::task::spawn_local({
        let (seen, sent, prompts) = (Rc::clone(&seen), Rc::clone(&sent), prompts.clone());
        async move {
            while let Some(Ok(message)) = frames.next().await {
                let Message::Text(text) = message else { continue };
                let now = now_ns();
                if let Ok(frame) = serde_json::from_str(&text) {
                    take(&frame, now, &mut seen.borrow_mut(), &sent, &prompts);
                }
            }
        }
    });
    let until = Instant::now() + time;
    let mut number = 0;
    while Instant::now() < until {
        let call = &calls[number % calls.len()];
        let id = format!("press-{number}");
        number += 1;
        let frame =
            json!({"op": "action", "action_id": id, "call": call, "type": "dtmf", "data": {"digits": "1"}});
        sent.borrow_mut().insert(id, now_ns());
        sender.send(Message::text(frame.to_string())).await?;
        sleep_until(Instant::now() + Duration::from_millis(97)).await;
    }
    // Whatever is still on its way has this long.
    let _ = timeout(Duration::from_secs(1), std::future::pending::<()>()).await;
    reader.abort();
    let _ = reader.await;
    let seen = Rc::try_unwrap(seen).map_err(|_| anyhow::anyhow!("the reader still reads"))?;
    Ok(seen.into_inner())
}

fn take(frame: &Value, now: u64, seen: &mut Seen, sent: &RefCell<HashMap<String, u64>>, prompts: &Prompts) {
    match frame["op"].as_str() {
        Some("event") if frame["event"] == "speech.final" => {
            let text = frame["data"]["text"].as_str().unwrap_or_default();
            // What the caller said; the answer has the mark without the word.
            let Some((_, rest)) = text.split_once(crate::chat::BEFORE_MARK) else {
                return;
            };
            let mark: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
            if let Some(times) = prompts.borrow().get(&mark)
                && times.asked > seen.since
            {
                seen.events.saturating_record(now.saturating_sub(times.asked));
            }
        }
        Some("action") => {
            let id = frame["action_id"].as_str().unwrap_or_default();
            match frame["status"].as_str() {
                Some("applied") => {
                    if let Some(at) = sent.borrow_mut().remove(id) {
                        seen.applied.saturating_record(now.saturating_sub(at));
                    }
                }
                Some("accepted") => {}
                _ => seen.failed.push(frame.to_string()),
            }
        }
        _ => {}
    }
}
