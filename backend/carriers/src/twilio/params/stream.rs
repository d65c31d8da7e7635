//! News of a stream of sound.

use std::fmt;

use chrono::{DateTime, Utc};

use super::BadForm;
use super::read::{id, text, time};
use crate::twilio::form::Form;

/// What happened to a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamEvent {
    /// The socket is open.
    Started,
    /// It is over.
    Stopped,
    /// It could not be opened, or was lost.
    Error,
    /// A word we do not know, or none.
    Unknown,
}

/// News of a stream; the only place that tells why a socket could not be opened.
#[derive(Clone, PartialEq, Eq)]
pub struct StreamStatus {
    /// The carrier's id of the call.
    pub call_sid: String,
    /// The account that owns it.
    pub account_sid: String,
    /// The carrier's id of the stream.
    pub stream_sid: Option<String>,
    /// What happened.
    pub event: StreamEvent,
    /// Why, in the carrier's words.
    pub error: Option<String>,
    /// When, by the carrier's clock.
    pub timestamp: Option<DateTime<Utc>>,
}

impl StreamStatus {
    /// Reads a form body.
    ///
    /// # Errors
    /// An id is missing or contradictory.
    pub fn parse(body: &[u8]) -> Result<Self, BadForm> {
        let form = Form::parse(body);
        let word = form.get("StreamEvent").unwrap_or_default().to_lowercase();
        Ok(Self {
            call_sid: id(&form, "CallSid")?,
            account_sid: id(&form, "AccountSid")?,
            stream_sid: text(&form, "StreamSid"),
            event: match word.as_str() {
                "stream-started" => StreamEvent::Started,
                "stream-stopped" => StreamEvent::Stopped,
                "stream-error" => StreamEvent::Error,
                _ => StreamEvent::Unknown,
            },
            error: text(&form, "StreamError"),
            timestamp: form.get("Timestamp").and_then(|text| time(&text)),
        })
    }
}

debug_by_call!(StreamStatus: event);

#[cfg(test)]
mod tests {
    use super::*;

    fn read(extra: &str) -> StreamStatus {
        StreamStatus::parse(format!("CallSid=CA1&AccountSid=AC1&{extra}").as_bytes()).unwrap()
    }

    #[test]
    fn news_of_a_stream_are_read() {
        let lost = read(
            "StreamSid=MZ1&StreamName=MZ1&StreamEvent=stream-error&StreamError=31920+handshake+failed&\
Timestamp=2026-11-21T09%3A15%3A02.123456Z",
        );
        assert_eq!(lost.event, StreamEvent::Error);
        assert_eq!(lost.stream_sid.as_deref(), Some("MZ1"));
        assert_eq!(lost.error.as_deref(), Some("31920 handshake failed"));
        assert_eq!(lost.timestamp.unwrap().timestamp(), 1_795_252_502);
        assert_eq!(
            read("StreamEvent=Stream-Started&StreamSid=MZ1").event,
            StreamEvent::Started
        );
        assert_eq!(read("StreamEvent=stream-stopped").event, StreamEvent::Stopped);
    }

    #[test]
    fn odd_news_are_no_failure() {
        let odd = read("StreamEvent=melted&Timestamp=noon");
        assert_eq!(
            (odd.event, odd.timestamp, odd.stream_sid),
            (StreamEvent::Unknown, None, None)
        );
        assert_eq!(
            StreamStatus::parse(b"CallSid=CA1&CallSid=CA2&AccountSid=AC1").unwrap_err(),
            BadForm::Contradictory("CallSid")
        );
        assert_eq!(
            format!("{:?}", read("StreamError=x")),
            "StreamStatus { call_sid: \"CA1\", event: Unknown, .. }"
        );
    }
}
