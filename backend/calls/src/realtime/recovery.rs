//! What a wire does when its session is lost, cannot be had, or comes to the end of its time.

use std::time::Duration;

use phony_conversation::core::Input;
use phony_models::realtime::RealtimeError;
use tokio::time::Instant;

use super::link::{Link, LinkEvent, Opened};
use super::wire::{MUTE_CARRIER, RealtimeWire};
use crate::socket::{SocketError, StreamSocket};
use crate::wire::Heard;

/// How long a caller waits for a lost session before another engine takes over.
pub(super) const RECONNECT_WITHIN: Duration = Duration::from_millis(2_500);
/// Between two tries.
pub(super) const TRY_AGAIN_AFTER: Duration = Duration::from_millis(150);

impl<S: StreamSocket> RealtimeWire<S> {
    pub(super) fn session_failed(&mut self, error: &RealtimeError) {
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

    /// Opens another session, unless one is ready.
    pub(super) fn session_lost(&mut self, reason: &str) {
        if !matches!(self.link, Link::Open(_)) {
            return;
        }
        self.patience = Some(Instant::now() + RECONNECT_WITHIN);
        self.link = match (self.next.take_ready(), &self.opening) {
            (Some(ready), _) => Link::Ready(ready),
            (None, Some(opening)) => Link::opening(opening),
            (None, None) => Link::Down,
        };
        self.bridge.session_lost(self.now_ms(), reason);
        self.tell(
            "engine_reconnecting",
            format!("the session with the speech model was lost: {reason}"),
        );
    }

    pub(super) fn on_opened(&mut self, opened: Result<Opened, RealtimeError>) {
        match opened {
            Ok(opened) => self.link = Link::Ready(opened),
            Err(error) => {
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
        }
    }

    pub(super) fn on_successor(&mut self, event: LinkEvent) {
        match event {
            LinkEvent::Opened(Ok(opened)) => self.next = Link::Ready(opened),
            // This session goes on; its end is a loss like any other.
            _ => {
                self.next = Link::Down;
                self.link.put_successor_off();
            }
        }
    }

    pub(super) fn down(&mut self, reason: &str) {
        let was_open = matches!(self.link, Link::Open(_));
        self.link = Link::Down;
        self.next = Link::Down;
        self.patience = None;
        if was_open {
            self.bridge.session_lost(self.now_ms(), reason);
        }
        let detail = format!("no session with the speech model: {reason}");
        self.bridge.out.inputs.push_back(Input::EngineDown { detail });
    }

    pub(super) fn on_alarm(&mut self) -> Option<Heard> {
        let now = Instant::now();
        if self.socket.is_some() && now >= self.last_frame + MUTE_CARRIER {
            return Some(Heard::Lost(SocketError::new("the carrier sends no sound")));
        }
        if self.patience.is_some_and(|until| now >= until) {
            self.down("it took too long");
        }
        if let (Link::Pause(until), Some(opening)) = (&self.link, &self.opening)
            && now >= *until
        {
            self.link = Link::opening(opening);
        }
        if self.link.wants_successor(now)
            && let (Link::Down, Some(opening)) = (&self.next, &self.opening)
        {
            self.next = Link::opening(opening);
        }
        self.bridge.on_deadline(self.now_ms());
        None
    }

    /// Whether a session waits to be told the talk so far: the first one, one after a loss, or the successor of one
    /// whose time is nearly over, at a moment when nobody notices.
    pub(super) fn wants_history(&self) -> bool {
        match &self.link {
            Link::Ready(_) => true,
            Link::Open(open) if self.next.is_ready() => {
                self.bridge.is_quiet(self.now_ms())
                    || open.must_be_left(Instant::now()) && self.bridge.can_be_left()
            }
            _ => false,
        }
    }
}
