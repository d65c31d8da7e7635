//! Integration tests of the use cases with a real database. One binary: linking is the slow part.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod audit;
mod calls;
mod identity;
mod numbers;
mod personalities;
mod recordings;
mod sealing;
mod support;
mod tenancy;
mod usage;
