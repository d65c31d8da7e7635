//! Requests about second factors, single sign-on and a company's own keys at providers.

use phony_journeys::{Authenticator, Client};
use serde_json::{Value, json};

use super::{Case, World};

impl World {
    /// A valid request of an operation about factors.
    pub(super) async fn factors_case(&self, operation: &str) -> Case {
        let nothing = Case::default();
        match operation {
            // For whoever has not begun; those who may are stood in for.
            "confirm_totp" | "disable_totp" => nothing.body(json!({ "code": "000000" })),
            "start_sso" => nothing.query("?email=ana%40nowhere.example"),
            "finish_sso" => Case::of(&self.acme.id).query("?code=x&state=y"),
            "put_sso_connection" => nothing.body(self.sso_body()),
            "get_sso_connection" | "delete_sso_connection" | "verify_sso_domains" => {
                self.put("/v1/sso_connection", &self.sso_body()).await;
                nothing
            }
            "link_sso" => {
                self.put("/v1/sso_connection", &self.sso_body()).await;
                nothing.body(json!({ "return_to": "/dashboard/settings" }))
            }
            "put_provider_credential" => nothing.body(self.credential_body()),
            "delete_provider_credential" | "check_provider_credential" => {
                self.put("/v1/provider_credentials/openai", &self.credential_body())
                    .await;
                nothing
            }
            _ => nothing,
        }
    }

    /// A request of somebody who has set a second factor up as far as it takes.
    pub(super) async fn totp_case(&self, operation: &str, one: &Client) -> Case {
        let begun = one
            .send("POST", "/v1/auth/totp/enrol", &[], None)
            .await
            .expect(200);
        let authenticator = Authenticator::new(begun["secret"].as_str().unwrap());
        let code = authenticator.code(self.product.app.clock.now().timestamp());
        let body = json!({ "code": code });
        if operation == "confirm_totp" {
            return Case::default().body(body);
        }
        let done = one.post("/v1/auth/totp/confirm", &body).await.expect(200);
        if operation == "renew_recovery_codes" {
            return Case::default();
        }
        Case::default().body(json!({ "code": done["recovery_codes"][0] }))
    }

    fn sso_body(&self) -> Value {
        json!({
            "issuer": self.product.simulator.oidc_issuer(), "client_id": "phony", "client_secret": "of the provider",
            "domains": ["acme.example"], "enforced": false,
        })
    }

    fn credential_body(&self) -> Value {
        json!({ "api_key": "sk-of-our-own", "base_url": format!("{}/v1", self.product.simulator.url()) })
    }

    async fn put(&self, path: &str, body: &Value) {
        let answer = self
            .acme
            .admin
            .send("PUT", path, &[], Some(body.to_string()))
            .await;
        let _ = answer.expect(200);
    }
}
