//! What others hold of a live call: its mailbox and a glance at its state.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use phony_conversation::core::{Core, TransferNews};
use phony_conversation::{ActionStatus, Command, EventBody};
use phony_kernel::call::{ConversationState, Ending};
use phony_kernel::{CallId, Error, ItemId, Kind, Result, TenantId};
use tokio::sync::{mpsc, oneshot, watch};

use crate::attendance::Attendance;
use crate::sound::Tap;

/// Orders that may wait for a call.
pub(crate) const QUEUE_ORDERS: usize = 64;
/// How long an act may take to be done before it is reported as on its way.
pub(crate) const ACT_WITHIN: Duration = Duration::from_secs(2);

/// Those who wait for the outcome of an act.
pub(crate) type Waiting = HashMap<String, Vec<oneshot::Sender<ActionStatus>>>;

/// A conversation on its way to another socket, and what others still want of it.
pub(crate) struct HandedOver {
    pub(crate) core: Core,
    pub(crate) waiting: Waiting,
    pub(crate) orders: Vec<Order>,
}

impl HandedOver {
    /// One that nobody knows yet.
    pub(crate) fn fresh(core: Core) -> Self {
        Self {
            core,
            waiting: Waiting::new(),
            orders: Vec::new(),
        }
    }
}

/// What a call can be told from outside.
pub(crate) enum Order {
    /// An act, and who waits for its outcome.
    Command(Command, oneshot::Sender<ActionStatus>),
    /// The call has ended, as the carrier or the database knows.
    Ended(Ending),
    /// Something that others have done, as with its recording.
    Note(Box<EventBody>),
    /// News of a warm transfer.
    Transfer(ItemId, TransferNews),
    /// What those tell who attend it.
    Attend(Attendance),
    /// The instance goes away.
    Drain,
    /// The caller is back on another socket of this instance.
    HandOver(oneshot::Sender<HandedOver>),
    /// The caller is back at another instance.
    Moved,
}

/// A live call of this instance. Cheap to clone.
#[derive(Clone, Debug)]
pub struct CallHandle {
    pub(crate) tenant: TenantId,
    pub(crate) call: CallId,
    pub(crate) orders: mpsc::Sender<Order>,
    pub(crate) state: watch::Receiver<Option<ConversationState>>,
    /// The call goes on with another socket, here or elsewhere.
    pub(crate) moving: Arc<AtomicBool>,
    /// By which the call is told that somebody listens.
    pub(crate) tap: Option<Arc<Tap>>,
}

impl CallHandle {
    /// Whose call it is.
    #[must_use]
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// Which call.
    #[must_use]
    pub fn call(&self) -> CallId {
        self.call
    }

    /// What its conversation does now.
    #[must_use]
    pub fn state(&self) -> Option<ConversationState> {
        *self.state.borrow()
    }

    /// Does one act and waits for its outcome, two seconds at most; then it is on its way.
    ///
    /// # Errors
    /// `call_busy` when too much waits for the call, `call_moving` when it changes its socket, `call_ended` when it
    /// is over.
    pub async fn command(&self, command: Command) -> Result<ActionStatus> {
        let (sender, outcome) = oneshot::channel();
        self.order(Order::Command(command, sender))?;
        match tokio::time::timeout(ACT_WITHIN, outcome).await {
            Ok(Ok(status)) => Ok(status),
            Ok(Err(_)) => Err(self.gone()),
            Err(_) => Ok(ActionStatus::Accepted),
        }
    }

    pub(crate) fn order(&self, order: Order) -> Result<()> {
        self.orders.try_send(order).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => busy(),
            mpsc::error::TrySendError::Closed(_) => self.gone(),
        })
    }

    /// Why the call does not answer any more.
    fn gone(&self) -> Error {
        if self.moving.load(Ordering::Acquire) {
            moving()
        } else {
            ended()
        }
    }
}

impl std::fmt::Debug for Order {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Command(..) => "Command",
            Self::Ended(_) => "Ended",
            Self::Note(_) => "Note",
            Self::Transfer(..) => "Transfer",
            Self::Attend(_) => "Attend",
            Self::Drain => "Drain",
            Self::HandOver(_) => "HandOver",
            Self::Moved => "Moved",
        })
    }
}

pub(crate) fn busy() -> Error {
    Error::new(Kind::Unavailable, "call_busy", "the call is busy, try again").retry_after(1)
}

pub(crate) fn moving() -> Error {
    let text = "the call is moving to another connection, try again";
    Error::new(Kind::Unavailable, "call_moving", text).retry_after(1)
}

pub(crate) fn ended() -> Error {
    Error::new(Kind::Conflict, "call_ended", "the call is over")
}
