//! Acts that were seen, with their outcomes: the same `action_id` twice is one act.

use std::collections::{HashMap, VecDeque};

use phony_kernel::ItemId;

use super::types::Effect;
use super::{Core, Cx};
use crate::command::{Action, ActionStatus, Actor, Command};
use crate::event::EventBody;

/// How many acts are remembered.
const MAX_REMEMBERED: usize = 256;

#[derive(Debug, Clone)]
struct Seen {
    item: ItemId,
    action: Action,
    by: Actor,
    status: ActionStatus,
}

/// The acts of a call.
#[derive(Debug, Default)]
pub(super) struct Actions {
    seen: HashMap<String, Seen>,
    order: VecDeque<String>,
}

impl Actions {
    /// What became of an act.
    pub(super) fn status(&self, action_id: &str) -> Option<&ActionStatus> {
        self.seen.get(action_id).map(|seen| &seen.status)
    }

    /// Remembers an act of an earlier socket.
    pub(super) fn resume(&mut self, item: ItemId, command: Command, status: ActionStatus) {
        let Command {
            action_id,
            actor,
            action,
        } = command;
        self.remember(
            action_id,
            Seen {
                item,
                action,
                by: actor,
                status,
            },
        );
    }

    fn remember(&mut self, action_id: String, seen: Seen) {
        if self.order.len() == MAX_REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.seen.remove(&oldest);
        }
        self.order.push_back(action_id.clone());
        self.seen.insert(action_id, seen);
    }
}

impl Core {
    /// Takes note of a new act.
    pub(super) fn accept(&mut self, cx: &mut Cx<'_>, command: &Command) {
        let seen = Seen {
            item: ItemId::new(),
            action: command.action.clone(),
            by: command.actor.clone(),
            status: ActionStatus::Accepted,
        };
        self.actions.remember(command.action_id.clone(), seen);
        self.tell(cx, &command.action_id);
    }

    /// An act got further.
    pub(super) fn acted(&mut self, cx: &mut Cx<'_>, action_id: &str, status: ActionStatus) {
        let Some(seen) = self.actions.seen.get_mut(action_id) else {
            return;
        };
        if seen.status == ActionStatus::Accepted {
            seen.status = status;
            self.tell(cx, action_id);
        }
    }

    /// An act is not possible.
    pub(super) fn fail(&mut self, cx: &mut Cx<'_>, action_id: &str, code: &str, detail: &str) {
        self.acted(cx, action_id, failed(code, detail));
    }

    /// No act stays open when the conversation goes.
    pub(super) fn fail_open_actions(&mut self, cx: &mut Cx<'_>, code: &str, detail: &str) {
        self.queued.clear();
        let open: Vec<String> = self
            .actions
            .order
            .iter()
            .filter(|id| self.actions.status(id) == Some(&ActionStatus::Accepted))
            .cloned()
            .collect();
        for action_id in open {
            self.fail(cx, &action_id, code, detail);
        }
    }

    /// The call is over: a known act keeps its outcome, a new one fails, and nobody is told of it.
    pub(super) fn refuse_after_end(&mut self, cx: &mut Cx<'_>, command: Command) {
        let status = self.actions.status(&command.action_id).cloned();
        let status = status.unwrap_or_else(|| failed("call_ended", "the call has ended"));
        cx.out.push(Effect::Acted {
            action_id: command.action_id,
            status,
        });
    }

    fn tell(&mut self, cx: &mut Cx<'_>, action_id: &str) {
        let Some(Seen {
            item,
            action,
            by,
            status,
        }) = self.actions.seen.get(action_id).cloned()
        else {
            return;
        };
        let action_id = action_id.to_owned();
        self.emit(
            cx,
            EventBody::SupervisorAction {
                item_id: item,
                action_id: action_id.clone(),
                action,
                by,
                status: status.clone(),
            },
        );
        cx.out.push(Effect::Acted { action_id, status });
    }
}

fn failed(code: &str, detail: &str) -> ActionStatus {
    ActionStatus::Failed {
        code: code.to_owned(),
        detail: detail.to_owned(),
    }
}
