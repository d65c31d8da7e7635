//! What is kept of an act is bounded.

use crate::command::Action;

/// Longest text of an act.
const MAX_CHARS: usize = 1_000;

/// Bounds what is kept of an act; the bound is one over the limit so that too long stays too long.
pub(super) fn tidy(action: Action) -> Action {
    let cut = |text: String, max: usize| -> String {
        if text.chars().count() > max {
            text.chars().take(max).collect()
        } else {
            text
        }
    };
    match action {
        Action::Say { text, mode, when } => Action::Say {
            text: cut(text, MAX_CHARS + 1),
            mode,
            when,
        },
        Action::Dtmf { digits } => Action::Dtmf {
            digits: cut(digits, 64),
        },
        Action::Record { op } => Action::Record { op },
        Action::Transfer {
            to,
            kind,
            brief,
            stay_as,
            allowed,
        } => Action::Transfer {
            to: cut(to, 64),
            kind,
            brief: brief.map(|text| cut(text, MAX_CHARS)),
            stay_as,
            allowed,
        },
        Action::Hold => Action::Hold,
        Action::Unhold => Action::Unhold,
        Action::End { say } => Action::End {
            say: say.map(|text| cut(text, MAX_CHARS)),
        },
        Action::Clarify {
            clarification_id,
            answer,
            decide,
        } => Action::Clarify {
            clarification_id: cut(clarification_id, 64),
            answer: cut(answer, MAX_CHARS + 1),
            decide,
        },
        Action::Note { text } => Action::Note {
            text: cut(text, MAX_CHARS + 1),
        },
        Action::Approve { approval_id, text } => Action::Approve {
            approval_id: cut(approval_id, 64),
            text: text.map(|text| cut(text, MAX_CHARS + 1)),
        },
        Action::Reject {
            approval_id,
            guidance,
        } => Action::Reject {
            approval_id: cut(approval_id, 64),
            guidance: guidance.map(|text| cut(text, MAX_CHARS)),
        },
        Action::Handback { note } => Action::Handback {
            note: note.map(|text| cut(text, MAX_CHARS)),
        },
        action @ (Action::Claim { .. }
        | Action::Release { .. }
        | Action::ApprovalMode { .. }
        | Action::Takeover { .. }) => action,
    }
}
