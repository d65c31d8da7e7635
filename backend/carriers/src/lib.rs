//! Carriers: how calls reach us and how we answer them.
//!
//! Everything here is text in and text out, or a client of the carrier's API. Sockets, sessions and the
//! database belong to other crates.

pub mod twilio;
