//! The events we read. Liberal: what we do not know is [`ServerEvent::Unknown`], what we do not need may be absent.
//! The names of the retired beta dialect are among the unknown.

use std::borrow::Cow;

use serde::Deserialize;

use super::item::{Item, Response};
use super::lenient::whole;
use super::payload::{
    ArgumentsDelta, ArgumentsDone, AudioDelta, OutputItem, RateLimit, ServerFault, SessionInfo, TextDelta,
};
use crate::realtime::usage::TranscriptionUsage;

/// An event that cannot be read. Holds none of its words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// No JSON object with a type.
    #[error("message is not an event")]
    NotAnEvent,
    /// Something that we need is absent or of another type.
    #[error("event {kind} is malformed at column {column}")]
    Malformed {
        /// Type of the event.
        kind: Box<str>,
        /// Where reading stopped.
        column: usize,
    },
}

/// An event we read.
#[derive(Debug, Clone, PartialEq)]
pub enum ServerEvent<'a> {
    /// The session is there, with the service's defaults.
    SessionCreated(Box<SessionInfo>),
    /// Our settings are in force.
    SessionUpdated(Box<SessionInfo>),
    /// Something failed; the session mostly goes on.
    Error(Box<ServerFault>),
    /// The caller speaks.
    SpeechStarted {
        /// The item that it will be.
        item_id: String,
        /// Where in the audio we sent.
        audio_start_ms: u64,
    },
    /// The caller has stopped.
    SpeechStopped {
        /// The item that it will be.
        item_id: String,
        /// Where in the audio we sent.
        audio_end_ms: u64,
    },
    /// The caller was silent for the time that was set.
    IdleTimeout {
        /// The item of silence.
        item_id: String,
    },
    /// The caller's turn is an item now.
    AudioCommitted {
        /// The item.
        item_id: String,
        /// The one before it.
        previous_item_id: Option<String>,
    },
    /// The caller's audio was forgotten.
    AudioCleared,
    /// An item is part of the talk.
    ItemAdded {
        /// The one before it.
        previous_item_id: Option<String>,
        /// The item.
        item: Box<Item>,
    },
    /// An item is whole.
    ItemDone {
        /// The one before it.
        previous_item_id: Option<String>,
        /// The item.
        item: Box<Item>,
    },
    /// Twin of [`Self::ItemAdded`] that older servers send as well.
    ItemCreated {
        /// The one before it.
        previous_item_id: Option<String>,
        /// The item.
        item: Box<Item>,
    },
    /// What was not heard is taken out of an item.
    ItemTruncated {
        /// The item.
        item_id: String,
        /// What is left.
        audio_end_ms: u64,
    },
    /// An item is gone.
    ItemDeleted {
        /// The item.
        item_id: String,
    },
    /// The caller's next words.
    TranscriptionDelta(TextDelta<'a>),
    /// All words of the caller's turn.
    TranscriptionCompleted {
        /// The item.
        item_id: String,
        /// The words.
        transcript: String,
        /// In which language it was heard, the main one of several; not every model tells.
        language: Option<String>,
        /// What that used.
        usage: Option<TranscriptionUsage>,
    },
    /// The caller's words could not be written down.
    TranscriptionFailed {
        /// The item.
        item_id: String,
        /// Why.
        error: Box<ServerFault>,
    },
    /// A reply begins.
    ResponseCreated(Box<Response>),
    /// A reply has ended, well or not.
    ResponseDone(Box<Response>),
    /// An item of a reply begins.
    OutputItemAdded(Box<OutputItem>),
    /// An item of a reply has ended.
    OutputItemDone(Box<OutputItem>),
    /// The agent's next audio.
    AudioDelta(AudioDelta<'a>),
    /// All audio of an item was sent.
    AudioDone {
        /// Which reply.
        response_id: String,
        /// Which item.
        item_id: String,
    },
    /// The agent's next words.
    TranscriptDelta(TextDelta<'a>),
    /// All words of an item that is spoken.
    TranscriptDone(TextDelta<'a>),
    /// The next words of a reply that is not spoken.
    TextDelta(TextDelta<'a>),
    /// The next piece of a function's arguments.
    ArgumentsDelta(ArgumentsDelta<'a>),
    /// All of them.
    ArgumentsDone(Box<ArgumentsDone>),
    /// How much of the allowances is left.
    RateLimits(Vec<RateLimit>),
    /// Something we do not know or do not need.
    Unknown(Cow<'a, str>),
}

const AUDIO_DELTA: &str = "response.output_audio.delta";
/// How far into a message its type is looked for without reading it.
const GLANCE: usize = 96;

#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
}

/// Everything that events without a type of their own may hold.
#[derive(Deserialize)]
struct Spot {
    item_id: String,
    #[serde(default)]
    response_id: Option<String>,
    #[serde(default)]
    previous_item_id: Option<String>,
    #[serde(default, deserialize_with = "whole")]
    audio_start_ms: u64,
    #[serde(default, deserialize_with = "whole")]
    audio_end_ms: u64,
    #[serde(default)]
    transcript: Option<String>,
    #[serde(default)]
    error: Option<ServerFault>,
}

#[derive(Deserialize)]
struct WithLanguages {
    languages: Vec<Language>,
}

#[derive(Deserialize)]
struct Language {
    code: String,
}

#[derive(Deserialize)]
struct WithSession {
    session: SessionInfo,
}

#[derive(Deserialize)]
struct WithError {
    error: ServerFault,
}

#[derive(Deserialize)]
struct WithItem {
    #[serde(default)]
    previous_item_id: Option<String>,
    item: Item,
}

#[derive(Deserialize)]
struct WithResponse {
    response: Response,
}

#[derive(Deserialize)]
struct WithLimits {
    rate_limits: Vec<RateLimit>,
}

/// Apart from the words, which must not be lost to figures that cannot be read.
#[derive(Deserialize)]
struct WithUsage {
    usage: TranscriptionUsage,
}

impl<'a> ServerEvent<'a> {
    /// Reads a message.
    ///
    /// # Errors
    /// It is no event, or lacks what we need of it.
    pub fn parse(text: &'a str) -> Result<Self, ParseError> {
        // Nearly all messages are audio, and those are read once only.
        let glance = &text[..text.floor_char_boundary(GLANCE)];
        if glance.contains(AUDIO_DELTA)
            && let Ok(delta) = serde_json::from_str::<AudioDelta<'a>>(text)
            && delta.kind == AUDIO_DELTA
        {
            return Ok(Self::AudioDelta(delta));
        }
        let head: Head<'a> = serde_json::from_str(text).map_err(|_| ParseError::NotAnEvent)?;
        Self::parse_as(head.kind, text)
    }

    fn parse_as(kind: Cow<'a, str>, text: &'a str) -> Result<Self, ParseError> {
        Ok(match &*kind {
            AUDIO_DELTA => Self::AudioDelta(read(text, &kind)?),
            "response.output_audio.done" => {
                let spot: Spot = read(text, &kind)?;
                Self::AudioDone {
                    response_id: spot.response_id.unwrap_or_default(),
                    item_id: spot.item_id,
                }
            }
            "response.output_audio_transcript.delta" => Self::TranscriptDelta(read(text, &kind)?),
            "response.output_audio_transcript.done" => Self::TranscriptDone(read(text, &kind)?),
            "response.output_text.delta" => Self::TextDelta(read(text, &kind)?),
            "response.function_call_arguments.delta" => Self::ArgumentsDelta(read(text, &kind)?),
            "response.function_call_arguments.done" => Self::ArgumentsDone(read(text, &kind)?),
            "response.output_item.added" => Self::OutputItemAdded(read(text, &kind)?),
            "response.output_item.done" => Self::OutputItemDone(read(text, &kind)?),
            "response.created" => {
                Self::ResponseCreated(Box::new(read::<WithResponse>(text, &kind)?.response))
            }
            "response.done" => Self::ResponseDone(Box::new(read::<WithResponse>(text, &kind)?.response)),
            "session.created" => Self::SessionCreated(Box::new(read::<WithSession>(text, &kind)?.session)),
            "session.updated" => Self::SessionUpdated(Box::new(read::<WithSession>(text, &kind)?.session)),
            "error" => Self::Error(Box::new(read::<WithError>(text, &kind)?.error)),
            "rate_limits.updated" => Self::RateLimits(read::<WithLimits>(text, &kind)?.rate_limits),
            "input_audio_buffer.cleared" => Self::AudioCleared,
            _ if kind.starts_with("input_audio_buffer.") => Self::buffer(kind, text)?,
            _ if kind.starts_with("conversation.item.") => Self::item(kind, text)?,
            _ => Self::Unknown(kind),
        })
    }

    fn buffer(kind: Cow<'a, str>, text: &'a str) -> Result<Self, ParseError> {
        let spot = || read::<Spot>(text, &kind);
        Ok(match &*kind {
            "input_audio_buffer.speech_started" => {
                let spot = spot()?;
                Self::SpeechStarted {
                    item_id: spot.item_id,
                    audio_start_ms: spot.audio_start_ms,
                }
            }
            "input_audio_buffer.speech_stopped" => {
                let spot = spot()?;
                Self::SpeechStopped {
                    item_id: spot.item_id,
                    audio_end_ms: spot.audio_end_ms,
                }
            }
            "input_audio_buffer.committed" => {
                let spot = spot()?;
                Self::AudioCommitted {
                    item_id: spot.item_id,
                    previous_item_id: spot.previous_item_id,
                }
            }
            "input_audio_buffer.timeout_triggered" => Self::IdleTimeout {
                item_id: spot()?.item_id,
            },
            _ => Self::Unknown(kind),
        })
    }

    fn item(kind: Cow<'a, str>, text: &'a str) -> Result<Self, ParseError> {
        let spot = || read::<Spot>(text, &kind);
        let item = || {
            let with: WithItem = read(text, &kind)?;
            Ok((with.previous_item_id, Box::new(with.item)))
        };
        Ok(match &*kind {
            "conversation.item.added" => {
                let (previous_item_id, item) = item()?;
                Self::ItemAdded {
                    previous_item_id,
                    item,
                }
            }
            "conversation.item.done" => {
                let (previous_item_id, item) = item()?;
                Self::ItemDone {
                    previous_item_id,
                    item,
                }
            }
            "conversation.item.created" => {
                let (previous_item_id, item) = item()?;
                Self::ItemCreated {
                    previous_item_id,
                    item,
                }
            }
            "conversation.item.truncated" => {
                let spot = spot()?;
                Self::ItemTruncated {
                    item_id: spot.item_id,
                    audio_end_ms: spot.audio_end_ms,
                }
            }
            "conversation.item.deleted" => Self::ItemDeleted {
                item_id: spot()?.item_id,
            },
            "conversation.item.input_audio_transcription.delta" => {
                Self::TranscriptionDelta(read(text, &kind)?)
            }
            "conversation.item.input_audio_transcription.completed" => {
                let spot = spot()?;
                Self::TranscriptionCompleted {
                    item_id: spot.item_id,
                    transcript: spot.transcript.unwrap_or_default(),
                    language: serde_json::from_str::<WithLanguages>(text)
                        .ok()
                        .and_then(|with| with.languages.into_iter().next())
                        .map(|language| language.code),
                    usage: serde_json::from_str::<WithUsage>(text)
                        .ok()
                        .map(|with| with.usage),
                }
            }
            "conversation.item.input_audio_transcription.failed" => {
                let spot = spot()?;
                Self::TranscriptionFailed {
                    item_id: spot.item_id,
                    error: Box::new(spot.error.unwrap_or_default()),
                }
            }
            _ => Self::Unknown(kind),
        })
    }
}

fn read<'a, T: Deserialize<'a>>(text: &'a str, kind: &str) -> Result<T, ParseError> {
    serde_json::from_str(text).map_err(|error| ParseError::Malformed {
        kind: kind.into(),
        column: error.column(),
    })
}
