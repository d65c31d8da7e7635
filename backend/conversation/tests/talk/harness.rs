//! A conversation whose time moves by hand, and what came out of it.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use phony_conversation::command::{Action, ActionStatus, Actor, Command, SayMode, SayWhen, TransferKind};
use phony_conversation::core::{Core, Effect, Handoff, Input, Message, ModelUsage, Now, ReplyId, Role};
use phony_conversation::event::{Event, EventBody, Speaker};
use phony_conversation::plan::{CallPlan, TransferTarget};
use phony_conversation::{Snapshot, Usage};
use phony_kernel::ItemId;
use phony_kernel::call::{ConversationState, Ending};

pub(crate) struct Talk {
    pub(crate) core: Core,
    pub(crate) ms: u64,
    start: DateTime<Utc>,
    pub(crate) effects: Vec<Effect>,
    /// What was sent to the caller, one text a talk cycle.
    pub(crate) spoken: Vec<String>,
    cycle: String,
    pub(crate) asked: Vec<(ReplyId, Vec<Message>)>,
    pub(crate) open: Option<ReplyId>,
    pub(crate) usage: Vec<Usage>,
    pub(crate) events: Vec<Event>,
    pub(crate) acted: Vec<(String, ActionStatus)>,
    pub(crate) endings: Vec<Ending>,
    pub(crate) released: usize,
}

pub(crate) fn plan() -> CallPlan {
    let mut plan = CallPlan::example();
    plan.personality.transfer_targets = vec![
        TransferTarget::cold("billing", "+14155550134".parse().unwrap()),
        TransferTarget::cold("workshop", "+14155550135".parse().unwrap()),
    ];
    plan
}

pub(crate) fn mia() -> Actor {
    Actor {
        id: "usr_1".to_owned(),
        name: "Mia".to_owned(),
    }
}

pub(crate) fn ben() -> Actor {
    Actor {
        id: "usr_2".to_owned(),
        name: "Ben".to_owned(),
    }
}

/// A plan without anybody to hand the caller to.
pub(crate) fn alone() -> CallPlan {
    CallPlan::example()
}

/// A plan whose caller may keep silent for long.
pub(crate) fn patient() -> CallPlan {
    let mut plan = plan();
    plan.policy.no_input_ms = 600_000;
    plan
}

/// What the carrier is told when the caller is sent on to this number.
pub(crate) fn sent_to(number: &str) -> Handoff {
    Handoff::Transfer {
        to: number.parse().unwrap(),
        caller_id: Some(plan().from.parse().unwrap()),
        say: None,
    }
}

pub(crate) fn transfer(to: &str, kind: Option<TransferKind>) -> Action {
    Action::Transfer {
        to: to.to_owned(),
        kind,
        brief: None,
        stay_as: None,
        allowed: false,
    }
}

impl Talk {
    /// The newest warm transfer.
    pub(crate) fn transfer(&self) -> Option<ItemId> {
        self.effects.iter().rev().find_map(|effect| match effect {
            Effect::SumUp { transfer, .. } | Effect::Transfer { transfer, .. } => Some(*transfer),
            _ => None,
        })
    }

    /// Before the socket is there.
    pub(crate) fn with(plan: CallPlan) -> Self {
        let start = DateTime::from_timestamp_millis(1_795_226_400_000).unwrap();
        let core = Core::new(Arc::new(plan), Now { ms: 1_000, at: start });
        Self::around(core, 1_000, start)
    }

    pub(crate) fn around(core: Core, ms: u64, start: DateTime<Utc>) -> Self {
        Self {
            core,
            ms,
            start,
            effects: Vec::new(),
            spoken: Vec::new(),
            cycle: String::new(),
            asked: Vec::new(),
            open: None,
            usage: Vec::new(),
            events: Vec::new(),
            acted: Vec::new(),
            endings: Vec::new(),
            released: 0,
        }
    }

    /// After the greeting, the caller's turn.
    pub(crate) fn listening() -> Self {
        Self::listening_with(plan())
    }

    pub(crate) fn listening_with(plan: CallPlan) -> Self {
        let mut talk = Self::with(plan);
        talk.put(Input::Connected);
        talk.until(ConversationState::Listening);
        talk
    }

    pub(crate) fn now(&self) -> Now {
        Now {
            ms: self.ms,
            at: self.start + TimeDelta::milliseconds(self.ms.cast_signed()),
        }
    }

    pub(crate) fn put(&mut self, input: Input) {
        if matches!(input, Input::SocketClosed { .. }) && !self.cycle.is_empty() {
            self.spoken.push(std::mem::take(&mut self.cycle));
        }
        let mut out = Vec::new();
        self.core.on_input(self.now(), input, &mut out);
        self.take(out);
    }

    /// Lets time pass, calling the core whenever it asks.
    pub(crate) fn pass(&mut self, ms: u64) {
        let end = self.ms + ms;
        for _ in 0..10_000 {
            match self.core.deadline().filter(|due| *due <= end) {
                Some(due) => {
                    self.ms = self.ms.max(due);
                    let mut out = Vec::new();
                    self.core.on_deadline(self.now(), &mut out);
                    self.take(out);
                }
                None => {
                    self.ms = end;
                    return;
                }
            }
        }
        panic!("the core asks for the same time again and again");
    }

    /// Lets time pass until the conversation does `state`.
    pub(crate) fn until(&mut self, state: ConversationState) {
        for _ in 0..1_000 {
            if self.core.state() == Some(state) {
                return;
            }
            let due = self.core.deadline().expect("nothing will happen any more");
            self.pass(due.saturating_sub(self.ms).max(1));
        }
        panic!("never {state}, but {:?}", self.core.state());
    }

    pub(crate) fn caller(&mut self, text: &str) {
        self.put(Input::CallerFinal {
            text: text.to_owned(),
            language: Some("en-US".to_owned()),
        });
    }

    pub(crate) fn token(&mut self, text: &str) {
        let reply = self.open.expect("the model was not asked");
        self.put(Input::ModelToken {
            reply,
            text: text.to_owned(),
        });
    }

    pub(crate) fn finish(&mut self) {
        let reply = self.open.take().expect("the model was not asked");
        let usage = Some(ModelUsage {
            text_in: 100,
            text_in_cached: 40,
            text_out: 10,
            ..ModelUsage::default()
        });
        self.put(Input::ModelFinished { reply, usage });
    }

    /// The model's whole answer.
    pub(crate) fn model(&mut self, text: &str) {
        self.token(text);
        self.finish();
    }

    pub(crate) fn fail(&mut self, retryable: bool) {
        let reply = self.open.take().expect("the model was not asked");
        let detail = "server error".to_owned();
        self.put(Input::ModelFailed {
            reply,
            retryable,
            retry_after_ms: None,
            detail,
        });
    }

    pub(crate) fn act(&mut self, id: &str, action: Action) -> ActionStatus {
        self.act_as(mia(), id, action)
    }

    pub(crate) fn act_as(&mut self, actor: Actor, id: &str, action: Action) -> ActionStatus {
        self.put(Input::Command(Command {
            action_id: id.to_owned(),
            actor,
            action,
        }));
        self.acted
            .iter()
            .rev()
            .find(|(action_id, _)| action_id == id)
            .expect("no answer")
            .1
            .clone()
    }

    pub(crate) fn say(&mut self, id: &str, text: &str, mode: SayMode, when: SayWhen) -> ActionStatus {
        self.act(
            id,
            Action::Say {
                text: text.to_owned(),
                mode,
                when,
            },
        )
    }

    pub(crate) fn take(&mut self, out: Vec<Effect>) {
        for effect in out {
            match &effect {
                Effect::Speak { text, last, .. } => {
                    self.cycle.push_str(text);
                    if *last {
                        self.spoken.push(std::mem::take(&mut self.cycle));
                    }
                }
                Effect::AskModel { reply, messages, .. } => {
                    assert!(self.open.is_none(), "two requests at once");
                    self.open = Some(*reply);
                    self.asked.push((*reply, messages.clone()));
                }
                Effect::CancelModel { reply } => {
                    if self.open == Some(*reply) {
                        self.open = None;
                    }
                }
                Effect::Emit(event) => self.events.push(event.clone()),
                Effect::Acted { action_id, status } => self.acted.push((action_id.clone(), status.clone())),
                Effect::Use(usage) => self.usage.push(usage.clone()),
                Effect::Finish(ending) => self.endings.push(ending.clone()),
                Effect::Release => self.released += 1,
                Effect::SendDigits { .. }
                | Effect::EndSession { .. }
                | Effect::FirstAudio
                | Effect::Record(_)
                | Effect::SumUp { .. }
                | Effect::Transfer { .. }
                | Effect::StopVoice
                | Effect::Hush
                | Effect::Voice { .. }
                | Effect::Remember(_)
                | Effect::CommandDone { .. } => {}
            }
            self.effects.push(effect);
        }
    }

    /// Everything sent to the caller, the open cycle included.
    pub(crate) fn all_spoken(&self) -> String {
        let mut all = self.spoken.join("|");
        all.push_str(&self.cycle);
        all
    }

    /// The context of the last request.
    pub(crate) fn context(&self) -> &[Message] {
        &self.asked.last().expect("the model was not asked").1
    }

    pub(crate) fn context_text(&self) -> String {
        self.context()
            .iter()
            .skip(1)
            .map(|message| message.content.as_str())
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// What the agent is remembered to have said.
    pub(crate) fn remembered(&self) -> Vec<&str> {
        let own = |message: &&Message| message.role == Role::Assistant;
        self.context()
            .iter()
            .filter(own)
            .map(|message| message.content.as_str())
            .collect()
    }

    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.events.iter().map(|event| event.body.name()).collect()
    }

    pub(crate) fn states(&self) -> Vec<ConversationState> {
        self.events
            .iter()
            .filter_map(|event| match event.body {
                EventBody::ConversationState { state } => Some(state),
                _ => None,
            })
            .collect()
    }

    pub(crate) fn lines(&self) -> Vec<(Speaker, String)> {
        self.events
            .iter()
            .filter_map(|event| match &event.body {
                EventBody::SpeechFinal { speaker, text, .. } => Some((*speaker, text.clone())),
                _ => None,
            })
            .collect()
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        let mut snapshot = Snapshot::default();
        for event in &self.events {
            snapshot.apply(event);
        }
        snapshot
    }

    pub(crate) fn has(&self, wanted: &Effect) -> bool {
        self.effects.contains(wanted)
    }
}
