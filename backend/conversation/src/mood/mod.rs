//! How the caller sounds by their words: a hint for people who look over many calls, and nothing else.
//!
//! Words and phrases of the language that is spoken count, and what the talk itself shows: who asks for a person, says
//! the same again, or interrupts again and again is not served well. Every turn takes a part of what was before. No
//! model is asked; the same talk always gives the same mood.

mod reading;
#[cfg(test)]
mod tests;
mod words;

use std::collections::VecDeque;

use crate::supervision::MoodReason;
use reading::{Reading, is_same};

/// What a sign weighs when it is new. An unkind or kind word alone decides for two turns.
const WORD: i32 = 20;
/// A word that is also said without anger.
const MILD: i32 = 10;
/// Somebody else is wanted: it stays for some turns.
const PERSON: i32 = 40;
/// "I told you already."
const AGAIN: i32 = 20;
/// The same sentence once more: twice in a row decides.
const SAME: i32 = 12;
/// The agent was interrupted: three times in a row decide.
const CUT: i32 = 8;
/// From here on, on either side of zero, it is told.
const TOLD: i32 = 15;
/// No sign weighs more, however often it is repeated.
const MOST: i32 = 60;
/// Sentences of the caller that are compared with a new one.
const REMEMBERED: usize = 4;

/// The mood of one caller so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Mood {
    /// Whether anything has ever counted.
    told: bool,
    /// Kind words.
    content: i32,
    /// What speaks against it, in the order of [`REASONS`].
    against: [i32; 4],
    /// Somebody has cut the agent off, and their words are still to come.
    cut: bool,
    /// What the caller said last, as sets of words.
    before: VecDeque<Vec<String>>,
}

/// The order of [`Mood::against`]; of equals the first is named.
const REASONS: [MoodReason; 4] = [
    MoodReason::AskedForPerson,
    MoodReason::Complains,
    MoodReason::Repeats,
    MoodReason::Interrupts,
];

impl Mood {
    /// The caller has said this, in this language (BCP 47). Of a language that is not known only the talk counts.
    pub(crate) fn hear(&mut self, text: &str, language: &str) {
        let read = Reading::of(text, language);
        let same = self.says_again(&read);
        let cut = std::mem::take(&mut self.cut);
        let gains = [
            PERSON.saturating_mul(read.person.min(1)),
            WORD * read.unkind + MILD * read.mild,
            AGAIN * read.again.min(1) + if same { SAME } else { 0 },
            if cut { CUT } else { 0 },
        ];
        let kind = WORD * read.kind;
        self.told |= kind > 0 || gains.iter().any(|gain| *gain > 0);
        self.content = worn(self.content, kind);
        for (weight, gain) in self.against.iter_mut().zip(gains) {
            *weight = worn(*weight, gain);
        }
    }

    /// The agent was cut off; by whom is known from who speaks next.
    pub(crate) fn agent_cut_off(&mut self) {
        self.cut = true;
    }

    /// It was for one of our people that the agent stopped, not for the caller.
    pub(crate) fn agent_made_room(&mut self) {
        self.cut = false;
    }

    /// A person speaks with the caller now: they need not ask for one any more.
    pub(crate) fn person_came(&mut self) {
        self.agent_made_room();
        self.against[0] = 0;
    }

    /// -1, 0 or 1; none before anything told.
    pub(crate) fn value(&self) -> Option<i8> {
        self.told.then(|| match self.score() {
            score if score <= -TOLD => -1,
            score if score >= TOLD => 1,
            _ => 0,
        })
    }

    /// Why the caller is taken for unhappy; nothing while they are not.
    pub(crate) fn reason(&self) -> Option<MoodReason> {
        if self.value() != Some(-1) {
            return None;
        }
        let most = self.against.iter().max()?;
        let at = self.against.iter().position(|weight| weight == most)?;
        REASONS.get(at).copied()
    }

    fn score(&self) -> i32 {
        self.content - self.against.iter().sum::<i32>()
    }

    fn says_again(&mut self, read: &Reading) -> bool {
        let same = self.before.iter().any(|before| is_same(before, &read.set));
        if self.before.len() == REMEMBERED {
            self.before.pop_front();
        }
        self.before.push_back(read.set.clone());
        same
    }
}

/// What is left of a weight after a turn, and what came to it.
fn worn(weight: i32, gain: i32) -> i32 {
    (weight * 3 / 4 + gain).clamp(0, MOST)
}
