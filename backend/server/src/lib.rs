//! The `phony` server: configuration, telemetry, wiring and sub-commands.

pub mod admin;
pub mod cli;
pub mod config;
pub mod start;
pub mod telemetry;
