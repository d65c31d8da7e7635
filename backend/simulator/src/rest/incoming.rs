//! Numbers an account owns.

use actix_web::{HttpResponse, delete, get, post, web};
use chrono::Utc;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::accounts::Account;
use super::inventory::{self, ForSale};
use super::{Asked, Form, RestError};
use crate::ids::{friendly, is_e164, rfc2822, sid};

/// An owned number and where its calls go.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Number {
    pub(crate) sid: String,
    pub(crate) account_sid: String,
    pub(crate) phone_number: String,
    friendly_name: String,
    kind: String,
    capabilities: Value,
    pub(crate) voice_url: String,
    pub(crate) voice_method: String,
    pub(crate) voice_fallback_url: String,
    pub(crate) voice_fallback_method: String,
    pub(crate) status_callback: String,
    pub(crate) status_callback_method: String,
    sms_url: String,
    sms_method: String,
    sms_fallback_url: String,
    sms_fallback_method: String,
    voice_caller_id_lookup: bool,
    date_created: String,
    date_updated: String,
}

impl Number {
    fn new(account: &Account, sale: &ForSale) -> Self {
        let now = rfc2822(Utc::now());
        let post = || "POST".to_owned();
        Self {
            sid: sid("PN"),
            account_sid: account.sid.clone(),
            phone_number: sale.number.clone(),
            friendly_name: friendly(&sale.number),
            kind: sale.kind.to_owned(),
            capabilities: sale.capabilities(),
            voice_url: String::new(),
            voice_method: post(),
            voice_fallback_url: String::new(),
            voice_fallback_method: post(),
            status_callback: String::new(),
            status_callback_method: post(),
            sms_url: String::new(),
            sms_method: post(),
            sms_fallback_url: String::new(),
            sms_fallback_method: post(),
            voice_caller_id_lookup: false,
            date_created: now.clone(),
            date_updated: now,
        }
    }

    /// Whether this is the number of that account with that id.
    fn is(&self, account: &Account, sid: &str) -> bool {
        self.account_sid == account.sid && self.sid == sid
    }

    /// Applies the parameters of a create or update.
    fn apply(&mut self, form: &Form) -> Result<(), RestError> {
        if let Some(name) = form.get("FriendlyName") {
            if name.chars().count() > 64 {
                return Err(RestError::bad(20002, "FriendlyName is too long"));
            }
            name.clone_into(&mut self.friendly_name);
        }
        let addresses = [
            ("VoiceUrl", &mut self.voice_url),
            ("VoiceFallbackUrl", &mut self.voice_fallback_url),
            ("StatusCallback", &mut self.status_callback),
            ("SmsUrl", &mut self.sms_url),
            ("SmsFallbackUrl", &mut self.sms_fallback_url),
        ];
        for (name, place) in addresses {
            if let Some(url) = form.address(name, 21402)? {
                *place = url;
            }
        }
        let methods = [
            ("VoiceMethod", &mut self.voice_method),
            ("VoiceFallbackMethod", &mut self.voice_fallback_method),
            ("StatusCallbackMethod", &mut self.status_callback_method),
            ("SmsMethod", &mut self.sms_method),
            ("SmsFallbackMethod", &mut self.sms_fallback_method),
        ];
        for (name, place) in methods {
            if let Some(method) = form.method(name)? {
                *place = method;
            }
        }
        if let Some(lookup) = form.get("VoiceCallerIdLookup") {
            self.voice_caller_id_lookup = lookup == "true";
        }
        self.date_updated = rfc2822(Utc::now());
        Ok(())
    }

    fn view(&self) -> Value {
        json!({
            "sid": self.sid,
            "account_sid": self.account_sid,
            "friendly_name": self.friendly_name,
            "phone_number": self.phone_number,
            "capabilities": self.capabilities,
            "voice_url": self.voice_url,
            "voice_method": self.voice_method,
            "voice_fallback_url": self.voice_fallback_url,
            "voice_fallback_method": self.voice_fallback_method,
            "voice_application_sid": Value::Null,
            "voice_caller_id_lookup": self.voice_caller_id_lookup,
            "voice_receive_mode": "voice",
            "status_callback": self.status_callback,
            "status_callback_method": self.status_callback_method,
            "sms_url": self.sms_url,
            "sms_method": self.sms_method,
            "sms_fallback_url": self.sms_fallback_url,
            "sms_fallback_method": self.sms_fallback_method,
            "sms_application_sid": Value::Null,
            "trunk_sid": Value::Null,
            "address_sid": Value::Null,
            "address_requirements": "none",
            "bundle_sid": Value::Null,
            "identity_sid": Value::Null,
            "emergency_status": "Inactive",
            "emergency_address_sid": Value::Null,
            "emergency_address_status": "unregistered",
            "beta": false,
            "origin": "twilio",
            "status": "in-use",
            "type": self.kind.to_lowercase(),
            "api_version": "2010-04-01",
            "date_created": self.date_created,
            "date_updated": self.date_updated,
            "uri": format!("/2010-04-01/Accounts/{}/IncomingPhoneNumbers/{}.json", self.account_sid, self.sid),
            "subresource_uris": {
                "assigned_add_ons": format!(
                    "/2010-04-01/Accounts/{}/IncomingPhoneNumbers/{}/AssignedAddOns.json",
                    self.account_sid, self.sid
                ),
            },
        })
    }
}

#[get("/Accounts/{account}/IncomingPhoneNumbers.json")]
pub(crate) async fn list(asked: Asked) -> Result<HttpResponse, RestError> {
    listed(&asked, None)
}

#[get("/Accounts/{account}/IncomingPhoneNumbers/{kind:Local|Mobile|TollFree}.json")]
pub(crate) async fn list_of_type(
    asked: Asked,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, RestError> {
    listed(&asked, Some(&path.1))
}

fn listed(asked: &Asked, kind: Option<&str>) -> Result<HttpResponse, RestError> {
    let query = asked.query();
    let wanted = query.get("PhoneNumber").map(|text| text.replace(['+', ' '], ""));
    let views = asked
        .world
        .store
        .lock()
        .numbers
        .iter()
        .filter(|n| n.account_sid == asked.account.sid && kind.is_none_or(|kind| n.kind == kind))
        .filter(|n| {
            wanted
                .as_ref()
                .is_none_or(|part| n.phone_number.contains(part.as_str()))
        })
        .filter(|n| {
            query
                .get("FriendlyName")
                .is_none_or(|name| n.friendly_name == name)
        })
        .map(Number::view)
        .collect();
    asked.page("incoming_phone_numbers", views)
}

#[post("/Accounts/{account}/IncomingPhoneNumbers.json")]
pub(crate) async fn create(asked: Asked, form: Form) -> Result<HttpResponse, RestError> {
    bought(&asked, "Local", &form)
}

#[post("/Accounts/{account}/IncomingPhoneNumbers/{kind:Local|Mobile|TollFree}.json")]
pub(crate) async fn create_of_type(
    asked: Asked,
    path: web::Path<(String, String)>,
    form: Form,
) -> Result<HttpResponse, RestError> {
    bought(&asked, &path.1, &form)
}

fn bought(asked: &Asked, kind: &str, form: &Form) -> Result<HttpResponse, RestError> {
    asked.must_be_active()?;
    let view = {
        let mut store = asked.world.store.lock();
        let taken = |number: &str| store.numbers.iter().any(|n| n.phone_number == number);
        let sale = choose(form, kind, asked.world.config.seed, &taken)?;
        let mut number = Number::new(&asked.account, &sale);
        number.apply(form)?;
        let view = number.view();
        store.numbers.push(number);
        view
    };
    asked.world.save();
    Ok(HttpResponse::Created().json(view))
}

fn choose(form: &Form, kind: &str, seed: u32, taken: &dyn Fn(&str) -> bool) -> Result<ForSale, RestError> {
    if let Some(number) = form.get("PhoneNumber") {
        if !is_e164(number) {
            return Err(RestError::bad(
                21421,
                format!("{number} is not a valid phone number"),
            ));
        }
        return inventory::find(number)
            .filter(|_| !taken(number))
            .ok_or_else(|| RestError::bad(21422, format!("{number} is not available")));
    }
    let Some(code) = form.get("AreaCode") else {
        return Err(RestError::bad(21421, "PhoneNumber or AreaCode is required"));
    };
    let Some(country) = ["US", "CA"]
        .into_iter()
        .find(|c| inventory::area_codes(c).any(|known| known == code))
    else {
        let shaped = code.len() == 3 && code.bytes().all(|b| b.is_ascii_digit());
        let (number, what) = if shaped {
            (21452, "No phone numbers found in")
        } else {
            (21451, "Invalid")
        };
        return Err(RestError::bad(number, format!("{what} area code {code}")));
    };
    inventory::numbers(country, kind, seed)
        .find(|sale| sale.area_code() == code && !taken(&sale.number))
        .ok_or_else(|| RestError::bad(21452, format!("No phone numbers found in area code {code}")))
}

#[get("/Accounts/{account}/IncomingPhoneNumbers/{sid}.json")]
pub(crate) async fn fetch(
    asked: Asked,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, RestError> {
    let store = asked.world.store.lock();
    let number = store.numbers.iter().find(|n| n.is(&asked.account, &path.1));
    let number = number.ok_or_else(|| asked.not_found())?;
    Ok(HttpResponse::Ok().json(number.view()))
}

#[post("/Accounts/{account}/IncomingPhoneNumbers/{sid}.json")]
pub(crate) async fn update(
    asked: Asked,
    path: web::Path<(String, String)>,
    form: Form,
) -> Result<HttpResponse, RestError> {
    let moved = match form.get("AccountSid").filter(|to| *to != asked.account.sid) {
        Some(to) => Some(destination(&asked, to)?),
        None => None,
    };
    let view = {
        let mut store = asked.world.store.lock();
        let number = store.numbers.iter_mut().find(|n| n.is(&asked.account, &path.1));
        let number = number.ok_or_else(|| asked.not_found())?;
        let mut changed = number.clone();
        changed.apply(&form)?;
        if let Some(to) = moved {
            changed.account_sid = to;
        }
        *number = changed;
        number.view()
    };
    asked.world.save();
    Ok(HttpResponse::Ok().json(view))
}

/// Numbers move between a parent and its subaccounts, by the parent's credentials.
fn destination(asked: &Asked, to: &str) -> Result<String, RestError> {
    let caller = asked.caller()?;
    let family = caller.owner_account_sid == caller.sid
        && asked
            .world
            .account(to)
            .is_some_and(|a| a.sid == caller.sid || a.owner_account_sid == caller.sid);
    if !family {
        return Err(RestError::bad(21474, format!("A number cannot be moved to {to}")));
    }
    Ok(to.to_owned())
}

#[delete("/Accounts/{account}/IncomingPhoneNumbers/{sid}.json")]
pub(crate) async fn delete(
    asked: Asked,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, RestError> {
    {
        let mut store = asked.world.store.lock();
        let at = store.numbers.iter().position(|n| n.is(&asked.account, &path.1));
        let at = at.ok_or_else(|| asked.not_found())?;
        store.numbers.remove(at);
    }
    asked.world.save();
    Ok(HttpResponse::NoContent().finish())
}
