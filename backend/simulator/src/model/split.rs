//! Cuts a reply into the pieces in which it streams.

use serde::{Deserialize, Serialize};

/// Where the cuts are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Split {
    /// A word and the space before it, as language models mostly do.
    #[default]
    Words,
    /// One letter at a time.
    Chars,
    /// One to nine letters, by this seed.
    Random(u64),
    /// Exactly these pieces, in place of the reply's text.
    Pieces(Vec<String>),
}

impl Split {
    pub(crate) fn cut(&self, text: &str) -> Vec<String> {
        match self {
            Self::Words => words(text),
            Self::Chars => text.chars().map(String::from).collect(),
            Self::Random(seed) => random(text, *seed),
            Self::Pieces(pieces) => pieces.clone(),
        }
    }
}

fn words(text: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    let mut in_space = true;
    for c in text.chars() {
        let space = c.is_whitespace();
        match pieces.last_mut() {
            Some(piece) if !space || in_space => piece.push(c),
            _ => pieces.push(String::from(c)),
        }
        in_space = space;
    }
    pieces
}

fn random(text: &str, seed: u64) -> Vec<String> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut pieces = Vec::new();
    let mut rest = text.chars().peekable();
    while rest.peek().is_some() {
        // xorshift: enough to scatter the cuts, and the same on every machine.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let length = 1 + usize::try_from(state % 9).unwrap_or_default();
        pieces.push(rest.by_ref().take(length).collect());
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost_or_added() {
        let text = "Sure, नमस्ते.  One [[press:1]] moment 🙂 please ";
        for split in [Split::Words, Split::Chars, Split::Random(1), Split::Random(77)] {
            assert_eq!(split.cut(text).concat(), text);
        }
        assert_eq!(Split::Words.cut("One two"), ["One", " two"]);
        assert_ne!(Split::Random(1).cut(text), Split::Random(2).cut(text));
        assert!(Split::Words.cut("").is_empty());
    }

    #[test]
    fn json_forms() {
        let read = |text: &str| serde_json::from_str::<Split>(text).unwrap();
        assert_eq!(read(r#""words""#), Split::Words);
        assert_eq!(read(r#"{"random":7}"#), Split::Random(7));
        assert_eq!(
            read(r#"{"pieces":["a","b"]}"#),
            Split::Pieces(vec!["a".into(), "b".into()])
        );
    }
}
