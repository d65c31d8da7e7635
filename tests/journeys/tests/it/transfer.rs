//! Callers who are handed to somebody, cold and warm, on each engine: what both sides hear, every way in which it comes
//! to nothing, and what is kept and billed of it. And callers whom a supervisor lets wait.

mod away;
mod hold;
mod notes;
mod outcomes;
mod realtime;

use std::time::{Duration, Instant};

use phony_journeys::{Caller, PATIENCE, Product, Tenant, eventually};
use serde_json::{Value, json};

const LEE: &str = "Nice to meet you, Lee.";
const SORRY: &str = "my colleague cannot take your call right now";
/// Who is busy at once cuts the rest off.
const WAIT: &str = "One moment please";

/// Who leaves sooner after a meeting began has not taken the call.
const TAKEN_AFTER: Duration = Duration::from_millis(3_200);

/// Somebody who may be called, and what it comes to.
struct Colleague {
    alias: &'static str,
    number: &'static str,
    kind: &'static str,
    telephone: Value,
    /// Why nobody takes the caller.
    reason: &'static str,
}

fn colleague(
    alias: &'static str,
    number: &'static str,
    kind: &'static str,
    telephone: Value,
    reason: &'static str,
) -> Colleague {
    Colleague {
        alias,
        number,
        kind,
        telephone,
        reason,
    }
}

/// A person who does this when asked.
fn person(script: &Value) -> Value {
    json!({ "answerer": "person", "ring_ms": 200, "script": script, "stay": true })
}

/// Everybody who does not take a call.
fn nobody() -> Vec<Colleague> {
    let answerer = |how: &str| json!({ "answerer": how, "ring_ms": 200 });
    let asked = |then: Value| person(&json!([{ "wait_for": "say no" }, then]));
    vec![
        colleague("busy", "+14155550111", "warm", answerer("busy"), "busy"),
        colleague(
            "nobody",
            "+14155550112",
            "warm",
            answerer("no_answer"),
            "no_answer",
        ),
        colleague("dead", "+14155550113", "warm", answerer("fail"), "failed"),
        colleague("mailbox", "+14155550114", "warm", answerer("mailbox"), "mailbox"),
        colleague(
            "declines",
            "+14155550115",
            "warm",
            asked(json!({ "press": "2" })),
            "rejected",
        ),
        colleague(
            "refuses",
            "+14155550116",
            "warm",
            asked(json!({ "say": "No, not now." })),
            "rejected",
        ),
        colleague(
            "leaves",
            "+14155550117",
            "warm",
            person(&json!([{ "wait_for": "assistant" }, { "hangup": true }])),
            "target_hung_up",
        ),
        colleague(
            "fickle",
            "+14155550119",
            "warm",
            person(&json!([{ "wait_for": "say no" }, { "press": "1" }, { "hangup": true }])),
            "target_hung_up",
        ),
        colleague(
            "barred",
            "+14155550118",
            "warm",
            person(&json!([])),
            "carrier_error",
        ),
        colleague("engaged", "+14155550121", "cold", answerer("busy"), "busy"),
        colleague("away", "+14155550122", "cold", answerer("no_answer"), "no_answer"),
        colleague("broken", "+14155550123", "cold", answerer("fail"), "failed"),
    ]
}

/// A company whose agent may hand callers to these.
struct Line {
    product: Product,
    tenant: Tenant,
    e164: String,
}

impl Line {
    async fn new(engine: &str, colleagues: &[Colleague]) -> Self {
        let product = Product::start().await;
        let tenant = product.tenant("acme").await;
        product.upgrade(&tenant).await;
        let targets: Vec<Value> = colleagues
            .iter()
            .map(|one| json!({ "alias": one.alias, "e164": one.number, "kind": one.kind }))
            .collect();
        let settings = json!({ "transfer_targets": targets });
        let number = product.number_of_maya(&tenant, engine, settings).await;
        // The first that fits counts: a summary is asked for with the caller's words in it.
        let mut rules = vec![
            json!({ "when_contains": "Sum up this call", "reply": "They ask for somebody by name." }),
            json!({ "when_contains": "name is Lee", "reply": LEE }),
        ];
        for one in colleagues {
            let reply = format!("Let me see. [[transfer:{}]]", one.alias);
            rules.push(json!({ "when_contains": format!("ask {}", one.alias), "reply": reply }));
            let mut telephone = one.telephone.clone();
            telephone["number"] = json!(one.number);
            product.order("/sim/targets", &telephone).await;
        }
        product.order("/sim/model/rules", &json!(rules)).await;
        Self {
            product,
            tenant,
            e164: number.e164,
        }
    }

    async fn ring(&self) -> Caller {
        let caller = self.product.ring(&self.e164, &json!([])).await;
        caller.hears("Maya").await;
        caller
    }

    /// The newest call to a number.
    async fn called(&self, number: &str) -> Value {
        eventually(&format!("{number} is called"), async || {
            let calls = self.product.control().get("/sim/calls").await.expect(200).json;
            let call = calls["data"]
                .as_array()?
                .iter()
                .find(|call| call["to"] == number)?;
            let path = format!("/sim/calls/{}", call["call_sid"].as_str()?);
            Some(self.product.control().get(&path).await.expect(200).json)
        })
        .await
    }

    /// Everything that somebody who was called has heard, once it holds these words.
    async fn target_hears(&self, number: &str, words: &str) -> String {
        eventually(&format!("{number} hears {words:?}"), async || {
            let report = self.called(number).await;
            let heard: Vec<&str> = report["heard"]
                .as_array()?
                .iter()
                .filter_map(|line| line["text"].as_str())
                .collect();
            let heard = heard.join(" ");
            heard.contains(words).then_some(heard)
        })
        .await
    }

    async fn call(&self, caller: &Caller) -> Value {
        let path = format!("/v1/calls/{}", caller.call_sid);
        self.tenant.admin.get(&path).await.expect(200).json
    }

    async fn items(&self, caller: &Caller, kind: &str) -> Vec<Value> {
        self.tenant.admin.items_of(&caller.call_sid, kind).await
    }

    /// The call's transfer, once it is so far.
    async fn transfer(&self, caller: &Caller, status: &str) -> Value {
        let until = Instant::now() + PATIENCE;
        loop {
            let item = self.items(caller, "transfer").await.pop();
            if let Some(item) = item.as_ref().filter(|item| item["status"] == status) {
                return item.clone();
            }
            assert!(
                Instant::now() < until,
                "the transfer is not {status}: {item:#?}\n{}",
                self.told().await
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// What the carrier knows of all calls, and the log of each, for somebody who has to find a fault.
    async fn told(&self) -> String {
        let control = self.product.control();
        let calls = control.get("/sim/calls").await.expect(200).json;
        let mut told = String::new();
        for call in calls["data"].as_array().into_iter().flatten() {
            let path = format!("/sim/calls/{}", call["call_sid"].as_str().unwrap_or_default());
            told += &format!("{:#}\n", control.get(&path).await.json);
        }
        let path = "/v1/calls?limit=100";
        told + &format!("{:#}", self.tenant.admin.get(path).await.json)
    }

    async fn over(&self, caller: &Caller) -> Value {
        eventually("the call has ended and is settled", async || {
            let call = self.call(caller).await;
            (call["status"] == "ended" && call["settled"] == true).then_some(call)
        })
        .await
    }

    async fn act(&self, caller: &Caller, act: Value) -> Value {
        let path = format!("/v1/calls/{}/actions", caller.call_sid);
        self.tenant.admin.post(&path, &act).await.expect(200).json
    }

    async fn skus(&self, caller: &Caller) -> Vec<String> {
        let path = format!("/v1/calls/{}/usage", caller.call_sid);
        let usage = self.tenant.admin.get(&path).await.expect(200);
        let rows = usage["data"].as_array().cloned().unwrap_or_default();
        rows.iter()
            .filter_map(|row| row["sku"].as_str().map(str::to_owned))
            .collect()
    }
}
