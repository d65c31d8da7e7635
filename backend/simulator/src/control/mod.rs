//! The control side under `/sim`: callers, telephones, faults, forged requests, and what happened. Open to whoever can
//! reach the port, so it listens on loopback unless told otherwise.

pub(crate) mod answerers;
pub(crate) mod callers;
pub(crate) mod conferences;
pub(crate) mod faults;
pub(crate) mod forge;
pub(crate) mod settings;
pub(crate) mod speech;
pub(crate) mod targets;
pub(crate) mod world;

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError, web};
use serde::de::DeserializeOwned;
use serde_json::json;

/// A refusal in plain words: `{"error": "…"}`.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    why: String,
}

impl Refusal {
    pub(crate) fn bad(why: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            why: why.into(),
        }
    }

    pub(crate) fn missing(why: impl Into<String>) -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            why: why.into(),
        }
    }

    pub(crate) fn conflict(why: impl Into<String>) -> Self {
        Self {
            status: StatusCode::CONFLICT,
            why: why.into(),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl ResponseError for Refusal {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::build(self.status).json(json!({"error": self.why}))
    }
}

/// Reads a JSON body whatever its content type says, so that a plain `curl -d` works.
pub(crate) fn body<T: DeserializeOwned>(bytes: &web::Bytes) -> Result<T, Refusal> {
    let raw: &[u8] = if bytes.is_empty() { b"{}" } else { bytes };
    serde_json::from_slice(raw).map_err(|e| Refusal::bad(e.to_string()))
}

/// Everything under `/sim`.
pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config.service(
        web::scope("/sim")
            .service(callers::create)
            .service(callers::list)
            .service(callers::fetch)
            .service(callers::say)
            .service(callers::press)
            .service(callers::hangup)
            .service(callers::steps)
            .service(callers::drop_socket)
            .service(callers::raw)
            .service(callers::line)
            .service(callers::repeat_callback)
            .service(conferences::list)
            .service(speech::say)
            .service(crate::mail::view::list)
            .service(crate::mail::view::clear)
            .service(crate::mail::view::refuse)
            .service(crate::mail::view::mailbox)
            .service(world::state)
            .service(world::health)
            .service(world::get_settings)
            .service(world::put_settings)
            .service(world::put_target)
            .service(faults::add)
            .service(faults::list)
            .service(faults::clear)
            .service(forge::webhook)
            .service(forge::upgrade)
            .service(crate::model::control::requests)
            .service(crate::model::control::clear_requests)
            .service(crate::model::control::list_rules)
            .service(crate::model::control::add_rules)
            .service(crate::model::control::clear_rules)
            .service(crate::model::control::get_pace)
            .service(crate::model::control::put_pace)
            .service(crate::realtime::control::sessions)
            .service(crate::realtime::control::forget)
            .service(crate::realtime::control::session)
            .service(crate::realtime::control::get_settings)
            .service(crate::realtime::control::put_settings)
            .service(crate::realtime::control::list_replies)
            .service(crate::realtime::control::add_replies)
            .service(crate::realtime::control::clear_replies),
    );
}
