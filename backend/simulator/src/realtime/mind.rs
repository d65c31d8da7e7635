//! What the model says and does in a reply: the words it is told to say, what was scripted, what a rule says, or what
//! the chat model would have said, whose inline commands become function calls here.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::config::Order;
use super::items::Item;
use super::tools;
use crate::model::request::ChatRequest;
use crate::model::{brain, notes, rules};
use crate::world::World;

/// Said to a real microphone: speech is noticed there by its loudness, and its words are not known.
const NOT_UNDERSTOOD: &str = "I can hear that you speak, but I am a simulated model and understand only simulated voices. \
     Please type to me, or connect me to a real model.";

/// One piece of a reply: each is an output item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Part {
    Say(String),
    SilenceMs(u64),
    Call(Call),
}

/// A function call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Call {
    pub(crate) name: String,
    /// An object, or a text that is sent as it is.
    #[serde(default)]
    pub(crate) arguments: Value,
}

impl Call {
    pub(crate) fn arguments_text(&self) -> String {
        match &self.arguments {
            Value::String(text) => text.clone(),
            Value::Null => "{}".to_owned(),
            other => other.to_string(),
        }
    }
}

/// A reply laid ready by a test: the first that fits is used.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scripted {
    /// Found in the caller's last words, or in what a function gave. Empty fits always.
    #[serde(default)]
    pub(crate) when_contains: String,
    pub(crate) output: Vec<Part>,
    /// How often; null for ever.
    #[serde(default = "once")]
    pub(crate) times: Option<u32>,
    /// From `response.created` to the first output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) first_ms: Option<u64>,
    /// How much faster than speech the sound comes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) audio_speed: Option<f64>,
}

fn once() -> Option<u32> {
    Some(1)
}

/// A reply that has been thought of.
#[derive(Debug, Default)]
pub(crate) struct Thought {
    pub(crate) parts: Vec<Part>,
    pub(crate) first_ms: Option<u64>,
    pub(crate) audio_speed: Option<f64>,
}

/// Thinks of a reply. `nobody_spoke` tells that the session's own patience with silence has ended.
pub(crate) fn think(
    world: &World,
    model: &str,
    order: &Order,
    items: &[&Item],
    nobody_spoke: bool,
) -> Thought {
    let mut thought = Thought::default();
    if order.is_told
        && let Some(text) = dictated(&order.instructions)
    {
        thought.parts.push(Part::Say(text));
        return thought;
    }
    let chat = as_chat(model, order, items);
    let last = items.last().copied();
    let given = last.filter(|item| item.is("function_call_output"));
    let said = match given {
        Some(item) => item.words.as_str(),
        None => chat.last_user().unwrap_or_default(),
    };
    if let Some(scripted) = take(&mut world.realtime.replies.lock(), said) {
        thought.parts = scripted.output;
        thought.first_ms = scripted.first_ms;
        thought.audio_speed = scripted.audio_speed;
        return thought;
    }
    if let Some(call) = tools::forced(order, said) {
        thought.parts.push(Part::Call(call));
        return thought;
    }
    let text = if given.is_none() && !nobody_spoke && last.is_some_and(is_voice_without_words) {
        NOT_UNDERSTOOD.to_owned()
    } else if nobody_spoke {
        "Are you still there?".to_owned()
    } else if let Some(note) = notes::reply(&chat) {
        note
    } else if let Some(given) = given {
        after_function(given, items)
    } else if let Some(rule) = rules::take(&mut world.model.rules.lock(), said) {
        thought.first_ms = rule.first_token_ms;
        rule.reply
    } else if let Some(call) = tools::asked_for(order, said) {
        thought.parts.push(Part::Say("One moment, please.".to_owned()));
        thought.parts.push(Part::Call(call));
        return thought;
    } else {
        brain::reply(&chat)
    };
    thought.parts = acted(order, &text);
    thought
}

/// Somebody spoke, and not one of the voices of this simulator.
fn is_voice_without_words(item: &Item) -> bool {
    item.is("message") && item.role() == "user" && item.words.is_empty()
}

/// Takes the first scripted reply that fits and counts its use.
fn take(replies: &mut Vec<Scripted>, said: &str) -> Option<Scripted> {
    let said = said.to_lowercase();
    let at = replies
        .iter()
        .position(|reply| said.contains(&reply.when_contains.to_lowercase()))?;
    let reply = replies[at].clone();
    match &mut replies[at].times {
        Some(0 | 1) => {
            replies.remove(at);
        }
        Some(times) => *times -= 1,
        None => {}
    }
    Some(reply)
}

/// The text between the quotation marks, when the instructions are to say it as it is.
fn dictated(instructions: &str) -> Option<String> {
    let lower = instructions.to_ascii_lowercase();
    let at = ["say exactly", "word for word", "verbatim"]
        .iter()
        .filter_map(|phrase| lower.find(phrase).map(|at| at + phrase.len()))
        .min()?;
    let rest = &instructions[at..];
    let (_, text) = rest.split_once(['"', '“'])?;
    let end = text.rfind(['"', '”'])?;
    let text = text[..end].trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The talk as the chat model would be asked.
fn as_chat(model: &str, order: &Order, items: &[&Item]) -> ChatRequest {
    let mut messages = vec![("system".to_owned(), order.instructions.clone())];
    for item in items {
        let role = if item.is("message") { item.role() } else { "tool" };
        if !item.is("function_call") {
            messages.push((role.to_owned(), item.words.clone()));
        }
    }
    ChatRequest {
        model: model.to_owned(),
        messages,
        stream: false,
        include_usage: false,
        obfuscation: false,
        max_tokens: None,
        stop: Vec::new(),
    }
}

/// What is said when a function has given something.
fn after_function(given: &Item, items: &[&Item]) -> String {
    let output: Value = serde_json::from_str(&given.words).unwrap_or_else(|_| json!({"result": given.words}));
    if !output["error"].is_null() {
        return "I am sorry, that did not work just now. Is there anything else I can do?".to_owned();
    }
    let called = items
        .iter()
        .rev()
        .find(|item| item.is("function_call") && item.view["call_id"] == given.view["call_id"]);
    let name = called
        .and_then(|item| item.view["name"].as_str())
        .unwrap_or_default();
    if tools::asks_a_person(name) {
        return "One moment, please.".to_owned();
    }
    if tools::presses_keys(name) {
        return "Done.".to_owned();
    }
    let told = ["say", "result", "message", "answer"]
        .iter()
        .find_map(|member| output[*member].as_str());
    match told {
        Some(told) => format!("Here is what I have: {told}"),
        None => "That is done. Is there anything else I can do for you?".to_owned(),
    }
}

/// Cuts a text with inline commands into words and function calls. Commands without a function are left out.
fn acted(order: &Order, text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let say = |parts: &mut Vec<Part>, words: &str| {
        let words = words.trim();
        if !words.is_empty() {
            parts.push(Part::Say(words.to_owned()));
        }
    };
    let mut rest = text;
    while let Some((words, after)) = rest.split_once("[[") {
        say(&mut parts, words);
        let (command, after) = after.split_once("]]").unwrap_or((after, ""));
        let (name, argument) = command.split_once(':').unwrap_or((command, ""));
        parts.extend(tools::for_command(order, name.trim(), argument.trim()).map(Part::Call));
        rest = after;
    }
    say(&mut parts, rest);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::realtime::config::Config;

    fn order(tools: &Value) -> Order {
        let config = Config::new("sess_1", "gpt-realtime-2.1", false, 0);
        Order::new(&config, &json!({"tools": tools}))
    }

    #[test]
    fn dictated_words_are_found() {
        let told = "Say exactly this to the caller, word for word: \"He said \"yes\" to me.\"";
        assert_eq!(dictated(told).unwrap(), "He said \"yes\" to me.");
        assert_eq!(dictated("You are Maya, a receptionist."), None);
        assert_eq!(dictated("Say exactly what you think."), None);
    }

    #[test]
    fn commands_become_calls_where_there_is_a_function() {
        let with = order(&json!([{"type": "function", "name": "transfer", "parameters": {
            "type": "object", "properties": {"to": {"type": "string"}}, "required": ["to"]}}]));
        let text = "Of course. [[transfer:billing]]";
        let call = Call {
            name: "transfer".to_owned(),
            arguments: json!({"to": "billing"}),
        };
        assert_eq!(
            acted(&with, text),
            [Part::Say("Of course.".to_owned()), Part::Call(call)]
        );
        assert_eq!(
            acted(&order(&json!([])), text),
            [Part::Say("Of course.".to_owned())]
        );
    }
}
