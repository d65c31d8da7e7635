//! Conferences: listed, looked at, spoken to, ended.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, get, post, web};

use super::{Form, RestError, gate, paging};
use crate::conferences::{Room, view};
use crate::world::World;

#[get("/Accounts/{account}/Conferences.json")]
pub(crate) async fn list(
    world: web::Data<World>,
    request: HttpRequest,
    path: web::Path<String>,
) -> Result<HttpResponse, RestError> {
    let account = gate::account(&world, &request, &path)?;
    let query = Form::parse(request.query_string());
    let views = world
        .conferences
        .all()
        .iter()
        .filter(|room| room.account_sid == account.sid)
        .filter(|room| query.get("FriendlyName").is_none_or(|name| room.name == name))
        .filter(|room| {
            query
                .get("Status")
                .is_none_or(|status| room.read(|state| state.stage.word() == status))
        })
        .filter(|room| query.fits_day("DateCreated", room.created.date_naive()))
        .filter(|room| query.fits_day("DateUpdated", room.read(|state| state.updated.date_naive())))
        .map(|room| view::conference(room))
        .collect();
    Ok(HttpResponse::Ok().json(paging::page(&request, "conferences", views)?))
}

/// A conference by its id.
pub(super) fn find(
    world: &World,
    request: &HttpRequest,
    account: &str,
    sid: &str,
) -> Result<Arc<Room>, RestError> {
    let account = gate::account(world, request, account)?;
    world
        .conferences
        .find(&account.sid, sid)
        .ok_or_else(|| RestError::not_found(request.path()))
}

#[get("/Accounts/{account}/Conferences/{sid}.json")]
pub(crate) async fn fetch(
    world: web::Data<World>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, RestError> {
    let room = find(&world, &request, &path.0, &path.1)?;
    Ok(HttpResponse::Ok().json(view::conference(&room)))
}

#[post("/Accounts/{account}/Conferences/{sid}.json")]
pub(crate) async fn update(
    world: web::Data<World>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    body: web::Bytes,
) -> Result<HttpResponse, RestError> {
    let room = find(&world, &request, &path.0, &path.1)?;
    let form = Form::parse(&body);
    let announce = form.address("AnnounceUrl", 21205)?.filter(|url| !url.is_empty());
    let method = form
        .method("AnnounceMethod")?
        .unwrap_or_else(|| "POST".to_owned());
    match form.get("Status") {
        None | Some("completed") => {}
        Some(other) => return Err(RestError::bad(20001, format!("{other} is not a valid Status"))),
    }
    if room.is_over() {
        return Err(RestError::not_found(request.path()));
    }
    if let Some(url) = announce {
        room.announce(&url, &method);
    }
    if form.get("Status") == Some("completed") {
        room.end(&world);
    }
    Ok(HttpResponse::Ok().json(view::conference(&room)))
}
