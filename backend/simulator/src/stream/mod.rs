//! Media Streams: the carrier sends the caller's sound over a WebSocket and plays what comes back.

mod ending;
pub(crate) mod faults;
pub(crate) mod fork;
mod frames;
mod hearing;
mod incoming;
mod messages;
mod mouth;
mod options;
mod outgoing;
mod playout;
pub(crate) mod report;
pub(crate) mod session;
mod upgrade;

use std::sync::Arc;

use crate::clock::Millis;
use crate::speech::Utterance;

/// Length of a frame on the socket and in the caller's ear.
const FRAME_MS: Millis = 20;

/// What the person on the line makes heard, with a number by which they know that it is over.
#[derive(Debug, Clone)]
pub(crate) struct Sounding {
    pub(crate) id: u64,
    pub(crate) sound: Sound,
}

/// Sound from a person.
#[derive(Debug, Clone)]
pub(crate) enum Sound {
    Voice(Arc<Utterance>),
    /// Steady noise of the place they are in.
    Noise {
        ms: Millis,
        level_db: f32,
    },
    /// Short and loud, and no word.
    Cough {
        ms: Millis,
    },
    /// The tone of a mailbox.
    Beep {
        ms: Millis,
    },
}

impl Sound {
    pub(crate) fn duration_ms(&self) -> Millis {
        match self {
            Self::Voice(utterance) => utterance.duration_ms(),
            Self::Noise { ms, .. } | Self::Cough { ms } | Self::Beep { ms } => *ms,
        }
    }
}
