//! The calls of turns of this instance: where a webhook finds the conversation that it belongs to.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;
use phony_kernel::{CallId, TenantId};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use super::kept::Reply;
use super::{GatherPartial, GatherTurn, Nudge};

/// Webhooks of one call that may wait.
pub(super) const QUEUE_TURNS: usize = 32;

/// What a webhook brings to a conversation.
#[derive(Debug)]
pub(super) enum Brought {
    /// A turn, and who waits for its answer.
    Turn(GatherTurn, oneshot::Sender<Reply>),
    /// What the caller says meanwhile.
    Partial(GatherPartial),
}

/// A conversation that waits for its next turn.
#[derive(Debug, Clone)]
pub(super) struct Seat {
    pub(super) run: u64,
    pub(super) tenant: TenantId,
    pub(super) call_sid: String,
    pub(super) token: String,
    pub(super) turns: mpsc::Sender<Brought>,
    /// The number of its last answer.
    pub(super) number: Arc<AtomicU64>,
}

impl Seat {
    /// Whether somebody who brings these may speak for the call.
    pub(super) fn admits(&self, call_sid: &str, token: &str) -> bool {
        self.call_sid == call_sid && self.token == token
    }

    pub(super) fn number(&self) -> u64 {
        self.number.load(Ordering::Acquire)
    }
}

/// The calls of turns of this instance.
pub(crate) struct Desk {
    seats: Mutex<HashMap<CallId, Seat>>,
    /// Conversations outlive the webhooks that begin them.
    pub(super) runtime: Handle,
    pub(super) nudges: OnceLock<mpsc::Sender<Nudge>>,
    next_run: AtomicU64,
}

impl Desk {
    pub(crate) fn new(runtime: Handle) -> Self {
        Self {
            seats: Mutex::default(),
            runtime,
            nudges: OnceLock::new(),
            next_run: AtomicU64::new(1),
        }
    }

    pub(super) fn find(&self, call: CallId) -> Option<Seat> {
        self.seats.lock().get(&call).cloned()
    }

    pub(super) fn next_run(&self) -> u64 {
        self.next_run.fetch_add(1, Ordering::Relaxed)
    }

    /// Takes the place of a call, unless somebody has it who still reads.
    pub(super) fn sit(&self, call: CallId, seat: Seat) -> bool {
        let mut seats = self.seats.lock();
        if seats.get(&call).is_some_and(|seat| !seat.turns.is_closed()) {
            return false;
        }
        seats.insert(call, seat);
        true
    }

    pub(super) fn leave(&self, call: CallId, run: u64) {
        let mut seats = self.seats.lock();
        if seats.get(&call).is_some_and(|seat| seat.run == run) {
            seats.remove(&call);
        }
    }
}
