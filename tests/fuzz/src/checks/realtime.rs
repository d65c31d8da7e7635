//! Events of a speech-to-speech model, and base64 on its way there.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use phony_models::realtime::protocol::{ServerEvent, append_into, decoded_len, is_base64};

/// Base64 whose last character may have bits to spare, as encoders write it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

/// The quick way to read sound gives what the slow one gives; base64 is told from other text, and its length too.
pub fn realtime(data: &[u8]) {
    let Some(text) = super::text(data) else { return };
    // So far into the text nobody glances.
    let far = format!("{}{text}", " ".repeat(100));
    let (near, far) = (ServerEvent::parse(text), ServerEvent::parse(&far));
    assert_eq!(near.is_ok(), far.is_ok(), "{near:?} {far:?}");
    if let (Ok(near), Ok(far)) = (near, far) {
        assert_eq!(near, far);
    }
    let decoded = BASE64.decode(text).ok().filter(|bytes| !bytes.is_empty());
    assert_eq!(is_base64(text), decoded.is_some());
    assert_eq!(decoded_len(text), decoded.map(|bytes| bytes.len()));
    let mut out = String::from("old");
    assert_eq!(append_into(&mut out, text).is_ok(), is_base64(text));
    if is_base64(text) {
        let event: Option<serde_json::Value> = serde_json::from_str(&out).ok();
        assert_eq!(
            event,
            Some(serde_json::json!({ "type": "input_audio_buffer.append", "audio": text }))
        );
    } else {
        assert_eq!(out, "");
    }
}
