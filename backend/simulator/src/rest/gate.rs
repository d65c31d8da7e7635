//! The door of the REST API: who may pass, and the faults that were asked for.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpRequest, web};
use base64::Engine as _;

use super::RestError;
use super::accounts::Account;
use crate::control::faults::Side;
use crate::world::World;

/// Applies faults and adds the headers every answer has.
pub(crate) async fn pass(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let fault = request.app_data::<web::Data<World>>().and_then(|world| {
        let place = format!("{} {}", request.method(), request.path());
        world.faults.take(Side::Carrier, &place)
    });
    if let Some(fault) = &fault {
        let early = match fault.kind.as_str() {
            "rate_limited" => Some(RestError::too_many(fault.retry_after_s)),
            "server_error" => Some(RestError::server(StatusCode::INTERNAL_SERVER_ERROR)),
            "unavailable" => Some(RestError::server(StatusCode::SERVICE_UNAVAILABLE)),
            _ => None,
        };
        if let Some(error) = early {
            return Err(error.into());
        }
        if fault.kind == "slow" {
            tokio::time::sleep(std::time::Duration::from_millis(fault.ms.unwrap_or(1_000))).await;
        }
    }
    let mut response = next.call(request).await?.map_into_boxed_body();
    if fault.is_some_and(|fault| fault.kind == "server_error_after") {
        return Err(RestError::server(StatusCode::INTERNAL_SERVER_ERROR).into());
    }
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&crate::ids::sid("RQ")) {
        headers.insert(HeaderName::from_static("twilio-request-id"), id);
    }
    headers.insert(
        HeaderName::from_static("twilio-concurrent-requests"),
        HeaderValue::from_static("1"),
    );
    Ok(response)
}

/// Whose credentials a request carries.
fn credentials(request: &HttpRequest) -> Option<(String, String)> {
    let header = request.headers().get("authorization")?.to_str().ok()?;
    let encoded = header.strip_prefix("Basic ")?;
    let decoded = base64::engine::general_purpose::STANDARD
        .decode(encoded.trim())
        .ok()?;
    let text = String::from_utf8(decoded).ok()?;
    let (user, password) = text.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

/// The account whose credentials came with the request.
pub(crate) fn caller(world: &World, request: &HttpRequest) -> Result<Account, RestError> {
    let (user, password) = credentials(request).ok_or_else(RestError::unauthenticated)?;
    world
        .account(&user)
        .filter(|account| account.auth_token == password && account.status != "closed")
        .ok_or_else(RestError::unauthenticated)
}

/// The account named in the path, if these credentials may act for it: its own, or its parent's.
pub(crate) fn account(world: &World, request: &HttpRequest, sid: &str) -> Result<Account, RestError> {
    let caller = caller(world, request)?;
    if caller.sid == sid {
        return Ok(caller);
    }
    world
        .account(sid)
        .filter(|account| account.owner_account_sid == caller.sid)
        .ok_or_else(RestError::unauthenticated)
}
