//! Notes of the phone system at the end of a talk: the model tells the caller what they bring.

use super::request::ChatRequest;

/// The reply to a talk whose last message is a note that calls for words; `None` leaves it to what was said.
pub(crate) fn reply(request: &ChatRequest) -> Option<String> {
    let note = request.closing_note()?;
    let lower = note.to_lowercase();
    if lower.contains("given the call back") || lower.contains("the call is yours again") {
        return Some(match (last_quoted(note), last_of_colleague(request)) {
            (Some(note), Some(words)) => {
                format!("I am back with you. My colleague told you: {words} I was told: {note}")
            }
            (Some(note), None) => format!("I am back with you. I was told: {note}"),
            (None, Some(words)) => format!("I am back with you. My colleague told you: {words}"),
            (None, None) => "I am back with you. What else can I do for you?".to_owned(),
        });
    }
    if lower.contains("answered") {
        let answer = last_quoted(note)?;
        return Some(format!("Thank you for waiting. I have the answer now: {answer}"));
    }
    if lower.contains("nobody could answer") {
        let text = "I am sorry, nobody could answer that just now. Shall somebody call you back?";
        return Some(text.to_owned());
    }
    if lower.contains("is back") {
        return Some("Sorry, we were cut off for a moment. What else can I do for you?".to_owned());
    }
    None
}

/// What a colleague said last in the call.
fn last_of_colleague(request: &ChatRequest) -> Option<&str> {
    let mut notes = request.messages.iter().rev().map(|(_, text)| text.as_str());
    let said =
        notes.find(|text| text.starts_with("Note: your colleague") && text.contains("said to the caller"))?;
    last_quoted(said)
}

/// The last text in quotation marks.
fn last_quoted(note: &str) -> Option<&str> {
    let (before, _) = note.rsplit_once('"')?;
    let (_, quoted) = before.rsplit_once('"')?;
    (!quoted.trim().is_empty()).then(|| quoted.trim())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn after(note: &str) -> Option<String> {
        let messages = json!([{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Parking?"},
            {"role": "system", "content": note}]);
        reply(&ChatRequest::read(&json!({"model": "gpt-6-luna", "messages": messages})).unwrap())
    }

    #[test]
    fn an_answer_is_passed_on() {
        let note = "Note: your colleague answered \"Is parking included?\" with: \"Yes, two places.\". Tell the caller.";
        assert_eq!(
            after(note).unwrap(),
            "Thank you for waiting. I have the answer now: Yes, two places."
        );
    }

    #[test]
    fn a_call_that_is_given_back_goes_on_with_what_the_colleague_said() {
        let messages = json!([
            {"role": "system", "content": "Be kind."}, {"role": "user", "content": "Parking?"},
            {"role": "system", "content": "Note: your colleague Ana said to the caller: \"Park at the back.\"."},
            {"role": "system", "content": "Note: your colleague Ana has given the call back to you. Do not ask what was answered."}]);
        let request = ChatRequest::read(&json!({"model": "gpt-6-luna", "messages": messages})).unwrap();
        let wanted = "I am back with you. My colleague told you: Park at the back.";
        assert_eq!(reply(&request).unwrap(), wanted);
        let noted = json!([
            {"role": "system", "content": "Note: your colleague Ana said to the caller: \"Park at the back.\"."},
            {"role": "system", "content": "Note: your colleague Ana has given the call back to you. They tell you: \"moved\"."}]);
        let request = ChatRequest::read(&json!({"model": "gpt-6-luna", "messages": noted})).unwrap();
        assert_eq!(reply(&request).unwrap(), format!("{wanted} I was told: moved"));
        let alone = after("Note: your colleague Ana has given the call back to you.").unwrap();
        assert!(alone.starts_with("I am back with you. What else"));
        let told = "Note: your colleague Ana has given the call back to you. They tell you: \"moved to Thursday\". Go on.";
        assert_eq!(
            after(told).unwrap(),
            "I am back with you. I was told: moved to Thursday"
        );
    }

    #[test]
    fn other_notes_leave_it_to_what_was_said() {
        assert_eq!(after("Note: the keys 1 were pressed."), None);
        assert!(
            after("Note: nobody could answer \"x\" in time.")
                .unwrap()
                .contains("call you back")
        );
        let only_instructions = json!([{"role": "system", "content": "The line is back."}]);
        let body = json!({"model": "gpt-6-luna", "messages": only_instructions});
        assert_eq!(reply(&ChatRequest::read(&body).unwrap()), None);
    }
}
