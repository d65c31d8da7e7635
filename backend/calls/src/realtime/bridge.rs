//! Between the conversation, the carrier and the model: a pure translator, without sockets and without a clock.
//!
//! To the conversation it looks like a carrier that hears, speaks and reports what was played and where it was
//! interrupted. The model only says when there is a voice and answers when it is asked; what follows is decided
//! here and in the conversation, so that nothing is cancelled before it is certain.

use std::collections::VecDeque;

use bytes::Bytes;
use phony_conversation::core::{Effect, Input, Message, Role};
use phony_models::realtime::protocol::{ClientEvent, NewItem, Placement, ResponseRequest, ToolChoice};

use super::functions;
use super::hearing::{Hearing, Sense};
use super::playout::{Playout, ToCarrier, decoded_len};
use super::requests::{Active, Requests, Want};
use super::utterances::{Source, Utterance, Utterances};

/// What the outside is to do; taken by the wire after every step.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    pub(crate) carrier: VecDeque<ToCarrier>,
    pub(crate) model: VecDeque<(ClientEvent, Option<String>)>,
    pub(crate) inputs: VecDeque<Input>,
    /// The session is of no use any more.
    pub(crate) session_dead: Option<&'static str>,
}

/// The translator of one call.
#[derive(Debug)]
pub(crate) struct Bridge {
    pub(crate) out: Outbox,
    pub(super) playout: Playout,
    pub(super) utterances: Utterances,
    pub(super) hearing: Hearing,
    pub(super) requests: Requests,
    /// Calls of functions whose outcome is not told yet.
    pub(super) calls: VecDeque<String>,
    pub(super) senses: Vec<Sense>,
    pub(super) transcription_model: &'static str,
    pub(super) ready: bool,
    pub(super) over: bool,
}

impl Bridge {
    pub(crate) fn new(hearing: Hearing, transcription_model: &'static str) -> Self {
        Self {
            out: Outbox::default(),
            playout: Playout::default(),
            utterances: Utterances::default(),
            hearing,
            requests: Requests::default(),
            calls: VecDeque::new(),
            senses: Vec::new(),
            transcription_model,
            ready: false,
            over: false,
        }
    }

    /// A session is there, and knows the talk.
    pub(crate) fn session_ready(&mut self, now_ms: u64) {
        self.ready = true;
        self.utterances.retell();
        self.pump(now_ms);
    }

    /// The session is gone; another one comes, or the engine is down.
    pub(crate) fn session_lost(&mut self, now_ms: u64, detail: &str) {
        self.ready = false;
        self.calls.clear();
        self.hearing.lost(&mut self.senses);
        self.sense(now_ms);
        self.fail_active(now_ms, true, detail);
    }

    /// Whether the caller's sound is kept, in case that the session is lost in the middle of it.
    pub(crate) fn keeps_sound(&self) -> bool {
        self.hearing.is_busy()
    }

    /// Whether a session can be exchanged without anybody noticing.
    pub(crate) fn is_quiet(&self, now_ms: u64) -> bool {
        self.requests.is_idle()
            && self.calls.is_empty()
            && !self.hearing.is_busy()
            && !self.hearing.awaits_words()
            && self.playout.is_silent(now_ms)
    }

    /// Whether a session can be exchanged without anything being asked again. What is on its way to the caller goes on,
    /// and what the caller is saying is heard again by the next one.
    pub(crate) fn can_be_left(&self) -> bool {
        self.requests.active().is_none() && self.calls.is_empty() && !self.hearing.awaits_words()
    }

    /// What a new session is told of the talk so far, but for lines that are still to be said in it.
    pub(crate) fn tell_history(&mut self, mut history: Vec<Message>) {
        let waiting: Vec<&str> = self.requests.waiting_lines().collect();
        for line in waiting.into_iter().rev() {
            let Some(last) = history.last_mut().filter(|last| last.role == Role::Assistant) else {
                break;
            };
            let kept = last.content.strip_suffix(line).map(|rest| rest.trim_end().len());
            match kept {
                Some(0) => {
                    history.pop();
                }
                Some(kept) => last.content.truncate(kept),
                None => break,
            }
        }
        for message in history {
            self.create(item(message));
        }
    }

    /// Performs an effect of the conversation.
    pub(crate) fn perform(&mut self, now_ms: u64, effect: Effect) {
        match effect {
            Effect::Speak {
                item,
                by_model: false,
                interruptible,
                preemptible,
                text,
                ..
            } if !text.is_empty() => {
                self.requests.push(Want::Line {
                    item,
                    text,
                    interruptible,
                    preemptible,
                    tries: 0,
                });
                self.pump(now_ms);
            }
            Effect::AskModel { reply, text_only, .. } => {
                self.requests.push(Want::Reply { reply, text_only });
                self.pump(now_ms);
            }
            Effect::CancelModel { reply } => {
                self.requests.withdraw(Source::Reply(reply));
                self.cancel(|source| source == Source::Reply(reply));
                // What waits behind a caller who speaks would come after what is asked instead.
                if self.playout.is_held() {
                    self.cut(now_ms, |utterance| utterance.source == Source::Reply(reply));
                    self.playout.pause();
                }
            }
            Effect::StopVoice => {
                self.requests.withdraw_lines(|_, preemptible| preemptible);
                // Asked for, and nothing of it is there to be cut.
                let unheard = |active: &Active| !active.sounded && active.want.is_preemptible();
                if self.requests.active().is_some_and(unheard) {
                    self.cancel(|_| true);
                }
                if self.utterances.first().is_some_and(|first| first.preemptible) {
                    self.playout.hold(now_ms, &mut self.out.carrier);
                }
                self.cut(now_ms, |utterance| utterance.preemptible);
                if !self.hearing.is_busy() {
                    self.playout.resume(now_ms, &mut self.out.carrier);
                }
            }
            Effect::Hush => self.hush(now_ms),
            Effect::Remember(message) if self.ready => self.create(item(message)),
            Effect::CommandDone { refusal } => {
                if let Some(call_id) = self.calls.pop_front() {
                    let output = functions::output(refusal.as_deref());
                    self.create(NewItem::FunctionOutput { call_id, output });
                }
            }
            Effect::EndSession { .. } => {
                self.over = true;
                self.playout.pause();
            }
            _ => {}
        }
    }

    /// Keys as tones, for a carrier that has no command for them.
    pub(crate) fn play_tones(&mut self, now_ms: u64, base64: Bytes) {
        let begins = self.playout.end();
        self.utterances
            .begin(Utterance::new(Source::Tones, begins, false, false));
        self.utterances.sound("", decoded_len(&base64));
        self.playout.push(now_ms, base64, &mut self.out.carrier);
        self.utterances.finish_last();
        self.playout.end_utterance(&mut self.out.carrier);
    }

    /// A mark came back from the carrier.
    pub(crate) fn on_mark(&mut self, now_ms: u64, name: &str) {
        if self.playout.on_mark(now_ms, name) {
            self.tell_progress(now_ms);
            self.playout.refill(now_ms, &mut self.out.carrier);
        }
    }

    pub(super) fn tell_progress(&mut self, now_ms: u64) {
        if let Some(text) = self.utterances.progress(self.playout.played(now_ms)) {
            self.out.inputs.push_back(Input::Played { text });
        }
    }

    /// When [`Self::on_deadline`] is due.
    pub(crate) fn deadline(&self) -> Option<u64> {
        if self.over {
            return None;
        }
        [
            self.playout.deadline(),
            self.hearing.deadline(),
            self.requests.deadline().filter(|_| self.ready),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    pub(crate) fn on_deadline(&mut self, now_ms: u64) {
        self.playout.refill(now_ms, &mut self.out.carrier);
        if self.playout.give_up_marks(now_ms) {
            self.tell_progress(now_ms);
        }
        self.hearing.on_deadline(now_ms, &mut self.senses);
        self.sense(now_ms);
        if self.ready && self.requests.is_overdue(now_ms) {
            self.out.session_dead = Some("the model does not answer");
        }
        self.pump(now_ms);
    }

    /// Stops the open request, if it is one of these.
    pub(super) fn cancel(&mut self, is_one: impl Fn(Source) -> bool) {
        let Some(active) = self.requests.active_mut() else {
            return;
        };
        if active.cancelled || !is_one(active.want.source()) {
            return;
        }
        active.cancelled = true;
        // Before it has begun a cancel would be for nothing, or for another one.
        if let Some(response_id) = active.response_id.clone() {
            let response_id = Some(response_id);
            self.tell(ClientEvent::CancelResponse { response_id });
        }
    }

    pub(super) fn pump(&mut self, now_ms: u64) {
        if !self.ready || self.over {
            return;
        }
        let Some(active) = self.requests.open_next(now_ms) else {
            return;
        };
        let request = match &active.want {
            Want::Reply { text_only, .. } => ResponseRequest {
                text_only: *text_only,
                ..ResponseRequest::default()
            },
            Want::Line { text, .. } => ResponseRequest {
                tool_choice: Some(ToolChoice::None),
                ..ResponseRequest::saying(format!(
                    "Say exactly this to the caller, word for word, and nothing else: \"{text}\""
                ))
            },
        };
        let event_id = Some(active.event_id.clone());
        self.out
            .model
            .push_back((ClientEvent::CreateResponse(request), event_id));
    }

    pub(super) fn create(&mut self, item: NewItem) {
        let placement = Placement::End;
        self.tell(ClientEvent::CreateItem { item, placement });
    }

    pub(super) fn tell(&mut self, event: ClientEvent) {
        self.out.model.push_back((event, None));
    }
}

fn item(message: Message) -> NewItem {
    match message.role {
        Role::System => NewItem::System(message.content),
        Role::User => NewItem::User(message.content),
        Role::Assistant => NewItem::Assistant(message.content),
    }
}
