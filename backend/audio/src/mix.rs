//! Adds one sound to another.

use crate::ulaw;

/// Adds `other` to the beginning of `sound`; what is too loud is clipped, what has no partner stays as it is.
pub fn add(sound: &mut [u8], other: &[u8]) {
    for (code, &more) in sound.iter_mut().zip(other) {
        if more == ulaw::SILENCE {
            continue;
        }
        if *code == ulaw::SILENCE {
            *code = more;
            continue;
        }
        *code = ulaw::encode(ulaw::decode(*code).saturating_add(ulaw::decode(more)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_changes_nothing() {
        let mut sound = [0x12, ulaw::SILENCE, 0x92];
        add(&mut sound, &[ulaw::SILENCE, 0x34]);
        assert_eq!(sound, [0x12, 0x34, 0x92]);
    }

    #[test]
    fn opposite_sounds_cancel_and_loud_ones_clip() {
        let mut sound = [ulaw::encode(5_000), ulaw::encode(30_000)];
        add(&mut sound, &[ulaw::encode(-5_000), ulaw::encode(30_000)]);
        assert_eq!(ulaw::decode(sound[0]), 0);
        assert_eq!(sound[1], ulaw::encode(i16::MAX));
    }
}
