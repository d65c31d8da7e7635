//! The recordings resource: begun and steered at their call, listed, fetched as data and as sound, deleted.

use std::sync::Arc;

use actix_web::{HttpResponse, delete, get, post, web};

use super::{Asked, Form, RestError, calls, conferences, order};
use crate::calls::Status;
use crate::recordings::{self, Recording, Stage, view};
use crate::world::World;

/// Stands for the recording that runs.
const CURRENT: &str = "Twilio.CURRENT";

#[get("/Accounts/{account}/Recordings.json")]
pub(crate) async fn list(asked: Asked) -> Result<HttpResponse, RestError> {
    let query = asked.query();
    let views = asked
        .world
        .recordings
        .all()
        .iter()
        .filter(|one| one.call.account_sid == asked.account.sid)
        .filter(|one| query.get("CallSid").is_none_or(|sid| one.is_of_call(sid)))
        .filter(|one| query.get("ConferenceSid").is_none_or(|sid| is_of_room(one, sid)))
        .filter(|one| query.fits_day("DateCreated", one.created.date_naive()))
        .map(|one| view::whole(&asked.world, one))
        .collect();
    asked.page("recordings", views)
}

#[get("/Accounts/{account}/Calls/{call}/Recordings.json")]
pub(crate) async fn list_of_call(
    asked: Asked,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, RestError> {
    let call = calls::find(&asked, &path.1)?;
    let views = asked
        .world
        .recordings
        .all()
        .iter()
        .filter(|one| one.is_of_call(&call.sid))
        .map(|one| view::of_call(&asked.world, one))
        .collect();
    asked.page("recordings", views)
}

#[post("/Accounts/{account}/Calls/{call}/Recordings.json")]
pub(crate) async fn create(
    asked: Asked,
    path: web::Path<(String, String)>,
    form: Form,
) -> Result<HttpResponse, RestError> {
    let call = calls::find(&asked, &path.1)?;
    let wish = order::recording(&form, "StartCallRecordingAPI")?;
    if call.status() != Status::InProgress {
        return Err(RestError::bad(
            21220,
            "Requested resource is not eligible for recording. Call is not in-progress.",
        ));
    }
    if !recordings::has_room(&asked.world, &call) {
        return Err(RestError::bad(
            16108,
            "Too many recordings of this call at the same time",
        ));
    }
    let recording = recordings::start(&asked.world, &call, wish);
    Ok(HttpResponse::Created().json(view::of_call(&asked.world, &recording)))
}

fn of_call(asked: &Asked, call: &str, sid: &str) -> Result<Arc<Recording>, RestError> {
    let call = calls::find(asked, call)?;
    let recordings = &asked.world.recordings;
    if sid == CURRENT {
        let mut running = recordings.running(&call.sid);
        return match running.len() {
            1 => Ok(running.remove(0)),
            0 => Err(asked.not_found()),
            _ => Err(RestError::bad(
                21220,
                "The call has more than one recording in progress",
            )),
        };
    }
    recordings
        .find(&call.account_sid, sid)
        .filter(|one| one.is_of_call(&call.sid))
        .ok_or_else(|| asked.not_found())
}

#[get("/Accounts/{account}/Calls/{call}/Recordings/{sid}.json")]
pub(crate) async fn fetch_of_call(
    asked: Asked,
    path: web::Path<(String, String, String)>,
) -> Result<HttpResponse, RestError> {
    let recording = of_call(&asked, &path.1, &path.2)?;
    Ok(HttpResponse::Ok().json(view::of_call(&asked.world, &recording)))
}

#[post("/Accounts/{account}/Calls/{call}/Recordings/{sid}.json")]
pub(crate) async fn update(
    asked: Asked,
    path: web::Path<(String, String, String)>,
    form: Form,
) -> Result<HttpResponse, RestError> {
    let recording = of_call(&asked, &path.1, &path.2)?;
    let silence = match form.get("PauseBehavior") {
        None | Some("silence") => true,
        Some("skip") => false,
        Some(other) => {
            return Err(RestError::bad(
                20001,
                format!("{other} is not a valid PauseBehavior"),
            ));
        }
    };
    let running = recording.stage().is_running();
    let now = asked.world.clock.now();
    match form.get("Status") {
        Some("paused" | "in-progress" | "stopped") if !running => {
            return Err(RestError::bad(
                21220,
                "Unable to update record in final state. Invalid record state.",
            ));
        }
        Some("paused") => recording.pause(now, silence),
        Some("in-progress") => recording.resume(now),
        Some("stopped") => recording.end(&asked.world, Stage::Stopped),
        Some(other) => return Err(RestError::bad(20001, format!("{other} is not a valid Status"))),
        None => return Err(RestError::bad(20001, "Status is required")),
    }
    Ok(HttpResponse::Ok().json(view::of_call(&asked.world, &recording)))
}

#[delete("/Accounts/{account}/Calls/{call}/Recordings/{sid}.json")]
pub(crate) async fn delete_of_call(
    asked: Asked,
    path: web::Path<(String, String, String)>,
) -> Result<HttpResponse, RestError> {
    let recording = of_call(&asked, &path.1, &path.2)?;
    forget(&asked.world, &recording)
}

fn find(asked: &Asked, sid: &str) -> Result<Arc<Recording>, RestError> {
    asked
        .world
        .recordings
        .find(&asked.account.sid, sid)
        .ok_or_else(|| asked.not_found())
}

#[get("/Accounts/{account}/Recordings/{sid}.json")]
pub(crate) async fn fetch(
    asked: Asked,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, RestError> {
    let recording = find(&asked, &path.1)?;
    Ok(HttpResponse::Ok().json(view::whole(&asked.world, &recording)))
}

#[delete("/Accounts/{account}/Recordings/{sid}.json")]
pub(crate) async fn delete(
    asked: Asked,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, RestError> {
    let recording = find(&asked, &path.1)?;
    forget(&asked.world, &recording)
}

fn forget(world: &World, recording: &Recording) -> Result<HttpResponse, RestError> {
    if recording.stage().is_running() {
        return Err(RestError::conflict(
            20009,
            "A recording that is not finished cannot be deleted",
        ));
    }
    world.recordings.forget(&recording.sid);
    Ok(HttpResponse::NoContent().finish())
}

/// The sound as MP3: there is no encoder here, which is said plainly. The real carrier never answers so.
#[get("/Accounts/{account}/Recordings/{sid}.mp3")]
pub(crate) async fn compressed(
    asked: Asked,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, RestError> {
    find(&asked, &path.1)?;
    Err(RestError::ordered(
        501,
        20500,
        "This simulator has no MP3 encoder; ask for the recording as .wav",
    ))
}

/// The sound.
#[get("/Accounts/{account}/Recordings/{sid}.wav")]
pub(crate) async fn sound(
    asked: Asked,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, RestError> {
    let recording = find(&asked, &path.1)?;
    match recording.file() {
        Some(file) => Ok(HttpResponse::Ok().content_type("audio/x-wav").body(file)),
        None => Err(asked.not_found()),
    }
}

fn is_of_room(recording: &Recording, sid: &str) -> bool {
    recording.room.as_ref().is_some_and(|room| room.sid == sid)
}

#[get("/Accounts/{account}/Conferences/{conference}/Recordings.json")]
pub(crate) async fn list_of_conference(
    asked: Asked,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, RestError> {
    let room = conferences::find(&asked, &path.1)?;
    let views = asked
        .world
        .recordings
        .all()
        .iter()
        .filter(|one| is_of_room(one, &room.sid))
        .map(|one| view::of_conference(&asked.world, one))
        .collect();
    asked.page("recordings", views)
}
