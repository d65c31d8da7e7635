//! The wire of the realtime engine: the carrier's sound socket, the model's session, and what to do when either
//! fails. Translates nothing itself.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytestring::ByteString;
use futures_util::FutureExt as _;
use phony_carriers::twilio::streams::{FromCarrier, StreamWriter};
use phony_conversation::core::{Core, Effect, Input, prompt};
use phony_conversation::plan::CallPlan;
use phony_models::catalog::DEFAULT_TRANSCRIPTION;
use phony_models::realtime::protocol::ServerEvent;
use phony_models::realtime::{Incoming, RealtimeClient};
use tokio::time::{Instant, Sleep, sleep_until, timeout};

use super::bridge::Bridge;
use super::early::EarlySound;
use super::hearing::Hearing;
use super::link::{Link, LinkEvent, Opening};
use super::playout::ToCarrier;
use super::takeover::{self, Human, HumanEvent, Leaving};
use super::{setup, tones};
use crate::bus::EventBus;
use crate::relay_wire::{CLOSE_WITHIN, SEND_WITHIN};
use crate::socket::{SocketError, StreamSocket};
use crate::sound::{Listeners, Tap};
use crate::wire::{Heard, Wire};

/// A carrier sends sound all the time, silence too; one that sends nothing for so long is lost.
pub(super) const MUTE_CARRIER: Duration = Duration::from_secs(4);
/// How long a caller waits for the first session.
pub(super) const START_WITHIN: Duration = Duration::from_secs(5);

/// Both sides of a realtime call.
pub(crate) struct RealtimeWire<S> {
    /// None once the caller is lost.
    pub(super) socket: Option<S>,
    pub(super) writer: StreamWriter,
    pub(super) opening: Option<Opening>,
    pub(super) link: Link,
    /// The session that follows this one before its time is over.
    pub(super) next: Link,
    pub(super) bridge: Bridge,
    /// The caller's sound that no session has taken yet.
    pub(super) early: EarlySound,
    pub(super) epoch: Instant,
    pub(super) alarm: Pin<Box<Sleep>>,
    pub(super) last_frame: Instant,
    /// Until when a session must be there.
    pub(super) patience: Option<Instant>,
    pub(super) given_back: bool,
    pub(super) bus: Option<EventBus>,
    pub(super) listeners: Listeners,
    /// When the call was answered.
    pub(super) answered: Instant,
    /// Who speaks instead of the agent, and who did before.
    pub(super) human: Option<Human>,
    pub(super) leaving: Option<Leaving>,
    /// What was heard of the agent; kept for its memory.
    pub(super) heard: Vec<u8>,
}

/// How a wire reaches those who listen, and who speaks instead of the agent.
pub(crate) struct Around {
    pub(crate) bus: Option<EventBus>,
    /// From when the conversation counts.
    pub(crate) epoch: Instant,
}

/// What a wire woke up for.
enum Woken {
    Frame(Option<Result<ByteString, SocketError>>),
    Link(LinkEvent),
    Next(LinkEvent),
    Human(HumanEvent),
    Alarm,
}

impl<S: StreamSocket> RealtimeWire<S> {
    /// A wire over `socket`, whose stream is `stream_sid`. Begins to open a session at once.
    pub(crate) fn new(
        socket: S,
        stream_sid: &str,
        client: Option<RealtimeClient>,
        plan: &CallPlan,
        around: Around,
    ) -> Self {
        let now = Instant::now();
        let (padding_ms, silence_ms) = setup::margins_ms(plan);
        let hearing = Hearing::new(padding_ms, silence_ms);
        let config = setup::session(plan, &prompt::system_prompt(plan));
        let opening = client.map(|client| Opening::new(client, plan.model_name(), config));
        Self {
            socket: Some(socket),
            writer: StreamWriter::new(stream_sid),
            link: opening.as_ref().map_or(Link::Down, Link::opening),
            opening,
            next: Link::Down,
            bridge: Bridge::new(hearing, DEFAULT_TRANSCRIPTION),
            early: EarlySound::default(),
            epoch: now,
            alarm: Box::pin(sleep_until(now + MUTE_CARRIER)),
            last_frame: now,
            patience: Some(now + START_WITHIN),
            given_back: false,
            listeners: Listeners::new(plan.tenant, plan.call, around.bus.as_ref()),
            bus: around.bus,
            answered: around.epoch,
            human: None,
            leaving: None,
            heard: Vec::new(),
        }
    }

    pub(super) fn now_ms(&self) -> u64 {
        u64::try_from(self.epoch.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Sends what waits for the model and the carrier. May be dropped and called again without loss.
    async fn flush(&mut self) -> Result<(), SocketError> {
        if let Some(reason) = self.bridge.out.session_dead.take() {
            self.session_lost(&format!("the session is of no use: {reason}"));
        }
        while let Some((event, event_id)) = self.bridge.out.model.pop_front() {
            if let Link::Open(open) = &mut self.link
                && let Err(error) = open.session.send(&event, event_id.as_deref())
            {
                self.session_failed(&error);
            }
        }
        while let Some(frame) = self.bridge.out.carrier.front() {
            let Some(socket) = &mut self.socket else {
                self.bridge.out.carrier.clear();
                break;
            };
            let text = match frame {
                ToCarrier::Media(base64) => {
                    // It came out of a text, and was only cut between its letters.
                    self.writer.media(std::str::from_utf8(base64).unwrap_or_default())
                }
                ToCarrier::Mark(name) => self.writer.mark(name),
                ToCarrier::Clear => self.writer.clear(),
            };
            // Nearly always there is room, and no timer is needed.
            let sent = match socket.send(text.clone()).now_or_never() {
                Some(sent) => sent,
                None => timeout(SEND_WITHIN, socket.send(text))
                    .await
                    .unwrap_or_else(|_| Err(SocketError::new("the carrier does not read"))),
            };
            self.bridge.out.carrier.pop_front();
            sent?;
        }
        Ok(())
    }

    async fn wake(&mut self) -> Woken {
        let now = Instant::now();
        let mut due = self.last_frame + MUTE_CARRIER;
        let mine = self
            .bridge
            .deadline()
            .map(|ms| self.epoch + Duration::from_millis(ms));
        let spoken = self.human.as_ref().and_then(|human| human.mouth.deadline());
        let spoken = spoken.map(|ms| self.epoch + Duration::from_millis(ms));
        for other in [mine, spoken, self.link.due(), self.next.due(), self.patience]
            .into_iter()
            .flatten()
        {
            due = due.min(other);
        }
        // Put off only when it rings: deadlines move on with every frame.
        if due < self.alarm.deadline() || self.alarm.deadline() <= now {
            self.alarm.as_mut().reset(due);
        }
        tokio::select! {
            frame = receive(&mut self.socket) => Woken::Frame(frame),
            event = self.link.happens() => Woken::Link(event),
            event = self.next.happens() => Woken::Next(event),
            event = takeover::happens(&mut self.human, &mut self.leaving) => Woken::Human(event),
            () = &mut self.alarm => Woken::Alarm,
        }
    }

    fn on_frame(&mut self, text: &ByteString) -> Option<Heard> {
        self.last_frame = Instant::now();
        match FromCarrier::parse(text) {
            Ok(FromCarrier::Media(media)) if media.inbound => {
                self.tell_listeners(media.timestamp_ms, &media.payload);
                self.on_caller_sound(&media.payload);
            }
            Ok(FromCarrier::Mark { name }) => self.bridge.on_mark(self.now_ms(), &name),
            Ok(FromCarrier::Dtmf { digit }) => {
                let digit = digit.to_string();
                return Some(Heard::Input(Input::Dtmf { digit }));
            }
            Ok(FromCarrier::Stop) => return Some(Heard::HungUp),
            Ok(_) => {}
            Err(error) => {
                metrics::counter!("phony_stream_frames_unreadable_total").increment(1);
                tracing::debug!(error = %error, "a message of the carrier cannot be read");
            }
        }
        None
    }

    fn on_caller_sound(&mut self, base64: &str) {
        let Link::Open(open) = &mut self.link else {
            self.early.push(base64);
            return;
        };
        self.early.push(base64);
        if !self.bridge.keeps_sound() {
            // What was said before has been heard; a word that has just begun may not have been.
            self.early.keep_newest();
        }
        match open.session.send_audio(base64) {
            Ok(Ok(())) => {}
            Ok(Err(_)) => tracing::debug!("the carrier's sound is no base64"),
            Err(error) => self.session_failed(&error),
        }
    }

    fn on_message(&mut self, message: &Incoming) {
        let now_ms = self.now_ms();
        match message.event() {
            Ok(ServerEvent::AudioDelta(delta)) => {
                let sound = message.share(&delta.base64);
                self.bridge
                    .on_sound(now_ms, &delta.response_id, &delta.item_id, sound);
            }
            Ok(event) => self.bridge.on_event(now_ms, event),
            Err(error) => {
                metrics::counter!("phony_realtime_events_unreadable_total").increment(1);
                tracing::debug!(error = %error, "an event of the model cannot be read");
            }
        }
    }

    pub(super) fn tell(&mut self, code: &'static str, detail: String) {
        self.bridge
            .out
            .inputs
            .push_back(Input::EngineEvent { code, detail });
    }
}

impl<S: StreamSocket> Wire for RealtimeWire<S> {
    async fn next(&mut self) -> Heard {
        if matches!(self.link, Link::Down) && self.patience.is_some() {
            self.down("it is not set up");
        }
        loop {
            if let Err(error) = self.flush().await {
                return Heard::Lost(error);
            }
            if let Some(input) = self.bridge.out.inputs.pop_front() {
                return Heard::Input(input);
            }
            if self.wants_history() {
                return Heard::WantsHistory;
            }
            let heard = match self.wake().await {
                Woken::Frame(Some(Ok(text))) => self.on_frame(&text),
                Woken::Frame(Some(Err(error))) => Some(Heard::Lost(error)),
                Woken::Frame(None) => Some(Heard::HungUp),
                Woken::Link(event) => {
                    match event {
                        LinkEvent::Message(Ok(message)) => self.on_message(&message),
                        LinkEvent::Message(Err(error)) => self.session_failed(&error),
                        LinkEvent::Opened(opened) => self.on_opened(opened),
                    }
                    None
                }
                Woken::Next(event) => {
                    self.on_successor(event);
                    None
                }
                Woken::Human(event) => {
                    self.on_human(event);
                    None
                }
                Woken::Alarm => self.on_alarm(),
            };
            self.speak_human();
            if let Some(heard) = heard {
                return heard;
            }
        }
    }

    async fn perform(&mut self, core: &Core, effect: Effect) -> Result<(), SocketError> {
        let now_ms = self.now_ms();
        match effect {
            Effect::SendDigits { digits } => {
                let sound = tones::base64(&digits);
                self.bridge.play_tones(now_ms, sound);
            }
            Effect::Voice { .. } => self.follow_takeover(core),
            effect => {
                self.given_back |= matches!(effect, Effect::EndSession { .. });
                self.bridge.perform(now_ms, effect);
            }
        }
        self.flush().await
    }

    fn prepare(&mut self, core: Core) -> Core {
        self.answered += Duration::from_millis(core.began_ms());
        self.follow_takeover(&core);
        core
    }

    fn tap(&self) -> Option<Arc<Tap>> {
        Some(self.listeners.tap())
    }

    /// The session that is ready takes over.
    fn tell_history(&mut self, core: &Core) {
        let now_ms = self.now_ms();
        let (ready, before) = match std::mem::replace(&mut self.link, Link::Down) {
            Link::Ready(ready) => (ready, None),
            before => match self.next.take_ready() {
                Some(ready) => (ready, Some(before)),
                None => {
                    self.link = before;
                    return;
                }
            },
        };
        if let Some(Link::Open(before)) = before {
            if !self.bridge.is_quiet(now_ms) {
                self.bridge.session_lost(now_ms, "its time was over");
            }
            self.tell(
                "session_renewed",
                "the speech model's session was renewed before its time limit".to_owned(),
            );
            tokio::spawn(before.session.close());
        }
        let mut open = ready.open();
        self.bridge.tell_history(core.history());
        for (event, event_id) in std::mem::take(&mut self.bridge.out.model) {
            // A session that fails here fails again when it is read.
            let _ = open.session.send(&event, event_id.as_deref());
        }
        for sound in self.early.take() {
            let _ = open.session.send_audio(&sound);
        }
        self.link = Link::Open(open);
        self.patience = None;
        self.bridge.session_ready(now_ms);
    }

    async fn lose(&mut self) {
        if let Some(mut socket) = self.socket.take() {
            let _ = timeout(CLOSE_WITHIN, socket.close()).await;
        }
        self.end_session();
    }

    fn has_given_back(&self) -> bool {
        self.given_back
    }

    async fn close(&mut self) {
        if let Some(mut socket) = self.socket.take() {
            let _ = timeout(CLOSE_WITHIN, socket.close()).await;
        }
        self.end_session();
    }
}

impl<S> RealtimeWire<S> {
    /// An abandoned session is billed until it expires.
    fn end_session(&mut self) {
        self.patience = None;
        self.drop_humans();
        for link in [&mut self.link, &mut self.next] {
            if let Some(session) = std::mem::replace(link, Link::Down).into_session() {
                tokio::spawn(session.close());
            }
        }
    }
}

/// The next frame. Waits for ever while the caller is lost.
async fn receive(socket: &mut Option<impl StreamSocket>) -> Option<Result<ByteString, SocketError>> {
    match socket {
        Some(socket) => socket.recv().await,
        None => std::future::pending().await,
    }
}
