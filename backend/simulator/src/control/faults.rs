//! Faults on demand, for both halves.

use actix_web::{HttpResponse, delete, get, post, web};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Refusal, body};
use crate::world::World;

/// Which half a fault belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Side {
    Model,
    Carrier,
    /// Speech to speech.
    Realtime,
}

const MODEL_KINDS: &[&str] = &[
    "invalid_key",
    "model_not_found",
    "rate_limited",
    "quota",
    "server_error",
    "overloaded",
    "error_mid_stream",
    "stall",
    "disconnect",
    "no_done",
    "slow_first_token",
    "bad_json",
    "empty_reply",
];

const CARRIER_KINDS: &[&str] = &[
    "rate_limited",
    "server_error",
    "unavailable",
    "server_error_after",
    "slow",
    "slow_after",
    "error",
];

fn once() -> Option<u32> {
    Some(1)
}

/// Something that goes wrong.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fault {
    pub(crate) target: Side,
    pub(crate) kind: String,
    /// How often; null for ever. One by default.
    #[serde(default = "once")]
    pub(crate) times: Option<u32>,
    /// Only where this text occurs: in the caller's last words (model), in `METHOD /path` (carrier), in the caller's
    /// words or, for faults of the session and its socket, in the query of the address (realtime).
    #[serde(default, rename = "match")]
    pub(crate) only: Option<String>,
    /// For `slow_first_token`, `slow` and `slow_after`: real milliseconds.
    #[serde(default)]
    pub(crate) ms: Option<u64>,
    #[serde(default)]
    pub(crate) retry_after_s: Option<u64>,
    /// For faults in the middle of a stream: after how many pieces.
    #[serde(default)]
    pub(crate) after_tokens: Option<usize>,
    /// For faults of a realtime socket: after how many events of the session.
    #[serde(default)]
    pub(crate) after_events: Option<u64>,
    /// For faults of a realtime reply: after how many deltas of sound or arguments.
    #[serde(default)]
    pub(crate) after_deltas: Option<u64>,
    /// HTTP status of an ordered error of the carrier.
    #[serde(default)]
    pub(crate) status: Option<u16>,
    /// Error code of a realtime error or failed reply, or of an ordered error of the carrier.
    #[serde(default)]
    pub(crate) code: Option<String>,
    /// Close code of a realtime socket, or the status that refuses its upgrade.
    #[serde(default)]
    pub(crate) close: Option<u16>,
    /// Message of the error, reason of the close, or the text of a malformed message.
    #[serde(default)]
    pub(crate) reason: Option<String>,
    /// Size of a realtime message that is too long.
    #[serde(default)]
    pub(crate) bytes: Option<usize>,
}

/// The faults that wait for their moment.
#[derive(Default)]
pub(crate) struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    /// Takes the first fault that applies here.
    pub(crate) fn take(&self, side: Side, place: &str) -> Option<Fault> {
        self.take_where(side, place, |_| true)
    }

    /// Takes the first fault that applies here and that `wanted` agrees to.
    pub(crate) fn take_where(
        &self,
        side: Side,
        place: &str,
        wanted: impl Fn(&Fault) -> bool,
    ) -> Option<Fault> {
        let mut faults = self.0.lock();
        let at = faults.iter().position(|fault| {
            fault.target == side
                && wanted(fault)
                && fault
                    .only
                    .as_ref()
                    .is_none_or(|text| place.contains(text.as_str()))
        })?;
        let fault = faults[at].clone();
        match &mut faults[at].times {
            Some(1) => {
                faults.remove(at);
            }
            Some(times) => *times -= 1,
            None => {}
        }
        Some(fault)
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    Many(Vec<Fault>),
    One(Box<Fault>),
}

#[post("/faults")]
pub(crate) async fn add(world: web::Data<World>, bytes: web::Bytes) -> Result<HttpResponse, Refusal> {
    // An untagged enum hides which member was wrong, so a single object is read on its own.
    let new = match bytes.first() {
        Some(b'[') => body::<OneOrMany>(&bytes)?,
        _ => OneOrMany::One(Box::new(body::<Fault>(&bytes)?)),
    };
    let new = match new {
        OneOrMany::Many(faults) => faults,
        OneOrMany::One(fault) => vec![*fault],
    };
    for fault in &new {
        let known: Vec<&str> = match fault.target {
            Side::Model => MODEL_KINDS.to_vec(),
            Side::Carrier => CARRIER_KINDS.to_vec(),
            Side::Realtime => crate::realtime::FAULTS.concat(),
        };
        if !known.contains(&fault.kind.as_str()) {
            return Err(Refusal::bad(format!(
                "unknown kind {:?}; known: {}",
                fault.kind,
                known.join(", ")
            )));
        }
        if fault.times == Some(0) {
            return Err(Refusal::bad("times is 1 or more, or null for ever"));
        }
    }
    let mut faults = world.faults.0.lock();
    faults.extend(new);
    Ok(HttpResponse::Created().json(json!({"data": *faults})))
}

#[get("/faults")]
pub(crate) async fn list(world: web::Data<World>) -> HttpResponse {
    HttpResponse::Ok().json(json!({"data": *world.faults.0.lock()}))
}

#[delete("/faults")]
pub(crate) async fn clear(world: web::Data<World>) -> HttpResponse {
    world.faults.0.lock().clear();
    HttpResponse::NoContent().finish()
}
