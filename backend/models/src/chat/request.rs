//! What is asked of a model, and how each kind of server wants it written.

use serde_json::{Map, Value, json};

/// Who says a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// We do.
    System,
    /// The caller does.
    User,
    /// The agent did.
    Assistant,
}

impl Role {
    fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

/// One message of the talk so far.
#[derive(Clone, PartialEq, Eq)]
pub struct ChatMessage {
    /// Who.
    pub role: Role,
    /// What.
    pub content: String,
}

impl ChatMessage {
    /// What we tell the model.
    #[must_use]
    pub fn system(content: impl Into<String>) -> Self {
        Self {
            role: Role::System,
            content: content.into(),
        }
    }

    /// What the caller said.
    #[must_use]
    pub fn user(content: impl Into<String>) -> Self {
        Self {
            role: Role::User,
            content: content.into(),
        }
    }

    /// What the agent said.
    #[must_use]
    pub fn assistant(content: impl Into<String>) -> Self {
        Self {
            role: Role::Assistant,
            content: content.into(),
        }
    }
}

impl std::fmt::Debug for ChatMessage {
    /// Without the words, which no log line may hold.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}({} bytes)", self.role.as_str(), self.content.len())
    }
}

/// One request for a reply.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatRequest {
    /// Model by its name on the wire.
    pub model: String,
    /// The talk so far, at least one message.
    pub messages: Vec<ChatMessage>,
    /// Most tokens of the reply.
    pub max_tokens: Option<u32>,
    /// 0 to 2; models that think refuse it.
    pub temperature: Option<f64>,
}

impl ChatRequest {
    /// A request with the model's own limits.
    #[must_use]
    pub fn new(model: impl Into<String>, messages: Vec<ChatMessage>) -> Self {
        Self {
            model: model.into(),
            messages,
            max_tokens: None,
            temperature: None,
        }
    }
}

/// Where the most tokens of a reply are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MaxTokensField {
    /// `max_completion_tokens`.
    #[default]
    MaxCompletionTokens,
    /// `max_tokens`, for older servers.
    MaxTokens,
}

/// What a server wants otherwise than `api.openai.com` does.
#[derive(Debug, Clone, PartialEq)]
pub struct Dialect {
    /// Whether it can be asked for usage at the end of a stream.
    pub supports_stream_usage: bool,
    /// Where the most tokens are written.
    pub max_tokens_field: MaxTokensField,
    /// Members added to every request as they are.
    pub extra_body: Map<String, Value>,
}

impl Default for Dialect {
    fn default() -> Self {
        Self {
            supports_stream_usage: true,
            max_tokens_field: MaxTokensField::default(),
            extra_body: Map::new(),
        }
    }
}

impl ChatRequest {
    /// The JSON body for a streamed reply.
    #[must_use]
    pub fn to_body(&self, dialect: &Dialect) -> Value {
        let mut body = dialect.extra_body.clone();
        let messages = self
            .messages
            .iter()
            .map(|message| json!({ "role": message.role.as_str(), "content": message.content }));
        body.insert("model".to_owned(), json!(self.model));
        body.insert("messages".to_owned(), messages.collect());
        body.insert("stream".to_owned(), json!(true));
        if dialect.supports_stream_usage {
            body.insert("stream_options".to_owned(), json!({ "include_usage": true }));
        }
        if let Some(most) = self.max_tokens {
            let name = match dialect.max_tokens_field {
                MaxTokensField::MaxCompletionTokens => "max_completion_tokens",
                MaxTokensField::MaxTokens => "max_tokens",
            };
            body.insert(name.to_owned(), json!(most));
        }
        if let Some(temperature) = self.temperature {
            body.insert("temperature".to_owned(), json!(temperature));
        }
        Value::Object(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_written_the_way_the_server_wants_it() {
        let mut request = ChatRequest::new(
            "m",
            vec![ChatMessage::system("Be brief."), ChatMessage::user("Hi")],
        );
        assert_eq!(
            request.to_body(&Dialect::default()),
            json!({
                "model": "m", "stream": true, "stream_options": {"include_usage": true},
                "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]
            })
        );
        request.max_tokens = Some(200);
        request.temperature = Some(0.7);
        let dialect = Dialect {
            supports_stream_usage: false,
            max_tokens_field: MaxTokensField::MaxTokens,
            extra_body: json!({"top_k": 5, "stream": false}).as_object().unwrap().clone(),
        };
        let body = request.to_body(&dialect);
        assert_eq!(body["max_tokens"], 200);
        assert_eq!(body["temperature"], 0.7);
        assert_eq!(body["top_k"], 5);
        assert_eq!(body["stream"], true, "what we depend on wins");
        assert!(body.get("stream_options").is_none());
        assert!(body.get("max_completion_tokens").is_none());
    }

    #[test]
    fn words_of_a_talk_do_not_reach_a_log() {
        assert_eq!(
            format!("{:?}", ChatMessage::user("my card is 4111")),
            "user(15 bytes)"
        );
    }
}
