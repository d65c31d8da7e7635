//! What a session was sent and what became of it, for tests to look at. Sound is counted, not kept.

use std::collections::{BTreeMap, VecDeque};

use parking_lot::Mutex;
use serde_json::{Value, json};

/// Entries kept of each kind.
const KEPT: usize = 2_000;

/// What is known of one session.
pub(crate) struct Record {
    pub(crate) id: String,
    model: String,
    query: String,
    opened_at_ms: u64,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    session: Value,
    received: VecDeque<Value>,
    audio: Audio,
    sent: BTreeMap<String, u64>,
    truncations: Vec<Value>,
    heard: Vec<Value>,
    responses: VecDeque<Value>,
    errors: VecDeque<Value>,
    faults: Vec<String>,
    closed: Option<Value>,
}

#[derive(Default)]
struct Audio {
    events: u64,
    bytes: u64,
    /// Bytes that came before the first settings were in force.
    bytes_before_update: u64,
    first_at_ms: Option<u64>,
}

fn keep(list: &mut VecDeque<Value>, value: Value) {
    if list.len() == KEPT {
        list.pop_front();
    }
    list.push_back(value);
}

impl Record {
    pub(crate) fn new(id: &str, model: &str, query: &str, now_ms: u64) -> Self {
        Self {
            id: id.to_owned(),
            model: model.to_owned(),
            query: query.to_owned(),
            opened_at_ms: now_ms,
            inner: Mutex::default(),
        }
    }

    /// Keeps an event of the client, without sound.
    pub(crate) fn received(&self, now_ms: u64, event: &Value) {
        let mut event = event.clone();
        hide_audio(&mut event);
        keep(
            &mut self.inner.lock().received,
            json!({"at_ms": now_ms, "event": event}),
        );
    }

    pub(crate) fn audio(&self, now_ms: u64, bytes: usize) {
        let mut inner = self.inner.lock();
        let set_up = inner.sent.contains_key("session.updated");
        let audio = &mut inner.audio;
        audio.events += 1;
        audio.bytes += bytes as u64;
        audio.first_at_ms.get_or_insert(now_ms);
        if !set_up {
            audio.bytes_before_update += bytes as u64;
        }
    }

    pub(crate) fn session(&self, view: &Value) {
        self.inner.lock().session = view.clone();
    }

    pub(crate) fn sent(&self, kind: &str) {
        *self.inner.lock().sent.entry(kind.to_owned()).or_default() += 1;
    }

    pub(crate) fn truncated(&self, now_ms: u64, item_id: &str, audio_end_ms: u64, heard: &str) {
        let entry =
            json!({"at_ms": now_ms, "item_id": item_id, "audio_end_ms": audio_end_ms, "heard": heard});
        let mut inner = self.inner.lock();
        if inner.truncations.len() < KEPT {
            inner.truncations.push(entry);
        }
    }

    pub(crate) fn heard(&self, now_ms: u64, item_id: &str, text: &str, ms: u64) {
        let entry = json!({"at_ms": now_ms, "item_id": item_id, "text": text, "audio_ms": ms});
        let mut inner = self.inner.lock();
        if inner.heard.len() < KEPT {
            inner.heard.push(entry);
        }
    }

    pub(crate) fn response(&self, response: Value) {
        keep(&mut self.inner.lock().responses, response);
    }

    pub(crate) fn error(&self, error: &Value) {
        keep(&mut self.inner.lock().errors, error.clone());
    }

    /// A fault that was asked for has struck.
    pub(crate) fn fault(&self, kind: &str) {
        let mut inner = self.inner.lock();
        if inner.faults.len() < KEPT {
            inner.faults.push(kind.to_owned());
        }
    }

    /// The first reason counts.
    pub(crate) fn closed(&self, now_ms: u64, by: &str, code: Option<u16>, reason: &str) {
        let closed = json!({"at_ms": now_ms, "by": by, "code": code, "reason": reason});
        self.inner.lock().closed.get_or_insert(closed);
    }

    pub(crate) fn view(&self) -> Value {
        let inner = self.inner.lock();
        let audio = &inner.audio;
        json!({
            "id": self.id, "model": self.model, "query": self.query, "opened_at_ms": self.opened_at_ms,
            "state": if inner.closed.is_some() { "closed" } else { "open" },
            "closed": inner.closed, "session": inner.session, "received": inner.received,
            "audio": {"events": audio.events, "bytes": audio.bytes, "first_at_ms": audio.first_at_ms,
                      "bytes_before_update": audio.bytes_before_update},
            "sent": inner.sent, "truncations": inner.truncations, "heard": inner.heard,
            "responses": inner.responses, "errors": inner.errors, "faults": inner.faults,
        })
    }
}

/// Puts the length in place of every member `audio` that is a text.
fn hide_audio(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                match value.as_str() {
                    Some(text) if name == "audio" => *value = json!(text.len()),
                    _ => hide_audio(value),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(hide_audio),
        _ => {}
    }
}
