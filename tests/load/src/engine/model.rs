//! A local stand-in for the speech-to-speech model: OpenAI Realtime, GA dialect, as far as a bridge needs it.
//!
//! Once its settings are acknowledged it speaks one endless reply, and that reply is the caller's own sound.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha1::{Digest as _, Sha1};

use super::super::clock::now_ns;
use super::super::identity::{Identity, Pieces};
use super::Shared;
use super::carrier::Carrier;
use super::socket::{Gone, Socket, next_text};

/// How an append of ours and of most clients begins.
const APPEND: &[u8] = br#"{"type":"input_audio_buffer.append","#;
const AUDIO: &[u8] = br#""audio":""#;
/// A client that wants no say in the matter gets its reply after this time.
const SPEAKS_ALONE_AFTER: u64 = 300_000_000;
/// Pieces of sound, 20 ms each, to which there are words.
const PIECES_A_WORD: u64 = 50;
/// Where the number of an event is in the head of a delta.
const NUMBER_AT: usize = 56;
const NUMBER_CHARS: usize = 8;

/// One session.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) socket: Socket,
    pub(super) id: u32,
    upgraded: bool,
    /// When its settings were acknowledged.
    updated_at: Option<u64>,
    pub(super) settings: Value,
    pub(super) metadata: Value,
    /// Replies so far.
    pub(super) replies: u32,
    /// The beginning of every piece of the reply that is being spoken.
    reply: Option<Vec<u8>>,
    /// Pieces of all replies.
    spoken: u64,
    pub(super) events: u64,
    pub(super) items: u32,
    speaking: Option<String>,
    /// The call whose sound comes here.
    pub(crate) call: Option<u32>,
    pieces: Pieces,
}

impl Session {
    pub(crate) fn new(id: u32, socket: Socket) -> Self {
        Self {
            socket,
            id,
            upgraded: false,
            updated_at: None,
            settings: json!({}),
            metadata: Value::Null,
            replies: 0,
            reply: None,
            spoken: 0,
            events: 0,
            items: 0,
            speaking: None,
            call: None,
            pieces: Pieces::default(),
        }
    }

    pub(crate) fn readable(&mut self, shared: &mut Shared, calls: &mut [Carrier]) -> Result<(), Gone> {
        let mut buffer = std::mem::take(&mut shared.buffer);
        let result = self.take(&mut buffer, shared, calls);
        shared.buffer = buffer;
        result
    }

    fn take(&mut self, buffer: &mut [u8], shared: &mut Shared, calls: &mut [Carrier]) -> Result<(), Gone> {
        let filled = self.socket.fill(buffer)?;
        let now = now_ns();
        let (buffer, mut at) = (&mut buffer[..filled], 0);
        if !self.upgraded {
            match buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                Some(end) => {
                    let answer = upgrade(&buffer[..end]).ok_or(Gone::Broken)?;
                    self.socket.raw(answer.as_bytes())?;
                    self.upgraded = true;
                    at = end + 4;
                    let session = self.session();
                    self.event(json!({"type": "session.created", "session": session}), shared)?;
                }
                None => return self.socket.keep(buffer),
            }
        }
        while let Some(found) = next_text(&mut self.socket, buffer, &mut at, &mut shared.out)? {
            self.message(&buffer[found.from..found.to], now, shared, calls)?;
        }
        self.socket.keep(&buffer[at..])
    }

    fn message(
        &mut self,
        text: &[u8],
        now: u64,
        shared: &mut Shared,
        calls: &mut [Carrier],
    ) -> Result<(), Gone> {
        if let Some(rest) = text.strip_prefix(APPEND)
            && let Some(from) = find(rest, AUDIO)
            && let Some(length) = rest[from..].iter().position(|byte| *byte == b'"')
        {
            return self.append(&rest[from..from + length], now, shared, calls);
        }
        let Ok(message) = serde_json::from_slice::<Value>(text) else {
            shared.model_faults += 1;
            return Ok(());
        };
        match message["type"].as_str() {
            Some("input_audio_buffer.append") => {
                let audio = message["audio"].as_str().unwrap_or_default().to_owned();
                self.append(audio.as_bytes(), now, shared, calls)
            }
            Some("session.update") => {
                self.settings = message["session"].clone();
                self.updated_at = Some(now);
                let session = self.session();
                self.event(json!({"type": "session.updated", "session": session}), shared)
            }
            Some("response.create") if self.reply.is_none() => {
                // Comes back with the reply, so that its asker knows it.
                self.metadata = message["response"]["metadata"].clone();
                self.speak(shared)
            }
            Some("response.create") => {
                self.error("conversation_already_has_active_response", &message, shared)
            }
            Some("response.cancel") if self.reply.is_some() => self.stop("client_cancelled", shared),
            Some("response.cancel") => self.error("response_cancel_not_active", &message, shared),
            Some("conversation.item.create") => self.item(message["item"].clone(), shared),
            Some("conversation.item.truncate") => self.event(
                json!({"type": "conversation.item.truncated", "item_id": message["item_id"],
                    "content_index": message["content_index"], "audio_end_ms": message["audio_end_ms"]}),
                shared,
            ),
            Some("conversation.item.delete") => self.event(
                json!({"type": "conversation.item.deleted", "item_id": message["item_id"]}),
                shared,
            ),
            Some("input_audio_buffer.clear") => {
                self.event(json!({"type": "input_audio_buffer.cleared"}), shared)
            }
            Some("input_audio_buffer.commit") => Ok(()),
            _ => {
                shared.model_faults += 1;
                Ok(())
            }
        }
    }

    /// The caller's sound: it goes back as the reply.
    fn append(
        &mut self,
        audio: &[u8],
        now: u64,
        shared: &mut Shared,
        calls: &mut [Carrier],
    ) -> Result<(), Gone> {
        let Some(updated_at) = self.updated_at else {
            // Sound that comes before the settings are acknowledged would be misread by the real one.
            shared.model_faults += 1;
            return Ok(());
        };
        if self.replies == 0 && now - updated_at > SPEAKS_ALONE_AFTER {
            self.voice_begins(shared)?;
            self.voice_ends(shared)?;
            if self.reply.is_none() {
                self.speak(shared)?;
            }
        }
        let answered = if let Some(head) = &mut self.reply {
            self.events += 1;
            hexadecimal(&mut head[NUMBER_AT..NUMBER_AT + NUMBER_CHARS], self.events);
            self.socket.text(&[head, audio, br#""}"#], &mut shared.out)?;
            true
        } else {
            false
        };
        let took = now_ns() - now;
        let mut settle = |identity: Identity| {
            self.call = Some(identity.call);
            let call = usize::try_from(identity.call).unwrap_or(usize::MAX);
            let Some(carrier) = calls.get_mut(call) else {
                return;
            };
            if answered {
                carrier.frames.answered(identity.sequence, took);
            } else {
                carrier.frames.swallowed(identity.sequence, &mut shared.window);
            }
        };
        match Identity::of_base64(audio) {
            Some(identity) if self.pieces.is_empty() => settle(identity),
            _ => {
                self.pieces.push(audio, settle);
            }
        }
        if answered {
            self.spoken += 1;
            if self.spoken % PIECES_A_WORD == 1 {
                return self.word(shared);
            }
        }
        Ok(())
    }

    /// Writes down a little of what the reply says: a voice without words is a fault of the model.
    fn word(&mut self, shared: &mut Shared) -> Result<(), Gone> {
        let (id, n) = (self.id, self.replies);
        self.event(
            json!({"type": "response.output_audio_transcript.delta", "response_id": format!("resp_{id:08x}{n:04x}"),
                "item_id": format!("item_{id:08x}{n:04x}"), "output_index": 0, "content_index": 0, "delta": "and so on "}),
            shared,
        )
    }

    /// Begins a reply without an end.
    fn speak(&mut self, shared: &mut Shared) -> Result<(), Gone> {
        self.replies += 1;
        let (id, n) = (self.id, self.replies);
        let response = self.response("in_progress", &Value::Null);
        self.event(json!({"type": "response.created", "response": response}), shared)?;
        let item = json!({"id": format!("item_{id:08x}{n:04x}"), "object": "realtime.item", "type": "message",
            "status": "in_progress", "role": "assistant", "content": []});
        let response_id = format!("resp_{id:08x}{n:04x}");
        self.event(
            json!({"type": "response.output_item.added", "response_id": response_id, "output_index": 0,
                "item": item}),
            shared,
        )?;
        self.event(
            json!({"type": "conversation.item.added", "previous_item_id": Value::Null, "item": item}),
            shared,
        )?;
        self.event(
            json!({"type": "response.content_part.added", "response_id": response_id, "item_id": item["id"],
                "output_index": 0, "content_index": 0, "part": {"type": "audio", "transcript": ""}}),
            shared,
        )?;
        self.reply = Some(
            format!(
                r#"{{"type":"response.output_audio.delta","event_id":"event_00000000","response_id":"{response_id}","item_id":"item_{id:08x}{n:04x}","output_index":0,"content_index":0,"delta":""#
            )
            .into_bytes(),
        );
        Ok(())
    }

    /// The reply is broken off.
    fn stop(&mut self, reason: &str, shared: &mut Shared) -> Result<(), Gone> {
        self.reply = None;
        let details = json!({"type": "cancelled", "reason": reason});
        let mut response = self.response("cancelled", &details);
        response["usage"] = json!({"total_tokens": 200, "input_tokens": 100, "output_tokens": 100,
            "input_token_details": {"text_tokens": 50, "audio_tokens": 50, "image_tokens": 0, "cached_tokens": 0,
                "cached_tokens_details": {"text_tokens": 0, "audio_tokens": 0, "image_tokens": 0}},
            "output_token_details": {"text_tokens": 20, "audio_tokens": 80}});
        self.event(json!({"type": "response.done", "response": response}), shared)
    }

    /// The caller's voice is there. What follows from it is as the settings say.
    pub(crate) fn voice_begins(&mut self, shared: &mut Shared) -> Result<(), Gone> {
        self.items += 1;
        let item = format!("item_u{:07x}{:04x}", self.id, self.items);
        self.speaking = Some(item.clone());
        self.event(
            json!({"type": "input_audio_buffer.speech_started", "audio_start_ms": 1_000, "item_id": item}),
            shared,
        )?;
        if self.turn_detection("interrupt_response") && self.reply.is_some() {
            self.stop("turn_detected", shared)?;
        }
        Ok(())
    }

    /// The caller's voice has ended; the words are known, and the reply goes on.
    pub(crate) fn voice_ends(&mut self, shared: &mut Shared) -> Result<(), Gone> {
        let Some(item_id) = self.speaking.take() else {
            return Ok(());
        };
        self.event(
            json!({"type": "input_audio_buffer.speech_stopped", "audio_end_ms": 1_600, "item_id": item_id}),
            shared,
        )?;
        self.event(
            json!({"type": "input_audio_buffer.committed", "previous_item_id": Value::Null, "item_id": item_id}),
            shared,
        )?;
        let item = json!({"id": item_id, "object": "realtime.item", "type": "message", "status": "completed",
            "role": "user", "content": [{"type": "input_audio", "transcript": Value::Null}]});
        self.item(item, shared)?;
        self.event(
            json!({"type": "conversation.item.input_audio_transcription.completed", "item_id": item_id,
                "content_index": 0, "transcript": "One moment, please.",
                "usage": {"type": "duration", "seconds": 1}}),
            shared,
        )?;
        if self.turn_detection("create_response") && self.reply.is_none() {
            self.speak(shared)?;
        }
        Ok(())
    }

    fn turn_detection(&self, what: &str) -> bool {
        let settings = &self.settings["audio"]["input"]["turn_detection"];
        !settings.is_null() && settings[what].as_bool().unwrap_or(true)
    }
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len())
        .position(|window| window == what)
        .map(|at| at + what.len())
}

fn hexadecimal(place: &mut [u8], mut number: u64) {
    for digit in place.iter_mut().rev() {
        let value = u8::try_from(number & 15).unwrap_or(0);
        *digit = if value < 10 {
            b'0' + value
        } else {
            b'a' + value - 10
        };
        number >>= 4;
    }
}

/// The answer to an upgrade.
fn upgrade(request: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(request).ok()?;
    let key = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("sec-websocket-key")
            .then(|| value.trim())
    })?;
    let accept = accept(key);
    Some(format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    ))
}

/// What a server answers to a key.
pub(crate) fn accept(key: &str) -> String {
    let mut hash = Sha1::new();
    hash.update(key.as_bytes());
    hash.update(b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    STANDARD.encode(hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_an_event_is_where_it_is_written() {
        let mut head = br#"{"type":"response.output_audio.delta","event_id":"event_00000000","x":""#.to_vec();
        hexadecimal(&mut head[NUMBER_AT..NUMBER_AT + NUMBER_CHARS], 0xbeef);
        let text = String::from_utf8(head).unwrap();
        assert!(text.contains(r#""event_id":"event_0000beef","#), "{text}");
    }

    #[test]
    fn an_upgrade_is_answered_as_rfc_6455_says() {
        let request = b"GET /v1/realtime?model=m HTTP/1.1\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==";
        assert!(upgrade(request).unwrap().contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
        assert!(upgrade(b"GET / HTTP/1.1").is_none());
    }
}
