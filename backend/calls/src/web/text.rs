//! A typed call: the relay engine's words, read and written instead of heard and spoken.

use std::collections::VecDeque;

use phony_carriers::twilio::relay::{FromCarrier, ToCarrier};

use super::frames::{Said, Told};
use super::{WebFrame, WebSocket};
use crate::socket::{RelaySocket, SocketError};

/// A browser's socket as the relay engine sees it.
pub(super) struct Typed<S> {
    socket: S,
    /// Messages that came and were not given yet.
    came: VecDeque<FromCarrier>,
    given_back: bool,
}

impl<S> Typed<S> {
    pub(super) fn new(socket: S) -> Self {
        Self {
            socket,
            came: VecDeque::new(),
            given_back: false,
        }
    }

    /// Says whether the caller stays.
    fn on_text(&mut self, text: &str) -> bool {
        match Said::read(text) {
            Some(Said::Say { text }) => self.came.push_back(FromCarrier::Prompt {
                voice_prompt: text,
                lang: None,
                last: true,
            }),
            Some(Said::Dtmf { digits }) => {
                for digit in digits.chars() {
                    self.came.push_back(FromCarrier::Dtmf {
                        digit: digit.to_string(),
                    });
                }
            }
            Some(Said::Bye) => return false,
            Some(Said::Mark { .. }) | None => {
                metrics::counter!("phony_web_frames_dropped_total").increment(1);
            }
        }
        true
    }

    /// What is shown has been read: the engine is told so, as a carrier tells what it has spoken.
    fn shown(&mut self, text: String) {
        if !text.is_empty() {
            self.came.push_back(FromCarrier::Info {
                name: "tokensPlayed".to_owned(),
                value: text,
                ts: None,
            });
        }
    }
}

impl<S: WebSocket> RelaySocket for Typed<S> {
    async fn recv(&mut self) -> Option<Result<String, SocketError>> {
        loop {
            if let Some(message) = self.came.pop_front() {
                return Some(Ok(serde_json::to_string(&message).unwrap_or_default()));
            }
            if self.given_back {
                return None;
            }
            match self.socket.recv().await? {
                Ok(WebFrame::Text(text)) => {
                    if !self.on_text(&text) {
                        return None;
                    }
                }
                Ok(WebFrame::Sound(_)) => {
                    metrics::counter!("phony_web_frames_dropped_total").increment(1);
                }
                Err(error) => return Some(Err(error)),
            }
        }
    }

    async fn send(&mut self, text: String) -> Result<(), SocketError> {
        let frame = match serde_json::from_str(&text) {
            Ok(ToCarrier::Text { token, last, .. }) => {
                let frame = Told::Text { text: &token, last }.write();
                self.socket.send(WebFrame::Text(frame.into())).await?;
                self.shown(token);
                return Ok(());
            }
            Ok(ToCarrier::SendDigits { digits }) => Told::Dtmf { digits: &digits }.write(),
            Ok(ToCarrier::End { .. }) => {
                self.given_back = true;
                return Ok(());
            }
            _ => return Ok(()),
        };
        self.socket.send(WebFrame::Text(frame.into())).await
    }

    async fn close(&mut self) {
        self.socket.close().await;
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use phony_conversation::core::Handoff;

    use super::*;

    #[derive(Clone, Default)]
    struct Page {
        types: Rc<RefCell<VecDeque<&'static str>>>,
        reads: Rc<RefCell<Vec<WebFrame>>>,
    }

    impl WebSocket for Page {
        async fn recv(&mut self) -> Option<Result<WebFrame, SocketError>> {
            let next = self.types.borrow_mut().pop_front()?;
            Some(Ok(WebFrame::Text(next.into())))
        }

        async fn send(&mut self, frame: WebFrame) -> Result<(), SocketError> {
            self.reads.borrow_mut().push(frame);
            Ok(())
        }

        async fn close(&mut self) {}
    }

    #[tokio::test]
    async fn typed_words_are_a_turn_and_what_is_shown_is_heard() {
        let page = Page::default();
        page.types
            .borrow_mut()
            .extend([r#"{"op":"say","text":"Hi"}"#, r#"{"op":"bye"}"#]);
        let mut typed = Typed::new(page.clone());
        let first = typed.recv().await.unwrap().unwrap();
        let prompt = FromCarrier::Prompt {
            voice_prompt: "Hi".to_owned(),
            lang: None,
            last: true,
        };
        assert_eq!(FromCarrier::parse(&first).unwrap(), prompt);
        typed
            .send(ToCarrier::token("Hello.", true).to_frame())
            .await
            .unwrap();
        let wanted = WebFrame::Text(r#"{"op":"text","text":"Hello.","last":true}"#.into());
        assert_eq!(*page.reads.borrow(), [wanted]);
        let heard = FromCarrier::parse(&typed.recv().await.unwrap().unwrap()).unwrap();
        assert!(
            matches!(&heard, FromCarrier::Info { name, value, .. } if name == "tokensPlayed" && value == "Hello."),
            "{heard:?}"
        );
        assert!(typed.recv().await.is_none(), "the caller said goodbye");
    }

    #[tokio::test]
    async fn a_session_that_was_given_back_is_over_at_once() {
        let mut typed = Typed::new(Page::default());
        typed
            .send(ToCarrier::end(&Handoff::end()).to_frame())
            .await
            .unwrap();
        assert!(typed.recv().await.is_none());
    }
}
