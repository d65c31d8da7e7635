//! Token figures made from the text alone, so that the same talk always costs the same.

use serde_json::{Value, json};

use super::request::ChatRequest;

/// Four letters to a token, as a rule of thumb.
pub(crate) fn tokens(text: &str) -> usize {
    text.chars().count().div_ceil(4)
}

/// The `usage` object.
pub(crate) fn usage(request: &ChatRequest, reply: &str) -> Value {
    let prompt: usize = request
        .messages
        .iter()
        .map(|(_, text)| tokens(text) + 4)
        .sum::<usize>()
        + 3;
    let completion = tokens(reply);
    // Long prompts that have been seen before are cached in blocks of 128.
    let repeated = request.messages.iter().any(|(role, _)| role == "assistant");
    let cached = if repeated && prompt > 1_024 {
        prompt / 128 * 128
    } else {
        0
    };
    json!({
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": cached, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0, "audio_tokens": 0, "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0,
        },
    })
}
