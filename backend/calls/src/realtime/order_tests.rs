//! Any order of events, over the conversation and the translator together: never two replies at once, never sound
//! after the end, never sound of a reply that was taken back, every word of sound at most once.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use chrono::{DateTime, TimeDelta};
use phony_conversation::command::{Action, Actor, Command, SayMode, SayWhen};
use phony_conversation::core::{Core, Effect, Input, Now};
use phony_conversation::plan::{CallPlan, TransferTarget};
use phony_conversation::{Event, EventBody, Snapshot};
use phony_kernel::call::Engine;
use phony_models::realtime::protocol::{ClientEvent, ServerEvent};
use proptest::prelude::*;

use super::bridge::Bridge;
use super::hearing::Hearing;
use super::playout::ToCarrier;

/// Bytes of one piece of the model's sound: 60 ms.
const PIECE: usize = 480;

/// A response as the model stand-in keeps it.
struct Response {
    id: String,
    pieces: u16,
    cancelled: bool,
}

/// What a carrier plays, or sends back when it comes to it.
enum Buffered {
    Sound((u16, u16), u64),
    Mark(String),
}

struct World {
    core: Core,
    bridge: Bridge,
    ms: u64,
    /// The response the server makes; it refuses a second one.
    open: Option<Response>,
    asked: Option<()>,
    responses: u16,
    sounds: u32,
    said: u32,
    /// What the carrier has to play: sound of a piece, or a mark.
    buffer: VecDeque<Buffered>,
    /// Until when it has played.
    played_until_ms: u64,
    /// Marks on their way back.
    marks: VecDeque<String>,
    /// Bytes of each piece that the caller has heard.
    heard: HashMap<(u16, u16), u64>,
    /// Responses of which nothing may be sent any more.
    dead: HashSet<String>,
    given_back: bool,
    /// The caller's socket is lost: what is sent goes nowhere.
    lost: bool,
    ended: usize,
    events: Vec<Event>,
    faults: Vec<String>,
}

/// The carrier's pace.
const FRAME_MS: u64 = 20;

fn plan() -> CallPlan {
    let mut plan = CallPlan::example();
    plan.engine = Engine::Realtime;
    plan.personality.transfer_targets =
        vec![TransferTarget::cold("billing", "+14155550134".parse().unwrap())];
    plan
}

/// A piece of sound that names its response and its place.
fn piece(response: u16, at: u16) -> Bytes {
    let mut sound = vec![0u8; PIECE];
    for cell in sound.chunks_exact_mut(6) {
        cell[..2].copy_from_slice(&response.to_be_bytes());
        cell[2..4].copy_from_slice(&at.to_be_bytes());
    }
    Bytes::from(STANDARD.encode(sound))
}

impl World {
    fn new() -> Self {
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

    fn fault(&mut self, what: impl Into<String>) {
        self.faults.push(what.into());
    }

    fn now(&self) -> Now {
        let at = DateTime::from_timestamp_millis(1_795_226_400_000).unwrap();
        Now {
            ms: self.ms,
            at: at + TimeDelta::milliseconds(self.ms as i64),
        }
    }

    fn input(&mut self, input: Input) {
        let mut effects = Vec::new();
        self.core.on_input(self.now(), input, &mut effects);
        self.perform(effects);
    }

    fn perform(&mut self, effects: Vec<Effect>) {
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
    fn settle(&mut self) {
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

    fn pass_to_carrier(&mut self) {
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

    fn media(&mut self, base64: &Bytes) {
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
    fn return_marks(&mut self) {
        self.play_out();
        while let Some(name) = self.marks.pop_front() {
            self.bridge.on_mark(self.ms, &name);
        }
    }

    /// Plays until now.
    fn play_out(&mut self) {
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

    fn pass_to_model(&mut self) {
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

    fn model(&mut self, event: &serde_json::Value) {
        let text = event.to_string();
        let event = ServerEvent::parse(&text).unwrap();
        self.bridge.on_event(self.ms, event);
    }

    fn lose_session(&mut self) {
        self.bridge.session_lost(self.ms, "closed");
        // The old server's late words do not come any more; ours to it neither.
        self.bridge.out.model.clear();
        if let Some(open) = self.open.take() {
            let _ = open.id;
        }
        self.asked = None;
    }

    fn pass(&mut self, ms: u64) {
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

#[derive(Debug, Clone, Copy)]
enum Step {
    Pass(u64),
    Create,
    Sound(u8),
    Words(&'static str),
    Done(&'static str, Option<&'static str>),
    Foreign,
    SpeechStarted,
    SpeechStopped(u64),
    Written(Option<&'static str>),
    Marks(usize),
    StaleMark,
    Key(char),
    Say(u8, bool),
    Act(u8, bool),
    SessionLost,
    SessionBack,
    Down,
    SocketLost,
    SocketBack,
    HungUp,
}

fn step() -> impl Strategy<Value = Step> {
    let words = prop::sample::select(vec![
        "Hello there. ",
        "We open at nine ",
        "and close at five.",
        "",
        "  ",
    ]);
    let status = prop::sample::select(vec![
        "completed",
        "completed",
        "completed",
        "failed",
        "cancelled",
        "incomplete",
    ]);
    let call = prop::sample::select(vec![
        None,
        None,
        None,
        Some("end_call"),
        Some("press_keys"),
        Some("transfer"),
    ]);
    let written = prop::sample::select(vec![
        None,
        Some(""),
        Some("Mm-hm."),
        Some("No, wait."),
        Some("What are your hours?"),
    ]);
    prop_oneof![
        8 => (0u64..3_000).prop_map(Step::Pass),
        8 => Just(Step::Create),
        12 => (1u8..12).prop_map(Step::Sound),
        8 => words.prop_map(Step::Words),
        7 => (status, call).prop_map(|(status, call)| Step::Done(status, call)),
        1 => Just(Step::Foreign),
        5 => Just(Step::SpeechStarted),
        5 => (0u64..3_000).prop_map(Step::SpeechStopped),
        5 => written.prop_map(Step::Written),
        10 => (1usize..9).prop_map(Step::Marks),
        1 => Just(Step::StaleMark),
        1 => prop::sample::select(vec!['1', '#']).prop_map(Step::Key),
        2 => (any::<u8>(), any::<bool>()).prop_map(|(id, after)| Step::Say(id, after)),
        1 => (any::<u8>(), any::<bool>()).prop_map(|(id, end)| Step::Act(id, end)),
        1 => Just(Step::SessionLost),
        2 => Just(Step::SessionBack),
        1 => prop::sample::select(vec![Step::Down, Step::Pass(1), Step::Pass(2), Step::Pass(3)]),
        1 => prop::sample::select(vec![Step::SocketLost, Step::Pass(1), Step::Pass(2)]),
        1 => Just(Step::SocketBack),
        1 => prop::sample::select(vec![Step::HungUp, Step::Pass(1), Step::Pass(2), Step::Pass(3)]),
    ]
}

fn play(world: &mut World, step: Step) {
    use serde_json::json;
    match step {
        Step::Pass(ms) => world.pass(ms),
        Step::Create => {
            if world.asked.take().is_some() {
                world.responses += 1;
                let id = format!("resp_{}", world.responses);
                world.model(
                    &json!({"type": "response.created", "response": {"id": id, "status": "in_progress"}}),
                );
                world.open = Some(Response {
                    id,
                    pieces: 0,
                    cancelled: false,
                });
            }
        }
        Step::Sound(count) => {
            // Late sound of a cancelled response is what servers send.
            let Some(open) = &mut world.open else { return };
            let number: u16 = open.id.trim_start_matches("resp_").parse().unwrap();
            for _ in 0..count {
                open.pieces += 1;
                let sound = piece(number, open.pieces);
                world
                    .bridge
                    .on_sound(world.ms, &open.id, &format!("item_{number}"), sound);
            }
            world.sounds += u32::from(count);
        }
        Step::Words(text) => {
            if let Some(open) = &world.open {
                let id = open.id.clone();
                let number = id.trim_start_matches("resp_").to_owned();
                world.model(&json!({"type": "response.output_audio_transcript.delta", "response_id": id,
                    "item_id": format!("item_{number}"), "output_index": 0, "content_index": 0, "delta": text}));
            }
        }
        Step::Done(status, call) => {
            if let Some(open) = world.open.take() {
                let status = if open.cancelled { "cancelled" } else { status };
                let output: Vec<_> = call
                    .map(|name| {
                        json!({"type": "function_call", "id": "fc", "call_id": format!("call_{}", open.id),
                        "status": "completed", "name": name,
                        "arguments": "{\"keys\":\"12\",\"to\":\"billing\"}"})
                    })
                    .into_iter()
                    .collect();
                world.model(
                    &json!({"type": "response.done", "response": {"id": open.id, "status": status,
                    "output": output, "usage": {"input_tokens": 10, "output_tokens": 5}}}),
                );
            }
        }
        Step::Foreign => world.model(&json!({"type": "response.done",
            "response": {"id": "resp_foreign", "status": "completed", "output": []}})),
        Step::SpeechStarted => {
            world.said += 1;
            let id = format!("user_{}", world.said);
            let at = world.ms;
            world.model(
                &json!({"type": "input_audio_buffer.speech_started", "item_id": id, "audio_start_ms": at}),
            );
        }
        Step::SpeechStopped(_) | Step::Written(_) if world.said == 0 => {}
        Step::SpeechStopped(ms) => {
            let id = format!("user_{}", world.said);
            let at = world.ms + ms;
            world.model(
                &json!({"type": "input_audio_buffer.speech_stopped", "item_id": id, "audio_end_ms": at}),
            );
        }
        Step::Written(text) => {
            let id = format!("user_{}", world.said);
            world.model(&match text {
                Some(text) => json!({"type": "conversation.item.input_audio_transcription.completed",
                    "item_id": id, "content_index": 0, "transcript": text, "usage": {"type": "duration", "seconds": 1.2}}),
                None => json!({"type": "conversation.item.input_audio_transcription.failed", "item_id": id,
                    "content_index": 0, "error": {"type": "server_error", "message": "no"}}),
            });
        }
        Step::Marks(count) => {
            world.play_out();
            for _ in 0..count {
                if let Some(name) = world.marks.pop_front() {
                    world.bridge.on_mark(world.ms, &name);
                }
            }
        }
        Step::StaleMark => world.bridge.on_mark(world.ms, "0.480"),
        Step::Key(key) => world.input(Input::Dtmf {
            digit: key.to_string(),
        }),
        Step::Say(id, after) => act(
            world,
            id,
            Action::Say {
                text: "The supervisor speaks.".to_owned(),
                mode: SayMode::Verbatim,
                when: if after { SayWhen::AfterTurn } else { SayWhen::Now },
            },
        ),
        Step::Act(id, true) => act(
            world,
            id,
            Action::End {
                say: (id % 2 == 0).then(|| "Goodbye.".to_owned()),
            },
        ),
        Step::Act(id, false) => act(
            world,
            id,
            Action::Transfer {
                to: "billing".to_owned(),
                kind: None,
                brief: None,
                allowed: false,
            },
        ),
        Step::SessionLost => world.lose_session(),
        Step::SessionBack if world.lost => {}
        Step::SessionBack => world.bridge.session_ready(world.ms),
        Step::Down => world.input(Input::EngineDown {
            detail: "no session".to_owned(),
        }),
        Step::SocketLost => {
            world.lost = true;
            world.lose_session();
            world.buffer.clear();
            let cause = "reset".to_owned();
            world.input(Input::SocketClosed { cause });
        }
        // Another socket has a wire of its own.
        Step::SocketBack if world.lost => {
            world.lost = false;
            world.marks.clear();
            (world.asked, world.open) = (None, None);
            world.bridge = Bridge::new(Hearing::new(300, 500), "gpt-transcribe");
            world.input(Input::Connected);
            world.bridge.session_ready(world.ms);
        }
        Step::SocketBack => {}
        Step::HungUp => world.input(Input::CallerHungUp),
    }
    world.settle();
}

fn act(world: &mut World, id: u8, action: Action) {
    let actor = Actor {
        id: "usr_1".to_owned(),
        name: "Mia".to_owned(),
    };
    world.input(Input::Command(Command {
        action_id: format!("a{}", id % 32),
        actor,
        action,
    }));
}

fn check(world: &World) -> Result<(), TestCaseError> {
    prop_assert!(world.faults.is_empty(), "{:?}", world.faults);
    prop_assert!(world.ended <= 1);
    for ((response, at), bytes) in &world.heard {
        // Every cut may play three milliseconds twice, and the clock knows whole milliseconds.
        prop_assert!(
            *bytes <= PIECE as u64 + 8 * 32,
            "piece {at} of {response}: {bytes} bytes"
        );
    }
    let mut snapshot = Snapshot::default();
    for (at, event) in world.events.iter().enumerate() {
        prop_assert_eq!(event.seq, at as u64 + 1);
        snapshot.apply(event);
        if let EventBody::SpeechInterrupted { heard, unheard, .. } = &event.body {
            prop_assert!(!heard.is_empty() || !unheard.is_empty());
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_order_of_events_keeps_the_rules(steps in prop::collection::vec(step(), 1..90)) {
        let mut world = World::new();
        for step in steps {
            // A wire ends with its call.
            if world.ended > 0 {
                break;
            }
            play(&mut world, step);
            check(&world)?;
        }
        // Left alone, every call comes to its end.
        if world.ended == 0 {
            world.bridge.session_ready(world.ms);
            world.pass(4_000_000);
            check(&world)?;
            prop_assert_eq!(world.ended, 1);
        }
    }
}
