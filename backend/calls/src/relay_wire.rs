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
    /// Words were sent whose end the carrier does not know yet.
    mid_sentence: bool,
    given_back: bool,
}

impl<S: RelaySocket> RelayWire<S> {
    pub(crate) fn new(socket: S, chat: ChatClient) -> Self {
        Self {
            socket: Some(socket),
            chat,
            model: Model::default(),
            mid_sentence: false,
            given_back: false,
        }
    }

    /// Sends words, and remembers whether more are to come. The end of what has ended already is not told again.
    async fn speak(&mut self, words: ToCarrier) -> Result<(), SocketError> {
        if let ToCarrier::Text { token, last, .. } = &words {
            if token.is_empty() && *last && !self.mid_sentence {
                return Ok(());
            }
            self.mid_sentence = !last;
        }
        self.send(&words).await
    }

    /// Presses keys behind the words sent so far: they wait for the end of a sentence, which must come first.
    async fn press(&mut self, keys: &ToCarrier) -> Result<(), SocketError> {
        self.speak(ToCarrier::Text {
            token: String::new(),
            last: true,
            lang: None,
            interruptible: None,
            preemptible: None,
        })
        .await?;
        self.send(keys).await
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
                self.speak(frame).await
            }
            Effect::SendDigits { digits } => match ToCarrier::digits(&digits) {
                Some(keys) => self.press(&keys).await,
                None => Ok(()),
            },
            Effect::EndSession { handoff } => {
                self.given_back = true;
                self.send(&ToCarrier::end(&handoff)).await
            }
            Effect::AskModel { reply, messages, .. } => {
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
