//! A carrier that comes turn by turn: it hears and speaks itself, and between its turns nobody is on the line with us.

use phony_kernel::ItemId;
use phony_kernel::call::{ConversationState, Ending, Engine};

use super::{Core, Cx, Phase};
use crate::event::Speaker;
use crate::snapshot::{ItemBody, Snapshot};

/// A line that nobody is known to have heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unheard {
    /// Its item.
    pub item: ItemId,
    /// Its words.
    pub text: String,
}

impl Core {
    /// Takes up a call that another instance has talked on until its last turn: to the caller nothing has happened.
    #[must_use]
    pub fn between_turns(mut self) -> Self {
        if self.spoke && self.phase == Phase::New {
            self.phase = Phase::Live;
        }
        self
    }

    /// Whether more words of the answer may come at any moment.
    #[must_use]
    pub fn is_composing(&self) -> bool {
        self.reply.is_some() || self.retry_due_ms.is_some() || self.approvals.is_waiting()
    }

    /// Whether the caller's last words have no answer, and none is on its way.
    #[must_use]
    pub fn owes_answer(&self) -> bool {
        !self.is_composing()
            && self.closing.is_none()
            && self.hold.is_none()
            && self.takeover.is_none()
            && (self.want_reply || self.memory.caller_waits())
    }

    /// The end that follows once all is said, and whether a caller who speaks stops it.
    #[must_use]
    pub fn closing(&self) -> Option<(&Ending, bool)> {
        self.closing
            .as_ref()
            .map(|closing| (closing.ending(), self.closing_yields()))
    }

    /// Whether something follows as soon as the words that are there were heard, whatever the caller says to them.
    #[must_use]
    pub fn goes_on_by_itself(&self) -> bool {
        self.transfers.wants_join()
    }

    /// The lines that nobody is known to have heard, oldest first.
    #[must_use]
    pub fn unheard(&self) -> Vec<Unheard> {
        let lines = self.playback.lines().filter(|line| !line.open);
        lines
            .map(|line| Unheard {
                item: line.item,
                text: line.text.clone(),
            })
            .collect()
    }

    /// What of a call before only matters to turns: what was said last and not yet heard, and how often a silent
    /// caller was asked.
    pub(super) fn recall_turns(&mut self, snapshot: &Snapshot) {
        if self.plan.engine != Engine::Gather {
            return;
        }
        let last: Vec<_> = snapshot
            .items
            .iter()
            .rev()
            .filter_map(|item| match &item.body {
                ItemBody::Speech {
                    speaker,
                    text,
                    complete,
                    heard,
                    ..
                } => Some((item.id, *speaker, text, *complete && heard.is_none())),
                _ => None,
            })
            .take_while(|(_, speaker, ..)| *speaker != Speaker::Caller)
            .collect();
        let prompts = &self.plan.policy.no_input_prompts;
        self.silence.step = last
            .iter()
            .filter(|(_, _, text, _)| prompts.contains(text))
            .count();
        for (item, speaker, text, _) in last.into_iter().rev().filter(|(.., unheard)| *unheard) {
            self.playback.say(0, item, text, speaker != Speaker::Supervisor);
            self.playback.close(item);
        }
    }

    /// The carrier heard nothing in the time it was given.
    pub(super) fn on_no_input(&mut self, cx: &mut Cx<'_>) {
        self.all_heard(cx);
        // Who waits for a colleague's answer has nothing to say, and who is about to be told something is not asked.
        if self.want_reply || self.closing.is_some() || self.current_state() != ConversationState::Listening {
            return;
        }
        if self.memory.caller_waits() {
            // The answer was lost with the instance that was to give it.
            self.reply_soon(cx);
        } else if self.queued.is_empty() {
            self.on_silence(cx);
        }
        // Else this is the pause that a supervisor's sentence waits for.
    }
}
