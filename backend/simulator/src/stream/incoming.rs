//! What comes to a stream: the agent's messages, what the person does, and faults on demand.

use phony_audio::frame::ulaw_ms;
use tokio_tungstenite::tungstenite::Error as SocketError;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::error::ProtocolError;

use super::FRAME_MS;
use super::faults::{Kind, Line, LineFault};
use super::messages::{self, AppMessage};
use super::outgoing::Outgoing;
use super::session::{End, Live};
use crate::calls::{RawFrame, Signal};

impl Live<'_> {
    pub(super) async fn on_frame(&mut self, frame: Option<Result<Message, SocketError>>) {
        match frame {
            Some(Ok(Message::Text(text))) => {
                let strict = self.settings.strict_streams;
                match messages::parse(&text, &self.sid, strict) {
                    Ok(message) => self.on_message(message).await,
                    Err(why) => self.invalid(&text, &why),
                }
            }
            Some(Ok(Message::Binary(_))) => {
                if !std::mem::replace(&mut self.warned.binary, true) {
                    self.trouble(31950, "binary frame".to_owned());
                }
            }
            Some(Ok(Message::Close(frame))) => {
                self.end = Some(End::Closed(frame.map(|frame| u16::from(frame.code))));
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
            Some(Err(SocketError::Protocol(ProtocolError::ResetWithoutClosingHandshake)))
            | Some(Err(SocketError::Io(_)))
            | None => self.broken(31903, "connection lost without a closing handshake"),
            Some(Err(error)) => self.broken(31924, format!("protocol error: {error}")),
        }
    }

    pub(super) fn trouble(&self, code: u32, message: String) {
        self.runner.call.note_trouble(self.now(), code, message);
    }

    pub(super) fn invalid(&mut self, text: &str, why: &str) {
        let text: String = text.chars().take(200).collect();
        if self.settings.kill_on_31924 {
            self.broken(31924, format!("invalid message, {why}: {text}"));
        } else if !std::mem::replace(&mut self.warned.invalid, true) {
            self.trouble(31951, format!("invalid message, {why}: {text}"));
        }
    }

    pub(super) async fn on_message(&mut self, message: AppMessage) {
        let now = self.now();
        match message {
            AppMessage::Media(sound) => {
                let length = ulaw_ms(sound.len());
                let lost = ulaw_ms(self.playout.sound(sound));
                let waiting = ulaw_ms(self.playout.waiting());
                self.count(|report| {
                    report.media_received += 1;
                    report.received_ms += length;
                    report.discarded_ms += lost;
                    report.longest_queue_ms = report.longest_queue_ms.max(waiting);
                });
                if lost > 0 && !std::mem::replace(&mut self.warned.overflow, true) {
                    self.trouble(31931, "more than ten minutes of sound queued".to_owned());
                }
            }
            AppMessage::Mark(name) => {
                self.note(now, "mark_received", Some(&name), None);
                self.count(|report| report.marks_received += 1);
                let at_once = self.playout.mark(name);
                self.return_marks(now, at_once.into_iter().collect()).await;
            }
            AppMessage::Clear => {
                let (cleared, marks) = self.playout.clear();
                let ms = ulaw_ms(cleared.len());
                self.note(now, "clear", None, Some(ms));
                self.count(|report| {
                    report.clears += 1;
                    report.cleared_ms += ms;
                });
                self.hearing.cleared(&self.runner.call, now, &cleared);
                self.return_marks(now, marks).await;
            }
        }
    }

    pub(super) async fn on_signal(&mut self, signal: Signal) {
        match signal {
            Signal::Sound(sounding) => self.mouth.sound(sounding),
            Signal::Frame(frame) => self.mouth.line(*frame),
            Signal::Pressed(keys) => self.mouth.keys(&keys),
            Signal::DropSocket => self.end = Some(End::Killed { mid_frame: false }),
            Signal::Line(fault) => self.on_fault(fault),
            Signal::Raw(frame) => {
                let frame = match frame {
                    RawFrame::Text(text) => Message::text(text),
                    RawFrame::Binary(bytes) => Message::binary(bytes),
                };
                if let Err(message) = self.out.send_now(frame).await {
                    self.broken(31903, message);
                }
            }
            other => {
                if let Some(flow) = self.runner.terminal(other) {
                    self.end = Some(End::Left(flow));
                }
            }
        }
    }

    pub(super) fn on_fault(&mut self, order: LineFault) {
        let now = self.now();
        let word = serde_json::to_value(order.fault).ok();
        let word = word.as_ref().and_then(serde_json::Value::as_str);
        self.note(now, "fault", word, order.ms);
        match order.fault {
            Kind::Kill => self.end = Some(End::Killed { mid_frame: false }),
            Kind::KillMidFrame => self.end = Some(End::Killed { mid_frame: true }),
            Kind::NoStop => self.line.no_stop = true,
            Kind::PacketGap => self.losing = order.ms.unwrap_or(200).div_ceil(FRAME_MS),
            Kind::Jitter => self
                .out
                .jitter(Some(order.ms.unwrap_or_else(Outgoing::usual_jitter)), now),
            Kind::WithholdMarks => self.line.withhold_marks = true,
            Kind::Deaf => self.line.deaf = true,
            Kind::Steady => {
                self.line = Line::default();
                self.losing = 0;
                self.out.jitter(None, now);
            }
        }
    }
}
