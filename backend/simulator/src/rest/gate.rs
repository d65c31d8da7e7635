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
use super::catalogue;
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
            "error" => {
                let code = fault.code.as_ref().and_then(|code| code.parse().ok());
                let code = code.unwrap_or(20_001);
                let (status, words) = catalogue::of(code);
                Some(RestError::ordered(
                    fault.status.unwrap_or(status),
                    code,
                    fault.reason.as_deref().unwrap_or(words),
                ))
            }
            _ => None,
        };
        if let Some(error) = early {
            return Err(error.into());
        }
    }
    let turn = Turn::take(&request).map_err(Error::from)?;
    if let Some(fault) = fault.as_ref().filter(|fault| fault.kind == "slow") {
        tokio::time::sleep(std::time::Duration::from_millis(fault.ms.unwrap_or(1_000))).await;
    }
    let at_once = turn.at_once;
    let mut response = next.call(request).await?.map_into_boxed_body();
    drop(turn);
    match fault.as_ref().map(|fault| (fault.kind.as_str(), fault.ms)) {
        Some(("server_error_after", _)) => {
            return Err(RestError::server(StatusCode::INTERNAL_SERVER_ERROR).into());
        }
        // It is done, and whoever asked for it may have stopped waiting.
        Some(("slow_after", ms)) => {
            tokio::time::sleep(std::time::Duration::from_millis(ms.unwrap_or(15_000))).await;
        }
        _ => {}
    }
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&crate::ids::sid("RQ")) {
        headers.insert(HeaderName::from_static("twilio-request-id"), id);
    }
    headers.insert(
        HeaderName::from_static("twilio-concurrent-requests"),
        HeaderValue::from(at_once),
    );
    Ok(response)
}

/// A request that is being answered; an account may have only so many.
struct Turn {
    world: Option<std::sync::Arc<World>>,
    account: String,
    at_once: usize,
}

impl Turn {
    fn take(request: &ServiceRequest) -> Result<Self, RestError> {
        let world = request
            .app_data::<web::Data<World>>()
            .map(|data| data.clone().into_inner());
        let account = request.path().split('/').nth(3).unwrap_or_default();
        let account = account.trim_end_matches(".json").to_owned();
        let mut at_once = 1;
        if let Some(world) = &world {
            let most = world.settings().rest_concurrency;
            let mut requests = world.requests.lock();
            let running = requests.entry(account.clone()).or_default();
            if *running >= most {
                return Err(RestError::too_many(None));
            }
            *running += 1;
            at_once = *running;
        }
        Ok(Self {
            world,
            account,
            at_once,
        })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let Some(world) = &self.world else { return };
        let mut requests = world.requests.lock();
        if let Some(running) = requests.get_mut(&self.account) {
            *running -= 1;
            if *running == 0 {
                requests.remove(&self.account);
            }
        }
    }
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
