//! TwiML: the orders we give the carrier for a call, as typed verbs that always come out well-formed.
//!
//! Only the verbs we use, and every attribute we depend on is written out, because defaults have changed.

use std::borrow::Cow;

use phony_kernel::E164;
use quick_xml::Writer;
use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use quick_xml::name::QName;

mod relay;

pub use relay::{ConversationRelay, Input, Parameter};

/// The carrier refuses a larger document.
pub const MAX_DOCUMENT_BYTES: usize = 64 * 1024;
/// The carrier refuses more in one `<Say>`.
pub const MAX_SAY_BYTES: usize = 4_000;

/// Why a document cannot be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadTwiml {
    /// Larger than the carrier takes.
    #[error("document is larger than 64 kb")]
    TooLarge,
    /// More words than the carrier speaks at once.
    #[error("text to say is longer than 4000 bytes")]
    SayTooLong,
    /// Name and value of a parameter are 500 characters or more.
    #[error("parameter is too long")]
    ParameterTooLong,
    /// Not an address the carrier can use here.
    #[error("url has the wrong form")]
    BadUrl,
    /// A call can be rejected only before anything else.
    #[error("reject must be the first verb")]
    RejectNotFirst,
    /// The writer failed; does not happen in memory.
    #[error("document could not be written")]
    NotWritten,
}

/// Why a call is rejected; it is never answered nor billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejection {
    /// The caller hears that the number is not in service.
    Rejected,
    /// The caller hears that it is busy.
    Busy,
}

/// Handing the call to a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dial {
    /// Where it rings.
    pub number: E164,
    /// Number shown to the callee: one of ours, or the caller's own.
    pub caller_id: Option<E164>,
    /// Asked when it is over.
    pub action: String,
    /// How long it rings.
    pub timeout_seconds: u32,
}

/// One order.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Verb {
    Say {
        text: String,
        voice: Option<String>,
        language: Option<String>,
    },
    Pause {
        seconds: u32,
    },
    Hangup,
    Reject(Rejection),
    Redirect(String),
    Dial(Dial),
    ConnectRelay {
        action: String,
        relay: Box<ConversationRelay>,
    },
}

/// A TwiML document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct Response {
    verbs: Vec<Verb>,
}

impl Response {
    /// A document that, sent as it is, ends the call.
    pub fn new() -> Self {
        Self::default()
    }

    /// Speaks in the carrier's basic voice.
    pub fn say(self, text: impl Into<String>) -> Self {
        self.with(Verb::Say {
            text: text.into(),
            voice: None,
            language: None,
        })
    }

    /// Speaks in a voice and language of the carrier's (`Google.en-US-Chirp3-HD-Kore`).
    pub fn say_as(
        self,
        text: impl Into<String>,
        voice: impl Into<String>,
        language: impl Into<String>,
    ) -> Self {
        self.with(Verb::Say {
            text: text.into(),
            voice: Some(voice.into()),
            language: Some(language.into()),
        })
    }

    /// Stays silent; as the first order it delays the answer.
    pub fn pause(self, seconds: u32) -> Self {
        self.with(Verb::Pause { seconds })
    }

    /// Ends the call.
    pub fn hangup(self) -> Self {
        self.with(Verb::Hangup)
    }

    /// Does not take the call.
    pub fn reject(self, why: Rejection) -> Self {
        self.with(Verb::Reject(why))
    }

    /// Goes on with the document at `url`.
    pub fn redirect(self, url: impl Into<String>) -> Self {
        self.with(Verb::Redirect(url.into()))
    }

    /// Hands the call to a number.
    pub fn dial(self, dial: Dial) -> Self {
        self.with(Verb::Dial(dial))
    }

    /// Connects the call to our relay socket; `action` is asked when the session is over.
    pub fn connect_relay(self, action: impl Into<String>, relay: ConversationRelay) -> Self {
        self.with(Verb::ConnectRelay {
            action: action.into(),
            relay: Box::new(relay),
        })
    }

    fn with(mut self, verb: Verb) -> Self {
        self.verbs.push(verb);
        self
    }

    /// The document as text, for `Content-Type: text/xml`.
    ///
    /// # Errors
    /// The carrier would refuse it.
    pub fn to_xml(&self) -> Result<String, BadTwiml> {
        let mut out = Out {
            writer: Writer::new(Vec::with_capacity(1024)),
        };
        out.event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        if self.verbs.is_empty() {
            out.empty("Response", &[])?;
        } else {
            out.open("Response", &[])?;
            for (at, verb) in self.verbs.iter().enumerate() {
                if at > 0 && matches!(verb, Verb::Reject(_)) {
                    return Err(BadTwiml::RejectNotFirst);
                }
                out.verb(verb)?;
            }
            out.close("Response")?;
        }
        let bytes = out.writer.into_inner();
        if bytes.len() > MAX_DOCUMENT_BYTES {
            return Err(BadTwiml::TooLarge);
        }
        String::from_utf8(bytes).map_err(|_| BadTwiml::NotWritten)
    }
}

/// Writes elements; text and values are escaped here and nowhere else.
struct Out {
    writer: Writer<Vec<u8>>,
}

type Attributes<'a> = [(&'static str, &'a str)];

impl Out {
    fn verb(&mut self, verb: &Verb) -> Result<(), BadTwiml> {
        match verb {
            Verb::Say {
                text,
                voice,
                language,
            } => {
                if text.len() > MAX_SAY_BYTES {
                    return Err(BadTwiml::SayTooLong);
                }
                let mut attributes = Vec::new();
                attributes.extend(voice.as_deref().map(|voice| ("voice", voice)));
                attributes.extend(language.as_deref().map(|language| ("language", language)));
                self.with_text("Say", &attributes, text)
            }
            Verb::Pause { seconds } => self.empty("Pause", &[("length", &seconds.to_string())]),
            Verb::Hangup => self.empty("Hangup", &[]),
            Verb::Reject(why) => {
                let reason = match why {
                    Rejection::Rejected => "rejected",
                    Rejection::Busy => "busy",
                };
                self.empty("Reject", &[("reason", reason)])
            }
            Verb::Redirect(url) => {
                check_web_url(url)?;
                self.with_text("Redirect", &[("method", "POST")], url)
            }
            Verb::Dial(dial) => self.dial(dial),
            Verb::ConnectRelay { action, relay } => {
                check_web_url(action)?;
                self.open("Connect", &[("action", action), ("method", "POST")])?;
                relay.write(self)?;
                self.close("Connect")
            }
        }
    }

    fn dial(&mut self, dial: &Dial) -> Result<(), BadTwiml> {
        check_web_url(&dial.action)?;
        let timeout = dial.timeout_seconds.clamp(5, 600).to_string();
        let mut attributes = vec![
            ("action", dial.action.as_str()),
            ("method", "POST"),
            ("timeout", &timeout),
        ];
        attributes.extend(
            dial.caller_id
                .as_ref()
                .map(|number| ("callerId", number.as_str())),
        );
        self.open("Dial", &attributes)?;
        self.with_text("Number", &[], dial.number.as_str())?;
        self.close("Dial")
    }

    fn open(&mut self, name: &'static str, attributes: &Attributes<'_>) -> Result<(), BadTwiml> {
        self.event(Event::Start(element(name, attributes)))
    }

    fn empty(&mut self, name: &'static str, attributes: &Attributes<'_>) -> Result<(), BadTwiml> {
        self.event(Event::Empty(element(name, attributes)))
    }

    fn close(&mut self, name: &'static str) -> Result<(), BadTwiml> {
        self.event(Event::End(BytesEnd::new(name)))
    }

    fn with_text(
        &mut self,
        name: &'static str,
        attributes: &Attributes<'_>,
        text: &str,
    ) -> Result<(), BadTwiml> {
        self.open(name, attributes)?;
        self.event(Event::Text(BytesText::from_escaped(escape(text))))?;
        self.close(name)
    }

    fn event(&mut self, event: Event<'_>) -> Result<(), BadTwiml> {
        self.writer.write_event(event).map_err(|_| BadTwiml::NotWritten)
    }
}

fn element<'a>(name: &'static str, attributes: &Attributes<'_>) -> BytesStart<'a> {
    let mut start = BytesStart::new(name);
    for (key, value) in attributes {
        start.push_attribute(Attribute {
            key: QName(key.as_bytes()),
            value: Cow::Owned(escape(value).into_bytes()),
        });
    }
    start
}

/// Makes text fit for element content and double-quoted values alike. Line ends and tabs are written as
/// references, which readers do not fold into blanks; characters that XML cannot hold at all are left out.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            '\t' => out.push_str("&#9;"),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {}
            other => out.push(other),
        }
    }
    out
}

/// An absolute web address, or a path on the server that sends the document.
fn check_web_url(url: &str) -> Result<(), BadTwiml> {
    let absolute = url.starts_with("https://") || url.starts_with("http://");
    let path = url.starts_with('/') && !url.starts_with("//");
    let clean = !url.chars().any(|c| c.is_whitespace() || c.is_control());
    if (absolute || path) && clean {
        Ok(())
    } else {
        Err(BadTwiml::BadUrl)
    }
}

#[cfg(test)]
mod tests;
