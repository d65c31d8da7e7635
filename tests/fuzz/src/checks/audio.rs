//! Sound of the line.

use phony_audio::resample::Resampler;
use phony_audio::{dtmf, level, mix, ulaw, vad};

/// Rates that telephone lines and models of speech use.
const RATES: [(u32, u32); 4] = [(8_000, 16_000), (24_000, 8_000), (8_000, 24_000), (22_050, 8_000)];

/// What is heard in a sound does not depend on how it was cut, and no sound has a loudness that is no number.
pub fn audio(data: &[u8]) {
    let whole = listen(&[data]);
    assert_eq!(whole, listen(&super::cut(data)));
    assert!(whole.keys.chars().all(|key| "0123456789*#ABCD".contains(key)));
    let loud = level::dbfs(data);
    assert!(loud.is_finite() && loud <= 6.0, "{loud}");
    assert!(level::rms(data).is_finite());

    let samples: Vec<i16> = data.iter().map(|code| ulaw::decode(*code)).collect();
    for (code, sample) in data.iter().zip(&samples) {
        assert_eq!(ulaw::decode(ulaw::encode(*sample)), *sample, "{code:#04x}");
    }
    // Tables of weights cost more than the sound: one pair of rates for each input.
    let (from, to) = RATES[data.len() % RATES.len()];
    let cut: Vec<&[i16]> = super::cut(data)
        .iter()
        .scan(0, |at, piece| {
            let from = *at;
            *at += piece.len();
            Some(&samples[from..*at])
        })
        .collect();
    let resampled = resample(from, to, &[&samples]);
    assert_eq!(resampled, resample(from, to, &cut));
    let ratio = f64::from(to) / f64::from(from);
    assert!((resampled.len() as f64 - samples.len() as f64 * ratio).abs() <= 4.0 + 64.0 * ratio);

    let (front, back) = data.split_at(data.len() / 2);
    let mut mixed = front.to_vec();
    mix::add(&mut mixed, back);
    assert_eq!(mixed.len(), front.len());
    let mut other = back.to_vec();
    mix::add(&mut other, front);
    for (one, two) in mixed.iter().zip(&other) {
        assert_eq!(
            ulaw::decode(*one),
            ulaw::decode(*two),
            "the order does not matter"
        );
    }
}

#[derive(Debug, PartialEq)]
struct Heard {
    keys: String,
    voice: Vec<vad::Activity>,
    position_ms: u64,
}

fn listen(pieces: &[&[u8]]) -> Heard {
    let mut keys = dtmf::Detector::default();
    let mut voices = vad::Detector::new(vad::Settings::with_threshold(0.3));
    let mut heard = Heard {
        keys: String::new(),
        voice: Vec::new(),
        position_ms: 0,
    };
    for piece in pieces {
        keys.push(piece, |key| heard.keys.push(key));
        voices.push(piece, |activity| heard.voice.push(activity));
    }
    heard.position_ms = voices.position_ms();
    for (at, activity) in heard.voice.iter().enumerate() {
        let (starts, at_ms) = match activity {
            vad::Activity::Started { at_ms, .. } => (true, *at_ms),
            vad::Activity::Stopped { at_ms, .. } => (false, *at_ms),
        };
        assert_eq!(starts, at % 2 == 0, "a start and a stop take turns");
        assert!(at_ms <= heard.position_ms);
    }
    heard
}

fn resample(from: u32, to: u32, pieces: &[&[i16]]) -> Vec<i16> {
    let mut out = Vec::new();
    let Some(mut resampler) = Resampler::new(from, to) else {
        unreachable!()
    };
    for piece in pieces {
        resampler.push(piece, &mut out);
    }
    resampler.finish(&mut out);
    out
}
