//! The core: one conversation. Inputs and the time go in, effects come out.
//!
//! Here: what the core holds, and where inputs go. What each input means is in the modules.
//! The state is never set by hand: after every input it follows from what is going on.

mod actions;
mod approvals;
mod arrival;
mod attention;
mod caller_voice;
mod clarifications;
mod clockwork;
mod commands;
mod effects;
mod ending;
mod held;
mod hold;
pub mod inline;
mod latency;
mod memory;
mod model_commands;
mod playback;
mod presence;
pub mod pressing;
pub mod prompt;
mod resume;
mod retries;
mod silence;
mod speech;
mod takeover;
mod tidy;
mod transfers;
mod turn_by_turn;
mod turns;
mod types;
mod usage;

use std::collections::VecDeque;
use std::sync::Arc;

use phony_kernel::ItemId;
use phony_kernel::call::{ConversationState, EndedReason, Ending, Engine};

use crate::event::{Event, EventBody, Speaker};
use crate::plan::CallPlan;
pub use commands::end_by;
pub use playback::{heard_after, length_ms as spoken_ms};
pub use presence::WATCHED_FOR_MS;
pub use takeover::TAKEOVER_LEASE_MS;
pub use turn_by_turn::Unheard;
pub use types::{
    Effect, Handoff, Input, Message, ModelUsage, Now, ReplyId, Role, TransferNews, TransferStep,
};

/// The time and the place for effects, passed down together.
pub(crate) struct Cx<'a> {
    now: Now,
    out: &'a mut Vec<Effect>,
}

/// Whether somebody listens.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Phase {
    /// No socket yet.
    New,
    /// The caller is there.
    Live,
    /// The socket was lost; the caller may come back until then.
    Lost { until_ms: u64, cause: String },
    /// Finished or released: nothing happens any more.
    Over,
}

/// One conversation as a pure state machine.
#[derive(Debug)]
pub struct Core {
    plan: Arc<CallPlan>,
    system: String,
    phase: Phase,
    /// Fixed point that offsets count from.
    began_ms: u64,
    seq: u64,
    state: Option<ConversationState>,
    memory: memory::Memory,
    playback: playback::Playback,
    greeting: Option<ItemId>,
    spoke: bool,
    caller_line: Option<(ItemId, String)>,
    caller: caller_voice::CallerVoice,
    reply: Option<turns::Reply>,
    turn: Option<latency::Turn>,
    turns: u32,
    tries: u32,
    follow_ups: u32,
    retry_due_ms: Option<u64>,
    want_reply: bool,
    silence: silence::Silence,
    keys: silence::Keys,
    clarifications: clarifications::Clarifications,
    approvals: approvals::Approvals,
    takeover: Option<takeover::Taken>,
    presence: presence::Presence,
    signs: attention::Signs,
    limits: model_commands::Limits,
    pressing: pressing::Pressing,
    actions: actions::Actions,
    queued: VecDeque<commands::QueuedSay>,
    closing: Option<ending::Closing>,
    /// How the call ends once its line is taken from us: told beforehand by who takes it.
    expected: Option<Ending>,
    hold: Option<hold::Hold>,
    transfers: transfers::Transfers,
    draining: bool,
}

impl Core {
    /// A conversation that begins now and has not yet a socket.
    #[must_use]
    pub fn new(plan: Arc<CallPlan>, now: Now) -> Self {
        let (engine, approval) = (plan.engine, plan.policy.approval);
        Self {
            system: prompt::system_prompt(&plan),
            phase: Phase::New,
            began_ms: now.ms,
            seq: 0,
            state: None,
            memory: memory::Memory::new(engine == Engine::Realtime),
            plan,
            playback: playback::Playback::new(engine),
            greeting: None,
            spoke: false,
            caller_line: None,
            caller: caller_voice::CallerVoice::default(),
            reply: None,
            turn: None,
            turns: 0,
            tries: 0,
            follow_ups: 0,
            retry_due_ms: None,
            want_reply: false,
            silence: silence::Silence::default(),
            keys: silence::Keys::default(),
            clarifications: clarifications::Clarifications::default(),
            approvals: approvals::Approvals::new(approval),
            takeover: None,
            presence: presence::Presence::default(),
            signs: attention::Signs::default(),
            limits: model_commands::Limits::default(),
            pressing: pressing::Pressing::default(),
            actions: actions::Actions::default(),
            queued: VecDeque::new(),
            closing: None,
            expected: None,
            hold: None,
            transfers: transfers::Transfers::default(),
            draining: false,
        }
    }

    /// Events continue after `seq`, because others have told some before.
    #[must_use]
    pub fn after_seq(mut self, seq: u64) -> Self {
        self.seq = self.seq.max(seq);
        self
    }

    /// What it runs by.
    #[must_use]
    pub fn plan(&self) -> &Arc<CallPlan> {
        &self.plan
    }

    /// What the model is told to be.
    #[must_use]
    pub fn system_prompt(&self) -> &str {
        &self.system
    }

    /// The fixed point that the offsets of its events count from, on the clock of its inputs in milliseconds.
    #[must_use]
    pub fn began_ms(&self) -> u64 {
        self.began_ms
    }

    /// The talk so far, for a model that begins in the middle of it: who said what and was heard, and notes.
    #[must_use]
    pub fn history(&self) -> Vec<Message> {
        self.memory.messages("").split_off(1)
    }

    /// What the conversation does now; none before it began and after it ended.
    #[must_use]
    pub fn state(&self) -> Option<ConversationState> {
        self.state
    }

    /// Whether it has finished or was released.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.phase == Phase::Over
    }

    /// Takes one input.
    pub fn on_input(&mut self, now: Now, input: Input, out: &mut Vec<Effect>) {
        let mut cx = Cx { now, out };
        if self.is_over() {
            if let Input::Command(command) = input {
                self.refuse_after_end(&mut cx, command);
            }
            return;
        }
        self.take(&mut cx, input);
        self.settle(&mut cx);
    }

    fn take(&mut self, cx: &mut Cx<'_>, input: Input) {
        // Without a socket only the model's late answers, acts and ends can come.
        let live = self.phase == Phase::Live;
        match input {
            Input::Connected => self.on_connected(cx),
            Input::Command(command) => self.on_command(cx, command),
            Input::Watching { socket, actor } => self.on_watching(cx, socket, actor),
            Input::WatchingEnded { socket } => self.on_watching_ended(cx, &socket),
            Input::TakeoverRenewed { actor, via } => self.on_takeover_renewed(cx, &actor, via),
            Input::TakeoverLapsed { actor, via } => self.on_takeover_lapsed(cx, &actor, via),
            Input::SupervisorWords { line, actor, text } => self.on_supervisor_words(cx, line, &actor, &text),
            Input::Noted(body) => self.on_noted(cx, body),
            Input::Transfer { transfer, news } => self.on_transfer(cx, transfer, news),
            Input::CallerHungUp => self.on_line_closed(cx),
            Input::EndedOutside(ending) if ending.reason == EndedReason::CallerHangup => self.on_hangup(cx),
            Input::EndedOutside(ending) if self.is_told_before(&ending) => self.expected = Some(ending),
            Input::EndedOutside(ending) => self.finish(cx, ending),
            Input::SocketClosed { cause } => self.on_lost(cx, cause),
            Input::Drain => self.on_drain(cx),
            // Words that were said before the socket was lost are still to be kept, and what was used to be paid.
            Input::CallerWords { line, text, language } => self.on_caller_words(cx, line, &text, language),
            Input::ModelUsed { response_id, used } => self.on_model_used(cx, &response_id, used),
            Input::TranscriptionUsed {
                response_id,
                model,
                ms,
            } => {
                let used = usage::transcription(self.plan.call, &response_id, &model, ms, cx.now.at);
                cx.out.extend(used.map(Effect::Use));
            }
            Input::EngineEvent { code, detail } => self.warn(cx, code, &detail),
            Input::EngineDown { detail } => self.on_engine_down(cx, &detail),
            _ if !live => {}
            Input::CallerPartial { text } => self.on_partial(cx, &text),
            Input::CallerFinal { text, language } => self.on_final(cx, &text, language),
            Input::CallerSpeaking { line } => self.on_caller_speaking(cx, line),
            Input::CallerTurn { line, quiet_ms } => self.on_caller_turn(cx, line, quiet_ms),
            Input::CallerNoise { line } => self.on_caller_noise(cx, line),
            Input::NoInput => self.on_no_input(cx),
            Input::Dtmf { digit } => self.on_dtmf(cx, &digit),
            Input::CallerInterrupted { heard, heard_ms } => self.on_interrupted(cx, &heard, heard_ms),
            Input::Played { text } => {
                self.playback.played(&text);
                self.played_heard(cx);
            }
            Input::AgentSpeaking { on } => {
                if self.playback.voice(cx.now.ms, on) {
                    self.all_heard(cx);
                }
            }
            Input::ModelStarted { reply, response_id } => self.on_model_started(reply, response_id),
            Input::ModelCommand { reply, command } => self.on_function(cx, reply, &command),
            Input::ModelToken { reply, text } => self.on_token(cx, reply, &text),
            Input::ModelFinished { reply, usage } => self.on_finished(cx, reply, usage),
            Input::ModelFailed {
                reply,
                retryable,
                retry_after_ms,
                detail,
            } => {
                if self.is_current(reply) {
                    self.on_failed(cx, retryable, retry_after_ms, &detail);
                }
            }
        }
    }

    /// Lets what waited for a pause happen, and tells the state that follows.
    fn settle(&mut self, cx: &mut Cx<'_>) {
        if self.phase == Phase::Live {
            self.check_takeover(cx);
            self.close_left_open(cx);
        }
        while self.phase == Phase::Live && self.is_pausing() {
            if self.closing.is_some() {
                if self.caller.is_speaking() && self.closing_yields() {
                    break;
                }
                self.carry_out_closing(cx);
            } else if self.transfers.wants_join() {
                self.join(cx);
                break;
            } else if self.caller.is_speaking() {
                break;
            } else if self.transfers.take_announcement() {
                let words = self.plan.policy.waiting.transfer.clone();
                self.say_line(cx, &words, Speaker::Agent, false);
            } else if let Some(say) = self.queued.pop_front() {
                self.say_queued(cx, &say);
            } else if self.want_reply && self.hold.is_none() && self.takeover.is_none() {
                self.ask(cx);
            } else if self.draining && self.may_move() {
                self.release(cx);
            } else {
                break;
            }
        }
        let fresh = self.memory.take_fresh();
        if self.is_over() {
            return;
        }
        cx.out.extend(fresh.into_iter().map(Effect::Remember));
        if self.phase != Phase::Live {
            return;
        }
        let state = self.current_state();
        if self.state != Some(state) {
            self.state = Some(state);
            self.emit(cx, EventBody::ConversationState { state });
            self.arm_silence(cx);
        }
        self.tell_attention(cx);
    }

    /// Whether the call can go to another instance without anybody noticing.
    fn may_move(&self) -> bool {
        self.caller_line.is_none() && !self.transfers.is_open() && self.takeover.is_none()
    }

    /// Nobody speaks and nothing is being thought.
    fn is_pausing(&self) -> bool {
        self.reply.is_none()
            && self.retry_due_ms.is_none()
            && self.playback.is_empty()
            && !self.approvals.is_waiting()
    }

    fn current_state(&self) -> ConversationState {
        if self.takeover.is_some() {
            return ConversationState::HumanSpeaking;
        }
        if self.hold.is_some() {
            return ConversationState::OnHold;
        }
        if !self.playback.is_empty() {
            let greeting = self.greeting.is_some() && self.playback.first() == self.greeting;
            return if greeting {
                ConversationState::Greeting
            } else {
                ConversationState::Speaking
            };
        }
        if self.reply.is_some() || self.retry_due_ms.is_some() {
            return ConversationState::Thinking;
        }
        if self.approvals.is_waiting() {
            return ConversationState::AwaitingApproval;
        }
        if self.clarifications.pending.is_some() {
            return ConversationState::AwaitingHuman;
        }
        ConversationState::Listening
    }

    fn emit(&mut self, cx: &mut Cx<'_>, body: EventBody) {
        self.seq += 1;
        self.signs.see(&body, &self.plan.personality.language);
        let offset_ms = cx.now.ms.saturating_sub(self.began_ms);
        cx.out.push(Effect::Emit(Event {
            seq: self.seq,
            at: cx.now.at,
            offset_ms,
            body,
        }));
    }

    fn warn(&mut self, cx: &mut Cx<'_>, code: &str, detail: &str) {
        let (code, detail) = (code.to_owned(), detail.to_owned());
        self.emit(
            cx,
            EventBody::Warning {
                item_id: ItemId::new(),
                code,
                detail,
            },
        );
    }
}
