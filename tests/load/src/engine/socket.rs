//! A socket of the event loop: what came so far, and what did not go out yet.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;

use super::super::frame::{self, Broken, Frame};

/// Bytes that may wait to go out before the peer counts as gone.
const MAX_WAITING: usize = 1024 * 1024;

/// Why a socket is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gone {
    /// The peer closed, with its code if it said one.
    Closed(u16),
    /// It broke, or nobody reads any more.
    Broken,
}

impl From<Broken> for Gone {
    fn from(_: Broken) -> Self {
        Self::Broken
    }
}

/// A non-blocking socket.
#[derive(Debug)]
pub(crate) struct Socket {
    pub(crate) stream: TcpStream,
    /// The beginning of a message whose end has not come.
    partial: Vec<u8>,
    waiting: Vec<u8>,
    /// Mask of the next frame; none for a server.
    mask: Option<u32>,
    /// How often the peer did not take everything at once.
    pub(crate) stalls: u64,
}

impl Socket {
    pub(crate) fn new(stream: TcpStream, client: bool) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            partial: Vec::new(),
            waiting: Vec::new(),
            mask: client.then_some(0x5bd1_e995),
            stalls: 0,
        })
    }

    /// Reads what is there into `scratch`, after what is left of the last time. Gives the number of bytes, none if
    /// nothing came.
    pub(crate) fn fill(&mut self, scratch: &mut [u8]) -> Result<usize, Gone> {
        let kept = self.partial.len();
        scratch[..kept].copy_from_slice(&self.partial);
        match (&self.stream).read(&mut scratch[kept..]) {
            Ok(0) => Err(Gone::Closed(1006)),
            Ok(read) => {
                self.partial.clear();
                Ok(kept + read)
            }
            Err(error) if would_block(&error) => Ok(0),
            Err(_) => Err(Gone::Broken),
        }
    }

    /// Keeps what is no whole message yet.
    pub(crate) fn keep(&mut self, rest: &[u8]) -> Result<(), Gone> {
        if rest.len() > MAX_WAITING / 4 {
            return Err(Gone::Broken);
        }
        self.partial.extend_from_slice(rest);
        Ok(())
    }

    /// Sends a text message made of parts; `scratch` is room that is used again.
    pub(crate) fn text(&mut self, parts: &[&[u8]], scratch: &mut Vec<u8>) -> Result<(), Gone> {
        self.put(frame::TEXT, parts, scratch)
    }

    pub(crate) fn put(&mut self, opcode: u8, parts: &[&[u8]], scratch: &mut Vec<u8>) -> Result<(), Gone> {
        if let Some(mask) = &mut self.mask {
            *mask ^= *mask << 13;
            *mask ^= *mask >> 17;
            *mask ^= *mask << 5;
        }
        scratch.clear();
        frame::put(scratch, opcode, parts, self.mask);
        self.raw(scratch)
    }

    pub(crate) fn raw(&mut self, bytes: &[u8]) -> Result<(), Gone> {
        let mut sent = 0;
        if self.waiting.is_empty() {
            match (&self.stream).write(bytes) {
                Ok(all) if all == bytes.len() => return Ok(()),
                Ok(some) => sent = some,
                Err(error) if would_block(&error) => {}
                Err(_) => return Err(Gone::Broken),
            }
        }
        self.stalls += 1;
        if self.waiting.len() + bytes.len() > MAX_WAITING {
            return Err(Gone::Broken);
        }
        self.waiting.extend_from_slice(&bytes[sent..]);
        Ok(())
    }

    /// Sends what waits; the loop asks now and then.
    pub(crate) fn flush(&mut self) -> Result<(), Gone> {
        while !self.waiting.is_empty() {
            match (&self.stream).write(&self.waiting) {
                Ok(0) => return Err(Gone::Broken),
                Ok(sent) => drop(self.waiting.drain(..sent)),
                Err(error) if would_block(&error) => return Ok(()),
                Err(_) => return Err(Gone::Broken),
            }
        }
        Ok(())
    }
}

fn would_block(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}

/// The code in a close frame.
pub(crate) fn close_code(payload: &[u8]) -> u16 {
    payload
        .first_chunk::<2>()
        .map_or(1005, |code| u16::from_be_bytes(*code))
}

/// The next whole text message in `buffer` from `*at` on; answers pings on the way. Messages in several frames are
/// not taken: neither side of the product sends such.
pub(crate) fn next_text(
    socket: &mut Socket,
    buffer: &mut [u8],
    at: &mut usize,
    scratch: &mut Vec<u8>,
) -> Result<Option<Frame>, Gone> {
    loop {
        let Some(found) = frame::take(buffer, *at)? else {
            return Ok(None);
        };
        *at = found.to;
        match found.opcode {
            frame::TEXT if found.last => return Ok(Some(found)),
            frame::TEXT | frame::CONTINUATION => return Err(Gone::Broken),
            frame::PING => socket.put(frame::PONG, &[&buffer[found.from..found.to]], scratch)?,
            frame::CLOSE => {
                let code = close_code(&buffer[found.from..found.to]);
                // The answer to a goodbye; whoever said it may be gone already.
                let _ = socket.put(frame::CLOSE, &[&code.to_be_bytes()], scratch);
                return Err(Gone::Closed(code));
            }
            _ => {}
        }
    }
}
