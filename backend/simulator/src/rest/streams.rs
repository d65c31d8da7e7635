//! Forks of a call's sound, begun and stopped by the application.

use std::sync::Arc;

use actix_web::{HttpResponse, post, web};
use serde_json::{Value, json};

use super::{Asked, Form, RestError, calls};
use crate::calls::{Call, Status};
use crate::stream;
use crate::twiml::Element;

/// Parameters that are looked for.
const MOST_PARAMETERS: usize = 99;

fn view(call: &Call, sid: &str, name: &str, status: &str) -> Value {
    let now = chrono::Utc::now().to_rfc2822();
    json!({
        "sid": sid,
        "account_sid": call.account_sid,
        "call_sid": call.sid,
        "name": name,
        "status": status,
        "date_updated": now,
        "uri": format!("/2010-04-01/Accounts/{}/Calls/{}/Streams/{sid}.json", call.account_sid, call.sid),
    })
}

#[post("/Accounts/{account}/Calls/{call}/Streams.json")]
pub(crate) async fn create(
    asked: Asked,
    path: web::Path<(String, String)>,
    form: Form,
) -> Result<HttpResponse, RestError> {
    let call = calls::find(&asked, &path.1)?;
    if call.status() != Status::InProgress {
        return Err(RestError::bad(
            21220,
            "Requested resource is not eligible for streaming. Call is not in-progress.",
        ));
    }
    if form.get("Url").is_none_or(str::is_empty) {
        return Err(RestError::bad(21205, "Url is required"));
    }
    let noun = noun(&form);
    let sid = stream::fork::start(&asked.world, &call, None, &noun)
        .map_err(|(code, message)| RestError::bad(code, message))?;
    let name = form.text("Name").unwrap_or_else(|| sid.clone());
    Ok(HttpResponse::Created().json(view(&call, &sid, &name, "in-progress")))
}

/// The same as TwiML would have it.
fn noun(form: &Form) -> Element {
    let attribute = |parameter: &str, name: &str| Some((name.to_owned(), form.text(parameter)?));
    let attributes = [
        attribute("Url", "url"),
        attribute("Name", "name"),
        attribute("Track", "track"),
        attribute("StatusCallback", "statusCallback"),
        attribute("StatusCallbackMethod", "statusCallbackMethod"),
    ];
    let parameter = |at: usize| {
        let attributes = [
            attribute(&format!("Parameter{at}.Name"), "name")?,
            attribute(&format!("Parameter{at}.Value"), "value")?,
        ];
        Some(Element {
            name: "Parameter".to_owned(),
            attributes: attributes.into(),
            ..Element::default()
        })
    };
    Element {
        name: "Stream".to_owned(),
        attributes: attributes.into_iter().flatten().collect(),
        children: (1..=MOST_PARAMETERS).map_while(parameter).collect(),
        ..Element::default()
    }
}

#[post("/Accounts/{account}/Calls/{call}/Streams/{stream}.json")]
pub(crate) async fn update(
    asked: Asked,
    path: web::Path<(String, String, String)>,
    form: Form,
) -> Result<HttpResponse, RestError> {
    let call: Arc<Call> = calls::find(&asked, &path.1)?;
    match form.get("Status") {
        Some("stopped") => {}
        other => {
            let message = format!("{} is not a valid Status", other.unwrap_or_default());
            return Err(RestError::bad(20001, message));
        }
    }
    let (sid, name) = stream::fork::stop(&call, &path.2).ok_or_else(|| asked.not_found())?;
    Ok(HttpResponse::Ok().json(view(&call, &sid, &name, "stopped")))
}
