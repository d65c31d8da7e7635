//! Whatever comes, nothing panics, no sound is changed, no token is counted twice.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use phony_models::realtime::protocol::{ServerEvent, append_into, decoded_len};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::spec::samples;

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map("[a-z_]{1,8}", inner, 0..4).prop_map(|map| json!(map)),
        ]
    })
}

/// Puts `wreck` in the place of the member that `at` hits, however deep.
fn damage(value: &mut Value, at: &mut usize, wreck: &Value) {
    let children: Vec<&mut Value> = match value {
        Value::Object(map) => map.values_mut().collect(),
        Value::Array(list) => list.iter_mut().collect(),
        _ => Vec::new(),
    };
    for child in children {
        if *at == 0 {
            *child = wreck.clone();
            *at = usize::MAX;
            return;
        }
        *at -= 1;
        damage(child, at, wreck);
        if *at == usize::MAX {
            return;
        }
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in ".{0,300}") {
        let _ = ServerEvent::parse(&text);
        let _ = decoded_len(&text);
    }

    #[test]
    fn no_damaged_event_panics(which in any::<prop::sample::Index>(), at in 0_usize..40, wreck in any_json()) {
        let samples = samples("valid", "ServerEvent");
        let mut sample = which.get(&samples).clone();
        damage(&mut sample, &mut { at }, &wreck);
        let text = sample.to_string();
        let _ = ServerEvent::parse(&text);
        let cut = text.floor_char_boundary(text.len() / 2);
        let _ = ServerEvent::parse(&text[..cut]);
    }

    #[test]
    fn audio_comes_through_as_it_is(audio in prop::collection::vec(any::<u8>(), 1..400)) {
        let base64 = STANDARD.encode(&audio);
        prop_assert_eq!(decoded_len(&base64), Some(audio.len()));
        let mut out = String::new();
        append_into(&mut out, &base64).unwrap();
        let sent: Value = serde_json::from_str(&out).unwrap();
        prop_assert_eq!(STANDARD.decode(sent["audio"].as_str().unwrap()).unwrap(), audio);
    }

    #[test]
    fn nothing_but_base64_goes_in(text in "[A-Za-z0-9+/=\"\\\\ ]{0,24}") {
        let mut out = String::new();
        if append_into(&mut out, &text).is_ok() {
            let sent: Value = serde_json::from_str(&out).unwrap();
            prop_assert_eq!(sent["audio"].as_str(), Some(&*text));
        }
    }

    #[test]
    fn every_token_is_counted_once(text in 0_u64..100_000, audio in 0_u64..100_000, spoken in 0_u64..5_000,
        written in 0_u64..5_000, cached_text in 0_u64..100_000, cached_audio in 0_u64..100_000, split in any::<bool>()) {
        let (cached_text, cached_audio) = (cached_text.min(text), cached_audio.min(audio));
        let mut input = json!({"text_tokens": text, "audio_tokens": audio, "cached_tokens": cached_text + cached_audio});
        if split {
            input["cached_tokens_details"] = json!({"text_tokens": cached_text, "audio_tokens": cached_audio});
        }
        let done = json!({"type": "response.done", "response": {"id": "r", "status": "completed", "usage": {
            "input_tokens": text + audio, "output_tokens": spoken + written, "input_token_details": input,
            "output_token_details": {"text_tokens": written, "audio_tokens": spoken}}}}).to_string();
        let Ok(ServerEvent::ResponseDone(response)) = ServerEvent::parse(&done) else { panic!("{done}") };
        let used = response.usage.unwrap();
        prop_assert_eq!(used.total(), text + audio + spoken + written);
        prop_assert_eq!(used.text_in_cached + used.audio_in_cached, cached_text + cached_audio);
        prop_assert_eq!((used.text_out, used.audio_out), (written, spoken));
    }
}
