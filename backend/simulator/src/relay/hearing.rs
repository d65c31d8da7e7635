//! The listening half of a session: what the person says and presses, and what that interrupts.

use futures_util::SinkExt;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use super::options::Kinds;
use super::session::{Live, Outcome};
use crate::calls::{RawFrame, Signal};

impl Live<'_> {
    pub(super) async fn on_signal(&mut self, signal: Signal) {
        match signal {
            Signal::SpeechBegan => {
                self.caller_speaking = true;
                self.event("clientSpeaking", "on").await;
                self.interrupt(true).await;
            }
            Signal::SpeechPartial(text) => {
                self.interrupt(true).await;
                if self.options.partials {
                    self.prompt(&text, false).await;
                }
            }
            Signal::SpeechEnded(text) => {
                self.interrupt(true).await;
                self.caller_speaking = false;
                self.event("clientSpeaking", "off").await;
                self.prompt(&text, true).await;
            }
            Signal::Pressed(digits) => self.on_digits(&digits).await,
            Signal::DropSocket => self.fail(39001, "network connection to the WebSocket server failed"),
            Signal::Raw(frame) => {
                let frame = match frame {
                    RawFrame::Text(text) => Message::text(text),
                    RawFrame::Binary(bytes) => Message::binary(bytes),
                };
                if let Err(error) = self.socket.send(frame).await {
                    self.fail(64105, format!("socket broke: {error}"));
                }
            }
            other => {
                if let Some(flow) = self.runner.terminal(other) {
                    self.outcome = Some(Outcome::Left(flow));
                }
            }
        }
    }

    async fn on_digits(&mut self, digits: &str) {
        if !self.options.dtmf {
            return;
        }
        self.interrupt(false).await;
        for digit in digits.chars() {
            if !self.voice.is_speaking() || self.options.report.dtmf {
                self.send(json!({"type": "dtmf", "digit": digit.to_string()}))
                    .await;
            }
        }
    }

    async fn prompt(&mut self, text: &str, last: bool) {
        if self.voice.is_speaking() && !self.options.report.speech {
            // The recogniser's words during the agent's speech are not reported unless asked for.
            return;
        }
        let lang = self.options.language.clone();
        let mut prompt = json!({"type": "prompt", "voicePrompt": text, "lang": lang, "last": last});
        if self.future {
            prompt["memberOfTheFuture"] = json!({"confidence": "0.9"});
        }
        self.send(prompt).await;
    }

    /// Stops the voice, when what it says may be stopped by this kind of input.
    pub(super) async fn interrupt(&mut self, by_speech: bool) {
        let Some(manner) = self.voice.manner() else { return };
        let session: Kinds = if self.greeting {
            self.options.greeting_interruptible
        } else {
            self.options.interruptible
        };
        let by_session = if by_speech { session.speech } else { session.dtmf };
        if !manner.interruptible.unwrap_or(by_session) {
            return;
        }
        let now = self.now();
        let (cut, sounds) = self.voice.cut(now);
        self.report(now, &sounds).await;
        if let Some(cut) = cut {
            self.send(json!({
                "type": "interrupt", "utteranceUntilInterrupt": cut.heard, "durationUntilInterruptMs": cut.after_ms,
            }))
            .await;
        }
    }
}
