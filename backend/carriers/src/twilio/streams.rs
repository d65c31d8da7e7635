//! Messages of the Media Streams socket: sound of the caller in, sound of the agent out.
//!
//! What comes from the carrier is read liberally: numbers or strings, unknown members, any length of sound. What
//! goes to it has exactly the documented members, because one more makes it drop the message.
//!
//! Fifty messages a second and call are sound, so that one is read in a single pass that borrows from the text.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;

mod lenient;
mod writer;

use lenient::{Object, Parameters, Text, Whole};
pub use writer::StreamWriter;

/// A longer message is not read: two minutes of sound, where the carrier sends 20 ms.
pub const MAX_MESSAGE_BYTES: usize = 1_280 * 1024;
/// A longer name of a mark is cut, in and out.
pub const MAX_NAME_BYTES: usize = 128;
/// An id that is longer is none.
const MAX_SID_BYTES: usize = 128;
/// No call is longer; a time beyond is cut to it, so that sums of times stay in range.
const MAX_TIMESTAMP_MS: u64 = 7 * 24 * 3_600 * 1_000;

/// How the name of the agent's own track begins.
const OUTBOUND: &str = "outbound";

/// A message from the carrier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FromCarrier<'a> {
    /// The socket is up; nothing is known yet, and nothing may be sent.
    Connected,
    /// Whose sound it is.
    Start(Box<Start>),
    /// The caller's next sound.
    Media(Media<'a>),
    /// A key the caller pressed.
    Dtmf {
        /// Of `0-9 * # A-D`.
        digit: char,
    },
    /// Everything sent before the mark was played, or forgotten by a clear.
    Mark {
        /// As we named it.
        name: Cow<'a, str>,
    },
    /// The stream is over.
    Stop,
    /// Something newer than this code; to be ignored.
    Unknown {
        /// Its event, cut to [`MAX_NAME_BYTES`].
        event: Cow<'a, str>,
    },
}

/// Whose sound a stream carries, and the parameters that our TwiML gave along.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Start {
    /// The carrier's id of the stream (`MZ…`); every message to it names it.
    pub stream_sid: String,
    /// The account that owns the call.
    pub account_sid: String,
    /// The carrier's id of the call (`CA…`).
    pub call_sid: String,
    /// Our own parameters; the one-use token is among them.
    pub custom_parameters: BTreeMap<String, String>,
    /// How the sound is written, as far as it was told.
    pub format: Format,
}

impl Start {
    /// One of our own parameters.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.custom_parameters.get(name).map(String::as_str)
    }

    /// Whether the sound is what we speak: mu-law, 8 kHz, one channel. What was not told is as documented.
    #[must_use]
    pub fn is_mulaw(&self) -> bool {
        let Format {
            encoding,
            sample_rate,
            channels,
        } = &self.format;
        encoding
            .as_ref()
            .is_none_or(|name| name.eq_ignore_ascii_case("audio/x-mulaw"))
            && sample_rate.is_none_or(|rate| rate == 8_000)
            && channels.is_none_or(|count| count == 1)
    }
}

/// How the sound of a stream is written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Format {
    /// `audio/x-mulaw`.
    pub encoding: Option<String>,
    /// Samples in a second.
    pub sample_rate: Option<u64>,
    /// How many sounds at once.
    pub channels: Option<u64>,
}

/// The caller's next sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Media<'a> {
    /// Since the stream began; 0 when it was not told, so never let it turn a clock back.
    pub timestamp_ms: u64,
    /// Base64 of mu-law, not decoded and not checked; borrowed unless the carrier escaped it.
    pub payload: Cow<'a, str>,
    /// Whether it is the caller's; a connected stream carries nothing else.
    pub inbound: bool,
}

/// Why a message of the carrier cannot be read at all. Holds none of its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// Longer than [`MAX_MESSAGE_BYTES`].
    #[error("message is too long")]
    TooLong,
    /// Not a JSON object.
    #[error("message is not a json object")]
    NotAnObject,
    /// Without an event.
    #[error("message has no event")]
    NoEvent,
    /// Without something that we cannot do without.
    #[error("message {event} lacks {member}")]
    Lacks {
        /// Which message.
        event: &'static str,
        /// What it lacks.
        member: &'static str,
    },
}

/// Every message in one shape: a message is read once, whatever the order of its members.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Frame<'a> {
    #[serde(borrow)]
    event: Text<'a>,
    #[serde(borrow)]
    stream_sid: Text<'a>,
    #[serde(borrow)]
    media: Object<RawMedia<'a>>,
    #[serde(borrow)]
    start: Object<RawStart<'a>>,
    #[serde(borrow)]
    dtmf: Object<RawDtmf<'a>>,
    #[serde(borrow)]
    mark: Object<RawMark<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawMedia<'a> {
    #[serde(borrow)]
    track: Text<'a>,
    timestamp: Whole,
    #[serde(borrow)]
    payload: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RawStart<'a> {
    #[serde(borrow)]
    stream_sid: Text<'a>,
    #[serde(borrow)]
    account_sid: Text<'a>,
    #[serde(borrow)]
    call_sid: Text<'a>,
    custom_parameters: Parameters,
    #[serde(borrow)]
    media_format: Object<RawFormat<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RawFormat<'a> {
    #[serde(borrow)]
    encoding: Text<'a>,
    sample_rate: Whole,
    channels: Whole,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawDtmf<'a> {
    #[serde(borrow)]
    digit: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawMark<'a> {
    #[serde(borrow)]
    name: Text<'a>,
}

impl<'a> FromCarrier<'a> {
    /// Reads one text frame.
    ///
    /// # Errors
    /// It is no JSON object, has no event, or lacks what the event is about.
    pub fn parse(text: &'a str) -> Result<Self, ParseError> {
        if text.len() > MAX_MESSAGE_BYTES {
            return Err(ParseError::TooLong);
        }
        let frame: Object<Frame<'a>> = serde_json::from_str(text).map_err(|_| ParseError::NotAnObject)?;
        let frame = frame.0.ok_or(ParseError::NotAnObject)?;
        let event = frame.event.0.ok_or(ParseError::NoEvent)?;
        let is = |name: &str| event.eq_ignore_ascii_case(name);
        if is("media") {
            read_media(frame.media)
        } else if is("mark") {
            let name = frame.mark.0.and_then(|mark| mark.name.0);
            let name = name.ok_or(lacks("mark", "name"))?;
            Ok(Self::Mark { name: cut(name) })
        } else if is("dtmf") {
            let digit = frame.dtmf.0.and_then(|dtmf| key(dtmf.digit.0.as_deref()?));
            let digit = digit.ok_or(lacks("dtmf", "digit"))?;
            Ok(Self::Dtmf { digit })
        } else if is("start") {
            read_start(frame.start, frame.stream_sid)
        } else if is("connected") {
            Ok(Self::Connected)
        } else if is("stop") {
            Ok(Self::Stop)
        } else {
            Ok(Self::Unknown { event: cut(event) })
        }
    }
}

fn read_media(media: Object<RawMedia<'_>>) -> Result<FromCarrier<'_>, ParseError> {
    let media = media.0.ok_or(lacks("media", "media"))?;
    let outbound = |track: Cow<'_, str>| {
        let word = track.get(..OUTBOUND.len());
        word.is_some_and(|word| word.eq_ignore_ascii_case(OUTBOUND))
    };
    Ok(FromCarrier::Media(Media {
        timestamp_ms: media.timestamp.0.unwrap_or_default().min(MAX_TIMESTAMP_MS),
        payload: media.payload.0.ok_or(lacks("media", "payload"))?,
        inbound: !media.track.0.is_some_and(outbound),
    }))
}

fn read_start<'a>(start: Object<RawStart<'a>>, outer_sid: Text<'a>) -> Result<FromCarrier<'a>, ParseError> {
    let start = start.0.unwrap_or_default();
    let format = start.media_format.0.unwrap_or_default();
    let stream_sid = sid(start.stream_sid).or_else(|| sid(outer_sid));
    Ok(FromCarrier::Start(Box::new(Start {
        stream_sid: stream_sid.ok_or(lacks("start", "streamSid"))?,
        account_sid: sid(start.account_sid).unwrap_or_default(),
        call_sid: sid(start.call_sid).unwrap_or_default(),
        custom_parameters: start.custom_parameters.0,
        format: Format {
            encoding: format.encoding.0.map(|name| cut(name).into_owned()),
            sample_rate: format.sample_rate.0,
            channels: format.channels.0,
        },
    })))
}

fn lacks(event: &'static str, member: &'static str) -> ParseError {
    ParseError::Lacks { event, member }
}

/// An id; a cut one would be another's, so one that is too long is none.
fn sid(text: Text<'_>) -> Option<String> {
    let text = text.0?;
    (!text.is_empty() && text.len() <= MAX_SID_BYTES).then(|| text.into_owned())
}

/// The key, when it is one.
fn key(text: &str) -> Option<char> {
    let mut keys = text.trim().chars();
    let key = keys.next()?.to_ascii_uppercase();
    let is_key = key.is_ascii_digit() || matches!(key, '*' | '#' | 'A'..='D');
    (is_key && keys.next().is_none()).then_some(key)
}

fn cut(name: Cow<'_, str>) -> Cow<'_, str> {
    let end = name.floor_char_boundary(MAX_NAME_BYTES);
    match name {
        Cow::Borrowed(name) => Cow::Borrowed(&name[..end]),
        Cow::Owned(mut name) => {
            name.truncate(end);
            Cow::Owned(name)
        }
    }
}

#[cfg(test)]
mod tests;
