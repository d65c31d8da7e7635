//! The realtime engine: the carrier's sound to a speech model and back.
//!
//! Two pumps and one translator. Sound passes as the text it came as; everything else is translated by [`bridge`]
//! into what the conversation knows: turns, words, interruptions, what was played.

mod bridge;
mod early;
mod functions;
mod hearing;
mod interruption;
mod link;
mod listened;
#[cfg(test)]
mod order_tests;
mod playout;
mod recovery;
mod replies;
mod requests;
mod setup;
mod takeover;
mod tones;
mod typed;
mod utterances;
mod wire;

pub(crate) use early::EarlySound;
pub(crate) use link::{Link, LinkEvent, Opening};
pub(crate) use setup::note_session;
pub(crate) use tones::base64_of;
pub(crate) use typed::TypedWire;
pub(crate) use wire::{Around, RealtimeWire};
