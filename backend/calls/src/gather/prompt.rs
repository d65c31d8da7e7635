//! How much of what was said the caller has heard. The carrier does not tell; it follows from the time and the length
//! of the words.

use std::time::Duration;

use phony_conversation::core::{heard_after, spoken_ms};
use tokio::time::Instant;

use super::GatherLine;

/// Time that the carrier takes to be certain that the caller has finished.
const END_OF_SPEECH: Duration = Duration::from_millis(700);
/// Callers speak faster than agents. Who is taken for too fast is taken for one who let the agent finish.
const CALLER_PERCENT: u64 = 60;
/// Time between two keys.
const KEY: Duration = Duration::from_millis(350);
/// So much of a prompt is as good as all: voices are not alike.
const AS_GOOD_AS_ALL_PERCENT: u64 = 80;

/// What was given to the carrier to say, and when.
#[derive(Debug, Clone)]
pub(super) struct Prompt {
    at: Instant,
    /// Said in earlier answers, of the lines that go on here.
    before: String,
    /// Said first, without listening.
    fixed: String,
    /// Said while listening.
    words: String,
}

/// What the caller heard of a prompt.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    All,
    Part { text: String, ms: u64 },
}

impl Prompt {
    /// A prompt that follows `before`, whose lines go on in it.
    pub(super) fn new(at: Instant, lines: &[GatherLine], before: Option<Self>) -> Self {
        let fixed = fixed(lines);
        let text = |lines: &[GatherLine]| -> String {
            let texts: Vec<&str> = lines.iter().map(|line| line.text.trim()).collect();
            texts.join(" ")
        };
        Self {
            at,
            before: before.map_or_else(String::new, |before| before.text()),
            fixed: text(lines.get(..fixed).unwrap_or_default()),
            words: text(lines.get(fixed..).unwrap_or_default()),
        }
    }

    fn text(&self) -> String {
        let parts = [&self.before, &self.fixed, &self.words].map(|part| part.trim());
        parts
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// When its last word should have been said.
    pub(super) fn ends_at(&self) -> Instant {
        let ms = spoken_ms(&self.fixed) + spoken_ms(&self.words);
        self.at + Duration::from_millis(ms)
    }

    /// What of it was heard by the time that the caller's voice or key stopped it.
    pub(super) fn heard_at(&self, stopped: Instant) -> Heard {
        let elapsed = stopped.saturating_duration_since(self.at).as_millis();
        let elapsed = u64::try_from(elapsed).unwrap_or(u64::MAX);
        let listening = elapsed.saturating_sub(spoken_ms(&self.fixed));
        let all = spoken_ms(&self.words);
        if self.words.trim().is_empty() || listening.saturating_mul(100) >= all * AS_GOOD_AS_ALL_PERCENT {
            return Heard::All;
        }
        let heard = Self {
            words: heard_after(&self.words, listening),
            ..self.clone()
        };
        Heard::Part {
            text: heard.text(),
            ms: elapsed,
        }
    }
}

/// How many lines, from the first, are said without listening: those up to the last that may not be cut.
pub(super) fn fixed(lines: &[GatherLine]) -> usize {
    lines
        .iter()
        .rposition(|line| !line.interruptible)
        .map_or(0, |at| at + 1)
}

/// When the caller began to say `text`, which is complete now.
pub(super) fn speech_began(now: Instant, text: &str) -> Instant {
    let length = Duration::from_millis(spoken_ms(text) * CALLER_PERCENT / 100) + END_OF_SPEECH;
    now.checked_sub(length).unwrap_or(now)
}

/// When the first of the keys was pressed that are complete now.
pub(super) fn keys_began(now: Instant, keys: &str, waited: Duration) -> Instant {
    let between = u32::try_from(keys.chars().count().saturating_sub(1)).unwrap_or(0);
    let last = if keys.ends_with('#') {
        Duration::ZERO
    } else {
        waited
    };
    now.checked_sub(KEY * between + last).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use phony_kernel::ItemId;

    use super::*;

    fn line(text: &str, interruptible: bool) -> GatherLine {
        GatherLine {
            item: ItemId::new(),
            text: text.to_owned(),
            interruptible,
            keys: None,
        }
    }

    fn after(prompt: &Prompt, ms: u64) -> Heard {
        prompt.heard_at(prompt.at + Duration::from_millis(ms))
    }

    #[tokio::test]
    async fn the_time_says_how_much_was_heard() {
        let words = "We open at nine in the morning and close at five in the afternoon.";
        let prompt = Prompt::new(Instant::now(), &[line(words, true)], None);
        assert_eq!(after(&prompt, 10_000), Heard::All);
        assert_eq!(after(&prompt, 4_000), Heard::All, "most of it is all");
        let Heard::Part { text, ms } = after(&prompt, 1_500) else {
            panic!("all was heard");
        };
        assert!(
            words.starts_with(&text) && text.len() > 8 && text.len() < 30,
            "{text}"
        );
        assert_eq!(ms, 1_500);
        let nothing = Heard::Part {
            text: String::new(),
            ms: 100,
        };
        assert_eq!(after(&prompt, 100), nothing);
    }

    #[tokio::test]
    async fn words_that_may_not_be_cut_were_heard() {
        let lines = [
            line("One thing first.", true),
            line("This is your supervisor speaking.", false),
            line("How else can I help you today, my friend?", true),
        ];
        assert_eq!(fixed(&lines), 2);
        let prompt = Prompt::new(Instant::now(), &lines, None);
        let Heard::Part { text, .. } = after(&prompt, 4_700) else {
            panic!("all was heard");
        };
        let sure = "One thing first. This is your supervisor speaking. How";
        assert!(text.starts_with(sure) && !text.ends_with("friend?"), "{text}");
        let silent = Prompt::new(Instant::now(), &lines[..2], None);
        assert_eq!(after(&silent, 0), Heard::All);
        // What went before is heard when its rest is said.
        let rest = Prompt::new(
            Instant::now(),
            &[line("and something else at the end", true)],
            Some(silent),
        );
        let Heard::Part { text, .. } = after(&rest, 1_000) else {
            panic!("all was heard");
        };
        assert_eq!(text, "One thing first. This is your supervisor speaking. and");
    }

    #[tokio::test]
    async fn voices_and_keys_began_before_they_were_told() {
        let now = Instant::now() + Duration::from_secs(60);
        let spoke = speech_began(now, "Two tickets please");
        let ago = now.duration_since(spoke).as_millis();
        assert!((1_200..2_000).contains(&ago), "{ago}");
        let waited = Duration::from_secs(5);
        assert_eq!(now.duration_since(keys_began(now, "12#", waited)), KEY * 2);
        assert_eq!(now.duration_since(keys_began(now, "12", waited)), KEY + waited);
        assert_eq!(keys_began(now, "#", waited), now);
    }
}
