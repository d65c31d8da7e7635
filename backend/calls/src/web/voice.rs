//! A spoken call: a browser's sound as the carrier's, and back.

use std::collections::VecDeque;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytestring::ByteString;
use phony_carriers::twilio::streams::FromCarrier;
use serde_json::json;
use tokio::time::Instant;

use super::frames::{Said, Told, agent, microphone};
use super::{WebFrame, WebSocket};
use crate::socket::{SocketError, StreamSocket};

/// Sound of one millisecond.
const BYTES_PER_MS: u64 = 8;
/// A browser that has been held up may send so much at once; what is beyond real time and this is dropped.
const BURST_BYTES: u64 = 4_000 * BYTES_PER_MS;

/// A browser's socket as the realtime engine sees it.
pub(super) struct Voice<S> {
    socket: S,
    /// Messages that came and were not given yet.
    came: VecDeque<ByteString>,
    began: Instant,
    taken_bytes: u64,
}

impl<S> Voice<S> {
    pub(super) fn new(socket: S) -> Self {
        Self {
            socket,
            came: VecDeque::new(),
            began: Instant::now(),
            taken_bytes: 0,
        }
    }

    fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn on_sound(&mut self, frame: &[u8]) {
        let allowed = self.elapsed_ms().saturating_mul(BYTES_PER_MS) + BURST_BYTES;
        let sound = microphone(frame).filter(|(_, sound)| self.taken_bytes + sound.len() as u64 <= allowed);
        let Some((time_ms, sound)) = sound else {
            metrics::counter!("phony_web_frames_dropped_total").increment(1);
            return;
        };
        self.taken_bytes += sound.len() as u64;
        let payload = STANDARD.encode(sound);
        let message = format!(
            r#"{{"event":"media","media":{{"track":"inbound","timestamp":"{time_ms}","payload":"{payload}"}}}}"#
        );
        self.came.push_back(message.into());
    }

    /// Says whether the caller stays.
    fn on_text(&mut self, text: &str) -> bool {
        match Said::read(text) {
            Some(Said::Mark { name }) => {
                let message = json!({ "event": "mark", "mark": { "name": name } });
                self.came.push_back(message.to_string().into());
            }
            Some(Said::Dtmf { digits }) => {
                for digit in digits.chars() {
                    let message = json!({ "event": "dtmf", "dtmf": { "digit": digit } });
                    self.came.push_back(message.to_string().into());
                }
            }
            Some(Said::Bye) => return false,
            Some(Said::Say { .. }) | None => {
                metrics::counter!("phony_web_frames_dropped_total").increment(1);
            }
        }
        true
    }
}

/// A message for the carrier as one for a browser; none is one that a browser has no use for.
fn translate(message: &str, time_ms: u64) -> Option<WebFrame> {
    match FromCarrier::parse(message).ok()? {
        FromCarrier::Media(media) => {
            let sound = STANDARD.decode(media.payload.as_bytes()).ok()?;
            let time_ms = u32::try_from(time_ms).unwrap_or(u32::MAX);
            Some(WebFrame::Sound(agent(time_ms, &sound)))
        }
        FromCarrier::Mark { name } => Some(WebFrame::Text(Told::Mark { name: &name }.write().into())),
        FromCarrier::Unknown { event } if event == "clear" => {
            Some(WebFrame::Text(Told::Clear.write().into()))
        }
        _ => None,
    }
}

impl<S: WebSocket> StreamSocket for Voice<S> {
    async fn recv(&mut self) -> Option<Result<ByteString, SocketError>> {
        loop {
            if let Some(message) = self.came.pop_front() {
                return Some(Ok(message));
            }
            match self.socket.recv().await? {
                Ok(WebFrame::Sound(frame)) => self.on_sound(&frame),
                Ok(WebFrame::Text(text)) => {
                    if !self.on_text(&text) {
                        return None;
                    }
                }
                Err(error) => return Some(Err(error)),
            }
        }
    }

    async fn send(&mut self, text: ByteString) -> Result<(), SocketError> {
        match translate(&text, self.elapsed_ms()) {
            Some(frame) => self.socket.send(frame).await,
            None => Ok(()),
        }
    }

    async fn close(&mut self) {
        self.socket.close().await;
    }
}

#[cfg(test)]
mod tests {
    use phony_carriers::twilio::streams::StreamWriter;

    use super::super::frames::{AGENT_SOUND, MICROPHONE};
    use super::*;

    fn spoken(bytes: usize) -> Vec<u8> {
        let mut frame = vec![MICROPHONE, 0, 0, 0, 40];
        frame.resize(5 + bytes, 0x55);
        frame
    }

    #[test]
    fn sound_marks_and_clears_of_the_engine_reach_the_browser() {
        let writer = StreamWriter::new("web-1");
        let sound = STANDARD.encode([1, 2, 3]);
        let frame = translate(&writer.media(&sound), 300).unwrap();
        let wanted = vec![AGENT_SOUND, 0, 0, 1, 44, 1, 2, 3];
        assert_eq!(frame, WebFrame::Sound(wanted.into()));
        let mark = translate(&writer.mark("0.1600"), 0).unwrap();
        assert_eq!(mark, WebFrame::Text(r#"{"op":"mark","name":"0.1600"}"#.into()));
        let clear = translate(&writer.clear(), 0).unwrap();
        assert_eq!(clear, WebFrame::Text(r#"{"op":"clear"}"#.into()));
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_browser_sends_reads_as_the_carrier_would_write_it() {
        let mut voice = Voice::new(());
        voice.on_sound(&spoken(160));
        assert!(voice.on_text(r#"{"op":"dtmf","digits":"1#"}"#));
        assert!(voice.on_text(r#"{"op":"mark","name":"0.160"}"#));
        assert!(voice.on_text("nonsense"));
        assert!(!voice.on_text(r#"{"op":"bye"}"#));
        let read: Vec<FromCarrier<'_>> = voice
            .came
            .iter()
            .map(|text| FromCarrier::parse(text).unwrap())
            .collect();
        let FromCarrier::Media(media) = &read[0] else {
            panic!("{:?}", read[0]);
        };
        assert!(media.inbound && media.timestamp_ms == 40);
        assert_eq!(STANDARD.decode(media.payload.as_bytes()).unwrap(), [0x55; 160]);
        assert_eq!(
            read[1..3],
            [FromCarrier::Dtmf { digit: '1' }, FromCarrier::Dtmf { digit: '#' }]
        );
        assert_eq!(read[3], FromCarrier::Mark { name: "0.160".into() });
        assert_eq!(read.len(), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn a_browser_cannot_send_more_sound_than_time_passes() {
        let mut voice = Voice::new(());
        for _ in 0..1_000 {
            voice.on_sound(&spoken(1_600));
        }
        assert_eq!(voice.came.len(), 20, "four seconds at once");
        tokio::time::advance(std::time::Duration::from_secs(1)).await;
        for _ in 0..1_000 {
            voice.on_sound(&spoken(1_600));
        }
        assert_eq!(voice.came.len(), 25, "and a second more after a second");
    }
}
