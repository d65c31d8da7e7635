//! The wire of the gather engine: turns come in from webhooks, words go out as the answers to them, and a chat model
//! thinks.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chrono::Utc;
use phony_conversation::core::{Core, Effect, Input};
use phony_conversation::plan::CallPlan;
use phony_kernel::call::Ending;
use phony_models::chat::ChatClient;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until};

use super::desk::Brought;
use super::kept::{Kept, Reply};
use super::prompt::Prompt;
use super::{GatherLine, GatherNext, Nudge};
use crate::model::Model;
use crate::socket::SocketError;
use crate::wire::{Heard, Wire};

/// Time for the carrier to come back at once.
pub(super) const AT_ONCE: Duration = Duration::from_secs(30);

/// How a wire begins.
pub(super) struct Setting {
    /// Whether no turn was there before.
    pub(super) first: bool,
    /// What another instance has kept.
    pub(super) kept: Kept,
    /// The number of the last answer.
    pub(super) number: Arc<AtomicU64>,
    pub(super) token: String,
    pub(super) nudges: Option<mpsc::Sender<Nudge>>,
}

/// A turn that waits for its answer.
pub(super) struct Asked {
    pub(super) number: u64,
    pub(super) due: Instant,
    pub(super) waiters: Vec<oneshot::Sender<Reply>>,
}

/// Words that the carrier has not come for.
pub(super) struct Said {
    pub(super) line: GatherLine,
    pub(super) preemptible: bool,
    /// Whether words of this line were given before.
    pub(super) goes_on: bool,
}

/// What the conversation is about, as of its last step.
#[derive(Default)]
pub(super) struct Mood {
    pub(super) resting: bool,
    pub(super) owes_answer: bool,
    pub(super) closing: Option<(Ending, bool)>,
    /// Something follows the words at once.
    pub(super) goes_on: bool,
    pub(super) over: bool,
}

/// Webhooks of one call and the open request to the model.
pub(crate) struct GatherWire {
    pub(super) turns: mpsc::Receiver<Brought>,
    pub(super) chat: ChatClient,
    pub(super) model: Model,
    pub(super) setting: Setting,
    pub(super) call_sid: String,
    pub(super) voice: String,
    pub(super) language: String,
    pub(super) one_moment: String,
    pub(super) listen_seconds: u32,
    /// What the core is still to be told.
    pub(super) inputs: VecDeque<Input>,
    pub(super) asked: Option<Asked>,
    pub(super) said: Vec<Said>,
    pub(super) prompt: Option<Prompt>,
    /// Some of the prompt's words may not be cut off by others.
    pub(super) prompt_is_firm: bool,
    /// The prompt's words are not wanted any more.
    pub(super) prompt_is_stale: bool,
    pub(super) last: Option<Reply>,
    pub(super) mood: Mood,
    /// The end has been asked of the core.
    pub(super) wrapped: bool,
    /// The caller of this turn has been told to wait.
    pub(super) soothed: bool,
    /// The turn was begun by somebody who left it; its words are known.
    pub(super) repeated: bool,
    /// When the caller began to speak, as far as partial results tell.
    pub(super) spoke_at: Option<Instant>,
    pub(super) sequence: Option<i64>,
    pub(super) nudged: bool,
    /// The carrier should have come by then.
    pub(super) away_at: Option<Instant>,
    pub(super) lost: bool,
    pub(super) given_back: bool,
}

impl GatherWire {
    pub(super) fn new(
        plan: &CallPlan,
        setting: Setting,
        turns: mpsc::Receiver<Brought>,
        chat: ChatClient,
    ) -> Self {
        Self {
            turns,
            chat,
            model: Model::default(),
            setting,
            call_sid: plan.call_sid.clone(),
            voice: plan.personality.voice.clone(),
            language: plan.personality.language.clone(),
            one_moment: plan.policy.one_moment.clone(),
            listen_seconds: u32::try_from(plan.policy.no_input_ms.div_ceil(1_000)).unwrap_or(8),
            inputs: VecDeque::new(),
            asked: None,
            said: Vec::new(),
            prompt: None,
            prompt_is_firm: false,
            prompt_is_stale: false,
            last: None,
            mood: Mood::default(),
            wrapped: false,
            soothed: false,
            repeated: false,
            spoke_at: None,
            sequence: None,
            // Its first turn is on its way.
            nudged: true,
            away_at: Some(Instant::now() + AT_ONCE),
            lost: false,
            given_back: false,
        }
    }
}

impl Wire for GatherWire {
    fn prepare(&mut self, core: Core) -> Core {
        let core = if self.setting.first {
            core
        } else {
            core.between_turns()
        };
        let Some(reply) = self.setting.kept.reply.clone() else {
            // Nobody knows what was given; what was said counts as heard.
            if !core.unheard().is_empty() {
                self.inputs.push_back(Input::AgentSpeaking { on: true });
                self.inputs.push_back(Input::AgentSpeaking { on: false });
            }
            return core;
        };
        let given = &reply.answer.say;
        for unheard in core.unheard() {
            if given.iter().any(|line| line.item == unheard.item) {
                continue;
            }
            let line = GatherLine {
                item: unheard.item,
                text: unheard.text,
                interruptible: true,
                keys: None,
            };
            self.gather_up(line, true);
        }
        if self.said.is_empty() && !given.is_empty() {
            let ago = (Utc::now() - reply.at).to_std().unwrap_or_default();
            let now = Instant::now();
            let at = now.checked_sub(ago).unwrap_or(now);
            self.prompt = Some(Prompt::new(at, given, None));
            self.inputs.push_back(Input::AgentSpeaking { on: true });
        }
        let number = self.setting.number.load(Ordering::Acquire);
        self.repeated = self.setting.kept.was_left(number) && core.owes_answer();
        core
    }

    async fn next(&mut self) -> Heard {
        loop {
            if let Some(input) = self.inputs.pop_front() {
                return Heard::Input(input);
            }
            self.answer_if_ready();
            if !self.inputs.is_empty() {
                continue;
            }
            let nudge_at = self.nudge_at();
            if self.turns.is_empty() && nudge_at.is_some_and(|at| at <= Instant::now()) {
                self.nudge();
                continue;
            }
            let model_open = self.model.is_open();
            let due = self.asked.as_ref().map(|asked| asked.due).or(self.away_at);
            tokio::select! {
                brought = self.turns.recv(), if !self.turns.is_closed() || !self.turns.is_empty() => match brought {
                    Some(Brought::Turn(turn, waiter)) => self.take(turn, waiter),
                    Some(Brought::Partial(partial)) => {
                        if let Some(input) = self.partial(partial) {
                            return Heard::Input(input);
                        }
                    }
                    None => return Heard::Lost(SocketError::new("nobody brings turns any more")),
                },
                input = self.model.next(), if model_open => return Heard::Input(input),
                () = until(nudge_at) => {}
                () = until(due) => {
                    if self.asked.is_some() {
                        self.answer_in_part();
                    } else {
                        self.away_at = None;
                        return Heard::Lost(SocketError::new("the carrier did not come back"));
                    }
                }
            }
        }
    }

    async fn perform(&mut self, core: &Core, effect: Effect) -> Result<(), SocketError> {
        match effect {
            Effect::Speak {
                item,
                text,
                preemptible,
                interruptible,
                ..
            } => {
                let line = GatherLine {
                    item,
                    text,
                    interruptible,
                    keys: None,
                };
                self.gather_up(line, preemptible);
            }
            Effect::SendDigits { digits } => self.press(digits),
            Effect::StopVoice => {
                self.said.retain(|said| !said.preemptible);
                self.prompt_is_stale = true;
            }
            Effect::EndSession { handoff } => self.end(handoff),
            Effect::AskModel { reply, messages, .. } => {
                self.model
                    .ask(&self.chat, core.plan().model_name(), reply, messages);
            }
            Effect::CancelModel { reply } => self.model.cancel(reply),
            _ => {}
        }
        Ok(())
    }

    fn settled(&mut self, core: &Core) {
        self.mood = Mood {
            resting: !core.is_composing(),
            owes_answer: core.owes_answer(),
            closing: core.closing().map(|(ending, yields)| (ending.clone(), yields)),
            goes_on: core.goes_on_by_itself(),
            over: core.is_over(),
        };
    }

    async fn lose(&mut self) {
        self.lost = true;
        self.said.clear();
        self.prompt = None;
    }

    fn has_given_back(&self) -> bool {
        self.given_back
    }

    /// A turn that is not answered yet goes on wherever the call goes on.
    async fn close(&mut self) {
        let lines = self.collected();
        self.give_unheard(lines, GatherNext::ComeBack);
        self.turns.close();
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}
