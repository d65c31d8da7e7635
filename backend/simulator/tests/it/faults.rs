//! Faults on demand.

use serde_json::json;

use crate::support::{self, Sim};

async fn fault(sim: &Sim, body: serde_json::Value) {
    let (status, answer) = sim.sim("POST", "/faults", body).await;
    assert_eq!(status, 201, "{answer}");
}

fn chat(stream: bool) -> serde_json::Value {
    json!({"model": "gpt-6-luna", "stream": stream, "messages": [{"role": "user", "content": "hello"}]})
}

#[tokio::test]
async fn the_carrier_can_be_busy_broken_or_ambiguous() {
    let sim = support::start().await;
    let own = sim.account(".json");
    fault(
        &sim,
        json!({"target": "carrier", "kind": "rate_limited", "retry_after_s": 2}),
    )
    .await;
    let request = sim
        .http
        .get(&own)
        .basic_auth(sim.running.account_sid(), Some(sim.running.auth_token()));
    let answer = request.send().await.unwrap();
    assert_eq!(
        (
            answer.status().as_u16(),
            answer.headers()["retry-after"].to_str().unwrap()
        ),
        (429, "2")
    );
    assert_eq!(sim.get(&own).await.0, 200);

    let numbers = sim.account("/IncomingPhoneNumbers.json");
    fault(
        &sim,
        json!({"target": "carrier", "kind": "server_error_after", "match": "POST"}),
    )
    .await;
    assert_eq!(sim.get(&own).await.0, 200);
    let (status, error) = sim.post(&numbers, &[("AreaCode", "415")]).await;
    assert_eq!((status, error["code"].as_u64()), (500, Some(20500)));
    assert_eq!(
        sim.get(&numbers).await.1["incoming_phone_numbers"]
            .as_array()
            .unwrap()
            .len(),
        1
    );

    fault(
        &sim,
        json!({"target": "carrier", "kind": "unavailable", "times": null}),
    )
    .await;
    for _ in 0..3 {
        assert_eq!(sim.get(&own).await.0, 503);
    }
    sim.sim("DELETE", "/faults", json!({})).await;
    assert_eq!(sim.get(&own).await.0, 200);
}

#[tokio::test]
async fn the_model_refuses_in_every_documented_way() {
    let sim = support::start().await;
    for (kind, status, code) in [
        ("invalid_key", 401, "invalid_api_key"),
        ("model_not_found", 404, "model_not_found"),
        ("rate_limited", 429, "rate_limit_exceeded"),
        ("quota", 429, "insufficient_quota"),
        ("server_error", 500, "server_error"),
        ("overloaded", 503, "server_is_overloaded"),
    ] {
        fault(&sim, json!({"target": "model", "kind": kind, "retry_after_s": 3})).await;
        let request = sim
            .http
            .post(sim.url("/v1/chat/completions"))
            .bearer_auth("sk-test")
            .json(&chat(true));
        let answer = request.send().await.unwrap();
        let headers = answer.headers().clone();
        assert_eq!(headers.contains_key("retry-after"), kind == "rate_limited");
        assert!(headers.contains_key("x-request-id"));
        let (got, body) = support::read(answer).await;
        assert_eq!((got, body["error"]["code"].as_str()), (status, Some(code)));
    }
    assert_eq!(sim.chat(&chat(false)).await.0, 200);
    let unknown = json!({"target": "model", "kind": "dance"});
    assert_eq!(sim.sim("POST", "/faults", unknown).await.0, 400);
}

#[tokio::test]
async fn every_error_of_the_carrier_can_be_had_by_its_code() {
    let sim = support::start().await;
    let url = sim.account("/IncomingPhoneNumbers.json");
    for (code, status) in [
        (10_004, 429),
        (16_020, 400),
        (20_005, 403),
        (20_008, 403),
        (20_409, 409),
        (21_214, 400),
        (21_404, 400),
        (21_480, 400),
        (21_649, 400),
    ] {
        let error = json!({"target": "carrier", "kind": "error", "code": code.to_string()});
        fault(&sim, error).await;
        let (got, body) = sim.post(&url, &[("AreaCode", "415")]).await;
        assert_eq!(got, status, "{code}");
        let members: Vec<&str> = body.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(members, ["code", "message", "more_info", "status"]);
        assert_eq!((&body["code"], &body["status"]), (&json!(code), &json!(status)));
        assert_eq!(
            body["more_info"],
            format!("https://www.twilio.com/docs/errors/{code}")
        );
        assert_ne!(body["message"], "Refused on demand");
    }
}

#[tokio::test]
async fn streams_break_in_every_way() {
    let sim = support::start().await;
    let stream = async || {
        sim.http
            .post(sim.url("/v1/chat/completions"))
            .bearer_auth("k")
            .json(&chat(true))
            .send()
            .await
    };
    fault(&sim, json!({"target": "model", "kind": "no_done"})).await;
    let text = stream().await.unwrap().text().await.unwrap();
    assert!(text.contains("\"finish_reason\":\"stop\"") && !text.contains("[DONE]"));
    fault(
        &sim,
        json!({"target": "model", "kind": "error_mid_stream", "after_tokens": 2}),
    )
    .await;
    let text = stream().await.unwrap().text().await.unwrap();
    assert!(text.contains("server_error") && !text.contains("[DONE]"));
    fault(&sim, json!({"target": "model", "kind": "disconnect"})).await;
    assert!(stream().await.unwrap().text().await.is_err());
    fault(&sim, json!({"target": "model", "kind": "bad_json"})).await;
    assert!(stream().await.unwrap().text().await.unwrap().contains("\"choi\n"));
    fault(&sim, json!({"target": "model", "kind": "empty_reply"})).await;
    assert!(!stream().await.unwrap().text().await.unwrap().contains("Hello"));

    fault(
        &sim,
        json!({"target": "model", "kind": "slow_first_token", "ms": 400}),
    )
    .await;
    let began = std::time::Instant::now();
    stream().await.unwrap().text().await.unwrap();
    assert!(began.elapsed().as_millis() >= 400);

    fault(
        &sim,
        json!({"target": "model", "kind": "stall", "after_tokens": 1}),
    )
    .await;
    let mut answer = stream().await.unwrap();
    let mut got = String::new();
    while !got.contains("Hello") {
        got.push_str(&String::from_utf8_lossy(&answer.chunk().await.unwrap().unwrap()));
    }
    let more = tokio::time::timeout(std::time::Duration::from_millis(300), answer.chunk()).await;
    assert!(more.is_err(), "a stalled stream says nothing more");
    assert_eq!(last_state(&sim).await, "stalled");

    // A client that hangs up in the middle is noted once the server has tried to write to it.
    let pace = json!({"first_token_ms": 0, "tokens_ms": 2000});
    sim.sim("PUT", "/model/pace", pace).await;
    let mut answer = stream().await.unwrap();
    answer.chunk().await.unwrap();
    drop(answer);
    let noticed = async {
        while last_state(&sim).await != "aborted" {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), noticed)
        .await
        .unwrap();
}

async fn last_state(sim: &Sim) -> String {
    let (_, recorded) = sim.sim("GET", "/requests", json!({})).await;
    recorded["data"].as_array().unwrap().last().unwrap()["state"]
        .as_str()
        .unwrap()
        .to_owned()
}
