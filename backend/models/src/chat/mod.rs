//! Streaming chat with any server that speaks the OpenAI form of it.

mod client;
mod decode;
mod error;
mod probe;
mod request;
mod speakable;
mod sse;

pub use client::{ChatClient, ChatConfig, ChatStream, TimeLimits};
pub use decode::Decoder;
pub use error::{ChatError, ChatErrorKind};
pub use probe::Probe;
pub use request::{ChatMessage, ChatRequest, Dialect, MaxTokensField, Role};
pub use sse::{SseDecoder, TooLong};

/// One happening of a reply, in this order: started, tokens, finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChatEvent {
    /// The model has begun.
    Started(Started),
    /// Words to speak, never empty; thoughts of the model are not among them.
    Token(String),
    /// The reply is complete; nothing follows.
    Finished(Finished),
}

/// How a reply began.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Started {
    /// The provider's id of the reply; usage is counted by it.
    pub response_id: Option<String>,
    /// The model that really answers, as the provider names it.
    pub model: Option<String>,
    /// The provider's id of the request, for its support.
    pub request_id: Option<String>,
    /// From sending the request to the first piece of the reply.
    pub waited_ms: u64,
}

/// How a reply ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// Why.
    pub reason: FinishReason,
    /// What it used; `None` when the provider did not say, so that it must be estimated.
    pub usage: Option<TokenUsage>,
}

/// Why a reply ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FinishReason {
    /// The model had said everything.
    Stop,
    /// It reached the most tokens allowed.
    Length,
    /// The provider's filter stopped it.
    ContentFilter,
    /// It wants tools to be run.
    ToolCalls,
    /// The provider did not say, or in a word we do not know.
    Other(String),
}

/// Tokens of one reply, as the provider bills them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TokenUsage {
    /// All tokens of the prompt, cached ones among them.
    pub input: u64,
    /// Those of the prompt that came from the provider's cache.
    pub cached_input: u64,
    /// Tokens of the reply, thoughts among them.
    pub output: u64,
}
