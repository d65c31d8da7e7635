//! Asking the model and passing its words on: one request at a time, retried, bounded, timed.

use phony_kernel::ItemId;
use phony_kernel::call::Engine;

use super::held::{Held, HoldFrom};
use super::inline::{Parser, Piece};
use super::latency::Turn;
use super::types::{Effect, ModelUsage, ReplyId};
use super::{Core, Cx};
use crate::event::{EventBody, Speaker};

/// Answers without a word after a refused command, before it counts as a failure.
pub(super) const MAX_FOLLOW_UPS: u32 = 2;
/// Longest answer.
const MAX_REPLY_CHARS: usize = 6_000;
/// Partials are shown at most this often.
const PARTIAL_MS: u64 = 60;

/// The request that is open.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) id: ReplyId,
    pub(super) response_id: Option<String>,
    parser: Parser,
    /// Spoken words so far.
    words: String,
    /// When the model is too slow.
    pub(super) due_ms: u64,
    /// When the words so far are to be shown.
    pub(super) partial_due_ms: Option<u64>,
    shown_ms: u64,
    pub(super) chars_in: u64,
    pub(super) chars_out: u64,
    /// It tells the caller what a note brought, and not what the caller asked.
    brings_note: bool,
    /// A command was carried out.
    pub(super) acted: bool,
    /// A command was refused.
    pub(super) refused: bool,
    /// From where on it is held for approval.
    pub(super) hold: HoldFrom,
    /// What is held of it.
    pub(super) held: Option<Held>,
}

impl Reply {
    /// Whether the caller has been sent any of it.
    pub(super) fn has_words(&self) -> bool {
        !self.words.is_empty()
    }

    fn length(&self) -> usize {
        self.words.len() + self.held.as_ref().map_or(0, |held| held.text.len())
    }
}

/// Tells the carrier that no more words of a talk cycle come.
fn end_of_cycle(item: ItemId) -> Effect {
    Effect::Speak {
        item,
        by_model: true,
        interruptible: true,
        text: String::new(),
        last: true,
        preemptible: true,
    }
}

impl Core {
    /// The caller has finished: a new turn.
    pub(super) fn begin_turn(&mut self, cx: &mut Cx<'_>, quiet_ms: u64) {
        if self.takeover.is_some() {
            return;
        }
        if self.hold.is_some() {
            // It is kept, and answered when the wait is over.
            self.comfort_soon(cx);
            return;
        }
        self.turns += 1;
        self.turn = Some(Turn::began(self.turns, cx.now.ms, quiet_ms));
        self.tries = 0;
        self.follow_ups = 0;
        self.ask(cx);
    }

    /// An answer is wanted although the caller has said nothing new.
    pub(super) fn reply_soon(&mut self, cx: &mut Cx<'_>) {
        if self.takeover.is_some() {
            return;
        }
        self.withdraw_approval(cx);
        if self
            .reply
            .as_ref()
            .is_some_and(|reply| !reply.has_words() && !reply.acted)
        {
            // Nothing of it was heard: ask again with what is known now.
            self.cancel_reply(cx, false);
        }
        if self.retry_due_ms.is_none() {
            self.want_reply = true;
        }
    }

    /// Asks the model. Any open request has been closed.
    pub(super) fn ask(&mut self, cx: &mut Cx<'_>) {
        self.cancel_reply(cx, true);
        let brings_note = std::mem::take(&mut self.want_reply);
        if brings_note && self.retry_due_ms.is_none() {
            self.tries = 0;
            self.follow_ups = 0;
        }
        self.retry_due_ms = None;
        if let Some(turn) = &mut self.turn {
            turn.asked(cx.now.ms);
        }
        // A model that keeps the talk itself is told only what it did not hear.
        let messages = if self.is_metered_apart() {
            let fresh = self.memory.take_fresh();
            cx.out.extend(fresh.into_iter().map(Effect::Remember));
            Vec::new()
        } else {
            self.memory.messages(&self.system)
        };
        let chars_in = messages
            .iter()
            .map(|message| message.content.chars().count() as u64)
            .sum();
        let (reply, hold) = (ItemId::new(), self.approvals.hold_from());
        self.reply = Some(Reply {
            id: reply,
            response_id: None,
            parser: Parser::new(),
            words: String::new(),
            due_ms: cx.now.ms + self.plan.policy.first_token_ms,
            partial_due_ms: None,
            shown_ms: 0,
            chars_in,
            chars_out: 0,
            brings_note,
            acted: false,
            refused: false,
            hold,
            held: None,
        });
        cx.out.push(Effect::AskModel {
            reply,
            messages,
            text_only: hold == HoldFrom::Start,
        });
    }

    /// Whether the caller is still to be told what a note brought.
    pub(super) fn owes_note(&self) -> bool {
        self.want_reply
            || self
                .reply
                .as_ref()
                .is_some_and(|reply| reply.brings_note && !reply.has_words())
    }

    pub(super) fn is_current(&self, reply: ReplyId) -> bool {
        self.reply.as_ref().is_some_and(|current| current.id == reply)
    }

    pub(super) fn on_model_started(&mut self, reply: ReplyId, response_id: String) {
        if let Some(current) = self.reply.as_mut().filter(|current| current.id == reply) {
            current.response_id.get_or_insert(response_id);
        }
    }

    pub(super) fn on_token(&mut self, cx: &mut Cx<'_>, reply: ReplyId, text: &str) {
        let first_token_ms = self.plan.policy.first_token_ms;
        let Some(current) = self.reply.as_mut().filter(|current| current.id == reply) else {
            return;
        };
        current.due_ms = cx.now.ms + first_token_ms;
        current.chars_out += text.chars().count() as u64;
        if let Some(turn) = &mut self.turn {
            turn.answered(cx.now.ms);
        }
        let mut pieces = Vec::new();
        current.parser.feed(text, &mut pieces);
        self.carry_out(cx, pieces);
        if self
            .reply
            .as_ref()
            .is_some_and(|reply| reply.length() > MAX_REPLY_CHARS)
        {
            self.warn(cx, "reply_too_long", "the answer was cut because of its length");
            self.end_words(cx);
            let held = self.reply.as_mut().and_then(|reply| reply.held.take());
            let reply = self.drop_request(cx);
            match reply.zip(held) {
                Some((reply, held)) => self.request_approval(cx, &reply, held),
                None => self.after_reply(cx, true),
            }
        }
    }

    fn carry_out(&mut self, cx: &mut Cx<'_>, pieces: Vec<Piece>) {
        for piece in pieces {
            match piece {
                Piece::Text(text) => self.reply_words(cx, &text),
                Piece::Command(command) => {
                    if !self.hold_command(cx, &command) {
                        self.model_command(cx, &command);
                    }
                }
            }
        }
    }

    fn reply_words(&mut self, cx: &mut Cx<'_>, text: &str) {
        let Some(reply) = &mut self.reply else { return };
        if reply.hold == HoldFrom::Start && reply.held.is_none() {
            reply.held = Some(Held::since(cx.now.ms));
        }
        if let Some(held) = &mut reply.held {
            held.text.push_str(text);
            return;
        }
        let item_id = reply.id;
        let first = reply.words.is_empty();
        let text = if first { text.trim_start() } else { text };
        if text.is_empty() {
            return;
        }
        reply.words.push_str(text);
        let show = first || cx.now.ms >= reply.shown_ms + PARTIAL_MS;
        if !show {
            reply.partial_due_ms = Some(reply.shown_ms + PARTIAL_MS);
        }
        if first {
            self.emit(
                cx,
                EventBody::SpeechStarted {
                    item_id,
                    speaker: Speaker::Agent,
                },
            );
        }
        self.speak(cx, item_id, text);
        if show {
            self.show_partial(cx);
        }
    }

    /// Shows the words so far to those who watch.
    pub(super) fn show_partial(&mut self, cx: &mut Cx<'_>) {
        let Some(reply) = &mut self.reply else { return };
        reply.partial_due_ms = None;
        reply.shown_ms = cx.now.ms;
        let (item_id, text) = (reply.id, reply.words.clone());
        self.emit(
            cx,
            EventBody::SpeechPartial {
                item_id,
                speaker: Speaker::Agent,
                text,
            },
        );
    }

    pub(super) fn on_finished(&mut self, cx: &mut Cx<'_>, reply: ReplyId, used: Option<ModelUsage>) {
        if !self.is_current(reply) {
            return;
        }
        let mut pieces = Vec::new();
        if let Some(reply) = &mut self.reply {
            reply.parser.finish(&mut pieces);
        }
        self.carry_out(cx, pieces);
        self.end_words(cx);
        let Some(mut reply) = self.reply.take() else {
            return;
        };
        self.bill(cx, &reply, used);
        if let Some(held) = reply.held.take().filter(|held| !held.is_empty()) {
            self.request_approval(cx, &reply, held);
            return;
        }
        let silent = !reply.has_words() && !reply.acted && self.closing.is_none();
        if silent && reply.refused && self.follow_ups < MAX_FOLLOW_UPS {
            self.follow_ups += 1;
            self.ask(cx);
        } else if silent {
            self.try_again(cx, true, None, "the model gave an empty answer");
        } else {
            self.after_reply(cx, reply.has_words());
        }
    }

    /// An answer is complete: a caller who heard nothing of it may have to be told to wait.
    pub(super) fn after_reply(&mut self, cx: &mut Cx<'_>, had_words: bool) {
        self.tries = 0;
        if self.transfers.is_cold() && !had_words {
            let words = self.plan.policy.waiting.announce.clone();
            self.say_line(cx, &words, Speaker::Agent, false);
        }
        // The carrier comes for words once; elsewhere the agent's own are heard to their end first.
        if self.plan.engine == Engine::Gather && self.transfers.take_announcement() {
            let words = self.plan.policy.waiting.transfer.clone();
            self.say_line(cx, &words, Speaker::Agent, false);
        }
        let announce = std::mem::take(&mut self.clarifications.announce);
        if announce && !had_words && self.closing.is_none() {
            let one_moment = self.plan.policy.one_moment.clone();
            self.say_line(cx, &one_moment, Speaker::Agent, false);
        }
        self.turn = None;
    }

    /// Gives the open request up. `close_cycle` tells the carrier that no more of it comes.
    pub(super) fn cancel_reply(&mut self, cx: &mut Cx<'_>, close_cycle: bool) {
        let Some(reply) = &self.reply else { return };
        if reply.has_words() {
            let (item_id, text) = (reply.id, reply.words.clone());
            self.emit(
                cx,
                EventBody::SpeechFinal {
                    item_id,
                    speaker: Speaker::Agent,
                    text,
                    language: None,
                },
            );
            if close_cycle {
                cx.out.push(end_of_cycle(item_id));
            }
        }
        self.drop_request(cx);
        // Its question was asked all the same, and the caller has the word now.
        self.clarifications.announce = false;
    }

    fn drop_request(&mut self, cx: &mut Cx<'_>) -> Option<Reply> {
        let mut reply = self.reply.take()?;
        cx.out.push(Effect::CancelModel { reply: reply.id });
        self.forget_held(cx, reply.held.take());
        // A provider that has not answered yet charges nothing.
        if reply.response_id.is_some() || reply.chars_out > 0 {
            self.bill(cx, &reply, None);
        }
        Some(reply)
    }

    /// The line of the open request is complete.
    pub(super) fn end_words(&mut self, cx: &mut Cx<'_>) {
        let Some(reply) = self.reply.as_ref().filter(|reply| reply.has_words()) else {
            return;
        };
        let (item_id, text) = (reply.id, reply.words.clone());
        cx.out.push(end_of_cycle(item_id));
        self.playback.close(item_id);
        self.emit(
            cx,
            EventBody::SpeechFinal {
                item_id,
                speaker: Speaker::Agent,
                text,
                language: None,
            },
        );
        self.played_heard(cx);
    }
}
