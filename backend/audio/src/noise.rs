//! Noise that is the same in every run.

use crate::{level, ulaw};

/// A source of white noise.
#[derive(Debug, Clone)]
pub struct Noise {
    state: u64,
    peak: f32,
}

impl Noise {
    /// Noise of a loudness; equal seeds give equal noise.
    #[must_use]
    pub fn new(seed: u64, dbfs: f32) -> Self {
        Self {
            // A state of zero would stay zero.
            state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
            // Evenly spread samples have an RMS of their peak divided by the root of three.
            peak: level::rms_of(dbfs.min(-5.0)) * 3.0_f32.sqrt(),
        }
    }

    /// Fills `sound` with noise, `shape` of its size (0 to 1).
    pub fn fill(&mut self, sound: &mut [u8], shape: f32) {
        let peak = self.peak * shape.clamp(0.0, 1.0);
        for code in sound {
            self.state ^= self.state << 13;
            self.state ^= self.state >> 7;
            self.state ^= self.state << 17;
            let unit = (self.state >> 40) as f32 / (1_u32 << 23) as f32 - 1.0;
            *code = ulaw::encode_wave(unit * peak);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_as_loud_as_asked_and_repeats() {
        for wanted in [-10.0, -30.0, -45.0] {
            let mut sound = [0; 8_000];
            Noise::new(7, wanted).fill(&mut sound, 1.0);
            let got = level::dbfs(&sound);
            assert!((got - wanted).abs() < 1.5, "{wanted} became {got}");
            let mut again = [0; 8_000];
            Noise::new(7, wanted).fill(&mut again, 1.0);
            assert_eq!(sound, again);
        }
    }
}
