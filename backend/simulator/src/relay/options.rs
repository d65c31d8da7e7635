//! The settings of a conversation: attributes of `<ConversationRelay>` and what a `config` message changes later.

use serde_json::{Map, Value};

use crate::twiml::Element;

/// Which kinds of input count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kinds {
    pub(crate) speech: bool,
    pub(crate) dtmf: bool,
}

impl Kinds {
    fn parse(word: &str) -> Self {
        match word.to_ascii_lowercase().as_str() {
            "none" | "false" => Self {
                speech: false,
                dtmf: false,
            },
            "dtmf" => Self {
                speech: false,
                dtmf: true,
            },
            "speech" => Self {
                speech: true,
                dtmf: false,
            },
            _ => Self {
                speech: true,
                dtmf: true,
            },
        }
    }
}

/// What one session was asked for.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub(crate) url: String,
    pub(crate) parameters: Vec<(String, String)>,
    pub(crate) greeting: Option<String>,
    pub(crate) greeting_interruptible: Kinds,
    pub(crate) interruptible: Kinds,
    pub(crate) report: Kinds,
    pub(crate) preemptible: bool,
    pub(crate) dtmf: bool,
    pub(crate) partials: bool,
    pub(crate) language: String,
    pub(crate) speaker_events: bool,
    pub(crate) played_events: bool,
}

impl Options {
    pub(crate) fn read(noun: &Element) -> Self {
        let kinds = |name: &str, default: &str| Kinds::parse(noun.attribute(name).unwrap_or(default));
        let events = format!(
            "{} {}",
            noun.attribute("events").unwrap_or(""),
            noun.attribute("debug").unwrap_or("")
        );
        let language = noun
            .attribute("transcriptionLanguage")
            .or(noun.attribute("language"))
            .unwrap_or("en-US")
            .to_owned();
        Self {
            url: noun.attribute("url").unwrap_or_default().to_owned(),
            parameters: noun
                .children
                .iter()
                .filter(|child| child.name == "Parameter")
                .filter_map(|child| {
                    Some((
                        child.attribute("name")?.to_owned(),
                        child.attribute("value")?.to_owned(),
                    ))
                })
                .collect(),
            greeting: noun
                .attribute("welcomeGreeting")
                .filter(|text| !text.is_empty())
                .map(str::to_owned),
            greeting_interruptible: kinds("welcomeGreetingInterruptible", "any"),
            interruptible: kinds("interruptible", "any"),
            report: kinds("reportInputDuringAgentSpeech", "none"),
            preemptible: noun.flag("preemptible", false),
            dtmf: noun.flag("dtmfDetection", false),
            partials: noun.flag("partialPrompts", false),
            // With several languages the recogniser reports the primary tag.
            language: if language == "multi" {
                "en".to_owned()
            } else {
                language
            },
            speaker_events: events.contains("speaker-events"),
            played_events: events.contains("tokens-played"),
        }
    }

    /// Applies a `config` message.
    pub(crate) fn change(&mut self, members: &Map<String, Value>) {
        let word = |name: &str| {
            members
                .get(name)
                .map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned))
        };
        let flag = |name: &str| members.get(name).and_then(Value::as_bool);
        if let Some(kinds) = word("interruptible") {
            self.interruptible = Kinds::parse(&kinds);
        }
        if let Some(kinds) = word("reportInputDuringAgentSpeech") {
            self.report = Kinds::parse(&kinds);
        }
        self.preemptible = flag("preemptible").unwrap_or(self.preemptible);
        self.dtmf = flag("dtmfDetection").unwrap_or(self.dtmf);
        self.partials = flag("partialPrompts").unwrap_or(self.partials);
    }
}
