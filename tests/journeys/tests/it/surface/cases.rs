//! A valid request for every operation, on objects made for it alone where it uses them up.

use phony_journeys::{Answer, Client, PASSWORD, Product, Tenant, eventually};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Operation;

mod factors;
mod numbers;
mod people;
mod policy;

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

/// A company with everything that requests are about.
pub(crate) struct World {
    /// The product that it is in.
    pub(crate) product: Product,
    /// The company.
    pub(crate) acme: Tenant,
    /// One of its numbers.
    pub(crate) number: Value,
    /// The carrier's id of a call that is over or may be.
    pub(crate) call: String,
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

fn unique(word: &str) -> String {
    format!("{word} {}", Uuid::now_v7().simple())
}

fn id_of(object: &Value) -> String {
    object["id"].as_str().expect("an id").to_owned()
}

impl World {
    /// A company on the largest plan with a number and a call.
    pub(crate) async fn new() -> Self {
        let product = Product::start().await;
        let acme = product.tenant("acme").await;
        product.upgrade_to(&acme, "enterprise").await;
        // The plan is remembered for five seconds.
        product.app.clock.advance(chrono::TimeDelta::seconds(6));
        product.allow_outbound(&acme).await;
        let number = product.buy_number(&acme).await;
        let mut world = Self {
            product,
            acme,
            number,
            call: String::new(),
        };
        world.call = world.live_call().await;
        world
    }

    /// The carrier's id of a new call that is going on.
    pub(crate) async fn live_call(&self) -> String {
        let caller = self
            .product
            .ring(self.number["e164"].as_str().unwrap(), &json!([]))
            .await;
        let path = format!("/v1/calls/{}", caller.call_sid);
        eventually("the call is going on", async || {
            let call = self.acme.admin.get(&path).await;
            (call["status"] == "in_progress").then_some(())
        })
        .await;
        caller.call_sid
    }

    /// A call that is over, and a recording of it that can be heard.
    async fn recorded(&self) -> Case {
        let admin = &self.acme.admin;
        let number = format!("/v1/numbers/{}", id_of(&self.number));
        let record = async |mode: &str| {
            let change = json!({ "recording": { "mode": mode, "consent": "off" } });
            let _ = admin.patch(&number, &change).await.expect(200);
        };
        record("always").await;
        let call = self.live_call().await;
        record("off").await;
        let path = format!("/v1/calls/{call}/recordings");
        let stands = async |status: &str| {
            eventually(&format!("the recording is {status}"), async || {
                let list = admin.get(&path).await;
                let first = list["data"][0].clone();
                (first["status"] == status).then(|| id_of(&first))
            })
            .await
        };
        stands("recording").await;
        let order = async |what: &str, body: Value| {
            let path = format!("/sim/calls/{call}/{what}");
            let _ = self.product.control().post(&path, &body).await;
        };
        order("say", json!({ "text": "Please keep this" })).await;
        let items = format!("/v1/calls/{call}/items");
        eventually("the caller was heard", async || {
            let items = admin.get(&items).await;
            items.text.contains("Please keep this").then_some(())
        })
        .await;
        order("hangup", json!({})).await;
        let rid = stands("ready").await;
        eventually(
            "the carrier's copies are gone, and nothing is left to do",
            async || {
                let kept = "SELECT count(*)::text FROM phony.recordings WHERE carrier_deleted_at IS NULL";
                (self.product.sql_text(kept).await == "0").then_some(())
            },
        )
        .await;
        Case {
            rid,
            ..Case::of(&call)
        }
    }

    /// Our id of a call that we make and that nobody takes.
    async fn call_that_rings(&self) -> String {
        let to = "+14155550176";
        let telephone = json!({ "number": to, "answerer": "no_answer" });
        let _ = self.product.control().post("/sim/targets", &telephone).await;
        let body = json!({ "to": to, "answer_timeout_seconds": 600 });
        id_of(&self.acme.admin.post("/v1/calls", &body).await.expect(201).json)
    }

    /// Our id of a call that was taken back.
    async fn call_taken_back(&self) -> String {
        let id = self.call_that_rings().await;
        let path = format!("/v1/calls/{id}/cancel");
        let _ = self.acme.admin.send("POST", &path, &[], None).await.expect(200);
        eventually("the call is over", async || {
            let call = self.acme.admin.get(&format!("/v1/calls/{id}")).await;
            (call["status"] == "ended").then_some(())
        })
        .await;
        id
    }

    async fn do_not_call(&self) -> String {
        let last = Uuid::now_v7().as_u128() % 10_000;
        let body = json!({ "e164": format!("+1415556{last:04}") });
        id_of(
            &self
                .acme
                .admin
                .post("/v1/do_not_call", &body)
                .await
                .expect(201)
                .json,
        )
    }

    /// A key with some scopes: its id and itself.
    pub(crate) async fn key(&self, scopes: &[&str]) -> (String, Client) {
        let body = json!({ "name": unique("key"), "scopes": scopes });
        let key = self.acme.admin.post("/v1/api_keys", &body).await.expect(201);
        (
            id_of(&key.json),
            self.acme.admin.with_token(key["key"].as_str().unwrap()),
        )
    }

    async fn web_call_body(&self) -> Value {
        // Without a draft, which needs the right to write personalities.
        json!({ "personality_id": self.personality().await, "mode": "text" })
    }

    async fn export(&self, ready: bool) -> String {
        let body = self.export_body();
        let export = id_of(&self.acme.admin.post("/v1/exports", &body).await.expect(202).json);
        let path = format!("/v1/exports/{export}");
        eventually("the export is ready", async || {
            let status = self.acme.admin.get(&path).await.expect(200).json["status"].clone();
            (!ready || status == "ready").then_some(())
        })
        .await;
        export
    }

    /// A copy of what there is of nobody in particular, ready.
    async fn data_export(&self) -> String {
        let body = json!({ "subject": "contact", "e164": "+14155550171" });
        let copy = self
            .acme
            .admin
            .post("/v1/privacy/exports", &body)
            .await
            .expect(202);
        let path = format!("/v1/privacy/exports/{}", id_of(&copy.json));
        eventually("the copy is ready", async || {
            (self.acme.admin.get(&path).await["status"] == "ready").then_some(())
        })
        .await;
        id_of(&copy.json)
    }

    /// An erasure of nobody in particular, done.
    async fn erasure(&self) -> String {
        let body = json!({ "subject": "contact", "e164": "+14155550171" });
        let erasure = self
            .acme
            .admin
            .post("/v1/privacy/erasures", &body)
            .await
            .expect(202);
        let path = format!("/v1/privacy/erasures/{}", id_of(&erasure.json));
        eventually("the erasure is done", async || {
            (self.acme.admin.get(&path).await["status"] == "done").then_some(())
        })
        .await;
        id_of(&erasure.json)
    }

    fn export_body(&self) -> Value {
        let now = self.product.app.clock.now();
        let from = (now - chrono::TimeDelta::days(7)).to_rfc3339();
        json!({ "dataset": "usage", "format": "csv", "from": from, "to": now.to_rfc3339() })
    }

    fn personality_body() -> Value {
        json!({
            "name": unique("Night desk"), "description": "Answers at night", "voice": "alloy", "language": "en-US",
            "greeting": "Good evening.", "system_prompt": "You answer the phone of a hotel at night.",
            "response_style": "short", "traits": ["calm"],
            "examples": [{ "caller": "Hello?", "agent": "Good evening, how can I help?" }],
            "transfer_targets": [{ "alias": "porter", "e164": "+14155550142" }],
        })
    }

    async fn personality(&self) -> String {
        let body = Self::personality_body();
        id_of(
            &self
                .acme
                .admin
                .post("/v1/personalities", &body)
                .await
                .expect(201)
                .json,
        )
    }

    /// The refresh cookie of a new session.
    pub(crate) async fn cookie(&self) -> String {
        let body = json!({ "email": self.acme.email, "password": PASSWORD });
        let session = self
            .product
            .anonymous()
            .post("/v1/auth/login", &body)
            .await
            .expect(200);
        let cookie = session.headers.get("set-cookie").unwrap().to_str().unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }

    async fn with_cookie(&self) -> Case {
        Case::default()
            .header("cookie", self.cookie().await)
            .header("origin", self.product.url.clone())
            .header("content-type", "application/json")
    }

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
