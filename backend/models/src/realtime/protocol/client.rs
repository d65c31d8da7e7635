//! The events we send, except the caller's audio, which has its own way.

use serde_json::{Map, Value, json};

use super::session::{SessionConfig, SessionPatch, ToolChoice};

/// Something put into the talk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewItem {
    /// What we tell the model.
    System(String),
    /// What the caller said or did, as text.
    User(String),
    /// What the agent said, as text: spoken words of an agent cannot be put back.
    Assistant(String),
    /// What a function gave, as text; every call wants one, also when it failed.
    FunctionOutput {
        /// Which call.
        call_id: String,
        /// What it gave.
        output: String,
    },
}

impl NewItem {
    fn to_json(&self) -> Value {
        let message = |role: &str, content: &str, text: &str| json!({ "type": "message", "role": role, "content": [{ "type": content, "text": text }] });
        match self {
            Self::System(text) => message("system", "input_text", text),
            Self::User(text) => message("user", "input_text", text),
            Self::Assistant(text) => message("assistant", "output_text", text),
            Self::FunctionOutput { call_id, output } => {
                json!({ "type": "function_call_output", "call_id": call_id, "output": output })
            }
        }
    }
}

/// Where something is put into the talk.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Placement {
    /// Behind everything.
    #[default]
    End,
    /// Before everything.
    Start,
    /// Behind this item.
    After(String),
}

/// What a reply is asked with, beside the talk; what is absent is as in the session.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ResponseRequest {
    /// What this reply shall be, in place of who the agent is: a greeting, for one.
    pub instructions: Option<String>,
    /// Most tokens.
    pub max_output_tokens: Option<u32>,
    /// Whether functions are called.
    pub tool_choice: Option<ToolChoice>,
    /// Whether the reply is written and not spoken.
    pub text_only: bool,
    /// Comes back with the reply: up to 16 names of at most 64 characters.
    pub metadata: Vec<(String, String)>,
}

impl ResponseRequest {
    /// A reply to be spoken by these instructions.
    #[must_use]
    pub fn saying(instructions: impl Into<String>) -> Self {
        Self {
            instructions: Some(instructions.into()),
            ..Self::default()
        }
    }

    fn to_json(&self) -> Map<String, Value> {
        let mut response = Map::new();
        if let Some(instructions) = &self.instructions {
            response.insert("instructions".to_owned(), json!(instructions));
        }
        if let Some(most) = self.max_output_tokens {
            response.insert("max_output_tokens".to_owned(), json!(most));
        }
        if self.text_only {
            response.insert("output_modalities".to_owned(), json!(["text"]));
        }
        if let Some(choice) = &self.tool_choice {
            response.insert("tool_choice".to_owned(), choice.to_json());
        }
        if !self.metadata.is_empty() {
            let metadata: Map<String, Value> = self
                .metadata
                .iter()
                .map(|(name, value)| (name.clone(), json!(value)))
                .collect();
            response.insert("metadata".to_owned(), Value::Object(metadata));
        }
        response
    }
}

/// An event we send.
#[derive(Debug, Clone, PartialEq)]
pub enum ClientEvent {
    /// Sets up the whole session.
    Configure(Box<SessionConfig>),
    /// Changes a part of it.
    Patch(Box<SessionPatch>),
    /// Ends the caller's turn, where the server does not look for the end itself.
    CommitAudio,
    /// Forgets the caller's audio that is not part of a turn yet.
    ClearAudio,
    /// Puts something into the talk.
    CreateItem {
        /// What.
        item: NewItem,
        /// Where.
        placement: Placement,
    },
    /// Takes what was not heard out of what the agent said.
    TruncateItem {
        /// Which item.
        item_id: String,
        /// Which part of it, 0 for speech.
        content_index: u32,
        /// What was heard; more than there is will be refused.
        audio_end_ms: u64,
    },
    /// Takes an item out of the talk.
    DeleteItem {
        /// Which.
        item_id: String,
    },
    /// Asks for a reply; refused while there is one.
    CreateResponse(ResponseRequest),
    /// Stops a reply; a harmless error if there is none.
    CancelResponse {
        /// Which; the one there is otherwise.
        response_id: Option<String>,
    },
}

impl ClientEvent {
    /// The JSON of the event; an error about it names `event_id`, at most 512 characters.
    #[must_use]
    pub fn to_json(&self, event_id: Option<&str>) -> Value {
        let mut event = match self {
            Self::Configure(config) => json!({ "type": "session.update", "session": config.to_json() }),
            Self::Patch(patch) => json!({ "type": "session.update", "session": patch.to_json() }),
            Self::CommitAudio => json!({ "type": "input_audio_buffer.commit" }),
            Self::ClearAudio => json!({ "type": "input_audio_buffer.clear" }),
            Self::CreateItem { item, placement } => {
                let mut event = json!({ "type": "conversation.item.create", "item": item.to_json() });
                match placement {
                    Placement::End => {}
                    Placement::Start => event["previous_item_id"] = json!("root"),
                    Placement::After(id) => event["previous_item_id"] = json!(id),
                }
                event
            }
            Self::TruncateItem {
                item_id,
                content_index,
                audio_end_ms,
            } => json!({
                "type": "conversation.item.truncate",
                "item_id": item_id, "content_index": content_index, "audio_end_ms": audio_end_ms,
            }),
            Self::DeleteItem { item_id } => json!({ "type": "conversation.item.delete", "item_id": item_id }),
            Self::CreateResponse(request) => {
                let mut event = json!({ "type": "response.create" });
                let response = request.to_json();
                if !response.is_empty() {
                    event["response"] = Value::Object(response);
                }
                event
            }
            Self::CancelResponse { response_id } => {
                let mut event = json!({ "type": "response.cancel" });
                if let Some(id) = response_id {
                    event["response_id"] = json!(id);
                }
                event
            }
        };
        if let Some(id) = event_id {
            event["event_id"] = json!(id);
        }
        event
    }
}
