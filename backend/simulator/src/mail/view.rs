//! The mails that were taken, on the control side.

use actix_web::http::header;
use actix_web::{HttpResponse, delete, get, put, web};
use serde::Deserialize;
use serde_json::json;

use super::{Refusing, page};
use crate::control::{Refusal, body};
use crate::world::World;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Whose {
    /// One recipient's alone.
    to: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    code: u16,
    times: u32,
}

/// Newest first.
#[get("/mails")]
pub(crate) async fn list(world: web::Data<World>, whose: web::Query<Whose>) -> HttpResponse {
    HttpResponse::Ok().json(json!({"data": world.mails.list(whose.to.as_deref())}))
}

#[delete("/mails")]
pub(crate) async fn clear(world: web::Data<World>) -> HttpResponse {
    world.mails.clear();
    HttpResponse::NoContent().finish()
}

/// The next mails are refused.
#[put("/mails/refuse")]
pub(crate) async fn refuse(world: web::Data<World>, bytes: web::Bytes) -> Result<HttpResponse, Refusal> {
    let Order { code, times } = body(&bytes)?;
    if !(400..=599).contains(&code) {
        return Err(Refusal::bad("code is 400 to 499 for now, 500 to 599 for good"));
    }
    world.mails.refuse(Refusing { code, times });
    Ok(HttpResponse::Ok().json(json!({"code": code, "times": times})))
}

/// The same for people.
#[get("/mailbox")]
pub(crate) async fn mailbox(world: web::Data<World>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'",
        ))
        .body(page::write(&world.mails.list(None)))
}
