//! What is held of a reply: its words, and what it does.

use super::inline::InlineCommand;
use super::types::Effect;
use super::{Core, Cx};

/// Commands of one reply that may wait.
const MAX_COMMANDS: usize = 8;
/// What a function of the model is told whose reply was not approved.
const NOT_APPROVED: &str = "not_approved";

/// From where on a reply is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HoldFrom {
    /// It is not.
    Never,
    /// From its first word.
    Start,
    /// From the first thing that it does.
    Tools,
}

/// What is held of a reply.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) text: String,
    pub(super) commands: Vec<InlineCommand>,
    /// Since when.
    pub(super) since_ms: u64,
}

impl Held {
    pub(super) fn since(now_ms: u64) -> Self {
        Self {
            text: String::new(),
            commands: Vec::new(),
            since_ms: now_ms,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.text.trim().is_empty() && self.commands.is_empty()
    }
}

impl Core {
    /// Whether a command of the open reply waits for approval. Questions to people and pauses of the recording do not.
    pub(super) fn hold_command(&mut self, cx: &mut Cx<'_>, command: &InlineCommand) -> bool {
        let acts = matches!(
            command,
            InlineCommand::Press(_) | InlineCommand::Transfer(_) | InlineCommand::EndCall
        );
        let Some(reply) = self.reply.as_mut().filter(|_| acts) else {
            return false;
        };
        if reply.hold == HoldFrom::Never {
            return false;
        }
        let held = reply.held.get_or_insert_with(|| Held::since(cx.now.ms));
        if held.commands.len() < MAX_COMMANDS {
            held.commands.push(command.clone());
            return true;
        }
        // More than anybody decides on: not done, and the model is told.
        self.refuse_functions(cx, 1)
    }

    /// What was held of a reply that is given up is not done.
    pub(super) fn forget_held(&mut self, cx: &mut Cx<'_>, held: Option<Held>) {
        if let Some(held) = held {
            self.refuse_functions(cx, held.commands.len());
        }
    }

    /// Functions of the model that are not carried out. Always true.
    pub(super) fn refuse_functions(&self, cx: &mut Cx<'_>, count: usize) -> bool {
        if self.is_metered_apart() {
            let refusal = || Some(NOT_APPROVED.to_owned());
            let told = (0..count).map(|_| Effect::CommandDone { refusal: refusal() });
            cx.out.extend(told);
        }
        true
    }
}
