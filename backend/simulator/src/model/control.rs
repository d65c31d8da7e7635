//! The control side of the model half: rules, pace, recorded requests.

use actix_web::{HttpResponse, delete, get, post, put, web};
use serde_json::json;

use super::Pace;
use super::rules::Rule;
use crate::control::{Refusal, body};
use crate::world::World;

#[get("/requests")]
pub(crate) async fn requests(world: web::Data<World>) -> HttpResponse {
    HttpResponse::Ok().json(json!({"data": world.model.recorded()}))
}

#[delete("/requests")]
pub(crate) async fn clear_requests(world: web::Data<World>) -> HttpResponse {
    world.model.forget();
    HttpResponse::NoContent().finish()
}

#[get("/model/rules")]
pub(crate) async fn list_rules(world: web::Data<World>) -> HttpResponse {
    HttpResponse::Ok().json(json!({"data": *world.model.rules.lock()}))
}

/// Adds rules in front of those that are there, so that the newest wins.
#[post("/model/rules")]
pub(crate) async fn add_rules(world: web::Data<World>, bytes: web::Bytes) -> Result<HttpResponse, Refusal> {
    let mut new: Vec<Rule> = body(&bytes)?;
    let mut rules = world.model.rules.lock();
    new.append(&mut rules);
    *rules = new;
    Ok(HttpResponse::Created().json(json!({"data": *rules})))
}

#[delete("/model/rules")]
pub(crate) async fn clear_rules(world: web::Data<World>) -> HttpResponse {
    world.model.rules.lock().clear();
    HttpResponse::NoContent().finish()
}

#[get("/model/pace")]
pub(crate) async fn get_pace(world: web::Data<World>) -> HttpResponse {
    HttpResponse::Ok().json(&*world.model.pace.lock())
}

#[put("/model/pace")]
pub(crate) async fn put_pace(world: web::Data<World>, bytes: web::Bytes) -> Result<HttpResponse, Refusal> {
    let new: Pace = body(&bytes)?;
    *world.model.pace.lock() = new.clone();
    Ok(HttpResponse::Ok().json(new))
}
