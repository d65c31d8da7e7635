//! Pieces of sound: as they travel on a channel, and as a browser reads and writes them (api.md §4).
//!
//! A browser's frame is one byte kind, four bytes big-endian time in milliseconds since the call was answered, then
//! mu-law at 8 kHz. On a channel it is text: kind or speaker, time, base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{BufMut as _, Bytes, BytesMut};
use phony_kernel::{CallId, TenantId};

use crate::web::MAX_SOUND_BYTES;

/// Kind of a frame with the caller's sound.
pub const CALLER: u8 = 1;
/// Kind of a frame with the sound of who has taken the call over. The agent's is [`crate::web::AGENT_SOUND`].
pub const SUPERVISOR: u8 = 3;

/// Bytes before the sound of a frame.
const HEAD_BYTES: usize = 5;
/// Longest base64 of a piece that is read.
const MAX_BASE64: usize = MAX_SOUND_BYTES.div_ceil(3) * 4;

/// Where a call's sound is heard.
pub(crate) fn sound_channel(tenant: TenantId, call: CallId) -> String {
    format!("t:{{{}}}:sound:{}", tenant.uuid(), call.uuid())
}

/// Where the microphone of who has taken a call over is heard.
pub(crate) fn voice_channel(tenant: TenantId, call: CallId) -> String {
    format!("t:{{{}}}:voice:{}", tenant.uuid(), call.uuid())
}

/// A piece of a call's sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Whose: [`CALLER`], [`crate::web::AGENT_SOUND`] or [`SUPERVISOR`].
    pub kind: u8,
    /// When it began, in milliseconds since the call was answered.
    pub time_ms: u32,
    /// Mu-law, 8 kHz.
    pub sound: Bytes,
}

impl Piece {
    /// As text for the channel.
    pub(crate) fn write(kind: u8, time_ms: u32, sound: &[u8]) -> String {
        let mut text = format!("{kind} {time_ms} ");
        STANDARD.encode_string(sound, &mut text);
        text
    }

    /// Reads a channel's text; none is one that is no piece.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let (kind, rest) = text.split_once(' ')?;
        let (time_ms, base64) = rest.split_once(' ')?;
        Some(Self {
            kind: kind.parse().ok()?,
            time_ms: time_ms.parse().ok()?,
            sound: decode(base64)?.into(),
        })
    }

    /// As a browser's frame.
    #[must_use]
    pub fn frame(&self) -> Bytes {
        let mut frame = BytesMut::with_capacity(HEAD_BYTES + self.sound.len());
        frame.put_u8(self.kind);
        frame.put_u32(self.time_ms);
        frame.put_slice(&self.sound);
        frame.freeze()
    }
}

/// A piece of a microphone's sound, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct VoicePiece<'a> {
    /// Id of who speaks.
    pub(crate) actor: &'a str,
    /// Base64 of mu-law, whole.
    pub(crate) base64: &'a str,
}

impl<'a> VoicePiece<'a> {
    /// As text for the channel.
    pub(crate) fn write(actor: &str, sound: &[u8]) -> String {
        let mut text = format!("{actor} ");
        STANDARD.encode_string(sound, &mut text);
        text
    }

    /// Reads a channel's text; none is one that is no piece.
    pub(crate) fn read(text: &'a str) -> Option<Self> {
        let (actor, base64) = text.split_once(' ')?;
        (decode(base64).is_some()).then_some(Self { actor, base64 })
    }
}

fn decode(base64: &str) -> Option<Vec<u8>> {
    if base64.is_empty() || base64.len() > MAX_BASE64 {
        return None;
    }
    STANDARD.decode(base64).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_sound_comes_back_and_no_text_brings_more_than_fits(
            kind: u8,
            time_ms: u32,
            sound in prop::collection::vec(any::<u8>(), 1..=MAX_SOUND_BYTES),
            text in prop_oneof![any::<String>(), "[0-9]{1,12} [0-9]{1,12} [A-Za-z0-9+/]{0,40}={0,2}"],
        ) {
            let piece = Piece::read(&Piece::write(kind, time_ms, &sound));
            let sound = Bytes::from(sound);
            prop_assert_eq!(piece, Some(Piece { kind, time_ms, sound }));
            if let Some(piece) = Piece::read(&text) {
                prop_assert!((1..=MAX_SOUND_BYTES + 2).contains(&piece.sound.len()));
                prop_assert_eq!(Piece::read(&Piece::write(piece.kind, piece.time_ms, &piece.sound)), Some(piece));
            }
            prop_assert!(VoicePiece::read(&text).is_none_or(|piece| piece.base64.len() <= MAX_BASE64));
        }
    }

    #[test]
    fn pieces_are_read_as_they_were_written() {
        let text = Piece::write(2, 12_340, &[7; 320]);
        let piece = Piece::read(&text).unwrap();
        let sound = Bytes::from(vec![7; 320]);
        let wanted = Piece {
            kind: 2,
            time_ms: 12_340,
            sound,
        };
        assert_eq!(piece, wanted);
        assert_eq!(piece.frame()[..7], [2, 0, 0, 0x30, 0x34, 7, 7]);
        for bad in ["", "1", "1 2", "1 2 ", "x 2 AAAA", "1 -2 AAAA", "1 2 A*AA"] {
            assert_eq!(Piece::read(bad), None, "{bad}");
        }
        assert_eq!(Piece::read(&Piece::write(1, 0, &[0; MAX_SOUND_BYTES + 3])), None);
    }

    #[test]
    fn a_microphones_piece_names_who_speaks() {
        let text = VoicePiece::write("usr_1", &[0xff; 160]);
        let piece = VoicePiece::read(&text).unwrap();
        assert_eq!((piece.actor, piece.base64.len()), ("usr_1", 216));
        assert_eq!(VoicePiece::read("usr_1"), None);
        assert_eq!(VoicePiece::read("usr_1 no base64"), None);
    }
}
