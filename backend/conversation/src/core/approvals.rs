//! Replies that are held until a person decides: said as they are, said in other words, or not said. Unless the
//! personality chose *speak*, nothing is said that nobody has approved.

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};
use phony_kernel::ItemId;

use super::held::{Held, HoldFrom};
use super::inline::{InlineCommand, sanitize};
use super::turns::{MAX_FOLLOW_UPS, Reply};
use super::types::Effect;
use super::{Core, Cx};
use crate::command::Actor;
use crate::event::{EventBody, Speaker};
use crate::plan::{ApprovalMode, ApprovalTimeout};
use crate::snapshot::{ItemBody, Snapshot};
use crate::supervision::{ApprovalDecision, ApprovalOutcome};

/// How many closed ones are remembered, to tell *closed* from *unknown*.
const MAX_CLOSED: usize = 32;
/// Longest guidance, and longest command that is shown.
const MAX_CHARS: usize = 1_000;

/// A reply that waits.
#[derive(Debug)]
struct Pending {
    id: ItemId,
    /// The line that it becomes.
    item: ItemId,
    held: Held,
    asked_again: bool,
    asked_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    due_ms: u64,
}

/// The approvals of a call.
#[derive(Debug, Default)]
pub(super) struct Approvals {
    mode: ApprovalMode,
    /// The first reply was said.
    first_said: bool,
    pending: Option<Pending>,
    closed: VecDeque<ItemId>,
    /// They waited where the call was before, and do no more.
    left_open: Vec<ItemId>,
}

impl Approvals {
    pub(super) fn new(mode: ApprovalMode) -> Self {
        Self {
            mode,
            ..Self::default()
        }
    }

    /// From where on the next reply is held.
    pub(super) fn hold_from(&self) -> HoldFrom {
        match self.mode {
            ApprovalMode::EveryTurn => HoldFrom::Start,
            ApprovalMode::FirstTurn if !self.first_said => HoldFrom::Start,
            ApprovalMode::OnTools => HoldFrom::Tools,
            ApprovalMode::Off | ApprovalMode::FirstTurn => HoldFrom::Never,
        }
    }

    /// Whether a reply waits.
    pub(super) fn is_waiting(&self) -> bool {
        self.pending.is_some()
    }

    pub(super) fn due_ms(&self) -> Option<u64> {
        self.pending.as_ref().map(|pending| pending.due_ms)
    }

    /// Since when a reply waits, and until when.
    pub(super) fn window(&self) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let pending = self.pending.as_ref()?;
        Some((pending.asked_at, pending.expires_at))
    }

    fn take(&mut self) -> Option<Pending> {
        let pending = self.pending.take()?;
        self.close(pending.id);
        Some(pending)
    }

    fn close(&mut self, id: ItemId) {
        if self.closed.len() == MAX_CLOSED {
            self.closed.pop_front();
        }
        self.closed.push_back(id);
    }
}

/// Why an act is not possible: stable code and words.
type Refusal = (&'static str, &'static str);

impl Core {
    /// The open reply is complete: people are asked about what is held of it.
    pub(super) fn request_approval(&mut self, cx: &mut Cx<'_>, reply: &Reply, held: Held) {
        let item = if reply.has_words() {
            ItemId::new()
        } else {
            reply.id
        };
        self.tries = 0;
        self.ask_approval(cx, item, held, false);
    }

    fn ask_approval(&mut self, cx: &mut Cx<'_>, item: ItemId, held: Held, asked_again: bool) {
        let id = ItemId::new();
        let wait_ms = self.plan.policy.approval_ms;
        let wait = TimeDelta::milliseconds(i64::try_from(wait_ms).unwrap_or(i64::MAX / 2));
        let expires_at = cx.now.at + wait;
        let shown = |command: &InlineCommand| {
            let argument = sanitize(command.argument(), MAX_CHARS);
            match argument.is_empty() {
                true => command.name().to_owned(),
                false => format!("{}: {argument}", command.name()),
            }
        };
        let body = EventBody::ApprovalRequested {
            approval_id: id,
            item_id: item,
            text: held.text.trim().to_owned(),
            commands: held.commands.iter().map(shown).collect(),
            expires_at,
            on_timeout: self.plan.policy.approval_on_timeout,
        };
        self.approvals.pending = Some(Pending {
            id,
            item,
            held,
            asked_again,
            asked_at: cx.now.at,
            expires_at,
            due_ms: cx.now.ms + wait_ms,
        });
        self.emit(cx, body);
    }

    fn take_pending(&mut self, id: &str) -> Result<Pending, Refusal> {
        let unknown = ("approval_unknown", "the call has no such reply");
        let id: ItemId = id.parse().map_err(|_| unknown)?;
        if self.approvals.closed.contains(&id) {
            let text = "the reply was decided on already, or is not wanted any more";
            return Err(("approval_closed", text));
        }
        if self
            .approvals
            .pending
            .as_ref()
            .is_none_or(|pending| pending.id != id)
        {
            return Err(unknown);
        }
        self.approvals.take().ok_or(unknown)
    }

    /// A person lets the reply be said, perhaps in other words.
    pub(super) fn act_approve(
        &mut self,
        cx: &mut Cx<'_>,
        id: &str,
        edited: Option<&str>,
        by: &Actor,
    ) -> Result<(), Refusal> {
        let edited = edited.map(super::commands::usable).transpose()?;
        let pending = self.take_pending(id)?;
        let edited = edited.filter(|text| text != pending.held.text.trim());
        let decision = match edited {
            Some(_) => ApprovalDecision::Edited,
            None => ApprovalDecision::Approved,
        };
        self.emit(
            cx,
            EventBody::ApprovalDecided {
                approval_id: pending.id,
                decision,
                actor: by.clone(),
                text: edited.clone(),
                guidance: None,
            },
        );
        self.say_held(cx, pending, edited);
        Ok(())
    }

    /// A person does not let the reply be said: the agent tries again.
    pub(super) fn act_reject(
        &mut self,
        cx: &mut Cx<'_>,
        id: &str,
        guidance: Option<&str>,
        by: &Actor,
    ) -> Result<(), Refusal> {
        let pending = self.take_pending(id)?;
        let guidance = guidance
            .map(|text| sanitize(text, MAX_CHARS))
            .filter(|text| !text.is_empty());
        self.emit(
            cx,
            EventBody::ApprovalDecided {
                approval_id: pending.id,
                decision: ApprovalDecision::Rejected,
                actor: by.clone(),
                text: None,
                guidance: guidance.clone(),
            },
        );
        self.waited(cx, &pending.held);
        let follow = match guidance {
            Some(guidance) => {
                format!("Your supervisor tells you: \"{guidance}\". Follow this; do not read it out.")
            }
            None => "Answer in another way.".to_owned(),
        };
        self.not_said(cx, &pending.held, &follow);
        self.want_reply = true;
        Ok(())
    }

    /// Nobody has decided in time.
    pub(super) fn on_approval_due(&mut self, cx: &mut Cx<'_>) {
        let Some(pending) = self.approvals.take() else {
            return;
        };
        let chosen = self.plan.policy.approval_on_timeout;
        let target = self.plan.personality.transfer_targets.first().cloned();
        let target = target.filter(|_| {
            chosen != ApprovalTimeout::OfferCallback
                && self.transfer_obstacle().is_none()
                && !self.limits.transferred
        });
        let did = match (chosen, &target) {
            (ApprovalTimeout::Speak, _) => ApprovalOutcome::Speak,
            (ApprovalTimeout::HoldAndAskAgain, _) if !pending.asked_again => ApprovalOutcome::HoldAndAskAgain,
            (_, Some(_)) => ApprovalOutcome::Transfer,
            (_, None) => ApprovalOutcome::OfferCallback,
        };
        let approval_id = pending.id;
        self.emit(cx, EventBody::ApprovalExpired { approval_id, did });
        match (did, target) {
            (ApprovalOutcome::Speak, _) => self.say_held(cx, pending, None),
            (ApprovalOutcome::HoldAndAskAgain, _) => {
                self.waited(cx, &pending.held);
                let words = self.plan.policy.one_moment.clone();
                self.say_line(cx, &words, Speaker::Agent, true);
                let held = Held {
                    since_ms: cx.now.ms,
                    ..pending.held
                };
                self.ask_approval(cx, pending.item, held, true);
            }
            (_, Some(target)) => {
                self.waited(cx, &pending.held);
                self.not_said(
                    cx,
                    &pending.held,
                    "Nobody had decided on it, and the caller goes to a colleague.",
                );
                let words = self.plan.policy.waiting.announce.clone();
                self.say_line(cx, &words, Speaker::Agent, false);
                self.transfer_to(cx, &target.e164);
            }
            (_, None) => {
                self.waited(cx, &pending.held);
                self.not_said(
                    cx,
                    &pending.held,
                    "Nobody had decided on it. The caller was offered that somebody calls back.",
                );
                let words = self.plan.policy.offer_callback.clone();
                self.say_line(cx, &words, Speaker::Agent, true);
                self.turn = None;
            }
        }
    }

    /// A held reply is not wanted any more: somebody else has the word, or it is over.
    pub(super) fn withdraw_approval(&mut self, cx: &mut Cx<'_>) {
        let Some(pending) = self.approvals.take() else {
            return;
        };
        self.emit(
            cx,
            EventBody::ApprovalExpired {
                approval_id: pending.id,
                did: ApprovalOutcome::Withdrawn,
            },
        );
        self.forget_held(cx, Some(pending.held));
    }

    /// A person wants another mode.
    pub(super) fn act_approval_mode(&mut self, cx: &mut Cx<'_>, mode: ApprovalMode, by: &Actor) {
        self.approvals.first_said = false;
        if self.approvals.mode != mode {
            self.approvals.mode = mode;
            let actor = Some(by.clone());
            self.emit(cx, EventBody::ApprovalMode { mode, actor });
        }
    }

    /// The call begins: everybody is told how replies are held, if they are.
    pub(super) fn tell_approval_mode(&mut self, cx: &mut Cx<'_>) {
        let mode = self.approvals.mode;
        if mode != ApprovalMode::Off {
            self.emit(cx, EventBody::ApprovalMode { mode, actor: None });
        }
    }

    fn say_held(&mut self, cx: &mut Cx<'_>, pending: Pending, edited: Option<String>) {
        self.waited(cx, &pending.held);
        self.approvals.first_said = true;
        let Held { text, commands, .. } = pending.held;
        let text = edited.unwrap_or(text);
        let has_words = !text.trim().is_empty();
        if has_words {
            self.say_approved(cx, pending.item, &text);
        }
        let (mut done, mut refused) = (false, false);
        for command in commands {
            let refusal = self.model_command(cx, &command);
            (done, refused) = (done | refusal.is_none(), refused | refusal.is_some());
            if self.is_metered_apart() {
                cx.out.push(Effect::CommandDone {
                    refusal: refusal.map(str::to_owned),
                });
            }
        }
        if !has_words && !done && refused && self.follow_ups < MAX_FOLLOW_UPS {
            self.follow_ups += 1;
            self.ask(cx);
            return;
        }
        self.after_reply(cx, has_words);
    }

    /// The wait is a part of the turn that is shown apart.
    fn waited(&mut self, cx: &Cx<'_>, held: &Held) {
        if let Some(turn) = &mut self.turn {
            turn.approved(cx.now.ms, held.since_ms);
        }
    }

    fn not_said(&mut self, cx: &mut Cx<'_>, held: &Held, follow: &str) {
        let text = sanitize(&held.text, MAX_CHARS);
        self.memory.note(&format!(
            "Note: your answer \"{text}\" was not approved, so the caller has not heard it. {follow}"
        ));
        self.refuse_functions(cx, held.commands.len());
    }

    /// How it was before. What waited there cannot be decided on here.
    pub(super) fn recall_approvals(&mut self, snapshot: &Snapshot) {
        if let Some(mode) = snapshot.approval_mode {
            self.approvals.mode = mode;
        }
        self.approvals.left_open = snapshot.approvals.iter().map(|open| open.approval_id).collect();
        for item in &snapshot.items {
            if let ItemBody::Approval { decision, did, .. } = &item.body {
                self.approvals.close(item.id);
                self.approvals.first_said |= matches!(
                    (decision, did),
                    (Some(ApprovalDecision::Approved | ApprovalDecision::Edited), _)
                        | (_, Some(ApprovalOutcome::Speak))
                );
            }
        }
    }

    /// What waited elsewhere is given up here, and asked for anew.
    pub(super) fn close_left_open(&mut self, cx: &mut Cx<'_>) {
        for approval_id in std::mem::take(&mut self.approvals.left_open) {
            self.approvals.close(approval_id);
            let did = ApprovalOutcome::Withdrawn;
            self.emit(cx, EventBody::ApprovalExpired { approval_id, did });
            self.want_reply |= self.takeover.is_none() && self.reply.is_none();
        }
    }
}
