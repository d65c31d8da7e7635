//! Keys as sound, for a carrier that has no command for them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use phony_audio::dtmf::Tone;

/// Mu-law bytes of 120 ms, a whole number of base64 groups.
const KEY_BYTES: usize = 120 * 8;
const SILENCE: u8 = 0xff;

/// The tones of `digits` one after another, with pauses; `w` is half a second.
pub(crate) fn base64(digits: &str) -> Bytes {
    let mut sound = Vec::with_capacity(digits.len() * KEY_BYTES * 2);
    for key in digits.chars() {
        let from = sound.len();
        match Tone::of(key) {
            Some(mut tone) => {
                sound.resize(from + KEY_BYTES, SILENCE);
                tone.fill(&mut sound[from..]);
                sound.resize(from + KEY_BYTES * 2, SILENCE);
            }
            None if key == 'w' => sound.resize(from + 500 * 8 + 8, SILENCE),
            None => {}
        }
    }
    // Cut to whole groups, so that no padding stands in the middle of a talk.
    sound.truncate(sound.len() / 3 * 3);
    Bytes::from(STANDARD.encode(sound))
}

/// Sound as the model takes it.
pub(crate) fn base64_of(sound: &[u8]) -> String {
    STANDARD.encode(sound)
}

#[cfg(test)]
mod tests {
    use phony_audio::dtmf::Detector;

    use super::*;

    #[test]
    fn the_tones_are_the_keys() {
        let base64 = base64("12#w9");
        assert!(!base64.ends_with(b"="));
        let sound = STANDARD.decode(base64).unwrap();
        let mut keys = String::new();
        Detector::default().push(&sound, |key| keys.push(key));
        assert_eq!(keys, "12#9");
    }
}
