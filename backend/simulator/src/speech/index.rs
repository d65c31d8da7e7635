//! Where a few milliseconds of sound occur in what has been said.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use phony_audio::ulaw;

use super::Utterance;

/// Bytes that are compared at once: 8 ms.
pub(super) const WINDOW: usize = 64;
/// Of all windows only those are remembered, and looked for, whose sum has nothing in its highest bits: one in sixteen.
/// Which these are depends on the sound alone, so it does not matter where a piece was cut.
const ANCHOR_SHIFT: u32 = 60;
/// Places of one window that are remembered; the same sound in more utterances is as good as known.
const MOST_PLACES: usize = 8;
/// Louder samples are sound and not silence.
const AUDIBLE: u16 = 60;
/// Audible samples a window needs to tell anything.
const ENOUGH_AUDIBLE: usize = WINDOW / 4;
/// Base of the rolling sum, odd so that nothing is lost.
const BASE: u64 = 0x9e37_79b9_7f4a_7c15;
const BASE_TO_WINDOW: u64 = power(BASE, WINDOW);

const fn power(base: u64, times: usize) -> u64 {
    let mut product: u64 = 1;
    let mut done = 0;
    while done < times {
        product = product.wrapping_mul(base);
        done += 1;
    }
    product
}

const AUDIBLE_CODES: [bool; 256] = audible_codes();

const fn audible_codes() -> [bool; 256] {
    let mut table = [false; 256];
    let mut code: u8 = 0;
    loop {
        table[code as usize] = ulaw::decode(code).unsigned_abs() > AUDIBLE;
        if code == u8::MAX {
            return table;
        }
        code += 1;
    }
}

/// The sum of the last window of a stream.
#[derive(Debug, Clone, Default)]
pub(super) struct Rolling {
    sum: u64,
    audible: usize,
    length: usize,
}

impl Rolling {
    /// Takes the next byte; `old` is the byte of one window ago.
    #[inline]
    pub(super) fn push(&mut self, byte: u8, old: u8) {
        self.sum = self.sum.wrapping_mul(BASE).wrapping_add(u64::from(byte) + 1);
        self.audible += usize::from(AUDIBLE_CODES[usize::from(byte)]);
        if self.length == WINDOW {
            self.sum = self
                .sum
                .wrapping_sub(BASE_TO_WINDOW.wrapping_mul(u64::from(old) + 1));
            self.audible -= usize::from(AUDIBLE_CODES[usize::from(old)]);
        } else {
            self.length += 1;
        }
    }

    /// The sum, when the window is full of something that can be told apart, and is one to remember.
    #[inline]
    pub(super) fn key(&self) -> Option<u64> {
        (self.sum >> ANCHOR_SHIFT == 0 && self.length == WINDOW && self.audible >= ENOUGH_AUDIBLE)
            .then_some(self.sum)
    }
}

/// A place in an utterance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) id: u32,
    pub(super) at: u32,
}

/// The keys are sums already; they only need their bits spread.
#[derive(Debug, Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(self.0 ^ u64::from(byte));
        }
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = (key ^ (key >> 29)).wrapping_mul(BASE);
    }
}

type Table<T> = HashMap<u64, T, BuildHasherDefault<Spread>>;

/// All windows of all utterances that are remembered.
#[derive(Debug, Default)]
pub(super) struct Index {
    first: Table<Place>,
    /// Further places of sound that occurs several times.
    more: Table<Vec<Place>>,
    utterances: HashMap<u32, Arc<Utterance>>,
}

impl Index {
    pub(super) fn add(&mut self, id: u32, utterance: &Arc<Utterance>) {
        self.utterances.insert(id, Arc::clone(utterance));
        for (key, at) in windows(&utterance.ulaw) {
            let place = Place { id, at };
            match self.first.entry(key) {
                std::collections::hash_map::Entry::Vacant(free) => {
                    free.insert(place);
                }
                std::collections::hash_map::Entry::Occupied(_) => {
                    let more = self.more.entry(key).or_default();
                    if more.len() + 1 >= MOST_PLACES {
                        more.remove(0);
                    }
                    more.push(place);
                }
            }
        }
    }

    pub(super) fn remove(&mut self, id: u32) {
        let Some(utterance) = self.utterances.remove(&id) else {
            return;
        };
        for (key, _) in windows(&utterance.ulaw) {
            if let Some(more) = self.more.get_mut(&key) {
                more.retain(|place| place.id != id);
                if self.first.get(&key).is_some_and(|place| place.id == id)
                    && let Some(next) = more.pop()
                {
                    self.first.insert(key, next);
                }
                if more.is_empty() {
                    self.more.remove(&key);
                }
            }
            if self.first.get(&key).is_some_and(|place| place.id == id) {
                self.first.remove(&key);
            }
        }
    }

    /// Where this sound occurs, with the utterance.
    pub(super) fn find(&self, key: u64) -> impl Iterator<Item = (Place, &Arc<Utterance>)> {
        let first = self.first.get(&key);
        let more = first.and_then(|_| self.more.get(&key)).into_iter().flatten();
        first
            .into_iter()
            .chain(more)
            .filter_map(|place| Some((*place, self.utterances.get(&place.id)?)))
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.first.is_empty() && self.more.is_empty() && self.utterances.is_empty()
    }
}

/// The windows of a sound to remember, and where each begins.
fn windows(sound: &[u8]) -> impl Iterator<Item = (u64, u32)> {
    let mut rolling = Rolling::default();
    sound.iter().enumerate().filter_map(move |(at, &byte)| {
        let old = at.checked_sub(WINDOW).map_or(0, |old| sound[old]);
        rolling.push(byte, old);
        let begin = (at + 1).checked_sub(WINDOW)?;
        Some((rolling.key()?, u32::try_from(begin).ok()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utterance(seed: u64) -> Arc<Utterance> {
        let mut sound = vec![0; 1_600];
        phony_audio::noise::Noise::new(seed, -20.0).fill(&mut sound, 1.0);
        Arc::new(Utterance {
            text: seed.to_string(),
            ulaw: sound.into(),
            words: Vec::new(),
        })
    }

    #[test]
    fn a_rolling_sum_equals_a_fresh_one() {
        let sound = utterance(1).ulaw.clone();
        let mut rolling = Rolling::default();
        for (at, &byte) in sound.iter().enumerate() {
            rolling.push(byte, if at >= WINDOW { sound[at - WINDOW] } else { 0 });
            if at + 1 >= WINDOW {
                let mut fresh = Rolling::default();
                sound[at + 1 - WINDOW..=at].iter().for_each(|b| fresh.push(*b, 0));
                assert_eq!((rolling.sum, rolling.key()), (fresh.sum, fresh.key()));
            }
        }
    }

    #[test]
    fn what_is_removed_leaves_nothing_behind() {
        let mut index = Index::default();
        let (one, two) = (utterance(1), utterance(2));
        index.add(1, &one);
        index.add(2, &two);
        // The same sound once more, as if it began another text.
        index.add(3, &one);
        let (key, _) = windows(&one.ulaw).nth(5).unwrap();
        let ids = |index: &Index| index.find(key).map(|(place, _)| place.id).collect::<Vec<_>>();
        assert_eq!(ids(&index), [1, 3]);
        index.remove(1);
        assert_eq!(ids(&index), [3]);
        index.remove(3);
        index.remove(2);
        assert!(index.is_empty());
    }
}
