//! The forms of sound a session may use, turned into telephone sound and back. Upsampling repeats the original samples
//! at every third place, so that sound that went out as PCM is known again when it comes back as PCM.

use phony_audio::ulaw;
use serde_json::Value;

/// A form of sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// 16 bit, little endian, 24,000 samples a second.
    Pcm24,
    Ulaw,
    Alaw,
}

impl Format {
    /// What a format object names; it has been checked before.
    pub(crate) fn read(value: &Value) -> Self {
        match value["type"].as_str() {
            Some("audio/pcmu") => Self::Ulaw,
            Some("audio/pcma") => Self::Alaw,
            _ => Self::Pcm24,
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "what lies between two samples is a sample"
    )]
    /// μ-law sound in this form; `before` is the code in front of it.
    pub(crate) fn write(self, sound: &[u8], before: u8) -> Vec<u8> {
        match self {
            Self::Ulaw => sound.to_vec(),
            Self::Alaw => sound
                .iter()
                .map(|&code| alaw_encode(ulaw::decode(code)))
                .collect(),
            Self::Pcm24 => {
                let mut last = i32::from(ulaw::decode(before));
                let mut out = Vec::with_capacity(sound.len() * 6);
                for &code in sound {
                    let next = i32::from(ulaw::decode(code));
                    for third in 1..=3 {
                        let value = last + (next - last) * third / 3;
                        out.extend_from_slice(&(value as i16).to_le_bytes());
                    }
                    last = next;
                }
                out
            }
        }
    }
}

/// Turns a stream of sound into μ-law, whatever the sizes of its pieces are.
#[derive(Debug, Default)]
pub(crate) struct Intake {
    rest: Vec<u8>,
}

impl Intake {
    pub(crate) fn read(&mut self, format: Format, sound: &[u8]) -> Vec<u8> {
        match format {
            Format::Ulaw => sound.to_vec(),
            Format::Alaw => sound
                .iter()
                .map(|&code| ulaw::encode(alaw_decode(code)))
                .collect(),
            Format::Pcm24 => {
                self.rest.extend_from_slice(sound);
                let groups = self.rest.chunks_exact(6);
                let out = groups
                    .clone()
                    .map(|group| ulaw::encode(i16::from_le_bytes([group[4], group[5]])))
                    .collect();
                self.rest = groups.remainder().to_vec();
                out
            }
        }
    }
}

/// ITU-T G.711 A-law: even bits are inverted on the line.
const EVEN_BITS: u8 = 0x55;

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a segment has three bits and a step four"
)]
fn alaw_encode(sample: i16) -> u8 {
    let sign = if sample >= 0 { 0x80 } else { 0 };
    let value = (i32::from(sample).abs() >> 3).min(0xfff);
    let code = if value < 32 {
        value >> 1
    } else {
        let segment = value.ilog2() - 4;
        (segment << 4).cast_signed() | ((value >> segment) & 0x0f)
    };
    (code as u8 | sign) ^ EVEN_BITS
}

#[expect(clippy::cast_possible_truncation, reason = "no step is larger than 32,256")]
fn alaw_decode(code: u8) -> i16 {
    let code = code ^ EVEN_BITS;
    let (segment, step) = (i32::from(code >> 4 & 0x07), i32::from(code & 0x0f));
    let value = if segment == 0 {
        (step << 4) + 8
    } else {
        ((step << 4) + 0x108) << (segment - 1)
    };
    (if code & 0x80 == 0 { -value } else { value }) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sound_survives_the_way_out_and_back() {
        let sound: Vec<u8> = (0..=255)
            .chain((0..=255).rev())
            .filter(|code| *code != 0x7f)
            .collect();
        let wide = Format::Pcm24.write(&sound, 0xff);
        assert_eq!(wide.len(), sound.len() * 6);
        let mut intake = Intake::default();
        let mut back = Vec::new();
        for piece in wide.chunks(7) {
            back.extend(intake.read(Format::Pcm24, piece));
        }
        assert_eq!(back, sound);
        let plain: Vec<u8> = Format::Ulaw.write(&sound, 0xff);
        assert_eq!(Intake::default().read(Format::Ulaw, &plain), sound);
    }

    #[test]
    fn a_law_is_its_own_inverse_and_close_to_the_sample() {
        for code in 0..=255_u8 {
            assert_eq!(alaw_encode(alaw_decode(code)), code, "{code:#x}");
        }
        for sample in [-30_000_i16, -700, -9, 0, 5, 300, 12_345, 32_767] {
            let near = i32::from(alaw_decode(alaw_encode(sample))) - i32::from(sample);
            assert!(
                near.abs() <= (i32::from(sample).abs() / 16).max(16),
                "{sample} {near}"
            );
        }
        assert_eq!(alaw_encode(0), 0xd5);
    }
}
