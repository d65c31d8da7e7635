//! Following one topic: the stream from a cursor on, then the announcements, each event once and in order.

use std::collections::{HashSet, VecDeque};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::{Stream, stream};
use phony_conversation::EventBody;
use phony_kernel::{ItemId, Result};
use redis::aio::ConnectionManager;
use tokio::sync::broadcast::error::RecvError;

use super::hub::{Announcement, Hub, Notice, Seat};
use super::wire::{self, Cursor};
use super::{DECODED_AT_ONCE, Delivered, LiveItem, READ_ENTRIES};

/// Announcements may be lost without a sign; the stream is looked at this often all the same.
const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(15);
const RETRY_AFTER: Duration = Duration::from_millis(250);

/// The events of one topic. It does nothing while nobody asks for the next; a reader that was away for long is
/// read on from the stream, or told of a gap.
pub struct LiveStream(Pin<Box<dyn Stream<Item = LiveItem> + Send>>);

impl LiveStream {
    pub(super) fn start(redis: ConnectionManager, hub: &Hub, key: String, after: Cursor) -> Self {
        let follower = Follower {
            redis,
            seat: hub.sit(key.clone()),
            key,
            after,
            read: VecDeque::new(),
            is_behind: true,
            is_over: false,
        };
        Self(Box::pin(stream::unfold(follower, Follower::next)))
    }
}

impl Stream for LiveStream {
    type Item = LiveItem;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<LiveItem>> {
        self.0.as_mut().poll_next(context)
    }
}

struct Follower {
    redis: ConnectionManager,
    seat: Seat,
    key: String,
    /// The last event that was read or passed over.
    after: Cursor,
    /// Events of the stream that the reader has not asked for yet.
    read: VecDeque<Arc<Delivered>>,
    /// The stream may hold more than was read of it.
    is_behind: bool,
    /// The reader has been told of a gap: nothing follows.
    is_over: bool,
}

impl Follower {
    async fn next(mut self) -> Option<(LiveItem, Self)> {
        while !self.is_over {
            if let Some(event) = self.read.pop_front() {
                return Some((LiveItem::Event(event), self));
            }
            if self.is_behind {
                match self.read_on().await {
                    Ok(true) => {}
                    Ok(false) => {
                        self.is_over = true;
                        return Some((LiveItem::Gap, self));
                    }
                    // Redis is away; the reader sees nothing new until it is back.
                    Err(_) => tokio::time::sleep(RETRY_AFTER).await,
                }
                continue;
            }
            match tokio::time::timeout(LOOK_AGAIN_AFTER, self.seat.notices.recv()).await {
                Ok(Ok(Notice::Announced(announcement))) => {
                    if let Some(event) = self.take(&announcement) {
                        return Some((LiveItem::Event(event), self));
                    }
                }
                Ok(Ok(Notice::Resync) | Err(RecvError::Lagged(_))) | Err(_) => self.is_behind = true,
                Ok(Err(RecvError::Closed)) => return None,
            }
        }
        None
    }

    /// An announced event, unless it was read before.
    fn take(&mut self, announcement: &Announcement) -> Option<Arc<Delivered>> {
        let cursor = announcement.cursor()?;
        if cursor <= self.after {
            return None;
        }
        self.after = cursor;
        announcement.event()
    }

    /// Reads the next part of the stream. Gives whether nothing was lost before it.
    async fn read_on(&mut self) -> Result<bool> {
        let part = wire::read_part(&mut self.redis, &self.key, self.after, READ_ENTRIES).await?;
        // Looked at with every part: a slow reader's next part may have been trimmed meanwhile.
        let is_whole = part.oldest.is_some_and(|oldest| oldest <= self.after);
        if self.after != Cursor::START && !is_whole {
            return Ok(false);
        }
        self.is_behind = part.entries.len() >= READ_ENTRIES;
        for (number, (cursor, text)) in part.entries.into_iter().enumerate() {
            self.after = cursor;
            self.read.extend(wire::decode(cursor, &text).map(Arc::new));
            if number % DECODED_AT_ONCE == DECODED_AT_ONCE - 1 {
                // Conversations run on this thread too.
                tokio::task::yield_now().await;
            }
        }
        leave_out_old_partials(&mut self.read);
        Ok(true)
    }
}

/// What was said so far is replaced by what was said later, so who is behind needs only the newest of it.
fn leave_out_old_partials(read: &mut VecDeque<Arc<Delivered>>) {
    let mut newer: HashSet<ItemId> = HashSet::new();
    let mut kept = VecDeque::with_capacity(read.len());
    while let Some(delivered) = read.pop_back() {
        let is_new = match &delivered.event.body {
            EventBody::SpeechPartial { item_id, .. } => newer.insert(*item_id),
            EventBody::SpeechFinal { item_id, .. } => {
                newer.insert(*item_id);
                true
            }
            _ => true,
        };
        if is_new {
            kept.push_front(delivered);
        }
    }
    *read = kept;
}
