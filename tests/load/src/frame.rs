//! WebSocket frames, both ways, without copies: the driver must cost less than what it measures.

/// Text.
pub(crate) const TEXT: u8 = 1;
/// Goodbye.
pub(crate) const CLOSE: u8 = 8;
/// Are you there.
pub(crate) const PING: u8 = 9;
/// Yes.
pub(crate) const PONG: u8 = 10;
/// The rest of a message.
pub(crate) const CONTINUATION: u8 = 0;

/// Largest message that anybody may send us.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// A frame in a buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) opcode: u8,
    pub(crate) last: bool,
    /// Where its payload is.
    pub(crate) from: usize,
    pub(crate) to: usize,
}

/// The peer does not speak the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Broken;

/// Takes the next frame at `at`, its mask removed in place. None: more bytes are needed.
pub(crate) fn take(buffer: &mut [u8], at: usize) -> Result<Option<Frame>, Broken> {
    let Some(&[first, second]) = buffer.get(at..at + 2).and_then(|two| two.first_chunk::<2>()) else {
        return Ok(None);
    };
    let mut from = at + 2;
    let length = match second & 0x7f {
        126 => {
            let Some(bytes) = buffer.get(from..from + 2).and_then(|b| b.first_chunk::<2>()) else {
                return Ok(None);
            };
            from += 2;
            usize::from(u16::from_be_bytes(*bytes))
        }
        127 => {
            let Some(bytes) = buffer.get(from..from + 8).and_then(|b| b.first_chunk::<8>()) else {
                return Ok(None);
            };
            from += 8;
            usize::try_from(u64::from_be_bytes(*bytes)).map_err(|_| Broken)?
        }
        short => usize::from(short),
    };
    if length > MAX_BYTES || first & 0x70 != 0 {
        return Err(Broken);
    }
    let mut mask = None;
    if second & 0x80 != 0 {
        let Some(bytes) = buffer.get(from..from + 4).and_then(|b| b.first_chunk::<4>()) else {
            return Ok(None);
        };
        mask = Some(*bytes);
        from += 4;
    }
    let to = from + length;
    let Some(payload) = buffer.get_mut(from..to) else {
        return Ok(None);
    };
    if let Some(mask) = mask {
        apply(payload, mask);
    }
    Ok(Some(Frame {
        opcode: first & 0x0f,
        last: first & 0x80 != 0,
        from,
        to,
    }))
}

/// Masks or unmasks.
fn apply(payload: &mut [u8], mask: [u8; 4]) {
    let wide = u64::from_ne_bytes([
        mask[0], mask[1], mask[2], mask[3], mask[0], mask[1], mask[2], mask[3],
    ]);
    let (words, rest) = payload.as_chunks_mut::<8>();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(mask.iter().cycle()) {
        *byte ^= key;
    }
}

/// Adds a frame to `out`; a client gives a mask.
pub(crate) fn put(out: &mut Vec<u8>, opcode: u8, payload: &[&[u8]], mask: Option<u32>) {
    let length: usize = payload.iter().map(|part| part.len()).sum();
    let masked = if mask.is_some() { 0x80 } else { 0 };
    out.push(0x80 | opcode);
    match u16::try_from(length) {
        Ok(short @ 0..126) => out.push(masked | u8::try_from(short).unwrap_or(0)),
        Ok(medium) => {
            out.push(masked | 126);
            out.extend_from_slice(&medium.to_be_bytes());
        }
        Err(_) => {
            out.push(masked | 127);
            out.extend_from_slice(&u64::try_from(length).unwrap_or(0).to_be_bytes());
        }
    }
    if let Some(mask) = mask {
        out.extend_from_slice(&mask.to_be_bytes());
    }
    let from = out.len();
    for part in payload {
        out.extend_from_slice(part);
    }
    if let Some(mask) = mask {
        apply(&mut out[from..], mask.to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_every_length_come_back() {
        for length in [0, 1, 125, 126, 371, 65_535, 65_536, 70_001] {
            for mask in [None, Some(0xdead_beef)] {
                let payload: Vec<u8> = (0..length).map(|n| u8::try_from(n % 251).unwrap()).collect();
                let mut bytes = Vec::new();
                put(
                    &mut bytes,
                    TEXT,
                    &[&payload[..length / 2], &payload[length / 2..]],
                    mask,
                );
                // Not a byte too early.
                for short in [0, 1, bytes.len() / 2, bytes.len() - 1] {
                    let mut part = bytes[..short].to_vec();
                    assert_eq!(take(&mut part, 0).unwrap(), None);
                }
                let frame = take(&mut bytes, 0).unwrap().unwrap();
                assert_eq!((frame.opcode, frame.last, frame.to), (TEXT, true, bytes.len()));
                assert_eq!(&bytes[frame.from..frame.to], &payload[..]);
            }
        }
    }

    #[test]
    fn nonsense_is_refused() {
        assert_eq!(take(&mut [0xf1, 0], 0), Err(Broken));
        assert_eq!(take(&mut [0x81, 127, 1, 0, 0, 0, 0, 0, 0, 0], 0), Err(Broken));
    }
}
