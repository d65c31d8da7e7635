//! The carrier's socket as a call sees it.

use std::future::Future;

use bytestring::ByteString;

/// The socket failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("socket failed: {0}")]
pub struct SocketError(String);

impl SocketError {
    /// A failure and its cause, in words for the log.
    #[must_use]
    pub fn new(cause: impl Into<String>) -> Self {
        Self(cause.into())
    }
}

/// A socket that carries text frames. It stays on its thread, so nothing of it needs to be `Send`.
pub trait RelaySocket {
    /// The next text frame. `None` when the peer closed the socket in order, which means that the caller has
    /// gone; an error when it was lost, after which the caller may come back on another. May be dropped and
    /// called again without losing a frame.
    fn recv(&mut self) -> impl Future<Output = Option<Result<String, SocketError>>>;

    /// Sends a text frame.
    fn send(&mut self, text: String) -> impl Future<Output = Result<(), SocketError>>;

    /// Closes the socket. Called once.
    fn close(&mut self) -> impl Future<Output = ()>;
}

/// A socket that carries frames of sound, fifty a second each way: nothing of a frame is copied here. It stays on
/// its thread, so nothing of it needs to be `Send`.
pub trait StreamSocket {
    /// The next text frame, as [`RelaySocket::recv`] gives it.
    fn recv(&mut self) -> impl Future<Output = Option<Result<ByteString, SocketError>>>;

    /// Sends a text frame. May be dropped before it is done, and the frame is then not sent.
    fn send(&mut self, text: ByteString) -> impl Future<Output = Result<(), SocketError>>;

    /// Closes the socket. Called once.
    fn close(&mut self) -> impl Future<Output = ()>;
}
