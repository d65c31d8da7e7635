//! How the carrier speaks for a personality: in its voice, in pieces that are not too long, with keys in between.

use phony_calls::GatherLine;
use phony_carriers::twilio::twiml::{MAX_SAY_BYTES, Prompt, Response};
use phony_carriers::twilio::voices;

/// The personality's voice at the carrier.
pub(super) struct Speaker {
    voice: String,
    /// As the carrier writes it.
    pub(super) language: String,
}

impl Speaker {
    pub(super) fn new(voice: &str, language: &str) -> Self {
        let language = voices::locale(language);
        let voice = voices::relay_voice(voice, &language);
        Self {
            voice: format!("{}.{}", voice.provider, voice.voice),
            language,
        }
    }

    pub(super) fn prompts<'a>(&'a self, line: &'a GatherLine) -> impl Iterator<Item = Prompt> + 'a {
        sayable(&line.text).map(|text| Prompt::Say {
            text: text.to_owned(),
            voice: Some(self.voice.clone()),
            language: Some(self.language.clone()),
        })
    }

    pub(super) fn say(&self, lines: &[GatherLine]) -> Response {
        lines.iter().fold(Response::new(), |said, line| match &line.keys {
            Some(keys) => said.press(keys.as_str()),
            None => self.say_words(said, Some(&line.text)),
        })
    }

    pub(super) fn say_words(&self, said: Response, words: Option<&str>) -> Response {
        sayable(words.unwrap_or_default()).fold(said, |said, text| {
            said.say_as(text, self.voice.as_str(), self.language.as_str())
        })
    }
}

/// A text in pieces that the carrier speaks at once, cut between words where there are any.
fn sayable(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text.trim();
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let longest = rest.floor_char_boundary(MAX_SAY_BYTES);
        let end = if longest == rest.len() {
            longest
        } else {
            rest.get(..longest)
                .and_then(|piece| piece.rfind(char::is_whitespace))
                .filter(|at| *at > 0)
                .unwrap_or(longest)
        };
        let (piece, after) = rest.split_at(end);
        rest = after.trim_start();
        Some(piece.trim_end())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_words_are_said_in_pieces() {
        let text = "word ".repeat(2_000);
        let pieces: Vec<&str> = sayable(&text).collect();
        assert_eq!(pieces.len(), 3);
        assert!(
            pieces
                .iter()
                .all(|piece| piece.len() <= MAX_SAY_BYTES && piece.ends_with("word"))
        );
        assert_eq!(pieces.join(" "), text.trim());
        let unbroken = "ü".repeat(3_000);
        assert_eq!(sayable(&unbroken).collect::<String>(), unbroken);
        assert_eq!(sayable("  ").count(), 0);
    }
}
