//! The way of the caller's voice: base64 text goes through as it is. What is checked is only that it is base64, so
//! that it can be put into JSON without escapes and its length is known without decoding.

/// Before the base64 text.
pub(in crate::realtime) const APPEND_HEAD: &str = r#"{"type":"input_audio_buffer.append","audio":""#;
/// Behind it.
pub(in crate::realtime) const APPEND_TAIL: &str = r#""}"#;

/// The carrier sent something that is no base64; it goes nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("audio is not base64")]
pub struct NotBase64;

/// Writes `input_audio_buffer.append` into `out`, whose room is used again; what was in it is gone.
///
/// # Errors
/// The text is not base64; `out` is left empty.
pub fn append_into(out: &mut String, base64: &str) -> Result<(), NotBase64> {
    out.clear();
    if !is_base64(base64) {
        return Err(NotBase64);
    }
    out.reserve(APPEND_HEAD.len() + base64.len() + APPEND_TAIL.len());
    out.push_str(APPEND_HEAD);
    out.push_str(base64);
    out.push_str(APPEND_TAIL);
    Ok(())
}

/// Whether this is base64 of at least one byte in the standard alphabet, with its padding.
#[must_use]
pub fn is_base64(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.is_empty() || !bytes.len().is_multiple_of(4) {
        return false;
    }
    let body = &bytes[..bytes.len() - padding(bytes)];
    // No early way out: without it the compiler checks many bytes at once.
    body.iter().fold(true, |good, byte| {
        good & (byte.is_ascii_alphanumeric() | matches!(byte, b'+' | b'/'))
    })
}

/// How many bytes this base64 text stands for, without decoding it; `None` if it is none. Mu-law has 8 bytes a
/// millisecond.
#[must_use]
pub fn decoded_len(text: &str) -> Option<usize> {
    is_base64(text).then(|| text.len() / 4 * 3 - padding(text.as_bytes()))
}

fn padding(bytes: &[u8]) -> usize {
    match bytes {
        [.., b'=', b'='] => 2,
        [.., b'='] => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_wrapped_as_it_is() {
        let mut out = String::from("old");
        append_into(&mut out, "//+/AA==").unwrap();
        assert_eq!(out, r#"{"type":"input_audio_buffer.append","audio":"//+/AA=="}"#);
        let room = out.capacity();
        append_into(&mut out, "AAAA").unwrap();
        assert_eq!(out.capacity(), room);
    }

    #[test]
    fn what_is_no_base64_is_not_passed_on() {
        let mut out = String::new();
        for bad in [
            "", "A", "AAA", "====", "A===", "AA=A", "AA\"}", "AAA\n", "AAA\\", "éé", "-_AA", " AAA",
        ] {
            assert_eq!(append_into(&mut out, bad), Err(NotBase64), "{bad:?}");
            assert!(out.is_empty());
            assert_eq!(decoded_len(bad), None);
        }
    }

    #[test]
    fn lengths_are_known_without_decoding() {
        assert_eq!(decoded_len("AAAA"), Some(3));
        assert_eq!(decoded_len("AAA="), Some(2));
        assert_eq!(decoded_len("AA=="), Some(1));
        let frame = "/".repeat(213) + "w==";
        assert_eq!(decoded_len(&frame), Some(160));
    }
}
