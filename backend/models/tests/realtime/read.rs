//! Everything valid can be read, and what would mislead us is refused.

use std::borrow::Cow;

use phony_models::realtime::TranscriptionUsage;
use phony_models::realtime::protocol::{
    ContentKind, ItemStatus, ParseError, ResponseStatus, ServerEvent, decoded_len,
};

use crate::spec::{samples, specs};

#[test]
fn every_valid_sample_is_read() {
    let unneeded = [
        "conversation.created",
        "response.content_part.added",
        "response.content_part.done",
        "response.output_text.done",
    ];
    for sample in samples("valid", "ServerEvent") {
        let text = sample.to_string();
        let event = ServerEvent::parse(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        let kind = sample["type"].as_str().unwrap();
        let unknown = matches!(event, ServerEvent::Unknown(_));
        assert_eq!(unknown, unneeded.contains(&kind), "{kind}");
    }
    // What we send is nothing that a server says.
    for sample in samples("valid", "ClientEvent") {
        let text = sample.to_string();
        assert!(
            matches!(ServerEvent::parse(&text), Ok(ServerEvent::Unknown(_))),
            "{text}"
        );
    }
}

#[test]
fn invalid_samples_that_would_mislead_us_are_refused() {
    let read = |why: &str| {
        let samples = specs("samples/openai_realtime.samples.json");
        let sample = samples["invalid"].as_array().unwrap().iter();
        let mut sample = sample.filter(|sample| sample["direction"] == "ServerEvent" && sample["why"] == why);
        sample.next().unwrap()["event"].to_string()
    };
    let beta = read("beta event name");
    assert_eq!(
        ServerEvent::parse(&beta),
        Ok(ServerEvent::Unknown(Cow::Borrowed("response.audio.delta")))
    );
    let homeless = read("item_id and indexes missing");
    assert!(matches!(
        ServerEvent::parse(&homeless),
        Err(ParseError::Malformed { .. })
    ));
    // The rest lacks nothing that we need.
    for harmless in [
        "event_id missing",
        "status is spelt cancelled",
        "error.type and message missing",
        "name missing (GA)",
    ] {
        let text = read(harmless);
        let event = ServerEvent::parse(&text).unwrap();
        assert!(!matches!(event, ServerEvent::Unknown(_)), "{harmless}");
    }
}

#[test]
fn audio_is_borrowed_unless_it_is_escaped() {
    let delta = |base64: &str, before: &str| {
        format!(
            r#"{{{before}"type":"response.output_audio.delta","event_id":"e","response_id":"r","item_id":"i","output_index":0,"content_index":1,"delta":"{base64}"}}"#
        )
    };
    let far = format!(r#""padding":"{}","#, "é".repeat(100));
    for (base64, before, borrowed) in [
        ("//+/AA==", "", true),
        (r"\/\/+\/AA==", "", false),
        ("//+/AA==", &*far, true),
    ] {
        let text = delta(base64, before);
        let Ok(ServerEvent::AudioDelta(event)) = ServerEvent::parse(&text) else {
            panic!("{text}");
        };
        assert_eq!(event.base64, "//+/AA==");
        assert_eq!(matches!(event.base64, Cow::Borrowed(_)), borrowed, "{before}");
        assert_eq!(
            (&*event.response_id, &*event.item_id, event.content_index),
            ("r", "i", 1)
        );
        assert_eq!(decoded_len(&event.base64), Some(4));
    }
    // The name in another place than the type does not make it audio.
    let text =
        r#"{"type":"x","note":"response.output_audio.delta","response_id":"r","item_id":"i","delta":"AAAA"}"#;
    assert_eq!(
        ServerEvent::parse(text),
        Ok(ServerEvent::Unknown(Cow::Borrowed("x")))
    );
}

#[test]
fn servers_are_read_liberally() {
    let parts = r#"{"type":"conversation.item.done","item":{"id":"i","type":"message","role":"assistant","status":"new word","content":[{"type":"audio","transcript":"We open"},{"type":"text","text":" at nine."},{"type":"hologram"}]}}"#;
    let Ok(ServerEvent::ItemDone {
        item,
        previous_item_id,
    }) = ServerEvent::parse(parts)
    else {
        panic!("not read");
    };
    assert_eq!(previous_item_id, None);
    assert_eq!(item.status, ItemStatus::Unknown);
    let kinds: Vec<ContentKind> = item.content.iter().map(|part| part.kind).collect();
    assert_eq!(
        kinds,
        [
            ContentKind::OutputAudio,
            ContentKind::OutputText,
            ContentKind::Other
        ]
    );
    assert_eq!(item.words(), "We open at nine.");

    let done = r#"{"type":"response.done","response":{"id":"r","status":"canceled","status_details":null,"output":null,"usage":null}}"#;
    let Ok(ServerEvent::ResponseDone(response)) = ServerEvent::parse(done) else {
        panic!("not read");
    };
    assert_eq!(
        (response.status, response.usage),
        (ResponseStatus::Cancelled, None)
    );

    let pointed = r#"{"type":"input_audio_buffer.speech_started","item_id":"i","audio_start_ms":1012.0}"#;
    let expected = ServerEvent::SpeechStarted {
        item_id: "i".to_owned(),
        audio_start_ms: 1_012,
    };
    assert_eq!(ServerEvent::parse(pointed), Ok(expected));

    let words = r#"{"type":"conversation.item.input_audio_transcription.completed","item_id":"i","transcript":"Hi","usage":{"type":"duration","seconds":1.6}}"#;
    let expected = |usage| ServerEvent::TranscriptionCompleted {
        item_id: "i".to_owned(),
        transcript: "Hi".to_owned(),
        language: None,
        usage,
    };
    let lasted = TranscriptionUsage::Duration { ms: 1_600 };
    assert_eq!(ServerEvent::parse(words), Ok(expected(Some(lasted))));
    let odd = words.replace("1.6", "\"long\"");
    assert_eq!(
        ServerEvent::parse(&odd),
        Ok(expected(None)),
        "words are not lost to figures"
    );

    let heard_in = |languages: &str| {
        let told = words.replace("\"usage\"", &format!("\"languages\":{languages},\"usage\""));
        match ServerEvent::parse(&told) {
            Ok(ServerEvent::TranscriptionCompleted {
                language, transcript, ..
            }) => {
                assert_eq!(transcript, "Hi");
                language
            }
            other => panic!("not the words: {other:?}"),
        }
    };
    assert_eq!(
        heard_in(r#"[{"code":"hi"},{"code":"en"}]"#).as_deref(),
        Some("hi")
    );
    assert_eq!(
        (heard_in("[]"), heard_in("null"), heard_in("7")),
        (None, None, None)
    );

    for nothing in ["", "null", "[]", "7", "{}", r#"{"type":7}"#, r#"{"type":"x""#] {
        assert_eq!(
            ServerEvent::parse(nothing),
            Err(ParseError::NotAnEvent),
            "{nothing}"
        );
    }
    let secret = r#"{"type":"error","error":"my card is 4111"}"#;
    let error = ServerEvent::parse(secret).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("4111"));
}
