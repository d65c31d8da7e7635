//! One person's live socket, read as cheaply as a socket can be read.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Result, bail};
use rustix::net::sockopt;
use serde_json::json;

use crate::dial::{KEY, read_head};
use crate::engine::accept;
use crate::frame;
use crate::http;

const WITHIN: Duration = Duration::from_secs(15);
/// Room for what comes at one time.
const BUFFER: usize = 256 * 1024;
/// No snapshot may be longer.
const MOST: usize = 8 * 1024 * 1024;

/// What came of a look at a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Came {
    /// Nothing, for now.
    Nothing,
    /// Something that may be a whole message.
    Bytes,
    /// The connection is over.
    End,
}

/// A message.
#[derive(Debug)]
pub(super) enum Message<'a> {
    Text(&'a str),
    /// Goodbye, with its code.
    Closed(u16),
}

/// An open live socket.
#[derive(Debug)]
pub(super) struct Watcher {
    pub(super) stream: TcpStream,
    buffer: Vec<u8>,
    from: usize,
    to: usize,
}

impl Watcher {
    /// Opens a live socket by a ticket; `receive` is how many bytes the kernel may keep for a reader who does not read.
    pub(super) fn open(address: SocketAddr, ticket: &str, receive: Option<usize>) -> Result<Self> {
        let mut stream = TcpStream::connect_timeout(&address, WITHIN)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(WITHIN))?;
        if let Some(bytes) = receive {
            sockopt::set_socket_recv_buffer_size(&stream, bytes)?;
        }
        let protocols = format!("phony.v1, ticket.{ticket}");
        let headers = [
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", KEY),
            ("Sec-WebSocket-Protocol", protocols.as_str()),
        ];
        stream.write_all(http::head(address, "GET", "/v1/live", &headers, None).as_bytes())?;
        let head = read_head(&mut stream)?;
        if !head.starts_with("HTTP/1.1 101") || !head.contains(&accept(KEY)) {
            bail!(
                "the live socket is refused: {}",
                head.lines().next().unwrap_or_default()
            );
        }
        Ok(Self {
            stream,
            buffer: vec![0; BUFFER],
            from: 0,
            to: 0,
        })
    }

    /// Asks for the wall, or for one call, from the beginning or from a cursor on.
    pub(super) fn subscribe(&mut self, call: Option<&str>, after: Option<&str>) -> Result<()> {
        let mut wish = match call {
            None => json!({"op": "subscribe", "topic": "calls"}),
            Some(call) => json!({"op": "subscribe", "topic": "call", "id": call}),
        };
        if let Some(after) = after {
            wish["after"] = after.into();
        }
        Ok(self.put(frame::TEXT, wish.to_string().as_bytes())?)
    }

    fn put(&mut self, opcode: u8, payload: &[u8]) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(payload.len() + 16);
        frame::put(&mut bytes, opcode, &[payload], Some(0x5bd1_e995));
        (&self.stream).write_all(&bytes)
    }

    /// Reads what is there.
    pub(super) fn fill(&mut self) -> Came {
        if self.from > 0 {
            self.buffer.copy_within(self.from..self.to, 0);
            self.to -= self.from;
            self.from = 0;
        }
        if self.to == self.buffer.len() {
            if self.to >= MOST {
                return Came::End;
            }
            self.buffer.resize(self.to * 2, 0);
        }
        match (&self.stream).read(&mut self.buffer[self.to..]) {
            Ok(0) => Came::End,
            Ok(read) => {
                self.to += read;
                Came::Bytes
            }
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted
                ) =>
            {
                Came::Nothing
            }
            Err(_) => Came::End,
        }
    }

    /// The next whole message of what was read; answers pings on the way.
    pub(super) fn next(&mut self) -> Option<Message<'_>> {
        loop {
            let Ok(found) = frame::take(&mut self.buffer[..self.to], self.from) else {
                return Some(Message::Closed(1002));
            };
            let found = found?;
            self.from = found.to;
            let payload = found.from..found.to;
            match found.opcode {
                frame::TEXT => {
                    // The server sends text only; what is none is no event either.
                    return Some(Message::Text(
                        std::str::from_utf8(&self.buffer[payload]).unwrap_or_default(),
                    ));
                }
                frame::CLOSE => {
                    let code = self.buffer[payload].first_chunk::<2>();
                    return Some(Message::Closed(
                        code.map_or(1005, |code| u16::from_be_bytes(*code)),
                    ));
                }
                frame::PING => {
                    let echo = self.buffer[payload].to_vec();
                    // A server that is gone is noticed by reading.
                    let _ = self.put(frame::PONG, &echo);
                }
                _ => {}
            }
        }
    }
}
