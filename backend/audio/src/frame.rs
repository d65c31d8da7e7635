//! The size of telephone audio: 8,000 samples a second in frames of 20 ms.

/// Samples a second on a telephone line.
pub const SAMPLE_RATE: u32 = 8_000;
/// Length of a frame.
pub const FRAME_MS: u32 = 20;
/// Samples of a frame.
pub const FRAME_SAMPLES: usize = 160;
/// Bytes of a frame in μ-law: one a sample.
pub const ULAW_FRAME_BYTES: usize = FRAME_SAMPLES;
/// Bytes of a millisecond in μ-law.
pub const ULAW_BYTES_PER_MS: usize = 8;
/// Characters of a μ-law frame in base64.
pub const ULAW_FRAME_BASE64_CHARS: usize = ULAW_FRAME_BYTES.div_ceil(3) * 4;

/// How long `bytes` of μ-law play, in whole milliseconds.
#[must_use]
pub const fn ulaw_ms(bytes: usize) -> u64 {
    (bytes / ULAW_BYTES_PER_MS) as u64
}

/// How many bytes of μ-law play for `ms` milliseconds.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    reason = "sound that long fits into no memory; `try_from` is not const"
)]
pub const fn ulaw_bytes(ms: u64) -> usize {
    ms as usize * ULAW_BYTES_PER_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_agree_with_each_other() {
        assert_eq!(
            SAMPLE_RATE * FRAME_MS / 1_000,
            u32::try_from(FRAME_SAMPLES).unwrap()
        );
        assert_eq!(
            ULAW_FRAME_BYTES,
            ULAW_BYTES_PER_MS * usize::try_from(FRAME_MS).unwrap()
        );
        assert_eq!(ULAW_FRAME_BASE64_CHARS, 216);
        assert_eq!(ulaw_ms(ULAW_FRAME_BYTES), 20);
        assert_eq!(ulaw_ms(7), 0);
    }
}
