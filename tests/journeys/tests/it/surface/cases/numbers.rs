//! Requests about numbers, pools and contacts.

use serde_json::json;
use uuid::Uuid;

use super::{Case, World, id_of, unique};

impl World {
    /// A valid request of an operation about numbers, pools or contacts.
    pub(super) async fn number_case(&self, operation: &str) -> Option<Case> {
        let nothing = Case::default();
        let number = self.number["id"].as_str().expect("an id");
        Some(match operation {
            "import_number" => {
                let owned = self.product.owned_number().await;
                nothing.once().body(json!({ "sid": owned["sid"], "label": "Old line" }))
            }
            "sync_number" => Case::of(number),
            "list_number_pools" => nothing.query("?limit=5"),
            "create_number_pool" => nothing.body(json!({
                "name": unique("pool"), "strategy": "round_robin", "number_ids": [number],
            })),
            "get_number_pool" | "delete_number_pool" => Case::of(&self.pool().await),
            "update_number_pool" => Case::of(&self.pool().await).body(json!({
                "name": unique("pool"), "strategy": "local_presence", "number_ids": [number],
            })),
            "list_contacts" => nothing.query("?limit=5&search=415&plan=premium"),
            "create_contact" => nothing.body(json!({
                "e164": some_number(), "name": "Noor Haddad", "plan": "premium", "verified": true,
                "attributes": { "city": "Oslo" },
            })),
            "get_contact" | "delete_contact" => Case::of(&self.contact().await),
            "update_contact" => Case::of(&self.contact().await).body(json!({
                "e164": some_number(), "name": "Noor Haddad", "plan": "standard", "verified": false,
                "attributes": { "city": "Bergen" },
            })),
            "import_contacts" => nothing.body(json!({
                "csv": "phone_number,name,plan\n+14155550161,Ada,premium\nnobody,Bob,\n", "country": "US", "on_known": "update",
            })),
            "verify_contact" => nothing.body(json!({ "phone_number": "(415) 555-0161", "country": "US" })),
            _ => return self.policy_case(operation).await,
        })
    }

    async fn pool(&self) -> String {
        let body =
            json!({ "name": unique("pool"), "strategy": "least_used", "number_ids": [self.number["id"]] });
        id_of(
            &self
                .acme
                .admin
                .post("/v1/number_pools", &body)
                .await
                .expect(201)
                .json,
        )
    }

    async fn contact(&self) -> String {
        let body = json!({ "e164": some_number(), "name": "Somebody" });
        id_of(&self.acme.admin.post("/v1/contacts", &body).await.expect(201).json)
    }
}

/// A number that nobody has had before.
fn some_number() -> String {
    format!("+1415{:07}", 2_000_000 + Uuid::new_v4().as_u128() % 7_000_000)
}
