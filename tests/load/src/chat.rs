//! A local stand-in for the language model of relay calls: chat completions, streamed. It notes when it was asked and
//! when its first word went out.

use std::collections::HashMap;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::clock::now_ns;
use crate::process::pin_thread;

/// What a prompt must have before its mark.
pub(crate) const BEFORE_MARK: &str = "ticket ";
/// No request may be longer.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// When the stand-in was asked and when it answered.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Asked {
    /// The whole request was there.
    pub(crate) at: u64,
    /// The first word went out.
    pub(crate) first_word: u64,
}

type Notes = Arc<Mutex<HashMap<String, Asked>>>;

/// The running stand-in. Its thread ends with the process.
#[derive(Debug)]
pub(crate) struct Chat {
    pub(crate) address: SocketAddr,
    notes: Notes,
}

impl Chat {
    pub(crate) fn start(core: Option<usize>) -> Result<Self> {
        let listener = StdListener::bind("127.0.0.1:0").context("no free port")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let notes = Notes::default();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let kept = Arc::clone(&notes);
        std::thread::Builder::new()
            .name("chat".to_owned())
            .spawn(move || {
                // Where it runs is a wish; results tell where it did.
                let _ = core.map(pin_thread);
                runtime.block_on(serve(listener, kept))
            })?;
        Ok(Self { address, notes })
    }

    /// What is known of the prompt with this mark.
    pub(crate) fn asked(&self, mark: &str) -> Option<Asked> {
        self.notes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(mark)
            .copied()
    }
}

async fn serve(listener: StdListener, notes: Notes) -> Result<()> {
    let listener = TcpListener::from_std(listener)?;
    loop {
        let (stream, _) = listener.accept().await?;
        let notes = Arc::clone(&notes);
        tokio::spawn(async move {
            // A client that goes away is not our business.
            let _ = connection(stream, notes).await;
        });
    }
}

async fn connection(mut stream: TcpStream, notes: Notes) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::new();
    while let Some(body) = request(&mut stream, &mut buffer).await? {
        let at = now_ns();
        let mark = mark_of(&body).unwrap_or_default();
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
        let role = chunk(&json!({"role": "assistant", "content": ""}), None);
        stream.write_all(format!("{head}{role}").as_bytes()).await?;
        let first = chunk(&json!({"content": format!("{mark} ")}), None);
        let first_word = now_ns();
        notes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(mark, Asked { at, first_word });
        stream.write_all(first.as_bytes()).await?;
        // What follows must not be what lets the first word through.
        tokio::time::sleep(std::time::Duration::from_millis(40)).await;
        let rest = chunk(&json!({"content": "is noted."}), None);
        let stop = chunk(&json!({}), Some("stop"));
        let usage = record(
            &json!({"id": "chatcmpl-load", "object": "chat.completion.chunk", "created": 1,
            "model": "stand-in", "choices": [],
            "usage": {"prompt_tokens": 100, "completion_tokens": 5, "total_tokens": 105}}),
        );
        let done = "e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n";
        stream
            .write_all(format!("{rest}{stop}{usage}{done}").as_bytes())
            .await?;
    }
    Ok(())
}

fn chunk(delta: &Value, finish: Option<&str>) -> String {
    record(
        &json!({"id": "chatcmpl-load", "object": "chat.completion.chunk", "created": 1, "model": "stand-in",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}], "usage": Value::Null}),
    )
}

/// One record of the stream, as a chunk of HTTP.
fn record(value: &Value) -> String {
    let text = format!("data: {value}\n\n");
    format!("{:x}\r\n{text}\r\n", text.len())
}

/// The body of the next request; None when the client has gone.
async fn request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<Option<String>> {
    loop {
        if let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&buffer[..end]).to_ascii_lowercase();
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
            let whole = end + 4 + length.unwrap_or(0_usize);
            if buffer.len() >= whole {
                let body = String::from_utf8_lossy(&buffer[end + 4..whole]).into_owned();
                buffer.drain(..whole);
                return Ok(Some(body));
            }
        }
        if buffer.len() > MAX_BYTES || stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
}

/// The mark of the last prompt in a request.
fn mark_of(body: &str) -> Option<String> {
    let (_, rest) = body.rsplit_once(BEFORE_MARK)?;
    Some(rest.chars().take_while(char::is_ascii_alphanumeric).collect())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_last_mark_counts() {
        let body = r#"{"messages":[{"content":"my ticket T1x2."},{"content":"T1x2 is noted."},{"content":"a ticket T1x3, please"}]}"#;
        assert_eq!(super::mark_of(body).as_deref(), Some("T1x3"));
        assert_eq!(super::mark_of("{}"), None);
    }
}
