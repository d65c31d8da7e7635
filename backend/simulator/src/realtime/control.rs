//! The control side of this half: settings, scripted replies, and what sessions were sent.

use actix_web::{HttpResponse, delete, get, post, put, web};
use serde_json::{Value, json};

use super::Settings;
use super::mind::Scripted;
use crate::control::{Refusal, body};
use crate::world::World;

/// All sessions, newest last.
#[get("/realtime")]
pub(crate) async fn sessions(world: web::Data<World>) -> HttpResponse {
    let sessions: Vec<Value> = world
        .realtime
        .sessions
        .lock()
        .iter()
        .map(|record| record.view())
        .collect();
    HttpResponse::Ok().json(json!({"data": sessions}))
}

#[get("/realtime/sessions/{id}")]
pub(crate) async fn session(
    world: web::Data<World>,
    path: web::Path<String>,
) -> Result<HttpResponse, Refusal> {
    let kept = world.realtime.sessions.lock();
    let found = kept.iter().find(|record| record.id == *path);
    let found = found.ok_or_else(|| Refusal::missing(format!("no session {path}")))?;
    Ok(HttpResponse::Ok().json(found.view()))
}

/// Forgets sessions and scripted replies; open sessions go on.
#[delete("/realtime")]
pub(crate) async fn forget(world: web::Data<World>) -> HttpResponse {
    world.realtime.sessions.lock().clear();
    world.realtime.replies.lock().clear();
    HttpResponse::NoContent().finish()
}

#[get("/realtime/settings")]
pub(crate) async fn get_settings(world: web::Data<World>) -> HttpResponse {
    HttpResponse::Ok().json(&*world.realtime.settings.lock())
}

#[put("/realtime/settings")]
pub(crate) async fn put_settings(
    world: web::Data<World>,
    bytes: web::Bytes,
) -> Result<HttpResponse, Refusal> {
    let new: Settings = body(&bytes)?;
    let good = new.audio_speed.is_finite() && new.audio_speed > 0.0 && (1..=5_000).contains(&new.delta_ms);
    if !good {
        return Err(Refusal::bad("audio_speed is more than 0, delta_ms is 1 to 5000"));
    }
    *world.realtime.settings.lock() = new.clone();
    Ok(HttpResponse::Ok().json(new))
}

#[get("/realtime/replies")]
pub(crate) async fn list_replies(world: web::Data<World>) -> HttpResponse {
    HttpResponse::Ok().json(json!({"data": *world.realtime.replies.lock()}))
}

/// Lays replies ready, behind those that are there.
#[post("/realtime/replies")]
pub(crate) async fn add_replies(world: web::Data<World>, bytes: web::Bytes) -> Result<HttpResponse, Refusal> {
    let new: Vec<Scripted> = body(&bytes)?;
    let mut replies = world.realtime.replies.lock();
    if replies.len() + new.len() > 1_000 {
        return Err(Refusal::bad("at most 1000 replies"));
    }
    replies.extend(new);
    Ok(HttpResponse::Created().json(json!({"data": *replies})))
}

#[delete("/realtime/replies")]
pub(crate) async fn clear_replies(world: web::Data<World>) -> HttpResponse {
    world.realtime.replies.lock().clear();
    HttpResponse::NoContent().finish()
}
