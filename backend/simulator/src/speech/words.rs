//! Where the words lie in spoken sound. The voice does not tell, so pauses between sentences and clauses are found in
//! the sound where there are as many as the text has, and between two of them words take time by their length.

use phony_audio::frame::{ULAW_BYTES_PER_MS, ulaw_ms};
use phony_audio::level;

use super::Word;

/// Sound that is judged together.
const BLOCK_MS: usize = 10;
/// Quiet of at least this long inside an utterance is a pause between clauses.
const PAUSE_MS: usize = 110;
/// Louder than this is speech.
const SPEECH_DBFS: f32 = -48.0;

/// Places the words of `text` in its sound.
pub(super) fn place(text: &str, sound: &[u8]) -> Vec<Word> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let clauses = clauses(&words);
    let mut parts = speech(sound);
    if parts.len() != clauses.len() {
        parts = vec![(0, ulaw_ms(sound.len()))];
    }
    let groups = if parts.len() == clauses.len() {
        clauses
    } else {
        vec![words.as_slice()]
    };
    let mut placed = Vec::with_capacity(words.len());
    for (group, (from, to)) in groups.into_iter().zip(parts) {
        spread(group, from, to, &mut placed);
    }
    placed
}

/// Words up to and including each that ends a clause.
fn clauses<'a>(words: &'a [&'a str]) -> Vec<&'a [&'a str]> {
    words
        .split_inclusive(|word| word.ends_with([',', '.', ';', ':', '!', '?', '।']))
        .collect()
}

/// Parts with speech in them, in milliseconds, between pauses.
fn speech(sound: &[u8]) -> Vec<(u64, u64)> {
    let mut parts: Vec<(u64, u64)> = Vec::new();
    for (at, block) in sound.chunks(BLOCK_MS * ULAW_BYTES_PER_MS).enumerate() {
        if level::dbfs(block) < SPEECH_DBFS {
            continue;
        }
        let from = (at * BLOCK_MS) as u64;
        let to = from + ulaw_ms(block.len());
        match parts.last_mut() {
            Some(last) if from < last.1 + PAUSE_MS as u64 => last.1 = to,
            _ => parts.push((from, to)),
        }
    }
    parts
}

fn weight(word: &str) -> u64 {
    // A digit is read as a word.
    let letters: usize = word
        .chars()
        .map(|c| {
            if c.is_ascii_digit() {
                4
            } else {
                usize::from(c.is_alphanumeric())
            }
        })
        .sum();
    letters.max(1) as u64 + 1
}

fn spread(words: &[&str], from: u64, to: u64, placed: &mut Vec<Word>) {
    let whole: u64 = words.iter().map(|word| weight(word)).sum();
    let mut before = 0;
    for word in words {
        let share = |weight: u64| from + (to - from) * weight / whole.max(1);
        let begin = share(before);
        before += weight(word);
        placed.push(Word {
            text: (*word).to_owned(),
            from_ms: begin,
            to_ms: share(before),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use phony_audio::noise::Noise;
    use phony_audio::ulaw;

    fn sound(parts: &[(usize, bool)]) -> Vec<u8> {
        let mut sound = Vec::new();
        for (ms, loud) in parts {
            let mut part = vec![ulaw::SILENCE; ms * ULAW_BYTES_PER_MS];
            if *loud {
                Noise::new(1, -20.0).fill(&mut part, 1.0);
            }
            sound.extend(part);
        }
        sound
    }

    #[test]
    fn a_pause_belongs_to_the_comma() {
        let words = place(
            "Hello, how are you",
            &sound(&[(300, true), (200, false), (900, true)]),
        );
        assert_eq!((words[0].from_ms, words[0].to_ms), (0, 300));
        assert_eq!(words[1].from_ms, 500);
        assert_eq!(words[3].to_ms, 1_400);
    }

    #[test]
    fn without_matching_pauses_the_words_share_the_time() {
        let words = place("one two three", &sound(&[(300, true), (200, false), (900, true)]));
        assert_eq!(words[0].from_ms, 0);
        assert_eq!(words[2].to_ms, 1_400);
        assert!(words.windows(2).all(|pair| pair[0].to_ms == pair[1].from_ms));
        assert!(place("", &[]).is_empty());
    }
}
