//! Errors as the provider words them.

use serde_json::{Value, json};

/// What an `error` event says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) kind: &'static str,
    pub(crate) code: Option<String>,
    pub(crate) message: String,
    pub(crate) param: Option<String>,
}

impl Fault {
    pub(crate) fn invalid(code: &str, message: impl Into<String>) -> Self {
        Self {
            kind: "invalid_request_error",
            code: Some(code.to_owned()),
            message: message.into(),
            param: None,
        }
    }

    pub(crate) fn about(mut self, param: &str) -> Self {
        self.param = Some(param.to_owned());
        self
    }

    pub(crate) fn unknown(at: &str) -> Self {
        Self::invalid("unknown_parameter", format!("Unknown parameter: '{at}'.")).about(at)
    }

    pub(crate) fn missing(at: &str) -> Self {
        let message = format!("Missing required parameter: '{at}'.");
        Self::invalid("missing_required_parameter", message).about(at)
    }

    pub(crate) fn wrong_type(at: &str, wanted: &str, got: &Value) -> Self {
        let got = match got {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(number) if number.is_f64() => "a decimal",
            Value::Number(_) => "an integer",
            Value::String(_) => "a string",
            Value::Array(_) => "an array",
            Value::Object(_) => "an object",
        };
        let message = format!("Invalid type for '{at}': expected {wanted}, but got {got} instead.");
        Self::invalid("invalid_type", message).about(at)
    }

    pub(crate) fn wrong_value(at: &str, got: &str, known: &[&str]) -> Self {
        let known: Vec<String> = known.iter().map(|name| format!("'{name}'")).collect();
        let message = format!(
            "Invalid value: '{got}'. Supported values are: {}.",
            known.join(", ")
        );
        Self::invalid("invalid_value", message).about(at)
    }

    pub(crate) fn bad_value(at: &str, message: impl Into<String>) -> Self {
        Self::invalid("invalid_value", message).about(at)
    }

    /// The member `error` of the event; `event_id` names the client's event.
    pub(crate) fn view(&self, event_id: Option<&str>) -> Value {
        json!({"type": self.kind, "code": self.code, "message": self.message, "param": self.param,
               "event_id": event_id})
    }
}
