//! What supervisors and programs do to the call.

use phony_kernel::call::{Channel, EndedReason, Ending};
use phony_kernel::{E164, ItemId};

use super::ending::Closing;
use super::inline::{is_digits, sanitize};
use super::presence::handled_by;
use super::pressing::{Presser, STANDING_ORDER};
use super::tidy::tidy;
use super::transfers::Wish;
use super::types::{Effect, Handoff};
use super::{Core, Cx, Phase};
use crate::command::{Action, ActionStatus, Actor, Command, SayMode, SayWhen, TransferKind};
use crate::event::{EventBody, Speaker};
use crate::supervision::TakeoverReason;

/// Longest text of an act.
const MAX_CHARS: usize = 1_000;
/// Sentences that may wait for the end of a turn.
const MAX_QUEUED: usize = 5;

/// A sentence that waits for the end of a turn.
#[derive(Debug)]
pub(super) struct QueuedSay {
    action_id: String,
    text: String,
}

impl QueuedSay {
    pub(super) fn action_id(&self) -> &str {
        &self.action_id
    }
}

/// Why an act is not possible: stable code and words.
type Refusal = (&'static str, &'static str);

/// Whether an act is done, or will be told later.
enum Done {
    Now,
    Later,
}

impl Core {
    pub(super) fn on_command(&mut self, cx: &mut Cx<'_>, command: Command) {
        let Command {
            action_id,
            actor,
            action,
        } = command;
        if let Some(status) = self.actions.status(&action_id) {
            cx.out.push(Effect::Acted {
                status: status.clone(),
                action_id,
            });
            return;
        }
        let command = Command {
            action_id,
            actor,
            action: tidy(action),
        };
        self.accept(cx, &command);
        if let Some(holder) = self.presence.held_by_other(&command.actor)
            && asks_holder(&command.action)
        {
            let detail = handled_by(holder);
            self.fail(cx, &command.action_id, "claimed_by_other", &detail);
            return;
        }
        match self.act(cx, &command) {
            Ok(done) => {
                if claims(&command.action) {
                    self.claim_by_act(cx, &command.actor);
                }
                if matches!(done, Done::Now) {
                    self.acted(cx, &command.action_id, ActionStatus::Applied);
                }
            }
            Err((code, detail)) => self.fail(cx, &command.action_id, code, detail),
        }
    }

    fn act(&mut self, cx: &mut Cx<'_>, command: &Command) -> Result<Done, Refusal> {
        if let Action::End { say } = &command.action {
            return self.act_end(cx, command, say.as_deref());
        }
        if let Some(done) = self.act_among_people(cx, command)? {
            return Ok(done);
        }
        if self.phase != Phase::Live {
            return Err(("call_not_connected", "the caller is not connected at the moment"));
        }
        if self.closing.is_some() {
            return Err(("call_ending", "the call is about to end"));
        }
        match &command.action {
            Action::Say {
                text,
                mode: SayMode::Guidance,
                ..
            } => self.act_guidance(cx, text),
            Action::Say {
                text,
                mode: SayMode::Verbatim,
                when,
            } => self.act_say(cx, &command.action_id, text, *when),
            Action::Dtmf { digits } => {
                if !is_digits(digits) {
                    return Err(("digits_invalid", "1 to 32 of 0-9, * , # and w"));
                }
                if self.plan.channel == Channel::Web {
                    return Err(("channel_cannot_press", "a browser has no keys to be pressed"));
                }
                if command.actor.id == STANDING_ORDER && !self.pressing.claim(Presser::Order, cx.now.ms) {
                    return Err(("pressed_already", "the agent has just pressed keys for this menu"));
                }
                self.press(cx, digits);
                Ok(Done::Now)
            }
            Action::Transfer { .. } => self.act_transfer(cx, command),
            Action::Hold => self.act_hold(cx).map(|()| Done::Now),
            Action::Unhold => self.act_unhold(cx).map(|()| Done::Now),
            Action::Clarify {
                clarification_id,
                answer,
                decide,
            } => {
                let answer = (!decide).then_some(answer.as_str());
                self.answer(cx, clarification_id, answer, &command.actor)?;
                Ok(Done::Now)
            }
            Action::Approve { approval_id, text } => {
                self.act_approve(cx, approval_id, text.as_deref(), &command.actor)?;
                Ok(Done::Now)
            }
            Action::Reject {
                approval_id,
                guidance,
            } => {
                self.act_reject(cx, approval_id, guidance.as_deref(), &command.actor)?;
                Ok(Done::Now)
            }
            Action::Takeover { via } => {
                self.act_takeover(cx, &command.actor, *via)?;
                Ok(Done::Now)
            }
            Action::End { .. }
            | Action::Claim { .. }
            | Action::Release { .. }
            | Action::Note { .. }
            | Action::ApprovalMode { .. }
            | Action::Handback { .. } => Ok(Done::Later),
            // Done where the carrier is asked; a conversation cannot.
            Action::Record { .. } => Err((
                "not_possible_here",
                "a recording is not the conversation's to change",
            )),
        }
    }

    /// What concerns people and their agreement, whether the caller is connected or not.
    fn act_among_people(&mut self, cx: &mut Cx<'_>, command: &Command) -> Result<Option<Done>, Refusal> {
        match &command.action {
            Action::Claim { .. } => self.act_claim(cx, &command.actor)?,
            Action::Release { .. } => self.act_release(cx)?,
            Action::Note { text } => {
                let text = usable(text)?;
                let (item_id, actor) = (ItemId::new(), command.actor.clone());
                self.emit(cx, EventBody::SupervisionNoted { item_id, actor, text });
            }
            Action::ApprovalMode { mode } => self.act_approval_mode(cx, *mode, &command.actor),
            Action::Handback { note } => self.act_handback(cx, &command.actor, note.as_deref())?,
            _ => return Ok(None),
        }
        Ok(Some(Done::Now))
    }

    fn act_say(
        &mut self,
        cx: &mut Cx<'_>,
        action_id: &str,
        text: &str,
        when: SayWhen,
    ) -> Result<Done, Refusal> {
        let text = usable(text)?;
        if self.microphone_is_open() {
            let detail = "your microphone is open: the caller hears you";
            return Err(("microphone_open", detail));
        }
        if when == SayWhen::AfterTurn && !self.is_pausing() {
            if self.queued.len() >= MAX_QUEUED {
                return Err(("queue_full", "too many sentences are waiting"));
            }
            self.queued.push_back(QueuedSay {
                action_id: action_id.to_owned(),
                text,
            });
            return Ok(Done::Later);
        }
        // The agent stops; another supervisor's words are not cut. What it was about to tell, it tells after.
        self.want_reply = self.owes_note();
        self.stop_talking(cx);
        self.say_line(cx, &text, Speaker::Supervisor, false);
        Ok(Done::Now)
    }

    pub(super) fn say_queued(&mut self, cx: &mut Cx<'_>, say: &QueuedSay) {
        self.say_line(cx, &say.text, Speaker::Supervisor, false);
        self.acted(cx, &say.action_id, ActionStatus::Applied);
    }

    fn act_guidance(&mut self, cx: &mut Cx<'_>, text: &str) -> Result<Done, Refusal> {
        let text = usable(text)?;
        self.memory.note(&format!(
            "Note: your supervisor tells you: \"{text}\". Follow this from now on; do not read it out."
        ));
        if self.memory.caller_waits() || self.clarifications.pending.is_some() {
            self.reply_soon(cx);
        }
        Ok(Done::Now)
    }

    fn act_transfer(&mut self, cx: &mut Cx<'_>, command: &Command) -> Result<Done, Refusal> {
        let Action::Transfer {
            to,
            kind,
            brief,
            stay_as,
            allowed,
        } = &command.action
        else {
            return Ok(Done::Later);
        };
        if let Some(obstacle) = self.transfer_obstacle() {
            return Err(obstacle);
        }
        let checked = || {
            let number = E164::from_canonical(to.trim()).ok().filter(|_| *allowed)?;
            Some((number, TransferKind::Cold))
        };
        let (target, usual) = self.target(to).or_else(checked).ok_or((
            "target_not_allowed",
            "not on the personality's list of transfer targets",
        ))?;
        let wish = Wish {
            action_id: Some(&command.action_id),
            brief: brief.as_deref(),
            stay_as: *stay_as,
        };
        match kind.unwrap_or(usual) {
            TransferKind::Cold if stay_as.is_some() => {
                return Err((
                    "stay_as_needs_warm",
                    "the agent can stay after a warm transfer only",
                ));
            }
            TransferKind::Cold => {
                self.give_back(cx, TakeoverReason::Ended, None);
                self.stop_talking(cx);
                let words = self.plan.policy.waiting.announce.clone();
                self.say_line(cx, &words, Speaker::Agent, false);
                self.send_on(cx, &target, None, &wish);
            }
            TransferKind::Warm => {
                if let Some(obstacle) = stay_as.and_then(|_| self.stay_obstacle()) {
                    return Err(obstacle);
                }
                self.give_back(cx, TakeoverReason::Ended, None);
                self.stop_talking(cx);
                self.begin_warm(cx, &target, &wish)?;
            }
        }
        Ok(Done::Later)
    }

    fn act_end(&mut self, cx: &mut Cx<'_>, command: &Command, say: Option<&str>) -> Result<Done, Refusal> {
        let ending = end_by(&command.actor);
        if self.phase != Phase::Live {
            self.acted(cx, &command.action_id, ActionStatus::Applied);
            self.finish(cx, ending);
            return Ok(Done::Now);
        }
        self.give_back(cx, TakeoverReason::Ended, None);
        let last_words = say
            .map(|text| sanitize(text, MAX_CHARS))
            .filter(|text| !text.is_empty());
        match last_words {
            Some(words) => {
                self.stop_talking(cx);
                self.say_line(cx, &words, Speaker::Supervisor, false);
            }
            // At once, whatever is being said.
            None => self.end_speech(cx),
        }
        self.close(cx, Closing::by_action(Handoff::end(), ending, &command.action_id));
        Ok(Done::Later)
    }
}

/// Whether the one who handles the call is the only one who may do this.
fn asks_holder(action: &Action) -> bool {
    !matches!(
        action,
        Action::Claim { take: true } | Action::Release { any: true } | Action::Note { .. }
    )
}

/// Whether who does this handles the call from now on, if nobody does.
fn claims(action: &Action) -> bool {
    !matches!(
        action,
        Action::Claim { .. } | Action::Release { .. } | Action::Note { .. }
    )
}

/// How a call ends that somebody has ended: a key is a program, anybody else a supervisor.
#[must_use]
pub fn end_by(actor: &Actor) -> Ending {
    let program = actor.id.starts_with("key_");
    Ending::of(if program {
        EndedReason::ApiHangup
    } else {
        EndedReason::SupervisorHangup
    })
}

pub(super) fn usable(text: &str) -> Result<String, Refusal> {
    if text.chars().count() > MAX_CHARS {
        return Err(("text_too_long", "at most 1,000 characters"));
    }
    let text = sanitize(text, MAX_CHARS);
    if text.is_empty() {
        return Err(("text_required", "there is nothing to say"));
    }
    Ok(text)
}
