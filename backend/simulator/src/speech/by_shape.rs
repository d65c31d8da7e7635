//! Knows words that went through a microphone, by their shape. Only utterances that were asked for as a file to be
//! played to one are looked for, and only sound that is nothing else.

use std::collections::VecDeque;
use std::sync::Arc;

use phony_audio::frame::ulaw_ms;

use super::Utterance;
use super::listener::{ENOUGH_PERCENT, HeardWord};
use super::shape::{MOMENT_BYTES, Moment, STEP_MS, Shape, is_voice, moment};

/// Moments that are compared to find an utterance: a second.
const FIND: usize = 50;
/// Moments that are compared to stay with one.
const STAY: usize = 30;
/// Of the moments compared so many must have a voice in them.
const VOICED: usize = 20;
/// How often it is compared.
const EVERY: usize = 5;
const FOUND: f32 = 0.6;
const LOST: f32 = 0.35;
/// How far a microphone may run away between two looks, in steps.
const DRIFT: isize = 2;

/// A file for a microphone.
#[derive(Debug)]
pub(super) struct Model {
    pub(super) utterance: Arc<Utterance>,
    pub(super) shape: Shape,
}

#[derive(Debug)]
struct Following {
    model: Arc<Model>,
    /// Place in the utterance of the newest moment, less twice the count of moments.
    offset: isize,
    /// Where it was first known.
    from_ms: u64,
    next_word: usize,
    doubts: u32,
}

/// An ear for shapes.
#[derive(Debug, Default)]
pub(super) struct ByShape {
    partial: Vec<u8>,
    recent: VecDeque<Moment>,
    /// Moments that were heard.
    count: usize,
    /// Where in the stream the first of them began, in milliseconds.
    began_ms: u64,
    following: Option<Following>,
}

impl ByShape {
    /// What was heard is something else.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    /// Hears sound that begins at `position` bytes of the stream.
    pub(super) fn push(&mut self, sound: &[u8], position: usize, models: &[Arc<Model>]) -> Vec<HeardWord> {
        let mut heard = Vec::new();
        if self.count == 0 && self.partial.is_empty() {
            self.began_ms = ulaw_ms(position);
        }
        let mut rest = sound;
        while !rest.is_empty() {
            let some = (MOMENT_BYTES - self.partial.len()).min(rest.len());
            self.partial.extend_from_slice(&rest[..some]);
            rest = &rest[some..];
            if self.partial.len() == MOMENT_BYTES {
                self.recent.push_back(moment(&self.partial));
                self.partial.clear();
                self.count += 1;
                if self.recent.len() > FIND {
                    self.recent.pop_front();
                }
                self.look(models, &mut heard);
            }
        }
        heard
    }

    fn look(&mut self, models: &[Arc<Model>], heard: &mut Vec<HeardWord>) {
        if self.count.is_multiple_of(EVERY) {
            self.stay();
            if self.following.is_none() {
                self.find(models);
            }
        }
        self.tell(heard);
    }

    fn is_voiced(&self) -> bool {
        self.recent.iter().filter(|moment| is_voice(moment)).count() >= VOICED
    }

    fn find(&mut self, models: &[Arc<Model>]) {
        if self.recent.len() < FIND || !self.is_voiced() {
            return;
        }
        let recent = self.recent.make_contiguous();
        let places = models
            .iter()
            .flat_map(|model| (2 * (FIND - 1)..model.shape.len()).map(move |end| (model, end)));
        let best = places
            .map(|(model, end)| (model, end, model.shape.likeness(recent, end)))
            .max_by(|(.., a), (.., b)| a.total_cmp(b));
        let Some((model, end, _)) = best.filter(|(.., likeness)| *likeness >= FOUND) else {
            return;
        };
        let from_ms = (end - 2 * (FIND - 1)) as u64 * STEP_MS;
        let words = &model.utterance.words;
        let begun = |word: &super::Word| {
            let length = word.to_ms - word.from_ms;
            word.to_ms.saturating_sub(from_ms.max(word.from_ms)) * 100 >= length * ENOUGH_PERCENT
        };
        self.following = Some(Following {
            model: Arc::clone(model),
            offset: end.cast_signed() - 2 * self.count.cast_signed(),
            from_ms,
            next_word: words.iter().position(begun).unwrap_or(words.len()),
            doubts: 0,
        });
    }

    /// Looks whether it still is what it was, and a little to either side.
    fn stay(&mut self) {
        let from = self.recent.len().saturating_sub(STAY);
        let recent: Vec<Moment> = self.recent.iter().skip(from).copied().collect();
        let Some(following) = &mut self.following else {
            return;
        };
        let here = following.offset + 2 * self.count.cast_signed();
        if here >= following.model.shape.len().cast_signed() {
            self.following = None;
            return;
        }
        let likeness = |drift: isize| {
            let end = usize::try_from(here + drift).unwrap_or_default();
            following.model.shape.likeness(&recent, end)
        };
        let best = (-DRIFT..=DRIFT)
            .map(|drift| (drift, likeness(drift)))
            .max_by(|(_, a), (_, b)| a.total_cmp(b));
        match best {
            Some((drift, likeness)) if likeness >= LOST => {
                following.doubts = 0;
                following.offset += drift;
            }
            _ => following.doubts += 1,
        }
        if following.doubts >= 2 {
            self.following = None;
        }
    }

    fn tell(&mut self, heard: &mut Vec<HeardWord>) {
        let Some(following) = &mut self.following else {
            return;
        };
        if following.doubts > 0 {
            return;
        }
        let in_utterance_ms =
            (following.offset + 2 * self.count.cast_signed()) as i64 * STEP_MS.cast_signed() + 20;
        let now_ms = self.began_ms + self.count as u64 * ulaw_ms(MOMENT_BYTES);
        let in_stream = |ms: u64| {
            (now_ms.cast_signed() - in_utterance_ms + ms.cast_signed())
                .max(0)
                .cast_unsigned()
        };
        while let Some(word) = following.model.utterance.words.get(following.next_word) {
            if word.to_ms.cast_signed() > in_utterance_ms {
                break;
            }
            heard.push(HeardWord {
                text: word.text.clone(),
                at_ms: in_stream(word.from_ms.max(following.from_ms)),
                until_ms: in_stream(word.to_ms),
                utterance: Arc::clone(&following.model.utterance),
                index: following.next_word,
            });
            following.next_word += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use phony_audio::frame::ulaw_bytes;
    use phony_audio::noise::Noise;
    use phony_audio::resample::Resampler;
    use phony_audio::ulaw;

    use super::super::Speech;

    const TEXT: &str =
        "Good evening, this is Ana from the workshop. Your bicycle is ready, and you can fetch it today.";

    /// What is left of a voice behind a microphone: other samples, half as loud, and a room.
    fn through_a_microphone(sound: &[u8], cut: usize) -> Vec<u8> {
        let samples: Vec<i16> = sound.iter().map(|&code| ulaw::decode(code) / 2).collect();
        let (mut up, mut down) = (Vec::new(), Vec::new());
        Resampler::new(8_000, 48_000).unwrap().push(&samples, &mut up);
        Resampler::new(48_000, 8_000).unwrap().push(&up[cut..], &mut down);
        let mut room = vec![ulaw::SILENCE; down.len()];
        Noise::new(7, -55.0).fill(&mut room, 1.0);
        let mixed = |(sample, noise): (&i16, &u8)| ulaw::encode(sample.saturating_add(ulaw::decode(*noise)));
        down.iter().zip(&room).map(mixed).collect()
    }

    fn words(speech: &Speech, sound: &[u8]) -> String {
        let mut listener = speech.listener();
        for frame in sound.chunks(160) {
            listener.push(frame);
        }
        let words: Vec<String> = listener.heard().into_iter().map(|word| word.text).collect();
        words.join(" ")
    }

    #[tokio::test]
    async fn a_voice_is_known_behind_a_microphone() {
        for speech in [Speech::new(), Speech::of_tones()] {
            let said = speech.say_for_microphone(TEXT, "caller").await;
            let other = speech
                .say(
                    "What does a new bell for my old bicycle cost today in your shop?",
                    "marin",
                )
                .await;
            for cut in [0, 100, 453] {
                let mut sound = through_a_microphone(&said.ulaw, cut);
                sound.extend(vec![ulaw::SILENCE; 8_000]);
                sound.extend(through_a_microphone(&said.ulaw, 0));
                sound.extend(vec![ulaw::SILENCE; 800]);
                assert_eq!(words(&speech, &sound), format!("{TEXT} {TEXT}"), "cut {cut}");
            }
            assert_eq!(words(&speech, &through_a_microphone(&other.ulaw, 17)), "");
            assert_eq!(words(&speech, &said.ulaw), TEXT, "and by its bytes, once");
        }
    }

    #[tokio::test]
    async fn from_its_middle_on_and_until_it_is_cut() {
        let speech = Speech::new();
        let said = speech.say_for_microphone(TEXT, "caller").await;
        let sound = through_a_microphone(&said.ulaw, 0);
        let from = ulaw_bytes(said.words[4].from_ms);
        let to = ulaw_bytes(said.words[13].to_ms);
        let mut piece = sound[from..to].to_vec();
        piece.extend(vec![ulaw::SILENCE; 16_000]);
        let heard = words(&speech, &piece);
        let middle: Vec<&str> = said.words[6..12].iter().map(|word| word.text.as_str()).collect();
        assert!(heard.contains(&middle.join(" ")), "{heard}");
        assert!(!heard.contains("today"), "{heard}");
    }

    #[test]
    fn noise_is_no_voice_of_anybody() {
        let speech = Speech::of_tones();
        let mut noise = vec![0; 40_000];
        Noise::new(3, -20.0).fill(&mut noise, 1.0);
        assert_eq!(words(&speech, &noise), "");
    }
}
