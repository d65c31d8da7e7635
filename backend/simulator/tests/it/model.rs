//! Chat completions: replies, streams, rules and what is recorded.

use serde_json::{Value, json};

use crate::support::{self, Sim, read};

/// The chunks of a streamed answer, and whether it ended with `[DONE]`.
pub(crate) async fn stream(sim: &Sim, body: &Value) -> (Vec<Value>, bool) {
    let request = sim
        .http
        .post(sim.url("/v1/chat/completions"))
        .bearer_auth("sk-test")
        .json(body);
    let answer = request.send().await.unwrap();
    assert_eq!(
        answer.headers()["content-type"],
        "text/event-stream; charset=utf-8"
    );
    let text = answer.text().await.unwrap();
    let records: Vec<&str> = text
        .split("\n\n")
        .filter(|r| !r.is_empty())
        .map(|r| r.strip_prefix("data: ").unwrap())
        .collect();
    let done = records.last() == Some(&"[DONE]");
    let chunks = records
        .iter()
        .filter(|r| **r != "[DONE]")
        .map(|r| serde_json::from_str(r).unwrap())
        .collect();
    (chunks, done)
}

pub(crate) fn content(chunks: &[Value]) -> String {
    chunks
        .iter()
        .filter_map(|c| c["choices"][0]["delta"]["content"].as_str())
        .collect()
}

fn ask(text: &str) -> Value {
    json!({"model": "gpt-6-luna", "stream": true, "stream_options": {"include_usage": true},
           "messages": [{"role": "system", "content": "You are Maya."}, {"role": "user", "content": text}]})
}

#[tokio::test]
async fn a_stream_has_role_words_finish_usage_and_an_end() {
    let sim = support::start().await;
    let (chunks, done) = stream(&sim, &ask("How much does it cost?")).await;
    assert!(done);
    assert_eq!(chunks[0]["choices"][0]["delta"]["role"], "assistant");
    assert!(content(&chunks).starts_with("Our standard plan is twenty nine dollars"));
    assert!(chunks.len() > 20);
    let ids: std::collections::HashSet<_> = chunks.iter().map(|c| c["id"].to_string()).collect();
    assert_eq!(ids.len(), 1);
    let usage = chunks.last().unwrap();
    assert_eq!(usage["choices"], json!([]));
    let figures = &usage["usage"];
    assert_eq!(
        figures["total_tokens"].as_u64().unwrap(),
        figures["prompt_tokens"].as_u64().unwrap() + figures["completion_tokens"].as_u64().unwrap()
    );
    assert_eq!(chunks[chunks.len() - 2]["choices"][0]["finish_reason"], "stop");
    // The same words, the same answer.
    assert_eq!(
        content(&stream(&sim, &ask("How much does it cost?")).await.0),
        content(&chunks)
    );
}

#[tokio::test]
async fn rules_go_before_the_brain_and_split_as_told() {
    let sim = support::start().await;
    let rules = json!([
        {"when_contains": "refund", "reply": "No [[transfer:billing]]", "split": {"pieces": ["No [", "[transf", "er:billing]", "]"]}},
        {"when_contains": "echo", "reply": "{said}", "split": "chars", "times": 1, "tokens_ms": 1},
    ]);
    assert_eq!(sim.sim("POST", "/model/rules", rules).await.0, 201);
    let (chunks, _) = stream(&sim, &ask("A REFUND please")).await;
    let pieces: Vec<_> = chunks
        .iter()
        .filter_map(|c| c["choices"][0]["delta"]["content"].as_str())
        .collect();
    assert_eq!(pieces, ["", "No [", "[transf", "er:billing]", "]"]);
    assert_eq!(
        content(&stream(&sim, &ask("echo [[press:1]]")).await.0),
        "echo [[press:1]]"
    );
    assert!(content(&stream(&sim, &ask("echo again")).await.0).starts_with("I heard: echo again"));
    sim.sim("DELETE", "/model/rules", json!({})).await;
    assert!(content(&stream(&sim, &ask("refund")).await.0).starts_with("I heard"));
}

#[tokio::test]
async fn a_stream_survives_being_cut_at_every_byte() {
    let sim = support::start().await;
    let whole = content(&stream(&sim, &ask("hello")).await.0);
    let pace = json!({"first_token_ms": 0, "tokens_ms": 0, "split": {"random": 5}, "bytes": true});
    assert_eq!(sim.sim("PUT", "/model/pace", pace).await.0, 200);
    let (chunks, done) = stream(&sim, &ask("hello")).await;
    assert!(done);
    assert_eq!(content(&chunks), whole);
}

#[tokio::test]
async fn whole_answers_limits_and_stops() {
    let sim = support::start().await;
    let mut body =
        json!({"model": "gpt-6-luna", "messages": [{"role": "user", "content": "Are you open on Sunday?"}]});
    let (_, answer) = sim.chat(&body).await;
    let text = answer["choices"][0]["message"]["content"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(text.starts_with("We are open from nine"));
    body["stop"] = json!([" until"]);
    assert_eq!(
        sim.chat(&body).await.1["choices"][0]["message"]["content"],
        "We are open from nine in the morning"
    );
    body["max_completion_tokens"] = json!(2);
    let (_, short) = sim.chat(&body).await;
    assert_eq!(short["choices"][0]["finish_reason"], "length");
    assert_eq!(short["usage"]["completion_tokens"], 2);
}

#[tokio::test]
async fn keys_models_and_requests_are_checked_and_recorded() {
    let config = phony_simulator::Config {
        openai_api_key: Some("sk-right".into()),
        ..Default::default()
    };
    let sim = support::start_with(config).await;
    let (status, error) = sim.chat(&ask("hi")).await;
    assert_eq!(
        (status, error["error"]["code"].as_str()),
        (401, Some("invalid_api_key"))
    );
    let models = sim
        .http
        .get(sim.url("/v1/models"))
        .bearer_auth("sk-right")
        .send()
        .await
        .unwrap();
    let (_, models) = read(models).await;
    let models = models["data"].as_array().unwrap();
    assert!(
        models
            .iter()
            .any(|m| m["id"] == "gpt-4o-mini" && m["shutdown_date"] == "2027-01-14")
    );
    assert!(
        models
            .iter()
            .any(|m| m["id"] == "gpt-6-luna" && m.get("shutdown_date").is_none())
    );
    let mut unknown = ask("hi");
    unknown["model"] = json!("llama");
    let request = sim
        .http
        .post(sim.url("/v1/chat/completions"))
        .bearer_auth("sk-right")
        .json(&unknown);
    assert_eq!(request.send().await.unwrap().status(), 404);
    let (_, recorded) = sim.sim("GET", "/requests", json!({})).await;
    let recorded = recorded["data"].as_array().unwrap();
    assert_eq!(recorded.len(), 2);
    assert_eq!(
        (recorded[0]["status"].as_u64(), recorded[1]["status"].as_u64()),
        (Some(401), Some(404))
    );
    assert_eq!(recorded[1]["body"]["model"], "llama");
}
