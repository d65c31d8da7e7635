//! Not more calls a second than the carrier's account takes: one after the other, evenly, with no burst after a rest.

/// Hands out the moments at which calls may be asked for. Times are in microseconds of any clock that never goes back.
#[derive(Debug, Clone)]
pub struct Pacer {
    interval_us: u64,
    next_us: u64,
}

impl Pacer {
    /// At most `per_second`. Whoever begins cannot know when the last call was made by somebody else, so the first
    /// moment is a whole interval away.
    #[must_use]
    pub fn new(per_second: u32, now_us: u64) -> Self {
        let interval_us = 1_000_000_u64.div_ceil(u64::from(per_second.max(1)));
        Self {
            interval_us,
            next_us: now_us.saturating_add(interval_us),
        }
    }

    /// Takes the moment, if it is there.
    ///
    /// # Errors
    /// For how long it is not.
    pub fn take(&mut self, now_us: u64) -> Result<(), u64> {
        if now_us < self.next_us {
            return Err(self.next_us - now_us);
        }
        self.next_us = now_us.saturating_add(self.interval_us);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sixty_calls_at_one_a_second_take_a_minute() {
        let (mut now, mut taken) = (5_000_000, Vec::new());
        let mut pacer = Pacer::new(1, now);
        while taken.len() < 60 {
            match pacer.take(now) {
                Ok(()) => taken.push(now),
                Err(wait) => now += wait,
            }
        }
        let gaps: Vec<u64> = taken.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(gaps.iter().all(|gap| *gap == 1_000_000), "{gaps:?}");
        assert_eq!(taken[0], 6_000_000);
    }

    proptest! {
        /// Whenever it is asked: never more in any second than allowed, and never a moment lost to who asks in time.
        #[test]
        fn no_second_has_more_than_its_share(per_second in 1_u32..200, steps in prop::collection::vec(0_u64..900_000, 1..400)) {
            let mut now = 0;
            let mut pacer = Pacer::new(per_second, now);
            let mut taken: Vec<u64> = Vec::new();
            for step in steps {
                now += step;
                match pacer.take(now) {
                    Ok(()) => taken.push(now),
                    Err(wait) => prop_assert!(wait <= 1_000_000 / u64::from(per_second) + 1),
                }
                let last_second = taken.iter().filter(|at| **at + 1_000_000 > now).count();
                prop_assert!(last_second <= per_second as usize);
            }
        }
    }
}
