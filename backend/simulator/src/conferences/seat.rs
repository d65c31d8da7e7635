//! How somebody is in a conference: the attributes of `<Conference>`.

use url::Url;

use crate::recordings::Wish;
use crate::twiml::Element;

/// Most people in one room.
const MOST: u64 = 250;
/// Longest name of a participant.
const LONGEST_LABEL: usize = 128;

/// What is heard instead of the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Music {
    Silence,
    /// The carrier's own.
    Usual,
    /// A document or a file.
    Url {
        url: String,
        method: String,
        kind: &'static str,
    },
}

/// Who hears about a conference.
#[derive(Debug, Clone)]
pub(crate) struct News {
    pub(crate) url: String,
    pub(crate) method: String,
    /// `start`, `end`, `join`, `leave`, `mute`, `hold`, `modify`, `speaker`, `announcement`.
    pub(crate) events: Vec<String>,
}

/// What somebody brings along.
#[derive(Debug, Clone)]
pub(crate) struct Seat {
    pub(crate) label: Option<String>,
    pub(crate) muted: bool,
    pub(crate) start: bool,
    pub(crate) end: bool,
    pub(crate) wait: Music,
    pub(crate) coach: Option<String>,
    pub(crate) most: usize,
    pub(crate) news: Option<News>,
    /// The conference is to be recorded from its start.
    pub(crate) record: Option<Wish>,
}

/// What is recorded of the whole conference, and who hears of it.
fn recorded(noun: &Element, absolute: impl Fn(&str) -> String) -> Option<Wish> {
    // The words of a document and of the participants resource.
    if !matches!(noun.attribute("record"), Some("record-from-start" | "true")) {
        return None;
    }
    let mut wish = Wish::of_noun(noun);
    wish.source = "Conference";
    wish.channels = 1;
    wish.callback = wish
        .callback
        .filter(|(url, _)| !url.is_empty())
        .map(|(url, method)| (absolute(&url), method));
    Some(wish)
}

impl Seat {
    /// Reads a `<Conference>`; addresses are relative to the document.
    pub(crate) fn of_noun(noun: &Element, base: Option<&Url>) -> Self {
        let absolute = |url: &str| match base.map(|base| base.join(url)) {
            Some(Ok(joined)) => joined.to_string(),
            _ => url.to_owned(),
        };
        let filled = |name: &str| noun.attribute(name).filter(|value| !value.is_empty());
        let wait = match noun.attribute("waitUrl") {
            None => Music::Usual,
            Some("") => Music::Silence,
            Some(url) => Music::Url {
                url: absolute(url),
                method: noun.attribute("waitMethod").unwrap_or("POST").to_owned(),
                kind: "wait",
            },
        };
        let news = filled("statusCallback").map(|url| News {
            url: absolute(url),
            method: noun
                .attribute("statusCallbackMethod")
                .unwrap_or("POST")
                .to_owned(),
            events: filled("statusCallbackEvent")
                .unwrap_or("start end")
                .split_whitespace()
                .map(str::to_owned)
                .collect(),
        });
        Self {
            label: filled("participantLabel").map(str::to_owned),
            muted: noun.flag("muted", false),
            start: noun.flag("startConferenceOnEnter", true),
            end: noun.flag("endConferenceOnExit", false),
            wait,
            coach: filled("coach").map(str::to_owned),
            most: noun.number("maxParticipants", MOST).clamp(1, MOST) as usize,
            news,
            record: recorded(noun, absolute),
        }
    }

    /// Whether the label can be one.
    pub(crate) fn has_good_label(&self) -> bool {
        self.label
            .as_ref()
            .is_none_or(|label| label.chars().count() <= LONGEST_LABEL)
    }
}
