//! The voice of a machine without espeak-ng: every word is a shaped tone of its own, so that listening still means
//! something.

use phony_audio::frame::{SAMPLE_RATE, ULAW_BYTES_PER_MS, ulaw_ms};
use phony_audio::ulaw;

use super::Word;
use super::voices::{Voice, hash};

/// Time of a character, of the gap after a word, and of the gap after a sentence.
const CHARACTER_MS: usize = 55;
const GAP_MS: usize = 40;
const PAUSE_MS: usize = 250;
const PEAK: f32 = 9_000.0;

/// Speaks the words of `text`.
pub(super) fn speak(text: &str, voice: &Voice) -> (Vec<u8>, Vec<Word>) {
    let mut sound = Vec::new();
    let mut words: Vec<Word> = Vec::new();
    let low = 110.0 + 2.0 * f32::from(voice.pitch);
    let whole = hash(text) ^ hash(&voice.espeak);
    for (turn, word) in (0_u32..).zip(text.split_whitespace()) {
        if !words.is_empty() {
            let pause = words
                .last()
                .is_some_and(|last| last.text.ends_with(['.', '!', '?', ';', ':']));
            let gap = if pause { PAUSE_MS } else { GAP_MS };
            sound.resize(sound.len() + gap * ULAW_BYTES_PER_MS, ulaw::SILENCE);
        }
        let from_ms = ulaw_ms(sound.len());
        let letters = word.chars().count().clamp(2, 14);
        // The same word sounds a little different in every place, as it does with people.
        let seed = hash(word) ^ whole.rotate_left(turn);
        tone(&mut sound, letters * CHARACTER_MS, low, seed);
        words.push(Word {
            text: word.to_owned(),
            from_ms,
            to_ms: ulaw_ms(sound.len()),
        });
    }
    (sound, words)
}

/// A glide between two pitches with two overtones and soft ends.
fn tone(sound: &mut Vec<u8>, ms: usize, low: f32, seed: u64) {
    let samples = ms * ULAW_BYTES_PER_MS;
    let part = |shift: u32| (seed >> shift & 0xff) as f32 / 255.0;
    let (from, to) = (low * (1.0 + part(0)), low * (1.0 + part(8)));
    let (second, third) = (0.3 + 0.4 * part(16), 0.1 + 0.3 * part(24));
    let mut turn = part(32);
    for at in 0..samples {
        let place = at as f32 / samples as f32;
        turn = (turn + (from + (to - from) * place) / SAMPLE_RATE as f32).fract();
        let wave = |overtone: f32| (std::f32::consts::TAU * turn * overtone).sin();
        let value = (wave(1.0) + second * wave(2.0) + third * wave(5.0)) / (1.0 + second + third);
        let edge = (at.min(samples - at) as f32 / 80.0).min(1.0);
        sound.push(ulaw::encode_wave(value * edge * PEAK));
    }
}
