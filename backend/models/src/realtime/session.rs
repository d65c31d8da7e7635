//! One open socket. Sending never waits: what the network does not take at once goes out while receiving, and a
//! server that takes nothing for too long is an error there. So one loop owns the session and always receives.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::BytesMut;
use futures_util::{Sink as _, SinkExt as _, Stream as _, StreamExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until, timeout};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Bytes, Message, Utf8Bytes};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use super::client::RealtimeLimits;
use super::error::{RealtimeError, RealtimeErrorKind as K};
use super::protocol::{
    APPEND_HEAD, APPEND_TAIL, ClientEvent, NotBase64, ParseError, ServerEvent, SessionConfig, SessionInfo,
    is_base64,
};

/// Name of the event that sets up a session, which an error about it repeats.
const SET_UP: &str = "phony-setup";

/// A message of the server.
#[derive(Clone)]
pub struct Incoming(Utf8Bytes);

impl Incoming {
    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// A part of its text to be kept, without a copy where it is one.
    #[must_use]
    pub fn share(&self, part: &str) -> Bytes {
        let (whole, part_at) = (self.0.as_bytes().as_ptr() as usize, part.as_ptr() as usize);
        let start = part_at.wrapping_sub(whole);
        if start.saturating_add(part.len()) <= self.0.len() {
            Bytes::from(self.0.clone()).slice(start..start + part.len())
        } else {
            // Unescaped by the parser, so it stands elsewhere.
            Bytes::copy_from_slice(part.as_bytes())
        }
    }

    /// The event in it, which borrows from it.
    ///
    /// # Errors
    /// It cannot be read; the session goes on.
    pub fn event(&self) -> Result<ServerEvent<'_>, ParseError> {
        ServerEvent::parse(self.as_str())
    }
}

impl std::fmt::Debug for Incoming {
    /// Without the words, which no log line may hold.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Incoming({} bytes)", self.0.len())
    }
}

/// An open session. Dropping it drops the socket.
pub struct RealtimeSession {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    limits: RealtimeLimits,
    scratch: BytesMut,
    alarm: Pin<Box<Sleep>>,
    last_frame: Instant,
    last_event: Instant,
    /// When a sign of life was asked for that has not come.
    asked: Option<Instant>,
    /// Since when something waits to go out.
    unsent_since: Option<Instant>,
    over: bool,
}

impl std::fmt::Debug for RealtimeSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RealtimeSession")
            .field("over", &self.over)
            .finish_non_exhaustive()
    }
}

impl RealtimeSession {
    pub(super) fn new(socket: WebSocketStream<MaybeTlsStream<TcpStream>>, limits: RealtimeLimits) -> Self {
        let now = Instant::now();
        Self {
            socket,
            limits,
            scratch: BytesMut::new(),
            alarm: Box::pin(sleep_until(now + limits.ping_after)),
            last_frame: now,
            last_event: now,
            asked: None,
            unsent_since: None,
            over: false,
        }
    }

    /// When the last event came. A server may be alive and mute: how long is too long depends on the talk.
    #[must_use]
    pub fn last_event_at(&self) -> Instant {
        self.last_event
    }

    /// Sends an event; an error about it names `event_id`.
    ///
    /// # Errors
    /// The socket is broken, or the server takes nothing any more.
    pub fn send(&mut self, event: &ClientEvent, event_id: Option<&str>) -> Result<(), RealtimeError> {
        self.push(Message::text(event.to_json(event_id).to_string()))
    }

    /// Sends the caller's audio as the carrier wrote it. What is no base64 is dropped, which the inner result says.
    ///
    /// # Errors
    /// The socket is broken, or the server takes nothing any more.
    pub fn send_audio(&mut self, base64: &str) -> Result<Result<(), NotBase64>, RealtimeError> {
        if !is_base64(base64) {
            return Ok(Err(NotBase64));
        }
        // Copied once into room that is free again as soon as the frame is written.
        for part in [APPEND_HEAD, base64, APPEND_TAIL] {
            self.scratch.extend_from_slice(part.as_bytes());
        }
        let text = Utf8Bytes::try_from(self.scratch.split().freeze());
        let text = text.map_err(|_| RealtimeError::new(K::Protocol))?;
        self.push(Message::Text(text))?;
        Ok(Ok(()))
    }

    fn push(&mut self, message: Message) -> Result<(), RealtimeError> {
        if self.over {
            return Err(RealtimeError::new(K::Disconnected));
        }
        // Without waiting for readiness: the buffer has its own bound.
        Pin::new(&mut self.socket)
            .start_send(message)
            .map_err(|error| RealtimeError::from_socket(&error, false))?;
        self.unsent_since.get_or_insert_with(Instant::now);
        Ok(())
    }

    /// The next message. May be dropped and called again without loss.
    ///
    /// # Errors
    /// The session is over: closed, broken, half-open or stalled. Nothing follows.
    pub async fn recv(&mut self) -> Result<Incoming, RealtimeError> {
        poll_fn(|cx| self.poll_recv(cx)).await
    }

    /// [`Self::recv`] for a loop of one's own.
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Result<Incoming, RealtimeError>> {
        if self.over {
            return Poll::Ready(Err(RealtimeError::new(K::Disconnected)));
        }
        // A broken way out is told after what came in: that says why.
        let unsent = self.poll_unsent(cx);
        let outcome = match self.poll_message(cx) {
            Poll::Ready(outcome) => Poll::Ready(outcome),
            Poll::Pending => match unsent {
                Err(error) => Poll::Ready(Err(error)),
                Ok(()) => self.poll_alarm(cx).map(Err),
            },
        };
        if matches!(outcome, Poll::Ready(Err(_))) {
            self.over = true;
        }
        outcome
    }

    fn poll_unsent(&mut self, cx: &mut Context<'_>) -> Result<(), RealtimeError> {
        if self.unsent_since.is_none() {
            return Ok(());
        }
        match Pin::new(&mut self.socket).poll_flush(cx) {
            Poll::Ready(Ok(())) => self.unsent_since = None,
            Poll::Ready(Err(error)) => return Err(RealtimeError::from_socket(&error, false)),
            Poll::Pending => {}
        }
        Ok(())
    }

    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Result<Incoming, RealtimeError>> {
        loop {
            let Poll::Ready(message) = Pin::new(&mut self.socket).poll_next(cx) else {
                return Poll::Pending;
            };
            let message = match message {
                Some(Ok(message)) => message,
                Some(Err(error)) => return Poll::Ready(Err(RealtimeError::from_socket(&error, false))),
                None => return Poll::Ready(Err(RealtimeError::from_close(None))),
            };
            self.last_frame = Instant::now();
            self.asked = None;
            let text = match message {
                Message::Text(text) => text,
                // Some servers put their JSON into binary frames; anything else in one is not for us.
                Message::Binary(bytes) => match Utf8Bytes::try_from(bytes) {
                    Ok(text) => text,
                    Err(_) => continue,
                },
                Message::Close(frame) => {
                    // Our half of the goodbye, if it goes out at once.
                    let _ = Pin::new(&mut self.socket).poll_flush(cx);
                    return Poll::Ready(Err(RealtimeError::from_close(frame.as_ref())));
                }
                Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => continue,
            };
            self.last_event = self.last_frame;
            return Poll::Ready(Ok(Incoming(text)));
        }
    }

    /// One alarm that is put off only when it rings: a live session costs it a few times a minute.
    fn poll_alarm(&mut self, cx: &mut Context<'_>) -> Poll<RealtimeError> {
        let next = self.next_alarm();
        if next < self.alarm.deadline() {
            self.alarm.as_mut().reset(next);
        }
        while self.alarm.as_mut().poll(cx).is_ready() {
            let now = Instant::now();
            if self
                .unsent_since
                .is_some_and(|since| now >= since + self.limits.send)
            {
                return Poll::Ready(RealtimeError::new(K::Stalled));
            }
            match self.asked {
                Some(asked) if now >= asked + self.limits.pong_within => {
                    return Poll::Ready(RealtimeError::new(K::HalfOpen));
                }
                None if now >= self.last_frame + self.limits.ping_after => {
                    self.asked = Some(now);
                    let sent = self.push(Message::Ping(Bytes::new()));
                    if let Err(error) = sent.and_then(|()| self.poll_unsent(cx)) {
                        return Poll::Ready(error);
                    }
                }
                _ => {}
            }
            let next = self.next_alarm();
            self.alarm.as_mut().reset(next);
        }
        Poll::Pending
    }

    fn next_alarm(&self) -> Instant {
        let life = match self.asked {
            Some(asked) => asked + self.limits.pong_within,
            None => self.last_frame + self.limits.ping_after,
        };
        self.unsent_since
            .map_or(life, |since| life.min(since + self.limits.send))
    }

    /// Waits for the session, sets it up, and waits until that is in force.
    pub(super) async fn set_up(&mut self, config: &SessionConfig) -> Result<SessionInfo, RealtimeError> {
        loop {
            let message = self.recv().await?;
            match message.event() {
                Ok(ServerEvent::SessionCreated(_)) => {
                    self.send(&ClientEvent::Configure(Box::new(config.clone())), Some(SET_UP))?;
                }
                // Anything but our format would be noise in the caller's ear.
                Ok(ServerEvent::SessionUpdated(info)) if !info.is_mulaw() => {
                    return Err(RealtimeError {
                        param: Some("audio.format".into()),
                        ..RealtimeError::new(K::Configuration)
                    });
                }
                Ok(ServerEvent::SessionUpdated(info)) => return Ok(*info),
                Ok(ServerEvent::Error(fault)) => {
                    let mut error = RealtimeError::from_fault(&fault);
                    let about_us = fault.event_id.as_deref() == Some(SET_UP);
                    if about_us && matches!(error.kind, K::Unknown | K::Harmless) {
                        error.kind = K::Configuration;
                    }
                    if about_us || error.kind.ends_session() {
                        return Err(error);
                    }
                }
                // An event that we cannot read may be one that we do not need.
                Ok(_) | Err(ParseError::Malformed { .. }) => {}
                Err(ParseError::NotAnEvent) => return Err(RealtimeError::new(K::Protocol)),
            }
        }
    }

    /// Says goodbye, for no longer than the limit. An abandoned session is billed until it expires.
    pub async fn close(mut self) {
        let goodbye = async {
            let frame = CloseFrame {
                code: CloseCode::Normal,
                reason: "".into(),
            };
            if self.socket.send(Message::Close(Some(frame))).await.is_ok() {
                while let Some(Ok(_)) = self.socket.next().await {}
            }
        };
        // Whether the server answers in time changes nothing.
        let _ = timeout(self.limits.close, goodbye).await;
    }
}
