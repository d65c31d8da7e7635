//! What a company has and sees of its calls: a number that an agent answers, calls and their ledgers.

use serde_json::{Value, json};

use crate::{Client, Product, Tenant, eventually};

/// A number that an agent answers.
pub struct AnsweredNumber {
    /// The number.
    pub e164: String,
    /// Its id.
    pub id: String,
    /// Who answers.
    pub personality: String,
}

impl Product {
    /// Buys a number that Maya answers, who speaks by this engine; `settings` are hers, beside the usual ones.
    ///
    /// # Panics
    /// When a part is refused.
    pub async fn number_of_maya(&self, tenant: &Tenant, engine: &str, settings: Value) -> AnsweredNumber {
        let mut maya = json!({
            "name": "Maya", "voice": "marin", "greeting": "Hello, this is Maya.",
            "system_prompt": "You are Maya and answer the phone of a bicycle shop.",
        });
        if let (Value::Object(maya), Value::Object(settings)) = (&mut maya, settings) {
            maya.extend(settings);
        }
        let made = tenant.admin.post("/v1/personalities", &maya).await.expect(201);
        let number = self.buy_number(tenant).await;
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let id = text(&number["id"]);
        let change = json!({ "engine": engine, "personality_id": made["id"] });
        let path = format!("/v1/numbers/{id}");
        let _ = tenant.admin.patch(&path, &change).await.expect(200);
        AnsweredNumber {
            e164: text(&number["e164"]),
            id,
            personality: text(&made["id"]),
        }
    }
}

impl Client {
    /// A call by its id, or the carrier's, once it is over.
    ///
    /// # Panics
    /// When it does not end.
    pub async fn ended_call(&self, call: &str) -> Value {
        let path = format!("/v1/calls/{call}");
        eventually("the call has ended", async || {
            let call = self.get(&path).await.expect(200).json;
            (call["status"] == "ended").then_some(call)
        })
        .await
    }

    /// The newest lines of a call's ledger, oldest first.
    ///
    /// # Panics
    /// When they are refused.
    pub async fn items(&self, call: &str) -> Vec<Value> {
        let path = format!("/v1/calls/{call}/items?limit=100");
        let page = self.get(&path).await.expect(200).json;
        page["data"].as_array().cloned().unwrap_or_default()
    }

    /// Those of one kind.
    ///
    /// # Panics
    /// When they are refused.
    pub async fn items_of(&self, call: &str, kind: &str) -> Vec<Value> {
        let mut items = self.items(call).await;
        items.retain(|item| item["kind"] == kind);
        items
    }
}
