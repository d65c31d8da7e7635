//! Where the time of an answer went.

use serde::{Deserialize, Serialize};

/// The parts of a turn's latency; they add up to the total with what is unaccounted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LatencyParts {
    /// Waiting for the end of the caller's speech to be certain.
    pub endpoint_wait: u64,
    /// Until the final transcript.
    pub stt_final: u64,
    /// Waiting in our queues.
    pub queue: u64,
    /// Tools.
    pub tool: u64,
    /// Waiting for a supervisor's approval.
    pub approval_wait: u64,
    /// Request to first model token.
    pub model_first: u64,
    /// Text to first sound.
    pub tts_first: u64,
    /// Through the carrier.
    pub carrier_out: u64,
}

impl LatencyParts {
    /// Sum of all parts.
    #[must_use]
    pub fn sum(&self) -> u64 {
        self.endpoint_wait
            + self.stt_final
            + self.queue
            + self.tool
            + self.approval_wait
            + self.model_first
            + self.tts_first
            + self.carrier_out
    }
}
