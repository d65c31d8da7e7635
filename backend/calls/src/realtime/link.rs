//! The way to the speech model: none, being opened, ready, open; and when a session must be followed by another.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use phony_models::catalog::SESSION_LIMIT;
use phony_models::realtime::protocol::{SessionConfig, SessionInfo};
use phony_models::realtime::{Incoming, RealtimeClient, RealtimeError, RealtimeSession};
use tokio::time::Instant;

/// A successor is opened so long before the end of a session, or half of its life if that is less.
const RENEW_BEFORE: Duration = Duration::from_secs(5 * 60);
/// Only an answer that is being made is waited for then, or in the last quarter.
const LEAVE_BEFORE: Duration = Duration::from_secs(45);
/// Between two tries to open a successor.
const RENEW_AGAIN_AFTER: Duration = Duration::from_secs(10);

type Future = Pin<Box<dyn std::future::Future<Output = Result<Opened, RealtimeError>> + Send>>;

/// How sessions of a call are opened.
pub(crate) struct Opening {
    client: RealtimeClient,
    model: Arc<str>,
    config: Arc<SessionConfig>,
}

impl Opening {
    pub(crate) fn new(client: RealtimeClient, model: &str, config: SessionConfig) -> Self {
        Self {
            client,
            model: model.into(),
            config: Arc::new(config),
        }
    }

    /// The same way to a session of its own, with other settings.
    pub(crate) fn with(&self, config: SessionConfig) -> Self {
        Self {
            client: self.client.clone(),
            model: self.model.clone(),
            config: Arc::new(config),
        }
    }
}

/// A session whose settings are in force.
pub(crate) struct Opened {
    session: Box<RealtimeSession>,
    info: SessionInfo,
}

impl Opened {
    /// The session as the one of the call.
    pub(crate) fn open(self) -> Box<Open> {
        let left = self
            .info
            .expires_at
            .and_then(|expires_at| u64::try_from(expires_at - Utc::now().timestamp()).ok())
            .map_or(SESSION_LIMIT, Duration::from_secs)
            .min(SESSION_LIMIT);
        let ends = Instant::now() + left;
        Box::new(Open {
            session: *self.session,
            renew_at: ends - RENEW_BEFORE.min(left / 2),
            leave_at: ends - LEAVE_BEFORE.min(left / 4),
        })
    }
}

/// A session in use.
pub(crate) struct Open {
    pub(crate) session: RealtimeSession,
    renew_at: Instant,
    leave_at: Instant,
}

impl Open {
    /// Whether it ends so soon that its successor takes over although somebody speaks.
    pub(crate) fn must_be_left(&self, now: Instant) -> bool {
        now >= self.leave_at
    }
}

/// What happens on a way.
pub(crate) enum LinkEvent {
    /// What the model says.
    Message(Result<Incoming, RealtimeError>),
    /// What came of opening it.
    Opened(Result<Opened, RealtimeError>),
}

/// How far the way is.
pub(crate) enum Link {
    /// There is none, and none is looked for.
    Down,
    /// None until then.
    Pause(Instant),
    /// On its way.
    Opening(Future),
    /// There, and to be told the talk so far.
    Ready(Opened),
    /// In use.
    Open(Box<Open>),
}

impl Link {
    /// Begins to open a session.
    pub(crate) fn opening(opening: &Opening) -> Self {
        let (client, model, config) = (
            opening.client.clone(),
            opening.model.clone(),
            opening.config.clone(),
        );
        Self::Opening(Box::pin(async move {
            let (session, info) = client.open(&model, &config).await?;
            Ok(Opened {
                session: Box::new(session),
                info,
            })
        }))
    }

    /// The next happening. Waits for ever on a way where nothing can happen. May be dropped and called again
    /// without loss.
    pub(crate) async fn happens(&mut self) -> LinkEvent {
        match self {
            Self::Open(open) => LinkEvent::Message(open.session.recv().await),
            Self::Opening(future) => LinkEvent::Opened(future.await),
            _ => std::future::pending().await,
        }
    }

    /// When to look at it again.
    pub(crate) fn due(&self) -> Option<Instant> {
        match self {
            Self::Pause(until) => Some(*until),
            Self::Open(open) => {
                let now = Instant::now();
                [open.renew_at, open.leave_at].into_iter().find(|at| *at > now)
            }
            _ => None,
        }
    }

    pub(crate) fn is_ready(&self) -> bool {
        matches!(self, Self::Ready(_))
    }

    /// Takes out a session that is ready.
    pub(crate) fn take_ready(&mut self) -> Option<Opened> {
        match std::mem::replace(self, Self::Down) {
            Self::Ready(opened) => Some(opened),
            other => {
                *self = other;
                None
            }
        }
    }

    /// Whether a successor is to be opened.
    pub(crate) fn wants_successor(&self, now: Instant) -> bool {
        matches!(self, Self::Open(open) if now >= open.renew_at)
    }

    /// A successor could not be had; another try later.
    pub(crate) fn put_successor_off(&mut self) {
        if let Self::Open(open) = self {
            open.renew_at = Instant::now() + RENEW_AGAIN_AFTER;
        }
    }

    /// The session, to be closed.
    pub(crate) fn into_session(self) -> Option<RealtimeSession> {
        match self {
            Self::Ready(opened) => Some(*opened.session),
            Self::Open(open) => Some(open.session),
            _ => None,
        }
    }
}
