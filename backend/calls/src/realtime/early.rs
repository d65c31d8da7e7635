//! The caller's sound that a session may still want: while none is there, and what is being said while one may be
//! lost. Bounded; the oldest goes first.

use std::collections::VecDeque;

use super::playout::decoded_len;

/// Eight seconds: longer sentences lose their beginning with a session that is lost.
const MAX_BYTES: u64 = 8 * 8_000;

/// The beginning of a word that a session may not have noticed yet.
const BEGINNING_BYTES: u64 = 400 * 8;

/// Pieces of the beginning of a word, and some more.
const FEW_PIECES: usize = 32;

/// Sound as base64 texts.
#[derive(Debug, Default)]
pub(crate) struct EarlySound {
    pieces: VecDeque<String>,
    bytes: u64,
    /// The oldest piece gives its memory to the newest.
    spare: String,
}

impl EarlySound {
    pub(crate) fn push(&mut self, base64: &str) {
        let bytes = decoded_len(base64.as_bytes());
        if bytes > MAX_BYTES {
            return;
        }
        self.bytes += bytes;
        let mut piece = std::mem::take(&mut self.spare);
        piece.clear();
        piece.push_str(base64);
        self.pieces.push_back(piece);
        self.forget_beyond(MAX_BYTES);
    }

    /// Forgets what is older than the beginning of a word.
    pub(crate) fn keep_newest(&mut self) {
        self.forget_beyond(BEGINNING_BYTES);
        if self.pieces.capacity() > FEW_PIECES * 2 && self.pieces.len() <= FEW_PIECES {
            self.pieces.shrink_to(FEW_PIECES);
        }
    }

    fn forget_beyond(&mut self, most: u64) {
        while self.bytes > most
            && let Some(oldest) = self.pieces.pop_front()
        {
            self.bytes -= decoded_len(oldest.as_bytes());
            self.spare = oldest;
        }
    }

    pub(crate) fn take(&mut self) -> VecDeque<String> {
        std::mem::take(self).pieces
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_keeps_the_newest_and_is_bounded() {
        let mut early = EarlySound::default();
        for at in 0..1_000 {
            early.push(&format!("{at:0>216}"));
        }
        assert!(early.bytes <= MAX_BYTES);
        early.keep_newest();
        assert!((19..=21).contains(&early.pieces.len()), "{}", early.pieces.len());
        for at in 0..1_000 {
            early.push(&format!("{at:0>216}"));
        }
        let kept = early.take();
        assert!(kept.back().unwrap().ends_with("999") && kept.len() > 100);
        early.push(&"A".repeat(1_000_000));
        assert!(early.take().is_empty(), "more than is kept at all");
    }
}
