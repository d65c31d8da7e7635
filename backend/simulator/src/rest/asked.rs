//! What every operation of an account starts from: the world, the account of the path, and how to answer about it.

use std::future::{Ready, ready};
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use serde_json::Value;

use super::accounts::Account;
use super::{Form, RestError, gate, paging};
use crate::world::World;

/// A request for the account its path names, by credentials that may act for it.
pub(crate) struct Asked {
    pub(crate) world: Arc<World>,
    pub(crate) account: Account,
    request: HttpRequest,
}

impl Asked {
    fn read(request: &HttpRequest) -> Result<Self, RestError> {
        let world = request
            .app_data::<web::Data<World>>()
            .ok_or_else(|| RestError::server(StatusCode::INTERNAL_SERVER_ERROR))?;
        let account = gate::account(world, request, request.match_info().query("account"))?;
        Ok(Self {
            world: Arc::clone(world),
            account,
            request: request.clone(),
        })
    }

    /// Only accounts that are active make calls, send messages and buy numbers.
    pub(crate) fn must_be_active(&self) -> Result<(), RestError> {
        if self.account.status == "active" {
            Ok(())
        } else {
            Err(RestError::suspended())
        }
    }

    /// The account whose credentials came, which may be the parent of the one in the path.
    pub(crate) fn caller(&self) -> Result<Account, RestError> {
        gate::caller(&self.world, &self.request)
    }

    /// The parameters behind the question mark.
    pub(crate) fn query(&self) -> Form {
        Form::parse(self.request.query_string())
    }

    /// One page of a list whose members have a `sid`.
    pub(crate) fn page(&self, key: &str, items: Vec<Value>) -> Result<HttpResponse, RestError> {
        Ok(HttpResponse::Ok().json(paging::page(&self.request, key, items)?))
    }

    /// One page of a list whose members are told apart by another member.
    pub(crate) fn page_by(
        &self,
        key: &str,
        member: &str,
        items: Vec<Value>,
    ) -> Result<HttpResponse, RestError> {
        Ok(HttpResponse::Ok().json(paging::page_by(&self.request, key, member, items)?))
    }

    /// The path without its query.
    pub(crate) fn path(&self) -> &str {
        self.request.path()
    }

    /// Nothing stands at the path.
    pub(crate) fn not_found(&self) -> RestError {
        RestError::not_found(self.path())
    }
}

impl FromRequest for Asked {
    type Error = RestError;
    type Future = Ready<Result<Self, RestError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::read(request))
    }
}
