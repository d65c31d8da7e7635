//! Accounts and subaccounts.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use chrono::Utc;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Asked, Form, RestError, gate, paging};
use crate::ids::{rfc2822, sid};
use crate::world::World;

/// An account; its token signs the webhooks of everything it owns.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Account {
    pub(crate) sid: String,
    pub(crate) auth_token: String,
    pub(crate) friendly_name: String,
    pub(crate) owner_account_sid: String,
    pub(crate) status: String,
    date_created: String,
    date_updated: String,
}

/// Subaccounts one account may have.
const SUBACCOUNTS: usize = 1_000;

impl Account {
    pub(crate) fn main(sid: &str, token: &str) -> Self {
        Self::new(
            sid.to_owned(),
            token.to_owned(),
            "Simulated account".to_owned(),
            sid.to_owned(),
        )
    }

    fn new(sid: String, auth_token: String, friendly_name: String, owner_account_sid: String) -> Self {
        let now = rfc2822(Utc::now());
        Self {
            sid,
            auth_token,
            friendly_name,
            owner_account_sid,
            status: "active".to_owned(),
            date_created: now.clone(),
            date_updated: now,
        }
    }

    fn view(&self) -> Value {
        let path = format!("/2010-04-01/Accounts/{}", self.sid);
        let sub = |name: &str| format!("{path}/{name}.json");
        json!({
            "sid": self.sid,
            "auth_token": self.auth_token,
            "friendly_name": self.friendly_name,
            "owner_account_sid": self.owner_account_sid,
            "status": self.status,
            "type": "Full",
            "date_created": self.date_created,
            "date_updated": self.date_updated,
            "uri": format!("{path}.json"),
            "subresource_uris": {
                "available_phone_numbers": sub("AvailablePhoneNumbers"),
                "balance": sub("Balance"),
                "calls": sub("Calls"),
                "conferences": sub("Conferences"),
                "incoming_phone_numbers": sub("IncomingPhoneNumbers"),
                "messages": sub("Messages"),
                "recordings": sub("Recordings"),
            },
        })
    }
}

#[get("/Accounts.json")]
pub(crate) async fn list(world: web::Data<World>, request: HttpRequest) -> Result<HttpResponse, RestError> {
    let caller = gate::caller(&world, &request)?;
    let query = Form::parse(request.query_string());
    let views: Vec<Value> = world
        .store
        .lock()
        .accounts
        .iter()
        .filter(|a| a.sid == caller.sid || a.owner_account_sid == caller.sid)
        .filter(|a| query.get("Status").is_none_or(|status| a.status == status))
        .filter(|a| {
            query
                .get("FriendlyName")
                .is_none_or(|name| a.friendly_name == name)
        })
        .map(Account::view)
        .collect();
    Ok(HttpResponse::Ok().json(paging::page(&request, "accounts", views)?))
}

#[post("/Accounts.json")]
pub(crate) async fn create(
    world: web::Data<World>,
    request: HttpRequest,
    form: Form,
) -> Result<HttpResponse, RestError> {
    let caller = gate::caller(&world, &request)?;
    if caller.owner_account_sid != caller.sid {
        return Err(RestError::ordered(
            403,
            20006,
            "Subaccounts cannot create subaccounts",
        ));
    }
    let name = form
        .text("FriendlyName")
        .unwrap_or_else(|| format!("SubAccount Created at {}", Utc::now()));
    if name.chars().count() > 64 {
        return Err(RestError::bad(20002, "FriendlyName is too long"));
    }
    let account = Account::new(
        sid("AC"),
        uuid::Uuid::new_v4().simple().to_string(),
        name,
        caller.sid.clone(),
    );
    {
        let mut store = world.store.lock();
        if store
            .accounts
            .iter()
            .filter(|a| a.owner_account_sid == caller.sid)
            .count()
            > SUBACCOUNTS
        {
            return Err(RestError::bad(21480, "Maximum number of subaccounts reached"));
        }
        store.accounts.push(account.clone());
    }
    world.save();
    Ok(HttpResponse::Created().json(account.view()))
}

#[get("/Accounts/{account}.json")]
pub(crate) async fn fetch(asked: Asked) -> Result<HttpResponse, RestError> {
    Ok(HttpResponse::Ok().json(asked.account.view()))
}

#[post("/Accounts/{account}.json")]
pub(crate) async fn update(asked: Asked, form: Form) -> Result<HttpResponse, RestError> {
    let status = form.get("Status");
    if let Some(status) = status {
        check_status(&asked.account, status)?;
    }
    let view = {
        let mut store = asked.world.store.lock();
        if status == Some("closed") {
            store.numbers.retain(|n| n.account_sid != asked.account.sid);
        }
        let kept = store.accounts.iter_mut().find(|a| a.sid == asked.account.sid);
        let kept = kept.ok_or_else(|| asked.not_found())?;
        if let Some(name) = form.get("FriendlyName") {
            name.clone_into(&mut kept.friendly_name);
        }
        if let Some(status) = status {
            status.clone_into(&mut kept.status);
        }
        kept.date_updated = rfc2822(Utc::now());
        kept.view()
    };
    asked.world.save();
    Ok(HttpResponse::Ok().json(view))
}

fn check_status(account: &Account, status: &str) -> Result<(), RestError> {
    if !matches!(status, "active" | "suspended" | "closed") {
        return Err(RestError::bad(
            21475,
            format!("{status} is not a valid account status"),
        ));
    }
    if account.owner_account_sid == account.sid {
        return Err(RestError::bad(
            21477,
            "The status of the main account cannot be changed",
        ));
    }
    if account.status == "closed" && status != "closed" {
        return Err(RestError::bad(21479, "A closed account cannot be opened again"));
    }
    Ok(())
}
