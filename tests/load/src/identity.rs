//! The identity of a frame, in the first bytes of its 160 bytes of mu-law, as text in base64.
//!
//! The product must pass sound on untouched, so what a frame says of itself comes back, whole or in pieces.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Bytes of 20 ms of mu-law.
pub(crate) const FRAME_BYTES: usize = 160;
/// The same in base64.
pub(crate) const FRAME_CHARS: usize = 216;
/// Bytes that carry the identity: a whole number of base64 groups.
const HEAD_BYTES: usize = 12;
/// The same in base64.
const HEAD_CHARS: usize = 16;
/// How every frame begins.
const MAGIC: [u8; 4] = [0xd5, 0x2a, 0x91, 0x6e];

/// Which frame of which call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity {
    /// The call's number in this run.
    pub(crate) call: u32,
    /// The frame's number in its call.
    pub(crate) sequence: u32,
}

impl Identity {
    fn bytes(self) -> [u8; HEAD_BYTES] {
        let mut bytes = [0; HEAD_BYTES];
        bytes[..4].copy_from_slice(&MAGIC);
        bytes[4..8].copy_from_slice(&self.call.to_be_bytes());
        bytes[8..].copy_from_slice(&self.sequence.to_be_bytes());
        bytes
    }

    /// Reads the identity at the beginning of a frame.
    pub(crate) fn of_bytes(frame: &[u8]) -> Option<Self> {
        let head: &[u8; HEAD_BYTES] = frame.first_chunk()?;
        let (magic, rest) = head.split_first_chunk::<4>()?;
        if *magic != MAGIC {
            return None;
        }
        let (call, sequence) = rest.split_first_chunk::<4>()?;
        Some(Self {
            call: u32::from_be_bytes(*call),
            sequence: u32::from_be_bytes(sequence.try_into().ok()?),
        })
    }

    /// Reads the identity of one whole frame in base64, without decoding the rest.
    pub(crate) fn of_base64(text: &[u8]) -> Option<Self> {
        if text.len() != FRAME_CHARS {
            return None;
        }
        let mut head = [0; HEAD_BYTES];
        let read = STANDARD.decode_slice(text.get(..HEAD_CHARS)?, &mut head).ok()?;
        (read == HEAD_BYTES).then(|| Self::of_bytes(&head))?
    }
}

/// Makes the frames of one call as base64. Only the head of a frame differs from the one before.
#[derive(Debug, Clone)]
pub(crate) struct FrameMaker {
    call: u32,
    text: Vec<u8>,
}

impl FrameMaker {
    pub(crate) fn new(call: u32) -> Self {
        let mut bytes = [0xff_u8; FRAME_BYTES];
        let mut noise = u64::from(call).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        for byte in &mut bytes[HEAD_BYTES..] {
            noise ^= noise << 13;
            noise ^= noise >> 7;
            noise ^= noise << 17;
            // The upper bits of a good shift register, any value: it is opaque to the product.
            *byte = noise.to_be_bytes()[0];
        }
        Self {
            call,
            text: STANDARD.encode(bytes).into_bytes(),
        }
    }

    /// The frame with this number.
    pub(crate) fn frame(&mut self, sequence: u32) -> &[u8] {
        let head = Identity {
            call: self.call,
            sequence,
        };
        // Twelve bytes always fill sixteen characters.
        let _ = STANDARD.encode_slice(head.bytes(), &mut self.text[..HEAD_CHARS]);
        &self.text
    }

    /// Whether the part after the head is as it was sent.
    pub(crate) fn same_tail(&self, text: &[u8]) -> bool {
        text.get(HEAD_CHARS..) == self.text.get(HEAD_CHARS..)
    }
}

/// Puts frames together again that came in other pieces than they were sent in.
#[derive(Debug, Default)]
pub(crate) struct Pieces {
    bytes: Vec<u8>,
}

impl Pieces {
    /// Takes one payload; calls `found` for every whole frame. Gives the bytes that belong to none.
    pub(crate) fn push(&mut self, payload: &[u8], mut found: impl FnMut(Identity)) -> u64 {
        let mut strange = 0;
        match STANDARD.decode(payload) {
            Ok(bytes) => self.bytes.extend_from_slice(&bytes),
            Err(_) => return u64::try_from(payload.len()).unwrap_or(u64::MAX),
        }
        loop {
            match Identity::of_bytes(&self.bytes) {
                Some(identity) if self.bytes.len() >= FRAME_BYTES => {
                    found(identity);
                    self.bytes.drain(..FRAME_BYTES);
                }
                Some(_) => return strange,
                None if self.bytes.len() < HEAD_BYTES => return strange,
                None => {
                    // Not ours: silence that was put between, or what is left of a cut frame.
                    let next = self.bytes[1..].windows(4).position(|four| four == MAGIC);
                    let skip = next.map_or(self.bytes.len() - 3, |at| at + 1);
                    self.bytes.drain(..skip);
                    strange += u64::try_from(skip).unwrap_or(0);
                }
            }
        }
    }

    /// Whether a frame is half there.
    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_160_bytes_and_says_who_it_is() {
        let mut maker = FrameMaker::new(7);
        let text = maker.frame(41).to_vec();
        assert_eq!(STANDARD.decode(&text).unwrap().len(), FRAME_BYTES);
        let identity = Identity::of_base64(&text).unwrap();
        assert_eq!((identity.call, identity.sequence), (7, 41));
        assert!(maker.same_tail(&text));
        assert!(!FrameMaker::new(8).same_tail(&text));
        assert_eq!(Identity::of_base64(&[b'A'; FRAME_CHARS]), None);
    }

    #[test]
    fn frames_cut_elsewhere_come_together_again() {
        let mut maker = FrameMaker::new(3);
        let mut sound = Vec::new();
        for sequence in 0..30 {
            sound.extend(STANDARD.decode(maker.frame(sequence)).unwrap());
        }
        sound.splice(480..480, [0xff; 24]);
        let (mut pieces, mut seen, mut strange) = (Pieces::default(), Vec::new(), 0);
        for part in sound.chunks(24 * 11) {
            let text = STANDARD.encode(part);
            strange += pieces.push(text.as_bytes(), |one| seen.push(one.sequence));
        }
        assert_eq!(seen, (0..30).collect::<Vec<u32>>());
        assert_eq!(strange, 24);
        assert!(pieces.is_empty());
    }
}
