//! Text messages and the balance: enough for clients that list or send them.

use actix_web::{HttpResponse, get, post, web};
use chrono::Utc;
use serde_json::{Value, json};

use super::{Asked, Form, RestError};
use crate::ids::{is_e164, rfc2822, sid};

#[post("/Accounts/{account}/Messages.json")]
pub(crate) async fn create(asked: Asked, form: Form) -> Result<HttpResponse, RestError> {
    asked.must_be_active()?;
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
    let uri = format!("/2010-04-01/Accounts/{}/Messages/{id}", asked.account.sid);
    let message = json!({
        "sid": id,
        "account_sid": asked.account.sid,
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
    asked.world.store.lock().messages.insert(0, message.clone());
    Ok(HttpResponse::Created().json(message))
}

#[get("/Accounts/{account}/Messages.json")]
pub(crate) async fn list(asked: Asked) -> Result<HttpResponse, RestError> {
    let messages = asked.world.store.lock().messages.clone();
    let own = messages
        .into_iter()
        .filter(|m| m["account_sid"] == asked.account.sid.as_str())
        .collect();
    asked.page("messages", own)
}

#[get("/Accounts/{account}/Messages/{sid}.json")]
pub(crate) async fn fetch(
    asked: Asked,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, RestError> {
    let store = asked.world.store.lock();
    let found = store
        .messages
        .iter()
        .find(|m| m["sid"] == path.1.as_str() && m["account_sid"] == asked.account.sid.as_str());
    let found = found.ok_or_else(|| asked.not_found())?;
    Ok(HttpResponse::Ok().json(found))
}

#[get("/Accounts/{account}/Balance.json")]
pub(crate) async fn balance(asked: Asked) -> Result<HttpResponse, RestError> {
    Ok(HttpResponse::Ok()
        .json(json!({"account_sid": asked.account.sid, "balance": "100.00", "currency": "USD"})))
}
