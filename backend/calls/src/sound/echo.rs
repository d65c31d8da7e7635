//! The agent's sound that was sent to the carrier, for those who listen: taken out as the caller hears it.

use std::collections::VecDeque;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Sound by its position in what was sent, as the play-out counts it.
#[derive(Debug, Default)]
pub(crate) struct Echo {
    sound: VecDeque<u8>,
    /// Position of the first byte.
    begins: u64,
    scratch: Vec<u8>,
}

impl Echo {
    fn end(&self) -> u64 {
        self.begins + self.sound.len() as u64
    }

    /// Sound was sent, from position `at` on. What was kept behind it was taken back before.
    pub(crate) fn push(&mut self, at: u64, base64: &[u8]) {
        self.cut(at);
        if self.sound.is_empty() {
            self.begins = at;
        }
        self.scratch.clear();
        // What the model sends as sound and cannot be read is not heard by the caller either.
        if STANDARD.decode_vec(base64, &mut self.scratch).is_ok() {
            self.sound.extend(&self.scratch);
        }
    }

    /// Nothing behind this position will be heard.
    pub(crate) fn cut(&mut self, position: u64) {
        if position < self.end() {
            let kept = position.saturating_sub(self.begins);
            self.sound.truncate(usize::try_from(kept).unwrap_or(usize::MAX));
            self.begins = self.begins.min(position);
        }
    }

    /// The caller has heard everything before this position: what is new of it is appended.
    pub(crate) fn take(&mut self, position: u64, out: &mut Vec<u8>) {
        let new = position.saturating_sub(self.begins).min(self.sound.len() as u64);
        out.extend(self.sound.drain(..usize::try_from(new).unwrap_or_default()));
        self.begins += new;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base64(byte: u8, bytes: usize) -> String {
        STANDARD.encode(vec![byte; bytes])
    }

    #[test]
    fn sound_is_taken_once_and_only_what_was_heard() {
        let (mut echo, mut out) = (Echo::default(), Vec::new());
        echo.push(1_000, base64(1, 480).as_bytes());
        echo.push(1_480, base64(2, 480).as_bytes());
        echo.take(900, &mut out);
        assert!(out.is_empty());
        echo.take(1_600, &mut out);
        assert_eq!((out.len(), out[479], out[480]), (600, 1, 2));
        out.clear();
        echo.cut(1_700);
        echo.take(5_000, &mut out);
        assert_eq!(out, [2; 100]);
    }

    #[test]
    fn what_is_said_again_follows_what_was_heard() {
        let (mut echo, mut out) = (Echo::default(), Vec::new());
        echo.push(0, base64(1, 4_800).as_bytes());
        echo.take(1_000, &mut out);
        // Taken back a little before what was told as heard, and sent again from there.
        echo.cut(984);
        echo.push(984, base64(3, 480).as_bytes());
        out.clear();
        echo.take(2_000, &mut out);
        assert_eq!(out, [3; 480]);
    }

    #[test]
    fn unreadable_sound_is_passed_over() {
        let (mut echo, mut out) = (Echo::default(), Vec::new());
        echo.push(0, b"no base64");
        echo.push(24, base64(1, 24).as_bytes());
        echo.take(48, &mut out);
        assert_eq!(out, [1; 24]);
    }
}
