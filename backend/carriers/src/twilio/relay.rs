//! Messages of the ConversationRelay socket: text of the caller in, text of the agent out.
//!
//! What comes from the carrier is read liberally: unknown types and members, any letter case of words, numbers
//! as strings. What goes to it is strict, because it drops what it does not know and closes after ten of them.

pub use phony_conversation::core::Handoff;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A message from the carrier.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum FromCarrier {
    /// First message of a connection: whose call it is.
    Setup(Setup),
    /// What the caller said.
    Prompt {
        /// The words; a partial replaces the one before.
        voice_prompt: String,
        /// Language as the carrier heard it.
        #[serde(skip_serializing_if = "Option::is_none")]
        lang: Option<String>,
        /// Whether the caller has finished.
        last: bool,
    },
    /// A key the caller pressed.
    Dtmf {
        /// Which.
        digit: String,
    },
    /// The caller cut the agent off; what was not played is gone.
    Interrupt {
        /// What was audible.
        utterance_until_interrupt: String,
        /// How long it played.
        #[serde(skip_serializing_if = "Option::is_none")]
        duration_until_interrupt_ms: Option<u64>,
    },
    /// A message of ours was not understood; the session goes on.
    Error {
        /// In words.
        description: String,
    },
    /// Something we subscribed to.
    Info {
        /// `agentSpeaking`, `clientSpeaking`, `tokensPlayed`, …
        name: String,
        /// Its value as text.
        value: String,
        /// Milliseconds since 1970, if told.
        #[serde(skip_serializing_if = "Option::is_none")]
        ts: Option<i64>,
    },
    /// Something newer than this code; to be ignored.
    #[serde(skip)]
    Unknown {
        /// Its type as it came.
        kind: String,
    },
}

/// Who calls whom, and the parameters that our TwiML gave along.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Setup {
    /// The carrier's id of this session (`VX…`).
    pub session_id: String,
    /// The account that owns the call.
    pub account_sid: String,
    /// The carrier's id of the call (`CA…`).
    pub call_sid: String,
    /// The caller as the carrier wrote it.
    pub from: String,
    /// The called number as the carrier wrote it.
    pub to: String,
    /// Lower case.
    pub direction: String,
    /// Our own parameters; the one-use token is among them.
    pub custom_parameters: Map<String, Value>,
}

impl Setup {
    /// One of our own parameters.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.custom_parameters.get(name)?.as_str()
    }
}

/// Why a message of the carrier cannot be read at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Not a JSON object.
    #[error("message is not a json object")]
    NotAnObject,
    /// Without a type.
    #[error("message has no type")]
    NoType,
}

impl FromCarrier {
    /// Reads one text frame.
    ///
    /// # Errors
    /// It is no JSON object, or has no type. Everything else is read as far as it goes.
    pub fn parse(frame: &str) -> Result<Self, Unreadable> {
        let members: Map<String, Value> = serde_json::from_str(frame).map_err(|_| Unreadable::NotAnObject)?;
        let members = Members(members);
        let kind = members.text("type").ok_or(Unreadable::NoType)?;
        Ok(match kind.to_ascii_lowercase().as_str() {
            "setup" => Self::Setup(Setup {
                session_id: members.text_or_empty("sessionId"),
                account_sid: members.text_or_empty("accountSid"),
                call_sid: members.text_or_empty("callSid"),
                from: members.text_or_empty("from"),
                to: members.text_or_empty("to"),
                direction: members.text_or_empty("direction").to_lowercase(),
                custom_parameters: members.object("customParameters"),
            }),
            "prompt" => Self::Prompt {
                voice_prompt: members.text_or_empty("voicePrompt"),
                lang: members.text("lang").filter(|lang| !lang.is_empty()),
                // Without the member there is nothing to wait for.
                last: members.flag("last").unwrap_or(true),
            },
            "dtmf" => Self::Dtmf {
                digit: members.text_or_empty("digit"),
            },
            "interrupt" => Self::Interrupt {
                utterance_until_interrupt: members.text_or_empty("utteranceUntilInterrupt"),
                duration_until_interrupt_ms: members
                    .number("durationUntilInterruptMs")
                    .filter(|ms| *ms >= 0)
                    .and_then(|ms| u64::try_from(ms).ok()),
            },
            "error" => Self::Error {
                description: members.text_or_empty("description"),
            },
            "info" => Self::Info {
                name: members.text_or_empty("name"),
                value: members.text_or_empty("value"),
                ts: members.number("ts"),
            },
            _ => Self::Unknown { kind },
        })
    }
}

/// The members of one message, read whatever way they are written.
struct Members(Map<String, Value>);

impl Members {
    fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).or_else(|| {
            self.0
                .iter()
                .find(|(found, _)| found.eq_ignore_ascii_case(name))
                .map(|(_, value)| value)
        })
    }

    fn text(&self, name: &str) -> Option<String> {
        match self.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(flag) => Some(flag.to_string()),
            _ => None,
        }
    }

    fn text_or_empty(&self, name: &str) -> String {
        self.text(name).unwrap_or_default()
    }

    fn flag(&self, name: &str) -> Option<bool> {
        match self.text(name)?.to_ascii_lowercase().as_str() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        }
    }

    fn number(&self, name: &str) -> Option<i64> {
        let text = self.text(name)?;
        let whole = text.trim().split('.').next()?;
        whole.parse().ok()
    }

    fn object(&self, name: &str) -> Map<String, Value> {
        match self.get(name) {
            Some(Value::Object(members)) => members.clone(),
            // Seen as JSON text as well.
            Some(Value::String(text)) => serde_json::from_str(text).unwrap_or_default(),
            _ => Map::new(),
        }
    }
}

/// A message to the carrier, with exactly the members it knows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum ToCarrier {
    /// Words to speak, with their own spaces.
    Text {
        /// A piece of the talk.
        token: String,
        /// Whether the talk ends with it; without one the tail may stay unspoken.
        #[serde(default)]
        last: bool,
        /// Language of the words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lang: Option<String>,
        /// Whether the caller may cut it off.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        interruptible: Option<bool>,
        /// Whether what we send next may cut it off.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        preemptible: Option<bool>,
    },
    /// A recording to play.
    Play {
        /// Where it is.
        source: String,
        /// How often.
        #[serde(default, rename = "loop", skip_serializing_if = "Option::is_none")]
        times: Option<u32>,
        /// Whether the caller may cut it off.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        interruptible: Option<bool>,
        /// Whether what we send next may cut it off.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        preemptible: Option<bool>,
    },
    /// Keys to press towards the caller's side. Made by [`ToCarrier::digits`].
    SendDigits {
        /// Of `0-9 w # *`.
        digits: String,
    },
    /// Another language from here on.
    Language {
        /// Of the agent's speech.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tts_language: Option<String>,
        /// Of the caller's speech.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        transcription_language: Option<String>,
    },
    /// The session is over; the call goes on with what the connect action answers.
    End {
        /// JSON text for that action. Not treated as a secret by the carrier.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        handoff_data: Option<String>,
    },
}

impl ToCarrier {
    /// A piece of the talk.
    #[must_use]
    pub fn token(token: impl Into<String>, last: bool) -> Self {
        Self::Text {
            token: token.into(),
            last,
            lang: None,
            interruptible: None,
            preemptible: None,
        }
    }

    /// Keys to press; `None` when one of them is not a key the carrier can press.
    #[must_use]
    pub fn digits(digits: &str) -> Option<Self> {
        let good = !digits.is_empty()
            && digits
                .bytes()
                .all(|key| key.is_ascii_digit() || matches!(key, b'w' | b'#' | b'*'));
        good.then(|| Self::SendDigits {
            digits: digits.to_owned(),
        })
    }

    /// The end of the session with what is to happen next.
    #[must_use]
    pub fn end(next: &Handoff) -> Self {
        Self::End {
            handoff_data: serde_json::to_string(next).ok(),
        }
    }

    /// The text frame.
    #[must_use]
    pub fn to_frame(&self) -> String {
        // Strings, numbers and flags always have a JSON form.
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
