//! The calls resource: create, fetch, list, steer, delete.

use actix_web::{HttpRequest, HttpResponse, delete, get, post, web};
use chrono::NaiveDate;
use serde_json::Value;

use super::accounts::Account;
use super::{Form, RestError, gate, paging};
use crate::calls::callbacks::Plan;
use crate::calls::outbound::{self, Instructions, Order};
use crate::calls::{Call, Redirect, Signal, Status, view};
use crate::ids::is_e164;
use crate::world::World;

/// Longest `Twiml` parameter.
const TWIML_CHARS: usize = 4_000;

#[get("/Accounts/{account}/Calls.json")]
pub(crate) async fn list(
    world: web::Data<World>,
    request: HttpRequest,
    path: web::Path<String>,
) -> Result<HttpResponse, RestError> {
    let account = gate::account(&world, &request, &path)?;
    let query = Form::parse(request.query_string());
    let views: Vec<Value> = {
        let store = world.store.lock();
        let calls = store.order.iter().filter_map(|sid| store.calls.get(sid));
        calls
            .filter(|call| call.account_sid == account.sid && fits(call, &query))
            .map(|c| view::rest(c))
            .collect()
    };
    Ok(HttpResponse::Ok().json(paging::page(&request, "calls", views)?))
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
pub(crate) async fn create(
    world: web::Data<World>,
    request: HttpRequest,
    path: web::Path<String>,
    body: web::Bytes,
) -> Result<HttpResponse, RestError> {
    let account = gate::account(&world, &request, &path)?;
    if account.status != "active" {
        return Err(RestError::suspended());
    }
    let order = read_order(&world, account, &Form::parse(&body))?;
    let call = outbound::start(&world.into_inner(), order);
    Ok(HttpResponse::Created().json(view::rest(&call)))
}

fn read_order(world: &World, account: Account, form: &Form) -> Result<Order, RestError> {
    let to = form.text("To").filter(|to| !to.is_empty());
    let to = to.ok_or_else(|| RestError::bad(21201, "No 'To' number specified"))?;
    let from = form.text("From").filter(|from| !from.is_empty());
    let from = from.ok_or_else(|| RestError::bad(21213, "No 'From' number specified"))?;
    if !is_e164(&to) {
        return Err(RestError::bad(
            21211,
            format!("The 'To' number {to} is not a valid phone number."),
        ));
    }
    if !is_e164(&from) {
        return Err(RestError::bad(
            21212,
            format!("The 'From' number {from} is not a valid phone number."),
        ));
    }
    let number_sid = world
        .store
        .lock()
        .numbers
        .iter()
        .find(|n| n.phone_number == from && n.account_sid == account.sid)
        .map(|n| n.sid.clone());
    if number_sid.is_none() {
        let message =
            format!("The source phone number provided, {from}, is not yet verified for your account.");
        return Err(RestError::bad(21210, message));
    }
    let instructions = instructions(form)?;
    let fallback = form.address("FallbackUrl", 21205)?.filter(|url| !url.is_empty());
    let fallback_method = form
        .method("FallbackMethod")?
        .unwrap_or_else(|| "POST".to_owned());
    let plan = Plan::new(
        form.address("StatusCallback", 21205)?,
        form.method("StatusCallbackMethod")?,
        form.all("StatusCallbackEvent"),
    );
    let timeout_s = match form.get("Timeout").map(str::parse) {
        None => 60,
        Some(Ok(seconds)) if seconds <= 600 => seconds,
        Some(_) => return Err(RestError::bad(21208, "Timeout must be a number up to 600")),
    };
    let fallback = fallback.map(|url| (url, fallback_method));
    Ok(Order {
        account,
        number_sid,
        from,
        to,
        instructions,
        fallback,
        plan,
        timeout_s,
    })
}

fn instructions(form: &Form) -> Result<Instructions, RestError> {
    if let Some(url) = form.address("Url", 21205)?.filter(|url| !url.is_empty()) {
        let method = form.method("Method")?.unwrap_or_else(|| "POST".to_owned());
        return Ok(Instructions::Url { url, method });
    }
    match form.text("Twiml") {
        Some(twiml) if twiml.chars().count() > TWIML_CHARS => {
            Err(RestError::bad(21205, "Twiml is longer than 4000 characters"))
        }
        Some(twiml) => Ok(Instructions::Twiml(twiml)),
        None => Err(RestError::bad(21205, "Url parameter is required")),
    }
}

fn find(
    world: &World,
    request: &HttpRequest,
    account: &str,
    sid: &str,
) -> Result<std::sync::Arc<Call>, RestError> {
    let account = gate::account(world, request, account)?;
    world
        .call(sid)
        .filter(|call| call.account_sid == account.sid)
        .ok_or_else(|| RestError::not_found(request.path()))
}

#[get("/Accounts/{account}/Calls/{sid}.json")]
pub(crate) async fn fetch(
    world: web::Data<World>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, RestError> {
    let call = find(&world, &request, &path.0, &path.1)?;
    Ok(HttpResponse::Ok().json(view::rest(&call)))
}

#[post("/Accounts/{account}/Calls/{sid}.json")]
pub(crate) async fn update(
    world: web::Data<World>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    body: web::Bytes,
) -> Result<HttpResponse, RestError> {
    let call = find(&world, &request, &path.0, &path.1)?;
    let form = Form::parse(&body);
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
    Ok(HttpResponse::Ok().json(view::rest(&call)))
}

#[delete("/Accounts/{account}/Calls/{sid}.json")]
pub(crate) async fn delete(
    world: web::Data<World>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, RestError> {
    let call = find(&world, &request, &path.0, &path.1)?;
    if !call.status().is_over() {
        return Err(RestError::conflict(
            20009,
            "A call that is not finished cannot be deleted",
        ));
    }
    let mut store = world.store.lock();
    store.calls.remove(&call.sid);
    store.order.retain(|sid| *sid != call.sid);
    Ok(HttpResponse::NoContent().finish())
}
