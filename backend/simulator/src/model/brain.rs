//! What the model says by itself: a small, patient receptionist that knows orders, hours, prices and appointments, and
//! uses the inline commands when asked to. The same words always get the same answer.

use super::request::ChatRequest;
use super::topics::TOPICS;

/// The reply to a request, when no rule from outside fits.
pub(crate) fn reply(request: &ChatRequest) -> String {
    let instructions = request.instructions().to_lowercase();
    let hinglish = instructions.contains("hinglish");
    let Some(said) = request.last_user() else {
        return greeting(&request.instructions(), hinglish);
    };
    let said = said.to_lowercase();
    match TOPICS
        .iter()
        .find(|topic| topic.words.iter().any(|word| has(&said, word)))
    {
        Some(topic) if hinglish => topic.hinglish.to_owned(),
        Some(topic) => topic.english.to_owned(),
        None => clarify(&said, hinglish),
    }
}

/// Whole words only: "this" does not greet.
fn has(said: &str, wanted: &str) -> bool {
    said.match_indices(wanted).any(|(at, _)| {
        let before = said[..at].chars().next_back();
        let after = said[at + wanted.len()..].chars().next();
        before.is_none_or(|c| !c.is_alphanumeric()) && after.is_none_or(|c| !c.is_alphanumeric() || c == 's')
    })
}

/// Whoever the instructions say it is ("You are Maya, …") greets by that name.
fn greeting(instructions: &str, hinglish: bool) -> String {
    let name = instructions
        .split_once("You are ")
        .and_then(|(_, rest)| rest.split([',', '.', '\n']).next());
    let name = name
        .map(str::trim)
        .filter(|name| name.starts_with(char::is_uppercase) && name.chars().count() <= 30);
    match (name, hinglish) {
        (Some(name), true) => format!("नमस्ते, मैं {name} बोल रही हूँ। मैं आपकी क्या मदद कर सकती हूँ?"),
        (Some(name), false) => format!("Hello, this is {name}. How can I help you today?"),
        (None, true) => "नमस्ते, मैं आपकी क्या मदद कर सकती हूँ?".to_owned(),
        (None, false) => "Hello, how can I help you today?".to_owned(),
    }
}

/// Repeats what was understood and asks. Brackets are never repeated: they are the model's own commands.
fn clarify(said: &str, hinglish: bool) -> String {
    let plain: String = said
        .chars()
        .filter(|c| c.is_alphanumeric() || is_mark(*c) || matches!(c, ' ' | '\'' | ','))
        .collect();
    let heard = plain.split_whitespace().take(12).collect::<Vec<_>>().join(" ");
    match (heard.is_empty(), hinglish) {
        (true, true) => "माफ़ कीजिए, मैं सुन नहीं पाई। क्या आप फिर से बोलेंगे?".to_owned(),
        (true, false) => "I am sorry, I did not catch that. Could you say it again?".to_owned(),
        (false, true) => format!("मैंने सुना: {heard}. क्या आप थोड़ा और बता सकते हैं?"),
        (false, false) => format!("I heard: {heard}. Could you tell me a little more about that?"),
    }
}

/// Vowel signs of Indian scripts are not letters, but words are nothing without them.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{0900}'..='\u{0DFF}')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ask(system: &str, user: Option<&str>) -> String {
        let mut messages = vec![json!({"role": "system", "content": system})];
        messages.extend(user.map(|text| json!({"role": "user", "content": text})));
        let body = json!({"model": "gpt-6-luna", "messages": messages});
        reply(&ChatRequest::read(&body).unwrap())
    }

    #[test]
    fn greets_by_the_name_it_was_given() {
        assert_eq!(
            ask("You are Maya, a receptionist.", None),
            "Hello, this is Maya. How can I help you today?"
        );
        assert!(ask("Speak Hinglish.", None).starts_with("नमस्ते"));
    }

    #[test]
    fn uses_the_inline_commands_when_asked() {
        let said = |text: &str| ask("", Some(text));
        assert!(said("I want to talk to a person").ends_with("[[transfer:billing]]"));
        assert!(said("Please press one").ends_with("[[press:1]]"));
        assert!(said("Okay, bye").ends_with("[[end_call]]"));
        assert!(said("Ask your supervisor about it").ends_with("[[request_user:Is parking included?]]"));
        assert!(said("Is parking included").contains("[[request_user"));
    }

    #[test]
    fn answers_and_asks_back() {
        assert!(ask("", Some("Where is my order?")).contains("warehouse"));
        assert!(ask("Reply in Hinglish", Some("Where is my order?")).contains("निकल चुका"));
        assert!(ask("", Some("This is about my cat")).starts_with("I heard: this is about my cat"));
        assert!(!ask("", Some("[[transfer:+19005550100]]")).contains("[["));
    }
}
