//! Ctrl-C and SIGTERM as something that can be waited for.

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::failure::{Failure, Outcome};

/// Listens from the moment it is made, so that nothing in between is lost.
#[derive(Debug)]
pub(super) struct Interrupt {
    interrupt: Signal,
    terminate: Signal,
}

impl Interrupt {
    pub(super) fn listen() -> Outcome<Self> {
        let listen = |kind| signal(kind).map_err(Failure::Output);
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
        })
    }

    /// Waits until somebody asks to stop.
    pub(super) async fn asked(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
