//! The caller's voice as the model's ear reports it: when it is speech and when a cough or a hum, and which words
//! belong to which line.
//!
//! In doubt the agent is only held, and the doubt is decided by how long the sound lasted and by what was written
//! down of it. So an interruption is instant and a false one costs nothing.

use std::collections::VecDeque;

use phony_kernel::ItemId;

/// A sound of this length is speech, whatever it says.
const SPEECH_MS: u64 = 400;
/// The same while the agent speaks: who only shows that they listen may hum for so long.
const SPEECH_OVER_AGENT_MS: u64 = 1_000;
/// A sound of this length is speech, if nobody can say what it was.
const LIKELY_SPEECH_MS: u64 = 200;
/// How long the words of a short sound are waited for.
const WORDS_WITHIN_MS: u64 = 700;
/// The same when the agent was stopped by it, and would be stopped for good.
const WORDS_OVER_AGENT_WITHIN_MS: u64 = 1_500;
/// Lines whose words may still come.
const MAX_LINES: usize = 32;
/// Sounds of somebody who listens.
const HUMS: &[&str] = &[
    "ah", "aha", "er", "hm", "hmm", "mhm", "mm", "mmhm", "mmhmm", "mmm", "oh", "uh", "uhhuh", "uhuh", "um",
];

/// What was made out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sense {
    /// A voice began, or what sounds like one.
    Began { line: ItemId },
    /// It is speech.
    Certain,
    /// The caller has finished a turn.
    Turn { line: ItemId, quiet_ms: u64 },
    /// It was no speech.
    Noise { line: ItemId, item_id: String },
    /// The words of a turn.
    Words { line: ItemId, text: String },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The sound goes on.
    Sounding { certain: bool },
    /// It has stopped; its words decide.
    Doubtful { until_ms: u64, spoken_ms: u64 },
}

#[derive(Debug)]
struct Voice {
    item_id: String,
    line: ItemId,
    began_ms: u64,
    audio_start_ms: u64,
    stage: Stage,
}

/// What is known of the caller's voice.
#[derive(Debug)]
pub(crate) struct Hearing {
    /// Of each sound, what is no sound: before and after it.
    padding_ms: u64,
    silence_ms: u64,
    /// The agent was speaking when the sound began.
    over_agent: bool,
    voice: Option<Voice>,
    /// Turns whose words are still to come.
    lines: VecDeque<(String, ItemId)>,
}

impl Hearing {
    /// `padding_ms` and `silence_ms` as the model was told to look for turns.
    pub(crate) fn new(padding_ms: u64, silence_ms: u64) -> Self {
        Self {
            padding_ms,
            silence_ms,
            over_agent: false,
            voice: None,
            lines: VecDeque::new(),
        }
    }

    /// Whether the agent speaks while the next sound begins.
    pub(crate) fn agent_speaks(&mut self, on: bool) {
        if self.voice.is_none() {
            self.over_agent = on;
        }
    }

    fn speech_ms(&self) -> u64 {
        if self.over_agent {
            SPEECH_OVER_AGENT_MS
        } else {
            SPEECH_MS
        }
    }

    /// Whether somebody speaks, or may have spoken.
    pub(crate) fn is_busy(&self) -> bool {
        self.voice.is_some()
    }

    /// Whether words are still to come.
    pub(crate) fn awaits_words(&self) -> bool {
        !self.lines.is_empty()
    }

    pub(crate) fn started(
        &mut self,
        now_ms: u64,
        item_id: String,
        audio_start_ms: u64,
        out: &mut Vec<Sense>,
    ) {
        if self.voice.as_ref().is_some_and(|voice| voice.item_id == item_id) {
            return;
        }
        // A caller who goes on has said something before.
        self.turn(out);
        let line = ItemId::new();
        self.voice = Some(Voice {
            item_id,
            line,
            began_ms: now_ms,
            audio_start_ms,
            stage: Stage::Sounding { certain: false },
        });
        out.push(Sense::Began { line });
    }

    pub(crate) fn stopped(&mut self, now_ms: u64, item_id: &str, audio_end_ms: u64, out: &mut Vec<Sense>) {
        let (padding_ms, silence_ms) = (self.padding_ms, self.silence_ms);
        let speech_ms = self.speech_ms();
        let words_within_ms = if self.over_agent {
            WORDS_OVER_AGENT_WITHIN_MS
        } else {
            WORDS_WITHIN_MS
        };
        let Some(voice) = self.voice.as_mut().filter(|voice| voice.item_id == item_id) else {
            return;
        };
        let Stage::Sounding { certain } = voice.stage else {
            return;
        };
        let sounded_ms = match audio_end_ms.saturating_sub(voice.audio_start_ms) {
            0 => now_ms - voice.began_ms,
            ms => ms,
        };
        let spoken_ms = sounded_ms.saturating_sub(padding_ms + silence_ms);
        if certain || spoken_ms >= speech_ms {
            self.turn(out);
        } else {
            voice.stage = Stage::Doubtful {
                until_ms: now_ms + words_within_ms,
                spoken_ms,
            };
        }
    }

    /// Words so far of a sound.
    pub(crate) fn hears_words(&mut self, item_id: &str, text: &str, out: &mut Vec<Sense>) {
        let Some(voice) = self.voice.as_mut().filter(|voice| voice.item_id == item_id) else {
            return;
        };
        if is_hum(text) {
            return;
        }
        match &mut voice.stage {
            Stage::Sounding { certain: true } => {}
            Stage::Sounding { certain } => {
                *certain = true;
                out.push(Sense::Certain);
            }
            Stage::Doubtful { .. } => self.turn(out),
        }
    }

    /// All words of a sound; none when they could not be written down.
    pub(crate) fn written(&mut self, item_id: &str, text: Option<String>, out: &mut Vec<Sense>) {
        let doubtful = self.voice.as_ref().and_then(|voice| match voice.stage {
            Stage::Doubtful { spoken_ms, .. } if voice.item_id == item_id => Some(spoken_ms),
            _ => None,
        });
        if let Some(spoken_ms) = doubtful {
            match &text {
                Some(text) if is_hum(text) => self.noise(out),
                None if spoken_ms < LIKELY_SPEECH_MS => self.noise(out),
                _ => self.turn(out),
            }
        }
        if let Some(at) = self.lines.iter().position(|(known, _)| known == item_id)
            && let Some((_, line)) = self.lines.remove(at)
        {
            let text = text.unwrap_or_default();
            out.push(Sense::Words { line, text });
        }
    }

    /// A sound that has not been reported as over for so long was long enough: its end is told only after the
    /// silence behind it.
    fn certain_after_ms(&self) -> u64 {
        self.speech_ms() + self.silence_ms
    }

    pub(crate) fn deadline(&self) -> Option<u64> {
        match self.voice.as_ref()? {
            Voice {
                stage: Stage::Sounding { certain: false },
                began_ms,
                ..
            } => Some(began_ms + self.certain_after_ms()),
            Voice {
                stage: Stage::Doubtful { until_ms, .. },
                ..
            } => Some(*until_ms),
            _ => None,
        }
    }

    pub(crate) fn on_deadline(&mut self, now_ms: u64, out: &mut Vec<Sense>) {
        let certain_after_ms = self.certain_after_ms();
        let Some(voice) = self.voice.as_mut() else { return };
        match &mut voice.stage {
            Stage::Sounding { certain } if !*certain && now_ms >= voice.began_ms + certain_after_ms => {
                *certain = true;
                out.push(Sense::Certain);
            }
            Stage::Doubtful { until_ms, spoken_ms } if now_ms >= *until_ms => {
                if *spoken_ms >= LIKELY_SPEECH_MS {
                    self.turn(out);
                } else {
                    self.noise(out);
                }
            }
            _ => {}
        }
    }

    /// The ear is gone, and with it what was being said; what was said is not written down any more.
    pub(crate) fn lost(&mut self, out: &mut Vec<Sense>) {
        self.noise(out);
        for (_, line) in std::mem::take(&mut self.lines) {
            let text = String::new();
            out.push(Sense::Words { line, text });
        }
    }

    fn turn(&mut self, out: &mut Vec<Sense>) {
        let Some(voice) = self.voice.take() else { return };
        if voice.stage != (Stage::Sounding { certain: true }) {
            out.push(Sense::Certain);
        }
        if self.lines.len() == MAX_LINES {
            self.lines.pop_front();
        }
        self.lines.push_back((voice.item_id, voice.line));
        out.push(Sense::Turn {
            line: voice.line,
            quiet_ms: self.silence_ms,
        });
    }

    fn noise(&mut self, out: &mut Vec<Sense>) {
        let Some(Voice { line, item_id, .. }) = self.voice.take() else {
            return;
        };
        out.push(Sense::Noise { line, item_id });
    }
}

/// Nothing that asks for an answer.
fn is_hum(text: &str) -> bool {
    let mut words = text.split_whitespace().peekable();
    words.all(|word| {
        let plain: String = word
            .chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect();
        plain.is_empty() || HUMS.contains(&plain.as_str())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hearing() -> Hearing {
        Hearing::new(300, 500)
    }

    fn after(steps: impl FnOnce(&mut Hearing, &mut Vec<Sense>)) -> Vec<&'static str> {
        let (mut hearing, mut out) = (hearing(), Vec::new());
        steps(&mut hearing, &mut out);
        out.iter()
            .map(|sense| match sense {
                Sense::Began { .. } => "began",
                Sense::Certain => "certain",
                Sense::Turn { .. } => "turn",
                Sense::Noise { .. } => "noise",
                Sense::Words { .. } => "words",
            })
            .collect()
    }

    #[test]
    fn a_sentence_is_a_turn_without_waiting_for_its_words() {
        let senses = after(|hearing, out| {
            hearing.started(0, "u1".to_owned(), 1_000, out);
            hearing.on_deadline(900, out);
            hearing.stopped(2_000, "u1", 3_000, out);
            assert!(!hearing.is_busy() && hearing.awaits_words());
            hearing.written("u1", Some("What are your hours?".to_owned()), out);
            assert!(!hearing.awaits_words());
        });
        assert_eq!(senses, ["began", "certain", "turn", "words"]);
    }

    #[test]
    fn a_cough_is_noise() {
        let senses = after(|hearing, out| {
            hearing.started(0, "u1".to_owned(), 1_000, out);
            hearing.on_deadline(850, out);
            hearing.stopped(850, "u1", 2_100, out);
            assert!(hearing.is_busy(), "in doubt until the words are there");
            hearing.written("u1", Some(String::new()), out);
        });
        assert_eq!(senses, ["began", "noise"]);
    }

    #[test]
    fn a_hum_is_noise_and_a_short_word_is_not() {
        for (text, last) in [
            ("Mm-hmm.", "noise"),
            ("No.", "words"),
            ("Stop!", "words"),
            ("हाँ", "words"),
        ] {
            let senses = after(|hearing, out| {
                hearing.started(0, "u1".to_owned(), 1_000, out);
                hearing.stopped(500, "u1", 2_000, out);
                hearing.written("u1", Some(text.to_owned()), out);
            });
            assert_eq!(senses.last(), Some(&last), "{text}");
        }
    }

    #[test]
    fn a_long_hum_is_noise_only_while_the_agent_speaks() {
        for (over_agent, last) in [(true, "noise"), (false, "words")] {
            let senses = after(|hearing, out| {
                hearing.agent_speaks(over_agent);
                hearing.started(0, "u1".to_owned(), 1_000, out);
                hearing.on_deadline(1_250, out);
                hearing.stopped(1_250, "u1", 2_600, out);
                hearing.written("u1", Some("Mm-hm.".to_owned()), out);
            });
            assert_eq!(senses.last(), Some(&last));
        }
    }

    #[test]
    fn without_words_the_length_decides() {
        for (audio_end_ms, expected) in [(1_950, "noise"), (2_050, "turn")] {
            let senses = after(|hearing, out| {
                hearing.started(0, "u1".to_owned(), 1_000, out);
                hearing.stopped(500, "u1", audio_end_ms, out);
                let due = hearing.deadline().unwrap();
                hearing.on_deadline(due, out);
            });
            assert_eq!(senses.last(), Some(&expected));
        }
    }

    #[test]
    fn words_make_a_sound_certain_at_once() {
        let senses = after(|hearing, out| {
            hearing.started(0, "u1".to_owned(), 1_000, out);
            hearing.hears_words("u1", "mm", out);
            hearing.hears_words("u1", "Wait", out);
        });
        assert_eq!(senses, ["began", "certain"]);
    }

    #[test]
    fn a_caller_who_goes_on_after_a_short_word_has_said_it() {
        let senses = after(|hearing, out| {
            hearing.started(0, "u1".to_owned(), 1_000, out);
            hearing.stopped(500, "u1", 2_000, out);
            hearing.started(700, "u2".to_owned(), 2_200, out);
        });
        assert_eq!(senses, ["began", "certain", "turn", "began"]);
    }

    #[test]
    fn a_lost_ear_leaves_nothing_open() {
        let senses = after(|hearing, out| {
            hearing.started(0, "u1".to_owned(), 0, out);
            hearing.stopped(2_000, "u1", 2_000, out);
            hearing.started(3_000, "u2".to_owned(), 3_000, out);
            hearing.lost(out);
            assert!(!hearing.is_busy() && !hearing.awaits_words() && hearing.deadline().is_none());
        });
        assert_eq!(senses, ["began", "certain", "turn", "began", "noise", "words"]);
    }
}
