//! Realtime: what we send and read against the published schema, and the client against small servers.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of a test may fail it")]

mod faults;
mod read;
mod sent;
mod server;
mod socket;
mod spec;
mod strange;
