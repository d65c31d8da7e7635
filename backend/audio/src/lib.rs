//! Telephone audio.
//!
//! G.711, the size of things, loudness, voice activity, keys and tones, resampling. Nothing here waits, and nothing
//! allocates for each frame.

pub mod dtmf;
pub mod frame;
pub mod level;
pub mod mix;
pub mod noise;
pub mod resample;
pub mod ulaw;
pub mod vad;
