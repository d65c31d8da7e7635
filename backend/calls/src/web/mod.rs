//! Calls from the browser: no carrier, the same engines.
//!
//! A browser speaks its own small protocol (below). The wires of the engines know the carrier's, so two adapters
//! translate: [`voice`] for sound, [`text`] for typed words. Neither decides anything.
//!
//! Both ways, text frames are objects with an `op`. From the browser: `mark {name}` once everything before that mark
//! was played, `dtmf {digits}`, `say {text}` for typed words, `bye`. To it: `mark {name}`, `clear` to forget what was
//! not played, `text {text, last}` for typed words, `dtmf {digits}`. Binary frames are sound: one byte kind, four bytes
//! big-endian time in milliseconds, then mu-law at 8 kHz.

mod frames;
mod text;
mod voice;

use std::future::Future;

use bytes::Bytes;
use bytestring::ByteString;
use phony_conversation::Snapshot;
use phony_conversation::plan::CallPlan;
use phony_kernel::call::Engine;

use crate::calls::{Calls, Outcome};
use crate::realtime::TypedWire;
use crate::socket::SocketError;

pub use frames::{AGENT_SOUND, MAX_SOUND_BYTES, MICROPHONE, MIN_SOUND_BYTES, microphone};
pub(crate) use frames::{Said, Told};

/// A message of a browser, or to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WebFrame {
    /// An object with an `op`.
    Text(ByteString),
    /// Sound.
    Sound(Bytes),
}

/// A browser's socket. It stays on its thread, so nothing of it needs to be `Send`.
pub trait WebSocket {
    /// The next message. `None` when the browser closed the socket in order, which means that the caller has gone; an
    /// error when it was lost, after which the caller may come back on another. May be dropped and called again
    /// without losing a message.
    fn recv(&mut self) -> impl Future<Output = Option<Result<WebFrame, SocketError>>>;

    /// Sends a message. May be dropped before it is done, and the message is then not sent.
    fn send(&mut self, frame: WebFrame) -> impl Future<Output = Result<(), SocketError>>;

    /// Lets the socket go. Called once.
    fn close(&mut self) -> impl Future<Output = ()>;
}

impl Calls {
    /// Runs a call on the socket of a browser: spoken with the realtime engine, typed with that or with every other.
    pub async fn run_web(
        &self,
        plan: CallPlan,
        resumed: Option<Snapshot>,
        socket: impl WebSocket,
    ) -> Outcome {
        match plan.engine {
            Engine::Realtime if plan.typed => {
                let wire = TypedWire::new(socket, self.0.models_of(&plan).realtime, &plan);
                Box::pin(self.run(plan, resumed, wire)).await
            }
            Engine::Realtime => {
                let stream = format!("web-{}", plan.call.uuid().simple());
                let socket = voice::Voice::new(socket);
                Box::pin(self.run_stream(plan, resumed, &stream, socket)).await
            }
            _ => Box::pin(self.run_relay(plan, resumed, text::Typed::new(socket))).await,
        }
    }
}
