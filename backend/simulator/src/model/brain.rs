//! What the model says by itself: a small, patient receptionist that knows orders, hours, prices and appointments, and
//! uses the inline commands when asked to. The same words always get the same answer.

use super::request::ChatRequest;

/// Words that call for an answer, and the answer in English and in Hinglish.
struct Topic {
    words: &'static [&'static str],
    english: &'static str,
    hinglish: &'static str,
}

const fn topic(words: &'static [&'static str], english: &'static str, hinglish: &'static str) -> Topic {
    Topic {
        words,
        english,
        hinglish,
    }
}

const TOPICS: &[Topic] = &[
    topic(
        &["supervisor", "parking"],
        "Let me check that for you. [[request_user:Is parking included?]]",
        "Ek minute, main check karti hoon. [[request_user:Is parking included?]]",
    ),
    topic(
        &[
            "talk to a person",
            "speak to a person",
            "billing",
            "human",
            "representative",
        ],
        "Of course, I will connect you with billing now. [[transfer:billing]]",
        "Zaroor, main aapko billing team se connect kar rahi hoon. [[transfer:billing]]",
    ),
    topic(
        &["press one", "press 1"],
        "Pressing one for you now. [[press:1]]",
        "Theek hai, one press kar rahi hoon. [[press:1]]",
    ),
    topic(
        &[
            "goodbye",
            "good bye",
            "bye",
            "that is all",
            "that's all",
            "hang up",
        ],
        "Thank you for calling. Have a lovely day, goodbye. [[end_call]]",
        "Call karne ke liye dhanyavaad. Aapka din shubh ho, alvida. [[end_call]]",
    ),
    topic(
        &["where is my order", "order"],
        "I can help with your order. It left our warehouse yesterday and should reach you tomorrow before noon. \
         Would you like a text message when it is close?",
        "Ji, aapka order kal hamare warehouse se nikal chuka hai aur kal dopahar tak pahunch jayega. \
         Kya main aapko message bhej doon?",
    ),
    topic(
        &["open", "hours", "close", "timing"],
        "We are open from nine in the morning until six in the evening, Monday to Saturday. On Sunday we are closed.",
        "Hum Monday se Saturday subah nau baje se shaam chhe baje tak khule rehte hain. Sunday ko band hai.",
    ),
    topic(
        &["price", "cost", "how much", "kitna"],
        "Our standard plan is twenty nine dollars a month, and the first two weeks are free. \
         Shall I tell you what it includes?",
        "Hamara standard plan mahine ka do hazaar rupaye hai, aur pehle do hafte free hain. \
         Kya main details bataoon?",
    ),
    topic(
        &["appointment", "book", "schedule", "reschedule"],
        "I can book that for you. I have Tuesday at ten or Thursday at three. Which one suits you better?",
        "Main aapka appointment book kar sakti hoon. Tuesday das baje ya Thursday teen baje, kaunsa theek rahega?",
    ),
    topic(
        &["tuesday", "thursday", "monday", "friday"],
        "Very good, that is noted. You will get a confirmation shortly. Is there anything else I can do for you?",
        "Bahut badhiya, note kar liya. Aapko confirmation mil jayega. Aur kuch madad kar sakti hoon?",
    ),
    topic(
        &["repeat", "say that again", "pardon"],
        "Of course. I said that I am happy to help you with orders, opening hours, prices and appointments.",
        "Zaroor. Main orders, timing, prices aur appointments mein aapki madad kar sakti hoon.",
    ),
    topic(
        &["thank"],
        "You are very welcome. Is there anything else I can do for you?",
        "Aapka swagat hai. Aur kuch madad kar sakti hoon?",
    ),
    topic(
        &["who are you", "your name", "robot", "are you real"],
        "I am the digital assistant here, and I can help with orders, opening hours, prices and appointments.",
        "Main yahan ki digital assistant hoon. Orders, timing, prices aur appointments mein madad karti hoon.",
    ),
    topic(
        &["tell me a story", "long answer", "tell me everything"],
        "Gladly. We began as a small shop on a quiet street. The first customers came for bread, and stayed for the talk. \
         After ten years we opened a second shop, and then a third. Today we deliver to the whole city, every day, \
         and we still know most of our customers by name. That is what makes us proud.",
        "Zaroor. Humne ek chhoti si dukaan se shuruaat ki thi. Pehle customers bread ke liye aate the, phir baaton ke liye. \
         Das saal baad doosri dukaan khuli, phir teesri. Aaj hum poore sheher mein delivery karte hain.",
    ),
    topic(
        &["hello", "hi", "hey", "namaste", "good morning", "good afternoon"],
        "Hello, good to hear from you. What can I do for you today?",
        "Namaste, aapse baat karke achha laga. Main aapki kya madad kar sakti hoon?",
    ),
];

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
        .filter(|name| !name.is_empty() && name.chars().count() <= 30);
    match (name, hinglish) {
        (Some(name), true) => {
            format!("Namaste, main {name} bol rahi hoon. Main aapki kya madad kar sakti hoon?")
        }
        (Some(name), false) => format!("Hello, this is {name}. How can I help you today?"),
        (None, true) => "Namaste, main aapki kya madad kar sakti hoon?".to_owned(),
        (None, false) => "Hello, how can I help you today?".to_owned(),
    }
}

/// Repeats what was understood and asks. Brackets are never repeated: they are the model's own commands.
fn clarify(said: &str, hinglish: bool) -> String {
    let plain: String = said
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '\'' | ','))
        .collect();
    let heard = plain.split_whitespace().take(12).collect::<Vec<_>>().join(" ");
    match (heard.is_empty(), hinglish) {
        (true, true) => "Maaf kijiye, main sun nahi paayi. Kya aap phir se bolenge?".to_owned(),
        (true, false) => "I am sorry, I did not catch that. Could you say it again?".to_owned(),
        (false, true) => format!("Maine suna: {heard}. Kya aap thoda aur bata sakte hain?"),
        (false, false) => format!("I heard: {heard}. Could you tell me a little more about that?"),
    }
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
        assert!(ask("Speak Hinglish.", None).starts_with("Namaste"));
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
        assert!(ask("Reply in Hinglish", Some("Where is my order?")).contains("nikal chuka"));
        assert!(ask("", Some("This is about my cat")).starts_with("I heard: this is about my cat"));
        assert!(!ask("", Some("[[transfer:+19005550100]]")).contains("[["));
    }
}
