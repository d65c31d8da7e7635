//! Requests about whom agents may ring.

use serde_json::json;

use super::{Case, World, id_of};

impl World {
    /// A valid request of an operation about consents, national lists or a stop.
    pub(super) async fn policy_case(&self, operation: &str) -> Option<Case> {
        let nothing = Case::default();
        Some(match operation {
            "list_consents" => nothing.query("?limit=5&kind=marketing&e164=%2B14155550174"),
            "record_consent" => nothing.body(json!({
                "e164": "(415) 555-0174", "kind": "marketing", "source": "sign-up form",
                "captured_at": "2026-11-01T09:00:00Z", "evidence": { "form": "F-12" },
            })),
            "revoke_consent" => {
                let body = json!({ "e164": "+14155550174", "kind": "ai_voice", "source": "letter" });
                let consent = self.acme.admin.post("/v1/consents", &body).await;
                Case::of(&id_of(&consent.expect(201).json))
            }
            "list_national_lists" | "resume_outbound" => nothing,
            "import_national_list" => nothing.body(self.national_list("GB")),
            "remove_national_list" => {
                let body = self.national_list("FR");
                let list = self.acme.admin.post("/v1/do_not_call/national", &body).await;
                Case::of(&id_of(&list.expect(200)["list"]))
            }
            _ => return None,
        })
    }

    fn national_list(&self, country: &str) -> serde_json::Value {
        let today = self.product.app.clock.now().date_naive();
        json!({ "country": country, "as_of": today.to_string(), "numbers": "+442079460018\n+33123456789\n", "more": false })
    }
}
