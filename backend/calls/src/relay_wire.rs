//! The wire of the relay engine: text to and from the carrier, which hears and speaks, and a chat model.

use std::time::Duration;

use phony_carriers::twilio::relay::ToCarrier;
use phony_conversation::core::{Core, Effect};
use phony_models::chat::ChatClient;
use tokio::time::timeout;

use crate::frames::read;
use crate::model::Model;
use crate::socket::{RelaySocket, SocketError};
use crate::wire::{Heard, Wire};

/// A socket that does not take a frame for so long is lost.
pub(crate) const SEND_WITHIN: Duration = Duration::from_secs(2);
/// Time for the carrier to close after the session was given back.
pub(crate) const CLOSE_WITHIN: Duration = Duration::from_secs(3);

/// A relay socket and the open request to the model.
pub(crate) struct RelayWire<S> {
    /// None while the caller is lost.
    socket: Option<S>,
    chat: ChatClient,
    model: Model,
    given_back: bool,
}

impl<S: RelaySocket> RelayWire<S> {
    pub(crate) fn new(socket: S, chat: ChatClient) -> Self {
        Self {
            socket: Some(socket),
            chat,
            model: Model::default(),
            given_back: false,
        }
    }

    async fn send(&mut self, frame: &ToCarrier) -> Result<(), SocketError> {
        let Some(socket) = &mut self.socket else {
            return Ok(());
        };
        timeout(SEND_WITHIN, socket.send(frame.to_frame()))
            .await
            .unwrap_or_else(|_| Err(SocketError::new("the carrier does not read")))
    }
}

impl<S: RelaySocket> Wire for RelayWire<S> {
    async fn next(&mut self) -> Heard {
        loop {
            let model_open = self.model.is_open();
            tokio::select! {
                frame = receive(&mut self.socket) => match frame {
                    Some(Ok(frame)) => {
                        if let Some(input) = read(&frame) {
                            return Heard::Input(input);
                        }
                    }
                    Some(Err(error)) => return Heard::Lost(error),
                    None => return Heard::HungUp,
                },
                input = self.model.next(), if model_open => return Heard::Input(input),
            }
        }
    }

    async fn perform(&mut self, core: &Core, effect: Effect) -> Result<(), SocketError> {
        match effect {
            Effect::Speak {
                text,
                last,
                preemptible,
                interruptible,
                ..
            } => {
                let frame = ToCarrier::Text {
                    token: text,
                    last,
                    lang: None,
                    interruptible: (!interruptible).then_some(false),
                    preemptible: preemptible.then_some(true),
                };
                self.send(&frame).await
            }
            Effect::SendDigits { digits } => match ToCarrier::digits(&digits) {
                Some(frame) => self.send(&frame).await,
                None => Ok(()),
            },
            Effect::EndSession { handoff } => {
                self.given_back = true;
                self.send(&ToCarrier::end(&handoff)).await
            }
            Effect::AskModel { reply, messages } => {
                let model = core.plan().model_name();
                self.model.ask(&self.chat, model, reply, messages);
                Ok(())
            }
            Effect::CancelModel { reply } => {
                self.model.cancel(reply);
                Ok(())
            }
            // The carrier stops its voice itself when the next words come.
            _ => Ok(()),
        }
    }

    async fn lose(&mut self) {
        if let Some(mut socket) = self.socket.take() {
            let _ = timeout(CLOSE_WITHIN, socket.close()).await;
        }
    }

    fn has_given_back(&self) -> bool {
        self.given_back
    }

    /// Lets the carrier close a session that was given back, so that nothing it still plays is cut.
    async fn close(&mut self) {
        let Some(mut socket) = self.socket.take() else {
            return;
        };
        if self.given_back {
            let closed = async { while let Some(Ok(_)) = socket.recv().await {} };
            let _ = timeout(CLOSE_WITHIN, closed).await;
        }
        let _ = timeout(CLOSE_WITHIN, socket.close()).await;
    }
}

/// The next frame. Waits for ever while the caller is lost.
async fn receive(socket: &mut Option<impl RelaySocket>) -> Option<Result<String, SocketError>> {
    match socket {
        Some(socket) => socket.recv().await,
        None => std::future::pending().await,
    }
}
