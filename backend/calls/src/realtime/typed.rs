//! A typed call with the speech model: what a caller writes in a browser is told to the model in words, and its answers
//! are written instead of spoken. No sound goes either way, so everything that is shown counts as heard at once.

use std::collections::VecDeque;
use std::time::Duration;

use phony_conversation::core::{Core, Effect, Input, prompt};
use phony_conversation::plan::CallPlan;
use phony_models::catalog::DEFAULT_TRANSCRIPTION;
use phony_models::realtime::protocol::NewItem;
use phony_models::realtime::{RealtimeClient, RealtimeError};
use tokio::time::{Instant, sleep_until, timeout};

use super::bridge::Bridge;
use super::hearing::Hearing;
use super::link::{Link, LinkEvent, Opened, Opening};
use super::recovery::{RECONNECT_WITHIN, TRY_AGAIN_AFTER};
use super::setup;
use super::wire::START_WITHIN;
use crate::relay_wire::{CLOSE_WITHIN, SEND_WITHIN};
use crate::socket::SocketError;
use crate::web::{Said, Told, WebFrame, WebSocket};
use crate::wire::{Heard, Wire};

/// A browser's socket and the session with the model.
pub(crate) struct TypedWire<S> {
    /// None once the caller is lost.
    socket: Option<S>,
    opening: Option<Opening>,
    link: Link,
    bridge: Bridge,
    /// What the conversation is told next.
    inputs: VecDeque<Input>,
    epoch: Instant,
    /// Until when a session must be there.
    patience: Option<Instant>,
    given_back: bool,
}

/// What a wire woke up for.
enum Woken {
    Page(Option<Result<WebFrame, SocketError>>),
    Link(LinkEvent),
    Alarm,
}

impl<S: WebSocket> TypedWire<S> {
    /// A wire over `socket`. Begins to open a session at once. No call from a browser is longer than a session.
    pub(crate) fn new(socket: S, client: Option<RealtimeClient>, plan: &CallPlan) -> Self {
        let now = Instant::now();
        let config = setup::typed_session(plan, &prompt::system_prompt(plan));
        let opening = client.map(|client| Opening::new(client, plan.model_name(), config));
        Self {
            socket: Some(socket),
            link: opening.as_ref().map_or(Link::Down, Link::opening),
            opening,
            bridge: Bridge::new(Hearing::new(0, 0), DEFAULT_TRANSCRIPTION),
            inputs: VecDeque::new(),
            epoch: now,
            patience: Some(now + START_WITHIN),
            given_back: false,
        }
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.epoch.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Sends what waits for the model, and takes what it made known.
    fn flush(&mut self) {
        if let Some(reason) = self.bridge.out.session_dead.take() {
            self.session_lost(reason);
        }
        while let Some((event, event_id)) = self.bridge.out.model.pop_front() {
            if let Link::Open(open) = &mut self.link
                && let Err(error) = open.session.send(&event, event_id.as_deref())
            {
                self.session_failed(&error);
            }
        }
        self.bridge.out.carrier.clear();
        let news = self.bridge.out.inputs.drain(..);
        // What was read is known here: it is what was shown.
        self.inputs
            .extend(news.filter(|input| !matches!(input, Input::Played { .. })));
    }

    async fn wake(&mut self) -> Woken {
        let deadline = self.bridge.deadline();
        let deadline = deadline.map(|ms| self.epoch + Duration::from_millis(ms));
        let due = [deadline, self.link.due(), self.patience];
        let due = due.into_iter().flatten().min();
        tokio::select! {
            frame = receive(&mut self.socket) => Woken::Page(frame),
            event = self.link.happens() => Woken::Link(event),
            () = sleep_until(due.unwrap_or(self.epoch)), if due.is_some() => Woken::Alarm,
        }
    }

    fn on_frame(&mut self, frame: &WebFrame) -> Option<Heard> {
        let said = match frame {
            WebFrame::Text(text) => Said::read(text),
            WebFrame::Sound(_) => None,
        };
        match said {
            Some(Said::Say { text }) => self.inputs.push_back(Input::CallerFinal { text, language: None }),
            Some(Said::Dtmf { digits }) => {
                let keys = digits.chars().map(|digit| Input::Dtmf {
                    digit: digit.to_string(),
                });
                self.inputs.extend(keys);
            }
            Some(Said::Bye) => return Some(Heard::HungUp),
            Some(Said::Mark { .. }) | None => {
                metrics::counter!("phony_web_frames_dropped_total").increment(1);
            }
        }
        None
    }

    fn on_link(&mut self, event: LinkEvent) {
        match event {
            LinkEvent::Message(Ok(message)) => {
                let now_ms = self.now_ms();
                match message.event() {
                    Ok(event) => self.bridge.on_event(now_ms, event),
                    Err(error) => {
                        metrics::counter!("phony_realtime_events_unreadable_total").increment(1);
                        tracing::debug!(error = %error, "an event of the model cannot be read");
                    }
                }
            }
            LinkEvent::Message(Err(error)) => self.session_failed(&error),
            LinkEvent::Opened(opened) => self.on_opened(opened),
        }
    }

    fn on_alarm(&mut self) {
        let now = Instant::now();
        if self.patience.is_some_and(|until| now >= until) {
            self.down("it took too long");
        }
        if let (Link::Pause(until), Some(opening)) = (&self.link, &self.opening)
            && now >= *until
        {
            self.link = Link::opening(opening);
        }
        self.bridge.on_deadline(self.now_ms());
    }

    async fn send(&mut self, told: &Told<'_>) -> Result<(), SocketError> {
        let Some(socket) = &mut self.socket else {
            return Ok(());
        };
        let frame = WebFrame::Text(told.write().into());
        timeout(SEND_WITHIN, socket.send(frame))
            .await
            .unwrap_or_else(|_| Err(SocketError::new("the browser does not read")))
    }
}

impl<S> TypedWire<S> {
    fn on_opened(&mut self, opened: Result<Opened, RealtimeError>) {
        let error = match opened {
            Ok(opened) => {
                self.link = Link::Ready(opened);
                return;
            }
            Err(error) => error,
        };
        tracing::warn!(
            model.error = error.kind.as_str(),
            model.code = error.code.as_deref(),
            "no session with the speech model"
        );
        let again = Instant::now() + error.retry_after.unwrap_or_default().max(TRY_AGAIN_AFTER);
        if error.retryable() && self.patience.is_some_and(|until| again < until) {
            self.link = Link::Pause(again);
        } else {
            self.down(error.kind.as_str());
        }
    }

    fn session_failed(&mut self, error: &RealtimeError) {
        tracing::warn!(
            model.error = error.kind.as_str(),
            model.code = error.code.as_deref(),
            "the speech model's session failed"
        );
        if error.retryable() {
            self.session_lost(error.kind.as_str());
        } else {
            self.down(error.kind.as_str());
        }
    }

    fn session_lost(&mut self, reason: &str) {
        if !matches!(self.link, Link::Open(_)) {
            return;
        }
        self.patience = Some(Instant::now() + RECONNECT_WITHIN);
        self.link = self.opening.as_ref().map_or(Link::Down, Link::opening);
        let now_ms = u64::try_from(self.epoch.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.bridge.session_lost(now_ms, reason);
        self.inputs.push_back(Input::EngineEvent {
            code: "engine_reconnecting",
            detail: format!("the session with the speech model was lost: {reason}"),
        });
    }

    fn down(&mut self, reason: &str) {
        self.end_session();
        let detail = format!("no session with the speech model: {reason}");
        self.inputs.push_back(Input::EngineDown { detail });
    }

    /// An abandoned session is billed until it expires.
    fn end_session(&mut self) {
        self.patience = None;
        if let Some(session) = std::mem::replace(&mut self.link, Link::Down).into_session() {
            tokio::spawn(session.close());
        }
    }
}

impl<S: WebSocket> Wire for TypedWire<S> {
    async fn next(&mut self) -> Heard {
        if matches!(self.link, Link::Down) && self.patience.is_some() {
            self.down("it is not set up");
        }
        loop {
            self.flush();
            if let Some(input) = self.inputs.pop_front() {
                return Heard::Input(input);
            }
            // Whoever was given back has read everything.
            if self.given_back {
                return Heard::HungUp;
            }
            if self.link.is_ready() {
                return Heard::WantsHistory;
            }
            let heard = match self.wake().await {
                Woken::Page(Some(Ok(frame))) => self.on_frame(&frame),
                Woken::Page(Some(Err(error))) => Some(Heard::Lost(error)),
                Woken::Page(None) => Some(Heard::HungUp),
                Woken::Link(event) => {
                    self.on_link(event);
                    None
                }
                Woken::Alarm => {
                    self.on_alarm();
                    None
                }
            };
            if let Some(heard) = heard {
                return heard;
            }
        }
    }

    async fn perform(&mut self, _core: &Core, effect: Effect) -> Result<(), SocketError> {
        match effect {
            Effect::Speak {
                by_model, text, last, ..
            } => {
                // Words of ours, which the model has not written itself.
                if !by_model && !text.is_empty() && self.bridge.ready {
                    self.bridge.create(NewItem::Assistant(text.clone()));
                }
                self.send(&Told::Text { text: &text, last }).await?;
                if !text.is_empty() {
                    self.inputs.push_back(Input::Played { text });
                }
            }
            Effect::SendDigits { digits } => self.send(&Told::Dtmf { digits: &digits }).await?,
            // What is shown has been read.
            Effect::StopVoice => {}
            effect => {
                self.given_back |= matches!(effect, Effect::EndSession { .. });
                let now_ms = self.now_ms();
                self.bridge.perform(now_ms, effect);
            }
        }
        self.flush();
        Ok(())
    }

    /// The session that is ready takes over.
    fn tell_history(&mut self, core: &Core) {
        let Some(ready) = self.link.take_ready() else {
            return;
        };
        let mut open = ready.open();
        self.bridge.tell_history(core.history());
        for (event, event_id) in std::mem::take(&mut self.bridge.out.model) {
            // A session that fails here fails again when it is read.
            let _ = open.session.send(&event, event_id.as_deref());
        }
        self.link = Link::Open(open);
        self.patience = None;
        let now_ms = self.now_ms();
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
        self.lose().await;
    }
}

/// The next message. Waits for ever while the caller is lost.
async fn receive(socket: &mut Option<impl WebSocket>) -> Option<Result<WebFrame, SocketError>> {
    match socket {
        Some(socket) => socket.recv().await,
        None => std::future::pending().await,
    }
}
