//! What we send on the socket: exactly the documented members, in one allocation a frame.

use std::fmt;

use bytestring::ByteString;

use super::MAX_NAME_BYTES;

/// Ends both a `media` and a `mark` message.
const TAIL: &str = "\"}}";

/// Writes the messages of one stream; what does not change is written once.
#[derive(Clone)]
pub struct StreamWriter {
    media_head: Box<str>,
    mark_head: Box<str>,
    clear: ByteString,
}

impl StreamWriter {
    /// A writer for the stream that `start` named.
    #[must_use]
    pub fn new(stream_sid: &str) -> Self {
        let sid = serde_json::Value::from(stream_sid);
        let head = |event: &str, member: &str| {
            format!("{{\"event\":\"{event}\",\"streamSid\":{sid},\"{event}\":{{\"{member}\":\"")
                .into_boxed_str()
        };
        Self {
            media_head: head("media", "payload"),
            mark_head: head("mark", "name"),
            clear: ByteString::from(format!("{{\"event\":\"clear\",\"streamSid\":{sid}}}")),
        }
    }

    /// Sound to play after what is queued. `payload_base64` must be Base64: it is written as it is.
    #[must_use]
    pub fn media(&self, payload_base64: &str) -> ByteString {
        join(&self.media_head, payload_base64)
    }

    /// Comes back when all sound before it was played, or forgotten. A name longer than [`MAX_NAME_BYTES`] is cut.
    #[must_use]
    pub fn mark(&self, name: &str) -> ByteString {
        let name = &name[..name.floor_char_boundary(MAX_NAME_BYTES)];
        if is_plain(name) {
            return join(&self.mark_head, name);
        }
        let quoted = serde_json::Value::from(name).to_string();
        let inner = quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        join(&self.mark_head, inner.unwrap_or_default())
    }

    /// Forgets all sound that is queued; marks come back at once.
    #[must_use]
    pub fn clear(&self) -> ByteString {
        self.clear.clone()
    }
}

impl fmt::Debug for StreamWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamWriter").finish_non_exhaustive()
    }
}

/// Whether a text is the same in JSON.
fn is_plain(text: &str) -> bool {
    !text
        .bytes()
        .any(|byte| byte < 0x20 || matches!(byte, b'"' | b'\\'))
}

fn join(head: &str, middle: &str) -> ByteString {
    // Exactly as large as it gets: the bytes are then shared as they are, without a copy.
    let mut frame = String::with_capacity(head.len() + middle.len() + TAIL.len());
    frame.push_str(head);
    frame.push_str(middle);
    frame.push_str(TAIL);
    ByteString::from(frame)
}
