//! What is on its way to the caller's ear, and how much of it has arrived.
//!
//! The carrier says so where it can; otherwise it is worked out from the length of the text.

use std::collections::VecDeque;

use phony_kernel::ItemId;
use phony_kernel::call::Engine;

/// An unhurried voice: milliseconds for each weighed character.
const MS_PER_CHAR: u64 = 66;
/// From sending text to its first sound.
const START_MS: u64 = 350;
/// A digit is spoken as a word.
const DIGIT_WEIGHT: u64 = 5;
/// When a line begins that the carrier has not come for.
const NOT_YET: u64 = u64::MAX / 2;

/// One line on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// Its item.
    pub(super) item: ItemId,
    /// All text sent so far.
    pub(super) text: String,
    /// Whether more may come.
    pub(super) open: bool,
    /// Whether the next talk cycle cuts it off.
    preemptible: bool,
    /// When it begins to be heard, estimated.
    begins_ms: u64,
}

impl Line {
    fn ends_ms(&self) -> u64 {
        self.begins_ms + length_ms(&self.text)
    }

    fn has_begun(&self) -> bool {
        self.begins_ms < NOT_YET
    }
}

/// How a line was cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cut {
    /// The line.
    pub(super) item: ItemId,
    /// What was heard.
    pub(super) heard: String,
    /// What was not.
    pub(super) unheard: String,
}

/// Who stopped the voice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop<'a> {
    /// The carrier, which says what was audible.
    Carrier(&'a str),
    /// We, by saying something else; what may not be cut plays to its end.
    Ours,
    /// We, and nothing plays to its end.
    All,
    /// The caller is gone.
    Gone,
}

/// How long a voice takes for a text, from its first sound.
#[must_use]
pub fn length_ms(text: &str) -> u64 {
    text.chars()
        .map(|c| if c.is_ascii_digit() { DIGIT_WEIGHT } else { 1 })
        .sum::<u64>()
        * MS_PER_CHAR
}

/// The lines on their way, oldest first.
#[derive(Debug, Default)]
pub(super) struct Playback {
    lines: VecDeque<Line>,
    /// The line that was last taken for heard, by estimate; the carrier may know better.
    taken_for_heard: Option<Line>,
    /// Characters of the lines here that the carrier says it has spoken, spaces not counted.
    played: usize,
    /// Whether the carrier tells when the voice stops.
    reports_voice: bool,
    /// Whether the carrier tells what it has spoken.
    reports_text: bool,
    /// Whether the carrier comes for the words, turn by turn; until then they are on nobody's way.
    collected: bool,
}

impl Playback {
    /// Every line that is not known to have been heard.
    pub(super) fn lines(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter()
    }

    /// The carrier has come for everything here.
    fn begins(&mut self, now_ms: u64) {
        let mut at_ms = now_ms + START_MS;
        for line in &mut self.lines {
            if !line.has_begun() {
                line.begins_ms = at_ms;
            }
            at_ms = at_ms.max(line.ends_ms());
        }
    }

    /// Nothing is on its way. Engines differ in what they tell of it.
    pub(super) fn new(engine: Engine) -> Self {
        Self {
            // One with a voice of its own tells what was played, from the first word on.
            reports_text: engine == Engine::Realtime,
            reports_voice: engine == Engine::Gather,
            collected: engine == Engine::Gather,
            ..Self::default()
        }
    }

    /// Nothing is on its way.
    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The item that is being heard.
    pub(super) fn first(&self) -> Option<ItemId> {
        self.lines.front().map(|line| line.item)
    }

    /// Whether so little is left that a carrier which reports no cut has played it all.
    pub(super) fn nearly_done(&self, now_ms: u64) -> bool {
        let Some(last) = self.lines.back() else {
            return true;
        };
        if self.reports_text {
            let all: usize = self.lines.iter().map(|line| sounds(&line.text)).sum();
            return !last.open && self.played * 10 >= all * 6;
        }
        !last.open && now_ms >= last.begins_ms + length_ms(&last.text) * 6 / 10
    }

    /// Whether a line may still grow.
    pub(super) fn has_open(&self) -> bool {
        self.lines.back().is_some_and(|line| line.open)
    }

    /// Adds text to the line of `item`, which is the newest.
    pub(super) fn say(&mut self, now_ms: u64, item: ItemId, text: &str, preemptible: bool) {
        self.taken_for_heard = None;
        if let Some(line) = self.lines.back_mut().filter(|line| line.item == item) {
            // A model slower than the voice: the gap was silence and not speech.
            if line.ends_ms() < now_ms {
                line.begins_ms += now_ms - line.ends_ms();
            }
            line.text.push_str(text);
            return;
        }
        let begins_ms = if self.collected {
            NOT_YET
        } else {
            self.lines.back().map_or(0, Line::ends_ms).max(now_ms + START_MS)
        };
        self.lines.push_back(Line {
            item,
            text: text.to_owned(),
            open: true,
            preemptible,
            begins_ms,
        });
    }

    /// The line of `item` is complete.
    pub(super) fn close(&mut self, item: ItemId) {
        if let Some(line) = self.lines.iter_mut().find(|line| line.item == item) {
            line.open = false;
        }
    }

    /// When all of it should have been heard, unless a line is open.
    pub(super) fn ends_ms(&self) -> Option<u64> {
        let last = self.lines.back().filter(|line| !line.open && line.has_begun())?;
        let begins = self.lines.front().map_or(last.begins_ms, |line| line.begins_ms);
        let ends = last.ends_ms();
        // A carrier that reports is waited for; the estimate is then only a safety net.
        Some(if self.reports_voice || self.reports_text {
            ends + (ends - begins) + 3_000
        } else {
            ends
        })
    }

    /// The carrier has spoken `text`.
    pub(super) fn played(&mut self, text: &str) {
        self.reports_text = true;
        if !self.lines.is_empty() {
            self.played += sounds(text);
        }
    }

    /// Takes out the lines that the carrier says it has spoken to their end.
    pub(super) fn take_played(&mut self) -> Vec<Line> {
        let mut whole = Vec::new();
        while self.reports_text
            && let Some(line) = self
                .lines
                .pop_front_if(|line| !line.open && sounds(&line.text) <= self.played)
        {
            self.played -= sounds(&line.text);
            whole.push(line);
        }
        if let Some(last) = whole.last() {
            self.taken_for_heard = Some(last.clone());
        }
        if self.lines.is_empty() {
            self.played = 0;
        }
        whole
    }

    /// The voice began or stopped. Says whether everything here has been heard.
    pub(super) fn voice(&mut self, now_ms: u64, on: bool) -> bool {
        self.reports_voice = true;
        if self.collected {
            if on {
                self.begins(now_ms);
            }
            return !on;
        }
        if on || self.lines.is_empty() || self.has_open() {
            return false;
        }
        if self.reports_text {
            let all: usize = self.lines.iter().map(|line| sounds(&line.text)).sum();
            return self.played * 10 >= all * 8;
        }
        // A report about the line before may cross a new line on the wire.
        let newest = self.lines.back();
        newest
            .is_some_and(|line| now_ms >= line.begins_ms.saturating_sub(START_MS) + length_ms(&line.text) / 4)
    }

    /// All lines are taken for heard, except those that the carrier has not come for.
    pub(super) fn settle(&mut self) -> Vec<Line> {
        self.played = 0;
        let collected = self.collected;
        let (kept, lines): (Vec<Line>, Vec<Line>) = self
            .lines
            .drain(..)
            .partition(|line| collected && (line.open || !line.has_begun()));
        self.lines.extend(kept);
        self.taken_for_heard = lines.last().cloned();
        lines
    }

    /// The voice was stopped; what we may not cut ourselves stays on its way. Gives the lines that were heard
    /// whole, and those that were cut.
    pub(super) fn cut(&mut self, now_ms: u64, stop: Stop<'_>) -> (Vec<Line>, Vec<Cut>) {
        let mut lines: Vec<Line> = self.lines.drain(..).collect();
        if lines.is_empty() && matches!(stop, Stop::Carrier(_)) {
            lines.extend(self.taken_for_heard.take());
        }
        self.taken_for_heard = None;
        let mut played = std::mem::take(&mut self.played);
        if stop == Stop::Ours {
            let front_stays = lines.first().is_some_and(|line| !line.open && !line.preemptible);
            let (kept, cut): (Vec<Line>, Vec<Line>) = lines
                .into_iter()
                .partition(|line| !line.open && !line.preemptible);
            self.lines.extend(kept);
            lines = cut;
            if front_stays {
                self.played = std::mem::take(&mut played);
            }
        }
        let words = match stop {
            Stop::Carrier(text) => {
                let skip = first_line_of(&lines, text);
                let before: usize = lines.iter().take(skip).map(|line| count_words(&line.text)).sum();
                before + count_words(text)
            }
            _ if self.reports_text => words_within(&lines, played),
            _ => lines.iter().map(|line| estimated_words(line, now_ms)).sum(),
        };
        split(lines, words)
    }
}

fn count_words(text: &str) -> usize {
    text.split_whitespace().count()
}

/// Characters that make a sound.
fn sounds(text: &str) -> usize {
    text.chars().filter(|c| !c.is_whitespace()).count()
}

/// Whole words of the lines within so many characters.
fn words_within(lines: &[Line], mut played: usize) -> usize {
    let words = lines.iter().flat_map(|line| line.text.split_whitespace());
    words
        .take_while(|word| {
            let length = sounds(word);
            let whole = length <= played;
            played = played.saturating_sub(length);
            whole
        })
        .count()
}

fn estimated_words(line: &Line, now_ms: u64) -> usize {
    words_spoken(&line.text, now_ms.saturating_sub(line.begins_ms))
}

/// Whole words of a text that a voice speaks within so many milliseconds of its first sound.
fn words_spoken(text: &str, played_ms: u64) -> usize {
    let mut spent = 0;
    text.split_whitespace()
        .take_while(|word| {
            spent += length_ms(word) + MS_PER_CHAR;
            spent <= played_ms
        })
        .count()
}

/// What is heard of a text so many milliseconds after it was given to a carrier that does not tell.
#[must_use]
pub fn heard_after(text: &str, elapsed_ms: u64) -> String {
    let words = words_spoken(text, elapsed_ms.saturating_sub(START_MS));
    split_words(text, words).0
}

/// Carriers report the utterance that was cut, which need not be the oldest line here.
fn first_line_of(lines: &[Line], heard: &str) -> usize {
    let plain = |text: &str| -> Vec<String> {
        text.split_whitespace()
            .take(3)
            .map(|word| {
                word.chars()
                    .filter(|c| c.is_alphanumeric())
                    .flat_map(char::to_lowercase)
                    .collect()
            })
            .collect()
    };
    let wanted = plain(heard);
    if wanted.is_empty() {
        return 0;
    }
    lines
        .iter()
        .position(|line| plain(&line.text).starts_with(&wanted))
        .unwrap_or(0)
}

fn split(lines: Vec<Line>, mut words: usize) -> (Vec<Line>, Vec<Cut>) {
    let (mut whole, mut cuts) = (Vec::new(), Vec::new());
    for line in lines {
        let length = count_words(&line.text);
        if !line.open && words >= length && cuts.is_empty() {
            words -= length;
            whole.push(line);
            continue;
        }
        let (heard, unheard) = split_words(&line.text, words);
        words = words.saturating_sub(length);
        cuts.push(Cut {
            item: line.item,
            heard,
            unheard,
        });
    }
    (whole, cuts)
}

fn split_words(text: &str, words: usize) -> (String, String) {
    let mut end = 0;
    for word in text.split_whitespace().take(words) {
        let start = text[end..].find(word).map_or(end, |at| end + at);
        end = start + word.len();
    }
    (text[..end].trim().to_owned(), text[end..].trim().to_owned())
}

#[cfg(test)]
mod tests;
