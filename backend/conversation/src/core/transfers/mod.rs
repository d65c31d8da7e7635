//! Handing the caller to somebody. Cold: the caller is sent on, and another conversation begins if nobody answers.
//! Warm: the caller waits here while the target is rung, told what it is about and asked.
//!
//! Here: what is under way, and what is common to both. Whatever fails brings the caller back to the agent, with an
//! apology and the talk as it was (`back`).

mod back;
mod brief;
mod cold;
pub(super) mod news;
mod warm;

use phony_kernel::call::{Channel, Engine};
use phony_kernel::{E164, ItemId};

use super::{Core, Cx};
use crate::command::{StayAs, TransferKind};
use crate::event::EventBody;

use back::Back;
use warm::{Stage, Warm};

/// The transfers of a call.
#[derive(Debug, Clone, Default)]
pub(in crate::core) struct Transfers {
    cold: Option<(ItemId, E164)>,
    warm: Option<Warm>,
    back: Option<Back>,
}

impl Transfers {
    /// Whether one is under way.
    pub(in crate::core) fn is_open(&self) -> bool {
        self.warm.is_some() || self.cold.is_some()
    }

    pub(in crate::core) fn is_joining(&self) -> bool {
        self.warm
            .as_ref()
            .is_some_and(|warm| warm.stage == Stage::Joining)
    }

    pub(in crate::core) fn wants_join(&self) -> bool {
        self.warm
            .as_ref()
            .is_some_and(|warm| warm.stage == Stage::Accepted)
    }

    pub(in crate::core) fn due_ms(&self) -> Option<u64> {
        self.warm.as_ref().map(|warm| warm.due_ms)
    }

    /// Whether the caller comes back from somebody who did not take the call.
    pub(in crate::core) fn is_back(&self) -> bool {
        self.back.is_some()
    }

    /// Whether the caller is to be told now that they wait.
    pub(in crate::core) fn take_announcement(&mut self) -> bool {
        self.warm
            .as_mut()
            .is_some_and(|warm| std::mem::take(&mut warm.unannounced))
    }

    /// Whether the caller is about to be sent on.
    pub(in crate::core) fn is_cold(&self) -> bool {
        self.cold.is_some()
    }
}

/// Who wants a transfer, and what they said of it.
#[derive(Debug, Default)]
pub(in crate::core) struct Wish<'a> {
    pub(in crate::core) action_id: Option<&'a str>,
    pub(in crate::core) brief: Option<&'a str>,
    /// What the agent is to do afterwards, when they said so.
    pub(in crate::core) stay_as: Option<StayAs>,
}

impl Core {
    /// The number behind an alias or a number of the personality's list, and how callers get there.
    pub(in crate::core) fn target(&self, to: &str) -> Option<(E164, TransferKind)> {
        let to = to.trim();
        self.plan
            .personality
            .transfer_targets
            .iter()
            .find(|target| target.alias.eq_ignore_ascii_case(to) || target.e164.as_str() == to)
            .map(|target| (target.e164.clone(), target.kind))
    }

    /// Why nobody can be handed over in this call at the moment, if so.
    pub(in crate::core) fn transfer_obstacle(&self) -> Option<(&'static str, &'static str)> {
        if self.plan.number.is_none() {
            Some((
                "channel_cannot_transfer",
                "a call without a telephone number cannot be transferred",
            ))
        } else if self.transfers.is_open() {
            Some(("transfer_in_progress", "a transfer is under way"))
        } else {
            None
        }
    }

    fn tell_transfer(
        &mut self,
        cx: &mut Cx<'_>,
        (id, to, kind): (ItemId, &E164, TransferKind),
        status: &str,
        reason: Option<&str>,
    ) {
        self.emit(
            cx,
            EventBody::TransferUpdated {
                item_id: id,
                to: to.as_str().to_owned(),
                kind,
                status: status.to_owned(),
                reason: reason.map(str::to_owned),
            },
        );
    }

    /// Whatever transfer is under way comes to nothing.
    pub(in crate::core) fn end_transfers(&mut self, cx: &mut Cx<'_>, reason: &str) {
        self.drop_warm(cx, reason);
        if let Some((id, to)) = self.transfers.cold.take() {
            self.tell_transfer(cx, (id, &to, TransferKind::Cold), "failed", Some(reason));
        }
    }

    /// Why the agent cannot stay in this call once the caller is with somebody else, if so.
    pub(in crate::core) fn stay_obstacle(&self) -> Option<(&'static str, &'static str)> {
        let hears = self.plan.engine == Engine::Realtime && self.plan.channel == Channel::Phone;
        (!hears).then_some((
            "engine_cannot_take_notes",
            "this call's engine does not hear sound, so the agent cannot stay as note-taker",
        ))
    }
}
