//! A valid request for every operation, on objects made for it alone where it uses them up.

use phony_journeys::{Answer, Client, PASSWORD};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Operation;
use world::{id_of, unique};

pub(crate) use world::World;

mod factors;
mod numbers;
mod people;
mod policy;
mod world;

/// A request without its credential.
#[derive(Debug, Clone, Default)]
pub(crate) struct Case {
    /// What `{id}` stands for.
    pub(crate) id: String,
    /// What `{rid}` stands for.
    pub(crate) rid: String,
    /// With its question mark.
    pub(crate) query: &'static str,
    /// Headers beside the credential.
    pub(crate) headers: Vec<(&'static str, String)>,
    /// JSON body.
    pub(crate) body: Option<Value>,
}

impl Case {
    fn of(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            ..Self::default()
        }
    }

    fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    fn query(mut self, query: &'static str) -> Self {
        self.query = query;
        self
    }

    fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// With a key for idempotency of its own.
    fn once(self) -> Self {
        self.header("idempotency-key", Uuid::now_v7().to_string())
    }

    /// Where it goes.
    pub(crate) fn path(&self, operation: &Operation) -> String {
        operation
            .path
            .replace("{id}", &self.id)
            .replace("{rid}", &self.rid)
            .replace("{provider}", "openai")
            .replace("{tenant_id}", &self.id)
    }

    /// Sends it as somebody.
    pub(crate) async fn send(&self, operation: &Operation, client: &Client) -> Answer {
        let path = format!("{}{}", self.path(operation), self.query);
        let headers: Vec<(&str, &str)> = self
            .headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        client
            .send(
                &operation.method,
                &path,
                &headers,
                self.body.as_ref().map(Value::to_string),
            )
            .await
    }
}

impl World {
    /// A valid request of an operation; none is an operation that nobody has thought of yet.
    pub(crate) async fn case(&self, operation: &str) -> Option<Case> {
        let nothing = Case::default();
        let number = Case::of(self.number["id"].as_str().unwrap());
        let call = Case::of(&self.call);
        Some(match operation {
            "get_health" | "get_readiness" | "get_me" | "list_live_calls" | "list_personality_presets" => {
                nothing
            }
            "enrol_totp" | "confirm_totp" | "disable_totp" | "renew_recovery_codes" | "start_sso" | "finish_sso" | "link_sso"
            | "get_sso_connection" | "put_sso_connection" | "delete_sso_connection" | "verify_sso_domains"
            | "list_provider_credentials" | "put_provider_credential" | "delete_provider_credential"
            | "check_provider_credential" => self.factors_case(operation).await,
            "list_api_keys" | "list_numbers" | "list_personalities" | "list_exports" => {
                nothing.query("?limit=5")
            }
            "list_models" => nothing.query("?purpose=speech"),
            "list_voices" => nothing.query("?language=hi-IN"),
            "list_calls" => nothing.query("?limit=5&direction=inbound"),
            "get_usage" => nothing.query("?group_by=day"),
            "list_prices" => nothing.query("?at=2026-07-01T00:00:00Z"),
            "search_available_numbers" => nothing.query("?country=US&area_code=415&type=local"),
            "sign_up" => {
                let email = format!("{}@new.example", Uuid::now_v7().simple());
                nothing.body(json!({
                    "company": "New company", "name": "Noor Haddad", "email": email, "password": PASSWORD,
                    "time_zone": "Europe/Berlin",
                }))
            }
            "log_in" => nothing.body(json!({
                "email": self.acme.email, "password": PASSWORD, "tenant_id": self.acme.id,
            })),
            "refresh" | "log_out" => self.with_cookie().await,
            "step_up" => nothing.body(json!({ "password": PASSWORD })),
            "change_password" => nothing.body(json!({
                "current_password": PASSWORD, "password": "copper-thistle-raft-81", "totp": null,
            })),
            "create_api_key" => nothing
                .once()
                .body(json!({ "name": "Booking system", "scopes": ["calls:read"], "expires_at": null, "mode": "test", "allowed_cidrs": ["127.0.0.0/8"] })),
            "rotate_api_key" => Case::of(&self.key(&["calls:read"]).await.0)
                .once()
                .body(json!({ "overlap_hours": 0 })),
            "list_plans" | "get_concurrency" => nothing,
            "preview_plan" => nothing.query("?plan=basic"),
            // The plan that it has: the other requests need it.
            "change_plan" => nothing.body(json!({ "plan": "enterprise" })),
            "revoke_api_key" => Case::of(&self.key(&["calls:read"]).await.0),
            "buy_number" => nothing.once().body(json!({
                "country": "US", "area_code": "415", "label": "Front desk",
            })),
            "get_number" => number,
            "update_number" => number.body(json!({
                "label": "Reception", "engine": "realtime", "overflow_e164": "+14155550188",
            })),
            "release_number" => Case::of(&id_of(&self.product.buy_number(&self.acme).await)),
            "create_personality" => nothing.body(Self::personality_body()),
            "get_personality" => Case::of(&self.personality().await),
            "update_personality" => {
                let realtime = json!({ "turn_detection": { "type": "semantic_vad" }, "speed": 1.2 });
                Case::of(&self.personality().await)
                    .body(json!({ "greeting": "Welcome.", "realtime": realtime, "fallback": "gather" }))
            }
            "get_call" | "list_call_items" | "list_call_events" | "get_call_usage" | "list_call_recordings" => call,
            "get_recording_audio" | "delete_recording" => self.recorded().await,
            "act_on_call" => Case::of(&self.live_call().await).body(json!({
                "action_id": Uuid::now_v7().to_string(), "type": "say", "text": "Hello from the desk.",
                "mode": "verbatim", "when": "now",
            })),
            "get_tenant" => nothing,
            "update_tenant" => nothing.body(json!({ "outbound_policy": { "max_call_minutes": 20 } })),
            "list_do_not_call" => nothing.query("?limit=5"),
            "add_do_not_call" => nothing.body(json!({ "e164": "+14155550178", "reason": "asked by letter" })),
            "remove_do_not_call" => Case::of(&self.do_not_call().await),
            "create_call" => nothing.once().body(json!({
                "to": "+14155550176", "opening_message": "Hello {{name}}.", "answer_timeout_seconds": 20,
                "machine_detection": { "mailbox": { "action": "hang_up" } },
                "metadata": { "crm": "42" }, "variables": { "name": "Ben" },
            })),
            "cancel_call" => Case::of(&self.call_that_rings().await),
            "erase_call" => Case::of(&self.call_taken_back().await),
            "chat" => nothing.body(json!({ "personality_id": self.personality().await, "text": "Hello." })),
            "create_web_call" => nothing.body(self.web_call_body().await),
            "create_ws_ticket" => nothing.body(json!({ "purpose": "live" })),
            "list_audit_log" => nothing.query("?limit=5&action=number."),
            "verify_audit_log" => nothing,
            "export_audit_log" => nothing.query("?actor=system"),
            "list_data_exports" | "list_erasures" => nothing.query("?limit=5"),
            "create_data_export" => nothing
                .once()
                .body(json!({ "subject": "contact", "e164": "+14155550171" })),
            "get_data_export" | "download_data_export" => Case::of(&self.data_export().await),
            "create_erasure" => nothing
                .once()
                .body(json!({ "subject": "contact", "e164": "+14155550171" })),
            "get_erasure" => Case::of(&self.erasure().await),
            "create_export" => nothing.once().body(self.export_body()),
            "get_export" => Case::of(&self.export(false).await),
            "download_export" => Case::of(&self.export(true).await),
            _ => match self.people_case(operation).await {
                Some(case) => case,
                None => return self.number_case(operation).await,
            },
        })
    }
}
