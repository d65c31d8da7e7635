//! Participants: called in, looked at, changed, removed.

use std::sync::Arc;

use actix_web::{HttpResponse, delete, get, post, web};

use super::order::{self, Kind};
use super::{Asked, Form, RestError, conferences as rooms};
use crate::calls::Signal;
use crate::calls::outbound::{self, Instructions};
use crate::conferences::changes::Change;
use crate::conferences::seat::Music;
use crate::conferences::{self, NoRoom, Room, Seat, view};
use crate::twiml::Element;
use crate::world::World;

/// Parameters of the request and attributes of `<Conference>` that mean the same.
const SAME: &[(&str, &str)] = &[
    ("Label", "participantLabel"),
    ("Muted", "muted"),
    ("StartConferenceOnEnter", "startConferenceOnEnter"),
    ("EndConferenceOnExit", "endConferenceOnExit"),
    ("WaitUrl", "waitUrl"),
    ("WaitMethod", "waitMethod"),
    ("MaxParticipants", "maxParticipants"),
    ("CallSidToCoach", "coach"),
    ("ConferenceStatusCallback", "statusCallback"),
    ("ConferenceStatusCallbackMethod", "statusCallbackMethod"),
    ("ConferenceRecord", "record"),
    ("ConferenceRecordingStatusCallback", "recordingStatusCallback"),
    (
        "ConferenceRecordingStatusCallbackMethod",
        "recordingStatusCallbackMethod",
    ),
];

fn refused(why: NoRoom) -> RestError {
    RestError::bad(why.code, why.message)
}

#[post("/Accounts/{account}/Conferences/{room}/Participants.json")]
pub(crate) async fn create(
    asked: Asked,
    path: web::Path<(String, String)>,
    form: Form,
) -> Result<HttpResponse, RestError> {
    asked.must_be_active()?;
    for name in ["WaitUrl", "ConferenceStatusCallback"] {
        form.address(name, 21205)?;
    }
    let name = room_name(&asked.world, &asked.account.sid, &path.1)?;
    let noun = noun(&form, &name);
    let seat = Seat::of_noun(&noun, None);
    let dial = Element {
        name: "Dial".to_owned(),
        children: vec![noun],
        ..Element::default()
    };
    let verbs = Instructions::Verbs(vec![dial]);
    let order = order::read(&asked, &form, verbs, Kind::Participant)?;
    let room = conferences::open(&asked.world, &asked.account.sid, &name);
    room.admits(&seat).map_err(refused)?;
    let pending = outbound::prepare(&asked.world, order);
    let place = room.expect(&pending.call, seat);
    if place.is_err() {
        // Somebody took the last place, or the name, in this moment: nobody is called.
        pending.call.signal(Signal::Cancel);
    }
    let call = pending.dial();
    place.map_err(refused)?;
    let view = shown(&room, &call.sid).ok_or_else(|| asked.not_found())?;
    Ok(HttpResponse::Created().json(view))
}

/// The name of a room given by name, or by the id of a conference.
fn room_name(world: &World, account_sid: &str, given: &str) -> Result<String, RestError> {
    let is_sid = given.len() == 34 && given.starts_with("CF");
    if !is_sid {
        return Ok(given.to_owned());
    }
    match world
        .conferences
        .find(account_sid, given)
        .filter(|room| !room.is_over())
    {
        Some(room) => Ok(room.name.clone()),
        None => Err(RestError::bad(
            16022,
            format!("Conference {given} does not exist or is over"),
        )),
    }
}

fn noun(form: &Form, room: &str) -> Element {
    let mut attributes: Vec<(String, String)> = SAME
        .iter()
        .filter_map(|(parameter, attribute)| Some(((*attribute).to_owned(), form.text(parameter)?)))
        .collect();
    let events = form.all("ConferenceStatusCallbackEvent").join(" ");
    if !events.is_empty() {
        attributes.push(("statusCallbackEvent".to_owned(), events));
    }
    Element {
        name: "Conference".to_owned(),
        attributes,
        text: room.to_owned(),
        ..Element::default()
    }
}

fn shown(room: &Room, who: &str) -> Option<serde_json::Value> {
    room.read(|state| {
        let at = Room::position(state, who)?;
        Some(view::participant(room, &state.members[at]))
    })
}

#[get("/Accounts/{account}/Conferences/{room}/Participants.json")]
pub(crate) async fn list(asked: Asked, path: web::Path<(String, String)>) -> Result<HttpResponse, RestError> {
    let room = find(&asked, &path.1)?;
    let query = asked.query();
    let same = |name: &str, value: bool| query.get(name).is_none_or(|wanted| wanted == value.to_string());
    let views = room.read(|state| {
        state
            .members
            .iter()
            .filter(|member| {
                same("Muted", member.seat.muted)
                    && same("Hold", member.hold.is_some())
                    && same("Coaching", member.seat.coach.is_some())
            })
            .map(|member| view::participant(&room, member))
            .collect()
    });
    asked.page_by("participants", "call_sid", views)
}

/// A conference by its id, or by its name while it is not over.
fn find(asked: &Asked, given: &str) -> Result<Arc<Room>, RestError> {
    match asked.world.conferences.named(&asked.account.sid, given) {
        Some(room) => Ok(room),
        None => rooms::find(asked, given),
    }
}

#[get("/Accounts/{account}/Conferences/{room}/Participants/{who}.json")]
pub(crate) async fn fetch(
    asked: Asked,
    path: web::Path<(String, String, String)>,
) -> Result<HttpResponse, RestError> {
    let room = find(&asked, &path.1)?;
    let view = shown(&room, &path.2).ok_or_else(|| asked.not_found())?;
    Ok(HttpResponse::Ok().json(view))
}

#[post("/Accounts/{account}/Conferences/{room}/Participants/{who}.json")]
pub(crate) async fn update(
    asked: Asked,
    path: web::Path<(String, String, String)>,
    form: Form,
) -> Result<HttpResponse, RestError> {
    let room = find(&asked, &path.1)?;
    let change = change(&form)?;
    if let Some(Some(coached)) = &change.coach
        && shown(&room, coached).is_none()
    {
        return Err(RestError::bad(
            16028,
            "The participant to coach is not in the conference",
        ));
    }
    if !room.change(&asked.world, &path.2, change) {
        return Err(asked.not_found());
    }
    let view = shown(&room, &path.2).ok_or_else(|| asked.not_found())?;
    Ok(HttpResponse::Ok().json(view))
}

fn change(form: &Form) -> Result<Change, RestError> {
    let flag = |name: &str| match form.get(name) {
        None => Ok(None),
        Some(word) if word.eq_ignore_ascii_case("true") => Ok(Some(true)),
        Some(word) if word.eq_ignore_ascii_case("false") => Ok(Some(false)),
        Some(other) => Err(RestError::bad(20001, format!("{other} is not a valid {name}"))),
    };
    let music = form
        .target("HoldUrl", "HoldMethod", "GET")?
        .map(|(url, method)| Music::Url {
            url,
            method,
            kind: "hold",
        });
    let coach = match (flag("Coaching")?, form.text("CallSidToCoach")) {
        (Some(false), _) => Some(None),
        (_, Some(call_sid)) => Some(Some(call_sid)),
        (Some(true), None) => return Err(RestError::bad(16028, "CallSidToCoach is required")),
        (None, None) => None,
    };
    Ok(Change {
        muted: flag("Muted")?,
        hold: flag("Hold")?,
        music,
        announce: form.target("AnnounceUrl", "AnnounceMethod", "POST")?,
        end: flag("EndConferenceOnExit")?,
        coach,
    })
}

#[delete("/Accounts/{account}/Conferences/{room}/Participants/{who}.json")]
pub(crate) async fn delete(
    asked: Asked,
    path: web::Path<(String, String, String)>,
) -> Result<HttpResponse, RestError> {
    let room = find(&asked, &path.1)?;
    if room.remove(&asked.world, &path.2) {
        Ok(HttpResponse::NoContent().finish())
    } else {
        Err(asked.not_found())
    }
}
