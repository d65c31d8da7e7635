//! What one stream looked like from the carrier's side, by the simulator's clock.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::clock::Millis;

/// Happenings kept for one stream, and how many of them before marks are left out: an agent may send five a second.
const MOST_EVENTS: usize = 10_000;
const MOST_BEFORE_MARKS: usize = 5_000;

/// Everything noted about one stream. Times are simulated milliseconds since the call began.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct StreamReport {
    pub(crate) stream_sid: String,
    pub(crate) url: String,
    pub(crate) name: Option<String>,
    pub(crate) custom_parameters: BTreeMap<String, String>,
    pub(crate) opened_at_ms: Option<Millis>,
    pub(crate) closed_at_ms: Option<Millis>,
    /// `agent` closed the socket, `caller` hung up, `api` completed or moved the call, `broken`, or `refused`.
    pub(crate) ended: Option<&'static str>,
    /// With which the agent closed.
    pub(crate) close_code: Option<u16>,
    /// Media messages to the agent, and those that a `packet_gap` swallowed.
    pub(crate) media_sent: u64,
    pub(crate) media_lost: u64,
    /// Media messages from the agent, and the sound in them.
    pub(crate) media_received: u64,
    pub(crate) received_ms: u64,
    /// What became of that sound: heard, thrown away by `clear`, too much for the buffer, or left when the stream ended.
    pub(crate) played_ms: u64,
    pub(crate) cleared_ms: u64,
    pub(crate) discarded_ms: u64,
    pub(crate) unplayed_ms: u64,
    /// The most that waited at one time.
    pub(crate) longest_queue_ms: u64,
    pub(crate) marks_received: u64,
    pub(crate) marks_returned: u64,
    pub(crate) clears: u64,
    pub(crate) keys: u64,
    /// Holes in the agent's speech: nothing to play in the middle of an utterance that went on later.
    pub(crate) gaps: Vec<Gap>,
    pub(crate) events: Vec<Event>,
}

/// A hole in the agent's speech.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Gap {
    pub(crate) at_ms: Millis,
    pub(crate) ms: Millis,
}

/// Something that happened on the stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Event {
    pub(crate) at_ms: Millis,
    /// `caller_voice_began`, `caller_voice_ended`, `caller_noise_began`, `caller_noise_ended`, `key`, `agent_voice_began`,
    /// `agent_voice_ended`, `clear`, `mark_received`, `mark_returned`, `fault`.
    pub(crate) kind: &'static str,
    /// Of a mark, a key or a fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// Sound that was thrown away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ms: Option<u64>,
}

impl StreamReport {
    pub(crate) fn note(&mut self, at_ms: Millis, kind: &'static str, name: Option<&str>, ms: Option<u64>) {
        let most = if kind.starts_with("mark") {
            MOST_BEFORE_MARKS
        } else {
            MOST_EVENTS
        };
        if self.events.len() < most {
            self.events.push(Event {
                at_ms,
                kind,
                name: name.map(str::to_owned),
                ms,
            });
        }
    }
}
