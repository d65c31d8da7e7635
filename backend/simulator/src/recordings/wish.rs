//! What an application wants recorded, and who is to hear of it.

use crate::twiml::Element;

/// What an application asked for.
#[derive(Debug, Clone)]
pub(crate) struct Wish {
    pub(crate) source: &'static str,
    pub(crate) channels: u16,
    pub(crate) track: String,
    pub(crate) callback: Option<(String, String)>,
    /// `in-progress`, `completed`, `absent`.
    pub(crate) events: Vec<String>,
}

impl Wish {
    /// The wish of a `<Record>`: what the caller says, on one channel.
    pub(crate) fn of_verb(verb: &Element) -> Self {
        Self {
            source: "RecordVerb",
            channels: 1,
            track: "inbound".to_owned(),
            ..Self::of_noun(verb)
        }
    }

    /// The wish of a `<Recording>`.
    pub(crate) fn of_noun(noun: &Element) -> Self {
        let word = |name: &str| noun.attribute(name).map(str::to_owned);
        let method = word("recordingStatusCallbackMethod").unwrap_or_else(|| "POST".to_owned());
        let events = word("recordingStatusCallbackEvent").unwrap_or_else(|| "completed".to_owned());
        Self {
            source: "StartCallRecordingAPI",
            channels: if word("channels").as_deref() == Some("dual") {
                2
            } else {
                1
            },
            track: word("track").unwrap_or_else(|| "both".to_owned()),
            callback: word("recordingStatusCallback").map(|url| (url, method)),
            events: events.split_whitespace().map(str::to_owned).collect(),
        }
    }
}
