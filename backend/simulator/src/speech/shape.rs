//! The shape of a voice: how loud it is in a few bands, moment by moment. Unlike its bytes, it stays what it is when
//! sound goes through a microphone, another sample rate, and whatever a browser does to make a voice clearer.

use std::f32::consts::TAU;

use phony_audio::frame::{SAMPLE_RATE, ulaw_bytes};
use phony_audio::ulaw;

/// Middles of the bands, in hertz.
const BANDS_HZ: [f32; BANDS] = [
    180.0, 320.0, 480.0, 680.0, 900.0, 1_200.0, 1_600.0, 2_050.0, 2_550.0, 3_150.0,
];
const BANDS: usize = 10;
/// Sound that one moment is made of.
pub(super) const MOMENT_BYTES: usize = ulaw_bytes(20);
/// A shape to compare with has twice as many moments as there is sound: nobody knows where a microphone begins.
pub(super) const STEP_MS: u64 = 10;
/// Power of a band below which there is nothing in it.
const NOTHING: f32 = 1e-7;

/// How loud each band is, as a logarithm.
pub(super) type Moment = [f32; BANDS];

/// A whole utterance, one moment each 10 ms.
#[derive(Debug)]
pub(super) struct Shape {
    moments: Vec<Moment>,
}

/// The moment in 20 ms of sound.
pub(super) fn moment(sound: &[u8]) -> Moment {
    let samples: Vec<f32> = sound
        .iter()
        .map(|&code| f32::from(ulaw::decode(code)) / 32_768.0)
        .collect();
    BANDS_HZ.map(|hz| {
        // Goertzel's way to one band.
        let turn = 2.0 * (TAU * hz / SAMPLE_RATE as f32).cos();
        let (mut last, mut before) = (0.0_f32, 0.0_f32);
        for sample in &samples {
            let now = sample + turn * last - before;
            before = last;
            last = now;
        }
        let power = last * last + before * before - turn * last * before;
        let share = power / (samples.len().max(1) as f32).powi(2);
        share.max(NOTHING).log10()
    })
}

/// Whether anything is in it.
pub(super) fn is_voice(moment: &Moment) -> bool {
    moment
        .iter()
        .filter(|band| **band > NOTHING.log10() + 0.5)
        .count()
        >= 2
}

impl Shape {
    pub(super) fn of(sound: &[u8]) -> Self {
        let step = ulaw_bytes(STEP_MS);
        let last = sound.len().saturating_sub(MOMENT_BYTES) / step;
        let at = |index: usize| {
            sound
                .get(index * step..index * step + MOMENT_BYTES)
                .unwrap_or_default()
        };
        Self {
            moments: (0..=last).map(|index| moment(at(index))).collect(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.moments.len()
    }

    /// How alike this shape and the moments are, where the last of them lies at `end`: 1 is the same, 0 has nothing in
    /// common. Neither how loud the whole is nor how loud a band is on the whole matters.
    pub(super) fn likeness(&self, recent: &[Moment], end: usize) -> f32 {
        let Some(first) = end.checked_sub(2 * recent.len().saturating_sub(1)) else {
            return 0.0;
        };
        if end >= self.moments.len() || recent.is_empty() {
            return 0.0;
        }
        let count = recent.len() as f32;
        let (mut both, mut mine, mut theirs) = (0.0_f32, 0.0_f32, 0.0_f32);
        for band in 0..BANDS {
            let (mut sums, mut squares, mut product) = ((0.0_f32, 0.0_f32), (0.0_f32, 0.0_f32), 0.0_f32);
            for (index, moment) in recent.iter().enumerate() {
                let (a, b) = (moment[band], self.moments[first + 2 * index][band]);
                sums = (sums.0 + a, sums.1 + b);
                squares = (squares.0 + a * a, squares.1 + b * b);
                product += a * b;
            }
            both += product - sums.0 * sums.1 / count;
            theirs += squares.0 - sums.0 * sums.0 / count;
            mine += squares.1 - sums.1 * sums.1 / count;
        }
        let scale = (mine * theirs).sqrt();
        if scale < f32::EPSILON { 0.0 } else { both / scale }
    }
}
