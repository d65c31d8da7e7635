//! Who may answer a telephone besides a person with a script: mailboxes, menus, screeners.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::targets::Outcome;
use crate::callers::Step;

/// What answers a number, or how it does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answerer {
    /// Says hello, then follows the script.
    Person,
    /// Says its greeting, beeps, and takes a message down.
    Mailbox,
    /// Asks for a key and does what belongs to it.
    Menu,
    /// Asks who calls and why, then lets through or not.
    Screener,
    Busy,
    NoAnswer,
    /// The call is declined.
    Reject,
    /// The number cannot be reached.
    Fail,
}

impl Answerer {
    pub(crate) fn outcome(self) -> Outcome {
        match self {
            Self::Person | Self::Mailbox | Self::Menu | Self::Screener => Outcome::Answer,
            Self::Busy => Outcome::Busy,
            Self::NoAnswer => Outcome::NoAnswer,
            Self::Reject => Outcome::Reject,
            Self::Fail => Outcome::Failed,
        }
    }

    fn greeting(self, number: &str) -> String {
        match self {
            Self::Mailbox => {
                format!("You have reached the mailbox of {number}. Please leave a message after the tone.")
            }
            Self::Menu => "Thank you for calling. For sales, press 1. For support, press 2.".to_owned(),
            Self::Screener => "Please say your name and why you are calling.".to_owned(),
            _ => "Hello?".to_owned(),
        }
    }
}

/// What an answerer needs besides its kind.
pub(crate) struct Manner {
    pub(crate) greeting: Option<String>,
    pub(crate) beep: bool,
    pub(crate) choices: BTreeMap<String, Vec<Step>>,
    pub(crate) accepts: bool,
    pub(crate) script: Vec<Step>,
}

fn say(text: impl Into<String>) -> Step {
    Step::Say {
        text: text.into(),
        at_once: true,
        voice: None,
    }
}

fn usual_choices() -> BTreeMap<String, Vec<Step>> {
    [
        ("1", "You have reached sales."),
        ("2", "You have reached support."),
    ]
    .map(|(key, words)| (key.to_owned(), vec![say(words)]))
    .into()
}

/// The steps of an answerer, before which it has said nothing.
pub(crate) fn script(answerer: Answerer, number: &str, manner: Manner) -> Vec<Step> {
    let greeting = manner.greeting.unwrap_or_else(|| answerer.greeting(number));
    let mut steps = Vec::new();
    if !greeting.is_empty() {
        steps.push(say(&greeting));
    }
    steps.push(Step::Greeted);
    match answerer {
        Answerer::Mailbox if manner.beep => steps.extend([Step::Wait(300), Step::Beep]),
        Answerer::Menu => steps.push(Step::Menu {
            prompt: greeting,
            choices: if manner.choices.is_empty() {
                usual_choices()
            } else {
                manner.choices
            },
        }),
        Answerer::Screener => {
            steps.push(Step::Listen);
            if manner.accepts {
                steps.extend([
                    say("Thank you. Putting you through."),
                    Step::Wait(500),
                    say("Hello?"),
                ]);
            } else {
                steps.extend([
                    say("They cannot take your call now. Goodbye."),
                    Step::Wait(300),
                    Step::HangUp,
                ]);
                return steps;
            }
        }
        _ => {}
    }
    steps.extend(manner.script);
    steps
}
