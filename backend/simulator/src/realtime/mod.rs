//! Speech to speech over one WebSocket, as the provider serves it: sound in, sound out, and events about both.

mod config;
pub(crate) mod control;
mod events;
mod hearing;
mod items;
mod line;
mod mind;
mod record;
mod run;
mod session;
mod sound;
mod tools;
pub(crate) mod upgrade;
mod usage;
mod wire;

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use mind::Scripted;
use record::Record;

/// Sessions kept for inspection.
const SESSIONS_KEPT: usize = 500;

/// What can go wrong on demand: before the session, in it, and with the socket.
pub(crate) const FAULTS: &[&[&str]] = &[
    upgrade::REFUSED,
    upgrade::STARTED,
    session::UPDATE_KINDS,
    session::REPLY_KINDS,
    session::TRANSCRIPTION_KINDS,
    line::KINDS,
];

/// What this half keeps.
#[derive(Default)]
pub(crate) struct RealtimeState {
    pub(crate) settings: Mutex<Settings>,
    pub(crate) replies: Mutex<Vec<Scripted>>,
    sessions: Mutex<VecDeque<Arc<Record>>>,
}

/// How sessions behave. Simulated milliseconds.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// The longest session; an hour when absent.
    pub(crate) session_limit_ms: Option<u64>,
    /// From `response.created` to the first output.
    pub(crate) first_audio_ms: u64,
    /// How much faster than speech the sound of a reply comes.
    pub(crate) audio_speed: f64,
    /// Sound in one delta, more or less.
    pub(crate) delta_ms: u64,
    /// From the end of a turn to its words.
    pub(crate) transcription_ms: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            session_limit_ms: None,
            first_audio_ms: 350,
            audio_speed: 6.0,
            delta_ms: 150,
            transcription_ms: 500,
        }
    }
}

impl RealtimeState {
    fn keep(&self, record: &Arc<Record>) {
        let mut sessions = self.sessions.lock();
        if sessions.len() == SESSIONS_KEPT {
            sessions.pop_front();
        }
        sessions.push_back(Arc::clone(record));
    }
}
