//! A conversation that goes on at another instance: rebuilt from the events that everybody could see.

use std::sync::Arc;

use super::Core;
use super::types::Now;
use crate::command::{Action, Command, SayMode};
use crate::event::Speaker;
use crate::plan::CallPlan;
use crate::snapshot::{Item, ItemBody, Snapshot};

impl Core {
    /// Takes a call over from its snapshot. Without a single line said it simply begins.
    #[must_use]
    pub fn resume(plan: Arc<CallPlan>, snapshot: &Snapshot, now: Now) -> Self {
        let mut core = Self::new(plan, now).after_seq(snapshot.seq);
        if let Some(first) = snapshot.items.first() {
            let age_ms = (now.at - first.at).num_milliseconds().max(0).unsigned_abs() + first.offset_ms;
            core.began_ms = now.ms.saturating_sub(age_ms);
        }
        core.turns = snapshot.turns.last().map_or(0, |turn| turn.turn);
        for item in &snapshot.items {
            core.recall(item, now);
        }
        if let Some(status) = &snapshot.recording {
            core.keys.note_recording(status, false);
        }
        core.recall_turns(snapshot);
        core.recall_transfers(snapshot);
        core.recall_hold(snapshot, now);
        core.recall_presence(snapshot, now);
        core.recall_takeover(snapshot, now);
        core.recall_approvals(snapshot);
        core.recall_signs(snapshot);
        core
    }

    fn recall(&mut self, item: &Item, now: Now) {
        match &item.body {
            ItemBody::Speech {
                speaker: Speaker::Caller,
                text,
                ..
            } => self.memory.caller(text),
            ItemBody::Speech {
                speaker: Speaker::Colleague,
                text,
                ..
            } => {
                let text = super::inline::sanitize(text, 1_000);
                self.memory
                    .note(&format!("Note: the colleague said to the caller: \"{text}\"."));
            }
            ItemBody::Note { text, .. } => {
                let text = super::inline::sanitize(text, 2_000);
                self.memory.note(&format!(
                    "Note: of the talk with the colleague you noted: \"{text}\"."
                ));
            }
            ItemBody::Speech {
                text,
                heard,
                complete,
                ..
            } => {
                self.spoke = true;
                let heard = heard.as_deref().unwrap_or(if *complete { text } else { "" });
                if !heard.is_empty() {
                    self.memory.agent(item.id, heard);
                }
            }
            ItemBody::DtmfReceived { digits } => self.memory.caller(&format!("(presses the keys {digits})")),
            ItemBody::Clarification { .. } => self.recall_clarification(item, now),
            ItemBody::Intervention {
                action_id,
                action,
                by,
                status,
            } => {
                if let Action::Say {
                    text,
                    mode: SayMode::Guidance,
                    ..
                } = action
                {
                    let text = super::inline::sanitize(text, 1_000);
                    self.memory
                        .note(&format!("Note: your supervisor told you: \"{text}\"."));
                }
                let (action_id, actor, action) = (action_id.clone(), by.clone(), action.clone());
                self.actions.resume(
                    item.id,
                    Command {
                        action_id,
                        actor,
                        action,
                    },
                    status.clone(),
                );
            }
            ItemBody::DtmfSent { .. }
            | ItemBody::Approval { .. }
            | ItemBody::SupervisorNote { .. }
            | ItemBody::Command { .. }
            | ItemBody::Transfer { .. }
            | ItemBody::Recording { .. }
            | ItemBody::Warning { .. } => {}
        }
    }
}
