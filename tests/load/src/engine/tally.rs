//! What became of every frame, and what a measured stretch of time brought.

use hdrhistogram::Histogram;

/// Frames a call remembers: twenty seconds. What has not come back by then is lost.
const REMEMBERED: usize = 1_024;

/// A histogram of nanoseconds up to a minute.
pub(crate) fn histogram() -> Histogram<u64> {
    // The bounds are constants that fit; one without bounds would do as well.
    Histogram::new_with_bounds(1_000, 60_000_000_000, 3).unwrap_or_else(|_| unbounded())
}

#[expect(clippy::expect_used, reason = "three digits are always a usable precision")]
fn unbounded() -> Histogram<u64> {
    Histogram::new(3).expect("a histogram")
}

#[derive(Debug, Clone, Copy, Default)]
struct Sent {
    /// When it went out; 0 once it has come back, or was never sent.
    at: u64,
    /// What the model stand-in took for it.
    stand_in: u64,
    sequence: u32,
    back: bool,
}

/// The frames of one call.
#[derive(Debug)]
pub(crate) struct Frames {
    ring: Vec<Sent>,
    next: u32,
    highest_back: Option<u32>,
}

/// A measured stretch of time; frames count by when they were sent.
#[derive(Debug, Clone)]
pub(crate) struct Window {
    /// From when on.
    pub(crate) from: u64,
    /// Until when; open at first.
    pub(crate) to: u64,
    /// Frames sent that the model was asked to return.
    pub(crate) sent: u64,
    /// Frames that came back.
    pub(crate) returned: u64,
    pub(crate) lost: u64,
    pub(crate) duplicated: u64,
    pub(crate) reordered: u64,
    /// Frames whose sound was not what had been sent.
    pub(crate) altered: u64,
    /// Bytes that came and belong to no frame.
    pub(crate) strange_bytes: u64,
    /// Messages that the real carrier would reject.
    pub(crate) invalid: u64,
    /// `clear` that nobody had a reason for.
    pub(crate) clears: u64,
    pub(crate) marks: u64,
    /// Calls that ended although nobody hung up.
    pub(crate) dropped: u64,
    /// Sound that waited at the carrier to be played, at the most.
    pub(crate) ahead_ns: u64,
    /// Carrier to carrier, without the stand-in's own time.
    pub(crate) added: Histogram<u64>,
    /// How late the driver itself was.
    pub(crate) lag: Histogram<u64>,
    /// From the caller's voice at the stand-in to `clear` at the carrier.
    pub(crate) clear: Histogram<u64>,
    /// Part of the time that the driver was at work.
    pub(crate) driver_busy: f64,
}

impl Window {
    pub(crate) fn new(from: u64) -> Self {
        Self {
            from,
            to: u64::MAX,
            sent: 0,
            returned: 0,
            lost: 0,
            duplicated: 0,
            reordered: 0,
            altered: 0,
            strange_bytes: 0,
            invalid: 0,
            clears: 0,
            marks: 0,
            dropped: 0,
            ahead_ns: 0,
            added: histogram(),
            lag: histogram(),
            clear: histogram(),
            driver_busy: 0.0,
        }
    }

    fn has(&self, at: u64) -> bool {
        at >= self.from && at < self.to
    }
}

impl Frames {
    pub(crate) fn new() -> Self {
        Self {
            ring: vec![Sent::default(); REMEMBERED],
            next: 0,
            highest_back: None,
        }
    }

    fn slot(&mut self, sequence: u32) -> Option<&mut Sent> {
        let at = usize::try_from(sequence).unwrap_or(0) % REMEMBERED;
        self.ring.get_mut(at).filter(|slot| slot.sequence == sequence)
    }

    /// The number of the next frame, which goes out now.
    pub(crate) fn send(&mut self, at: u64, window: &mut Window) -> u32 {
        let sequence = self.next;
        self.next += 1;
        let place = usize::try_from(sequence).unwrap_or(0) % REMEMBERED;
        if let Some(slot) = self.ring.get_mut(place) {
            if slot.at != 0 && !slot.back && window.has(slot.at) {
                window.lost += 1;
            }
            *slot = Sent {
                at,
                stand_in: 0,
                sequence,
                back: false,
            };
        }
        if window.has(at) {
            window.sent += 1;
        }
        sequence
    }

    /// The stand-in has sent it back and took `took` for that.
    pub(crate) fn answered(&mut self, sequence: u32, took: u64) {
        if let Some(slot) = self.slot(sequence) {
            slot.stand_in = took;
        }
    }

    /// The stand-in got it while it had nothing to say: it will not come back, and that is right.
    pub(crate) fn swallowed(&mut self, sequence: u32, window: &mut Window) {
        let Some(slot) = self.slot(sequence) else { return };
        if !slot.back && slot.at != 0 {
            slot.back = true;
            if window.has(slot.at) {
                window.sent = window.sent.saturating_sub(1);
            }
        }
    }

    /// It is back at the carrier.
    pub(crate) fn returned(&mut self, sequence: u32, at: u64, window: &mut Window) {
        if self.highest_back.is_some_and(|highest| sequence < highest) {
            window.reordered += 1;
        }
        self.highest_back = self.highest_back.max(Some(sequence));
        let Some(slot) = self.slot(sequence) else {
            window.duplicated += 1;
            return;
        };
        if slot.back {
            window.duplicated += 1;
            return;
        }
        slot.back = true;
        if window.has(slot.at) {
            window.returned += 1;
            let added = at.saturating_sub(slot.at).saturating_sub(slot.stand_in);
            window.added.saturating_record(added);
        }
    }

    /// Counts what is still missing at the end of a window.
    pub(crate) fn settle(&mut self, window: &mut Window) {
        for slot in &mut self.ring {
            if slot.at != 0 && !slot.back && window.has(slot.at) {
                slot.back = true;
                window.lost += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fate_of_a_frame_is_counted() {
        let (mut frames, mut window) = (Frames::new(), Window::new(0));
        for at in 1..=6_u64 {
            frames.send(at * 20_000_000, &mut window);
        }
        frames.answered(0, 1_000_000);
        frames.returned(0, 24_000_000, &mut window);
        frames.returned(2, 61_000_000, &mut window);
        frames.returned(1, 62_000_000, &mut window);
        frames.returned(1, 63_000_000, &mut window);
        frames.swallowed(3, &mut window);
        frames.settle(&mut window);
        assert_eq!((window.sent, window.returned), (5, 3));
        assert_eq!((window.reordered, window.duplicated, window.lost), (2, 1, 2));
        assert_eq!(window.added.len(), 3);
        assert!(
            window
                .added
                .equivalent(window.added.value_at_quantile(0.99), 22_000_000)
        );
        let first = window.added.value_at_quantile(0.4);
        assert!(window.added.equivalent(first, 3_000_000), "{first}");
    }

    #[test]
    fn a_frame_that_is_never_seen_again_is_lost_even_in_a_long_window() {
        let (mut frames, mut window) = (Frames::new(), Window::new(0));
        for at in 1..=3_000_u64 {
            let sequence = frames.send(at, &mut window);
            if sequence != 7 {
                frames.returned(sequence, at + 1_000, &mut window);
            }
        }
        frames.settle(&mut window);
        assert_eq!((window.sent, window.lost, window.returned), (3_000, 1, 2_999));
    }
}
