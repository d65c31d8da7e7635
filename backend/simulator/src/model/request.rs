//! Reads a chat completion request as strictly as the provider does.

use serde_json::Value;

use super::errors::ModelError;

/// Members the provider knows; anything else is refused.
const KNOWN: &[&str] = &[
    "messages",
    "model",
    "audio",
    "frequency_penalty",
    "function_call",
    "functions",
    "logit_bias",
    "logprobs",
    "max_completion_tokens",
    "max_tokens",
    "metadata",
    "modalities",
    "moderation",
    "n",
    "parallel_tool_calls",
    "prediction",
    "presence_penalty",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "reasoning_effort",
    "response_format",
    "safety_identifier",
    "seed",
    "service_tier",
    "stop",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "user",
    "verbosity",
    "web_search_options",
];

const ROLES: &[&str] = &["developer", "system", "user", "assistant", "tool", "function"];

/// What matters of a request here.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ChatRequest {
    pub(crate) model: String,
    /// Role and text, in order.
    pub(crate) messages: Vec<(String, String)>,
    pub(crate) stream: bool,
    pub(crate) include_usage: bool,
    pub(crate) obfuscation: bool,
    pub(crate) max_tokens: Option<usize>,
    pub(crate) stop: Vec<String>,
}

impl ChatRequest {
    pub(crate) fn read(body: &Value) -> Result<Self, ModelError> {
        let Value::Object(members) = body else {
            return Err(ModelError::invalid(
                None,
                "We could not parse the JSON body of your request.",
            ));
        };
        if let Some(unknown) = members.keys().find(|name| !KNOWN.contains(&name.as_str())) {
            let message = format!("Unrecognized request argument supplied: {unknown}");
            return Err(ModelError::invalid(Some(unknown), message));
        }
        let model = members
            .get("model")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        if model.is_empty() {
            return Err(ModelError::invalid(
                Some("model"),
                "you must provide a model parameter",
            ));
        }
        let messages = read_messages(members.get("messages"))?;
        check_tools(members.get("tools"))?;
        let stream = read_flag(body, "stream")?.unwrap_or(false);
        let options = members.get("stream_options").filter(|options| !options.is_null());
        if options.is_some() && !stream {
            let message = "The 'stream_options' parameter is only allowed when 'stream' is enabled.";
            return Err(ModelError::invalid(Some("stream_options"), message));
        }
        let option = |name: &str| {
            options
                .and_then(|options| options.get(name))
                .and_then(Value::as_bool)
        };
        let limit = members
            .get("max_completion_tokens")
            .or(members.get("max_tokens"))
            .and_then(Value::as_u64);
        let stop = match members.get("stop") {
            Some(Value::String(text)) => vec![text.clone()],
            Some(Value::Array(texts)) => texts
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            _ => Vec::new(),
        };
        Ok(Self {
            model,
            messages,
            stream,
            include_usage: option("include_usage").unwrap_or(false),
            obfuscation: option("include_obfuscation").unwrap_or(true),
            max_tokens: limit.map(|n| usize::try_from(n).unwrap_or(usize::MAX)),
            stop,
        })
    }

    /// What the person said last.
    pub(crate) fn last_user(&self) -> Option<&str> {
        self.messages
            .iter()
            .rev()
            .find(|(role, _)| role == "user")
            .map(|(_, text)| text.as_str())
    }

    /// What the phone system told the model after the last words of the talk.
    pub(crate) fn closing_note(&self) -> Option<&str> {
        let (role, text) = self.messages.last().filter(|_| self.messages.len() > 1)?;
        (role == "system" || role == "developer").then_some(text.as_str())
    }

    /// What the model was told to be.
    pub(crate) fn instructions(&self) -> String {
        let told = self
            .messages
            .iter()
            .filter(|(role, _)| role == "system" || role == "developer");
        told.map(|(_, text)| text.as_str()).collect::<Vec<_>>().join("\n")
    }
}

fn read_flag(body: &Value, name: &str) -> Result<Option<bool>, ModelError> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(value)) => Ok(Some(*value)),
        Some(_) => Err(ModelError::invalid(
            Some(name),
            format!("Invalid type for '{name}': expected a boolean."),
        )),
    }
}

fn read_messages(value: Option<&Value>) -> Result<Vec<(String, String)>, ModelError> {
    let Some(Value::Array(messages)) = value else {
        return Err(ModelError::invalid(
            Some("messages"),
            "Missing required parameter: 'messages'.",
        ));
    };
    if messages.is_empty() {
        let message = "Invalid 'messages': empty array. Expected an array with minimum length 1.";
        return Err(ModelError::invalid(Some("messages"), message));
    }
    messages
        .iter()
        .enumerate()
        .map(|(at, message)| {
            let role = message.get("role").and_then(Value::as_str).unwrap_or_default();
            if !ROLES.contains(&role) {
                let param = format!("messages[{at}].role");
                let text = format!(
                    "Invalid value: '{role}'. Supported values are: {}.",
                    ROLES.join(", ")
                );
                return Err(ModelError::invalid(Some(&param), text));
            }
            if role == "tool" && message.get("tool_call_id").and_then(Value::as_str).is_none() {
                let param = format!("messages[{at}].tool_call_id");
                return Err(ModelError::invalid(
                    Some(&param),
                    format!("Missing required parameter: '{param}'."),
                ));
            }
            let calls = message.get("tool_calls").is_some();
            let content = match message.get("content") {
                Some(Value::String(text)) => text.clone(),
                Some(Value::Array(parts)) => parts
                    .iter()
                    .filter_map(|part| part.get("text").and_then(Value::as_str))
                    .collect(),
                None | Some(Value::Null) if role == "assistant" && calls => String::new(),
                _ => {
                    let param = format!("messages[{at}].content");
                    let text = format!("Invalid value for 'content' of messages[{at}].");
                    return Err(ModelError::invalid(Some(&param), text));
                }
            };
            Ok((role.to_owned(), content))
        })
        .collect()
}

fn check_tools(value: Option<&Value>) -> Result<(), ModelError> {
    let tools = value
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    for (at, tool) in tools.iter().enumerate() {
        let is_function = tool.get("type").and_then(Value::as_str) == Some("function");
        if is_function && tool.pointer("/function/name").and_then(Value::as_str).is_none() {
            let param = format!("tools[{at}].function");
            return Err(ModelError::invalid(
                Some(&param),
                format!("Missing required parameter: '{param}'."),
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_roles_parts_and_options() {
        let body = json!({"model": "gpt-6-luna", "stream": true, "stream_options": {"include_usage": true},
            "messages": [{"role": "system", "content": "Be kind."},
                         {"role": "user", "content": [{"type": "text", "text": "Hi"}]}]});
        let read = ChatRequest::read(&body).unwrap();
        assert_eq!(read.last_user(), Some("Hi"));
        assert_eq!(read.instructions(), "Be kind.");
        assert!(read.include_usage && read.stream);
    }

    #[test]
    fn refuses_what_the_provider_refuses() {
        for bad in [
            json!([]),
            json!({"messages": [{"role": "user", "content": "a"}]}),
            json!({"model": "m", "messages": []}),
            json!({"model": "m", "messages": [{"role": "king", "content": "a"}]}),
            json!({"model": "m", "messages": [{"role": "user"}]}),
            json!({"model": "m", "messages": [{"role": "user", "content": "a"}], "stream": "yes"}),
            json!({"model": "m", "messages": [{"role": "user", "content": "a"}], "stream_options": {}}),
            json!({"model": "m", "messages": [{"role": "user", "content": "a"}], "temprature": 1}),
        ] {
            assert!(ChatRequest::read(&bad).is_err(), "{bad}");
        }
    }
}
