//! The microphone's sound on its way to the caller: at true pace, whatever the network did to it.
//!
//! A little is gathered before it begins; what comes faster than it can be spoken loses its oldest part. So who
//! speaks is heard within 120 ms of when the sound came in, for as long as the call is theirs.

use std::collections::VecDeque;

use bytes::Bytes;

/// Mu-law bytes of a millisecond.
const BYTES_PER_MS: u64 = 8;
/// Most that waits, here and at the carrier.
const MOST_MS: u64 = 120;
/// What is gathered before a voice begins.
const GATHER_MS: u64 = 40;
/// A voice that begins with less is not kept waiting longer.
const PATIENCE_MS: u64 = 40;
/// How much is sent ahead of the caller's ear.
const AHEAD_MS: u64 = 60;

/// A piece as base64, and its length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    /// Base64 of mu-law.
    pub(crate) base64: Bytes,
    ms: u64,
}

/// What is on its way. Times are those of a clock that never goes back, in milliseconds.
#[derive(Debug, Default)]
pub(crate) struct Mouth {
    waiting: VecDeque<Said>,
    waiting_ms: u64,
    /// When the carrier has played all that it was sent.
    dry_ms: u64,
    /// Since when a voice gathers that begins.
    gathers_since_ms: Option<u64>,
}

impl Mouth {
    /// Takes a piece, `bytes` long. Gives how much had to be thrown away, in milliseconds.
    pub(crate) fn push(&mut self, now_ms: u64, base64: Bytes, bytes: u64) -> u64 {
        let ms = bytes / BYTES_PER_MS;
        if ms == 0 {
            return 0;
        }
        if self.waiting.is_empty() && self.ahead_ms(now_ms) == 0 {
            self.gathers_since_ms = Some(now_ms);
        }
        self.waiting.push_back(Said { base64, ms });
        self.waiting_ms += ms;
        let mut lost_ms = 0;
        while self.waiting.len() > 1
            && self.waiting_ms + self.ahead_ms(now_ms) > MOST_MS
            && let Some(oldest) = self.waiting.pop_front()
        {
            self.waiting_ms -= oldest.ms;
            lost_ms += oldest.ms;
        }
        lost_ms
    }

    fn ahead_ms(&self, now_ms: u64) -> u64 {
        self.dry_ms.saturating_sub(now_ms)
    }

    /// The next piece that is to be sent by now.
    pub(crate) fn pull(&mut self, now_ms: u64) -> Option<Bytes> {
        if self.deadline()? > now_ms {
            return None;
        }
        self.gathers_since_ms = None;
        let said = self.waiting.pop_front()?;
        self.waiting_ms -= said.ms;
        self.dry_ms = self.dry_ms.max(now_ms) + said.ms;
        Some(said.base64)
    }

    /// When [`Self::pull`] has something to give.
    pub(crate) fn deadline(&self) -> Option<u64> {
        if self.waiting.is_empty() {
            return None;
        }
        Some(match self.gathers_since_ms {
            Some(_) if self.waiting_ms >= GATHER_MS => 0,
            Some(since_ms) => since_ms + PATIENCE_MS,
            None => self.dry_ms.saturating_sub(AHEAD_MS - 1),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(at: usize) -> Bytes {
        Bytes::from(format!("{at:0>216}"))
    }

    fn pull_all(mouth: &mut Mouth, now_ms: u64) -> Vec<Bytes> {
        std::iter::from_fn(|| mouth.pull(now_ms)).collect()
    }

    #[test]
    fn an_even_voice_goes_out_evenly_and_whole() {
        let mut mouth = Mouth::default();
        let mut sent = Vec::new();
        for at in 0..100_usize {
            let now_ms = 5_000 + at as u64 * 20;
            assert_eq!(mouth.push(now_ms, piece(at), 160), 0);
            sent.extend(pull_all(&mut mouth, now_ms));
            assert!(mouth.ahead_ms(now_ms) <= AHEAD_MS + 20);
        }
        sent.extend(pull_all(&mut mouth, 7_100));
        let wanted: Vec<Bytes> = (0..100).map(piece).collect();
        assert_eq!(sent, wanted);
    }

    #[test]
    fn a_burst_loses_its_oldest_part_and_no_delay_stays() {
        let mut mouth = Mouth::default();
        let lost_ms: u64 = (0..100).map(|at| mouth.push(9_000, piece(at), 160)).sum();
        assert_eq!(lost_ms, 2_000 - MOST_MS);
        let mut sent = pull_all(&mut mouth, 9_000);
        assert!(sent.len() <= 4, "no faster than it is spoken: {}", sent.len());
        for now_ms in 9_000..9_200 {
            sent.extend(pull_all(&mut mouth, now_ms));
        }
        assert_eq!(sent, (94..100).map(piece).collect::<Vec<_>>());
        assert_eq!(mouth.deadline(), None);
    }

    #[test]
    fn a_short_word_does_not_wait_for_more() {
        let mut mouth = Mouth::default();
        let _ = mouth.push(100, piece(1), 160);
        assert_eq!(mouth.pull(100), None);
        assert_eq!(mouth.deadline(), Some(100 + PATIENCE_MS));
        assert_eq!(mouth.pull(100 + PATIENCE_MS), Some(piece(1)));
    }

    #[test]
    fn a_long_piece_is_spoken_whole() {
        let mut mouth = Mouth::default();
        assert_eq!(mouth.push(0, piece(1), 1_600), 0);
        assert_eq!(mouth.pull(0), Some(piece(1)));
        assert_eq!(mouth.ahead_ms(0), 200);
    }
}
