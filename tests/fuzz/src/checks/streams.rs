//! Messages of the Media Streams socket.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use phony_carriers::twilio::streams::{FromCarrier, MAX_NAME_BYTES, StreamWriter};
use serde_json::Value;

/// Reading is bounded and does not depend on blanks; what we write is read as it was, with no member more.
pub fn streams(data: &[u8]) {
    let Some(text) = super::text(data) else { return };
    if let Ok(message) = FromCarrier::parse(text) {
        is_bounded(&message);
        let spaced = format!("\n {text}\t");
        assert_eq!(FromCarrier::parse(&spaced).as_ref(), Ok(&message));
    }
    let (sid, name) = text.split_at(text.floor_char_boundary(text.len() / 2));
    let writer = StreamWriter::new(sid);

    let frame = writer.mark(name);
    let cut = &name[..name.floor_char_boundary(MAX_NAME_BYTES)];
    assert_eq!(
        FromCarrier::parse(&frame),
        Ok(FromCarrier::Mark { name: cut.into() })
    );
    has_exactly(&frame, sid, "mark", Some(("name", cut)));

    // Half a minute of sound at the most: a longer message is not read.
    let payload = BASE64.encode(&data[..data.len().min(240_000)]);
    let frame = writer.media(&payload);
    match FromCarrier::parse(&frame) {
        Ok(FromCarrier::Media(media)) => assert_eq!(media.payload, payload),
        other => unreachable!("{other:?}"),
    }
    has_exactly(&frame, sid, "media", Some(("payload", &payload)));
    has_exactly(&writer.clear(), sid, "clear", None);
}

fn is_bounded(message: &FromCarrier<'_>) {
    match message {
        FromCarrier::Media(media) => assert!(media.timestamp_ms <= 7 * 24 * 3_600 * 1_000),
        FromCarrier::Mark { name } => assert!(name.len() <= MAX_NAME_BYTES),
        FromCarrier::Unknown { event } => assert!(event.len() <= MAX_NAME_BYTES),
        FromCarrier::Dtmf { digit } => assert!("0123456789*#ABCD".contains(*digit)),
        FromCarrier::Start(start) => {
            assert!((1..=128).contains(&start.stream_sid.len()));
            assert!(start.call_sid.len() <= 128 && start.account_sid.len() <= 128);
            assert!(start.custom_parameters.len() <= 64);
            for (name, value) in &start.custom_parameters {
                assert!(name.len() + value.len() <= 2_000);
                assert_eq!(start.parameter(name), Some(value.as_str()));
            }
            let _ = start.is_mulaw();
        }
        FromCarrier::Connected | FromCarrier::Stop => {}
    }
}

/// The carrier drops a message with a member more or less.
fn has_exactly(frame: &str, sid: &str, event: &str, inner: Option<(&str, &str)>) {
    let mut expected = serde_json::Map::new();
    expected.insert("event".to_owned(), event.into());
    expected.insert("streamSid".to_owned(), sid.into());
    if let Some((name, value)) = inner {
        expected.insert(event.to_owned(), serde_json::json!({ name: value }));
    }
    assert_eq!(
        serde_json::from_str::<Value>(frame).ok(),
        Some(Value::Object(expected))
    );
}
