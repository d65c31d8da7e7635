//! Calls against a real database: admission, the socket's token, the carrier's callbacks, the ledger, history.

mod admission;
mod callbacks;
mod draining;
pub(crate) mod fixture;
mod history;
mod sockets;
