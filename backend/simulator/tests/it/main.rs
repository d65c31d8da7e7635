//! The simulator from outside: over real sockets, against a small application of our own, and against the published schemas.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a helper that fails should fail its test"
)]

mod agent;
mod answerers;
mod bridge;
mod calls;
mod conferences;
mod faults;
mod forged;
mod gather;
mod limits;
mod model;
mod outbound;
mod realtime;
mod recordings;
mod relay;
mod rest;
mod schema;
mod streams;
mod support;
mod through;
mod twiml;
