//! Token figures of replies: the whole talk is read again for each, and what was read before is cheaper.

use serde_json::{Value, json};

use super::config::Order;
use super::items::Item;
use crate::model::usage::tokens;

/// Milliseconds of sound for a token.
const CALLER_MS: u64 = 100;
const ASSISTANT_MS: u64 = 50;
/// What was read before is kept in blocks of this size.
const BLOCK: u64 = 64;

/// Tokens by their class.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tokens {
    pub(crate) text: u64,
    pub(crate) audio: u64,
}

impl Tokens {
    pub(crate) fn total(self) -> u64 {
        self.text + self.audio
    }
}

/// What a reply reads.
pub(crate) fn input<'a>(order: &Order, items: impl Iterator<Item = &'a Item>) -> Tokens {
    let mut read = Tokens {
        text: tokens(&order.instructions) as u64 + 4,
        audio: 0,
    };
    for tool in &order.tools {
        read.text += tokens(&tool.to_string()) as u64;
    }
    for item in items {
        match &item.spoken {
            Some(spoken) if item.role() == "assistant" => {
                read.audio += spoken.ms.div_ceil(ASSISTANT_MS);
                read.text += tokens(&item.words) as u64;
            }
            Some(spoken) => read.audio += spoken.ms.div_ceil(CALLER_MS),
            None if item.is("function_call") => {
                read.text += tokens(&format!("{}{}", item.view["name"], item.view["arguments"])) as u64;
            }
            None => read.text += tokens(&item.words) as u64,
        }
        read.text += 4;
    }
    read
}

/// What sound and words of a reply count.
pub(crate) fn spoken(ms: u64, words: &str) -> Tokens {
    Tokens {
        text: tokens(words) as u64,
        audio: ms.div_ceil(ASSISTANT_MS),
    }
}

/// The `usage` object. `before` is what the reply before has read.
pub(crate) fn view(read: Tokens, before: Tokens, made: Tokens) -> Value {
    let cached = |now: u64, before: u64| now.min(before) / BLOCK * BLOCK;
    let (text, audio) = (cached(read.text, before.text), cached(read.audio, before.audio));
    json!({
        "total_tokens": read.total() + made.total(),
        "input_tokens": read.total(),
        "output_tokens": made.total(),
        "input_token_details": {
            "text_tokens": read.text, "audio_tokens": read.audio, "image_tokens": 0, "cached_tokens": text + audio,
            "cached_tokens_details": {"text_tokens": text, "audio_tokens": audio, "image_tokens": 0},
        },
        "output_token_details": {"text_tokens": made.text, "audio_tokens": made.audio},
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cached_tokens_are_part_of_what_was_read() {
        let read = Tokens {
            text: 600,
            audio: 400,
        };
        let before = Tokens {
            text: 500,
            audio: 330,
        };
        let usage = view(read, before, spoken(8_000, &"word".repeat(40)));
        assert_eq!(usage["total_tokens"], 1_200);
        assert_eq!(usage["input_token_details"]["cached_tokens"], 768);
        assert_eq!(
            usage["input_token_details"]["cached_tokens_details"]["text_tokens"],
            448
        );
        assert_eq!(
            usage["output_token_details"],
            json!({"text_tokens": 40, "audio_tokens": 160})
        );
    }
}
