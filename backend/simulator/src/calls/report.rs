//! What a call looked like from outside: what the person heard and said, which documents ran, which webhooks were sent
//! and how they were answered.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Call;
use crate::clock::Millis;
use crate::stream::report::StreamReport;

/// Everything noted about one call. Times are simulated milliseconds since the call began.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Report {
    pub(crate) heard: Vec<Heard>,
    pub(crate) sent: Vec<Sent>,
    pub(crate) twiml: Vec<Twiml>,
    pub(crate) callbacks: Vec<Callback>,
    pub(crate) relay: Vec<Frame>,
    pub(crate) streams: Vec<StreamReport>,
    pub(crate) errors: Vec<Trouble>,
}

/// Something that reached the person's ear.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Heard {
    pub(crate) at_ms: Millis,
    pub(crate) until_ms: Option<Millis>,
    /// `speech`, `play`, `digits`, `music` (while on hold), `person` (another person on a joined call), `announcement`, or
    /// `sound` that is no known speech.
    pub(crate) kind: &'static str,
    /// What was really audible.
    pub(crate) text: String,
    /// The rest was cut off by the person or by the end of the call.
    pub(crate) interrupted: bool,
    pub(crate) finished: bool,
    /// The call of the person who was heard, and their name in the conference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) from_label: Option<String>,
    /// When each word was heard; on streams only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) words: Vec<WordHeard>,
}

/// A word that was understood by its sound.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct WordHeard {
    pub(crate) text: String,
    pub(crate) at_ms: Millis,
    pub(crate) until_ms: Millis,
}

/// Something the person did.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Sent {
    pub(crate) at_ms: Millis,
    /// `say`, `press`, `beep`, `noise`, `cough` or `hangup`.
    pub(crate) kind: &'static str,
    pub(crate) text: String,
}

/// A document the carrier was given.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Twiml {
    pub(crate) at_ms: Millis,
    pub(crate) url: Option<String>,
    pub(crate) body: String,
}

/// A webhook the carrier sent.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Callback {
    pub(crate) at_ms: Millis,
    /// `voice`, `fallback`, `action`, `redirect`, `gather`, `dial`, `whisper`, `wait`, `hold`, `announce`, `status`,
    /// `partial`, `stream`, `machine`, `recording` or `conference`.
    pub(crate) kind: &'static str,
    pub(crate) url: String,
    pub(crate) method: String,
    pub(crate) params: BTreeMap<String, String>,
    /// HTTP status of the answer; null when there was none.
    pub(crate) status: Option<u16>,
    pub(crate) error: Option<String>,
    pub(crate) took_ms: u64,
    /// Held back on purpose by the `callbacks` setting.
    pub(crate) withheld: bool,
    pub(crate) idempotency_token: String,
}

/// A message on the conversation socket.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Frame {
    pub(crate) at_ms: Millis,
    /// `carrier` or `agent`.
    pub(crate) from: &'static str,
    pub(crate) message: serde_json::Value,
}

/// Something the carrier's debugger would show.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Trouble {
    pub(crate) at_ms: Millis,
    pub(crate) code: u32,
    pub(crate) message: String,
}

/// Messages kept for one call; a runaway agent must not fill the memory.
const FRAMES_KEPT: usize = 5_000;

impl Call {
    pub(crate) fn note_trouble(&self, now: Millis, code: u32, message: impl Into<String>) {
        let message = message.into();
        tracing::info!(call = %self.sid, code, %message, "call trouble");
        let at_ms = self.since_start(now);
        self.change(|s| s.report.errors.push(Trouble { at_ms, code, message }));
    }

    pub(crate) fn note_sent(&self, now: Millis, kind: &'static str, text: &str) {
        let at_ms = self.since_start(now);
        self.change(|s| {
            s.report.sent.push(Sent {
                at_ms,
                kind,
                text: text.to_owned(),
            });
        });
    }

    pub(crate) fn note_twiml(&self, now: Millis, url: Option<&str>, body: &str) {
        let at_ms = self.since_start(now);
        let url = url.map(str::to_owned);
        self.change(|s| {
            s.report.twiml.push(Twiml {
                at_ms,
                url,
                body: body.to_owned(),
            });
        });
    }

    pub(crate) fn note_callback(&self, callback: Callback) {
        self.change(|s| s.report.callbacks.push(callback));
    }

    pub(crate) fn note_frame(&self, now: Millis, from: &'static str, message: serde_json::Value) {
        let at_ms = self.since_start(now);
        self.change(|s| {
            if s.report.relay.len() < FRAMES_KEPT {
                s.report.relay.push(Frame { at_ms, from, message });
            }
        });
    }

    /// Something whole that was heard at once.
    pub(crate) fn note_heard(&self, now: Millis, kind: &'static str, text: &str) {
        let at_ms = self.since_start(now);
        let heard = Heard {
            at_ms,
            until_ms: Some(at_ms),
            kind,
            text: text.to_owned(),
            interrupted: false,
            finished: true,
            ..Heard::default()
        };
        self.change(|s| s.report.heard.push(heard));
    }

    /// Notes who ended the call; the first one counts.
    pub(crate) fn note_end(&self, who: &str) {
        self.change(|s| {
            if s.ended_by.is_none() {
                s.ended_by = Some(who.to_owned());
            }
        });
    }
}
