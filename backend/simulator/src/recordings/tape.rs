//! The sound of a call that streams carry and files hold, kept while somebody records. What is only words is made into
//! sound when the file is.

use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use phony_audio::frame::ulaw_ms;

use crate::clock::Millis;

/// More is not kept: two hours on both tracks.
const MOST_BYTES: usize = 120 * 1024 * 1024;

/// Whose sound it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Track {
    /// Of the person at the far end.
    Inbound,
    /// What that person hears.
    Outbound,
}

/// Sound without a hole.
#[derive(Debug, Clone)]
pub(crate) struct Piece {
    pub(crate) track: Track,
    pub(crate) at: Millis,
    pub(crate) sound: Vec<u8>,
}

impl Piece {
    pub(crate) fn until(&self) -> Millis {
        self.at + ulaw_ms(self.sound.len())
    }
}

/// What has been kept.
#[derive(Debug, Default)]
pub(crate) struct Tape {
    running: AtomicUsize,
    pieces: Mutex<Vec<Piece>>,
}

impl Tape {
    pub(super) fn begin(&self) {
        self.running.fetch_add(1, Ordering::Relaxed);
    }

    /// The file is made; with the last one what was kept is forgotten.
    pub(super) fn end(&self) {
        if self.running.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.pieces.lock().clear();
        }
    }

    pub(crate) fn take(&self, track: Track, at: Millis, sound: &[u8]) {
        if self.running.load(Ordering::Relaxed) == 0 {
            return;
        }
        let mut pieces = self.pieces.lock();
        if pieces.iter().map(|piece| piece.sound.len()).sum::<usize>() > MOST_BYTES {
            return;
        }
        let newest = pieces.iter_mut().rev().find(|piece| piece.track == track);
        match newest {
            Some(piece) if piece.until() == at => piece.sound.extend_from_slice(sound),
            _ => pieces.push(Piece {
                track,
                at,
                sound: sound.to_vec(),
            }),
        }
    }

    pub(super) fn pieces(&self) -> Vec<Piece> {
        self.pieces.lock().clone()
    }
}
