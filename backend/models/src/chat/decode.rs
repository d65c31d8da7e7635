//! From the bytes of a reply to its events, without a socket or a clock.
//!
//! Takes what servers other than OpenAI's really send: see the tests for the list.

use serde_json::Value;

use super::error::{ChatError, ChatErrorKind};
use super::speakable::Speakable;
use super::sse::{SseDecoder, TooLong};
use super::{ChatEvent, FinishReason, Finished, Started, TokenUsage};

/// Decodes one reply.
#[derive(Debug, Default)]
pub struct Decoder {
    sse: SseDecoder,
    words: Speakable,
    started: bool,
    reason: Option<FinishReason>,
    usage: Option<TokenUsage>,
    over: bool,
}

impl Decoder {
    /// A decoder at the start of a reply.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes bytes of the reply and appends what they mean.
    ///
    /// # Errors
    /// The server reported an error, or what it sends cannot be read. Events before it stand.
    pub fn push(&mut self, bytes: &[u8], events: &mut Vec<ChatEvent>) -> Result<(), ChatError> {
        let mut records = Vec::new();
        let taken = self.sse.push(bytes, &mut records);
        self.records(&records, events)?;
        taken.map_err(too_long)
    }

    /// The bytes are over, in order (`clean`) or not. A reply that has told why it ended is complete even
    /// without a last word.
    ///
    /// # Errors
    /// The reply broke off.
    pub fn finish(&mut self, clean: bool, events: &mut Vec<ChatEvent>) -> Result<(), ChatError> {
        if self.over {
            return Ok(());
        }
        let mut records = Vec::new();
        if clean {
            self.sse.finish(&mut records).map_err(too_long)?;
        }
        // Half a record at the very end is a reply that broke off, whatever it holds.
        match self.records(&records, events) {
            Err(error) if error.kind == ChatErrorKind::Protocol => {}
            other => other?,
        }
        if self.over {
            return Ok(());
        }
        if self.reason.is_none() {
            return Err(ChatError::new(ChatErrorKind::Disconnected, "reply broke off"));
        }
        self.end(events);
        Ok(())
    }

    /// Whether the reply is complete.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// Whether the model has told why it ended, so that only figures can follow.
    #[must_use]
    pub fn is_ending(&self) -> bool {
        self.reason.is_some()
    }

    fn records(&mut self, records: &[String], events: &mut Vec<ChatEvent>) -> Result<(), ChatError> {
        for record in records {
            if self.over {
                break;
            }
            self.record(record.trim(), events)?;
        }
        Ok(())
    }

    fn record(&mut self, record: &str, events: &mut Vec<ChatEvent>) -> Result<(), ChatError> {
        if record == "[DONE]" {
            self.end(events);
            return Ok(());
        }
        if record.is_empty() {
            return Ok(());
        }
        let chunk: Value = serde_json::from_str(record)
            .map_err(|_| ChatError::new(ChatErrorKind::Protocol, "record is not json"))?;
        if let Some(error) = chunk.get("error").filter(|error| !error.is_null()) {
            return Err(ChatError::from_stream(error));
        }
        self.chunk(&chunk, events);
        Ok(())
    }

    fn chunk(&mut self, chunk: &Value, events: &mut Vec<ChatEvent>) {
        if let Some(usage) = chunk.get("usage").filter(|usage| usage.is_object()) {
            self.usage = Some(read_usage(usage));
        }
        let choices = chunk
            .get("choices")
            .and_then(Value::as_array)
            .map_or(&[][..], Vec::as_slice);
        // Filter results may come first, in a chunk that has neither an id nor a choice.
        let id = text(chunk, "id");
        if !self.started && (id.is_some() || !choices.is_empty()) {
            self.started = true;
            let model = text(chunk, "model");
            events.push(ChatEvent::Started(Started {
                response_id: id,
                model,
                ..Started::default()
            }));
        }
        let Some(choice) = choices
            .iter()
            .find(|choice| choice.get("index").is_none_or(is_first))
        else {
            return;
        };
        let said = choice.get("delta").or_else(|| choice.get("message"));
        for name in ["content", "refusal"] {
            let Some(piece) = said.and_then(|said| said.get(name)).and_then(Value::as_str) else {
                continue;
            };
            let words = self.words.push(piece);
            speak(words, events);
        }
        if let Some(reason) = text(choice, "finish_reason") {
            self.reason = Some(read_reason(reason));
        }
    }

    fn end(&mut self, events: &mut Vec<ChatEvent>) {
        self.over = true;
        if !std::mem::replace(&mut self.started, true) {
            events.push(ChatEvent::Started(Started::default()));
        }
        let words = self.words.finish();
        speak(words, events);
        let reason = self
            .reason
            .take()
            .unwrap_or_else(|| FinishReason::Other(String::new()));
        events.push(ChatEvent::Finished(Finished {
            reason,
            usage: self.usage.take(),
        }));
    }
}

fn speak(words: String, events: &mut Vec<ChatEvent>) {
    if !words.is_empty() {
        events.push(ChatEvent::Token(words));
    }
}

fn too_long(error: TooLong) -> ChatError {
    ChatError::new(ChatErrorKind::Protocol, error)
}

fn text(value: &Value, name: &str) -> Option<String> {
    value
        .get(name)?
        .as_str()
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}

/// A missing or unreadable index is the first one.
fn is_first(index: &Value) -> bool {
    index.as_u64().unwrap_or_default() == 0
}

fn read_reason(word: String) -> FinishReason {
    match word.as_str() {
        "stop" => FinishReason::Stop,
        "length" => FinishReason::Length,
        "content_filter" => FinishReason::ContentFilter,
        "tool_calls" | "function_call" => FinishReason::ToolCalls,
        _ => FinishReason::Other(word),
    }
}

fn read_usage(usage: &Value) -> TokenUsage {
    let count = |value: &Value, name: &str| value.get(name).and_then(Value::as_u64).unwrap_or_default();
    let details = usage.get("prompt_tokens_details").unwrap_or(&Value::Null);
    let input = count(usage, "prompt_tokens");
    TokenUsage {
        input,
        cached_input: count(details, "cached_tokens").min(input),
        output: count(usage, "completion_tokens"),
    }
}

#[cfg(test)]
mod tests;
