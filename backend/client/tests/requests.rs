//! Requests over a real connection: repeats, refusals, and what is no answer of ours.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;
use std::time::Duration;

use phony_client::types::NewCall;
use phony_client::{Client, ClientConfig, ClientError, Limits};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

fn client(url: &str) -> Client {
    Client::new(&ClientConfig {
        url: url.to_owned(),
        api_key: "ph_live_test".to_owned().into(),
        allow_http: false,
        limits: Limits {
            first_wait: Duration::from_millis(1),
            longest_wait: Duration::from_millis(1_100),
            ..Limits::default()
        },
    })
    .unwrap()
}

fn problem(status: u16, code: &str, retryable: bool) -> ResponseTemplate {
    let body = json!({ "type": "/docs", "title": "T", "status": status, "code": code, "detail": "d",
        "request_id": "r1", "retryable": retryable });
    ResponseTemplate::new(status).set_body_raw(body.to_string(), "application/problem+json")
}

#[tokio::test]
async fn a_call_is_asked_for_again_with_the_same_key() {
    let server = MockServer::start().await;
    let calls = || Mock::given(method("POST")).and(path("/v1/calls"));
    calls()
        .respond_with(problem(503, "unavailable", true))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    calls()
        .respond_with(problem(409, "idempotency_in_progress", true).insert_header("retry-after", "1"))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    calls()
        .and(header("authorization", "Bearer ph_live_test"))
        .respond_with(
            ResponseTemplate::new(201).set_body_json(json!({ "id": "call_1", "status": "queued", "new": 1 })),
        )
        .mount(&server)
        .await;
    let wanted = NewCall {
        to: "+14155550142".to_owned(),
        ..NewCall::default()
    };
    let call = client(&server.uri()).create_call(&wanted, "key-1").await.unwrap();
    assert_eq!(call.id, "call_1");
    // What this client does not know goes through.
    assert_eq!(serde_json::to_value(&call).unwrap()["new"], 1);
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests.len(), 3);
    let keys: BTreeSet<&str> = requests
        .iter()
        .map(|request| request.headers.get("idempotency-key").unwrap().to_str().unwrap())
        .collect();
    assert_eq!(keys, BTreeSet::from(["key-1"]));
    assert_eq!(requests[0].body, br#"{"to":"+14155550142"}"#);
}

#[tokio::test]
async fn an_answer_that_was_lost_is_asked_for_again() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let mut asked = Vec::new();
        for answer in [
            "",
            "HTTP/1.1 201 Created\r\ncontent-length: 15\r\n\r\n{\"id\":\"call_1\"}",
        ] {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut head = vec![0; 4_096];
            let read = socket.read(&mut head).await.unwrap();
            asked.push(String::from_utf8_lossy(&head[..read]).into_owned());
            // The first one did its work, and then the network failed.
            socket.write_all(answer.as_bytes()).await.unwrap();
        }
        asked
    });
    let call = client(&url)
        .create_call(&NewCall::default(), "key-2")
        .await
        .unwrap();
    assert_eq!(call.id, "call_1");
    let asked = server.await.unwrap();
    assert!(
        asked.iter().all(|head| head.contains("idempotency-key: key-2")),
        "{asked:?}"
    );
}

#[tokio::test]
async fn a_refusal_is_told_at_once() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .respond_with(problem(403, "forbidden", false))
        .expect(1)
        .mount(&server)
        .await;
    let error = client(&server.uri()).numbers().await.unwrap_err();
    assert_eq!(error.problem().unwrap().code, "forbidden");
    server.verify().await;
}

#[tokio::test]
async fn a_list_is_read_to_its_last_page() {
    let server = MockServer::start().await;
    let number = |id: &str| json!({ "id": id, "e164": "+14155550134" });
    Mock::given(wiremock::matchers::query_param("cursor", "c2"))
        .respond_with(
            ResponseTemplate::new(200)
                .set_body_json(json!({ "data": [number("num_2")], "next_cursor": null })),
        )
        .mount(&server)
        .await;
    Mock::given(wiremock::matchers::query_param_is_missing("cursor"))
        .respond_with(
            ResponseTemplate::new(200)
                .set_body_json(json!({ "data": [number("num_1")], "next_cursor": "c2" })),
        )
        .mount(&server)
        .await;
    let numbers = client(&server.uri()).numbers().await.unwrap();
    let ids: Vec<&str> = numbers.iter().map(|number| number.id.as_str()).collect();
    assert_eq!(ids, ["num_1", "num_2"]);
}

#[tokio::test]
async fn what_is_not_phony_is_told_from_what_does_not_answer() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(200).set_body_string("<html>"))
        .mount(&server)
        .await;
    let stranger = client(&server.uri()).numbers().await.unwrap_err();
    assert!(matches!(stranger, ClientError::Unexpected { .. }), "{stranger}");
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let nobody = client(&format!("http://{free}")).numbers().await.unwrap_err();
    assert!(matches!(nobody, ClientError::Unreachable { .. }), "{nobody}");
}
