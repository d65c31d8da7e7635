//! The sound of live calls for those who listen, and the microphone of who has taken a call over.
//!
//! Down: while somebody's lease is there, the instance that runs a call publishes what its caller and its agent are
//! heard to say, in pieces of 40 ms, on a channel of Redis; any instance serves it. Up: the microphone's frames go on
//! a second channel, which the call hears only while it is taken over, and only from who has taken it. What is missed
//! on a channel is lost: sound that is late is of no use. When nobody listens nothing is published or decoded.

mod echo;
mod forks;
mod listeners;
mod listening;
mod mouth;
mod piece;
mod post;
mod tap;

pub(crate) use echo::Echo;
pub use forks::SoundFork;
pub(crate) use listeners::Listeners;
pub use listening::Sounds;
pub(crate) use mouth::Mouth;
pub use piece::{CALLER, Piece, SUPERVISOR};
pub(crate) use piece::{VoicePiece, voice_channel};
pub(crate) use post::SoundPost;
pub(crate) use tap::Tap;
