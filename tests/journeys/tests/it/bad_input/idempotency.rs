//! Keys for idempotency: missing, malformed, repeated, used for something else, all at once.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::join_all;
use phony_journeys::{Answer, Client};
use serde_json::{Value, json};

use super::Bench;
use crate::surface::only_calls_went_on;

async fn with_key(client: &Client, path: &str, key: &str, body: &Value) -> Answer {
    client
        .send("POST", path, &[("idempotency-key", key)], Some(body.to_string()))
        .await
}

fn replayed(answer: &Answer) -> bool {
    answer
        .headers
        .get("idempotency-replayed")
        .is_some_and(|value| value == "true")
}

#[tokio::test]
async fn a_key_is_required_and_has_a_form() {
    let bench = Bench::new().await;
    let operations = bench.with_bodies().await;
    let before = bench.product().rows().await;
    let mut found = 0;
    for (operation, case) in operations {
        if !case.headers.iter().any(|(name, _)| *name == "idempotency-key") {
            continue;
        }
        found += 1;
        let body = case.body.as_ref().unwrap();
        let path = &case.path(operation);
        let answer = bench
            .admin()
            .send("POST", path, &[], Some(body.to_string()))
            .await;
        let _ = answer.expect_problem(400, "idempotency_key_required");
        let (long, quoted) = ("x".repeat(256), format!("\"{}\"", "x".repeat(256)));
        for key in ["", " ", "\"\"", "a b", "é", "a\tb", &long, &quoted] {
            let answer = with_key(bench.admin(), path, key, body).await;
            let _ = answer.expect_problem(400, "idempotency_key_invalid");
        }
    }
    assert_eq!(
        found, 8,
        "call, number bought and imported, key made and rotated, exports, copy and erasure"
    );
    only_calls_went_on("bad keys", &before, &bench.product().rows().await);
    let body = json!({ "name": "Longest", "scopes": ["calls:read"] });
    let longest = "x".repeat(255);
    let _ = with_key(bench.admin(), "/v1/api_keys", &longest, &body)
        .await
        .expect(201);
    let quoted = with_key(bench.admin(), "/v1/api_keys", &format!("\"{longest}\""), &body)
        .await
        .expect(201);
    assert!(replayed(&quoted), "quoted or bare is one key");
}

#[tokio::test]
async fn a_repeat_gets_the_same_answer_and_has_no_effect() {
    let bench = Bench::new().await;
    for (operation, case) in bench.with_bodies().await {
        let Some((_, key)) = case.headers.iter().find(|(name, _)| *name == "idempotency-key") else {
            continue;
        };
        let (path, body) = (&case.path(operation), case.body.as_ref().unwrap());
        let first = with_key(bench.admin(), path, key, body)
            .await
            .expect(operation.success);
        assert!(!replayed(&first));
        // What is done by itself afterwards is no effect of the repeat.
        if ["create_data_export", "create_erasure"].contains(&operation.id.as_str()) {
            let job = format!("{path}/{}", first["id"].as_str().unwrap());
            phony_journeys::eventually("the work is done", async || {
                let job = bench.admin().get(&job).await;
                ["ready_at", "done_at"]
                    .iter()
                    .any(|at| job[*at].is_string())
                    .then_some(())
            })
            .await;
        }
        let before = bench.product().rows().await;
        let again = with_key(bench.admin(), path, key, body)
            .await
            .expect(operation.success);
        assert!(replayed(&again), "{}", operation.id);
        assert_eq!(again.json, first.json, "{}", operation.id);
        // The order of fields and the space between them are no difference.
        let turned: serde_json::Map<String, Value> =
            body.as_object().unwrap().clone().into_iter().rev().collect();
        let turned = serde_json::to_string_pretty(&turned).unwrap();
        let answer = bench
            .admin()
            .send("POST", path, &[("idempotency-key", key)], Some(turned))
            .await;
        assert!(replayed(&answer.expect(operation.success)));
        let mut other = body.clone();
        let fields = ["name", "label", "to", "e164", "email", "overlap_hours"];
        let field = fields
            .into_iter()
            .find(|field| body.get(field).is_some())
            .expect("a field to change");
        other[field] = match field {
            "to" => json!("2026-12-01T00:00:00Z"),
            "e164" => json!("+14155550144"),
            "email" => json!("somebody.else@example.com"),
            "overlap_hours" => json!(1),
            _ => json!("Another"),
        };
        let _ = with_key(bench.admin(), path, key, &other)
            .await
            .expect_problem(422, "idempotency_mismatch");
        let after = bench.product().rows().await;
        only_calls_went_on(&operation.id, &before, &after);
    }
    // Another company's key of the same name is another key.
    let globex = bench.product().tenant("globex").await;
    let body = json!({ "name": "Shared name", "scopes": ["calls:read"] });
    let ours = with_key(bench.admin(), "/v1/api_keys", "same-key", &body)
        .await
        .expect(201);
    let theirs = with_key(&globex.admin, "/v1/api_keys", "same-key", &body)
        .await
        .expect(201);
    assert!(!replayed(&theirs) && ours["key"] != theirs["key"]);
}

#[tokio::test]
async fn repeats_at_the_same_moment_buy_one_number() {
    let bench = Bench::new().await;
    let before = bench.product().rows().await;
    let at_the_carrier = held_at_the_carrier(&bench).await;
    let body = json!({ "country": "US", "area_code": "415", "label": "Only one" });
    let all = join_all((0..12).map(|_| with_key(bench.admin(), "/v1/numbers", "buy-once", &body))).await;
    let mut bought = Vec::new();
    for answer in all {
        if answer.status == 201 {
            bought.push(answer.json);
        } else if answer.status == 503 {
            // Twelve at once are more than there are connections, on a machine that has other work.
            assert_eq!(answer["retryable"], true);
        } else {
            let answer = answer.expect_problem(409, "idempotency_in_progress");
            assert_eq!(answer.headers["retry-after"], "1");
            assert_eq!(answer["retryable"], true);
        }
    }
    assert!(!bought.is_empty());
    let last = with_key(bench.admin(), "/v1/numbers", "buy-once", &body)
        .await
        .expect(201);
    assert!(replayed(&last));
    assert!(bought.iter().all(|number| *number == last.json), "{bought:#?}");
    let after = bench.product().rows().await;
    assert_eq!(
        after.count("phony.phone_numbers"),
        before.count("phony.phone_numbers") + 1
    );
    assert_eq!(
        after.count("phony.usage_events"),
        before.count("phony.usage_events") + 1
    );
    assert_eq!(held_at_the_carrier(&bench).await, at_the_carrier + 1);
}

/// Numbers that the carrier says we hold.
async fn held_at_the_carrier(bench: &Bench) -> usize {
    let simulator = &bench.product().simulator;
    let pair = format!("{}:{}", simulator.account_sid(), simulator.auth_token());
    let basic = format!("Basic {}", STANDARD.encode(pair));
    let path = format!(
        "/2010-04-01/Accounts/{}/IncomingPhoneNumbers.json?PageSize=200",
        simulator.account_sid()
    );
    let client = bench.product().control();
    let list = client
        .send("GET", &path, &[("authorization", &basic)], None)
        .await
        .expect(200);
    list["incoming_phone_numbers"].as_array().expect("a list").len()
}
