//! Runs conversations on real sockets
