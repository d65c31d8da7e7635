//! Calls against a real database: admission, the socket's token, the carrier's callbacks, the ledger, history.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

mod admission;
mod callbacks;
pub(crate) mod draining;
mod engines;
pub(crate) mod fixture;
mod history;
mod legs;
mod ownership;
mod pages;
mod refusals;
mod sockets;
mod web;
