//! The caller is sent on, and rings elsewhere.

use phony_kernel::call::{ConversationState, EndedReason, Ending};
use phony_kernel::{E164, ItemId};

use super::super::ending::Closing;
use super::super::types::Handoff;
use super::super::{Core, Cx};
use super::Wish;
use crate::command::TransferKind;
use crate::event::EventBody;

impl Core {
    /// Sends the caller on once all is said.
    pub(in crate::core) fn transfer_to(&mut self, cx: &mut Cx<'_>, target: &E164) {
        self.send_on(cx, target, None, &Wish::default());
    }

    /// The same, with words that the carrier says because the engine cannot, or because somebody wants it.
    pub(in crate::core) fn send_on(
        &mut self,
        cx: &mut Cx<'_>,
        target: &E164,
        say: Option<String>,
        wish: &Wish<'_>,
    ) {
        self.limits.transferred = true;
        let id = ItemId::new();
        self.transfers.cold = Some((id, target.clone()));
        self.tell_transfer(cx, (id, target, TransferKind::Cold), "requested", None);
        let handoff = Handoff::Transfer {
            to: target.clone(),
            caller_id: self.plan.shown_number(),
            say,
        };
        let ending = Ending::of(EndedReason::Transferred);
        let closing = match wish.action_id {
            Some(action_id) => Closing::by_action(handoff, ending, action_id),
            None => Closing::new(handoff, ending),
        };
        self.close(cx, closing);
    }

    /// The carrier has the caller from now on; how it goes is told elsewhere, where the call also ends or goes on.
    pub(in crate::core) fn caller_sent_on(&mut self, cx: &mut Cx<'_>) {
        if let Some((id, to)) = self.transfers.cold.take() {
            self.tell_transfer(cx, (id, &to, TransferKind::Cold), "dialing", None);
        }
        self.caller_away(cx);
    }

    pub(super) fn caller_away(&mut self, cx: &mut Cx<'_>) {
        let state = ConversationState::OnHold;
        if self.state != Some(state) {
            self.emit(cx, EventBody::ConversationState { state });
        }
        self.release(cx);
    }
}
