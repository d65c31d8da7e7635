//! The model provider: chat completions with replies that follow rules, so that the same words always get the same answer.

pub(crate) mod brain;
pub(crate) mod chat;
pub(crate) mod control;
pub(crate) mod errors;
pub(crate) mod notes;
pub(crate) mod request;
pub(crate) mod rules;
pub(crate) mod split;
pub(crate) mod stream;
pub(crate) mod topics;
pub(crate) mod usage;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};

use actix_web::web;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use rules::Rule;
use split::Split;

/// Requests kept for inspection.
const REQUESTS_KEPT: usize = 1_000;

/// What the model half keeps.
#[derive(Default)]
pub(crate) struct ModelState {
    requests: Mutex<VecDeque<Recorded>>,
    pub(crate) rules: Mutex<Vec<Rule>>,
    pub(crate) pace: Mutex<Pace>,
    counter: AtomicU64,
}

/// How fast and in which pieces replies come, unless a rule says otherwise. Simulated milliseconds.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Pace {
    pub(crate) first_token_ms: u64,
    pub(crate) tokens_ms: u64,
    pub(crate) split: Split,
    /// Send the stream byte by byte, so that no record, word or letter arrives whole.
    pub(crate) bytes: bool,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            first_token_ms: 250,
            tokens_ms: 30,
            split: Split::default(),
            bytes: false,
        }
    }
}

/// A request as it came, and what was made of it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Recorded {
    pub(crate) id: u64,
    pub(crate) at_ms: u64,
    pub(crate) body: Value,
    /// HTTP status of the answer.
    pub(crate) status: u16,
    pub(crate) fault: Option<String>,
    /// The whole reply the model had in mind.
    pub(crate) reply: Option<String>,
    /// `answering`, `stalled`, `done`, or `aborted` when the client went away before the end.
    pub(crate) state: &'static str,
}

impl ModelState {
    pub(crate) fn next_id(&self) -> u64 {
        self.counter.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(crate) fn record(&self, recorded: Recorded) {
        let mut requests = self.requests.lock();
        if requests.len() == REQUESTS_KEPT {
            requests.pop_front();
        }
        requests.push_back(recorded);
    }

    /// Notes how the answer to request `id` ended.
    pub(crate) fn settle(&self, id: u64, state: &'static str) {
        if let Some(recorded) = self.requests.lock().iter_mut().find(|r| r.id == id) {
            recorded.state = state;
        }
    }

    pub(crate) fn recorded(&self) -> Vec<Recorded> {
        self.requests.lock().iter().cloned().collect()
    }

    pub(crate) fn forget(&self) {
        self.requests.lock().clear();
    }
}

/// Everything under `/v1`.
pub(crate) fn routes(config: &mut web::ServiceConfig) {
    let scope = web::scope("/v1")
        .service(chat::complete)
        .service(chat::models)
        .service(chat::one_model)
        .service(crate::realtime::upgrade::open)
        .default_service(web::to(chat::nothing_here));
    config.service(scope);
}
