//! The one task that publishes sound. Never waits for Redis: what finds no place is lost.

use phony_kernel::{Error, Result};
use redis::aio::ConnectionManager;
use tokio::sync::mpsc;

use crate::directory::within;

/// Pieces that may wait for Redis: those of a second of twenty calls.
const QUEUE_PIECES: usize = 1_024;
/// Pieces sent in one round trip.
const BATCH_PIECES: usize = 64;

/// The way of sound to Redis. Clones are the same.
#[derive(Clone)]
pub(crate) struct SoundPost(mpsc::Sender<Letter>);

struct Letter {
    channel: std::sync::Arc<str>,
    text: String,
}

impl SoundPost {
    /// Starts the task on the current runtime; it ends with the last clone.
    pub(crate) fn start(redis: ConnectionManager) -> Self {
        let (sender, queue) = mpsc::channel(QUEUE_PIECES);
        tokio::spawn(run(redis, queue));
        Self(sender)
    }

    /// Publishes a piece. Never waits and never fails.
    pub(crate) fn send(&self, channel: &std::sync::Arc<str>, text: String) {
        let channel = channel.clone();
        if self.0.try_send(Letter { channel, text }).is_err() {
            lost(1);
        }
    }
}

fn lost(pieces: usize) {
    metrics::counter!("phony_sound_pieces_lost_total").increment(pieces as u64);
}

async fn run(mut redis: ConnectionManager, mut queue: mpsc::Receiver<Letter>) {
    let mut batch = Vec::with_capacity(BATCH_PIECES);
    while queue.recv_many(&mut batch, BATCH_PIECES).await > 0 {
        let pieces = batch.len();
        let mut pipe = redis::pipe();
        for letter in batch.drain(..) {
            pipe.cmd("PUBLISH")
                .arg(&*letter.channel)
                .arg(letter.text)
                .ignore();
        }
        let sent: Result<(), Error> = within(pipe.query_async(&mut redis)).await;
        if sent.is_err() {
            lost(pieces);
        }
    }
}
