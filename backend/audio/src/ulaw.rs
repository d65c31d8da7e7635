//! G.711 μ-law: one byte a sample, fine steps for quiet sound and coarse ones for loud.

/// Byte of silence.
pub const SILENCE: u8 = 0xff;

/// Added before the logarithm, so that the smallest sounds have a segment.
const BIAS: i32 = 132;
/// The loudest sample that can be written.
const CLIP: i32 = 32_635;

const DECODED: [i16; 256] = decode_table();

#[expect(clippy::cast_possible_truncation, reason = "no step is larger than 32,124")]
const fn decode_table() -> [i16; 256] {
    let mut table = [0; 256];
    let mut code: u8 = 0;
    loop {
        let inverted = !code;
        let segment = (inverted >> 4) & 0x07;
        let step = (inverted & 0x0f) as i32;
        let size = ((step << 3) + BIAS) << segment;
        let magnitude = (size - BIAS) as i16;
        table[code as usize] = if inverted & 0x80 == 0 {
            magnitude
        } else {
            -magnitude
        };
        if code == u8::MAX {
            return table;
        }
        code += 1;
    }
}

/// The sample of a byte.
#[must_use]
pub const fn decode(code: u8) -> i16 {
    DECODED[code as usize]
}

/// The byte nearest to a sample of a computed wave; what is too loud is clipped.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    reason = "the cast saturates, and the part behind the point is far below a step"
)]
pub fn encode_wave(sample: f32) -> u8 {
    encode(sample as i16)
}

/// The byte nearest to a sample.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a segment has three bits and a step four"
)]
pub const fn encode(sample: i16) -> u8 {
    let sample = sample as i32;
    let sign = if sample < 0 { 0x80 } else { 0 };
    let size = if sample < 0 { -sample } else { sample };
    let size = if size > CLIP { CLIP } else { size } + BIAS;
    // BIAS sets bit 7 at least, so the highest bit is 7 to 14.
    let segment = 24 - size.leading_zeros();
    let step = (size >> (segment + 3)) & 0x0f;
    !(sign | (segment as u8) << 4 | step as u8)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_byte_survives_except_the_second_zero() {
        for code in 0..=255 {
            let back = encode(decode(code));
            let expected = if code == 0x7f { SILENCE } else { code };
            assert_eq!(back, expected, "{code:#04x}");
        }
    }

    #[test]
    fn known_values_of_the_standard() {
        assert_eq!(decode(SILENCE), 0);
        assert_eq!(decode(0x7f), 0);
        assert_eq!(decode(0x80), 32_124);
        assert_eq!(decode(0x00), -32_124);
        assert_eq!(encode(0), SILENCE);
        assert_eq!(encode(i16::MAX), 0x80);
        assert_eq!(encode(i16::MIN), 0x00);
    }

    proptest! {
        #[test]
        fn a_sample_comes_back_within_half_a_step(sample in any::<i16>()) {
            let back = i32::from(decode(encode(sample)));
            let size = i32::from(sample).abs().min(CLIP);
            // The step doubles with every segment: 8 in the first, 1,024 in the last.
            let step = 8 << (24 - (size + BIAS).leading_zeros());
            prop_assert!((back.abs() - size).abs() <= step / 2, "{sample} came back as {back}");
            prop_assert!(back == 0 || back.signum() == i32::from(sample).signum());
        }

        #[test]
        fn louder_stays_louder(one in any::<i16>(), other in any::<i16>()) {
            let (low, high) = (one.min(other), one.max(other));
            prop_assert!(decode(encode(low)) <= decode(encode(high)));
        }
    }
}
