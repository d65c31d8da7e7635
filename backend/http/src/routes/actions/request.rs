//! What a request for an act means: strict, and all faults at once.

use phony_conversation::Action;
use phony_conversation::command::{RecordOp, SayMode, SayWhen, TakeoverVia};
use phony_conversation::plan::ApprovalMode;

use super::{ActMode, ActionKind, ActionRequest};

impl ActionRequest {
    /// The act itself; a field that does not belong to it is a fault, as is one that is missing.
    ///
    /// # Errors
    /// Every field at fault.
    pub fn into_action(self) -> phony_kernel::Result<(String, Action)> {
        use ActionKind as K;
        let kind = self.kind;
        let decide = self.decide == Some(true);
        let mut faults = phony_kernel::error::Faults::new();
        let given = [
            (
                "text",
                self.text.is_some(),
                matches!(kind, K::Say | K::Note | K::Approve),
                !matches!(kind, K::Approve),
            ),
            (
                "mode",
                self.mode.is_some(),
                matches!(kind, K::Say | K::ApprovalMode),
                matches!(kind, K::ApprovalMode),
            ),
            ("when", self.when.is_some(), matches!(kind, K::Say), false),
            ("digits", self.digits.is_some(), matches!(kind, K::Dtmf), true),
            ("to", self.to.is_some(), matches!(kind, K::Transfer), true),
            (
                "kind",
                self.transfer_kind.is_some(),
                matches!(kind, K::Transfer),
                false,
            ),
            ("brief", self.brief.is_some(), matches!(kind, K::Transfer), false),
            (
                "stay_as",
                self.stay_as.is_some(),
                matches!(kind, K::Transfer),
                false,
            ),
            ("op", self.op.is_some(), matches!(kind, K::Record), true),
            ("say", self.say.is_some(), matches!(kind, K::End), false),
            (
                "clarification_id",
                self.clarification_id.is_some(),
                matches!(kind, K::Clarify),
                true,
            ),
            (
                "answer",
                self.answer.is_some(),
                matches!(kind, K::Clarify),
                !decide,
            ),
            ("decide", self.decide.is_some(), matches!(kind, K::Clarify), false),
            ("take", self.take.is_some(), matches!(kind, K::Claim), false),
            (
                "approval_id",
                self.approval_id.is_some(),
                matches!(kind, K::Approve | K::Reject),
                true,
            ),
            (
                "guidance",
                self.guidance.is_some(),
                matches!(kind, K::Reject),
                false,
            ),
            ("via", self.via.is_some(), matches!(kind, K::Takeover), true),
            ("note", self.note.is_some(), matches!(kind, K::Handback), false),
        ];
        for (param, is_given, belongs, required) in given {
            faults.require(
                !is_given || belongs,
                param,
                "unknown_field",
                "does not belong to this type of act",
            );
            faults.require(
                is_given || !belongs || !required,
                param,
                "required",
                "must be given",
            );
        }
        faults.require(
            !(decide && self.answer.is_some()),
            "answer",
            "unknown_field",
            "is not given when the agent is to decide",
        );
        let fits = match (kind, self.mode) {
            (K::Say, Some(mode)) => matches!(mode, ActMode::Verbatim | ActMode::Guidance),
            (K::ApprovalMode, Some(mode)) => !matches!(mode, ActMode::Verbatim | ActMode::Guidance),
            _ => true,
        };
        faults.require(
            fits,
            "mode",
            "unknown_value",
            "does not belong to this type of act",
        );
        faults.length("action_id", &self.action_id, 1, 64);
        for (param, id) in [
            ("action_id", Some(&self.action_id)),
            ("clarification_id", self.clarification_id.as_ref()),
            ("approval_id", self.approval_id.as_ref()),
        ] {
            if let Some(id) = id {
                faults.one_line(param, id);
            }
        }
        for (param, value, most) in [
            ("text", &self.text, 1000),
            ("say", &self.say, 1000),
            ("answer", &self.answer, 1000),
            ("guidance", &self.guidance, 1000),
            ("note", &self.note, 1000),
            ("brief", &self.brief, 700),
            ("to", &self.to, 64),
        ] {
            if let Some(words) = value {
                faults.text(param, words, 1, most);
            }
        }
        if let Some(digits) = &self.digits {
            let good = (1..=32).contains(&digits.len())
                && digits
                    .bytes()
                    .all(|b| b.is_ascii_digit() || matches!(b, b'*' | b'#' | b'w'));
            faults.require(good, "digits", "bad_digits", "may hold 1 to 32 of 0-9 * # w");
        }
        faults.finish()?;
        let text = |value: Option<String>| value.unwrap_or_default();
        let action = match kind {
            K::Say => Action::Say {
                text: text(self.text),
                mode: match self.mode {
                    Some(ActMode::Guidance) => SayMode::Guidance,
                    _ => SayMode::Verbatim,
                },
                when: match self.when {
                    Some(super::SayWhen::AfterTurn) => SayWhen::AfterTurn,
                    Some(super::SayWhen::Now) | None => SayWhen::Now,
                },
            },
            K::Dtmf => Action::Dtmf {
                digits: text(self.digits),
            },
            K::Transfer => Action::Transfer {
                to: text(self.to),
                kind: self.transfer_kind.map(Into::into),
                brief: self.brief,
                stay_as: self.stay_as.map(Into::into),
                allowed: false,
            },
            K::Hold => Action::Hold,
            K::Unhold => Action::Unhold,
            K::Record => Action::Record {
                // Asked for above.
                op: self.op.map_or(RecordOp::Stop, RecordOp::from),
            },
            K::End => Action::End { say: self.say },
            K::Clarify => Action::Clarify {
                clarification_id: text(self.clarification_id),
                answer: text(self.answer),
                decide,
            },
            K::Claim => Action::Claim {
                take: self.take == Some(true),
            },
            // Whose it may be is asked later.
            K::Release => Action::Release { any: false },
            K::Note => Action::Note {
                text: text(self.text),
            },
            K::ApprovalMode => Action::ApprovalMode {
                mode: match self.mode {
                    Some(ActMode::EveryTurn) => ApprovalMode::EveryTurn,
                    Some(ActMode::FirstTurn) => ApprovalMode::FirstTurn,
                    Some(ActMode::OnTools) => ApprovalMode::OnTools,
                    _ => ApprovalMode::Off,
                },
            },
            K::Approve => Action::Approve {
                approval_id: text(self.approval_id),
                text: self.text,
            },
            K::Reject => Action::Reject {
                approval_id: text(self.approval_id),
                guidance: self.guidance,
            },
            K::Takeover => Action::Takeover {
                // Asked for above.
                via: self.via.map_or(TakeoverVia::Keyboard, TakeoverVia::from),
            },
            K::Handback => Action::Handback { note: self.note },
        };
        Ok((self.action_id, action))
    }
}
