//! Relay calls that talk: each asks something now and then, and notes when the answer begins.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Result, bail};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::task::{JoinHandle, spawn_local};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

use crate::chat::BEFORE_MARK;
use crate::clock::now_ns;
use crate::dial::{Line, Ring, Rung, sid};

/// When a prompt went out and when its answer began.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Times {
    pub(super) asked: u64,
    pub(super) answered: Option<u64>,
}

/// Every prompt by its mark.
pub(super) type Prompts = Rc<RefCell<HashMap<String, Times>>>;

/// How a call talks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manner {
    /// From prompt to prompt.
    pub(super) every: Duration,
    pub(super) prompts: u32,
}

/// Rings `count` times; every call must be taken.
pub(super) fn ring(line: &Line, count: usize) -> Result<Vec<Rung>> {
    let mut calls = Vec::new();
    for _ in 0..count {
        match line.ring()? {
            Ring::Up(rung) => calls.push(*rung),
            Ring::Refused(heard) => bail!("a call was refused: {heard}"),
        }
    }
    Ok(calls)
}

/// Lets the calls that were taken talk, each on its own, on this thread.
pub(super) fn start(
    rung: Vec<Rung>,
    line: &Line,
    manner: Manner,
    prompts: &Prompts,
) -> Vec<JoinHandle<Result<()>>> {
    let of = rung.len();
    rung.into_iter()
        .enumerate()
        .map(|(number, one)| spawn_local(talk(number, of, line.clone(), one, manner, prompts.clone())))
        .collect()
}

/// The whole of one call.
async fn talk(
    number: usize,
    of: usize,
    line: Line,
    rung: Rung,
    manner: Manner,
    prompts: Prompts,
) -> Result<()> {
    rung.stream.set_nonblocking(true)?;
    let stream = TcpStream::from_std(rung.stream)?;
    let mut socket = WebSocketStream::from_raw_socket(stream, Role::Client, None).await;
    let setup = json!({"type": "setup", "sessionId": sid("VX"), "accountSid": line.account_sid,
        "callSid": rung.call_sid, "parentCallSid": "", "from": "+14155550142", "to": line.number,
        "forwardedFrom": "", "callerName": "", "direction": "inbound", "callType": "PSTN",
        "callStatus": "RINGING", "customParameters": rung.parameters});
    socket.send(Message::text(setup.to_string())).await?;
    // Callers do not speak in step.
    let share = u32::try_from(number).unwrap_or(0);
    let mut next = Instant::now()
        + Duration::from_secs(2)
        + manner.every * share / u32::try_from(of.max(1)).unwrap_or(1);
    let mut asked = 0;
    let mut heard = String::new();
    let mut mark = String::new();
    loop {
        tokio::select! {
            () = sleep_until(next) => {
                if asked == manner.prompts {
                    break;
                }
                mark = format!("T{number}x{asked}");
                heard.clear();
                asked += 1;
                next += manner.every;
                let text = format!("Please look after {BEFORE_MARK}{mark} for me.");
                let prompt = json!({"type": "prompt", "voicePrompt": text, "lang": "en-US", "last": true});
                let prompt = Message::text(prompt.to_string());
                prompts.borrow_mut().insert(mark.clone(), Times { asked: now_ns(), answered: None });
                socket.send(prompt).await?;
            }
            message = socket.next() => {
                let Some(message) = message else { bail!("a relay socket was closed") };
                let Message::Text(text) = message? else { continue };
                let now = now_ns();
                let message: Value = serde_json::from_str(&text)?;
                if message["type"] == "text" && !mark.is_empty() {
                    heard.push_str(message["token"].as_str().unwrap_or_default());
                    if heard.contains(&mark) && let Some(times) = prompts.borrow_mut().get_mut(&mark) {
                        times.answered.get_or_insert(now);
                    }
                }
            }
        }
    }
    // The caller hangs up; the bridge may be quicker with its goodbye, or say nothing.
    let goodbye = async {
        let _ = socket.close(None).await;
        while let Some(Ok(_)) = socket.next().await {}
    };
    let _ = timeout(Duration::from_secs(2), goodbye).await;
    Ok(())
}
