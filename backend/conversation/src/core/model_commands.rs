//! Inline commands carried out or refused. The model is assumed to obey the caller; the limits are here.

use std::collections::VecDeque;

use phony_kernel::ItemId;
use phony_kernel::call::{Channel, EndedReason, Ending};

use super::ending::Closing;
use super::inline::{InlineCommand, sanitize};
use super::pressing::Presser;
use super::transfers::Wish;
use super::types::{Effect, Handoff};
use super::{Core, Cx};
use crate::command::TransferKind;
use crate::event::EventBody;

/// The window of the rate limit.
const MINUTE_MS: u64 = 60_000;
/// Attempts a minute that are still recorded, as a multiple of those allowed.
const RECORDED_ATTEMPTS: usize = 4;
/// Longest argument in events.
const MAX_ARGUMENT_CHARS: usize = 300;

/// What the model has done so far.
#[derive(Debug, Default)]
pub(super) struct Limits {
    /// Times of the attempts of the last minute.
    attempts: VecDeque<u64>,
    /// Times of those carried out.
    done: VecDeque<u64>,
    /// The one transfer has been used.
    pub(super) transferred: bool,
}

impl Limits {
    fn forget_old(&mut self, now_ms: u64) {
        for times in [&mut self.attempts, &mut self.done] {
            while times.front().is_some_and(|at| at + MINUTE_MS <= now_ms) {
                times.pop_front();
            }
        }
    }
}

impl Core {
    /// Carries a command out, or says why not.
    pub(super) fn model_command(&mut self, cx: &mut Cx<'_>, command: &InlineCommand) -> Option<&'static str> {
        self.limits.forget_old(cx.now.ms);
        let allowed = self.plan.policy.commands_per_minute as usize;
        if self.limits.attempts.len() >= allowed.max(1) * RECORDED_ATTEMPTS {
            return Some("too_many_commands");
        }
        self.limits.attempts.push_back(cx.now.ms);
        let outcome = match command {
            InlineCommand::Malformed(_) => Err("malformed"),
            _ if self.limits.done.len() >= allowed => Err("too_many_commands"),
            _ if self.closing.is_some() => Err("call_is_ending"),
            InlineCommand::Press(_) if self.plan.channel == Channel::Web => Err("channel_cannot_press"),
            InlineCommand::Press(_) if !self.pressing.claim(Presser::Model, cx.now.ms) => {
                Err("pressed_already")
            }
            InlineCommand::Press(digits) => {
                self.press(cx, digits);
                if !self.is_metered_apart() {
                    self.memory
                        .note(&format!("Note: the keys {digits} were pressed."));
                }
                Ok(())
            }
            InlineCommand::Transfer(to) => self.model_transfer(cx, to),
            InlineCommand::EndCall => {
                self.close(
                    cx,
                    Closing::yielding(Handoff::end(), Ending::of(EndedReason::AgentHangup)),
                );
                Ok(())
            }
            InlineCommand::RequestUser(question) => self.model_asks(cx, question),
            InlineCommand::Record(_) if !self.plan.policy.recordable => Err("not_recorded"),
            InlineCommand::Record(op) => {
                self.keys.note_order(*op);
                cx.out.push(Effect::Record(*op));
                Ok(())
            }
        };
        let refusal = outcome.err();
        self.record_command(cx, command, refusal);
        refusal
    }

    fn record_command(&mut self, cx: &mut Cx<'_>, command: &InlineCommand, refusal: Option<&str>) {
        let name = command.name();
        let argument = sanitize(command.argument(), MAX_ARGUMENT_CHARS);
        if let Some(reply) = &mut self.reply {
            reply.acted |= refusal.is_none();
            reply.refused |= refusal.is_some();
        }
        match refusal {
            None => self.limits.done.push_back(cx.now.ms),
            // A model that calls functions is told by what the function gives.
            Some(_) if self.is_metered_apart() => {}
            Some(code) => self.memory.note(&format!(
                "Note: the command {name} was not carried out. Reason: {code}. Do not claim that it was."
            )),
        }
        self.emit(
            cx,
            EventBody::CommandExecuted {
                item_id: ItemId::new(),
                command: name.to_owned(),
                argument,
                done: refusal.is_none(),
                refusal: refusal.map(str::to_owned),
            },
        );
    }

    /// Presses keys towards the caller's side; `digits` has been checked.
    pub(super) fn press(&mut self, cx: &mut Cx<'_>, digits: &str) {
        cx.out.push(Effect::SendDigits {
            digits: digits.to_owned(),
        });
        self.emit(
            cx,
            EventBody::DtmfSent {
                item_id: ItemId::new(),
                digits: digits.to_owned(),
            },
        );
    }

    fn model_transfer(&mut self, cx: &mut Cx<'_>, to: &str) -> Result<(), &'static str> {
        if let Some((code, _)) = self.transfer_obstacle() {
            return Err(code);
        }
        let (target, kind) = self.target(to).ok_or("target_not_allowed")?;
        if self.limits.transferred {
            return Err("transfer_already_done");
        }
        match kind {
            TransferKind::Cold => self.transfer_to(cx, &target),
            TransferKind::Warm => self
                .begin_warm(cx, &target, &Wish::default())
                .map_err(|(code, _)| code)?,
        }
        Ok(())
    }

    fn model_asks(&mut self, cx: &mut Cx<'_>, question: &str) -> Result<(), &'static str> {
        if self.clarifications.pending.is_some() {
            return Err("question_already_open");
        }
        if self.clarifications.asked >= self.plan.policy.max_clarifications {
            return Err("too_many_questions");
        }
        if sanitize(question, 1).is_empty() {
            return Err("malformed");
        }
        self.ask_supervisor(cx, question);
        Ok(())
    }
}
