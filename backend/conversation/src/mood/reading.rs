//! Reads one sentence of a caller: cuts it into words without accents and counts which of them mean something in its
//! language.

use super::words::{LANGUAGES, Words};

/// Words of one sentence that are looked at.
const MAX_WORDS: usize = 400;
/// Shorter sentences ("yes", "at ten") are said again by anybody.
const LEAST_SAME: usize = 4;
/// How many words before it a "not" may stand: "not at all happy", but "not that stupid".
const REACH: usize = 3;
const SHORT_REACH: usize = 2;

/// What was found in a sentence.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Reading {
    /// Unkind words, and kind ones that were denied.
    pub(super) unkind: i32,
    /// Words that may be unkind.
    pub(super) mild: i32,
    /// Kind words.
    pub(super) kind: i32,
    /// Wishes for a person.
    pub(super) person: i32,
    /// "I told you already."
    pub(super) again: i32,
    /// Its words, each once, in order.
    pub(super) set: Vec<String>,
}

impl Reading {
    /// Of a text in a language, BCP 47.
    pub(super) fn of(text: &str, language: &str) -> Self {
        let clauses = clauses(text);
        let mut found = Self::default();
        for words in lexicons(language) {
            for clause in &clauses {
                found.count(clause, words);
            }
        }
        found.set = clauses.into_iter().flatten().collect();
        found.set.sort_unstable();
        found.set.dedup();
        found
    }

    fn count(&mut self, clause: &[String], words: &Words) {
        let mut at = 0;
        while let Some(rest) = clause.get(at..).filter(|rest| !rest.is_empty()) {
            let denied = |reach: usize| {
                let before = clause.get(at.saturating_sub(reach)..at).unwrap_or_default();
                before.iter().any(|word| words.not.contains(&word.as_str()))
            };
            at += if let Some(len) = longest(rest, words.person) {
                self.person += 1;
                len
            } else if let Some(len) = longest(rest, words.again) {
                self.again += 1;
                len
            } else if let Some(len) = longest(rest, words.unkind) {
                self.unkind += i32::from(!denied(SHORT_REACH));
                len
            } else if let Some(len) = longest(rest, words.mild) {
                self.mild += i32::from(!denied(SHORT_REACH));
                len
            } else if let Some(len) = longest(rest, words.praise) {
                if denied(REACH) {
                    self.unkind += 1;
                } else {
                    self.kind += 1;
                }
                len
            } else if let Some(len) = longest(rest, words.thanks) {
                // "No, thank you" is a polite no.
                self.kind += i32::from(!denied(REACH));
                len
            } else {
                1
            };
        }
    }
}

/// Whether two sentences say the same: most words of both.
pub(super) fn is_same(a: &[String], b: &[String]) -> bool {
    if a.len() < LEAST_SAME || b.len() < LEAST_SAME {
        return false;
    }
    let both = a.iter().filter(|word| b.binary_search(word).is_ok()).count();
    // Three of four words that occur in either.
    both * 4 >= (a.len() + b.len() - both) * 3
}

/// The words that count in a language. Who speaks Hindi on the telephone speaks English words too.
fn lexicons(language: &str) -> impl Iterator<Item = &'static Words> {
    let base = language
        .split(['-', '_'])
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    LANGUAGES
        .iter()
        .filter(move |words| words.language == base || (base == "hi" && words.language == "en"))
}

/// How many words the longest phrase has with which the words begin. A `*` at its end stands for any ending.
fn longest(words: &[String], phrases: &[&str]) -> Option<usize> {
    phrases.iter().filter_map(|phrase| begins(words, phrase)).max()
}

fn begins(words: &[String], phrase: &str) -> Option<usize> {
    let mut count = 0;
    for wanted in phrase.split(' ') {
        let word = words.get(count)?;
        let fits = match wanted.strip_suffix('*') {
            Some(stem) => word.starts_with(stem),
            None => word == wanted,
        };
        if !fits {
            return None;
        }
        count += 1;
    }
    Some(count)
}

/// The words between two marks, lower case, without accents.
fn clauses(text: &str) -> Vec<Vec<String>> {
    let mut all = vec![Vec::new()];
    let mut word = String::new();
    let mut count = 0;
    for c in text.chars().chain([' ']) {
        if is_of_word(c) {
            word.extend(c.to_lowercase().flat_map(plain));
            continue;
        }
        if !word.is_empty() {
            count += 1;
            if let Some(clause) = all.last_mut() {
                clause.push(std::mem::take(&mut word));
            }
        }
        if count == MAX_WORDS {
            break;
        }
        if is_mark(c) && all.last().is_some_and(|clause| !clause.is_empty()) {
            all.push(Vec::new());
        }
    }
    all
}

fn is_of_word(c: char) -> bool {
    // The signs of Devanagari that are no letters by themselves belong to its words.
    c.is_alphanumeric() || ('\u{900}'..='\u{963}').contains(&c)
}

fn is_mark(c: char) -> bool {
    matches!(
        c,
        '.' | ',' | ';' | ':' | '!' | '?' | '¡' | '¿' | '…' | '–' | '—' | '\u{964}' | '\u{965}'
    )
}

/// Without its accent, so that what was written down without it is found too.
fn plain(c: char) -> impl Iterator<Item = char> {
    let (first, second) = match c {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => ('a', None),
        'è' | 'é' | 'ê' | 'ë' => ('e', None),
        'ì' | 'í' | 'î' | 'ï' => ('i', None),
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' => ('o', None),
        'ù' | 'ú' | 'û' | 'ü' => ('u', None),
        'ç' => ('c', None),
        'ñ' => ('n', None),
        'ß' => ('s', Some('s')),
        'œ' => ('o', Some('e')),
        'æ' => ('a', Some('e')),
        // The dot that a lower-cased İ leaves behind.
        '\u{307}' => return [None, None].into_iter().flatten(),
        other => (other, None),
    };
    [Some(first), second].into_iter().flatten()
}
