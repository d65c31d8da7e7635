//! Messages of ConversationRelay: the documented ones, other ways of writing them, and unknown ones.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn parse(message: &Value) -> FromCarrier {
    FromCarrier::parse(&message.to_string()).unwrap()
}

#[test]
fn the_documented_setup_is_read() {
    let message = parse(&json!({
        "type": "setup", "sessionId": "VX1", "accountSid": "AC1", "callSid": "CA1", "parentCallSid": "",
        "from": "+15550100002", "to": "+15550100001", "direction": "INBOUND", "callStatus": "RINGING",
        "customParameters": {"token": "k3"}, "somethingNew": {"a": 1}
    }));
    let FromCarrier::Setup(setup) = message else {
        panic!("not a setup")
    };
    assert_eq!(setup.call_sid, "CA1");
    assert_eq!(setup.direction, "inbound");
    assert_eq!(setup.parameter("token"), Some("k3"));
    assert_eq!(setup.parameter("other"), None);
}

#[test]
fn prompts_are_read_whole_and_in_part() {
    let partial = parse(&json!({"type":"prompt","voicePrompt":"I need","lang":"en-US","last":false}));
    assert_eq!(
        partial,
        FromCarrier::Prompt {
            voice_prompt: "I need".into(),
            lang: Some("en-US".into()),
            last: false
        }
    );
    let odd = parse(&json!({"Type":"PROMPT","VoicePrompt":"Hi","last":"false","agentSpeaking":true}));
    assert_eq!(
        odd,
        FromCarrier::Prompt {
            voice_prompt: "Hi".into(),
            lang: None,
            last: false
        }
    );
    let bare = parse(&json!({"type":"prompt","voicePrompt":"Hi"}));
    assert_eq!(
        bare,
        FromCarrier::Prompt {
            voice_prompt: "Hi".into(),
            lang: None,
            last: true
        }
    );
}

#[test]
fn the_time_of_an_interruption_is_a_number_a_text_or_nothing() {
    for (written, read) in [
        (json!(1240), Some(1240)),
        (json!("1240"), Some(1240)),
        (json!(1240.7), Some(1240)),
        (json!("1240.7"), Some(1240)),
        (json!(null), None),
        (json!(-3), None),
        (json!("soon"), None),
    ] {
        let message = parse(&json!({
            "type": "interrupt", "utteranceUntilInterrupt": "Sure,", "durationUntilInterruptMs": written
        }));
        let FromCarrier::Interrupt {
            utterance_until_interrupt,
            duration_until_interrupt_ms,
        } = message
        else {
            panic!("not an interrupt")
        };
        assert_eq!(utterance_until_interrupt, "Sure,");
        assert_eq!(duration_until_interrupt_ms, read);
    }
}

#[test]
fn other_messages_are_read_and_unknown_ones_survive() {
    assert_eq!(
        parse(&json!({"type":"dtmf","digit":5})),
        FromCarrier::Dtmf { digit: "5".into() }
    );
    assert_eq!(
        parse(&json!({"type":"error","description":"Invalid message received"})),
        FromCarrier::Error {
            description: "Invalid message received".into()
        }
    );
    assert_eq!(
        parse(&json!({"type":"info","name":"agentSpeaking","value":"on","ts":1_795_251_302_123_i64})),
        FromCarrier::Info {
            name: "agentSpeaking".into(),
            value: "on".into(),
            ts: Some(1_795_251_302_123)
        }
    );
    assert_eq!(
        parse(&json!({"type":"configUpdated","what":[1]})),
        FromCarrier::Unknown {
            kind: "configUpdated".into()
        }
    );
    assert_eq!(FromCarrier::parse("[1]"), Err(Unreadable::NotAnObject));
    assert_eq!(FromCarrier::parse("{\"a\":"), Err(Unreadable::NotAnObject));
    assert_eq!(FromCarrier::parse("{}"), Err(Unreadable::NoType));
}

#[test]
fn what_the_simulator_writes_reads_back() {
    let message = FromCarrier::Prompt {
        voice_prompt: "Hi \"you\"".into(),
        lang: Some("en".into()),
        last: true,
    };
    assert_eq!(parse(&serde_json::to_value(&message).unwrap()), message);
    let setup = FromCarrier::Setup(Setup {
        call_sid: "CA1".into(),
        ..Setup::default()
    });
    assert_eq!(parse(&serde_json::to_value(&setup).unwrap()), setup);
}

#[test]
fn messages_to_the_carrier_have_exactly_their_members() {
    assert_eq!(
        ToCarrier::token("Sure, ", false).to_frame(),
        r#"{"type":"text","token":"Sure, ","last":false}"#
    );
    assert_eq!(
        ToCarrier::digits("1w#").unwrap().to_frame(),
        r#"{"type":"sendDigits","digits":"1w#"}"#
    );
    assert_eq!(ToCarrier::digits("12a"), None);
    assert_eq!(ToCarrier::digits(""), None);
    let to = "+15550100009".parse().unwrap();
    assert_eq!(
        ToCarrier::end(&Handoff::transfer(to)).to_frame(),
        r#"{"type":"end","handoffData":"{\"reason\":\"transfer\",\"to\":\"+15550100009\"}"}"#
    );
    assert_eq!(
        ToCarrier::end(&Handoff::end()).to_frame(),
        r#"{"type":"end","handoffData":"{\"reason\":\"end\"}"}"#
    );
    let play = ToCarrier::Play {
        source: "https://h.example/a.wav".into(),
        times: Some(1),
        interruptible: None,
        preemptible: Some(true),
    };
    assert_eq!(
        play.to_frame(),
        r#"{"type":"play","source":"https://h.example/a.wav","loop":1,"preemptible":true}"#
    );
}

#[test]
fn a_strict_reader_refuses_what_the_carrier_would() {
    let read = |frame: &str| serde_json::from_str::<ToCarrier>(frame);
    assert_eq!(
        read(r#"{"type":"text","token":"a"}"#).unwrap(),
        ToCarrier::token("a", false)
    );
    for bad in [
        r#"{"type":"text","token":null}"#,
        r#"{"type":"text","token":"a","extra":1}"#,
        r#"{"type":"text","last":true}"#,
        r#"{"type":"sing","token":"a"}"#,
        r#"{"token":"a"}"#,
    ] {
        assert!(read(bad).is_err(), "{bad}");
    }
}

proptest! {
    #[test]
    fn tokens_travel_unchanged(token in any::<String>(), last in any::<bool>()) {
        let message = ToCarrier::token(token, last);
        let back: ToCarrier = serde_json::from_str(&message.to_frame()).unwrap();
        prop_assert_eq!(back, message);
    }

    #[test]
    fn no_frame_makes_reading_fail_badly(frame in ".*") {
        let _ = FromCarrier::parse(&frame);
    }
}
