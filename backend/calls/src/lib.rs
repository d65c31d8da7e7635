//! Runs conversations on real sockets.

pub mod bus;
