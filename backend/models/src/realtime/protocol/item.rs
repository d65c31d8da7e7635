//! Items of the talk and replies, as the server tells them.

use serde::Deserialize;

use super::lenient::or_default;
use super::payload::ServerFault;
use crate::realtime::usage::RealtimeUsage;

/// What an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemKind {
    /// Words.
    Message,
    /// The model calls a function.
    FunctionCall,
    /// What it gave.
    FunctionCallOutput,
    /// Something else.
    #[default]
    #[serde(other)]
    Other,
}

/// How far an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemStatus {
    /// Being made.
    InProgress,
    /// Whole.
    Completed,
    /// Cut off: arguments of a function are not to be used.
    Incomplete,
    /// The server does not say.
    #[default]
    #[serde(other)]
    Unknown,
}

/// What a part of a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContentKind {
    /// What the caller wrote.
    InputText,
    /// What the caller said.
    InputAudio,
    /// What the agent wrote.
    #[serde(alias = "text")]
    OutputText,
    /// What the agent said.
    #[serde(alias = "audio")]
    OutputAudio,
    /// Something else.
    #[default]
    #[serde(other)]
    Other,
}

/// A part of a message.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct ContentPart {
    /// What it is.
    #[serde(rename = "type", deserialize_with = "or_default")]
    pub kind: ContentKind,
    /// Written words.
    pub text: Option<String>,
    /// Spoken words, once they are written down.
    pub transcript: Option<String>,
}

/// An item of the talk.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Item {
    /// Its id.
    #[serde(deserialize_with = "or_default")]
    pub id: String,
    /// What it is.
    #[serde(rename = "type", deserialize_with = "or_default")]
    pub kind: ItemKind,
    /// How far it is.
    #[serde(deserialize_with = "or_default")]
    pub status: ItemStatus,
    /// Who says a message.
    pub role: Option<String>,
    /// Parts of a message.
    #[serde(deserialize_with = "or_default")]
    pub content: Vec<ContentPart>,
    /// Which call of a function.
    pub call_id: Option<String>,
    /// Which function.
    pub name: Option<String>,
    /// Its arguments, JSON as text.
    pub arguments: Option<String>,
    /// What the function gave.
    pub output: Option<String>,
}

impl Item {
    /// All words of the item.
    #[must_use]
    pub fn words(&self) -> String {
        let parts = self.content.iter();
        parts
            .filter_map(|part| part.transcript.as_deref().or(part.text.as_deref()))
            .collect()
    }
}

/// How far a reply is, or how it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseStatus {
    /// Being made.
    InProgress,
    /// All of it was made.
    Completed,
    /// Stopped.
    #[serde(alias = "canceled")]
    Cancelled,
    /// It failed: the caller hears nothing unless somebody acts.
    Failed,
    /// Cut off.
    Incomplete,
    /// The server does not say.
    #[default]
    #[serde(other)]
    Unknown,
}

/// Why a reply ended so.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct StatusDetails {
    /// `turn_detected`, `client_cancelled`, `max_output_tokens`, `content_filter`, or another word.
    pub reason: Option<String>,
    /// What failed.
    pub error: Option<ServerFault>,
}

/// A reply.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Response {
    /// Its id; usage is counted once by it.
    pub id: Option<String>,
    /// How far it is.
    #[serde(deserialize_with = "or_default")]
    pub status: ResponseStatus,
    /// Why.
    pub status_details: Option<StatusDetails>,
    /// What it consists of; no audio.
    #[serde(deserialize_with = "or_default")]
    pub output: Vec<Item>,
    /// The talk it belongs to; none if it runs beside it.
    pub conversation_id: Option<String>,
    /// What it used; cancelled replies use something too.
    pub usage: Option<RealtimeUsage>,
}
