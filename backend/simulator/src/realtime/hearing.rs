//! The ear of a session: sound in, turns and words out. Words are really in the sound, see [`crate::speech`].

use std::collections::VecDeque;

use phony_audio::vad::{Activity, Detector, Settings};

use super::config::Turns;
use super::sound::{Format, Intake};
use crate::speech::{HeardWord, Listener, Speech};

/// Words kept until somebody asks for them.
const WORDS_KEPT: usize = 1_000;
/// Silence after words that sound finished, where words count.
const AFTER_SENTENCE_MS: u32 = 300;

/// What one session hears.
pub(crate) struct Hearing {
    intake: Intake,
    detector: Detector,
    listener: Listener,
    words: VecDeque<HeardWord>,
    /// Where the sound begins that is not part of an item yet.
    from_ms: u64,
}

impl Hearing {
    pub(crate) fn new(speech: &Speech) -> Self {
        Self {
            intake: Intake::default(),
            detector: Detector::new(Settings::default()),
            listener: speech.listener(),
            words: VecDeque::new(),
            from_ms: 0,
        }
    }

    /// Hears more sound; tells of speech that begins and ends, if anybody wants to know.
    pub(crate) fn push(&mut self, format: Format, turns: Option<Turns>, sound: &[u8]) -> Vec<Activity> {
        let sound = self.intake.read(format, sound);
        self.listener.push(&sound);
        self.words.extend(self.listener.heard());
        while self.words.len() > WORDS_KEPT {
            self.words.pop_front();
        }
        if let Some(turns) = turns {
            let mut settings = Settings::with_threshold(turns.threshold);
            settings.prefix_ms = turns.prefix_ms;
            settings.silence_ms = match turns.patience_ms {
                Some(_) if self.sounds_finished() => AFTER_SENTENCE_MS,
                Some(patience_ms) => patience_ms,
                None => turns.silence_ms,
            };
            self.detector.configure(settings);
        }
        let mut changes = Vec::new();
        self.detector.push(&sound, |change| changes.push(change));
        if turns.is_none() {
            changes.clear();
        }
        changes
    }

    fn sounds_finished(&self) -> bool {
        self.words
            .back()
            .is_some_and(|word| word.text.ends_with(['.', '!', '?', '।']))
    }

    /// Whether somebody speaks now.
    pub(crate) fn is_speech(&self) -> bool {
        self.detector.is_active()
    }

    /// How much sound has been appended, in milliseconds.
    pub(crate) fn position_ms(&self) -> u64 {
        self.detector.position_ms()
    }

    /// How much of it is not part of an item yet.
    pub(crate) fn buffered_ms(&self) -> u64 {
        self.position_ms().saturating_sub(self.from_ms)
    }

    /// The words of everything that is not part of an item yet, which it becomes now.
    pub(crate) fn take(&mut self) -> String {
        self.from_ms = self.position_ms();
        let words: Vec<String> = self.words.drain(..).map(|word| word.text).collect();
        words.join(" ")
    }
}
