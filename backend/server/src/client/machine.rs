//! `--machine-detection`: what to do when no person answers, as it is written on a command line.

use serde_json::{Map, Value, json};

/// What may answer.
const KINDS: [&str; 5] = ["person", "mailbox", "menu", "screening", "unsure"];

/// One use of the flag: what to do about one kind, or nothing but that machines are to be told from people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Policy(Option<(&'static str, Value)>);

impl Policy {
    /// `KIND=carry_on`, `KIND=hang_up`, `KIND=leave_message:TEXT` or `KIND=press:KEYS`; nothing leaves all to the usual.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Ok(Self(None));
        }
        let form = || "it has the form KIND=ACTION, as mailbox=hang_up".to_owned();
        let (kind, action) = text.split_once('=').ok_or_else(form)?;
        let kind = KINDS
            .into_iter()
            .find(|known| *known == kind.trim())
            .ok_or_else(|| format!("{kind:?} is none of {}", KINDS.join(", ")))?;
        let (action, detail) = match action.split_once(':') {
            Some((action, detail)) => (action, Some(detail.trim())),
            None => (action, None),
        };
        let action = action.trim().replace('-', "_");
        let policy = match (action.as_str(), detail.filter(|detail| !detail.is_empty())) {
            ("carry_on" | "hang_up", None) => json!({ "action": action }),
            ("leave_message", Some(text)) => json!({ "action": action, "text": text }),
            ("press", Some(digits)) => json!({ "action": action, "digits": digits }),
            ("carry_on" | "hang_up", Some(_)) => {
                return Err(format!("{action} takes nothing behind a colon"));
            }
            ("leave_message", None) => return Err("the message is missing: leave_message:TEXT".to_owned()),
            ("press", None) => return Err("the keys are missing: press:KEYS".to_owned()),
            _ => {
                return Err(format!(
                    "{action:?} is none of carry_on, hang_up, leave_message:TEXT, press:KEYS"
                ));
            }
        };
        Ok(Self(Some((kind, policy))))
    }
}

/// All uses of the flag as the API wants them; the last word about a kind counts. None asks for no detection.
pub(super) fn detection(policies: Vec<Policy>) -> Option<Map<String, Value>> {
    if policies.is_empty() {
        return None;
    }
    let said = policies.into_iter().filter_map(|policy| policy.0);
    Some(said.map(|(kind, policy)| (kind.to_owned(), policy)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_is_written_as_the_api_wants_it() {
        let read = |texts: &[&str]| {
            let policies = texts.iter().map(|text| Policy::read(text).unwrap()).collect();
            detection(policies).map(Value::Object)
        };
        assert_eq!(read(&[]), None);
        assert_eq!(read(&[""]), Some(json!({})));
        assert_eq!(
            read(&[
                "mailbox=leave-message:Please call: 555",
                "menu=press:ww1",
                "unsure=hang_up"
            ]),
            Some(json!({
                "mailbox": { "action": "leave_message", "text": "Please call: 555" },
                "menu": { "action": "press", "digits": "ww1" },
                "unsure": { "action": "hang_up" },
            }))
        );
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, why) in [
            ("mailbox", "KIND=ACTION"),
            ("fax=hang_up", "person, mailbox"),
            ("mailbox=dance", "leave_message:TEXT"),
            ("mailbox=leave_message", "message is missing"),
            ("menu=press:", "keys are missing"),
            ("person=hang_up:now", "takes nothing"),
        ] {
            let said = Policy::read(text).unwrap_err();
            assert!(said.contains(why), "{text}: {said}");
        }
    }
}
