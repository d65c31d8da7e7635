//! Spoken sound that can be understood again: whoever speaks in this process registers what it says, so that a listener
//! at the other end of a call knows the words by their sound. Sound is real (espeak-ng when it is installed, shaped
//! tones otherwise), 8 kHz μ-law.

mod by_shape;
mod espeak;
mod index;
mod listener;
mod registry;
mod shape;
mod tones;
mod voices;
pub(crate) mod wav;
mod words;

use std::sync::Arc;

use parking_lot::RwLock;
use phony_audio::frame::{ULAW_FRAME_BYTES, ulaw_ms};
use phony_audio::ulaw;
use tokio::sync::{OnceCell, Semaphore};

use by_shape::Model;
pub use listener::{HeardWord, Listener};
use registry::Registry;
use shape::Shape;
pub use wav::to_ulaw;

/// Longest text that is spoken in one piece, in bytes; the rest is left out.
const LONGEST_TEXT: usize = 4_000;
/// Voices that are made at the same time: each is a process.
const AT_ONCE: usize = 4;

/// Utterances that are known behind a microphone; the oldest is forgotten.
const MOST_FOR_MICROPHONES: usize = 8;

/// The zero of the law that samples are not written as.
const OTHER_ZERO: u8 = 0x7f;

/// One word of an utterance and where it lies in the sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// As it was written, with its punctuation.
    pub text: String,
    /// Where it begins.
    pub from_ms: u64,
    /// Where it ends.
    pub to_ms: u64,
}

/// Something said: its text, its sound, and which word is where.
#[derive(Debug, PartialEq, Eq)]
pub struct Utterance {
    /// What was to be said.
    pub text: String,
    /// 8 kHz μ-law, a whole number of frames of 20 ms.
    pub ulaw: bytes::Bytes,
    /// The words in the order they are spoken.
    pub words: Vec<Word>,
}

impl Utterance {
    /// How long it takes to say.
    #[must_use]
    pub fn duration_ms(&self) -> u64 {
        ulaw_ms(self.ulaw.len())
    }

    /// What has been said after this long, in whole words; a word counts from the point a listener would know it.
    #[must_use]
    pub fn text_until(&self, ms: u64) -> String {
        let said: Vec<&str> = self
            .words
            .iter()
            .take_while(|word| {
                word.from_ms + (word.to_ms - word.from_ms) * listener::ENOUGH_PERCENT / 100 <= ms
            })
            .map(|word| word.text.as_str())
            .collect();
        said.join(" ")
    }
}

/// The voices of one simulator and everything they have said lately. Cheap to clone: all clones are the same.
#[derive(Debug, Clone)]
pub struct Speech {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    registry: RwLock<Registry>,
    for_microphones: RwLock<Vec<Arc<Model>>>,
    espeak: OnceCell<bool>,
    turns: Semaphore,
}

impl Default for Speech {
    fn default() -> Self {
        Self::new()
    }
}

impl Speech {
    /// Voices that have not said anything yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            inner: Arc::new(Inner {
                registry: RwLock::default(),
                for_microphones: RwLock::default(),
                espeak: OnceCell::new(),
                turns: Semaphore::new(AT_ONCE),
            }),
        }
    }

    /// Voices of shaped tones, also where espeak-ng is installed.
    #[must_use]
    pub fn of_tones() -> Self {
        let speech = Self::new();
        // A new cell is empty, so this cannot be refused.
        let _ = speech.inner.espeak.set(false);
        speech
    }

    /// The sound of `text` in a voice. Any name is a voice; equal names sound equal. The same text in the same voice is
    /// the same utterance as long as it is remembered.
    pub async fn say(&self, text: &str, voice: &str) -> Arc<Utterance> {
        let text = clipped(text.trim());
        let cell = self.inner.registry.write().slot(text, voice);
        let made = cell.get_or_init(|| self.make(text, voice)).await;
        self.inner.registry.write().keep(text, voice, made);
        Arc::clone(made)
    }

    /// The sound of `text` for a file that a microphone is to hear: listeners know it also by its shape, as it is no longer
    /// the same bytes then. It must be a second long at the least.
    pub async fn say_for_microphone(&self, text: &str, voice: &str) -> Arc<Utterance> {
        let said = self.say(text, voice).await;
        let mut known = self.inner.for_microphones.write();
        if !known.iter().any(|model| Arc::ptr_eq(&model.utterance, &said)) {
            if known.len() == MOST_FOR_MICROPHONES {
                known.remove(0);
            }
            known.push(Arc::new(Model {
                shape: Shape::of(&said.ulaw),
                utterance: Arc::clone(&said),
            }));
        }
        said
    }

    /// An ear that knows everything these voices say, also what they say later.
    #[must_use]
    pub fn listener(&self) -> Listener {
        Listener::new(self.clone())
    }

    /// The words in a piece of sound, for a look at something whole.
    #[must_use]
    pub fn words_in(&self, ulaw: &[u8]) -> Vec<HeardWord> {
        let mut listener = self.listener();
        listener.push(ulaw);
        listener.heard()
    }

    async fn make(&self, text: &str, voice: &str) -> Arc<Utterance> {
        let voice = voices::of(voice, text);
        // The semaphore is never closed, so a permit is only missing when the simulator stops.
        let _turn = self.inner.turns.acquire().await;
        let present = *self.inner.espeak.get_or_init(espeak::is_installed).await;
        let spoken = if present && text.chars().any(char::is_alphanumeric) {
            espeak::speak(text, &voice)
                .await
                .map_err(|error| tracing::warn!(%error, "espeak-ng failed, tones take its place"))
                .ok()
        } else {
            None
        };
        let (mut sound, words) = match spoken {
            Some(sound) => {
                let words = words::place(text, &sound);
                (sound, words)
            }
            None => tones::speak(text, &voice),
        };
        let frames = sound.len().div_ceil(ULAW_FRAME_BYTES).max(1);
        sound.resize(frames * ULAW_FRAME_BYTES, ulaw::SILENCE);
        // The law has two zeros; with one of them sound stays what it is on its way through a file of samples.
        for code in sound.iter_mut().filter(|code| **code == OTHER_ZERO) {
            *code = ulaw::SILENCE;
        }
        Arc::new(Utterance {
            text: text.to_owned(),
            ulaw: sound.into(),
            words,
        })
    }
}

fn clipped(text: &str) -> &str {
    if text.len() <= LONGEST_TEXT {
        return text;
    }
    let mut end = LONGEST_TEXT;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].trim_end()
}

#[cfg(test)]
mod tests;
