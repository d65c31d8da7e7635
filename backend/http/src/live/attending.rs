//! What an open live socket tells the calls that its person attends: that they watch, and that they still hold what
//! they have taken over by keyboard. All of it ends with the socket.

use std::collections::HashMap;
use std::time::Duration;

use actix_web::web;
use parking_lot::Mutex;
use phony_app::{App, Principal, Who};
use phony_conversation::command::TakeoverVia;
use phony_conversation::{Action, ActionStatus, EventBody};
use phony_kernel::CallId;
use phony_kernel::call::CallStatus;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// A third of the time after which a call takes a socket for gone.
const WATCH_EVERY: Duration = Duration::from_secs(15);
/// Often enough that one sign may be lost.
const RENEW_EVERY: Duration = Duration::from_millis(1_500);
/// Calls that one person speaks in at a time.
const MOST_TAKEN: usize = 16;

/// A person watches a call for as long as this is there.
pub(super) struct Watch(mpsc::Sender<()>);

impl Watch {
    /// Begins; a program is not counted.
    pub(super) fn begin(app: &web::Data<App>, who: &Principal, call: CallId) -> Option<Self> {
        if matches!(who.who, Who::Key { .. }) {
            return None;
        }
        let (again, mut wanted) = mpsc::channel(1);
        let (app, who) = (app.clone(), who.clone());
        actix_web::rt::spawn(async move {
            let socket = uuid::Uuid::now_v7().simple().to_string();
            loop {
                // Said again soon; a call that nobody runs yet is told when it begins.
                let _ = app.supervision.watch(&who, call, &socket).await;
                if matches!(timeout(WATCH_EVERY, wanted.recv()).await, Ok(None)) {
                    break;
                }
            }
            let _ = app.supervision.unwatch(&who, call, &socket).await;
        });
        Some(Self(again))
    }

    /// The conversation has begun, perhaps somewhere else: it is to know who watches.
    pub(super) fn see(&self, body: &EventBody) {
        let begun = matches!(
            body,
            EventBody::CallResumed { .. }
                | EventBody::CallState {
                    status: CallStatus::InProgress,
                    ..
                }
        );
        if begun {
            // One that waits does as well.
            let _ = self.0.try_send(());
        }
    }
}

/// The calls that are taken over by keyboard from this socket.
#[derive(Default)]
pub(super) struct Keyboards(Mutex<HashMap<CallId, mpsc::Sender<End>>>);

/// The call was handed back in order.
struct End;

impl Keyboards {
    /// An act of this socket was done.
    pub(super) fn acted(
        &self,
        app: &web::Data<App>,
        who: &Principal,
        call: CallId,
        action: &Action,
        status: &ActionStatus,
    ) {
        match (action, status) {
            (
                Action::Takeover {
                    via: TakeoverVia::Keyboard,
                },
                ActionStatus::Applied,
            ) => self.hold(app, who, call),
            (Action::Takeover { .. } | Action::Handback { .. }, ActionStatus::Applied) => {
                if let Some(held) = self.0.lock().remove(&call) {
                    let _ = held.try_send(End);
                }
            }
            _ => {}
        }
    }

    fn hold(&self, app: &web::Data<App>, who: &Principal, call: CallId) {
        let mut held = self.0.lock();
        if held.contains_key(&call) || held.len() >= MOST_TAKEN {
            return;
        }
        let (end, mut ended) = mpsc::channel(1);
        held.insert(call, end);
        let (app, who) = (app.clone(), who.clone());
        actix_web::rt::spawn(async move {
            let via = TakeoverVia::Keyboard;
            loop {
                match timeout(RENEW_EVERY, ended.recv()).await {
                    Ok(Some(End)) => return,
                    Ok(None) => break,
                    // What is not heard is said again.
                    Err(_) => drop(app.supervision.keep_takeover(&who, call, via).await),
                }
            }
            if let Err(error) = app.supervision.lose_takeover(&who, call, via).await {
                tracing::debug!(error = ?error, "a takeover runs out by itself");
            }
        });
    }

    /// The socket is gone, and with it whoever spoke by it.
    pub(super) fn close(&self) {
        self.0.lock().clear();
    }
}
