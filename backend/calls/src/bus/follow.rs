//! Following one topic: the stream from a cursor on, then the announcements, each event once and in order.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::Stream;
use phony_kernel::Result;
use redis::aio::ConnectionManager;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::hub::{Hub, Notice, Seat};
use super::wire::{self, Cursor};
use super::{LiveItem, READ_ENTRIES};

/// Items that may wait for the reader; beyond them it is read on from the stream.
const QUEUE_ITEMS: usize = 64;
/// Announcements may be lost without a sign; the stream is looked at this often all the same.
const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(15);
const RETRY_AFTER: Duration = Duration::from_millis(250);

/// The events of one topic. Dropping it ends the task behind it.
pub struct LiveStream {
    items: mpsc::Receiver<LiveItem>,
    task: JoinHandle<()>,
}

impl LiveStream {
    pub(super) fn start(redis: ConnectionManager, hub: Hub, key: String, after: Cursor) -> Self {
        let (sender, items) = mpsc::channel(QUEUE_ITEMS);
        let task = tokio::spawn(async move {
            let seat = hub.sit(key.clone());
            Follower {
                redis,
                key,
                after,
                sender,
            }
            .run(seat)
            .await;
        });
        Self { items, task }
    }
}

impl Drop for LiveStream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Stream for LiveStream {
    type Item = LiveItem;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<LiveItem>> {
        self.items.poll_recv(context)
    }
}

struct Follower {
    redis: ConnectionManager,
    key: String,
    after: Cursor,
    sender: mpsc::Sender<LiveItem>,
}

/// The reader is gone, or has been told of a gap: there is no more to do.
struct Over;

impl Follower {
    async fn run(mut self, mut seat: Seat) {
        // Both end alike: the reader's side is closed.
        let _ = self.follow(&mut seat).await;
    }

    async fn follow(&mut self, seat: &mut Seat) -> Result<(), Over> {
        loop {
            match self.catch_up().await {
                Ok(done) => done?,
                Err(_) => {
                    // Redis is away; the reader sees nothing new until it is back.
                    tokio::time::sleep(RETRY_AFTER).await;
                    continue;
                }
            }
            self.listen(seat).await?;
        }
    }

    /// Passes announcements on until one may have been missed.
    async fn listen(&mut self, seat: &mut Seat) -> Result<(), Over> {
        loop {
            match tokio::time::timeout(LOOK_AGAIN_AFTER, seat.notices.recv()).await {
                Ok(Ok(Notice::Announced(text))) => {
                    if let Some((cursor, event)) = wire::split_announcement(&text) {
                        self.pass_on(cursor, event).await?;
                    }
                }
                Ok(Ok(Notice::Resync) | Err(RecvError::Lagged(_))) | Err(_) => return Ok(()),
                Ok(Err(RecvError::Closed)) => return Err(Over),
            }
        }
    }

    /// Reads the stream up to its end. The outer error is Redis', the inner one ours.
    async fn catch_up(&mut self) -> Result<Result<(), Over>> {
        if self.has_gap().await? {
            // The reader may be gone as well; it needs no telling then.
            let _ = self.sender.send(LiveItem::Gap).await;
            return Ok(Err(Over));
        }
        loop {
            let entries = wire::read_after(&mut self.redis, &self.key, self.after, READ_ENTRIES).await?;
            let count = entries.len();
            for (cursor, text) in entries {
                if let Err(over) = self.pass_on(cursor, &text).await {
                    return Ok(Err(over));
                }
            }
            if count < READ_ENTRIES {
                return Ok(Ok(()));
            }
        }
    }

    /// Whether entries after the cursor may have been trimmed or lost.
    async fn has_gap(&mut self) -> Result<bool> {
        if self.after == Cursor::START {
            return Ok(false);
        }
        let oldest = wire::read_first(&mut self.redis, &self.key).await?;
        Ok(oldest.is_none_or(|(oldest, _)| oldest > self.after))
    }

    async fn pass_on(&mut self, cursor: Cursor, text: &str) -> Result<(), Over> {
        if cursor <= self.after {
            return Ok(());
        }
        self.after = cursor;
        let Some(delivered) = wire::decode(cursor, text) else {
            return Ok(());
        };
        self.sender
            .send(LiveItem::Event(Box::new(delivered)))
            .await
            .map_err(|_| Over)
    }
}
