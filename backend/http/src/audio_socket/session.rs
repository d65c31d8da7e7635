//! One open sound socket: pieces of sound down, a microphone up for who has taken the call over, and the lease of both.

use std::pin::Pin;
use std::time::Duration;

use actix_web::web::{self, Bytes};
use actix_ws::{AggregatedMessage, AggregatedMessageStream, CloseCode, CloseReason, Closed, Session};
use futures_util::{Stream, StreamExt as _};
use phony_app::App;
use phony_app::supervision::{Listener, LiveItem, SocketPlace, Topic};
use phony_calls::web::microphone;
use phony_conversation::EventBody;
use phony_conversation::command::TakeoverVia;
use phony_kernel::call::CallStatus;
use phony_kernel::{CallId, Result, TenantId};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, timeout};

use super::holding::Holding;
use crate::web_call::standing::{Lapse, Standing};

/// How often it is said that somebody listens.
const LISTEN_EVERY: Duration = Duration::from_secs(2);
/// How often it is said that who has taken over is still there; a takeover lasts five seconds without.
const RENEW_EVERY: Duration = Duration::from_millis(1_500);
const PING_EVERY: Duration = Duration::from_secs(10);
/// A browser that has sent nothing for so long is gone, without a word.
const DEAD_AFTER: Duration = Duration::from_secs(25);
/// A browser that takes nothing for so long is not reading.
const SEND_WITHIN: Duration = Duration::from_secs(10);
/// A microphone's frames are fifty a second, and a network that was held up sends several seconds of them at once.
const MESSAGES_PER_SECOND: u32 = 400;
/// Between two tries to know what happens in the call.
const FOLLOW_AGAIN_AFTER: Duration = Duration::from_millis(500);

/// Close codes.
mod close {
    /// The call is over.
    pub(super) const ENDED: u16 = 1000;
    pub(super) const RESTART: u16 = 1012;
    pub(super) const SIGNED_OUT: u16 = 4401;
    pub(super) const NOT_READING: u16 = 4408;
    pub(super) const TOO_MANY: u16 = 4429;
}

type Sending = Pin<Box<dyn Future<Output = core::result::Result<(), Closed>>>>;
type Events = Pin<Box<dyn Stream<Item = LiveItem>>>;

struct Audio {
    app: web::Data<App>,
    listener: Listener,
    tenant: TenantId,
    call: CallId,
    holding: Holding,
    heard_at: Instant,
    second: Instant,
    messages: u32,
}

/// Serves one socket until either side closes it.
pub(super) async fn run(
    app: web::Data<App>,
    listener: Listener,
    place: SocketPlace,
    mut socket: Session,
    frames: AggregatedMessageStream,
) {
    let now = Instant::now();
    let (tenant, call) = (listener.who.tenant, listener.call.id);
    let mut audio = Audio {
        holding: Holding::new(listener.who.actor().id),
        app,
        listener,
        tenant,
        call,
        heard_at: now,
        second: now,
        messages: 0,
    };
    tracing::info!(tenant.id = %tenant, call.id = %call, "somebody listens to {call}");
    let code = Box::pin(audio.serve(&mut socket, &place, frames)).await;
    if audio.holding.has_spoken() {
        audio.lapse().await;
    }
    audio.app.supervision.leave_place(&place).await;
    tracing::info!(tenant.id = %tenant, call.id = %call, "somebody listens to {call} no more");
    let reason = code.map(|code| CloseReason {
        code: CloseCode::from(code),
        description: None,
    });
    // The peer may be gone already; there is nobody left to tell.
    let _ = timeout(Duration::from_secs(1), socket.close(reason)).await;
}

fn every(period: Duration) -> Interval {
    let mut every = interval(period);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    every
}

impl Audio {
    /// The close code; none when the browser has closed.
    async fn serve(
        &mut self,
        socket: &mut Session,
        place: &SocketPlace,
        mut frames: AggregatedMessageStream,
    ) -> Option<u16> {
        let mut sounds = match self.app.engine.sounds(self.tenant, self.call) {
            Ok(sounds) => sounds,
            Err(_) => return Some(close::RESTART),
        };
        let mut standing = Standing::of(self.app.clone(), self.listener.who.clone());
        let (mut listen, mut renew, mut ping) = (every(LISTEN_EVERY), every(RENEW_EVERY), every(PING_EVERY));
        let mut events: Option<Events> = None;
        let mut follow_at = Instant::now();
        let mut sending: Option<(Instant, Sending)> = None;
        loop {
            tokio::select! {
                piece = sounds.next(), if sending.is_none() => {
                    sending = Some((Instant::now(), send(socket, piece.frame())));
                }
                sent = sent(&mut sending) => {
                    sending = None;
                    if sent.is_err() {
                        return None;
                    }
                }
                message = frames.next() => {
                    if let Some(code) = self.on_message(socket, message).await {
                        return code;
                    }
                }
                item = next_event(&mut events, follow_at) => match item {
                    Happening::Item(LiveItem::Event(delivered)) => {
                        if self.on_event(&delivered.event.body) {
                            return Some(close::ENDED);
                        }
                    }
                    Happening::Item(LiveItem::Gap) | Happening::Over => {
                        events = None;
                        follow_at = Instant::now() + FOLLOW_AGAIN_AFTER;
                    }
                    Happening::Follow => {
                        follow_at = Instant::now() + FOLLOW_AGAIN_AFTER;
                        match self.follow().await {
                            Ok(None) => return Some(close::ENDED),
                            Ok(Some(followed)) => events = Some(followed),
                            Err(error) => tracing::debug!(error = ?error, "a call cannot be followed just now"),
                        }
                    }
                },
                _ = listen.tick() => self.listen(),
                _ = renew.tick() => {
                    if self.holding.is_speaking() {
                        self.renew();
                    }
                    if sending.as_ref().is_some_and(|(since, _)| since.elapsed() > SEND_WITHIN) {
                        return Some(close::NOT_READING);
                    }
                    if self.app.is_draining() {
                        return Some(close::RESTART);
                    }
                }
                lapse = standing.lapsed() => return Some(match lapse {
                    Lapse::Changed => close::RESTART,
                    Lapse::Gone => close::SIGNED_OUT,
                }),
                _ = ping.tick() => {
                    if self.heard_at.elapsed() > DEAD_AFTER || socket.ping(b"").await.is_err() {
                        return None;
                    }
                    let (app, place) = (self.app.clone(), place.clone());
                    actix_web::rt::spawn(async move { app.supervision.keep_place(&place).await });
                }
            }
        }
    }

    /// Who speaks now, and what happens from here on; `None` when the call is over.
    async fn follow(&mut self) -> Result<Option<Events>> {
        let who = &self.listener.who;
        let console = self.app.supervision.console(who, &self.call.to_string()).await?;
        if console.call.status == CallStatus::Ended {
            return Ok(None);
        }
        self.holding.begin(console.live.takeover.as_ref());
        let topic = Topic::Call(self.call);
        let events = self.app.supervision.follow(who, topic, console.cursor).await?;
        Ok(Some(Box::pin(events)))
    }

    /// Says whether the call is over.
    fn on_event(&mut self, body: &EventBody) -> bool {
        self.holding.on_event(body);
        matches!(
            body,
            EventBody::CallState {
                status: CallStatus::Ended,
                ..
            }
        )
    }

    /// The close code when the socket is to be closed, or none for one that the browser closed.
    async fn on_message(
        &mut self,
        socket: &mut Session,
        message: Option<core::result::Result<AggregatedMessage, actix_ws::ProtocolError>>,
    ) -> Option<Option<u16>> {
        self.heard_at = Instant::now();
        if self.is_flooding() {
            return Some(Some(close::TOO_MANY));
        }
        match message {
            Some(Ok(AggregatedMessage::Binary(frame))) => self.on_frame(&frame),
            Some(Ok(AggregatedMessage::Text(_))) => dropped("not_sound"),
            Some(Ok(AggregatedMessage::Ping(bytes))) => {
                if socket.pong(&bytes).await.is_err() {
                    return Some(None);
                }
            }
            Some(Ok(AggregatedMessage::Pong(_))) => {}
            Some(Ok(AggregatedMessage::Close(_)) | Err(_)) | None => return Some(None),
        }
        None
    }

    fn is_flooding(&mut self) -> bool {
        if self.second.elapsed() >= Duration::from_secs(1) {
            self.second = Instant::now();
            self.messages = 0;
        }
        self.messages += 1;
        self.messages > MESSAGES_PER_SECOND
    }

    /// A frame from the browser: goes up only from who speaks in the call.
    fn on_frame(&mut self, frame: &Bytes) {
        let Some((_, sound)) = microphone(frame) else {
            return dropped("not_sound");
        };
        match self.holding.admit(sound.len()) {
            Ok(()) => {
                let _ = self
                    .app
                    .engine
                    .speak(self.tenant, self.call, self.holding.me(), sound);
            }
            Err(why) => dropped(why),
        }
    }

    /// Says that somebody listens, on a task of its own: a slow answer holds no sound up.
    fn listen(&self) {
        let (app, listener) = (self.app.clone(), self.listener.clone());
        actix_web::rt::spawn(async move {
            if let Err(error) = app.supervision.listen(&listener).await {
                tracing::debug!(call.id = %listener.call.id, error = ?error, "a call does not know that somebody listens");
            }
        });
    }

    fn renew(&self) {
        let (app, who, call) = (self.app.clone(), self.listener.who.clone(), self.call);
        actix_web::rt::spawn(async move {
            let via = TakeoverVia::Microphone;
            if let Err(error) = app.supervision.keep_takeover(&who, call, via).await {
                tracing::debug!(call.id = %call, error = ?error, "a takeover was not kept");
            }
        });
    }

    /// The microphone is gone: the agent has the word again.
    async fn lapse(&self) {
        let (who, via) = (&self.listener.who, TakeoverVia::Microphone);
        if let Err(error) = self.app.supervision.lose_takeover(who, self.call, via).await {
            tracing::debug!(call.id = %self.call, error = ?error, "a takeover runs out by itself");
        }
    }
}

fn dropped(why: &'static str) {
    metrics::counter!("phony_microphone_frames_dropped_total", "reason" => why).increment(1);
}

fn send(socket: &Session, frame: Bytes) -> Sending {
    let mut socket = socket.clone();
    Box::pin(async move { socket.binary(frame).await })
}

async fn sent(sending: &mut Option<(Instant, Sending)>) -> core::result::Result<(), Closed> {
    match sending {
        Some((_, sending)) => sending.await,
        None => std::future::pending().await,
    }
}

/// What comes of following the call.
enum Happening {
    Item(LiveItem),
    Over,
    /// It is time to follow it again.
    Follow,
}

async fn next_event(events: &mut Option<Events>, follow_at: Instant) -> Happening {
    match events {
        Some(events) => match events.next().await {
            Some(item) => Happening::Item(item),
            None => Happening::Over,
        },
        None => {
            tokio::time::sleep_until(follow_at).await;
            Happening::Follow
        }
    }
}
