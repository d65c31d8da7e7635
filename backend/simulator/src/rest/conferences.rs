//! Conferences: listed, looked at, spoken to, ended.

use std::sync::Arc;

use actix_web::{HttpResponse, get, post, web};

use super::{Asked, Form, RestError};
use crate::conferences::{Room, view};

#[get("/Accounts/{account}/Conferences.json")]
pub(crate) async fn list(asked: Asked) -> Result<HttpResponse, RestError> {
    let query = asked.query();
    let views = asked
        .world
        .conferences
        .all()
        .iter()
        .filter(|room| room.account_sid == asked.account.sid)
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
    asked.page("conferences", views)
}

/// A conference by its id.
pub(super) fn find(asked: &Asked, sid: &str) -> Result<Arc<Room>, RestError> {
    asked
        .world
        .conferences
        .find(&asked.account.sid, sid)
        .ok_or_else(|| asked.not_found())
}

#[get("/Accounts/{account}/Conferences/{sid}.json")]
pub(crate) async fn fetch(
    asked: Asked,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, RestError> {
    let room = find(&asked, &path.1)?;
    Ok(HttpResponse::Ok().json(view::conference(&room)))
}

#[post("/Accounts/{account}/Conferences/{sid}.json")]
pub(crate) async fn update(
    asked: Asked,
    path: web::Path<(String, String)>,
    form: Form,
) -> Result<HttpResponse, RestError> {
    let room = find(&asked, &path.1)?;
    let announce = form.target("AnnounceUrl", "AnnounceMethod", "POST")?;
    match form.get("Status") {
        None | Some("completed") => {}
        Some(other) => return Err(RestError::bad(20001, format!("{other} is not a valid Status"))),
    }
    if room.is_over() {
        return Err(asked.not_found());
    }
    if let Some((url, method)) = announce {
        room.announce(&url, &method);
    }
    if form.get("Status") == Some("completed") {
        room.end(&asked.world);
    }
    Ok(HttpResponse::Ok().json(view::conference(&room)))
}
