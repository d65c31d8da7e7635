//! How loud sound is, in decibels below the loudest sample.

use crate::ulaw;

/// What silence is called, so that no caller meets minus infinity.
pub const SILENCE_DBFS: f32 = -96.0;

/// The loudest sample, which is 0 dBFS.
const FULL_SCALE: f32 = 32_768.0;

/// Mean of the squared samples.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    reason = "summed exactly; the mean needs no more than single precision"
)]
pub fn mean_square(sound: &[u8]) -> f32 {
    if sound.is_empty() {
        return 0.0;
    }
    let sum: u64 = sound
        .iter()
        .map(|&code| {
            let sample = i64::from(ulaw::decode(code));
            (sample * sample).unsigned_abs()
        })
        .sum();
    (sum as f64 / sound.len() as f64) as f32
}

/// Root mean square of the samples, 0 to 32,768.
#[must_use]
pub fn rms(sound: &[u8]) -> f32 {
    mean_square(sound).sqrt()
}

/// Loudness of μ-law sound; never less than [`SILENCE_DBFS`].
#[must_use]
pub fn dbfs(sound: &[u8]) -> f32 {
    dbfs_of(mean_square(sound))
}

/// Loudness of a mean square.
#[must_use]
pub fn dbfs_of(mean_square: f32) -> f32 {
    if mean_square <= 0.0 {
        return SILENCE_DBFS;
    }
    (10.0 * (mean_square / (FULL_SCALE * FULL_SCALE)).log10()).max(SILENCE_DBFS)
}

/// Root mean square of sound that is this loud.
#[must_use]
pub fn rms_of(dbfs: f32) -> f32 {
    FULL_SCALE * 10.0_f32.powf(dbfs / 20.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_the_floor_and_full_scale_is_almost_zero() {
        assert_eq!(dbfs(&[ulaw::SILENCE; 160]), SILENCE_DBFS);
        assert_eq!(dbfs(&[]), SILENCE_DBFS);
        let loudest = dbfs(&[0x80, 0x00].repeat(80));
        assert!((-0.5..=0.0).contains(&loudest), "{loudest}");
    }

    #[test]
    fn half_the_size_is_six_decibels_less() {
        let loud = [ulaw::encode(8_000); 80];
        let quiet = [ulaw::encode(4_000); 80];
        let difference = dbfs(&loud) - dbfs(&quiet);
        assert!((difference - 6.02).abs() < 0.4, "{difference}");
        assert!((rms_of(dbfs(&loud)) - rms(&loud)).abs() < 1.0);
    }
}
