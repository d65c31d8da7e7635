//! Text messages and the balance: enough for clients that list or send them.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use chrono::Utc;
use serde_json::{Value, json};

use super::{Form, RestError, gate, paging};
use crate::ids::{is_e164, rfc2822, sid};
use crate::world::World;

#[post("/Accounts/{account}/Messages.json")]
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
    let form = Form::parse(&body);
    let to = form
        .text("To")
        .ok_or_else(|| RestError::bad(21604, "'To' phone number is required."))?;
    if !is_e164(&to) {
        return Err(RestError::bad(
            21211,
            format!("The 'To' number {to} is not a valid phone number."),
        ));
    }
    let from = form.text("From");
    let service = form.text("MessagingServiceSid");
    if from.is_none() && service.is_none() {
        return Err(RestError::bad(21603, "'From' phone number is required."));
    }
    let text = form.text("Body");
    let media = form.all("MediaUrl");
    match &text {
        None if media.is_empty() => return Err(RestError::bad(21602, "Message body is required.")),
        Some(text) if text.chars().count() > 1_600 => {
            return Err(RestError::bad(
                21617,
                "The concatenated message body exceeds the 1600 character limit.",
            ));
        }
        _ => {}
    }
    let id = sid("SM");
    let now = rfc2822(Utc::now());
    let segments = text
        .as_deref()
        .map_or(1, |text| text.chars().count().div_ceil(153).max(1));
    let uri = format!("/2010-04-01/Accounts/{}/Messages/{id}", account.sid);
    let message = json!({
        "sid": id,
        "account_sid": account.sid,
        "messaging_service_sid": service,
        "api_version": "2010-04-01",
        "body": text.unwrap_or_default(),
        "from": from,
        "to": to,
        "status": "queued",
        "direction": "outbound-api",
        "num_segments": segments.to_string(),
        "num_media": media.len().to_string(),
        "price": Value::Null,
        "price_unit": "USD",
        "error_code": Value::Null,
        "error_message": Value::Null,
        "date_created": now,
        "date_updated": now,
        "date_sent": Value::Null,
        "uri": format!("{uri}.json"),
        "subresource_uris": {"media": format!("{uri}/Media.json")},
    });
    world.store.lock().messages.insert(0, message.clone());
    Ok(HttpResponse::Created().json(message))
}

#[get("/Accounts/{account}/Messages.json")]
pub(crate) async fn list(
    world: web::Data<World>,
    request: HttpRequest,
    path: web::Path<String>,
) -> Result<HttpResponse, RestError> {
    let account = gate::account(&world, &request, &path)?;
    let messages = world.store.lock().messages.clone();
    let own = messages
        .into_iter()
        .filter(|m| m["account_sid"] == account.sid.as_str())
        .collect();
    Ok(HttpResponse::Ok().json(paging::page(&request, "messages", own)?))
}

#[get("/Accounts/{account}/Messages/{sid}.json")]
pub(crate) async fn fetch(
    world: web::Data<World>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, RestError> {
    let account = gate::account(&world, &request, &path.0)?;
    let store = world.store.lock();
    let found = store
        .messages
        .iter()
        .find(|m| m["sid"] == path.1.as_str() && m["account_sid"] == account.sid.as_str());
    let found = found.ok_or_else(|| RestError::not_found(request.path()))?;
    Ok(HttpResponse::Ok().json(found))
}

#[get("/Accounts/{account}/Balance.json")]
pub(crate) async fn balance(
    world: web::Data<World>,
    request: HttpRequest,
    path: web::Path<String>,
) -> Result<HttpResponse, RestError> {
    let account = gate::account(&world, &request, &path)?;
    Ok(HttpResponse::Ok().json(json!({"account_sid": account.sid, "balance": "100.00", "currency": "USD"})))
}
