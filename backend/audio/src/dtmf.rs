//! The tones of telephone keys: made, and found again by Goertzel filters.

use std::f32::consts::TAU;

use crate::frame::SAMPLE_RATE;
use crate::ulaw;

/// Frequencies of the rows.
const ROWS: [f32; 4] = [697.0, 770.0, 852.0, 941.0];
/// Frequencies of the columns.
const COLUMNS: [f32; 4] = [1209.0, 1336.0, 1477.0, 1633.0];
/// Keys by row and column.
const KEYS: [[char; 4]; 4] = [
    ['1', '2', '3', 'A'],
    ['4', '5', '6', 'B'],
    ['7', '8', '9', 'C'],
    ['*', '0', '#', 'D'],
];
/// Peak of each of the two tones.
const AMPLITUDE: f32 = 6_000.0;

/// Samples that are judged together: long enough to tell neighbouring frequencies apart.
const BLOCK: usize = 205;
/// Smallest mean square of a key, about -42 dBFS.
const QUIETEST: f32 = 60_000.0;
/// Part of the energy that must lie in the two tones.
const PURITY: f32 = 0.75;
/// How much louder one tone may be than the other, as energy.
const TWIST: f32 = 8.0;

/// The sound of one key.
#[derive(Debug, Clone)]
pub struct Tone {
    low: f32,
    high: f32,
    sample: u32,
}

impl Tone {
    /// The tone of `key`; `None` for a letter no telephone has.
    #[must_use]
    pub fn of(key: char) -> Option<Self> {
        let key = key.to_ascii_uppercase();
        let row = KEYS.iter().position(|row| row.contains(&key))?;
        let column = KEYS[row].iter().position(|known| *known == key)?;
        Some(Self {
            low: ROWS[row],
            high: COLUMNS[column],
            sample: 0,
        })
    }

    /// Writes the next samples of the tone.
    pub fn fill(&mut self, sound: &mut [u8]) {
        for code in sound {
            // Both frequencies are whole, so a second brings both waves back to their beginning.
            let time = (self.sample % SAMPLE_RATE) as f32 / SAMPLE_RATE as f32;
            let value = (TAU * self.low * time).sin() + (TAU * self.high * time).sin();
            *code = ulaw::encode_wave(value * AMPLITUDE);
            self.sample = self.sample.wrapping_add(1);
        }
    }
}

/// One filter that answers to one frequency.
#[derive(Debug, Clone, Copy, Default)]
struct Goertzel {
    coefficient: f32,
    last: f32,
    before: f32,
}

impl Goertzel {
    fn new(frequency: f32) -> Self {
        Self {
            coefficient: 2.0 * (TAU * frequency / SAMPLE_RATE as f32).cos(),
            ..Self::default()
        }
    }

    fn push(&mut self, sample: f32) {
        let now = sample + self.coefficient * self.last - self.before;
        self.before = self.last;
        self.last = now;
    }

    /// Energy of the frequency since the last call.
    fn take(&mut self) -> f32 {
        let energy =
            self.last * self.last + self.before * self.before - self.coefficient * self.last * self.before;
        self.last = 0.0;
        self.before = 0.0;
        energy
    }
}

/// Hears keys in μ-law sound of any length.
#[derive(Debug, Clone)]
pub struct Detector {
    rows: [Goertzel; 4],
    columns: [Goertzel; 4],
    energy: f32,
    samples: usize,
    candidate: Option<char>,
    reported: Option<char>,
}

impl Default for Detector {
    fn default() -> Self {
        Self {
            rows: ROWS.map(Goertzel::new),
            columns: COLUMNS.map(Goertzel::new),
            energy: 0.0,
            samples: 0,
            candidate: None,
            reported: None,
        }
    }
}

impl Detector {
    /// Listens on; `pressed` is called once for every key, when it is sure.
    pub fn push(&mut self, sound: &[u8], mut pressed: impl FnMut(char)) {
        for &code in sound {
            let sample = f32::from(ulaw::decode(code));
            self.energy += sample * sample;
            for filter in self.rows.iter_mut().chain(&mut self.columns) {
                filter.push(sample);
            }
            self.samples += 1;
            if self.samples == BLOCK {
                self.judge(&mut pressed);
            }
        }
    }

    fn judge(&mut self, pressed: &mut impl FnMut(char)) {
        let rows = self.rows.each_mut().map(Goertzel::take);
        let columns = self.columns.each_mut().map(Goertzel::take);
        let energy = std::mem::take(&mut self.energy);
        self.samples = 0;
        let found = key(&rows, &columns, energy);
        // Two blocks must agree before a key counts, and one without it before it counts again.
        if found.is_some() && found == self.candidate && found != self.reported {
            self.reported = found;
            if let Some(key) = found {
                pressed(key);
            }
        }
        if found.is_none() && self.candidate.is_none() {
            self.reported = None;
        }
        self.candidate = found;
    }
}

fn loudest(energies: &[f32; 4]) -> (usize, f32) {
    let mut best = (0, energies[0]);
    for (at, &energy) in energies.iter().enumerate().skip(1) {
        if energy > best.1 {
            best = (at, energy);
        }
    }
    best
}

fn key(rows: &[f32; 4], columns: &[f32; 4], energy: f32) -> Option<char> {
    if energy / (BLOCK as f32) < QUIETEST {
        return None;
    }
    let (row, low) = loudest(rows);
    let (column, high) = loudest(columns);
    // A pure tone of N samples has a Goertzel energy of N/2 times its energy.
    let pure = (low + high) / (energy * BLOCK as f32 / 2.0);
    let twisted = low > high * TWIST || high > low * TWIST;
    (pure > PURITY && !twisted).then(|| KEYS[row][column])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::noise::Noise;

    fn heard(sound: &[u8]) -> String {
        let mut detector = Detector::default();
        let mut keys = String::new();
        for frame in sound.chunks(160) {
            detector.push(frame, |key| keys.push(key));
        }
        keys
    }

    fn dial(keys: &str) -> Vec<u8> {
        let mut sound = vec![ulaw::SILENCE; 333];
        for key in keys.chars() {
            let at = sound.len();
            sound.resize(at + 800, 0);
            Tone::of(key).unwrap().fill(&mut sound[at..]);
            sound.resize(at + 1_600, ulaw::SILENCE);
        }
        sound
    }

    #[test]
    fn every_key_is_heard_once() {
        assert_eq!(heard(&dial("0123456789*#ABCD")), "0123456789*#ABCD");
        assert_eq!(heard(&dial("7733")), "7733");
        assert!(Tone::of('x').is_none());
    }

    #[test]
    fn noise_and_single_tones_are_no_keys() {
        let mut sound = vec![0; 80_000];
        Noise::new(3, -12.0).fill(&mut sound, 1.0);
        assert_eq!(heard(&sound), "");
        let hum: Vec<u8> = (0..8_000)
            .map(|n| ulaw::encode_wave((TAU * 697.0 * n as f32 / 8_000.0).sin() * 9_000.0))
            .collect();
        assert_eq!(heard(&hum), "");
    }

    #[test]
    fn a_key_in_quiet_noise_is_heard() {
        let mut sound = dial("42");
        let mut noise = vec![0; sound.len()];
        Noise::new(5, -35.0).fill(&mut noise, 1.0);
        crate::mix::add(&mut sound, &noise);
        assert_eq!(heard(&sound), "42");
    }
}
