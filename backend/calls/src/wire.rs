//! The way between a conversation and the world: the caller's side and the model's side of one call. Each engine
//! has its own; the actor's loop is the same for all.

use std::future::Future;
use std::sync::Arc;

use phony_conversation::core::{Core, Effect, Input};

use crate::socket::SocketError;
use crate::sound::Tap;

/// What a wire woke up for.
#[derive(Debug)]
pub(crate) enum Heard {
    /// Something that the conversation must know.
    Input(Input),
    /// The caller's side was lost; the caller may come back on another socket.
    Lost(SocketError),
    /// The caller's side was closed in order: the caller has gone.
    HungUp,
    /// The model begins in the middle of the talk and wants to know it: see [`Wire::tell_history`].
    WantsHistory,
}

/// Both sides of a call. It stays on its thread, so nothing of it needs to be `Send`.
pub(crate) trait Wire {
    /// The next happening. May be dropped and called again without loss.
    fn next(&mut self) -> impl Future<Output = Heard>;

    /// Performs an effect that is for the caller or the model; the actor performs the others.
    ///
    /// # Errors
    /// The caller's side is lost. The model's failures come as inputs.
    fn perform(&mut self, core: &Core, effect: Effect) -> impl Future<Output = Result<(), SocketError>>;

    /// Before the first input: the conversation that it is for, as it comes.
    fn prepare(&mut self, core: Core) -> Core {
        core
    }

    /// By which it is told that somebody listens; none cannot be listened to here.
    fn tap(&self) -> Option<Arc<Tap>> {
        None
    }

    /// Everything that followed an input has been performed.
    fn settled(&mut self, core: &Core) {
        let _ = core;
    }

    /// Answers [`Heard::WantsHistory`].
    fn tell_history(&mut self, core: &Core) {
        let _ = core;
    }

    /// Lets the caller's side go, which was lost.
    fn lose(&mut self) -> impl Future<Output = ()>;

    /// Whether the carrier has been told what to do next.
    fn has_given_back(&self) -> bool;

    /// Closes everything. Called once.
    fn close(&mut self) -> impl Future<Output = ()>;
}
