//! Messages an application may send on the conversation socket, checked as strictly as the carrier does.

use serde_json::{Map, Value};

/// A well-formed message.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum AppMessage {
    Text {
        token: String,
        last: bool,
        interruptible: Option<bool>,
        preemptible: Option<bool>,
    },
    Play {
        source: String,
        loops: u64,
        interruptible: Option<bool>,
        preemptible: Option<bool>,
    },
    SendDigits(String),
    Language,
    End {
        handoff: Option<String>,
    },
    Config(Map<String, Value>),
    Hints,
}

const CONFIG_MEMBERS: &[&str] = &[
    "type",
    "interruptible",
    "preemptible",
    "dtmfDetection",
    "reportInputDuringAgentSpeech",
    "partialPrompts",
    "speechTimeout",
    "echoPromptFiltering",
    "interruptSensitivity",
    "ignoreBackchannel",
    "profanityFilter",
    "eotThreshold",
    "languages",
];

/// Reads one text frame; the error says what the carrier would object to.
pub(crate) fn parse(text: &str) -> Result<AppMessage, String> {
    let value: Value = serde_json::from_str(text).map_err(|e| format!("not JSON: {e}"))?;
    let Value::Object(members) = value else {
        return Err("not an object".to_owned());
    };
    let kind = members.get("type").and_then(Value::as_str).unwrap_or_default();
    match kind {
        "text" => {
            only(
                &members,
                &["type", "token", "last", "lang", "interruptible", "preemptible"],
            )?;
            optional_string(&members, "lang")?;
            Ok(AppMessage::Text {
                token: string(&members, "token")?,
                last: flag(&members, "last")?.unwrap_or(false),
                interruptible: flag(&members, "interruptible")?,
                preemptible: flag(&members, "preemptible")?,
            })
        }
        "play" => {
            only(
                &members,
                &["type", "source", "loop", "interruptible", "preemptible"],
            )?;
            let loops = match members.get("loop") {
                None => 1,
                Some(value) => value.as_u64().ok_or("loop is not a whole number")?,
            };
            Ok(AppMessage::Play {
                source: string(&members, "source")?,
                loops,
                interruptible: flag(&members, "interruptible")?,
                preemptible: flag(&members, "preemptible")?,
            })
        }
        "sendDigits" => {
            only(&members, &["type", "digits"])?;
            let digits = string(&members, "digits")?;
            if digits.is_empty()
                || !digits
                    .chars()
                    .all(|c| c.is_ascii_digit() || matches!(c, 'w' | '#' | '*'))
            {
                return Err("digits may hold 0-9, w, # and * only".to_owned());
            }
            Ok(AppMessage::SendDigits(digits))
        }
        "language" => {
            only(&members, &["type", "ttsLanguage", "transcriptionLanguage"])?;
            let tts = optional_string(&members, "ttsLanguage")?;
            let transcription = optional_string(&members, "transcriptionLanguage")?;
            match tts.or(transcription) {
                Some(_) => Ok(AppMessage::Language),
                None => Err("ttsLanguage or transcriptionLanguage is needed".to_owned()),
            }
        }
        "end" => {
            only(&members, &["type", "handoffData"])?;
            Ok(AppMessage::End {
                handoff: optional_string(&members, "handoffData")?,
            })
        }
        "config" => {
            only(&members, CONFIG_MEMBERS)?;
            Ok(AppMessage::Config(members))
        }
        "hints" => Ok(AppMessage::Hints),
        "" => Err("type is missing".to_owned()),
        other => Err(format!("unknown type {other:?}")),
    }
}

fn only(members: &Map<String, Value>, known: &[&str]) -> Result<(), String> {
    match members.keys().find(|name| !known.contains(&name.as_str())) {
        Some(unknown) => Err(format!("unknown member {unknown:?}")),
        None => Ok(()),
    }
}

fn string(members: &Map<String, Value>, name: &str) -> Result<String, String> {
    optional_string(members, name)?.ok_or_else(|| format!("{name} is missing"))
}

fn optional_string(members: &Map<String, Value>, name: &str) -> Result<Option<String>, String> {
    match members.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(format!("{name} is not a string")),
    }
}

fn flag(members: &Map<String, Value>, name: &str) -> Result<Option<bool>, String> {
    match members.get(name) {
        None => Ok(None),
        Some(Value::Bool(value)) => Ok(Some(*value)),
        Some(_) => Err(format!("{name} is not a boolean")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_the_documented_messages() {
        let text = parse(
            r#"{"type":"text","token":"Sure, ","last":false,"interruptible":true,"preemptible":false}"#,
        );
        assert_eq!(
            text.unwrap(),
            AppMessage::Text {
                token: "Sure, ".into(),
                last: false,
                interruptible: Some(true),
                preemptible: Some(false)
            }
        );
        assert_eq!(
            parse(r#"{"type":"end"}"#).unwrap(),
            AppMessage::End { handoff: None }
        );
        assert!(parse(r#"{"type":"sendDigits","digits":"1w#*"}"#).is_ok());
        assert!(parse(r#"{"type":"language","ttsLanguage":"hi-IN"}"#).is_ok());
        assert!(parse(r#"{"type":"play","source":"https://a.example/b.wav","loop":2}"#).is_ok());
    }

    #[test]
    fn refuses_everything_else() {
        for bad in [
            "hello",
            "[]",
            r#"{"foo":1}"#,
            r#"{"type":"text"}"#,
            r#"{"type":"text","token":null}"#,
            r#"{"type":"text","token":"a","last":"true"}"#,
            r#"{"type":"text","token":"a","interruptible":"any"}"#,
            r#"{"type":"text","token":"a","extra":1}"#,
            r#"{"type":"sendDigits","digits":"12x"}"#,
            r#"{"type":"language"}"#,
            r#"{"type":"end","handoffData":{"a":1}}"#,
            r#"{"type":"dance"}"#,
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
