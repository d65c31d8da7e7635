//! The carrier's end of one call: sends a frame every 20 ms, plays what comes, gives marks back in time.

use std::collections::VecDeque;

use super::super::frame;
use super::super::identity::{FrameMaker, Identity, Pieces};
use super::Shared;
use super::socket::{Gone, Socket, next_text};
use super::tally::{Frames, Window};

/// What one byte of mu-law lasts.
const BYTE_NS: u64 = 125_000;

/// A call as the carrier has it.
#[derive(Debug)]
pub(crate) struct Carrier {
    pub(crate) socket: Socket,
    stream_sid: String,
    /// Every message of sound from the product begins with this.
    expected: Vec<u8>,
    maker: FrameMaker,
    pub(crate) frames: Frames,
    pieces: Pieces,
    sequence_number: u64,
    chunk: u64,
    begun: u64,
    /// When all that came is played.
    played_at: u64,
    /// Marks that wait for their place in the sound.
    marks: VecDeque<(u64, String)>,
    /// When the loop will look after them.
    pub(crate) alarm: Option<u64>,
    /// When the caller's voice was told of by the model, until `clear` comes.
    pub(crate) spoke_at: Option<u64>,
    pub(crate) up: bool,
    /// We said goodbye ourselves.
    pub(crate) leaving: bool,
}

impl Carrier {
    pub(crate) fn new(call: u32, socket: Socket, stream_sid: &str, now: u64) -> Self {
        Self {
            socket,
            stream_sid: stream_sid.to_owned(),
            expected: format!(r#"{{"event":"media","streamSid":"{stream_sid}","media":{{"payload":""#)
                .into_bytes(),
            maker: FrameMaker::new(call),
            frames: Frames::new(),
            pieces: Pieces::default(),
            // `start` was number one.
            sequence_number: 1,
            chunk: 0,
            begun: now,
            played_at: 0,
            marks: VecDeque::new(),
            alarm: None,
            spoke_at: None,
            up: true,
            leaving: false,
        }
    }

    /// Sends the next 20 ms of the caller.
    pub(crate) fn send_frame(&mut self, now: u64, shared: &mut Shared) -> Result<(), Gone> {
        let sequence = self.frames.send(now, &mut shared.window);
        self.sequence_number += 1;
        self.chunk += 1;
        let text = &mut shared.text;
        text.clear();
        text.extend_from_slice(br#"{"event":"media","sequenceNumber":""#);
        number(text, self.sequence_number);
        text.extend_from_slice(br#"","streamSid":""#);
        text.extend_from_slice(self.stream_sid.as_bytes());
        text.extend_from_slice(br#"","media":{"track":"inbound","chunk":""#);
        number(text, self.chunk);
        text.extend_from_slice(br#"","timestamp":""#);
        number(text, (now - self.begun) / 1_000_000);
        text.extend_from_slice(br#"","payload":""#);
        text.extend_from_slice(self.maker.frame(sequence));
        text.extend_from_slice(br#""}}"#);
        self.socket.text(&[text], &mut shared.out)
    }

    /// Reads and plays what came.
    pub(crate) fn readable(&mut self, shared: &mut Shared) -> Result<(), Gone> {
        let mut buffer = std::mem::take(&mut shared.buffer);
        let result = self.take(&mut buffer, shared);
        shared.buffer = buffer;
        result
    }

    fn take(&mut self, buffer: &mut [u8], shared: &mut Shared) -> Result<(), Gone> {
        let filled = self.socket.fill(buffer)?;
        let now = super::super::clock::now_ns();
        let (buffer, mut at) = (&mut buffer[..filled], 0);
        while let Some(found) = next_text(&mut self.socket, buffer, &mut at, &mut shared.out)? {
            self.message(&buffer[found.from..found.to], now, shared)?;
        }
        self.socket.keep(&buffer[at..])
    }

    fn message(&mut self, text: &[u8], now: u64, shared: &mut Shared) -> Result<(), Gone> {
        if let Some(rest) = text.strip_prefix(self.expected.as_slice())
            && let Some(payload) = rest.strip_suffix(br#""}}"#)
        {
            self.sound(payload, now, &mut shared.window);
            return Ok(());
        }
        let Ok(message) = serde_json::from_slice::<serde_json::Value>(text) else {
            shared.window.invalid += 1;
            return Ok(());
        };
        if message["streamSid"] != self.stream_sid.as_str() {
            shared.window.invalid += 1;
            return Ok(());
        }
        match message["event"].as_str() {
            Some("media") => match message["media"]["payload"].as_str() {
                Some(payload) => self.sound(payload.as_bytes(), now, &mut shared.window),
                None => shared.window.invalid += 1,
            },
            Some("mark") => {
                let name = message["mark"]["name"].as_str().unwrap_or_default().to_owned();
                shared.window.marks += 1;
                if self.played_at <= now {
                    self.give_back(&name, shared)?;
                } else {
                    self.marks.push_back((self.played_at, name));
                }
            }
            Some("clear") => {
                self.played_at = now;
                match self.spoke_at.take() {
                    Some(spoke_at) => shared.window.clear.saturating_record(now - spoke_at),
                    None => shared.window.clears += 1,
                }
                for (_, name) in std::mem::take(&mut self.marks) {
                    self.give_back(&name, shared)?;
                }
            }
            _ => shared.window.invalid += 1,
        }
        Ok(())
    }

    fn sound(&mut self, payload: &[u8], now: u64, window: &mut Window) {
        let padding = payload.iter().rev().take(2).filter(|byte| **byte == b'=').count();
        let bytes = (payload.len() / 4 * 3).saturating_sub(padding);
        self.played_at = self.played_at.max(now) + u64::try_from(bytes).unwrap_or(0) * BYTE_NS;
        window.ahead_ns = window.ahead_ns.max(self.played_at - now);
        if self.pieces.is_empty()
            && let Some(identity) = Identity::of_base64(payload)
        {
            if !self.maker.same_tail(payload) {
                window.altered += 1;
            }
            self.frames.returned(identity.sequence, now, window);
            return;
        }
        let frames = &mut self.frames;
        let mut found = Vec::new();
        window.strange_bytes += self
            .pieces
            .push(payload, |identity| found.push(identity.sequence));
        for sequence in found {
            frames.returned(sequence, now, window);
        }
    }

    /// When the next mark is due.
    pub(crate) fn next_mark(&self) -> Option<u64> {
        self.marks.front().map(|(due, _)| *due)
    }

    /// Gives back the marks whose place has been played.
    pub(crate) fn play(&mut self, now: u64, shared: &mut Shared) -> Result<(), Gone> {
        while self.next_mark().is_some_and(|due| due <= now) {
            if let Some((_, name)) = self.marks.pop_front() {
                self.give_back(&name, shared)?;
            }
        }
        Ok(())
    }

    fn give_back(&mut self, name: &str, shared: &mut Shared) -> Result<(), Gone> {
        self.sequence_number += 1;
        let text = serde_json::json!({
            "event": "mark",
            "sequenceNumber": self.sequence_number.to_string(),
            "streamSid": self.stream_sid,
            "mark": { "name": name },
        });
        self.socket.text(&[text.to_string().as_bytes()], &mut shared.out)
    }

    /// The caller hangs up.
    pub(crate) fn hang_up(&mut self, shared: &mut Shared) {
        self.leaving = true;
        self.up = false;
        self.sequence_number += 1;
        let text = serde_json::json!({
            "event": "stop",
            "sequenceNumber": self.sequence_number.to_string(),
            "streamSid": self.stream_sid,
            "stop": {},
        });
        // Whoever is gone already need not hear it.
        let _ = self.socket.text(&[text.to_string().as_bytes()], &mut shared.out);
        let _ = self
            .socket
            .put(frame::CLOSE, &[&1000_u16.to_be_bytes()], &mut shared.out);
    }
}

/// Adds a number in decimal.
pub(crate) fn number(text: &mut Vec<u8>, mut value: u64) {
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + u8::try_from(value % 10).unwrap_or(0);
        value /= 10;
        if value == 0 {
            break;
        }
    }
    text.extend_from_slice(&digits[at..]);
}

#[cfg(test)]
mod tests {
    #[test]
    fn numbers_are_decimal() {
        for value in [0, 7, 10, 999, 1_000, u64::MAX] {
            let mut text = Vec::new();
            super::number(&mut text, value);
            assert_eq!(text, value.to_string().as_bytes());
        }
    }
}
