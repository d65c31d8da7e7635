//! Telephone audio: G.711, frames, tones and levels
