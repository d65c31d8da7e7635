//! TwiML: the orders we give the carrier for a call, as typed verbs that always come out well-formed.
//!
//! Only the verbs we use, and every attribute we depend on is written out, because defaults have changed.

mod dial;
mod gather;
mod out;
mod relay;
mod stream;

pub use dial::{Conference, Dial};
pub use gather::{Gather, GatherInput, Prompt, SpeechTimeout};
use out::Out;
pub use relay::{ConversationRelay, Input};
pub use stream::{Fork, Parameter, Stream};

/// The carrier refuses a larger document.
pub const MAX_DOCUMENT_BYTES: usize = 64 * 1024;
/// The carrier refuses more in one `<Say>`.
pub const MAX_SAY_BYTES: usize = 4_000;

/// More keys are not pressed at once.
const MOST_KEYS: usize = 64;

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
    /// More words to expect, or longer ones, than the carrier takes.
    #[error("hints are more than 500 or longer than 100 characters")]
    BadHints,
    /// Not a key of a telephone, or too many of them.
    #[error("not a key of a telephone")]
    BadKey,
    /// A room or participant without a name, or with one that is too long.
    #[error("name of a room or participant is empty or too long")]
    BadName,
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

/// One order.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Verb {
    Prompt(Prompt),
    Gather(Box<Gather>),
    Hangup,
    Reject(Rejection),
    Redirect(String),
    Press(String),
    Dial(Dial),
    DialConference {
        action: String,
        conference: Box<Conference>,
    },
    ConnectRelay {
        action: String,
        relay: Box<ConversationRelay>,
    },
    ConnectStream {
        action: String,
        stream: Stream,
    },
    StartFork(Fork),
    StopFork(String),
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
        self.with(Verb::Prompt(Prompt::Say {
            text: text.into(),
            voice: None,
            language: None,
        }))
    }

    /// Speaks in a voice and language of the carrier's (`Google.en-US-Chirp3-HD-Kore`).
    pub fn say_as(
        self,
        text: impl Into<String>,
        voice: impl Into<String>,
        language: impl Into<String>,
    ) -> Self {
        self.with(Verb::Prompt(Prompt::Say {
            text: text.into(),
            voice: Some(voice.into()),
            language: Some(language.into()),
        }))
    }

    /// Stays silent; as the first order it delays the answer.
    pub fn pause(self, seconds: u32) -> Self {
        self.with(Verb::Prompt(Prompt::Pause { seconds }))
    }

    /// Plays a recording once.
    pub fn play(self, url: impl Into<String>) -> Self {
        self.with(Verb::Prompt(Prompt::Play { url: url.into() }))
    }

    /// Listens to the caller. Without any input the next verb is done, so there must be one.
    pub fn gather(self, gather: Gather) -> Self {
        self.with(Verb::Gather(Box::new(gather)))
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

    /// Joins the call to a room; `action` is asked when the caller has left it or it is over.
    pub fn dial_conference(self, action: impl Into<String>, conference: Conference) -> Self {
        self.with(Verb::DialConference {
            action: action.into(),
            conference: Box::new(conference),
        })
    }

    /// Presses keys for the other end: digits, `*`, `#`, `A` to `D`; `w` waits half a second, `W` a whole one.
    pub fn press(self, keys: impl Into<String>) -> Self {
        self.with(Verb::Press(keys.into()))
    }

    /// Connects the call to our relay socket; `action` is asked when the session is over, and also when the
    /// carrier goes on behind the session without asking it.
    pub fn connect_relay(self, action: impl Into<String>, relay: ConversationRelay) -> Self {
        self.with(Verb::ConnectRelay {
            action: action.into(),
            relay: Box::new(relay),
        })
    }

    /// Connects the call to our socket of sound; `action` is asked when the stream is over, and also when the
    /// carrier goes on behind the stream without asking it.
    pub fn connect_stream(self, action: impl Into<String>, stream: Stream) -> Self {
        self.with(Verb::ConnectStream {
            action: action.into(),
            stream,
        })
    }

    /// Forks all sound of the call to a socket of ours from here on; the orders behind it go on at once.
    pub fn start_fork(self, fork: Fork) -> Self {
        self.with(Verb::StartFork(fork))
    }

    /// Ends the fork of this name, if there is one.
    pub fn stop_fork(self, name: impl Into<String>) -> Self {
        self.with(Verb::StopFork(name.into()))
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
        let mut out = Out::begin()?;
        if self.verbs.is_empty() {
            out.empty("Response", &[])?;
        } else {
            out.open("Response", &[])?;
            for (at, verb) in self.verbs.iter().enumerate() {
                if at > 0 && matches!(verb, Verb::Reject(_)) {
                    return Err(BadTwiml::RejectNotFirst);
                }
                verb.write(&mut out)?;
            }
            out.close("Response")?;
        }
        let xml = out.finish()?;
        if xml.len() > MAX_DOCUMENT_BYTES {
            return Err(BadTwiml::TooLarge);
        }
        Ok(xml)
    }
}

impl Verb {
    fn write(&self, out: &mut Out) -> Result<(), BadTwiml> {
        match self {
            Self::Prompt(prompt) => prompt.write(out),
            Self::Gather(gather) => gather.write(out),
            Self::Hangup => out.empty("Hangup", &[]),
            Self::Reject(why) => {
                let reason = match why {
                    Rejection::Rejected => "rejected",
                    Rejection::Busy => "busy",
                };
                out.empty("Reject", &[("reason", reason)])
            }
            Self::Redirect(url) => redirect(out, url),
            Self::Press(keys) => {
                let known = |key: char| matches!(key, '0'..='9' | '*' | '#' | 'A'..='D' | 'w' | 'W');
                if keys.is_empty() || keys.len() > MOST_KEYS || !keys.chars().all(known) {
                    return Err(BadTwiml::BadKey);
                }
                out.empty("Play", &[("digits", keys)])
            }
            Self::Dial(dial) => dial.write(out),
            Self::DialConference { action, conference } => conference.write(out, action),
            Self::ConnectRelay { action, relay } => connect(out, action, |out| relay.write(out)),
            Self::ConnectStream { action, stream } => connect(out, action, |out| stream.write(out)),
            Self::StartFork(fork) => fork.write(out),
            Self::StopFork(name) => {
                if name.is_empty() {
                    return Err(BadTwiml::BadName);
                }
                out.open("Stop", &[])?;
                out.empty("Stream", &[("name", name)])?;
                out.close("Stop")
            }
        }
    }
}

/// A noun to connect to, and behind it the same way on as its end: without one, a noun that the carrier cannot
/// start would end the call.
fn connect(
    out: &mut Out,
    action: &str,
    noun: impl FnOnce(&mut Out) -> Result<(), BadTwiml>,
) -> Result<(), BadTwiml> {
    check_web_url(action)?;
    out.open("Connect", &[("action", action), ("method", "POST")])?;
    noun(out)?;
    out.close("Connect")?;
    redirect(out, action)
}

fn redirect(out: &mut Out, url: &str) -> Result<(), BadTwiml> {
    check_web_url(url)?;
    out.with_text("Redirect", &[("method", "POST")], url)
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

/// A socket's address. The carrier takes no query here: what we want to know goes into parameters.
fn check_socket_url(url: &str) -> Result<(), BadTwiml> {
    let socket = url.starts_with("wss://") || url.starts_with("ws://");
    let clean = !url.contains('?') && !url.chars().any(|c| c.is_whitespace() || c.is_control());
    if socket && clean {
        Ok(())
    } else {
        Err(BadTwiml::BadUrl)
    }
}

#[cfg(test)]
mod tests;
