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
/// A sound whose end is not told is a turn all the same.
const LONGEST_MS: u64 = 60_000;
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
    Words {
        line: ItemId,
        text: String,
        language: Option<String>,
    },
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

    /// All words of a sound, and their language if it is told; none when they could not be written down.
    pub(crate) fn written(
        &mut self,
        item_id: &str,
        text: Option<String>,
        language: Option<String>,
        out: &mut Vec<Sense>,
    ) {
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
            out.push(Sense::Words { line, text, language });
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
            Voice { began_ms, .. } => Some(began_ms + LONGEST_MS),
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
            Stage::Sounding { certain: true } if now_ms >= voice.began_ms + LONGEST_MS => self.turn(out),
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
            out.push(Sense::Words {
                line,
                text: String::new(),
                language: None,
            });
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
mod tests;
