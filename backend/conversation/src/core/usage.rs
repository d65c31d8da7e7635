//! What a reply of the model is billed as.

use chrono::{DateTime, Utc};
use phony_kernel::CallId;

use super::turns::Reply;
use super::types::{Effect, ModelUsage};
use super::{Core, Cx};
use crate::record::Usage;

/// Rough size of a token, for replies whose provider gave no figures.
const CHARS_PER_TOKEN: u64 = 4;

/// The usage of a text of `chars` read and another written, when the provider says nothing.
pub(super) fn estimate(chars_in: u64, chars_out: u64) -> ModelUsage {
    ModelUsage {
        text_in: chars_in.div_ceil(CHARS_PER_TOKEN),
        text_out: chars_out.div_ceil(CHARS_PER_TOKEN),
        ..ModelUsage::default()
    }
}

/// The usage of writing down `ms` of the caller's sound, in whole seconds.
pub(super) fn transcription(
    call: CallId,
    response_id: &str,
    model: &str,
    ms: u64,
    at: DateTime<Utc>,
) -> Option<Usage> {
    let quantity = i64::try_from(ms.div_ceil(1_000))
        .ok()
        .filter(|seconds| *seconds > 0)?;
    let sku = format!("stt.{model}.second");
    Some(Usage {
        dedupe_key: format!("openai:{call}:{response_id}:{sku}"),
        sku,
        quantity,
        at,
        estimated: false,
    })
}

/// One usage a sku; cached tokens are a part of those read and are billed apart. The call is part of the key, because
/// not every provider's ids are its own for ever.
pub(super) fn records(
    call: CallId,
    response_id: &str,
    model: &str,
    used: ModelUsage,
    at: DateTime<Utc>,
    estimated: bool,
) -> Vec<Usage> {
    let cached = used.text_in_cached.min(used.text_in);
    let audio_cached = used.audio_in_cached.min(used.audio_in);
    [
        ("text_in", used.text_in - cached),
        ("text_in_cached", cached),
        ("text_out", used.text_out),
        ("audio_in", used.audio_in - audio_cached),
        ("audio_in_cached", audio_cached),
        ("audio_out", used.audio_out),
    ]
    .into_iter()
    .filter_map(|(class, tokens)| {
        let quantity = i64::try_from(tokens).ok().filter(|tokens| *tokens > 0)?;
        let sku = format!("openai.{model}.{class}");
        Some(Usage {
            dedupe_key: format!("openai:{call}:{response_id}:{sku}"),
            sku,
            quantity,
            at,
            estimated,
        })
    })
    .collect()
}

impl Core {
    pub(super) fn bill(&self, cx: &mut Cx<'_>, reply: &Reply, used: Option<ModelUsage>) {
        if self.is_metered_apart() {
            return;
        }
        let estimated = used.is_none();
        let used = used.unwrap_or_else(|| estimate(reply.chars_in, reply.chars_out));
        let own_id = reply.id.to_string();
        let response_id = reply.response_id.as_deref().unwrap_or(&own_id);
        let model = self.plan.model_name();
        cx.out.extend(
            records(self.plan.call, response_id, model, used, cx.now.at, estimated)
                .into_iter()
                .map(Effect::Use),
        );
    }
}

impl Usage {
    /// The usage of writing down `ms` of sound, in whole seconds; none is no use.
    #[must_use]
    pub fn transcription(
        call: CallId,
        response_id: &str,
        model: &str,
        ms: u64,
        at: DateTime<Utc>,
    ) -> Option<Self> {
        transcription(call, response_id, model, ms, at)
    }

    /// The usage of a reply, as its provider gives it.
    #[must_use]
    pub fn of_reply(
        call: CallId,
        response_id: &str,
        model: &str,
        used: ModelUsage,
        at: DateTime<Utc>,
    ) -> Vec<Self> {
        records(call, response_id, model, used, at, false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cached_tokens_are_not_billed_twice() {
        let used = ModelUsage {
            text_in: 310,
            text_in_cached: 256,
            text_out: 18,
            ..ModelUsage::default()
        };
        let call = CallId::new();
        let rows = records(call, "chatcmpl-P1", "gpt-6-luna", used, Utc::now(), false);
        let figures: Vec<_> = rows.iter().map(|row| (row.sku.as_str(), row.quantity)).collect();
        assert_eq!(
            figures,
            [
                ("openai.gpt-6-luna.text_in", 54),
                ("openai.gpt-6-luna.text_in_cached", 256),
                ("openai.gpt-6-luna.text_out", 18),
            ]
        );
        assert_eq!(
            rows[0].dedupe_key,
            format!("openai:{call}:chatcmpl-P1:openai.gpt-6-luna.text_in")
        );
        let other = records(
            CallId::new(),
            "chatcmpl-P1",
            "gpt-6-luna",
            used,
            Utc::now(),
            false,
        );
        assert_ne!(
            other[0].dedupe_key, rows[0].dedupe_key,
            "another call, another reply"
        );
    }

    #[test]
    fn nothing_is_no_row_and_odd_figures_do_not_go_below_zero() {
        assert!(records(CallId::new(), "r", "m", ModelUsage::default(), Utc::now(), true).is_empty());
        let odd = ModelUsage {
            text_in: 10,
            text_in_cached: 20,
            ..ModelUsage::default()
        };
        let rows = records(CallId::new(), "r", "m", odd, Utc::now(), false);
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].quantity, 10);
    }
}
