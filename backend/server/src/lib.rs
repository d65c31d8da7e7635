//! The `phony` server: configuration, telemetry, wiring and sub-commands, those of a client too.

pub mod admin;
pub mod cli;
mod client;
pub mod config;
pub mod keys;
pub mod last_resort;
pub mod parts;
pub mod start;
pub mod telemetry;
pub mod test_mode;
pub mod tls;
pub mod trust;
