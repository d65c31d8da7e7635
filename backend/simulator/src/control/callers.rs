//! Callers: start a call by script, be the caller step by step, look at what happened.

use std::sync::Arc;
use std::time::Duration;

use actix_web::{HttpResponse, get, post, web};
use base64::Engine as _;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Refusal, body};
use crate::callers::script::{RawStep, read};
use crate::callers::{Manners, Step};
use crate::calls::callbacks::Delivery;
use crate::calls::inbound::{self, Ring};
use crate::calls::webhook::{self, Fetch};
use crate::calls::{Call, RawFrame, Signal, view};
use crate::ids::is_e164;
use crate::stream::faults::LineFault;
use crate::world::World;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewCall {
    from: String,
    to: String,
    #[serde(default)]
    script: Vec<RawStep>,
    /// Stay on the line after the script; the default when there is no script.
    live: Option<bool>,
    hang_up_after_ms: Option<u64>,
    callbacks: Option<Delivery>,
    /// How the caller sounds on a stream.
    voice: Option<String>,
}

#[post("/calls")]
pub(crate) async fn create(world: web::Data<World>, bytes: web::Bytes) -> Result<HttpResponse, Refusal> {
    let new: NewCall = body(&bytes)?;
    let withheld = ["anonymous", "Restricted", ""].contains(&new.from.as_str());
    if !is_e164(&new.from) && !withheld {
        return Err(Refusal::bad(format!("from {:?} is not a number", new.from)));
    }
    let script = read(new.script).map_err(Refusal::bad)?;
    let (number, active) = {
        let store = world.store.lock();
        let number = store.numbers.iter().find(|n| n.phone_number == new.to).cloned();
        let number = number.ok_or_else(|| Refusal::missing(format!("nobody has bought {}", new.to)))?;
        let active = store
            .accounts
            .iter()
            .any(|a| a.sid == number.account_sid && a.status == "active");
        (number, active)
    };
    if !active {
        return Err(Refusal::conflict(
            "the account of this number is not active, calls to it are refused",
        ));
    }
    let usual = Manners::default();
    let manners = Manners {
        stay: new.live.unwrap_or(script.is_empty()),
        hang_up_after_ms: new.hang_up_after_ms.unwrap_or(usual.hang_up_after_ms),
        voice: new.voice.unwrap_or(usual.voice),
    };
    let ring = Ring {
        from: new.from,
        script,
        manners,
        delivery: new.callbacks,
    };
    let call = inbound::start(&world.into_inner(), &number, ring);
    Ok(HttpResponse::Created().json(view::line(&call)))
}

#[get("/calls")]
pub(crate) async fn list(world: web::Data<World>) -> HttpResponse {
    let store = world.store.lock();
    let calls: Vec<Value> = store
        .order
        .iter()
        .filter_map(|sid| store.calls.get(sid))
        .map(|c| view::line(c))
        .collect();
    HttpResponse::Ok().json(json!({"data": calls}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Look {
    /// Answer when the call is finished, or after this long.
    #[serde(default)]
    wait_ms: u64,
    /// Answer as soon as the caller has heard this.
    heard: Option<String>,
}

#[get("/calls/{sid}")]
pub(crate) async fn fetch(
    world: web::Data<World>,
    path: web::Path<String>,
    look: web::Query<Look>,
) -> Result<HttpResponse, Refusal> {
    let call = find(&world, &path)?;
    let wanted = look.heard.as_ref().map(|text| text.to_lowercase());
    let enough = call.until(|s| {
        s.finished
            || wanted
                .as_ref()
                .is_some_and(|w| s.report.heard.iter().any(|h| h.text.to_lowercase().contains(w)))
    });
    let _ = tokio::time::timeout(Duration::from_millis(look.wait_ms.min(120_000)), enough).await;
    Ok(HttpResponse::Ok().json(view::report(&call)))
}

fn find(world: &World, sid: &str) -> Result<Arc<Call>, Refusal> {
    world
        .call(sid)
        .ok_or_else(|| Refusal::missing(format!("no call {sid}")))
}

fn talking(world: &World, sid: &str) -> Result<Arc<Call>, Refusal> {
    let call = find(world, sid)?;
    if call.status().is_over() {
        return Err(Refusal::conflict("the call is over"));
    }
    Ok(call)
}

fn accepted(call: &Call) -> HttpResponse {
    HttpResponse::Accepted().json(view::line(call))
}

fn tell(call: &Call, step: Step) -> Result<(), Refusal> {
    call.steps
        .send(step)
        .map_err(|_| Refusal::conflict("the caller has gone"))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    text: String,
    /// Wait politely until the agent has finished.
    #[serde(default)]
    politely: bool,
}

#[post("/calls/{sid}/say")]
pub(crate) async fn say(
    world: web::Data<World>,
    path: web::Path<String>,
    bytes: web::Bytes,
) -> Result<HttpResponse, Refusal> {
    let call = talking(&world, &path)?;
    let words: Words = body(&bytes)?;
    tell(
        &call,
        Step::Say {
            text: words.text,
            at_once: !words.politely,
            voice: None,
        },
    )?;
    Ok(accepted(&call))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    digits: String,
}

#[post("/calls/{sid}/press")]
pub(crate) async fn press(
    world: web::Data<World>,
    path: web::Path<String>,
    bytes: web::Bytes,
) -> Result<HttpResponse, Refusal> {
    let call = talking(&world, &path)?;
    let keys: Keys = body(&bytes)?;
    let step: RawStep =
        serde_json::from_value(json!({"press": keys.digits})).map_err(|e| Refusal::bad(e.to_string()))?;
    tell(&call, Step::try_from(step).map_err(Refusal::bad)?)?;
    Ok(accepted(&call))
}

/// Hangs up at once, also in the middle of a sentence.
#[post("/calls/{sid}/hangup")]
pub(crate) async fn hangup(
    world: web::Data<World>,
    path: web::Path<String>,
) -> Result<HttpResponse, Refusal> {
    let call = talking(&world, &path)?;
    call.note_sent(world.clock.now(), "hangup", "");
    call.signal(Signal::CallerHungUp);
    Ok(accepted(&call))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MoreSteps {
    script: Vec<RawStep>,
}

#[post("/calls/{sid}/steps")]
pub(crate) async fn steps(
    world: web::Data<World>,
    path: web::Path<String>,
    bytes: web::Bytes,
) -> Result<HttpResponse, Refusal> {
    let call = talking(&world, &path)?;
    let more: MoreSteps = body(&bytes)?;
    for step in read(more.script).map_err(Refusal::bad)? {
        tell(&call, step)?;
    }
    Ok(accepted(&call))
}

#[post("/calls/{sid}/drop")]
pub(crate) async fn drop_socket(
    world: web::Data<World>,
    path: web::Path<String>,
) -> Result<HttpResponse, Refusal> {
    let call = talking(&world, &path)?;
    call.signal(Signal::DropSocket);
    Ok(accepted(&call))
}

/// Something goes wrong with the stream, now.
#[post("/calls/{sid}/line")]
pub(crate) async fn line(
    world: web::Data<World>,
    path: web::Path<String>,
    bytes: web::Bytes,
) -> Result<HttpResponse, Refusal> {
    let call = talking(&world, &path)?;
    let fault: LineFault = body(&bytes)?;
    call.signal(Signal::Line(fault));
    Ok(accepted(&call))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    text: Option<String>,
    binary_base64: Option<String>,
}

#[post("/calls/{sid}/raw")]
pub(crate) async fn raw(
    world: web::Data<World>,
    path: web::Path<String>,
    bytes: web::Bytes,
) -> Result<HttpResponse, Refusal> {
    let call = talking(&world, &path)?;
    let raw: Raw = body(&bytes)?;
    let frame = match (raw.text, raw.binary_base64) {
        (Some(text), None) => RawFrame::Text(text),
        (None, Some(encoded)) => {
            let decoded = base64::engine::general_purpose::STANDARD.decode(encoded);
            RawFrame::Binary(decoded.map_err(|e| Refusal::bad(e.to_string()))?)
        }
        _ => return Err(Refusal::bad("give text or binary_base64")),
    };
    call.signal(Signal::Raw(frame));
    Ok(accepted(&call))
}

/// Sends a callback of the report once more, signed as before and with the same idempotency token.
#[post("/calls/{sid}/callbacks/{index}/repeat")]
pub(crate) async fn repeat_callback(
    world: web::Data<World>,
    path: web::Path<(String, usize)>,
) -> Result<HttpResponse, Refusal> {
    let call = find(&world, &path.0)?;
    let old = call.read(|s| s.report.callbacks.get(path.1).cloned());
    let old = old.ok_or_else(|| Refusal::missing(format!("no callback {}", path.1)))?;
    let again = Fetch {
        kind: old.kind,
        url: old.url,
        method: old.method,
        params: old.params.into_iter().collect(),
    };
    let token = Some(old.idempotency_token).filter(|token| !token.is_empty());
    webhook::notify(&world, &call, &again, token.as_deref()).await;
    let new = call.read(|s| s.report.callbacks.last().cloned());
    Ok(HttpResponse::Ok().json(new))
}
