//! A scripted model server that speaks the chat protocol over HTTP on loopback.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// How the model answers one request.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// These tokens, with so many milliseconds before each.
    Tokens(Vec<(u64, &'static str)>),
    /// These tokens, and then the connection breaks.
    BreaksOff(Vec<&'static str>),
    /// An HTTP status.
    Status(u16),
    /// The caller's last words.
    Echo,
    /// Nothing at all.
    Silence,
}

/// A chat server that answers as told, and keeps what it was asked.
pub(crate) struct ModelServer {
    pub(crate) url: String,
    answers: Arc<Mutex<VecDeque<Answer>>>,
    pub(crate) requests: Arc<Mutex<Vec<Value>>>,
    task: JoinHandle<()>,
}

impl ModelServer {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let answers: Arc<Mutex<VecDeque<Answer>>> = Arc::default();
        let requests: Arc<Mutex<Vec<Value>>> = Arc::default();
        let (queue, asked) = (answers.clone(), requests.clone());
        let task = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket, queue.clone(), asked.clone()));
            }
        });
        Self {
            url,
            answers,
            requests,
            task,
        }
    }

    pub(crate) fn will(&self, answer: Answer) -> &Self {
        self.answers.lock().push_back(answer);
        self
    }

    pub(crate) fn says(&self, text: &'static str) -> &Self {
        self.will(Answer::Tokens(vec![(0, text)]))
    }

    /// What the last request said of the talk, without the system prompt.
    pub(crate) fn last_context(&self) -> String {
        let requests = self.requests.lock();
        let messages = requests.last().expect("nothing was asked")["messages"]
            .as_array()
            .unwrap()
            .clone();
        messages
            .iter()
            .skip(1)
            .map(|m| m["content"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
            .join("\n")
    }
}

impl Drop for ModelServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    mut socket: TcpStream,
    answers: Arc<Mutex<VecDeque<Answer>>>,
    requests: Arc<Mutex<Vec<Value>>>,
) -> Option<()> {
    let mut bytes = Vec::new();
    let body = loop {
        let mut chunk = [0; 16_384];
        let count = socket.read(&mut chunk).await.ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&chunk[..count]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head
            .lines()
            .find_map(|line| {
                line.to_ascii_lowercase()
                    .strip_prefix("content-length:")?
                    .trim()
                    .parse()
                    .ok()
            })
            .unwrap_or(0_usize);
        if body.len() >= length {
            break body.to_owned();
        }
    };
    let request: Value = serde_json::from_str(&body).ok()?;
    let said = request["messages"].as_array()?.last()?["content"]
        .as_str()?
        .to_owned();
    requests.lock().push(request);
    let answer = answers.lock().pop_front().unwrap_or(Answer::Echo);
    let n = requests.lock().len();
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    let chunk = |delta: Value, end: Value| {
        let choice = json!({ "index": 0, "delta": delta, "finish_reason": end });
        let record = json!({ "id": format!("chatcmpl-{n}-{}", std::process::id()), "object": "chat.completion.chunk",
            "model": "gpt-6-luna", "choices": [choice], "usage": null });
        format!("data: {record}\n\n")
    };
    match answer {
        Answer::Status(status) => {
            let body = r#"{"error":{"message":"no","type":"server_error","param":null,"code":null}}"#;
            let head = format!(
                "HTTP/1.1 {status} No\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            socket.write_all(head.as_bytes()).await.ok()?;
            socket.write_all(body.as_bytes()).await.ok()?;
        }
        Answer::Silence => tokio::time::sleep(Duration::from_secs(60)).await,
        Answer::BreaksOff(tokens) => {
            socket.write_all(head.as_bytes()).await.ok()?;
            for token in tokens {
                socket
                    .write_all(chunk(json!({ "content": token }), Value::Null).as_bytes())
                    .await
                    .ok()?;
            }
        }
        Answer::Echo => {
            socket.write_all(head.as_bytes()).await.ok()?;
            for token in said.split_inclusive(' ') {
                socket
                    .write_all(chunk(json!({ "content": token }), Value::Null).as_bytes())
                    .await
                    .ok()?;
            }
            socket
                .write_all(chunk(json!({}), json!("stop")).as_bytes())
                .await
                .ok()?;
            socket.write_all(b"data: [DONE]\n\n").await.ok()?;
        }
        Answer::Tokens(tokens) => {
            socket.write_all(head.as_bytes()).await.ok()?;
            for (wait_ms, token) in tokens {
                tokio::time::sleep(Duration::from_millis(wait_ms)).await;
                socket
                    .write_all(chunk(json!({ "content": token }), Value::Null).as_bytes())
                    .await
                    .ok()?;
            }
            socket
                .write_all(chunk(json!({}), json!("stop")).as_bytes())
                .await
                .ok()?;
            let usage = json!({ "id": format!("chatcmpl-{n}-{}", std::process::id()), "choices": [],
                "usage": { "prompt_tokens": 50, "completion_tokens": 7, "total_tokens": 57,
                "prompt_tokens_details": { "cached_tokens": 20 } } });
            socket
                .write_all(format!("data: {usage}\n\ndata: [DONE]\n\n").as_bytes())
                .await
                .ok()?;
        }
    }
    socket.shutdown().await.ok()
}
