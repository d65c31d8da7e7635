//! The carrier's REST API 2010-04-01: the operations applications use to manage accounts, numbers, calls and messages.

pub(crate) mod accounts;
mod asked;
pub(crate) mod available;
pub(crate) mod calls;
mod catalogue;
pub(crate) mod conferences;
pub(crate) mod error;
pub(crate) mod form;
pub(crate) mod gate;
pub(crate) mod incoming;
pub(crate) mod inventory;
pub(crate) mod messages;
mod order;
pub(crate) mod paging;
pub(crate) mod participants;
pub(crate) mod recordings;
pub(crate) mod streams;

use actix_web::http::Method;
use actix_web::middleware::from_fn;
use actix_web::{HttpRequest, web};

pub(crate) use asked::Asked;
pub(crate) use error::RestError;
pub(crate) use form::Form;

/// Everything under `/2010-04-01`.
pub(crate) fn routes(config: &mut web::ServiceConfig) {
    let scope = web::scope("/2010-04-01")
        .wrap(from_fn(gate::pass))
        .service(accounts::list)
        .service(accounts::create)
        .service(available::list)
        .service(incoming::list)
        .service(incoming::create)
        .service(incoming::list_of_type)
        .service(incoming::create_of_type)
        .service(incoming::fetch)
        .service(incoming::update)
        .service(incoming::delete)
        .service(calls::list)
        .service(calls::create)
        .service(calls::fetch)
        .service(calls::update)
        .service(calls::delete)
        .service(messages::create)
        .service(messages::list)
        .service(messages::fetch)
        .service(recordings::list)
        .service(recordings::list_of_call)
        .service(recordings::create)
        .service(recordings::fetch_of_call)
        .service(recordings::update)
        .service(recordings::delete_of_call)
        .service(recordings::fetch)
        .service(recordings::delete)
        .service(recordings::sound)
        .service(recordings::compressed)
        .service(recordings::list_of_conference)
        .service(streams::create)
        .service(streams::update)
        .service(conferences::list)
        .service(conferences::fetch)
        .service(conferences::update)
        .service(participants::list)
        .service(participants::create)
        .service(participants::fetch)
        .service(participants::update)
        .service(participants::delete)
        .service(messages::balance)
        // Last, because `{account}.json` would also match the collections above.
        .service(accounts::fetch)
        .service(accounts::update)
        .default_service(web::to(nothing_here));
    config.service(scope);
}

async fn nothing_here(request: HttpRequest) -> RestError {
    if !matches!(*request.method(), Method::GET | Method::POST | Method::DELETE) {
        return RestError::method();
    }
    RestError::not_found(request.path())
}
