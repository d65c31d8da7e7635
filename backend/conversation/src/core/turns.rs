//! Asking the model and passing its words on: one request at a time, retried, bounded, timed.

use phony_kernel::ItemId;
use phony_kernel::call::Engine;

use super::inline::{Parser, Piece};
use super::latency::Turn;
use super::types::{Effect, ModelUsage, ReplyId};
use super::{Core, Cx};
use crate::event::{EventBody, Speaker};

/// Requests for one answer.
const MAX_TRIES: u32 = 3;
/// Wait before the second and the third.
const BACKOFF_MS: [u64; 2] = [100, 400];
/// A provider that asks for more patience than this gets none: a caller waits.
const MAX_RETRY_AFTER_MS: u64 = 1_500;
/// Answers without a word after a refused command, before it counts as a failure.
const MAX_FOLLOW_UPS: u32 = 2;
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
}

impl Reply {
    /// Whether the caller has been sent any of it.
    pub(super) fn has_words(&self) -> bool {
        !self.words.is_empty()
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
        let reply = ItemId::new();
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
        });
        cx.out.push(Effect::AskModel { reply, messages });
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
            .is_some_and(|reply| reply.words.len() > MAX_REPLY_CHARS)
        {
            self.warn(cx, "reply_too_long", "the answer was cut because of its length");
            self.end_words(cx);
            self.drop_request(cx);
            self.after_reply(cx, true);
        }
    }

    fn carry_out(&mut self, cx: &mut Cx<'_>, pieces: Vec<Piece>) {
        for piece in pieces {
            match piece {
                Piece::Text(text) => self.reply_words(cx, &text),
                Piece::Command(command) => {
                    self.model_command(cx, &command);
                }
            }
        }
    }

    fn reply_words(&mut self, cx: &mut Cx<'_>, text: &str) {
        let Some(reply) = &mut self.reply else { return };
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
        let Some(reply) = self.reply.take() else { return };
        self.bill(cx, &reply, used);
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
    fn after_reply(&mut self, cx: &mut Cx<'_>, had_words: bool) {
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

    pub(super) fn on_model_slow(&mut self, cx: &mut Cx<'_>) {
        if let Some(reply) = self.reply.as_ref().map(|reply| reply.id) {
            cx.out.push(Effect::CancelModel { reply });
            self.on_failed(cx, true, None, "the model took too long");
        }
    }

    /// The open request has failed.
    pub(super) fn on_failed(
        &mut self,
        cx: &mut Cx<'_>,
        retryable: bool,
        retry_after_ms: Option<u64>,
        detail: &str,
    ) {
        self.end_words(cx);
        let Some(reply) = self.reply.take() else { return };
        if reply.chars_out > 0 {
            self.bill(cx, &reply, None);
        }
        if let Some(turn) = &mut self.turn {
            turn.answered(cx.now.ms);
        }
        if self.closing.is_some() {
            return;
        }
        if reply.acted {
            // What was carried out must not be carried out twice.
            self.warn(cx, "model_failed", detail);
            self.after_reply(cx, reply.has_words());
            return;
        }
        if reply.has_words() {
            self.memory
                .note("Note: your last answer broke off by a fault. Go on from where it stopped.");
        }
        self.try_again(cx, retryable, retry_after_ms, detail);
    }

    fn try_again(&mut self, cx: &mut Cx<'_>, retryable: bool, retry_after_ms: Option<u64>, detail: &str) {
        self.tries += 1;
        self.warn(cx, "model_failed", detail);
        let wait_ms = retry_after_ms.unwrap_or(0);
        let backoff_ms = (self.tries as usize)
            .checked_sub(1)
            .and_then(|at| BACKOFF_MS.get(at));
        if let (true, Some(backoff_ms)) = (
            retryable && self.tries < MAX_TRIES && wait_ms <= MAX_RETRY_AFTER_MS,
            backoff_ms,
        ) {
            self.retry_due_ms = Some(cx.now.ms + wait_ms.max(*backoff_ms));
            return;
        }
        self.turn = None;
        self.on_model_lost(cx, detail);
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

    fn drop_request(&mut self, cx: &mut Cx<'_>) {
        if let Some(reply) = self.reply.take() {
            cx.out.push(Effect::CancelModel { reply: reply.id });
            // A provider that has not answered yet charges nothing.
            if reply.response_id.is_some() || reply.chars_out > 0 {
                self.bill(cx, &reply, None);
            }
        }
    }

    /// The line of the open request is complete.
    fn end_words(&mut self, cx: &mut Cx<'_>) {
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
