//! Speech-to-speech over one WebSocket: OpenAI Realtime, the GA dialect and no other.
//!
//! The client opens a session, sends and receives, and says when the line is dead. When to roll a session over, how
//! often to try again and what the caller hears meanwhile is decided by the calls that use it.

mod client;
mod error;
pub mod protocol;
mod session;
mod usage;

pub use client::{DEFAULT_URL, RealtimeClient, RealtimeConfig, RealtimeLimits};
pub use error::{RealtimeError, RealtimeErrorKind};
pub use session::{Incoming, RealtimeSession};
pub use usage::{RealtimeUsage, TranscriptionUsage};
