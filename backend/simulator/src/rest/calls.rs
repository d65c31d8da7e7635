//! The calls resource: create, fetch, list, steer, delete.

use std::sync::Arc;

use actix_web::{HttpResponse, delete, get, post, web};
use chrono::NaiveDate;

use super::order::{self, Kind};
use super::{Asked, Form, RestError};
use crate::calls::callbacks::Plan;
use crate::calls::outbound;
use crate::calls::{Call, Redirect, Signal, Status, view};

#[get("/Accounts/{account}/Calls.json")]
pub(crate) async fn list(asked: Asked) -> Result<HttpResponse, RestError> {
    let query = asked.query();
    let calls: Vec<Arc<Call>> = {
        let store = asked.world.store.lock();
        let calls = store.order.iter().filter_map(|sid| store.calls.get(sid));
        calls
            .filter(|call| call.account_sid == asked.account.sid && fits(call, &query))
            .cloned()
            .collect()
    };
    let views = calls.iter().map(|call| view::rest(&asked.world, call)).collect();
    asked.page("calls", views)
}

fn fits(call: &Call, query: &Form) -> bool {
    let same = |name: &str, value: &str| query.get(name).is_none_or(|wanted| wanted == value);
    let start = call.read(|s| s.start).unwrap_or(call.created).date_naive();
    let end = call.read(|s| s.end).map(|end| end.date_naive());
    let day = |name: &str| {
        query
            .get(name)
            .and_then(|text| text.get(..10)?.parse::<NaiveDate>().ok())
    };
    same("To", &call.to)
        && same("From", &call.from)
        && same("Status", call.status().rest_word())
        && query
            .get("ParentCallSid")
            .is_none_or(|wanted| call.parent_sid.as_deref() == Some(wanted))
        && day("StartTime").is_none_or(|day| start == day)
        && day("StartTime<").is_none_or(|day| start < day)
        && day("StartTime>").is_none_or(|day| start >= day)
        && day("EndTime").is_none_or(|day| end == Some(day))
        && day("EndTime<").is_none_or(|day| end.is_some_and(|end| end < day))
        && day("EndTime>").is_none_or(|day| end.is_some_and(|end| end >= day))
}

#[post("/Accounts/{account}/Calls.json")]
pub(crate) async fn create(asked: Asked, form: Form) -> Result<HttpResponse, RestError> {
    asked.must_be_active()?;
    let instructions = order::instructions(&form)?;
    let order = order::read(&asked, &form, instructions, Kind::Call)?;
    let call = outbound::prepare(&asked.world, order).dial();
    Ok(HttpResponse::Created().json(view::rest(&asked.world, &call)))
}

/// A call of the account by its id.
pub(super) fn find(asked: &Asked, sid: &str) -> Result<Arc<Call>, RestError> {
    asked
        .world
        .call(sid)
        .filter(|call| call.account_sid == asked.account.sid)
        .ok_or_else(|| asked.not_found())
}

#[get("/Accounts/{account}/Calls/{sid}.json")]
pub(crate) async fn fetch(
    asked: Asked,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, RestError> {
    let call = find(&asked, &path.1)?;
    Ok(HttpResponse::Ok().json(view::rest(&asked.world, &call)))
}

#[post("/Accounts/{account}/Calls/{sid}.json")]
pub(crate) async fn update(
    asked: Asked,
    path: web::Path<(String, String)>,
    form: Form,
) -> Result<HttpResponse, RestError> {
    let call = find(&asked, &path.1)?;
    let status = call.status();
    match form.get("Status") {
        Some("completed") if status.is_over() => {
            return Err(RestError::bad(21220, "Call is not in-progress. Cannot complete."));
        }
        Some("completed") => {
            call.note_end("api");
            call.signal(Signal::Complete);
            // The answer shows the call as over, as the real one does.
            let over = call.until(|s| s.status.is_over());
            let _ = tokio::time::timeout(std::time::Duration::from_secs(2), over).await;
        }
        Some("canceled") if status < Status::InProgress => {
            call.note_end("api");
            call.signal(Signal::Cancel);
            let over = call.until(|s| s.status.is_over());
            let _ = tokio::time::timeout(std::time::Duration::from_secs(2), over).await;
        }
        Some("canceled") => {}
        Some(other) => return Err(RestError::bad(20001, format!("{other} is not a valid Status"))),
        None => {}
    }
    if form.get("StatusCallback").is_some() || form.get("StatusCallbackMethod").is_some() {
        let url = form.address("StatusCallback", 21205)?;
        let method = form.method("StatusCallbackMethod")?;
        call.quietly(|s| {
            let events = s.plan.events.clone();
            let url = url.or_else(|| s.plan.url.clone());
            let delivery = s.plan.delivery;
            s.plan = Plan::new(url, method, events);
            s.plan.delivery = delivery;
        });
    }
    let redirect = match (form.address("Url", 21205)?, form.text("Twiml")) {
        (Some(_), Some(_)) => return Err(RestError::bad(21205, "Url and Twiml cannot be used together")),
        (Some(url), None) => {
            let method = form.method("Method")?.unwrap_or_else(|| "POST".to_owned());
            Some(Redirect::Url { url, method })
        }
        (None, Some(twiml)) => Some(Redirect::Twiml(twiml)),
        (None, None) => None,
    };
    if let Some(redirect) = redirect {
        if status != Status::InProgress {
            return Err(RestError::bad(21220, "Call is not in-progress. Cannot redirect."));
        }
        call.signal(Signal::Redirect(redirect));
    }
    Ok(HttpResponse::Ok().json(view::rest(&asked.world, &call)))
}

#[delete("/Accounts/{account}/Calls/{sid}.json")]
pub(crate) async fn delete(
    asked: Asked,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, RestError> {
    let call = find(&asked, &path.1)?;
    if !call.status().is_over() {
        return Err(RestError::conflict(
            20009,
            "A call that is not finished cannot be deleted",
        ));
    }
    let mut store = asked.world.store.lock();
    store.calls.remove(&call.sid);
    store.order.retain(|sid| *sid != call.sid);
    Ok(HttpResponse::NoContent().finish())
}
