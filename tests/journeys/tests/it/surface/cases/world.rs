//! The company that requests are about, and objects of it that are made for one request alone.

use phony_journeys::{Client, PASSWORD, Product, Tenant, eventually};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Case;

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

pub(super) fn unique(word: &str) -> String {
    format!("{word} {}", Uuid::now_v7().simple())
}

pub(super) fn id_of(object: &Value) -> String {
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
    pub(super) async fn recorded(&self) -> Case {
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
    pub(super) async fn call_that_rings(&self) -> String {
        let to = "+14155550176";
        let telephone = json!({ "number": to, "answerer": "no_answer" });
        self.product.order("/sim/targets", &telephone).await;
        let body = json!({ "to": to, "answer_timeout_seconds": 600 });
        id_of(&self.acme.admin.post("/v1/calls", &body).await.expect(201).json)
    }

    /// Our id of a call that was taken back.
    pub(super) async fn call_taken_back(&self) -> String {
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

    pub(super) async fn do_not_call(&self) -> String {
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

    pub(super) async fn web_call_body(&self) -> Value {
        // Without a draft, which needs the right to write personalities.
        json!({ "personality_id": self.personality().await, "mode": "text" })
    }

    pub(super) async fn export(&self, ready: bool) -> String {
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
    pub(super) async fn data_export(&self) -> String {
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
    pub(super) async fn erasure(&self) -> String {
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

    pub(super) fn export_body(&self) -> Value {
        let now = self.product.app.clock.now();
        let from = (now - chrono::TimeDelta::days(7)).to_rfc3339();
        json!({ "dataset": "usage", "format": "csv", "from": from, "to": now.to_rfc3339() })
    }

    pub(super) fn personality_body() -> Value {
        json!({
            "name": unique("Night desk"), "description": "Answers at night", "voice": "alloy", "language": "en-US",
            "greeting": "Good evening.", "system_prompt": "You answer the phone of a hotel at night.",
            "response_style": "short", "traits": ["calm"],
            "examples": [{ "caller": "Hello?", "agent": "Good evening, how can I help?" }],
            "transfer_targets": [{ "alias": "porter", "e164": "+14155550142" }],
        })
    }

    pub(super) async fn personality(&self) -> String {
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

    pub(super) async fn with_cookie(&self) -> Case {
        Case::default()
            .header("cookie", self.cookie().await)
            .header("origin", self.product.url.clone())
            .header("content-type", "application/json")
    }
}
