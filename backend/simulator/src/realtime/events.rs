//! Server events that are written in more than one place.

use serde_json::{Value, json};

use super::config::Order;

/// A short id: 21 characters after the prefix, as the provider's.
pub(crate) fn id(prefix: &str) -> String {
    let random = uuid::Uuid::new_v4().simple().to_string();
    format!("{prefix}_{}", &random[..21])
}

pub(crate) fn item_event(kind: &str, previous: Option<&str>, item: &Value) -> Value {
    json!({"type": kind, "previous_item_id": previous, "item": item})
}

/// The `response` object.
pub(crate) struct ResponseView<'a> {
    pub(crate) id: &'a str,
    pub(crate) order: &'a Order,
    pub(crate) status: &'a str,
    pub(crate) details: Value,
    pub(crate) output: Vec<Value>,
    pub(crate) conversation: Option<&'a str>,
    pub(crate) usage: Value,
}

impl ResponseView<'_> {
    pub(crate) fn event(&self, kind: &str) -> Value {
        let order = self.order;
        let modalities = if order.speaks { "audio" } else { "text" };
        // Voices of one's own are shown by their name.
        let audio = json!({"output": {"format": order.format_view, "voice": order.voice_name()}});
        json!({"type": kind, "response": {
            "object": "realtime.response", "id": self.id, "status": self.status, "status_details": self.details,
            "output": self.output, "conversation_id": self.conversation, "output_modalities": [modalities],
            "max_output_tokens": order.max_output_tokens, "audio": audio, "usage": self.usage,
            "metadata": order.metadata,
        }})
    }
}

pub(crate) fn rate_limits(requests_left: u64, tokens_left: u64) -> Value {
    let reset = |left: u64, limit: u64| {
        ((limit - left.min(limit)) as f64 * 60.0 / limit as f64 * 100.0).round() / 100.0
    };
    json!({"type": "rate_limits.updated", "rate_limits": [
        {"name": "requests", "limit": 400, "remaining": requests_left, "reset_seconds": reset(requests_left, 400)},
        {"name": "tokens", "limit": 200_000, "remaining": tokens_left, "reset_seconds": reset(tokens_left, 200_000)},
    ]})
}
