//! The call as a pure state machine.
//!
//! No sockets, no clock of its own, no database: inputs and the time go in, effects come out. Everything
//! that decides what an agent says, remembers, or may do is here and is tested here.

pub mod command;
pub mod core;
pub mod event;
mod mood;
pub mod plan;
pub mod record;
pub mod snapshot;
pub mod supervision;

pub use command::{Action, ActionStatus, Actor, Command};
pub use core::{Core, Effect, Handoff, Input, Message, ModelUsage, Now, ReplyId, Role};
pub use event::{Event, EventBody, Speaker};
pub use plan::CallPlan;
pub use record::{Record, Usage};
pub use snapshot::{Item, Snapshot};
