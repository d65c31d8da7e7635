//! What the model stand-in says beside sound.

use serde_json::{Value, json};

use super::Shared;
use super::model::Session;
use super::socket::Gone;

impl Session {
    pub(super) fn item(&mut self, mut item: Value, shared: &mut Shared) -> Result<(), Gone> {
        self.items += 1;
        if item["id"].is_null() {
            item["id"] = format!("item_c{:07x}{:04x}", self.id, self.items).into();
        }
        item["object"] = "realtime.item".into();
        item["status"] = "completed".into();
        for kind in ["conversation.item.added", "conversation.item.done"] {
            let event = json!({"type": kind, "previous_item_id": Value::Null, "item": item});
            self.event(event, shared)?;
        }
        Ok(())
    }

    pub(super) fn error(&mut self, code: &str, about: &Value, shared: &mut Shared) -> Result<(), Gone> {
        let error = json!({"type": "invalid_request_error", "code": code, "message": code, "param": Value::Null,
            "event_id": about["event_id"]});
        self.event(json!({"type": "error", "error": error}), shared)
    }

    pub(super) fn response(&self, status: &str, details: &Value) -> Value {
        json!({"id": format!("resp_{:08x}{:04x}", self.id, self.replies), "object": "realtime.response",
            "status": status, "status_details": details, "output": [],
            "conversation_id": format!("conv_{:08x}", self.id), "output_modalities": ["audio"],
            "max_output_tokens": "inf",
            "audio": {"output": {"format": {"type": "audio/pcmu"}, "voice": "marin"}},
            "metadata": self.metadata, "usage": Value::Null})
    }

    pub(super) fn session(&self) -> Value {
        let mut session = self.settings.clone();
        let tomorrow = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |since| since.as_secs() + 86_400);
        session["type"] = "realtime".into();
        session["id"] = format!("sess_{:08x}", self.id).into();
        session["object"] = "realtime.session".into();
        session["model"] = "gpt-realtime".into();
        session["expires_at"] = tomorrow.into();
        session
    }

    pub(super) fn event(&mut self, mut event: Value, shared: &mut Shared) -> Result<(), Gone> {
        self.events += 1;
        event["event_id"] = format!("event_{:08x}", self.events).into();
        self.socket.text(&[event.to_string().as_bytes()], &mut shared.out)
    }
}
