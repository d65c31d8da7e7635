//! Messages of Media Streams: the documented ones, other ways of writing them, and new ones.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn start(text: &str) -> Start {
    match FromCarrier::parse(text).unwrap() {
        FromCarrier::Start(start) => *start,
        other => panic!("{other:?}"),
    }
}

fn media(text: &str) -> Media<'_> {
    match FromCarrier::parse(text).unwrap() {
        FromCarrier::Media(media) => media,
        other => panic!("{other:?}"),
    }
}

const START: &str = r#"{"event":"start","sequenceNumber":"1","streamSid":"MZ1","start":{"streamSid":"MZ1","accountSid":"AC1","callSid":"CA1","tracks":["inbound"],"customParameters":{"bind":"k3x"},"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1}}}"#;

#[test]
fn every_documented_message_is_read() {
    let connected = r#"{"event":"connected","protocol":"Call","version":"1.0.0"}"#;
    assert_eq!(FromCarrier::parse(connected), Ok(FromCarrier::Connected));

    let begun = start(START);
    assert_eq!(
        (
            begun.stream_sid.as_str(),
            begun.account_sid.as_str(),
            begun.call_sid.as_str()
        ),
        ("MZ1", "AC1", "CA1")
    );
    assert_eq!(
        (begun.parameter("bind"), begun.parameter("token")),
        (Some("k3x"), None)
    );
    assert!(begun.is_mulaw());

    let sound = media(
        r#"{"event":"media","sequenceNumber":"2","streamSid":"MZ1","media":{"track":"inbound","chunk":"1","timestamp":"66","payload":"//8="}}"#,
    );
    assert_eq!(
        (sound.timestamp_ms, &*sound.payload, sound.inbound),
        (66, "//8=", true)
    );
    assert!(matches!(sound.payload, Cow::Borrowed(_)), "sound is never copied");

    let key = r##"{"event":"dtmf","sequenceNumber":"91","streamSid":"MZ1","dtmf":{"track":"inbound_track","digit":"#"}}"##;
    assert_eq!(FromCarrier::parse(key), Ok(FromCarrier::Dtmf { digit: '#' }));
    let mark = r#"{"event":"mark","sequenceNumber":"140","streamSid":"MZ1","mark":{"name":"utt-7.end"}}"#;
    assert_eq!(
        FromCarrier::parse(mark),
        Ok(FromCarrier::Mark {
            name: "utt-7.end".into()
        })
    );
    let stop = r#"{"event":"stop","sequenceNumber":"812","streamSid":"MZ1","stop":{"accountSid":"AC1","callSid":"CA1"}}"#;
    assert_eq!(FromCarrier::parse(stop), Ok(FromCarrier::Stop));
}

#[test]
fn other_ways_of_writing_the_same_are_read() {
    let late_event =
        r#" {"media":{"payload":"AAAA","timestamp":66.9,"extra":[{"a":[]}]},"x":{},"event":"MEDIA"} "#;
    let sound = media(late_event);
    assert_eq!((sound.timestamp_ms, &*sound.payload), (66, "AAAA"));
    let escaped = media(r#"{"event":"media","media":{"payload":"\/\/8="}}"#);
    assert_eq!((escaped.timestamp_ms, &*escaped.payload), (0, "//8="));
    for (written, read) in [
        ("\"1234\"", 1_234),
        ("\" 20.0 \"", 20),
        ("-5", 0),
        ("\"-5\"", 0),
        ("null", 0),
        ("[1]", 0),
        ("{}", 0),
        ("true", 0),
        ("\"soon\"", 0),
        ("18446744073709551615", MAX_TIMESTAMP_MS),
        ("1e300", MAX_TIMESTAMP_MS),
    ] {
        let text = format!(r#"{{"event":"media","media":{{"timestamp":{written},"payload":""}}}}"#);
        assert_eq!(media(&text).timestamp_ms, read, "{written}");
    }
    let outbound = r#"{"event":"media","media":{"track":"Outbound_track","payload":"AAAA"}}"#;
    assert!(!media(outbound).inbound);
    for (written, digit) in [("5", '5'), ("\"a\"", 'A'), ("\" * \"", '*')] {
        let text = format!(r#"{{"event":"dtmf","dtmf":{{"digit":{written}}}}}"#);
        assert_eq!(FromCarrier::parse(&text), Ok(FromCarrier::Dtmf { digit }));
    }
    let bare = start(
        r#"{"event":"start","streamSid":"MZ1","start":{"customParameters":{"n":7,"flag":true,"no":null,"deep":{}},"mediaFormat":{"sampleRate":"8000"}}}"#,
    );
    assert_eq!(bare.stream_sid, "MZ1");
    assert_eq!(
        (
            bare.parameter("n"),
            bare.parameter("flag"),
            bare.parameter("no"),
            bare.parameter("deep")
        ),
        (Some("7"), Some("true"), None, None)
    );
    assert!(bare.is_mulaw());
}

#[test]
fn another_sound_is_told() {
    for format in [
        r#""encoding":"audio/L16""#,
        r#""encoding":"audio/x-mulaw","sampleRate":16000"#,
        r#""channels":"2""#,
    ] {
        let text = format!(r#"{{"event":"start","start":{{"streamSid":"MZ1","mediaFormat":{{{format}}}}}}}"#);
        assert!(!start(&text).is_mulaw(), "{format}");
    }
}

#[test]
fn what_is_new_is_told_and_ignored() {
    assert_eq!(
        FromCarrier::parse(r#"{"event":"warmth","warmth":{}}"#),
        Ok(FromCarrier::Unknown {
            event: "warmth".into()
        })
    );
    let long = format!(r#"{{"event":"{}"}}"#, "é".repeat(200));
    match FromCarrier::parse(&long).unwrap() {
        FromCarrier::Unknown { event } => assert_eq!(event, "é".repeat(MAX_NAME_BYTES / 2)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_cannot_be_read_is_said_without_its_words() {
    for text in [
        "",
        "{",
        "[]",
        "[\"media\"]",
        "7",
        "null",
        "\"media\"",
        "{}x",
        "\u{feff}{}",
    ] {
        assert_eq!(FromCarrier::parse(text), Err(ParseError::NotAnObject), "{text}");
    }
    for text in ["{}", r#"{"event":null}"#, r#"{"event":{"event":"media"}}"#] {
        assert_eq!(FromCarrier::parse(text), Err(ParseError::NoEvent), "{text}");
    }
    let lacks = |event, member| Err(ParseError::Lacks { event, member });
    for (text, fault) in [
        (r#"{"event":"media"}"#, lacks("media", "media")),
        (r#"{"event":"media","media":"x"}"#, lacks("media", "media")),
        (r#"{"event":"media","media":[1]}"#, lacks("media", "media")),
        (
            r#"{"event":"media","media":{"payload":{}}}"#,
            lacks("media", "payload"),
        ),
        (r#"{"event":"mark","mark":{}}"#, lacks("mark", "name")),
        (r#"{"event":"mark"}"#, lacks("mark", "name")),
        (
            r#"{"event":"dtmf","dtmf":{"digit":"55"}}"#,
            lacks("dtmf", "digit"),
        ),
        (r#"{"event":"dtmf","dtmf":{"digit":"x"}}"#, lacks("dtmf", "digit")),
        (r#"{"event":"dtmf","dtmf":{"digit":""}}"#, lacks("dtmf", "digit")),
        (r#"{"event":"start"}"#, lacks("start", "streamSid")),
        (
            r#"{"event":"start","streamSid":"","start":7}"#,
            lacks("start", "streamSid"),
        ),
    ] {
        assert_eq!(FromCarrier::parse(text), fault, "{text}");
    }
    assert_eq!(
        FromCarrier::parse(r#"{"event":"mark","mark":{"secret":1}}"#)
            .unwrap_err()
            .to_string(),
        "message mark lacks name"
    );
}

#[test]
fn everything_kept_is_bounded() {
    let sound = "A".repeat(1024 * 1024);
    let text = format!(r#"{{"event":"media","media":{{"payload":"{sound}"}}}}"#);
    assert_eq!(media(&text).payload.len(), sound.len());
    let text = format!(
        r#"{{"event":"media","media":{{"payload":"{}"}}}}"#,
        "A".repeat(MAX_MESSAGE_BYTES)
    );
    assert_eq!(FromCarrier::parse(&text), Err(ParseError::TooLong));

    let deep = format!(
        r#"{{"event":"stop","x":{}{}}}"#,
        "[".repeat(500_000),
        "]".repeat(500_000)
    );
    assert_eq!(FromCarrier::parse(&deep), Ok(FromCarrier::Stop));

    let many: BTreeMap<String, String> = (0..200).map(|at| (format!("p{at}"), "v".into())).collect();
    let text = json!({ "event": "start", "start": {
        "streamSid": "MZ1", "callSid": "C".repeat(500), "customParameters": many,
    }});
    let begun = start(&text.to_string());
    assert_eq!((begun.custom_parameters.len(), begun.call_sid.as_str()), (64, ""));
    let long = json!({ "event": "start", "start": {
        "streamSid": "MZ1", "customParameters": { "token": "t".repeat(3_000), "other": "x" },
    }});
    let begun = start(&long.to_string());
    assert_eq!(
        (begun.parameter("token"), begun.parameter("other")),
        (None, Some("x"))
    );
    let name = "é".repeat(300);
    let text = json!({ "event": "mark", "mark": { "name": name } }).to_string();
    assert_eq!(
        FromCarrier::parse(&text),
        Ok(FromCarrier::Mark {
            name: "é".repeat(MAX_NAME_BYTES / 2).into()
        })
    );
}

#[test]
fn messages_to_the_carrier_have_exactly_their_members() {
    let writer = StreamWriter::new("MZ1");
    assert_eq!(
        writer.media("//8="),
        r#"{"event":"media","streamSid":"MZ1","media":{"payload":"//8="}}"#
    );
    assert_eq!(
        writer.mark("utt-7.end"),
        r#"{"event":"mark","streamSid":"MZ1","mark":{"name":"utt-7.end"}}"#
    );
    assert_eq!(writer.clear(), r#"{"event":"clear","streamSid":"MZ1"}"#);
    assert_eq!(
        writer.mark("\"\\\n"),
        r#"{"event":"mark","streamSid":"MZ1","mark":{"name":"\"\\\n"}}"#
    );
    assert_eq!(
        StreamWriter::new("M\"Z").clear(),
        r#"{"event":"clear","streamSid":"M\"Z"}"#
    );
}

/// A JSON value of any shape.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "(media|start|mark|5|#|MZ1|66|inbound)".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        let name = prop_oneof![
            "(event|streamSid|media|start|dtmf|mark|payload|timestamp|track|digit|name|customParameters|mediaFormat)",
            any::<String>(),
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(name, inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// What holds for every message that was read.
fn check(message: &FromCarrier<'_>) -> Result<(), TestCaseError> {
    match message {
        FromCarrier::Media(media) => prop_assert!(media.timestamp_ms <= MAX_TIMESTAMP_MS),
        FromCarrier::Mark { name } => prop_assert!(name.len() <= MAX_NAME_BYTES),
        FromCarrier::Unknown { event } => prop_assert!(event.len() <= MAX_NAME_BYTES),
        FromCarrier::Dtmf { digit } => prop_assert!("0123456789*#ABCD".contains(*digit)),
        FromCarrier::Start(start) => prop_assert!(!start.stream_sid.is_empty()),
        FromCarrier::Connected | FromCarrier::Stop => {}
    }
    Ok(())
}

proptest! {
    #[test]
    fn sound_comes_through_as_it_was(sound in prop::collection::vec(any::<u8>(), 0..2_000), at in 0..MAX_TIMESTAMP_MS) {
        let payload = BASE64.encode(&sound);
        let frame = StreamWriter::new("MZ1").media(&payload);
        let read = media(&frame);
        prop_assert_eq!(BASE64.decode(&*read.payload).unwrap(), &sound[..]);
        let inbound = json!({ "event": "media", "media": { "timestamp": at.to_string(), "payload": payload } }).to_string();
        prop_assert_eq!(media(&inbound).timestamp_ms, at);
    }

    #[test]
    fn marks_come_back_by_their_name(name in any::<String>()) {
        let frame = StreamWriter::new("MZ1").mark(&name);
        let whole: Value = serde_json::from_str(&frame).unwrap();
        prop_assert_eq!(whole.as_object().unwrap().len(), 3);
        let end = name.floor_char_boundary(MAX_NAME_BYTES);
        prop_assert_eq!(FromCarrier::parse(&frame), Ok(FromCarrier::Mark { name: name[..end].into() }));
    }

    #[test]
    fn any_text_and_any_json_is_read_or_refused(
        text in any::<String>(),
        any in value(),
        event in "(media|start|dtmf|mark|stop|connected|x)",
    ) {
        if let Ok(message) = FromCarrier::parse(&text) {
            check(&message)?;
        }
        if let Ok(message) = FromCarrier::parse(&any.to_string()) {
            check(&message)?;
        }
        let fitting = json!({ "event": &event, &event: &any, "streamSid": "MZ1" }).to_string();
        match FromCarrier::parse(&fitting) {
            Ok(message) => check(&message)?,
            Err(fault) => prop_assert!(matches!(fault, ParseError::Lacks { .. }), "{:?}", fault),
        }
    }

    #[test]
    fn a_cut_message_is_refused(end in 0..START.len()) {
        prop_assert_eq!(FromCarrier::parse(&START[..end]), Err(ParseError::NotAnObject));
    }
}
