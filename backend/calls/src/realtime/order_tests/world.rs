//! The conversation and the translator between a carrier and a speech model that stand in for the real ones.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use chrono::{DateTime, TimeDelta};
use phony_conversation::Event;
use phony_conversation::core::{Core, Effect, Input, Now};
use phony_conversation::plan::{CallPlan, TransferTarget};
use phony_kernel::call::Engine;
use phony_models::realtime::protocol::{ClientEvent, ServerEvent};

use super::super::bridge::Bridge;
use super::super::hearing::Hearing;
use super::super::playout::ToCarrier;

/// Bytes of one piece of the model's sound: 60 ms.
pub(super) const PIECE: usize = 480;

/// A response as the model stand-in keeps it.
pub(super) struct Response {
    pub(super) id: String,
    pub(super) pieces: u16,
    pub(super) cancelled: bool,
}

/// What a carrier plays, or sends back when it comes to it.
pub(super) enum Buffered {
    Sound((u16, u16), u64),
    Mark(String),
}

pub(super) struct World {
    pub(super) core: Core,
    pub(super) bridge: Bridge,
    pub(super) ms: u64,
    /// The response the server makes; it refuses a second one.
    pub(super) open: Option<Response>,
    pub(super) asked: Option<()>,
    pub(super) responses: u16,
    pub(super) sounds: u32,
    pub(super) said: u32,
    /// What the carrier has to play: sound of a piece, or a mark.
    pub(super) buffer: VecDeque<Buffered>,
    /// Until when it has played.
    pub(super) played_until_ms: u64,
    /// Marks on their way back.
    pub(super) marks: VecDeque<String>,
    /// Bytes of each piece that the caller has heard.
    pub(super) heard: HashMap<(u16, u16), u64>,
    /// Responses of which nothing may be sent any more.
    pub(super) dead: HashSet<String>,
    pub(super) given_back: bool,
    /// The caller's socket is lost: what is sent goes nowhere.
    pub(super) lost: bool,
    pub(super) ended: usize,
    pub(super) events: Vec<Event>,
    pub(super) faults: Vec<String>,
}

/// The carrier's pace.
pub(super) const FRAME_MS: u64 = 20;

pub(super) fn plan() -> CallPlan {
    let mut plan = CallPlan::example();
    plan.engine = Engine::Realtime;
    plan.personality.transfer_targets =
        vec![TransferTarget::cold("billing", "+14155550134".parse().unwrap())];
    plan
}

/// A piece of sound that names its response and its place.
pub(super) fn piece(response: u16, at: u16) -> Bytes {
    let mut sound = vec![0u8; PIECE];
    for cell in sound.chunks_exact_mut(6) {
        cell[..2].copy_from_slice(&response.to_be_bytes());
        cell[2..4].copy_from_slice(&at.to_be_bytes());
    }
    Bytes::from(STANDARD.encode(sound))
}

impl World {
    pub(super) fn new() -> Self {
        let at = DateTime::from_timestamp_millis(1_795_226_400_000).unwrap();
        let mut world = Self {
            core: Core::new(Arc::new(plan()), Now { ms: 0, at }),
            bridge: Bridge::new(Hearing::new(300, 500), "gpt-transcribe"),
            ms: 0,
            open: None,
            asked: None,
            responses: 0,
            sounds: 0,
            said: 0,
            buffer: VecDeque::new(),
            played_until_ms: 0,
            marks: VecDeque::new(),
            heard: HashMap::new(),
            dead: HashSet::new(),
            given_back: false,
            lost: false,
            ended: 0,
            events: Vec::new(),
            faults: Vec::new(),
        };
        world.input(Input::Connected);
        world.bridge.session_ready(0);
        world.settle();
        world
    }

    pub(super) fn fault(&mut self, what: impl Into<String>) {
        self.faults.push(what.into());
    }

    pub(super) fn now(&self) -> Now {
        let at = DateTime::from_timestamp_millis(1_795_226_400_000).unwrap();
        Now {
            ms: self.ms,
            at: at + TimeDelta::milliseconds(self.ms.cast_signed()),
        }
    }

    pub(super) fn input(&mut self, input: Input) {
        let mut effects = Vec::new();
        self.core.on_input(self.now(), input, &mut effects);
        self.perform(effects);
    }

    pub(super) fn perform(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Emit(event) => self.events.push(event),
                Effect::Finish(_) | Effect::Release => self.ended += 1,
                Effect::EndSession { .. } => {
                    self.given_back = true;
                    self.bridge.perform(self.ms, effect);
                }
                Effect::Acted { .. } | Effect::FirstAudio | Effect::Use(_) => {}
                other => self.bridge.perform(self.ms, other),
            }
        }
    }

    /// Lets the translator's output reach everybody.
    pub(super) fn settle(&mut self) {
        for _ in 0..1_000 {
            self.pass_to_carrier();
            self.pass_to_model();
            if self.bridge.out.session_dead.take().is_some() {
                self.lose_session();
                self.bridge.session_ready(self.ms);
            }
            let Some(input) = self.bridge.out.inputs.pop_front() else {
                if self.bridge.out.carrier.is_empty() && self.bridge.out.model.is_empty() {
                    return;
                }
                continue;
            };
            self.input(input);
        }
        self.fault("the two never come to rest");
    }

    pub(super) fn pass_to_carrier(&mut self) {
        if self.lost {
            self.bridge.out.carrier.clear();
        }
        while let Some(frame) = self.bridge.out.carrier.pop_front() {
            match frame {
                ToCarrier::Media(base64) => self.media(&base64),
                ToCarrier::Mark(name) => self.buffer.push_back(Buffered::Mark(name)),
                ToCarrier::Clear => {
                    self.play_out();
                    for left in std::mem::take(&mut self.buffer) {
                        if let Buffered::Mark(name) = left {
                            self.marks.push_back(name);
                        }
                    }
                }
            }
        }
    }

    pub(super) fn media(&mut self, base64: &Bytes) {
        if self.given_back || self.ended > 0 {
            self.fault("sound after the end");
        }
        let Ok(sound) = STANDARD.decode(base64) else {
            self.fault("sound was cut in the middle of a group");
            return;
        };
        if sound.len() < 6 {
            return;
        }
        let (response, at) = (
            u16::from_be_bytes([sound[0], sound[1]]),
            u16::from_be_bytes([sound[2], sound[3]]),
        );
        if self.dead.contains(&format!("resp_{response}")) {
            self.fault(format!("sound of resp_{response}, which was taken back"));
        }
        self.play_out();
        self.buffer
            .push_back(Buffered::Sound((response, at), sound.len() as u64));
    }

    /// Marks come back as soon as they are played, but for those of this moment.
    pub(super) fn return_marks(&mut self) {
        self.play_out();
        while let Some(name) = self.marks.pop_front() {
            self.bridge.on_mark(self.ms, &name);
        }
    }

    /// Plays until now.
    pub(super) fn play_out(&mut self) {
        let mut bytes = (self.ms - self.played_until_ms) * 8;
        self.played_until_ms = self.ms;
        while let Some(next) = self.buffer.pop_front() {
            match next {
                Buffered::Mark(name) => self.marks.push_back(name),
                Buffered::Sound(piece, left) => {
                    let played = left.min(bytes);
                    *self.heard.entry(piece).or_default() += played;
                    bytes -= played;
                    if played < left {
                        self.buffer.push_front(Buffered::Sound(piece, left - played));
                        return;
                    }
                }
            }
        }
    }

    pub(super) fn pass_to_model(&mut self) {
        while let Some((event, event_id)) = self.bridge.out.model.pop_front() {
            match event {
                ClientEvent::CreateResponse(_) => {
                    if self.asked.is_some() || self.open.is_some() {
                        self.fault("two replies at once");
                    }
                    if event_id.is_none() {
                        self.fault("a request without a name");
                    }
                    self.asked = Some(());
                }
                ClientEvent::CancelResponse { response_id } => {
                    let id = response_id.unwrap_or_default();
                    match self.open.as_mut().filter(|open| open.id == id) {
                        Some(open) => open.cancelled = true,
                        None => self.fault("cancels what is not there"),
                    }
                    self.dead.insert(id);
                }
                _ => {}
            }
        }
    }

    pub(super) fn model(&mut self, event: &serde_json::Value) {
        let text = event.to_string();
        let event = ServerEvent::parse(&text).unwrap();
        self.bridge.on_event(self.ms, event);
    }

    pub(super) fn lose_session(&mut self) {
        self.bridge.session_lost(self.ms, "closed");
        // The old server's late words do not come any more; ours to it neither.
        self.bridge.out.model.clear();
        if let Some(open) = self.open.take() {
            let _ = open.id;
        }
        self.asked = None;
    }

    pub(super) fn pass(&mut self, ms: u64) {
        let until = self.ms + ms;
        for _ in 0..20_000 {
            let due = [self.core.deadline(), self.bridge.deadline()]
                .into_iter()
                .flatten()
                .min();
            // A carrier returns a mark with the frame that was played, not when we look.
            let next = due.unwrap_or(until).min(until);
            if !self.buffer.is_empty() && next > self.ms + FRAME_MS {
                self.ms += FRAME_MS;
                self.return_marks();
                self.settle();
                continue;
            }
            match due.filter(|due| *due <= until) {
                Some(due) => {
                    self.ms = self.ms.max(due);
                    self.return_marks();
                    if self.core.deadline().is_some_and(|due| due <= self.ms) {
                        let mut effects = Vec::new();
                        self.core.on_deadline(self.now(), &mut effects);
                        self.perform(effects);
                    }
                    if self.bridge.deadline().is_some_and(|due| due <= self.ms) {
                        self.bridge.on_deadline(self.ms);
                    }
                    self.settle();
                }
                None => {
                    self.ms = until;
                    self.play_out();
                    return;
                }
            }
        }
        self.fault("asks for the same time again and again");
    }
}
