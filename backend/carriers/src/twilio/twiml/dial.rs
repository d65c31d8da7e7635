//! `<Dial>`: handing the call to a number, or to a room with others in it.

use phony_kernel::E164;

use super::{BadTwiml, Out, check_web_url};
use crate::twilio::params::ConferenceEventKind;

/// Longest name of a room or participant.
const LONGEST_NAME: usize = 128;

/// Handing the call to a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dial {
    /// Where it rings.
    pub number: E164,
    /// Number shown to the callee: one of ours, or the caller's own.
    pub caller_id: Option<E164>,
    /// Asked when it is over.
    pub action: String,
    /// How long it rings.
    pub timeout_seconds: u32,
}

impl Dial {
    pub(super) fn write(&self, out: &mut Out) -> Result<(), BadTwiml> {
        check_web_url(&self.action)?;
        let timeout = self.timeout_seconds.clamp(5, 600).to_string();
        let mut attributes = vec![
            ("action", self.action.as_str()),
            ("method", "POST"),
            ("timeout", &timeout),
        ];
        attributes.extend(
            self.caller_id
                .as_ref()
                .map(|number| ("callerId", number.as_str())),
        );
        out.open("Dial", &attributes)?;
        out.with_text("Number", &[], self.number.as_str())?;
        out.close("Dial")
    }
}

/// A room, and how the caller is in it. Never with the carrier's tones.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Conference {
    /// Its name; the room is made when there is none.
    pub room: String,
    /// The caller's name in it.
    pub label: Option<String>,
    /// Whether the conference begins when the caller comes.
    pub start_on_enter: bool,
    /// Whether it ends when the caller goes.
    pub end_on_exit: bool,
    /// Whether a tone tells the others that the caller comes and goes.
    pub beep: bool,
    /// Whether nobody hears the caller.
    pub muted: bool,
    /// Heard until the conference begins; an empty one is silence, none the carrier's music.
    pub wait_url: Option<String>,
    /// Where news of the conference go, absolute. That of the first participant counts.
    pub status_callback: Option<String>,
    /// Which news.
    pub events: Vec<ConferenceEventKind>,
    /// Call of the participant who alone hears this one.
    pub coach: Option<String>,
}

impl Conference {
    /// A room that begins with the caller and does not end with them.
    pub fn new(room: impl Into<String>) -> Self {
        Self {
            room: room.into(),
            label: None,
            start_on_enter: true,
            end_on_exit: false,
            beep: false,
            muted: false,
            wait_url: None,
            status_callback: None,
            events: Vec::new(),
            coach: None,
        }
    }

    pub(super) fn write(&self, out: &mut Out, action: &str) -> Result<(), BadTwiml> {
        check_web_url(action)?;
        let named = |name: &str| !name.is_empty() && name.len() <= LONGEST_NAME;
        if !named(&self.room) || !self.label.as_deref().is_none_or(named) {
            return Err(BadTwiml::BadName);
        }
        let flag = |on: bool| if on { "true" } else { "false" };
        let mut attributes = vec![
            ("startConferenceOnEnter", flag(self.start_on_enter)),
            ("endConferenceOnExit", flag(self.end_on_exit)),
            ("beep", flag(self.beep)),
            ("muted", flag(self.muted)),
        ];
        attributes.extend(self.label.as_deref().map(|label| ("participantLabel", label)));
        attributes.extend(self.coach.as_deref().map(|call_sid| ("coach", call_sid)));
        if let Some(url) = &self.wait_url {
            if !url.is_empty() {
                check_web_url(url)?;
            }
            attributes.extend([("waitUrl", url.as_str()), ("waitMethod", "POST")]);
        }
        let events: Vec<&str> = ConferenceEventKind::subscription(&self.events).collect();
        let events = events.join(" ");
        if let Some(url) = &self.status_callback {
            if url.starts_with('/') {
                return Err(BadTwiml::BadUrl);
            }
            check_web_url(url)?;
            attributes.extend([("statusCallback", url.as_str()), ("statusCallbackMethod", "POST")]);
            // Without any the carrier tells of the beginning and the end.
            if !events.is_empty() {
                attributes.push(("statusCallbackEvent", &events));
            }
        }
        out.open("Dial", &[("action", action), ("method", "POST")])?;
        out.with_text("Conference", &attributes, &self.room)?;
        out.close("Dial")
    }
}

#[cfg(test)]
mod tests {
    use super::super::Response;
    use super::*;

    const ACTION: &str = "https://h.example/twilio/dial";

    #[test]
    fn a_room_is_joined_with_everything_written_out() {
        let conference = Conference {
            label: Some("caller".into()),
            end_on_exit: true,
            wait_url: Some(String::new()),
            status_callback: Some("https://h.example/twilio/conference".into()),
            events: vec![
                ConferenceEventKind::Start,
                ConferenceEventKind::Leave,
                ConferenceEventKind::End,
            ],
            ..Conference::new("xfer-CA1")
        };
        let xml = Response::new()
            .dial_conference(ACTION, conference)
            .to_xml()
            .unwrap();
        assert!(
            xml.ends_with(
                "<Response><Dial action=\"https://h.example/twilio/dial\" method=\"POST\">\
<Conference startConferenceOnEnter=\"true\" endConferenceOnExit=\"true\" beep=\"false\" muted=\"false\" \
participantLabel=\"caller\" waitUrl=\"\" waitMethod=\"POST\" \
statusCallback=\"https://h.example/twilio/conference\" statusCallbackMethod=\"POST\" \
statusCallbackEvent=\"start leave end\">xfer-CA1</Conference></Dial></Response>"
            ),
            "{xml}"
        );
    }

    #[test]
    fn what_the_carrier_would_refuse_is_not_sent() {
        let joined = |conference| Response::new().dial_conference(ACTION, conference).to_xml();
        assert_eq!(joined(Conference::new("")), Err(BadTwiml::BadName));
        assert_eq!(joined(Conference::new("r".repeat(129))), Err(BadTwiml::BadName));
        let quiet = Conference {
            status_callback: Some("https://h.example/twilio/conference".into()),
            ..Conference::new("r")
        };
        assert!(!joined(quiet).unwrap().contains("statusCallbackEvent"));
        let relative = Conference {
            status_callback: Some("/twilio/conference".into()),
            ..Conference::new("r")
        };
        assert_eq!(joined(relative), Err(BadTwiml::BadUrl));
    }

    #[test]
    fn keys_are_pressed() {
        let xml = Response::new().press("12w#").to_xml().unwrap();
        assert!(
            xml.ends_with("<Response><Play digits=\"12w#\"/></Response>"),
            "{xml}"
        );
        for bad in ["", "12x", &"1".repeat(65)] {
            assert_eq!(
                Response::new().press(bad).to_xml(),
                Err(BadTwiml::BadKey),
                "{bad}"
            );
        }
    }
}
