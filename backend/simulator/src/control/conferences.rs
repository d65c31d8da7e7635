//! Conferences as the carrier sees them: who is in, what happened, what was said and who heard it.

use actix_web::{HttpResponse, get, web};
use serde_json::{Value, json};

use crate::conferences::view;
use crate::world::World;

#[get("/conferences")]
pub(crate) async fn list(world: web::Data<World>) -> HttpResponse {
    let all: Vec<Value> = world
        .conferences
        .all()
        .iter()
        .map(|room| view::report(room))
        .collect();
    HttpResponse::Ok().json(json!({"data": all}))
}
