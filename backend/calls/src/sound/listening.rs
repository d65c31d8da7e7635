//! Listening to a call from any instance, and speaking into one that was taken over.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::Mutex;
use phony_kernel::{CallId, Error, Kind, Result, TenantId};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::piece::{Piece, VoicePiece, sound_channel, voice_channel};
use super::tap::LEASE;
use crate::bus::Announcements;
use crate::calls::Calls;
use crate::directory::within;
use crate::remote::Letter;
use crate::web::{MAX_SOUND_BYTES, MIN_SOUND_BYTES};

/// Pieces that may wait for a slow listener: a second of both sides. The oldest go first.
const QUEUE_PIECES: usize = 50;

/// What is heard of a call from now on. Dropping it ends the task behind it.
pub struct Sounds {
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    pieces: Mutex<VecDeque<Piece>>,
    more: Notify,
}

impl Sounds {
    fn start(announcements: Announcements) -> Self {
        let shared = Arc::new(Shared::default());
        let task = tokio::spawn(fill(announcements, shared.clone()));
        Self { shared, task }
    }

    /// The next piece. Waits for as long as nothing is heard. May be dropped and called again without loss.
    pub async fn next(&mut self) -> Piece {
        loop {
            if let Some(piece) = self.shared.pieces.lock().pop_front() {
                return piece;
            }
            self.shared.more.notified().await;
        }
    }
}

impl Drop for Sounds {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn fill(mut announcements: Announcements, shared: Arc<Shared>) {
    while let Some(text) = announcements.next().await {
        if let Some(piece) = Piece::read(&text) {
            shared.put(piece);
        }
    }
}

impl Shared {
    fn put(&self, piece: Piece) {
        let mut pieces = self.pieces.lock();
        if pieces.len() >= QUEUE_PIECES {
            pieces.pop_front();
            metrics::counter!("phony_sound_pieces_skipped_total").increment(1);
        }
        pieces.push_back(piece);
        drop(pieces);
        self.more.notify_one();
    }
}

/// Lives while somebody listens.
pub(super) fn lease_key(tenant: TenantId, call: CallId) -> String {
    format!("t:{{{}}}:listen:{}", tenant.uuid(), call.uuid())
}

impl Calls {
    /// The sound of a call from now on, wherever it runs. Nothing is heard until [`Self::listen`] is called.
    ///
    /// # Errors
    /// `unavailable` without a bus.
    pub fn sounds(&self, tenant: TenantId, call: CallId) -> Result<Sounds> {
        let bus = self.0.bus.as_ref().ok_or_else(no_bus)?;
        Ok(Sounds::start(bus.announcements(sound_channel(tenant, call))))
    }

    /// Somebody listens to the call for the next six seconds: to be said every two. Says whether a conversation of it
    /// runs anywhere.
    ///
    /// # Errors
    /// `unavailable` when Redis does not answer.
    pub async fn listen(&self, tenant: TenantId, call: CallId) -> Result<bool> {
        let mut redis = self.0.bus.as_ref().ok_or_else(no_bus)?.redis();
        let mut lease = redis::cmd("SET");
        lease
            .arg(lease_key(tenant, call))
            .arg(1)
            .arg("EX")
            .arg(LEASE.as_secs());
        let _: () = within(lease.query_async(&mut redis)).await?;
        if let Some(handle) = self.find(call).filter(|handle| handle.tenant == tenant) {
            if let Some(tap) = &handle.tap {
                tap.renew();
            }
            return Ok(true);
        }
        let Some((redis, owner)) = self.elsewhere(tenant, call).await? else {
            return Ok(false);
        };
        match redis.post.send(owner, &Letter::Listen { tenant, call }).await {
            Ok(()) => Ok(true),
            // It comes back at another instance, or ends.
            Err(error) if error.code() == "call_unreachable" => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Sends a piece of a microphone to the call, which plays it to the caller only if `actor` has taken it over by
    /// microphone. Never waits; says whether it is a piece at all.
    pub fn speak(&self, tenant: TenantId, call: CallId, actor: &str, sound: &[u8]) -> bool {
        let fits = (MIN_SOUND_BYTES..=MAX_SOUND_BYTES).contains(&sound.len());
        if let (true, Some(bus)) = (fits, &self.0.bus) {
            let channel = voice_channel(tenant, call).into();
            bus.sound().send(&channel, VoicePiece::write(actor, sound));
        }
        fits
    }
}

pub(super) fn no_bus() -> Error {
    Error::new(Kind::Unavailable, "unavailable", "calls cannot be heard just now")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_listener_loses_the_oldest_sound() {
        let shared = Shared::default();
        for time_ms in 0..200 {
            shared.put(Piece {
                kind: 1,
                time_ms,
                sound: bytes::Bytes::new(),
            });
        }
        let pieces = shared.pieces.lock();
        assert_eq!(pieces.len(), QUEUE_PIECES);
        assert_eq!((pieces[0].time_ms, pieces[QUEUE_PIECES - 1].time_ms), (150, 199));
    }
}
