//! A client of Phony's API for programs.
//!
//! Requests are typed and repeated on faults of the network with the same `Idempotency-Key`, so that
//! nothing is done twice. The live socket comes back with its cursor, so that nothing is missed.

mod client;
mod error;
pub mod live;
mod resources;
mod socket;
pub mod types;
pub mod web_call;

pub use client::{Client, ClientConfig, Limits};
pub use error::{ClientError, Problem, ProblemField};

/// Result of a request.
pub type Result<T, E = ClientError> = std::result::Result<T, E>;

/// A fresh `Idempotency-Key`.
#[must_use]
pub fn new_idempotency_key() -> String {
    uuid::Uuid::now_v7().to_string()
}
