//! Documents for the carrier: what is written, and what is refused before the carrier refuses it.

use proptest::prelude::*;
use quick_xml::Reader;
use quick_xml::events::Event;

use super::*;
use crate::twilio::voices::relay_voice;

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";

fn session() -> ConversationRelay {
    ConversationRelay::new(
        "wss://h.example/twilio/relay",
        relay_voice("alloy", "en"),
        "en-US",
    )
}

#[test]
fn verbs_are_written_in_their_order() {
    let xml = Response::new()
        .say("Tom & Jerry <3")
        .pause(2)
        .redirect("/twilio/continue?a=1&b=2")
        .hangup()
        .to_xml();
    assert_eq!(
        xml.unwrap(),
        format!(
            "{HEAD}<Response><Say>Tom &amp; Jerry &lt;3</Say><Pause length=\"2\"/>\
<Redirect method=\"POST\">/twilio/continue?a=1&amp;b=2</Redirect><Hangup/></Response>"
        )
    );
    assert_eq!(Response::new().to_xml().unwrap(), format!("{HEAD}<Response/>"));
    assert_eq!(
        Response::new()
            .say_as("Namaste", "Google.hi-IN-Chirp3-HD-Kore", "hi-IN")
            .to_xml()
            .unwrap(),
        format!(
            "{HEAD}<Response><Say voice=\"Google.hi-IN-Chirp3-HD-Kore\" language=\"hi-IN\">Namaste</Say></Response>"
        )
    );
}

#[test]
fn a_rejection_comes_first_or_not_at_all() {
    assert_eq!(
        Response::new().reject(Rejection::Busy).to_xml().unwrap(),
        format!("{HEAD}<Response><Reject reason=\"busy\"/></Response>")
    );
    let late = Response::new().say("no").reject(Rejection::Rejected);
    assert_eq!(late.to_xml(), Err(BadTwiml::RejectNotFirst));
}

#[test]
fn a_transfer_rings_a_number_and_comes_back() {
    let dial = Dial {
        number: "+15550100009".parse().unwrap(),
        caller_id: Some("+15550100001".parse().unwrap()),
        action: "https://h.example/twilio/dial".into(),
        timeout_seconds: 2,
    };
    assert_eq!(
        Response::new().dial(dial).to_xml().unwrap(),
        format!(
            "{HEAD}<Response><Dial action=\"https://h.example/twilio/dial\" method=\"POST\" timeout=\"5\" \
callerId=\"+15550100001\"><Number>+15550100009</Number></Dial></Response>"
        )
    );
}

#[test]
fn a_session_sets_everything_it_depends_on() {
    let xml = Response::new()
        .connect_relay(
            "https://h.example/twilio/continue",
            session().parameter("token", "t\"0"),
        )
        .to_xml()
        .unwrap();
    assert_eq!(
        xml,
        format!(
            "{HEAD}<Response><Connect action=\"https://h.example/twilio/continue\" method=\"POST\">\
<ConversationRelay url=\"wss://h.example/twilio/relay\" language=\"en-US\" ttsProvider=\"Google\" \
voice=\"en-US-Chirp3-HD-Kore\" transcriptionProvider=\"Deepgram\" interruptible=\"any\" \
reportInputDuringAgentSpeech=\"any\" dtmfDetection=\"true\" partialPrompts=\"true\" events=\"speaker-events tokens-played\">\
<Parameter name=\"token\" value=\"t&quot;0\"/></ConversationRelay></Connect>\
<Redirect method=\"POST\">https://h.example/twilio/continue</Redirect></Response>"
        )
    );
    assert!(!xml.contains("welcomeGreeting"));
}

#[test]
fn what_the_carrier_would_refuse_is_not_sent() {
    let connect = |relay| Response::new().connect_relay("/twilio/continue", relay).to_xml();
    assert!(connect(session().parameter("a", "b".repeat(498))).is_ok());
    assert_eq!(
        connect(session().parameter("a", "b".repeat(499))),
        Err(BadTwiml::ParameterTooLong)
    );
    for url in [
        "https://h.example/relay",
        "wss://h.example/relay?a=1",
        "wss://h.example/re lay",
    ] {
        assert_eq!(
            connect(ConversationRelay {
                url: url.into(),
                ..session()
            }),
            Err(BadTwiml::BadUrl)
        );
    }
    for url in ["", "//evil.example/x", "ftp://h.example", "javascript:1", "/a b"] {
        assert_eq!(
            Response::new().redirect(url).to_xml(),
            Err(BadTwiml::BadUrl),
            "{url}"
        );
    }
    assert_eq!(
        Response::new().say("x".repeat(4001)).to_xml(),
        Err(BadTwiml::SayTooLong)
    );
    let mut long = Response::new();
    for _ in 0..17 {
        long = long.say("x".repeat(4000));
    }
    assert_eq!(long.to_xml(), Err(BadTwiml::TooLarge));
}

/// Reads the document back with its own eyes: the text of `<Say>` and the values of `<Parameter>`.
fn read_back(xml: &str) -> (String, Vec<(String, String)>) {
    let mut reader = Reader::from_str(xml);
    let (mut said, mut parameters, mut inside) = (String::new(), Vec::new(), false);
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) if start.name().as_ref() == b"Say" => inside = true,
            Event::End(end) if end.name().as_ref() == b"Say" => inside = false,
            Event::Text(text) if inside => said.push_str(&text.decode().unwrap()),
            Event::GeneralRef(name) if inside => {
                let name = name.decode().unwrap();
                let whole = format!("&{name};");
                said.push_str(&quick_xml::escape::unescape(&whole).unwrap());
            }
            Event::Empty(element) if element.name().as_ref() == b"Parameter" => {
                let value = |key: &str| {
                    let attribute = element.try_get_attribute(key).unwrap().unwrap();
                    let raw = String::from_utf8(attribute.value.into_owned()).unwrap();
                    quick_xml::escape::unescape(&raw).unwrap().into_owned()
                };
                parameters.push((value("name"), value("value")));
            }
            Event::Eof => return (said, parameters),
            _ => {}
        }
    }
}

/// What XML can hold of a text.
fn holdable(text: &str) -> String {
    let unfit = |c: &char| matches!(c, '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    text.chars().filter(|c| !unfit(c)).collect()
}

proptest! {
    #[test]
    fn any_text_comes_back_as_it_was(
        said in any::<String>().prop_filter("long", |text| text.len() <= MAX_SAY_BYTES),
        name in "[ -~]{1,20}",
        value in prop_oneof![any::<String>(), "[<>&\"'\\s;]{0,40}", "(</ConversationRelay>|<Hangup/>|]]>|<!--){0,5}"],
    ) {
        prop_assume!(name.chars().count() + value.chars().count() < 500);
        let relay = session().parameter(name.clone(), value.clone());
        let xml = Response::new().say(said.clone()).connect_relay("/twilio/continue", relay).to_xml().unwrap();
        let (heard, parameters) = read_back(&xml);
        prop_assert_eq!(heard, holdable(&said));
        prop_assert_eq!(parameters, vec![(name, holdable(&value))]);
    }
}
