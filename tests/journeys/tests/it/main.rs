//! Journeys over the whole product.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a journey that cannot go on has failed"
)]

mod callbacks;
mod bad_input;
mod calls;
mod carrier;
mod forged;
mod operations;
mod supervision;
mod surface;
