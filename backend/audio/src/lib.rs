//! Telephone audio.
//!
//! G.711 and the size of things. Nothing here waits or allocates.

pub mod frame;
pub mod ulaw;
