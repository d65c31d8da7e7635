//! What a reply used, by the classes that are priced apart.

use serde::{Deserialize, Deserializer};

/// Tokens of one reply. Every token is in exactly one class: cached ones are not in the uncached class beside them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RealtimeUsage {
    /// Text read, not from the cache.
    pub text_in: u64,
    /// Text read from the provider's cache.
    pub text_in_cached: u64,
    /// Audio heard, not from the cache.
    pub audio_in: u64,
    /// Audio heard from the provider's cache.
    pub audio_in_cached: u64,
    /// Text written, thoughts among it.
    pub text_out: u64,
    /// Audio spoken.
    pub audio_out: u64,
}

impl RealtimeUsage {
    /// All tokens.
    #[must_use]
    pub fn total(&self) -> u64 {
        [
            self.text_in,
            self.text_in_cached,
            self.audio_in,
            self.audio_in_cached,
            self.text_out,
            self.audio_out,
        ]
        .into_iter()
        .fold(0, u64::saturating_add)
    }
}

/// What writing down one turn of the caller used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TranscriptionUsage {
    /// Billed by time.
    Duration {
        /// Length of the audio.
        ms: u64,
    },
    /// Billed by tokens.
    Tokens {
        /// Text read.
        text_in: u64,
        /// Audio heard.
        audio_in: u64,
        /// Text written.
        text_out: u64,
    },
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireUsage {
    input_tokens: Option<f64>,
    output_tokens: Option<f64>,
    input_token_details: Option<WireInput>,
    output_token_details: Option<WireClasses>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireInput {
    text_tokens: Option<f64>,
    audio_tokens: Option<f64>,
    cached_tokens: Option<f64>,
    cached_tokens_details: Option<WireClasses>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireClasses {
    text_tokens: Option<f64>,
    audio_tokens: Option<f64>,
}

#[derive(Deserialize)]
struct WireTranscription {
    #[serde(default)]
    seconds: Option<f64>,
    #[serde(flatten)]
    tokens: WireUsage,
}

/// Counts are whole, never negative, and small enough for a float to hold exactly.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates, and a negative count is none"
)]
fn count(number: Option<f64>) -> u64 {
    number.unwrap_or_default() as u64
}

impl<'de> Deserialize<'de> for RealtimeUsage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wire = WireUsage::deserialize(deserializer)?;
        let input = wire.input_token_details.unwrap_or_default();
        let audio = count(input.audio_tokens);
        // What no class covers is counted as text.
        let text = count(input.text_tokens).max(count(wire.input_tokens).saturating_sub(audio));
        let (text_cached, audio_cached) = match input.cached_tokens_details {
            Some(split) => (count(split.text_tokens), count(split.audio_tokens)),
            // Text first: there it makes the smallest error.
            None => {
                let cached = count(input.cached_tokens);
                (cached.min(text), cached.saturating_sub(text))
            }
        };
        let (text_cached, audio_cached) = (text_cached.min(text), audio_cached.min(audio));
        let output = wire.output_token_details.unwrap_or_default();
        let audio_out = count(output.audio_tokens);
        Ok(Self {
            text_in: text - text_cached,
            text_in_cached: text_cached,
            audio_in: audio - audio_cached,
            audio_in_cached: audio_cached,
            text_out: count(output.text_tokens).max(count(wire.output_tokens).saturating_sub(audio_out)),
            audio_out,
        })
    }
}

impl<'de> Deserialize<'de> for TranscriptionUsage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wire = WireTranscription::deserialize(deserializer)?;
        if let Some(seconds) = wire.seconds {
            return Ok(Self::Duration {
                ms: count(Some((seconds * 1_000.0).round())),
            });
        }
        let details = wire.tokens.input_token_details.unwrap_or_default();
        let audio_in = count(details.audio_tokens);
        Ok(Self::Tokens {
            text_in: count(details.text_tokens).max(count(wire.tokens.input_tokens).saturating_sub(audio_in)),
            audio_in,
            text_out: count(wire.tokens.output_tokens),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn usage(value: Value) -> RealtimeUsage {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn cached_tokens_are_taken_out_of_their_class() {
        let used = usage(json!({
            "total_tokens": 1200, "input_tokens": 1000, "output_tokens": 200,
            "input_token_details": {"text_tokens": 600, "audio_tokens": 400, "image_tokens": 0, "cached_tokens": 768,
                "cached_tokens_details": {"text_tokens": 448, "audio_tokens": 320, "image_tokens": 0}},
            "output_token_details": {"text_tokens": 40, "audio_tokens": 160}
        }));
        let expected = RealtimeUsage {
            text_in: 152,
            text_in_cached: 448,
            audio_in: 80,
            audio_in_cached: 320,
            text_out: 40,
            audio_out: 160,
        };
        assert_eq!(used, expected);
        assert_eq!(used.total(), 1_200);
        let nano_usd = 152 * 4_000 + 448 * 400 + 80 * 32_000 + 320 * 400 + 40 * 24_000 + 160 * 64_000;
        assert_eq!(nano_usd, 14_675_200, "the worked example of the price list");
    }

    #[test]
    fn a_cache_that_is_not_split_is_text_first() {
        let used = usage(json!({"input_tokens": 1000, "output_tokens": 0,
            "input_token_details": {"text_tokens": 600, "audio_tokens": 400, "cached_tokens": 700}}));
        assert_eq!((used.text_in, used.text_in_cached), (0, 600));
        assert_eq!((used.audio_in, used.audio_in_cached), (300, 100));
    }

    #[test]
    fn what_no_class_covers_is_text() {
        let used = usage(json!({"input_tokens": 50, "output_tokens": 90,
            "output_token_details": {"text_tokens": 10, "audio_tokens": 20}}));
        assert_eq!((used.text_in, used.text_out, used.audio_out), (50, 70, 20));
        assert_eq!(usage(json!({})), RealtimeUsage::default());
        assert_eq!(
            usage(json!({"input_tokens": null, "input_token_details": null})).total(),
            0
        );
        assert_eq!(usage(json!({"input_tokens": -5})).total(), 0);
    }
}
