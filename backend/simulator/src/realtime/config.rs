//! The settings of a session: what it begins with, how updates change it, and what they mean.

use serde_json::{Map, Value, json};

use super::sound::Format;
use super::wire::error::Fault;
use super::wire::tables::{SESSION, TRANSCRIPTION_SESSION};

/// How the end of a turn is found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Turns {
    pub(crate) threshold: f32,
    pub(crate) prefix_ms: u32,
    pub(crate) silence_ms: u32,
    /// Longest silence after words that do not sound finished; `None` where only loudness counts.
    pub(crate) patience_ms: Option<u32>,
    pub(crate) idle_timeout_ms: Option<u64>,
    pub(crate) create_response: bool,
    pub(crate) interrupt_response: bool,
}

/// The settings of one session.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    value: Value,
}

impl Config {
    /// What a session begins with.
    pub(crate) fn new(id: &str, model: &str, transcription_only: bool, expires_at: i64) -> Self {
        let turns = server_vad();
        let pcm = json!({"type": "audio/pcm", "rate": 24_000});
        let input =
            json!({"format": pcm, "transcription": null, "noise_reduction": null, "turn_detection": turns});
        let value = if transcription_only {
            json!({"type": "transcription", "object": "realtime.transcription_session", "id": id,
                   "expires_at": expires_at, "audio": {"input": input}, "include": null})
        } else {
            json!({
                "type": "realtime", "object": "realtime.session", "id": id, "model": model, "expires_at": expires_at,
                "output_modalities": ["audio"],
                "instructions": "You are a helpful, witty and friendly assistant. Talk quickly.",
                "audio": {"input": input, "output": {"format": pcm, "voice": "marin", "speed": 1.0}},
                "tools": [], "tool_choice": "auto", "max_output_tokens": "inf", "truncation": "auto",
                "tracing": null, "prompt": null, "include": null,
            })
        };
        Self { value }
    }

    /// The session object as events show it.
    pub(crate) fn view(&self) -> &Value {
        &self.value
    }

    pub(crate) fn writes_only(&self) -> bool {
        self.value["type"] == "transcription"
    }

    /// Applies the `session` of an update, all of it or nothing.
    pub(crate) fn update(&mut self, session: &Value, has_spoken: bool) -> Result<(), Fault> {
        let kind = session.get("type").and_then(Value::as_str);
        if let Some(kind) = kind
            && ["realtime", "transcription"].contains(&kind)
            && self.value["type"] != kind
        {
            let message =
                format!("Passing a {kind} session update event to another kind of session is not allowed.");
            return Err(Fault::bad_value("session.type", message));
        }
        let shape = if self.writes_only() {
            &TRANSCRIPTION_SESSION
        } else {
            &SESSION
        };
        shape.check("session", session)?;
        let mut new = self.value.clone();
        for (name, value) in session.as_object().into_iter().flatten() {
            match name.as_str() {
                "audio" => {
                    for side in ["input", "output"] {
                        merge(&mut new["audio"], side, &value[side]);
                    }
                }
                "model" if *value != self.value["model"] => {
                    let message = "The model of a session cannot be changed.";
                    return Err(Fault::bad_value("session.model", message));
                }
                _ => new[name] = value.clone(),
            }
        }
        if has_spoken && new["audio"]["output"]["voice"] != self.value["audio"]["output"]["voice"] {
            let message = "Cannot update a conversation's voice if assistant audio is present.";
            return Err(Fault::invalid("cannot_update_voice", message));
        }
        let input = &new["audio"]["input"];
        if input["transcription"]["model"] == "gpt-realtime-whisper" && !input["turn_detection"].is_null() {
            let message = "The model 'gpt-realtime-whisper' requires 'turn_detection' to be null.";
            return Err(Fault::bad_value(
                "session.audio.input.transcription.model",
                message,
            ));
        }
        self.value = new;
        Ok(())
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "a threshold between 0 and 1 needs no more than single precision"
    )]
    pub(crate) fn turns(&self) -> Option<Turns> {
        let turns = &self.value["audio"]["input"]["turn_detection"];
        let kind = turns["type"].as_str()?;
        let number = |name: &str, usual: u32| {
            let given = turns[name].as_u64();
            given.map_or(usual, |given| u32::try_from(given).unwrap_or(u32::MAX))
        };
        let flag = |name: &str| turns[name].as_bool().unwrap_or(true);
        let patience_ms = (kind == "semantic_vad").then(|| match turns["eagerness"].as_str() {
            Some("low") => 8_000,
            Some("high") => 2_000,
            _ => 4_000,
        });
        Some(Turns {
            threshold: turns["threshold"].as_f64().unwrap_or(0.5) as f32,
            prefix_ms: number("prefix_padding_ms", 300),
            silence_ms: number("silence_duration_ms", 200),
            patience_ms,
            idle_timeout_ms: turns["idle_timeout_ms"].as_u64(),
            create_response: flag("create_response") && !self.writes_only(),
            interrupt_response: flag("interrupt_response"),
        })
    }

    pub(crate) fn input_format(&self) -> Format {
        Format::read(&self.value["audio"]["input"]["format"])
    }

    /// Whether and by which model the caller's words are written down.
    pub(crate) fn transcription(&self) -> Option<&Value> {
        Some(&self.value["audio"]["input"]["transcription"]).filter(|value| !value.is_null())
    }
}

/// Everything about one reply: the session's settings, and what the request for it says instead.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) instructions: String,
    /// Whether these are instructions for this reply alone.
    pub(crate) is_told: bool,
    pub(crate) speaks: bool,
    pub(crate) format: Format,
    pub(crate) format_view: Value,
    pub(crate) voice: Value,
    pub(crate) tools: Vec<Value>,
    pub(crate) tool_choice: Value,
    pub(crate) max_output_tokens: Value,
    pub(crate) metadata: Value,
    /// Beside the talk, and not part of it.
    pub(crate) aside: bool,
    /// What the model looks at in place of the talk.
    pub(crate) input: Option<Vec<Value>>,
}

impl Order {
    pub(crate) fn new(config: &Config, request: &Value) -> Self {
        let empty = Map::new();
        let request = request.as_object().unwrap_or(&empty);
        let chosen = |name: &str| {
            let value = request.get(name).filter(|value| !value.is_null());
            value.unwrap_or(&config.value[name])
        };
        let output = &config.value["audio"]["output"];
        let audio = request
            .get("audio")
            .map_or(&Value::Null, |audio| &audio["output"]);
        let sound = |name: &str| {
            if audio[name].is_null() {
                &output[name]
            } else {
                &audio[name]
            }
        };
        Self {
            instructions: chosen("instructions").as_str().unwrap_or_default().to_owned(),
            is_told: request.contains_key("instructions"),
            speaks: chosen("output_modalities")[0] == "audio",
            format: Format::read(sound("format")),
            format_view: sound("format").clone(),
            voice: sound("voice").clone(),
            tools: chosen("tools").as_array().cloned().unwrap_or_default(),
            tool_choice: chosen("tool_choice").clone(),
            max_output_tokens: chosen("max_output_tokens").clone(),
            metadata: request.get("metadata").cloned().unwrap_or_default(),
            aside: request.get("conversation").is_some_and(|kind| kind == "none"),
            input: request.get("input").and_then(Value::as_array).cloned(),
        }
    }

    /// The name of the voice, also of a voice of one's own.
    pub(crate) fn voice_name(&self) -> &str {
        self.voice
            .as_str()
            .or(self.voice["id"].as_str())
            .unwrap_or("marin")
    }

    pub(crate) fn token_limit(&self) -> Option<u64> {
        self.max_output_tokens.as_u64()
    }
}

fn server_vad() -> Value {
    json!({"type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": 200,
           "idle_timeout_ms": null, "create_response": true, "interrupt_response": true})
}

/// Members that are present replace those that were there. A new way to find turns has the usual values for what it
/// does not say.
fn merge(audio: &mut Value, side: &str, new: &Value) {
    for (name, value) in new.as_object().into_iter().flatten() {
        let mut value = value.clone();
        if name == "turn_detection" && value.is_object() {
            let mut whole = match value["type"].as_str() {
                Some("semantic_vad") => {
                    json!({"type": "semantic_vad", "eagerness": "auto", "create_response": true,
                           "interrupt_response": true})
                }
                _ => server_vad(),
            };
            for (name, value) in value.as_object().into_iter().flatten() {
                whole[name] = value.clone();
            }
            value = whole;
        }
        // A voice of one's own is shown by its name.
        if name == "voice" && value.is_object() {
            value = value["id"].clone();
        }
        audio[side][name] = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_update_is_applied_whole_or_not_at_all() {
        let mut config = Config::new("sess_1", "gpt-realtime-2.1", false, 0);
        let before = config.view().clone();
        let bad = json!({"type": "realtime", "instructions": "New.", "turn_detection": null});
        let fault = config.update(&bad, false).unwrap_err();
        assert_eq!(fault.code.as_deref(), Some("unknown_parameter"));
        assert_eq!(fault.param.as_deref(), Some("session.turn_detection"));
        assert_eq!(config.view(), &before);
        let good = json!({"type": "realtime", "audio": {"input": {"format": {"type": "audio/pcmu"},
            "turn_detection": {"type": "server_vad", "silence_duration_ms": 700}}}});
        config.update(&good, false).unwrap();
        assert_eq!(config.input_format(), Format::Ulaw);
        let turns = config.turns().unwrap();
        assert_eq!((turns.silence_ms, turns.prefix_ms), (700, 300));
        assert_eq!(config.view()["audio"]["output"], before["audio"]["output"]);
    }

    #[test]
    fn a_voice_that_has_spoken_stays() {
        let mut config = Config::new("sess_1", "gpt-realtime-2.1", false, 0);
        let other = json!({"type": "realtime", "audio": {"output": {"voice": "cedar"}}});
        let fault = config.update(&other, true).unwrap_err();
        assert_eq!(fault.code.as_deref(), Some("cannot_update_voice"));
        config.update(&other, false).unwrap();
        config.update(&other, true).unwrap();
    }
}
