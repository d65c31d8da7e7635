//! The state of the simulator as a whole: health, what exists, settings, telephones.

use actix_web::{HttpResponse, get, post, put, web};
use serde_json::json;

use super::settings::Settings;
use super::targets::{RawTarget, Target};
use super::{Refusal, body};
use crate::ids::is_e164;
use crate::world::World;

#[get("/health")]
pub(crate) async fn health(world: web::Data<World>) -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "ok", "now_ms": world.clock.now()}))
}

/// Accounts without their tokens, numbers, counts.
#[get("/state")]
pub(crate) async fn state(world: web::Data<World>) -> HttpResponse {
    let store = world.store.lock();
    let accounts: Vec<_> = store
        .accounts
        .iter()
        .map(|a| json!({"sid": a.sid, "friendly_name": a.friendly_name, "status": a.status}))
        .collect();
    let numbers: Vec<_> = store
        .numbers
        .iter()
        .map(|n| {
            json!({"sid": n.sid, "account_sid": n.account_sid, "phone_number": n.phone_number,
                   "voice_url": n.voice_url, "status_callback": n.status_callback})
        })
        .collect();
    HttpResponse::Ok().json(json!({"accounts": accounts, "numbers": numbers, "calls": store.order.len()}))
}

#[get("/settings")]
pub(crate) async fn get_settings(world: web::Data<World>) -> HttpResponse {
    HttpResponse::Ok().json(world.settings())
}

#[put("/settings")]
pub(crate) async fn put_settings(
    world: web::Data<World>,
    bytes: web::Bytes,
) -> Result<HttpResponse, Refusal> {
    let new: Settings = body(&bytes)?;
    world.store.lock().settings = new.clone();
    Ok(HttpResponse::Ok().json(new))
}

#[post("/targets")]
pub(crate) async fn put_target(world: web::Data<World>, bytes: web::Bytes) -> Result<HttpResponse, Refusal> {
    let raw: RawTarget = body(&bytes)?;
    if !is_e164(&raw.number) {
        return Err(Refusal::bad(format!("number {:?} is not a number", raw.number)));
    }
    let number = raw.number.clone();
    let target = Target::try_from(raw).map_err(Refusal::bad)?;
    let answer = json!({"number": number, "outcome": target.outcome, "answerer": target.answerer, "ring_ms": target.ring_ms, "says": target.says,
                        "talk_ms": target.talk_ms});
    world.store.lock().targets.insert(number, target);
    Ok(HttpResponse::Ok().json(answer))
}
