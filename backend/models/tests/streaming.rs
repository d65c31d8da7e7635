//! The client against a server that writes its bytes one piece at a time, stalls, breaks off and refuses.

#![expect(clippy::unwrap_used, reason = "helpers of a test may fail it")]

use std::time::Duration;

use futures_util::StreamExt as _;
use phony_models::chat::{
    ChatClient, ChatConfig, ChatError, ChatErrorKind, ChatEvent, ChatMessage, ChatRequest, FinishReason,
    TimeLimits,
};
use secrecy::SecretString;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use wiremock::matchers::{body_partial_json, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nx-request-id: req_7\r\ntransfer-encoding: chunked\r\n\r\n";

fn request() -> ChatRequest {
    ChatRequest::new("gpt-6-luna", vec![ChatMessage::user("Hi")])
}

/// Wide limits, so that a busy machine changes nothing.
const PATIENT: TimeLimits = TimeLimits {
    connect: Duration::from_secs(45),
    first_byte: Duration::from_secs(45),
    idle: Duration::from_secs(45),
    figures: Duration::from_secs(45),
};
const SHORT: Duration = Duration::from_millis(150);

fn client(base_url: &str, limits: TimeLimits) -> ChatClient {
    let mut config = ChatConfig::new(format!("{base_url}/v1/"), Some(SecretString::from("sk-test")));
    config.limits = limits;
    ChatClient::new(config).unwrap()
}

fn record(content: &str) -> String {
    let chunk = serde_json::json!({"id": "chatcmpl-1", "model": "gpt-6-luna-x", "choices": [{"index": 0, "delta": {"content": content}}]});
    format!("data: {chunk}\n\n")
}

const STOP: &str =
    "data: {\"id\":\"chatcmpl-1\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
const USAGE: &str = "data: {\"id\":\"chatcmpl-1\",\"choices\":[],\"usage\":{\"prompt_tokens\":30,\"completion_tokens\":5,\"prompt_tokens_details\":{\"cached_tokens\":10}}}\n\n";

/// What the server does after the request has come.
enum After {
    /// Ends the reply in order.
    End,
    /// Closes the connection in the middle.
    Cut,
    /// Waits until the client goes away, then tells.
    Hold(oneshot::Sender<()>),
}

/// Serves one request: writes `head`, then each piece as its own chunk, then does what `after` says.
async fn serve(head: &'static str, pieces: Vec<Vec<u8>>, after: After) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        read_request(&mut socket).await;
        socket.set_nodelay(true).unwrap();
        socket.write_all(head.as_bytes()).await.unwrap();
        for piece in pieces {
            let chunk = [format!("{:x}\r\n", piece.len()).as_bytes(), &piece, b"\r\n"].concat();
            socket.write_all(&chunk).await.unwrap();
            socket.flush().await.unwrap();
            tokio::task::yield_now().await;
        }
        match after {
            After::End => socket.write_all(b"0\r\n\r\n").await.unwrap(),
            After::Cut => {}
            After::Hold(gone) => {
                // Returns when the client closes its side.
                let _ = socket.read(&mut [0; 16]).await;
                let _ = gone.send(());
            }
        }
    });
    format!("http://{address}")
}

async fn read_request(socket: &mut TcpStream) {
    let mut read = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let count = socket.read(&mut buffer).await.unwrap();
        read.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&read).to_lowercase();
        if let Some(end) = text.find("\r\n\r\n") {
            let length = text
                .split("content-length: ")
                .nth(1)
                .and_then(|rest| rest.lines().next()?.parse().ok());
            if read.len() >= end + 4 + length.unwrap_or(0) {
                return;
            }
        }
    }
}

async fn all(base_url: &str) -> (Vec<ChatEvent>, Option<ChatError>) {
    all_within(base_url, PATIENT).await
}

async fn all_within(base_url: &str, limits: TimeLimits) -> (Vec<ChatEvent>, Option<ChatError>) {
    let mut stream = client(base_url, limits).stream(&request(), CancellationToken::new());
    let (mut events, mut error) = (Vec::new(), None);
    while let Some(item) = stream.next().await {
        assert!(error.is_none(), "nothing follows an error");
        match item {
            Ok(event) => events.push(event),
            Err(fault) => error = Some(fault),
        }
    }
    (events, error)
}

fn words(events: &[ChatEvent]) -> String {
    events
        .iter()
        .filter_map(|event| {
            if let ChatEvent::Token(text) = event {
                Some(text.as_str())
            } else {
                None
            }
        })
        .collect()
}

#[tokio::test]
async fn a_reply_that_comes_byte_by_byte_is_read() {
    let text = format!(
        "{}{}{STOP}{USAGE}data: [DONE]\n\n",
        record("Sí, "),
        record("注文 🙂.")
    );
    let url = serve(HEAD, text.bytes().map(|byte| vec![byte]).collect(), After::End).await;
    let (events, error) = all(&url).await;
    assert_eq!(error, None);
    assert_eq!(words(&events), "Sí, 注文 🙂.");
    let ChatEvent::Started(started) = &events[0] else {
        panic!("not started: {events:?}")
    };
    assert_eq!(started.response_id.as_deref(), Some("chatcmpl-1"));
    assert_eq!(started.model.as_deref(), Some("gpt-6-luna-x"));
    assert_eq!(started.request_id.as_deref(), Some("req_7"));
    let ChatEvent::Finished(finished) = events.last().unwrap() else {
        panic!("not finished: {events:?}")
    };
    assert_eq!(finished.reason, FinishReason::Stop);
    let usage = finished.usage.unwrap();
    assert_eq!((usage.input, usage.cached_input, usage.output), (30, 10, 5));
}

#[tokio::test]
async fn a_server_that_breaks_off_is_a_network_fault_and_its_words_stand() {
    let url = serve(HEAD, vec![record("Half of").into_bytes()], After::Cut).await;
    let (events, error) = all(&url).await;
    let error = error.unwrap();
    assert_eq!(words(&events), "Half of");
    assert_eq!(
        (error.kind, error.retryable()),
        (ChatErrorKind::Disconnected, true)
    );
    assert_eq!(error.request_id.as_deref(), Some("req_7"));
}

#[tokio::test]
async fn a_server_that_breaks_off_after_the_end_of_the_words_has_answered() {
    let url = serve(HEAD, vec![record("All.").into_bytes(), STOP.into()], After::Cut).await;
    let (events, error) = all(&url).await;
    assert_eq!(error, None);
    assert!(matches!(events.last(), Some(ChatEvent::Finished(finished)) if finished.usage.is_none()));
}

#[tokio::test]
async fn every_stall_is_noticed() {
    let first = TimeLimits {
        first_byte: SHORT,
        ..PATIENT
    };
    let idle = TimeLimits {
        idle: SHORT,
        ..PATIENT
    };
    let figures = TimeLimits {
        figures: SHORT,
        ..PATIENT
    };
    for (head, pieces, limits, expected) in [
        ("", vec![], first, Some(ChatErrorKind::FirstByteTimeout)),
        (HEAD, vec![], first, Some(ChatErrorKind::FirstByteTimeout)),
        (
            HEAD,
            vec![record("Hm").into_bytes()],
            idle,
            Some(ChatErrorKind::IdleTimeout),
        ),
        (
            HEAD,
            vec![record("Done.").into_bytes(), STOP.into()],
            figures,
            None,
        ),
    ] {
        let (gone, is_gone) = oneshot::channel();
        let url = serve(head, pieces, After::Hold(gone)).await;
        let (_, error) = tokio::time::timeout(Duration::from_secs(45), all_within(&url, limits))
            .await
            .unwrap();
        assert_eq!(error.as_ref().map(|error| error.kind), expected);
        assert!(error.is_none_or(|error| error.retryable()));
        tokio::time::timeout(Duration::from_secs(45), is_gone)
            .await
            .unwrap()
            .unwrap();
    }
}

#[tokio::test]
async fn a_cancelled_reply_ends_and_hangs_up_on_the_server() {
    let (gone, is_gone) = oneshot::channel();
    let url = serve(HEAD, vec![record("One ").into_bytes()], After::Hold(gone)).await;
    let cancel = CancellationToken::new();
    let mut stream = client(&url, PATIENT).stream(&request(), cancel.clone());
    assert!(matches!(stream.next().await, Some(Ok(ChatEvent::Started(_)))));
    assert_eq!(stream.next().await, Some(Ok(ChatEvent::Token("One ".to_owned()))));
    cancel.cancel();
    assert_eq!(stream.next().await, None);
    drop(stream);
    tokio::time::timeout(Duration::from_secs(45), is_gone)
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn a_request_that_is_cancelled_before_it_is_read_is_never_sent() {
    let server = MockServer::start().await;
    let cancel = CancellationToken::new();
    cancel.cancel();
    assert_eq!(
        client(&server.uri(), PATIENT)
            .stream(&request(), cancel)
            .next()
            .await,
        None
    );
    drop(client(&server.uri(), PATIENT).stream(&request(), CancellationToken::new()));
    assert!(server.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn nobody_at_the_address_is_a_network_fault() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = all(&url).await.1.unwrap();
    assert_eq!((error.kind, error.retryable()), (ChatErrorKind::Connect, true));
    assert!(
        !format!("{error} {error:?}").contains("127.0.0.1"),
        "addresses may hold credentials"
    );
}

#[tokio::test]
async fn refusals_are_typed() {
    for (status, code, headers, kind, retryable) in [
        (
            401,
            "invalid_api_key",
            vec![],
            ChatErrorKind::Unauthenticated,
            false,
        ),
        (
            404,
            "model_not_found",
            vec![],
            ChatErrorKind::ModelNotFound,
            false,
        ),
        (
            429,
            "rate_limit_exceeded",
            vec![("retry-after-ms", "120")],
            ChatErrorKind::RateLimited,
            true,
        ),
        (
            429,
            "insufficient_quota",
            vec![("retry-after", "1")],
            ChatErrorKind::QuotaExhausted,
            false,
        ),
        (503, "server_is_overloaded", vec![], ChatErrorKind::Server, true),
        (
            307,
            "",
            vec![("location", "http://127.0.0.1:9/")],
            ChatErrorKind::BadRequest,
            false,
        ),
    ] {
        let server = MockServer::start().await;
        let mut answer = ResponseTemplate::new(status).set_body_json(
            serde_json::json!({"error": {"message": "Hi is not allowed", "type": "x", "code": code}}),
        );
        for (name, value) in headers {
            answer = answer.insert_header(name, value);
        }
        Mock::given(method("POST"))
            .and(path("/v1/chat/completions"))
            .and(header("authorization", "Bearer sk-test"))
            .and(body_partial_json(
                serde_json::json!({"stream": true, "stream_options": {"include_usage": true}}),
            ))
            .respond_with(answer)
            .expect(1)
            .mount(&server)
            .await;
        let (events, error) = all(&server.uri()).await;
        let error = error.unwrap();
        assert!(events.is_empty());
        assert_eq!(
            (error.kind, error.retryable(), error.status),
            (kind, retryable, Some(status)),
            "{code}"
        );
        assert_eq!(error.retry_after.is_some(), status == 429);
        assert!(
            !error.to_string().contains("Hi"),
            "the provider's words are not for logs"
        );
    }
}

#[tokio::test]
async fn an_answer_of_another_kind_is_refused() {
    let server = MockServer::start().await;
    let page = ResponseTemplate::new(200).set_body_raw("<html>sign in</html>", "text/html");
    Mock::given(method("POST"))
        .respond_with(page)
        .mount(&server)
        .await;
    assert_eq!(all(&server.uri()).await.1.unwrap().kind, ChatErrorKind::Protocol);
}

#[test]
fn a_client_does_not_show_its_key() {
    assert!(!format!("{:?}", client("http://127.0.0.1:9", PATIENT)).contains("sk-test"));
    assert!(ChatClient::new(ChatConfig::new("not a url", None)).is_err());
}
