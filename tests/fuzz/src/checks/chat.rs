//! The stream of a chat model.

use phony_models::chat::{ChatErrorKind, ChatEvent, Decoder, SseDecoder};

/// What is understood does not depend on how the bytes were cut; tokens are never empty, and there are no more words
/// than came.
pub fn chat(data: &[u8]) {
    assert_eq!(records(&[data]), records(&super::cut(data)));
    for clean in [true, false] {
        let whole = decode(&[data], clean);
        assert_eq!(whole, decode(&super::cut(data), clean));
        is_in_order(&whole.0, data.len());
    }
}

fn records(pieces: &[&[u8]]) -> Option<Vec<String>> {
    let (mut decoder, mut records) = (SseDecoder::new(), Vec::new());
    for piece in pieces {
        decoder.push(piece, &mut records).ok()?;
    }
    decoder.finish(&mut records).ok()?;
    Some(records)
}

fn decode(pieces: &[&[u8]], clean: bool) -> (Vec<ChatEvent>, Option<ChatErrorKind>) {
    let (mut decoder, mut events) = (Decoder::new(), Vec::new());
    for piece in pieces {
        if let Err(error) = decoder.push(piece, &mut events) {
            return (events, Some(error.kind));
        }
    }
    let end = decoder.finish(clean, &mut events).err().map(|error| error.kind);
    assert!(end.is_some() || decoder.is_over());
    (events, end)
}

fn is_in_order(events: &[ChatEvent], bytes: usize) {
    let mut said = 0;
    for (at, event) in events.iter().enumerate() {
        match event {
            ChatEvent::Started(_) => assert_eq!(at, 0),
            ChatEvent::Token(token) => {
                assert!(at > 0 && !token.is_empty());
                said += token.len();
            }
            ChatEvent::Finished(_) => assert_eq!(at, events.len() - 1),
        }
    }
    // A byte that is no text becomes a mark of three.
    assert!(said <= 3 * bytes);
}
