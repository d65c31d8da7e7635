//! What may go wrong with a line on demand.

use serde::{Deserialize, Serialize};

use crate::clock::Millis;

/// One fault; those that last stay until `steady`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// The connection is gone, between two frames.
    Kill,
    /// The connection is gone in the middle of a frame.
    KillMidFrame,
    /// When the stream ends there will be no `stop` and no closing handshake.
    NoStop,
    /// `ms` of the caller's sound are lost.
    PacketGap,
    /// Messages arrive in bursts 40 to `ms` (100) milliseconds apart.
    Jitter,
    /// Marks are never returned.
    WithholdMarks,
    /// The carrier does not read any more.
    Deaf,
    /// Everything works again.
    Steady,
}

/// A fault as it is ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LineFault {
    pub(crate) fault: Kind,
    pub(crate) ms: Option<Millis>,
}

/// The lasting faults of a line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) no_stop: bool,
    pub(super) withhold_marks: bool,
    pub(super) deaf: bool,
}
