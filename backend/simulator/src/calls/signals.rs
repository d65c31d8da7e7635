//! What reaches a running call from outside.

use phony_audio::frame::ULAW_FRAME_BYTES;

use crate::stream::Sounding;
use crate::stream::faults::LineFault;

/// Something that reaches a running call from outside.
#[derive(Debug)]
pub(crate) enum Signal {
    /// The person at the far end begins to talk.
    SpeechBegan,
    /// What the recogniser has understood so far.
    SpeechPartial(String),
    /// The person has finished a sentence.
    SpeechEnded(String),
    /// The person pressed keys.
    Pressed(String),
    /// The person makes themselves heard by real sound.
    Sound(Sounding),
    /// Twenty milliseconds of the line to another number.
    Frame(Box<[u8; ULAW_FRAME_BYTES]>),
    /// The person hung up.
    CallerHungUp,
    /// `POST Calls/{Sid}` with a new address or document.
    Redirect(Redirect),
    /// `POST Calls/{Sid}` with `Status=completed`.
    Complete,
    /// `POST Calls/{Sid}` with `Status=canceled`.
    Cancel,
    /// Something changed for this call in its conference.
    Room(RoomOrder),
    /// Control side: lose the conversation socket without a goodbye.
    DropSocket,
    /// Control side: put these bytes on the conversation socket.
    Raw(RawFrame),
    /// Control side: something goes wrong with a stream.
    Line(LineFault),
}

/// A frame that breaks the rules on demand.
#[derive(Debug, Clone)]
pub(crate) enum RawFrame {
    Text(String),
    Binary(Vec<u8>),
}

/// Where a live call is sent.
#[derive(Debug, Clone)]
pub(crate) enum Redirect {
    Url { url: String, method: String },
    Twiml(String),
}

/// What a conference tells one of those in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RoomOrder {
    /// It began, somebody is held or let go, or there is something to announce: look again.
    Look,
    /// Leave it.
    Leave,
}
