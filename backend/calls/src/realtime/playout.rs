//! What is on its way to the caller's ear, on a clock: what was sent, what of it was played, what still waits here.
//!
//! The carrier plays what it has at its own pace. Marks in between tell how far it is; between two marks the clock
//! says. Little is sent ahead, so that a clear costs little; the rest waits here. Positions count bytes of mu-law
//! that were sent, eight a millisecond, and never go back but for what a clear took back.

use std::collections::VecDeque;

use bytes::Bytes;

use crate::sound::Echo;

/// Mu-law bytes of a millisecond.
pub(crate) const BYTES_PER_MS: u64 = 8;
/// How much may be sent ahead of the caller's ear.
const AHEAD_MS: u64 = 1_200;
/// What was sent ahead and waits is filled up when this much is left.
const REFILL_MS: u64 = 600;
/// A mark follows after so much sound, and at the end of an utterance.
const MARK_EVERY: u64 = 200 * BYTES_PER_MS;
/// A mark that is so late will not come: the clock is all there is. Networks and carriers stall for a second, and
/// whoever believed the clock then would cut the last words off.
const MARK_LATE_MS: u64 = 2_000;
/// Most sound that waits here: more than a model says in one breath.
const MAX_WAITING: u64 = 5 * 60 * 1_000 * BYTES_PER_MS;
/// Base64 can be cut behind a group of bytes that is a whole number of milliseconds.
const CUT_BYTES: u64 = 24;

/// A piece of sound as base64 text.
#[derive(Debug, Clone)]
struct Chunk {
    base64: Bytes,
    bytes: u64,
}

impl Chunk {
    fn new(base64: Bytes) -> Self {
        Self {
            bytes: decoded_len(&base64),
            base64,
        }
    }

    /// What is left without the first `bytes`, cut where base64 can be cut, so that a little may be played twice.
    fn without(mut self, bytes: u64) -> Option<Self> {
        let cut = bytes.min(self.bytes) / CUT_BYTES * CUT_BYTES;
        if bytes >= self.bytes {
            return None;
        }
        let at = usize::try_from(cut / 3 * 4).ok()?;
        self.base64 = self.base64.slice(at..);
        self.bytes -= cut;
        Some(self)
    }
}

/// Bytes behind a base64 text.
pub(crate) fn decoded_len(base64: &[u8]) -> u64 {
    let padding = base64.iter().rev().take(2).filter(|byte| **byte == b'=').count();
    (base64.len() as u64 * 3 / 4).saturating_sub(padding as u64)
}

/// What the carrier is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ToCarrier {
    /// Sound to be played.
    Media(Bytes),
    /// Comes back once everything before it was played.
    Mark(String),
    /// Forget what was not played.
    Clear,
}

/// The sound on its way.
#[derive(Debug, Default)]
pub(crate) struct Playout {
    /// Bytes sent, less those that a clear took back.
    sent: u64,
    /// Bytes that the carrier says it has played.
    confirmed: u64,
    /// When the carrier will have played everything, by the clock.
    dry_ms: u64,
    /// Sent, and not yet known to be played.
    in_flight: VecDeque<Chunk>,
    /// Not yet sent.
    waiting: VecDeque<Chunk>,
    waiting_bytes: u64,
    /// Outstanding marks by their positions, and when each is due.
    marks: VecDeque<(u64, u64)>,
    /// Marks of an older generation came back by a clear.
    generation: u64,
    last_mark: u64,
    /// Marks do not come back: the clock is believed at once.
    marks_lost: bool,
    /// Nothing is sent meanwhile.
    held: bool,
    /// For those who listen, while there are any.
    echo: Option<Echo>,
}

impl Playout {
    /// Sound of the agent, to follow what is on its way. Says whether there was room.
    pub(crate) fn push(&mut self, now_ms: u64, base64: Bytes, out: &mut VecDeque<ToCarrier>) -> bool {
        let chunk = Chunk::new(base64);
        if chunk.bytes == 0 {
            return true;
        }
        if self.waiting_bytes + chunk.bytes > MAX_WAITING {
            return false;
        }
        if self.held || !self.waiting.is_empty() || self.ahead_ms(now_ms) >= AHEAD_MS {
            self.waiting_bytes += chunk.bytes;
            self.waiting.push_back(chunk);
        } else {
            self.send(now_ms, chunk, out);
        }
        true
    }

    /// An utterance is whole: its end is marked.
    pub(crate) fn end_utterance(&mut self, out: &mut VecDeque<ToCarrier>) {
        if self.waiting.is_empty() && !self.held {
            self.mark(out);
        }
    }

    /// Sends what is due by now.
    pub(crate) fn refill(&mut self, now_ms: u64, out: &mut VecDeque<ToCarrier>) {
        if self.held || self.waiting.is_empty() || self.ahead_ms(now_ms) > REFILL_MS {
            return;
        }
        while self.ahead_ms(now_ms) < AHEAD_MS
            && let Some(chunk) = self.waiting.pop_front()
        {
            self.waiting_bytes -= chunk.bytes;
            self.send(now_ms, chunk, out);
        }
        if self.waiting.is_empty() {
            self.mark(out);
        }
    }

    fn send(&mut self, now_ms: u64, chunk: Chunk, out: &mut VecDeque<ToCarrier>) {
        if let Some(echo) = &mut self.echo {
            echo.push(self.sent, &chunk.base64);
        }
        self.sent += chunk.bytes;
        self.dry_ms = self.dry_ms.max(now_ms) + chunk.bytes.div_ceil(BYTES_PER_MS);
        out.push_back(ToCarrier::Media(chunk.base64.clone()));
        self.in_flight.push_back(chunk);
        if self.sent - self.last_mark >= MARK_EVERY {
            self.mark(out);
        }
    }

    fn mark(&mut self, out: &mut VecDeque<ToCarrier>) {
        if self.last_mark == self.sent {
            return;
        }
        self.last_mark = self.sent;
        self.marks.push_back((self.sent, self.dry_ms));
        out.push_back(ToCarrier::Mark(format!("{}.{}", self.generation, self.sent)));
    }

    /// A mark came back. Says whether it tells anything new.
    pub(crate) fn on_mark(&mut self, now_ms: u64, name: &str) -> bool {
        let Some((generation, position)) = name.split_once('.') else {
            return false;
        };
        let (Ok(generation), Ok(position)) = (generation.parse::<u64>(), position.parse::<u64>()) else {
            return false;
        };
        // Only what was sent and is awaited tells anything.
        if generation != self.generation || !self.marks.iter().any(|(at, _)| *at == position) {
            return false;
        }
        while self.marks.pop_front_if(|(at, _)| *at <= position).is_some() {}
        self.marks_lost = false;
        self.confirm(position);
        self.dry_ms = now_ms + (self.sent - position).div_ceil(BYTES_PER_MS);
        true
    }

    fn confirm(&mut self, position: u64) {
        let in_flight: u64 = self.in_flight.iter().map(|chunk| chunk.bytes).sum();
        let mut begins = self.sent - in_flight;
        while let Some(chunk) = self
            .in_flight
            .pop_front_if(|chunk| begins + chunk.bytes <= position)
        {
            begins += chunk.bytes;
        }
        self.confirmed = self.confirmed.max(position);
    }

    /// How much of what was sent the caller has heard: as the clock says, between the last mark that came back and
    /// the next one that has not.
    pub(crate) fn played(&self, now_ms: u64) -> u64 {
        let left = self.dry_ms.saturating_sub(now_ms) * BYTES_PER_MS;
        let by_clock = self.sent.saturating_sub(left).max(self.confirmed);
        match self.marks.front() {
            Some((next, due_ms)) if now_ms < due_ms + self.late_ms() => by_clock.min(*next),
            _ => by_clock,
        }
    }

    /// How late a mark may be.
    fn late_ms(&self) -> u64 {
        if self.marks_lost { 0 } else { MARK_LATE_MS }
    }

    /// How much is still to be played of what was sent, by the clock.
    fn ahead_ms(&self, now_ms: u64) -> u64 {
        self.dry_ms.saturating_sub(now_ms)
    }

    /// Position behind everything that is here.
    pub(crate) fn end(&self) -> u64 {
        self.sent + self.waiting_bytes
    }

    /// Whether everything was played.
    pub(crate) fn is_silent(&self, now_ms: u64) -> bool {
        self.waiting.is_empty() && self.played(now_ms) >= self.sent
    }

    /// Stops the voice at once. What was not heard is kept until [`Self::resume`] or [`Self::forget`]; what comes
    /// meanwhile waits behind it. Gives the position heard.
    pub(crate) fn hold(&mut self, now_ms: u64, out: &mut VecDeque<ToCarrier>) -> u64 {
        let heard = self.played(now_ms);
        if self.held {
            return heard;
        }
        self.held = true;
        if heard >= self.sent && self.marks.is_empty() {
            return heard;
        }
        out.push_back(ToCarrier::Clear);
        self.generation += 1;
        self.marks.clear();
        let in_flight: u64 = self.in_flight.iter().map(|chunk| chunk.bytes).sum();
        let mut skip = heard.saturating_sub(self.sent - in_flight);
        let mut kept = VecDeque::with_capacity(self.in_flight.len());
        for chunk in self.in_flight.drain(..) {
            let bytes = chunk.bytes;
            kept.extend(chunk.without(skip));
            skip = skip.saturating_sub(bytes);
        }
        let kept_bytes: u64 = kept.iter().map(|chunk| chunk.bytes).sum();
        self.waiting_bytes += kept_bytes;
        kept.append(&mut self.waiting);
        self.waiting = kept;
        self.sent = self.sent.saturating_sub(kept_bytes);
        self.confirmed = self.sent;
        self.last_mark = self.sent;
        self.dry_ms = now_ms;
        if let Some(echo) = &mut self.echo {
            echo.cut(self.sent);
        }
        heard
    }

    /// Somebody listens from now on, or nobody any more.
    pub(crate) fn listen(&mut self, on: bool) {
        self.echo = on.then(|| {
            let mut echo = Echo::default();
            let mut begins = self.sent - self.in_flight.iter().map(|chunk| chunk.bytes).sum::<u64>();
            for chunk in &self.in_flight {
                echo.push(begins, &chunk.base64);
                begins += chunk.bytes;
            }
            echo
        });
    }

    /// What the caller has heard since it was asked last, for those who listen.
    pub(crate) fn hear(&mut self, now_ms: u64, out: &mut Vec<u8>) {
        let heard = self.played(now_ms);
        if let Some(echo) = &mut self.echo {
            echo.take(heard, out);
        }
    }

    /// Nothing is sent from now on, and what is being heard is let be.
    pub(crate) fn pause(&mut self) {
        self.held = true;
    }

    /// Whether the voice is held.
    pub(crate) fn is_held(&self) -> bool {
        self.held
    }

    /// Goes on where the voice was stopped.
    pub(crate) fn resume(&mut self, now_ms: u64, out: &mut VecDeque<ToCarrier>) {
        self.held = false;
        self.refill(now_ms, out);
    }

    /// Forgets what waits, from this position on, and lets go on what is before it.
    pub(crate) fn forget(&mut self, from: u64) {
        while self.end() > from
            && let Some(chunk) = self.waiting.pop_back()
        {
            self.waiting_bytes -= chunk.bytes;
        }
        // What the carrier has of it may still be heard, and is never sent again.
        let sent = self.sent;
        while self.sent > from
            && let Some(chunk) = self.in_flight.pop_back()
        {
            self.sent -= chunk.bytes;
        }
        if self.sent < sent {
            self.generation += 1;
            self.marks.clear();
            self.confirmed = self.confirmed.min(self.sent);
            self.last_mark = self.sent;
        }
        self.held = false;
    }

    /// Forgets everything: nothing that was sent or waits is ever sent again.
    pub(crate) fn forget_all(&mut self) {
        self.waiting.clear();
        self.waiting_bytes = 0;
        self.in_flight.clear();
        self.marks.clear();
        self.generation += 1;
        self.confirmed = self.sent;
        self.last_mark = self.sent;
        self.held = false;
    }

    /// When [`Self::refill`] or a look at [`Self::played`] is due.
    pub(crate) fn deadline(&self) -> Option<u64> {
        if !self.held && !self.waiting.is_empty() {
            return Some(self.dry_ms.saturating_sub(REFILL_MS));
        }
        self.marks.front().map(|(_, due_ms)| due_ms + self.late_ms())
    }

    /// Marks that are too late are given up: the clock decides. Says whether there were any.
    pub(crate) fn give_up_marks(&mut self, now_ms: u64) -> bool {
        let late_ms = self.late_ms();
        let mut any = false;
        while let Some((position, _)) = self.marks.pop_front_if(|(_, due_ms)| *due_ms + late_ms <= now_ms) {
            self.confirm(position);
            any = true;
        }
        self.marks_lost |= any;
        any
    }
}

#[cfg(test)]
mod tests;
