//! A caller who waits: the agent is silent, what the caller says is kept, and a word of comfort comes now and then.

use super::types::Now;
use super::{Core, Cx};
use crate::command::{Action, ActionStatus};
use crate::event::Speaker;
use crate::snapshot::{ItemBody, Snapshot};

/// What the caller says while waiting is answered with comfort this soon.
const SOON_MS: u64 = 1_000;

/// A wait.
#[derive(Debug, Clone)]
pub(super) struct Hold {
    /// Whether it ends with a transfer, and not by a supervisor.
    for_transfer: bool,
    /// When the next word of comfort is due.
    due_ms: u64,
    /// Words of comfort so far.
    step: usize,
    /// The caller has said something meanwhile.
    caller_spoke: bool,
}

impl Hold {
    pub(super) fn due_ms(&self) -> u64 {
        self.due_ms
    }
}

impl Core {
    /// Lets the caller wait from now on.
    pub(super) fn begin_hold(&mut self, cx: &Cx<'_>, for_transfer: bool) {
        self.hold = Some(Hold {
            for_transfer,
            due_ms: cx.now.ms + self.plan.policy.waiting.comfort_every_ms,
            step: 0,
            caller_spoke: false,
        });
    }

    pub(super) fn act_hold(&mut self, cx: &mut Cx<'_>) -> Result<(), (&'static str, &'static str)> {
        if self.takeover.is_some() {
            return Err((
                "taken_over",
                "a person speaks with the caller: give the call back first",
            ));
        }
        if self.hold.is_some() {
            return Err(("already_on_hold", "the caller is waiting already"));
        }
        self.stop_talking(cx);
        let words = self.plan.policy.waiting.hold.clone();
        self.say_line(cx, &words, Speaker::Agent, false);
        self.begin_hold(cx, false);
        Ok(())
    }

    pub(super) fn act_unhold(&mut self, cx: &mut Cx<'_>) -> Result<(), (&'static str, &'static str)> {
        let caller_spoke = match &self.hold {
            None => return Err(("not_on_hold", "the caller is not waiting")),
            Some(hold) if hold.for_transfer => {
                return Err(("transfer_in_progress", "the caller waits for a colleague"));
            }
            Some(hold) => hold.caller_spoke,
        };
        self.hold = None;
        self.stop_talking(cx);
        let words = self.plan.policy.waiting.unhold.clone();
        self.say_line(cx, &words, Speaker::Agent, false);
        // What the caller said meanwhile is answered now.
        self.want_reply |= caller_spoke;
        Ok(())
    }

    /// The wait for a transfer is over.
    pub(super) fn end_transfer_hold(&mut self) {
        if self.hold.as_ref().is_some_and(|hold| hold.for_transfer) {
            self.hold = None;
        }
    }

    /// The caller has said something while waiting.
    pub(super) fn comfort_soon(&mut self, cx: &Cx<'_>) {
        if let Some(hold) = &mut self.hold {
            hold.caller_spoke = true;
            hold.due_ms = hold.due_ms.min(cx.now.ms + SOON_MS);
        }
    }

    /// A caller whom a supervisor let wait before still waits.
    pub(super) fn recall_hold(&mut self, snapshot: &Snapshot, now: Now) {
        let last = snapshot.items.iter().rev().find_map(|item| match &item.body {
            ItemBody::Intervention {
                action: action @ (Action::Hold | Action::Unhold),
                status: ActionStatus::Applied,
                ..
            } => Some(action),
            _ => None,
        });
        if last == Some(&Action::Hold) {
            self.hold = Some(Hold {
                for_transfer: false,
                due_ms: now.ms + SOON_MS,
                step: 0,
                caller_spoke: self.memory.caller_waits(),
            });
        }
    }

    pub(super) fn on_comfort(&mut self, cx: &mut Cx<'_>) {
        let busy = !self.is_pausing() || self.caller.is_speaking() || self.caller_line.is_some();
        let (words, every_ms) = {
            let waiting = &self.plan.policy.waiting;
            (waiting.comfort.clone(), waiting.comfort_every_ms.max(SOON_MS))
        };
        let Some(hold) = &mut self.hold else { return };
        if busy {
            hold.due_ms = cx.now.ms + SOON_MS;
            return;
        }
        let at = hold.step % words.len().max(1);
        // A supervisor's wait has nobody to be reached: the second sentence says only that we are there.
        let line = if hold.for_transfer {
            words.get(at)
        } else {
            words.last()
        }
        .cloned();
        hold.step += 1;
        hold.due_ms = cx.now.ms + every_ms;
        if let Some(line) = line {
            self.say_line(cx, &line, Speaker::Agent, true);
        }
    }
}
