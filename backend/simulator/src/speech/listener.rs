//! Knows words by their sound. Sound that crosses the product is not changed, only cut, so a listener compares bytes: it
//! looks for a window of sound that is in the index, and from there on follows the utterances that fit.

use std::sync::Arc;

use phony_audio::frame::{ulaw_bytes, ulaw_ms};
use phony_audio::ulaw;

use super::by_shape::ByShape;
use super::index::{Rolling, WINDOW};
use super::{Speech, Utterance};

/// Part of a word that must have been there for the word to be heard.
pub(super) const ENOUGH_PERCENT: u64 = 60;
/// Sound kept to look back into, a power of two: how far back is known only when a window to remember has come.
const KEPT: usize = 1_024;
/// Utterances that are followed at the same time: some begin with the same sound.
const MOST_CANDIDATES: usize = 8;
/// Words nobody has fetched yet.
const MOST_HEARD: usize = 4_096;
/// Longest hole in an utterance after which its rest still belongs to it, in bytes.
const LONGEST_HOLE: usize = ulaw_bytes(10_000);

/// A word that was in the sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeardWord {
    /// As it was written.
    pub text: String,
    /// Where it began, in milliseconds of sound since the listener began.
    pub at_ms: u64,
    /// Where it ends; an interruption may have cut it a little earlier.
    pub until_ms: u64,
    /// What it is part of.
    pub utterance: Arc<Utterance>,
    /// Which word of that it is.
    pub index: usize,
}

/// An utterance that fits the sound so far.
#[derive(Debug)]
struct Candidate {
    id: u32,
    utterance: Arc<Utterance>,
    /// First byte that fitted, in the stream and in the utterance.
    from_stream: usize,
    from: usize,
    /// The byte of the utterance that comes next.
    next: usize,
    next_word: usize,
    /// Bytes of `next_word` that were heard before a hole.
    carried: usize,
    carried_word: usize,
    alive: bool,
}

/// What is known of an utterance that broke off.
#[derive(Debug)]
struct Broken {
    id: u32,
    next: usize,
    word: usize,
    covered: usize,
    at: usize,
}

/// An ear for one side of a call. Give it the sound in order; ask it for the words.
#[derive(Debug)]
pub struct Listener {
    speech: Speech,
    position: usize,
    kept: [u8; KEPT],
    /// Older bytes in `kept` are stale.
    kept_from: usize,
    rolling: Rolling,
    candidates: Vec<Candidate>,
    broken: Option<Broken>,
    /// Where the newest heard word ends in the stream: the same sound is not heard twice.
    told_until: usize,
    heard: Vec<HeardWord>,
    by_shape: ByShape,
}

impl Candidate {
    /// How sure it is.
    fn rank(&self) -> (usize, bool, u32) {
        (self.next - self.from, self.carried > 0, self.id)
    }

    /// Compares with the sound that comes next and returns how much of it fits.
    fn follow(&mut self, sound: &[u8]) -> usize {
        let expected = &self.utterance.ulaw[self.next..];
        let fits = expected.iter().zip(sound).take_while(|(a, b)| a == b).count();
        self.next += fits;
        fits
    }

    fn covered(&self, word: usize) -> (usize, usize) {
        let word_at = &self.utterance.words[word];
        let begin = ulaw_bytes(word_at.from_ms);
        let end = ulaw_bytes(word_at.to_ms);
        let fresh = end.min(self.next).saturating_sub(begin.max(self.from));
        let before = if self.carried_word == word {
            self.carried
        } else {
            0
        };
        (fresh + before, (end - begin).max(1))
    }

    /// A place of the utterance in the stream.
    fn in_stream(&self, ms: u64) -> usize {
        (self.from_stream + ulaw_bytes(ms)).saturating_sub(self.from)
    }
}

impl Listener {
    pub(super) fn new(speech: Speech) -> Self {
        Self {
            speech,
            position: 0,
            kept: [ulaw::SILENCE; KEPT],
            kept_from: 0,
            rolling: Rolling::default(),
            candidates: Vec::new(),
            broken: None,
            told_until: 0,
            heard: Vec::new(),
            by_shape: ByShape::default(),
        }
    }

    /// Hears the next sound: μ-law, any length.
    pub fn push(&mut self, sound: &[u8]) {
        let from = self.position;
        self.push_known(sound);
        self.push_unknown(sound, from);
    }

    /// What is not known by its bytes may be known by its shape.
    fn push_unknown(&mut self, sound: &[u8], from: usize) {
        let models = self.speech.inner.for_microphones.read();
        if models.is_empty() {
            return;
        }
        if !self.candidates.is_empty() {
            self.by_shape.forget();
            return;
        }
        let heard = self.by_shape.push(sound, from, &models);
        drop(models);
        let room = MOST_HEARD.saturating_sub(self.heard.len());
        self.heard.extend(heard.into_iter().take(room));
    }

    fn push_known(&mut self, sound: &[u8]) {
        let mut rest = sound;
        while !rest.is_empty() {
            let used = if self.candidates.is_empty() {
                self.search(rest)
            } else {
                self.follow(rest)
            };
            rest = &rest[used..];
        }
    }

    /// The words heard since the last look.
    pub fn heard(&mut self) -> Vec<HeardWord> {
        std::mem::take(&mut self.heard)
    }

    /// How much sound has been heard, in milliseconds.
    #[must_use]
    pub fn position_ms(&self) -> u64 {
        ulaw_ms(self.position)
    }

    /// The utterance now being heard and how far it is, in milliseconds; `None` in silence and in unknown sound.
    #[must_use]
    pub fn following(&self) -> Option<(Arc<Utterance>, u64)> {
        let best = self.candidates.iter().max_by_key(|c| c.rank())?;
        Some((Arc::clone(&best.utterance), ulaw_ms(best.next)))
    }

    /// Looks for something known; returns how much sound that took.
    fn search(&mut self, sound: &[u8]) -> usize {
        let silent = sound.iter().take_while(|&&code| code == ulaw::SILENCE).count();
        if silent >= WINDOW {
            // Nothing that begins here can reach back beyond the silence.
            self.position += silent;
            self.kept_from = self.position;
            self.rolling = Rolling::default();
            return silent;
        }
        let speech = self.speech.clone();
        let registry = speech.inner.registry.read();
        for (used, &byte) in sound.iter().enumerate() {
            let old = self.at(self.position.wrapping_sub(WINDOW));
            self.keep(byte);
            self.rolling.push(byte, old);
            let Some(key) = self.rolling.key() else { continue };
            for (place, utterance) in registry.index.find(key) {
                if self.candidates.len() < MOST_CANDIDATES {
                    let found = self.candidate(place.id, place.at as usize, utterance);
                    self.candidates.extend(found);
                }
            }
            if !self.candidates.is_empty() {
                self.rolling = Rolling::default();
                return used + 1;
            }
        }
        sound.len()
    }

    fn at(&self, position: usize) -> u8 {
        self.kept[position % KEPT]
    }

    fn keep(&mut self, byte: u8) {
        self.kept[self.position % KEPT] = byte;
        self.position += 1;
        self.kept_from = self.kept_from.max(self.position.saturating_sub(KEPT));
    }

    /// Checks that the last window is really there in the utterance, and how much before it fits, too.
    fn candidate(&self, id: u32, at: usize, utterance: &Arc<Utterance>) -> Option<Candidate> {
        let next = at + WINDOW;
        let mut from = next;
        let mut from_stream = self.position;
        while from > 0 && from_stream > self.kept_from && utterance.ulaw[from - 1] == self.at(from_stream - 1)
        {
            from -= 1;
            from_stream -= 1;
        }
        if next - from < WINDOW {
            return None;
        }
        let broken = self.broken.as_ref().filter(|broken| {
            broken.id == id && from + WINDOW >= broken.next && from_stream < broken.at + LONGEST_HOLE
        });
        let first = utterance
            .words
            .iter()
            .position(|word| ulaw_bytes(word.to_ms) > from)
            .unwrap_or(utterance.words.len());
        Some(Candidate {
            id,
            utterance: Arc::clone(utterance),
            from_stream,
            from,
            next,
            next_word: broken.map_or(first, |broken| first.max(broken.word)),
            carried: broken.map_or(0, |broken| broken.covered),
            carried_word: broken.map_or(usize::MAX, |broken| broken.word),
            alive: true,
        })
    }

    /// Goes on with the candidates; returns how much sound that took.
    fn follow(&mut self, sound: &[u8]) -> usize {
        let mut furthest = 0;
        for candidate in &mut self.candidates {
            let fits = candidate.follow(sound);
            candidate.alive = fits == sound.len() && candidate.next < candidate.utterance.ulaw.len();
            furthest = furthest.max(fits);
        }
        // What comes after a break may have begun a little before it.
        for (offset, &byte) in sound[..furthest]
            .iter()
            .enumerate()
            .skip(furthest.saturating_sub(KEPT))
        {
            self.kept[(self.position + offset) % KEPT] = byte;
        }
        self.position += furthest;
        self.kept_from = self.kept_from.max(self.position.saturating_sub(KEPT));
        self.tell();
        furthest
    }

    /// Takes the words of the best candidate, and lets go of those that do not fit any more.
    fn tell(&mut self) {
        let best = (0..self.candidates.len()).max_by_key(|&at| self.candidates[at].rank());
        let Some(best) = best.and_then(|at| self.candidates.get_mut(at)) else {
            return;
        };
        while let Some(word) = best.utterance.words.get(best.next_word) {
            let (covered, length) = best.covered(best.next_word);
            if covered as u64 * 100 < length as u64 * ENOUGH_PERCENT {
                if best.next < ulaw_bytes(word.to_ms) {
                    break;
                }
            } else {
                let (begin, end) = (best.in_stream(word.from_ms), best.in_stream(word.to_ms));
                if begin.midpoint(end) >= self.told_until && self.heard.len() < MOST_HEARD {
                    self.told_until = end;
                    self.heard.push(HeardWord {
                        text: word.text.clone(),
                        at_ms: ulaw_ms(begin.max(best.from_stream)),
                        until_ms: ulaw_ms(end),
                        utterance: Arc::clone(&best.utterance),
                        index: best.next_word,
                    });
                }
            }
            best.next_word += 1;
        }
        if !best.alive {
            self.told_until = self.told_until.min(self.position);
            self.broken = (best.next < best.utterance.ulaw.len()).then(|| Broken {
                id: best.id,
                next: best.next,
                word: best.next_word,
                covered: best
                    .utterance
                    .words
                    .get(best.next_word)
                    .map_or(0, |_| best.covered(best.next_word).0),
                at: self.position,
            });
        }
        self.candidates.retain(|candidate| candidate.alive);
    }
}
