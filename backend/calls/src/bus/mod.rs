//! The event bus: what happens in calls, carried by Redis to whoever watches, on any instance.
//!
//! Each event is appended to a stream, from which a reader resumes by cursor, and announced on a channel of
//! the same name, by which it arrives within a millisecond. A reader that misses an announcement reads on
//! from the stream. Redis may vanish at any moment: publishing never waits for it, and what does not fit the
//! bounded queue meanwhile is dropped from the live view and never from the records.

mod follow;
mod hub;
mod publisher;
mod wire;

use std::sync::{Arc, OnceLock};

use bytestring::ByteString;
use phony_conversation::Event;
use phony_kernel::{CallId, Error, Kind, Result, TenantId};
use redis::aio::ConnectionManager;
use tokio::sync::broadcast::error::RecvError;

pub use follow::LiveStream;
use hub::{Hub, Notice};
use publisher::{Publication, Publisher};
use wire::{Cursor, decode};

use crate::sound::SoundPost;
use crate::{gather, handoffs};

/// Events a call's stream keeps, about.
const CALL_STREAM_EVENTS: usize = 5_000;
/// Events the wall's stream of a tenant keeps, about: half a minute of five hundred calls.
const WALL_STREAM_EVENTS: usize = 20_000;
/// How long a stream outlives its last event, in seconds.
const STREAM_SECONDS: u32 = 2 * 60 * 60;
/// Entries read from a stream at once.
const READ_ENTRIES: usize = 512;
/// Entries that [`EventBus::newest`] reads.
const NEWEST_ENTRIES: usize = 256;
/// Entries decoded before others have their turn.
const DECODED_AT_ONCE: usize = 32;

/// What can be followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Topic {
    /// Every call of the tenant, in outline.
    Calls,
    /// One call in full.
    Call(CallId),
}

impl Topic {
    /// Name of the stream and of the channel. The tenant is the hash tag: one script may touch both streams.
    fn key(self, tenant: TenantId) -> String {
        match self {
            Self::Calls => format!("t:{{{}}}:calls", tenant.uuid()),
            Self::Call(call) => format!("t:{{{}}}:call:{}", tenant.uuid(), call.uuid()),
        }
    }
}

/// One event as it reaches its readers.
#[derive(Debug)]
pub struct Delivered {
    /// Where the events after it begin.
    pub cursor: String,
    /// Which call.
    pub call: CallId,
    /// The carrier's id of it.
    pub call_sid: String,
    /// What happened.
    pub event: Event,
    /// What readers send on.
    frame: OnceLock<ByteString>,
}

impl Delivered {
    /// The event in the form in which the readers of its topic send it on, which must be the same for all of them: the
    /// first makes it, the others share it.
    pub fn frame(&self, make: impl FnOnce(&Self) -> String) -> ByteString {
        self.frame.get_or_init(|| make(self).into()).clone()
    }
}

/// What a followed topic yields.
#[derive(Debug, Clone)]
pub enum LiveItem {
    /// The next event, shared with all of this process who follow the topic.
    Event(Arc<Delivered>),
    /// Events were lost to this reader; it needs a snapshot. Nothing follows.
    Gap,
}

/// The bus of this process; clones are the same bus.
#[derive(Clone)]
pub struct EventBus {
    redis: ConnectionManager,
    publisher: Publisher,
    sound: SoundPost,
    hub: Hub,
}

impl EventBus {
    /// Starts the bus: tasks that publish events and sound, and one that listens, on the current runtime.
    #[must_use]
    pub fn start(client: redis::Client, redis: ConnectionManager) -> Self {
        Self {
            publisher: Publisher::start(redis.clone()),
            sound: SoundPost::start(redis.clone()),
            hub: Hub::start(client),
            redis,
        }
    }

    /// Publishes one event, in the order of the calls. Never waits and never fails.
    pub fn publish(&self, tenant: TenantId, call: CallId, call_sid: &str, event: Event) {
        let publication = Publication::new(tenant, call, call_sid, event);
        if !self.publisher.send(publication) {
            metrics::counter!("bus_events_dropped_total").increment(1);
        }
    }

    /// Publishes an event that did not come from the call's own conversation, as when the carrier reports
    /// the end of a call that nobody carries any more. Its number follows the last one of the stream. Never
    /// waits and never fails.
    pub fn publish_external(&self, tenant: TenantId, call: CallId, call_sid: &str, mut event: Event) {
        event.seq = 0;
        self.publish(tenant, call, call_sid, event);
    }

    /// Waits until everything that was published is in Redis; for as long as Redis is away.
    pub async fn flushed(&self) {
        self.publisher.flushed().await;
    }

    /// Where the events of a topic go on from now.
    ///
    /// # Errors
    /// `unavailable` when Redis does not answer.
    pub async fn cursor(&self, tenant: TenantId, topic: Topic) -> Result<String> {
        let last = wire::read_newest(&mut self.redis.clone(), &topic.key(tenant), 1).await?;
        Ok(last
            .last()
            .map_or(Cursor::START, |(cursor, _)| *cursor)
            .to_string())
    }

    /// All that the stream of a topic still holds, and where its events go on. Empty when it has expired.
    ///
    /// # Errors
    /// `unavailable` when Redis does not answer.
    pub async fn read(&self, tenant: TenantId, topic: Topic) -> Result<(Vec<Delivered>, String)> {
        let key = topic.key(tenant);
        let mut found = Vec::new();
        let mut cursor = Cursor::START;
        loop {
            let entries = wire::read_after(&mut self.redis.clone(), &key, cursor, READ_ENTRIES).await?;
            let count = entries.len();
            for (at, text) in entries {
                cursor = at;
                found.extend(decode(at, &text));
                if found.len() % DECODED_AT_ONCE == 0 {
                    // Conversations run on this thread too.
                    tokio::task::yield_now().await;
                }
            }
            if count < READ_ENTRIES {
                return Ok((found, cursor.to_string()));
            }
        }
    }

    /// The last few hundred events of a topic, and where they go on; for who needs no more than what has just happened.
    ///
    /// # Errors
    /// `unavailable` when Redis does not answer.
    pub async fn newest(&self, tenant: TenantId, topic: Topic) -> Result<(Vec<Delivered>, String)> {
        let entries = wire::read_newest(&mut self.redis.clone(), &topic.key(tenant), NEWEST_ENTRIES).await?;
        let cursor = entries.last().map_or(Cursor::START, |(cursor, _)| *cursor);
        let found = entries.iter().filter_map(|(at, text)| decode(*at, text));
        Ok((found.collect(), cursor.to_string()))
    }

    /// The events of a topic after `cursor`: first those of the stream, then those to come.
    ///
    /// # Errors
    /// `bad_cursor` for a text that is no cursor.
    pub async fn follow(&self, tenant: TenantId, topic: Topic, cursor: String) -> Result<LiveStream> {
        let after: Cursor = cursor.parse().map_err(|()| {
            Error::new(
                Kind::Invalid,
                "bad_cursor",
                "the cursor is not one that this socket gave out",
            )
        })?;
        Ok(LiveStream::start(
            self.redis.clone(),
            &self.hub,
            topic.key(tenant),
            after,
        ))
    }

    /// Forgets what was said and done in a call that is over, also as far as the wall was told of it and as an engine
    /// kept it for repeats. Whoever follows the wall is told of what comes after.
    ///
    /// # Errors
    /// `unavailable` when Redis does not answer.
    pub async fn forget(&self, tenant: TenantId, call: CallId) -> Result<()> {
        let mut command = redis::cmd("UNLINK");
        for topic in [Topic::Call(call), Topic::Calls] {
            command.arg(topic.key(tenant));
        }
        command
            .arg(gather::kept_key(tenant, call))
            .arg(handoffs::key(tenant, call));
        command
            .query_async::<()>(&mut self.redis.clone())
            .await
            .map_err(Error::unavailable)
    }

    /// The connection, for what else of calls lies in Redis.
    pub(crate) fn redis(&self) -> ConnectionManager {
        self.redis.clone()
    }

    /// The way of sound.
    pub(crate) fn sound(&self) -> &SoundPost {
        &self.sound
    }

    /// What is said on a channel, which has no stream behind it: what is missed is lost.
    pub(crate) fn announcements(&self, channel: String) -> Announcements {
        Announcements(self.hub.sit(channel))
    }
}

/// What is said on a channel.
pub(crate) struct Announcements(hub::Seat);

impl Announcements {
    /// The next text; none when the bus is gone.
    pub(crate) async fn next(&mut self) -> Option<Arc<str>> {
        loop {
            match self.0.notices.recv().await {
                Ok(Notice::Announced(announcement)) => return Some(announcement.text().clone()),
                Ok(Notice::Resync) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return None,
            }
        }
    }
}

#[cfg(test)]
mod tests;
