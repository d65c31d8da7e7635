//! Calls that we make, over the simulated carrier: who may be rung, how often the carrier is asked, who answers.

mod answerers;
mod caps;
mod consents;
mod lists;
mod once;
mod policy;
mod pools;
mod queue;
mod watch;

use phony_journeys::{Answer, Product, Tenant, eventually};
use serde_json::{Value, json};

/// A company that may ring at any hour, with a number.
struct Desk {
    product: Product,
    acme: Tenant,
    from: String,
}

impl Desk {
    async fn new() -> Self {
        Self::of(Product::start().await).await
    }

    async fn of(product: Product) -> Self {
        let acme = product.tenant("acme").await;
        product.upgrade(&acme).await;
        product.app.clock.advance(chrono::TimeDelta::seconds(6));
        product.allow_outbound(&acme).await;
        let from = product.buy_number(&acme).await["e164"]
            .as_str()
            .unwrap()
            .to_owned();
        Self { product, acme, from }
    }

    /// Changes the policy.
    async fn policy(&self, change: Value) -> Answer {
        let patch = json!({ "outbound_policy": change });
        self.acme.admin.patch("/v1/tenant", &patch).await.expect(200)
    }

    /// Orders a call again and again while the service is busy; many orders at once meet the limits of the machine. All
    /// of it is one order.
    async fn insist(&self, body: &Value) -> Answer {
        let key = uuid::Uuid::now_v7().to_string();
        let headers = [("idempotency-key", key.as_str())];
        for _ in 0..200 {
            let admin = &self.acme.admin;
            let answer = admin
                .send("POST", "/v1/calls", &headers, Some(body.to_string()))
                .await;
            let busy = answer.status == 503
                || answer["code"] == "rate_limited"
                || answer["code"] == "too_many_requests"
                || answer["code"] == "idempotency_in_progress";
            if !busy {
                return answer;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        panic!("the service stays busy");
    }

    /// Says how a telephone behaves.
    async fn telephone(&self, how: Value) {
        self.product.order("/sim/targets", &how).await;
    }

    async fn place(&self, body: &Value) -> Answer {
        self.acme.admin.post("/v1/calls", body).await
    }

    /// Orders a call and gives its id.
    async fn ring(&self, body: &Value) -> String {
        let call = self.place(body).await.expect(201);
        assert_eq!(
            (&call["status"], &call["direction"]),
            (&json!("queued"), &json!("outbound"))
        );
        call["id"].as_str().unwrap().to_owned()
    }

    /// Lets so many calls wait in the queue, to people who take none; one is dialled a second.
    async fn wait_behind(&self, calls: u32) {
        for n in 0..calls {
            let to = format!("+1415555029{n}");
            self.telephone(json!({ "number": to, "answerer": "no_answer" }))
                .await;
            let consent = json!({ "e164": to, "kind": "ai_voice", "source": "letter" });
            let _ = self.acme.admin.post("/v1/consents", &consent).await.expect(201);
            self.ring(&json!({ "to": to, "answer_timeout_seconds": 600 }))
                .await;
        }
    }

    async fn call(&self, id: &str) -> Value {
        self.acme
            .admin
            .get(&format!("/v1/calls/{id}"))
            .await
            .expect(200)
            .json
    }

    /// Waits until a call is over and what the carrier said of it is booked.
    async fn over(&self, id: &str) -> Value {
        eventually("the call is over and settled", async || {
            let call = self.call(id).await;
            (call["status"] == "ended" && call["settled"] == true).then_some(call)
        })
        .await
    }

    /// Waits until a call has got so far.
    async fn reaches(&self, id: &str, status: &str) -> Value {
        eventually(&format!("the call is {status}"), async || {
            let call = self.call(id).await;
            (call["status"] == status).then_some(call)
        })
        .await
    }

    /// Calls that the carrier was asked to make, oldest first.
    async fn at_the_carrier(&self) -> Vec<Value> {
        let calls = self.product.control().get("/sim/calls").await.expect(200).json;
        let calls = calls["data"].as_array().cloned().unwrap_or_default();
        calls
            .into_iter()
            .filter(|call| call["direction"] == "outbound-api")
            .collect()
    }

    /// What the person at the other end has heard.
    async fn heard(&self, call: &Value) -> String {
        let path = format!("/sim/calls/{}", call["call_sid"].as_str().unwrap());
        let report = self.product.control().get(&path).await.expect(200).json;
        let heard = report["heard"].as_array().cloned().unwrap_or_default();
        heard
            .iter()
            .filter_map(|line| line["text"].as_str())
            .collect::<Vec<_>>()
            .join(" ")
    }

    async fn skus(&self) -> Vec<String> {
        let usage = self.acme.admin.get("/v1/usage").await.expect(200);
        let rows = usage["data"].as_array().cloned().unwrap_or_default();
        rows.iter()
            .filter_map(|row| row["sku"].as_str().map(str::to_owned))
            .collect()
    }
}
