//! Changes the sample rate: a polyphase filter with a windowed sinc, exact for the ratio of two whole rates.

use std::f64::consts::PI;

/// Zero crossings of the sinc on each side: enough for speech.
const CROSSINGS: f64 = 10.0;
/// Part of the band that is kept; the rest is the slope of the filter.
const BAND: f64 = 0.88;
/// Most phases of a filter: more would be a table of megabytes for rates nobody uses.
const MOST_PHASES: u32 = 2_048;
/// Furthest apart two rates may be.
const MOST_RATIO: u32 = 32;

/// Turns samples of one rate into samples of another, piece by piece.
#[derive(Debug, Clone)]
pub struct Resampler {
    /// `phases` rows of `taps` weights.
    weights: Vec<f32>,
    taps: usize,
    phases: usize,
    /// Steps of `1/phases` of an input sample from one output to the next.
    stride: usize,
    history: Vec<f32>,
    /// Where the next output lies: whole samples into the history, and the phase between two.
    at: usize,
    phase: usize,
}

impl Resampler {
    /// A resampler between two rates; `None` when they are zero, too far apart or without a small common ratio.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the ratio bounds how many taps there are; a weight needs no more than single precision"
    )]
    pub fn new(from: u32, to: u32) -> Option<Self> {
        if from == 0 || to == 0 || from / to >= MOST_RATIO || to / from >= MOST_RATIO {
            return None;
        }
        let common = gcd(from, to);
        let (phases, stride) = (to / common, from / common);
        if phases > MOST_PHASES {
            return None;
        }
        let cutoff = BAND * (f64::from(to) / f64::from(from)).min(1.0);
        let half = (CROSSINGS / cutoff).ceil();
        let taps_a_side = half as usize;
        let taps = 2 * taps_a_side;
        let mut weights = Vec::with_capacity(taps * phases as usize);
        for phase in 0..phases {
            let row = weights.len();
            for tap in 0..taps {
                let distance = tap as f64 - (half - 1.0) - f64::from(phase) / f64::from(phases);
                weights.push((sinc(distance * cutoff) * window(distance / half)) as f32);
            }
            let sum: f32 = weights[row..].iter().sum();
            weights[row..].iter_mut().for_each(|weight| *weight /= sum);
        }
        Some(Self {
            weights,
            taps,
            phases: phases as usize,
            stride: stride as usize,
            // The first sample comes out without delay: what lies before it is silence.
            history: vec![0.0; taps_a_side - 1],
            at: 0,
            phase: 0,
        })
    }

    /// Takes samples and appends what they make to `out`. The last few stay inside until more come, or [`Self::finish`].
    #[expect(clippy::cast_possible_truncation, reason = "clamped to what a sample can be")]
    pub fn push(&mut self, samples: &[i16], out: &mut Vec<i16>) {
        self.history
            .extend(samples.iter().map(|&sample| f32::from(sample)));
        while self.at + self.taps <= self.history.len() {
            let weights = &self.weights[self.phase * self.taps..][..self.taps];
            let heard = &self.history[self.at..][..self.taps];
            // A plain loop is several times faster than an iterator in programs that are not optimised, as tests are.
            let (mut value, mut tap) = (0.0, 0);
            while tap < heard.len() {
                value += weights[tap] * heard[tap];
                tap += 1;
            }
            out.push(f32::round(value).clamp(f32::from(i16::MIN), f32::from(i16::MAX)) as i16);
            self.phase += self.stride;
            self.at += self.phase / self.phases;
            self.phase %= self.phases;
        }
        let used = self.at.min(self.history.len());
        self.history.drain(..used);
        self.at -= used;
    }

    /// Brings out what is still inside, as if silence followed.
    pub fn finish(mut self, out: &mut Vec<i16>) {
        let silence = vec![0; self.taps / 2];
        self.push(&silence, out);
    }
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn sinc(x: f64) -> f64 {
    if x.abs() < 1e-9 {
        1.0
    } else {
        (PI * x).sin() / (PI * x)
    }
}

/// Blackman's window over -1 to 1.
fn window(x: f64) -> f64 {
    if x.abs() >= 1.0 {
        return 0.0;
    }
    0.42 + 0.5 * (PI * x).cos() + 0.08 * (2.0 * PI * x).cos()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::cast_possible_truncation, reason = "no sample is louder than 10,000")]
    fn wave(rate: u32, frequency: f64, samples: usize) -> Vec<i16> {
        (0..samples)
            .map(|n| ((2.0 * PI * frequency * n as f64 / f64::from(rate)).sin() * 10_000.0) as i16)
            .collect()
    }

    fn through(from: u32, to: u32, samples: &[i16], piece: usize) -> Vec<i16> {
        let mut resampler = Resampler::new(from, to).unwrap();
        let mut out = Vec::new();
        for piece in samples.chunks(piece) {
            resampler.push(piece, &mut out);
        }
        resampler.finish(&mut out);
        out
    }

    #[test]
    fn a_wave_keeps_its_shape_and_length() {
        for from in [8_000, 11_025, 16_000, 22_050, 24_000, 44_100, 48_000] {
            let out = through(from, 8_000, &wave(from, 440.0, from as usize), 777);
            assert!(out.len().abs_diff(8_000) <= 2, "{from}: {}", out.len());
            let expected = wave(8_000, 440.0, 8_000);
            for (at, (got, wanted)) in out.iter().zip(&expected).enumerate().skip(100).take(7_800) {
                let error = (i32::from(*got) - i32::from(*wanted)).abs();
                assert!(error < 60, "{from} at {at}: {got} is not {wanted}");
            }
        }
    }

    #[test]
    fn what_a_telephone_cannot_carry_is_removed() {
        let out = through(24_000, 8_000, &wave(24_000, 6_000.0, 24_000), 480);
        let loudest = out[200..7_800].iter().map(|s| s.unsigned_abs()).max().unwrap();
        assert!(loudest < 100, "{loudest}");
    }

    #[test]
    fn pieces_make_no_difference() {
        let samples = wave(22_050, 300.0, 5_000);
        let whole = through(22_050, 8_000, &samples, 5_000);
        assert_eq!(whole, through(22_050, 8_000, &samples, 7));
        assert!(through(8_000, 24_000, &wave(8_000, 300.0, 800), 160).len() >= 2_398);
    }

    #[test]
    fn refuses_rates_that_make_no_sense() {
        assert!(Resampler::new(0, 8_000).is_none());
        assert!(Resampler::new(8_000, 0).is_none());
        assert!(Resampler::new(4_000_000, 8_000).is_none());
        assert!(Resampler::new(44_101, 8_000).is_none());
    }
}
