//! The caller's line of a chat: nothing comes over it, because words come by requests, and nobody reads from it, because
//! answers are events of the call.

use phony_calls::SocketError;
use phony_calls::web::{WebFrame, WebSocket};

use crate::web_call::standing::Standing;

/// Open for as long as whoever began the chat may hold it.
pub(super) struct Line(Standing);

impl Line {
    pub(super) fn new(standing: Standing) -> Self {
        Self(standing)
    }
}

impl WebSocket for Line {
    async fn recv(&mut self) -> Option<Result<WebFrame, SocketError>> {
        // The call goes with its caller.
        let _ = self.0.lapsed().await;
        None
    }

    async fn send(&mut self, _frame: WebFrame) -> Result<(), SocketError> {
        Ok(())
    }

    async fn close(&mut self) {}
}
