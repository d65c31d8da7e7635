//! What the events we read carry.

use std::borrow::Cow;

use serde::Deserialize;

use super::item::Item;
use super::lenient::{or_default, whole};

/// Audio of the agent.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct AudioDelta<'a> {
    #[serde(borrow, rename = "type")]
    pub(super) kind: Cow<'a, str>,
    /// Which reply.
    #[serde(borrow)]
    pub response_id: Cow<'a, str>,
    /// Which item.
    #[serde(borrow)]
    pub item_id: Cow<'a, str>,
    /// Which part of the item.
    #[serde(default, deserialize_with = "whole")]
    pub content_index: u64,
    /// Base64 of mu-law, not decoded and not checked; borrowed unless the server escaped it.
    #[serde(borrow, rename = "delta")]
    pub base64: Cow<'a, str>,
}

/// Words of the agent or the caller.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct TextDelta<'a> {
    /// Which reply; none for the caller's words.
    #[serde(default, borrow)]
    pub response_id: Option<Cow<'a, str>>,
    /// Which item.
    #[serde(borrow)]
    pub item_id: Cow<'a, str>,
    /// Which part of the item.
    #[serde(default, deserialize_with = "whole")]
    pub content_index: u64,
    /// The next words, or all of them where the event says so.
    #[serde(borrow, alias = "transcript", alias = "text")]
    pub delta: Cow<'a, str>,
}

/// An item of a reply begins or ends.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct OutputItem {
    /// Which reply.
    pub response_id: String,
    /// Which item of it.
    #[serde(default, deserialize_with = "whole")]
    pub output_index: u64,
    /// The item.
    pub item: Item,
}

/// The next piece of a function's arguments.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ArgumentsDelta<'a> {
    /// Which call.
    #[serde(borrow)]
    pub call_id: Cow<'a, str>,
    /// The piece.
    #[serde(borrow)]
    pub delta: Cow<'a, str>,
}

/// All arguments of a function.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ArgumentsDone {
    /// Which reply.
    pub response_id: String,
    /// Which item.
    pub item_id: String,
    /// Which call.
    pub call_id: String,
    /// Which function; not every server says it here.
    #[serde(default)]
    pub name: Option<String>,
    /// JSON as text, to be used only when the item is complete.
    pub arguments: String,
}

/// What a server says about a failure.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct ServerFault {
    /// What sort.
    #[serde(rename = "type", deserialize_with = "or_default")]
    pub kind: String,
    /// Which.
    pub code: Option<String>,
    /// In words; may repeat words of the talk or part of a key: for no log line.
    #[serde(deserialize_with = "or_default")]
    pub message: String,
    /// What it is about.
    pub param: Option<String>,
    /// Our event that it is about.
    pub event_id: Option<String>,
}

/// What a session is, as the server says.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct SessionInfo {
    /// Its id, for the provider's support.
    pub id: Option<String>,
    /// The model that really answers.
    pub model: Option<String>,
    /// When it ends, in seconds of Unix time.
    pub expires_at: Option<i64>,
    #[serde(deserialize_with = "or_default")]
    audio: SessionAudio,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
struct SessionAudio {
    #[serde(deserialize_with = "or_default")]
    input: AudioSide,
    #[serde(deserialize_with = "or_default")]
    output: AudioSide,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
struct AudioSide {
    #[serde(deserialize_with = "or_default")]
    format: AudioFormat,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
struct AudioFormat {
    #[serde(rename = "type")]
    kind: Option<String>,
}

impl SessionInfo {
    /// Whether audio is mu-law both ways; a server that does not say is believed.
    #[must_use]
    pub fn is_mulaw(&self) -> bool {
        [&self.audio.input, &self.audio.output].into_iter().all(|side| {
            side.format
                .kind
                .as_deref()
                .is_none_or(|kind| kind == "audio/pcmu")
        })
    }
}

/// How much of an allowance is left.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct RateLimit {
    /// `requests` or `tokens`.
    pub name: String,
    /// The allowance.
    #[serde(default, deserialize_with = "whole")]
    pub limit: u64,
    /// What is left.
    #[serde(default, deserialize_with = "whole")]
    pub remaining: u64,
    /// Until it is whole again.
    #[serde(default, deserialize_with = "or_default")]
    pub reset_seconds: f64,
}
