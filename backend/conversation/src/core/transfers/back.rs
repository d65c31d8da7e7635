//! The caller is back with the agent: nobody has taken them.

use phony_kernel::ItemId;

use super::super::{Core, Cx};
use crate::command::TransferKind;
use crate::event::{EventBody, Speaker};
use crate::snapshot::{ItemBody, Snapshot};

/// A transfer that another conversation of this call has begun.
#[derive(Debug, Clone)]
pub(super) struct Back {
    id: ItemId,
    to: String,
    kind: TransferKind,
    /// Nobody has said how it ended.
    open: bool,
}

impl Core {
    pub(super) fn apologize(&mut self, cx: &mut Cx<'_>, reason: &str) {
        self.memory.note(&format!(
            "Note: the colleague could not take the caller ({reason}). The caller is back with you and has been told \
that you are sorry. Go on with the talk."
        ));
        let words = self.plan.policy.waiting.failed.clone();
        self.say_line(cx, &words, Speaker::Agent, false);
    }

    /// What of a call before is known of its transfers: whether the caller comes back from one now.
    pub(in crate::core) fn recall_transfers(&mut self, snapshot: &Snapshot) {
        let is_apology = |body: &ItemBody| matches!(body, ItemBody::Speech { text, .. } if *text == self.plan.policy.waiting.failed);
        let last = snapshot
            .items
            .iter()
            .enumerate()
            .rev()
            .find_map(|(at, item)| match &item.body {
                ItemBody::Transfer {
                    to,
                    transfer_kind: kind,
                    status,
                    ..
                } => Some((at, item.id, to.clone(), *kind, status.clone())),
                _ => None,
            });
        let Some((at, id, to, kind, status)) = last else {
            return;
        };
        self.limits.transferred = true;
        let apologized = snapshot.items.iter().skip(at).any(|item| is_apology(&item.body));
        // One that was only asked for is as if it had not been: the line was lost before.
        if kind == TransferKind::Cold && status == "requested" {
            self.limits.transferred = false;
        } else if !apologized {
            let open = !matches!(status.as_str(), "failed" | "completed");
            self.transfers.back = Some(Back { id, to, kind, open });
        }
    }

    /// The caller is back from somebody who did not take the call.
    pub(in crate::core) fn on_back(&mut self, cx: &mut Cx<'_>) {
        let Some(back) = self.transfers.back.take() else {
            return;
        };
        let reason = "transfer_failed".to_owned();
        self.emit(cx, EventBody::CallResumed { reason });
        if back.open {
            self.emit(
                cx,
                EventBody::TransferUpdated {
                    item_id: back.id,
                    to: back.to,
                    kind: back.kind,
                    status: "failed".to_owned(),
                    reason: Some("connection_lost".to_owned()),
                },
            );
        }
        self.apologize(cx, "not taken");
    }
}
