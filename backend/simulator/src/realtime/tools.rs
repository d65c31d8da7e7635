//! Which of the offered functions the model calls, and with what.

use serde_json::{Map, Value, json};

use super::config::Order;
use super::mind::Call;

/// Inline commands of the chat model, and names that functions for the same may have.
const COMMANDS: &[(&str, &[&str])] = &[
    ("end_call", &["end_call", "hang_up", "hangup"]),
    ("transfer", &["transfer", "transfer_call"]),
    ("press", PRESSING),
    ("request_user", ASKING),
];
const ASKING: &[&str] = &["ask_supervisor", "request_user", "ask_human"];

const PRESSING: &[&str] = &["press_keys", "press", "press_key", "send_dtmf"];

/// Whether a function presses keys: a menu is better not talked to.
pub(crate) fn presses_keys(name: &str) -> bool {
    PRESSING.contains(&name)
}

/// Whether a function asks somebody who takes time to answer.
pub(crate) fn asks_a_person(name: &str) -> bool {
    ASKING.contains(&name)
}

/// The call that stands for an inline command, when such a function is offered.
pub(crate) fn for_command(order: &Order, command: &str, argument: &str) -> Option<Call> {
    if order.tool_choice == "none" {
        return None;
    }
    let names = COMMANDS.iter().find(|(name, _)| *name == command);
    let own = [command];
    let names = names.map_or(own.as_slice(), |(_, names)| names);
    let tool = names.iter().find_map(|name| offered(order, name))?;
    Some(call(tool, argument))
}

/// The function that must be called now, whatever was said.
pub(crate) fn forced(order: &Order, said: &str) -> Option<Call> {
    let choice = &order.tool_choice;
    let tool = match choice["name"].as_str() {
        Some(name) if choice["type"] == "function" => offered(order, name),
        _ if choice == "required" => order.tools.iter().find(|tool| tool["type"] == "function"),
        _ => None,
    };
    tool.map(|tool| call(tool, said))
}

/// The function whose name the caller has said ("book slot" for `book_slot`). Those that stand for commands are called
/// for other words.
pub(crate) fn asked_for(order: &Order, said: &str) -> Option<Call> {
    if order.tool_choice == "none" {
        return None;
    }
    let said_lower = said.to_lowercase();
    let tool = order.tools.iter().find(|tool| {
        let name = tool["name"].as_str().unwrap_or_default();
        let command = COMMANDS.iter().any(|(_, names)| names.contains(&name));
        !name.is_empty() && !command && said_lower.contains(&name.to_lowercase().replace(['_', '-'], " "))
    })?;
    Some(call(tool, said))
}

fn offered<'a>(order: &'a Order, name: &str) -> Option<&'a Value> {
    order
        .tools
        .iter()
        .find(|tool| tool["type"] == "function" && tool["name"] == name)
}

/// Fills what the function requires: the first text with `argument`, the rest with something of the right type.
fn call(tool: &Value, argument: &str) -> Call {
    let parameters = &tool["parameters"];
    let empty = Map::new();
    let properties = parameters["properties"].as_object().unwrap_or(&empty);
    let required: Vec<&str> = parameters["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let mut wanted = required.clone();
    if wanted.is_empty() && !argument.is_empty() {
        wanted.extend(properties.keys().next().map(String::as_str));
    }
    let mut arguments = Map::new();
    let mut used = false;
    for name in wanted {
        let schema = properties.get(name).unwrap_or(&Value::Null);
        let is_text = schema["type"] == "string" || schema["type"].is_null();
        let choices = schema["enum"].as_array();
        let fits = choices.is_none_or(|choices| choices.iter().any(|choice| choice == argument));
        let value = if is_text && fits && !used && !argument.is_empty() {
            used = true;
            json!(argument)
        } else {
            something(schema, argument)
        };
        arguments.insert(name.to_owned(), value);
    }
    Call {
        name: tool["name"].as_str().unwrap_or_default().to_owned(),
        arguments: Value::Object(arguments),
    }
}

/// A value of the right type, the same every time.
fn something(schema: &Value, said: &str) -> Value {
    if let Some(first) = schema["enum"].as_array().and_then(|choices| choices.first()) {
        return first.clone();
    }
    match schema["type"].as_str() {
        Some("integer" | "number") => {
            let digits: String = said.chars().filter(char::is_ascii_digit).take(9).collect();
            json!(digits.parse::<i64>().unwrap_or(1))
        }
        Some("boolean") => json!(true),
        Some("array") => json!([]),
        Some("object") => json!({}),
        _ => json!("any"),
    }
}
