//! The event stream of a reply: what is sent when, and how it breaks on demand.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use actix_web::web::Bytes;
use futures_util::Stream;

use crate::world::World;

/// How a stream ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Normal,
    /// The connection breaks.
    Disconnect,
    /// Nothing comes any more, and the connection stays open.
    Stall,
}

/// A reply on its way to the client.
pub(crate) struct Sending {
    world: Arc<World>,
    id: u64,
    parts: VecDeque<(Duration, Bytes)>,
    end: End,
    done: bool,
}

impl Sending {
    pub(crate) fn new(world: Arc<World>, id: u64, end: End) -> Self {
        Self {
            world,
            id,
            parts: VecDeque::new(),
            end,
            done: false,
        }
    }

    /// Adds bytes to send after a pause.
    pub(crate) fn push(&mut self, pause: Duration, bytes: impl Into<Bytes>) {
        self.parts.push_back((pause, bytes.into()));
    }

    /// Cuts everything into single bytes.
    pub(crate) fn shred(&mut self) {
        let whole = std::mem::take(&mut self.parts);
        for (pause, bytes) in whole {
            for at in 0..bytes.len() {
                let pause = if at == 0 { pause } else { Duration::ZERO };
                self.parts.push_back((pause, bytes.slice(at..at + 1)));
            }
        }
    }

    pub(crate) fn into_stream(self) -> impl Stream<Item = Result<Bytes, std::io::Error>> {
        futures_util::stream::unfold(self, |mut sending| async move {
            match sending.parts.pop_front() {
                Some((pause, bytes)) => {
                    if pause.is_zero() {
                        tokio::task::yield_now().await;
                    } else {
                        tokio::time::sleep(pause).await;
                    }
                    if sending.parts.is_empty() && sending.end == End::Normal {
                        sending.done = true;
                    }
                    Some((Ok(bytes), sending))
                }
                None => match sending.end {
                    End::Disconnect if !sending.done => {
                        sending.done = true;
                        let broken = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
                        Some((Err(broken), sending))
                    }
                    End::Stall => {
                        sending.world.model.settle(sending.id, "stalled");
                        std::future::pending().await
                    }
                    End::Normal | End::Disconnect => None,
                },
            }
        })
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        self.world
            .model
            .settle(self.id, if self.done { "done" } else { "aborted" });
    }
}
