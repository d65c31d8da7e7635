//! Runs conversations on real sockets.
//!
//! What is said and decided is in `phony_conversation`; here are the sockets, the clocks, the queues, and who
//! runs which call on which instance. Nothing here waits for the database.

mod actor;
mod attendance;
pub mod bus;
mod calls;
mod directory;
mod frames;
mod gather;
mod handle;
mod handoffs;
mod journal;
mod letters;
mod load;
mod model;
mod model_choice;
mod notes;
mod realtime;
mod recall;
mod recorder;
mod relay_wire;
mod remote;
mod runs;
mod seat;
mod socket;
pub mod sound;
mod transfers;
pub mod web;
mod wire;

pub use attendance::Attendance;
pub use calls::{Calls, CallsConfig, Outcome};
pub use gather::{
    GatherAnswer, GatherHeard, GatherLine, GatherNext, GatherOpening, GatherPartial, GatherTurn, Nudge,
};
pub use handle::CallHandle;
pub use model_choice::Models;
pub use notes::NoteNews;
pub use recorder::RecordingOrder;
pub use socket::{RelaySocket, SocketError, StreamSocket};
pub use transfers::{NotPlaced, TransferCarrier, TransferOf};
