//! Texts in DNS, by which somebody shows that a domain is theirs.
//!
//! One question, one answer: over UDP, and over TCP when the answer does not fit. Only what a proof needs is read.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use thiserror::Error;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

/// For one try with one server.
const WITHIN: Duration = Duration::from_secs(3);
/// Servers that are asked one after the other.
const MOST_SERVERS: usize = 3;
/// Answers that are looked at.
const MOST_ANSWERS: usize = 64;
/// Largest answer over UDP, as the question says.
const MAX_UDP: usize = 1_232;
const TXT: u16 = 16;
const INTERNET: u16 = 1;

/// Why nothing is known of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TxtError {
    /// It is no name.
    #[error("the name cannot be asked for")]
    BadName,
    /// No server answered in time, or none usefully.
    #[error("no name server answers")]
    NoAnswer,
}

/// Asks name servers. Cheap to clone.
#[derive(Debug, Clone)]
pub struct TxtResolver {
    servers: Vec<SocketAddr>,
}

impl TxtResolver {
    /// Asks the servers of this machine's configuration.
    #[must_use]
    pub fn of_system() -> Self {
        let text = std::fs::read_to_string("/etc/resolv.conf").unwrap_or_default();
        let mut servers = read_servers(&text);
        if servers.is_empty() {
            servers.push(SocketAddr::from((Ipv4Addr::LOCALHOST, 53)));
        }
        Self { servers }
    }

    /// Asks one server.
    #[must_use]
    pub fn at(server: SocketAddr) -> Self {
        Self {
            servers: vec![server],
        }
    }

    /// The texts of a name; none when there is no such name.
    ///
    /// # Errors
    /// When no server answers.
    pub async fn lookup(&self, name: &str) -> Result<Vec<String>, TxtError> {
        for server in &self.servers {
            let id = random_id()?;
            let question = question(id, name).ok_or(TxtError::BadName)?;
            match timeout(WITHIN, ask(*server, id, &question)).await {
                Ok(Ok(Some(texts))) => return Ok(texts),
                Ok(Ok(None)) => tracing::debug!(%server, "a name server gave no usable answer"),
                Ok(Err(cause)) => tracing::debug!(%server, error = %cause, "a name server does not answer"),
                Err(_) => tracing::debug!(%server, "a name server does not answer in time"),
            }
        }
        Err(TxtError::NoAnswer)
    }
}

fn random_id() -> Result<u16, TxtError> {
    let mut id = [0; 2];
    aws_lc_rs::rand::fill(&mut id).map_err(|_| TxtError::NoAnswer)?;
    Ok(u16::from_be_bytes(id))
}

/// The lines `nameserver …` of a `resolv.conf`.
fn read_servers(text: &str) -> Vec<SocketAddr> {
    text.lines()
        .filter_map(|line| line.trim().strip_prefix("nameserver"))
        .filter_map(|rest| {
            let address = rest.trim();
            // A zone of an address on the own link is not needed to reach a server elsewhere.
            let address = address.split('%').next().unwrap_or_default();
            address.parse::<IpAddr>().ok()
        })
        .take(MOST_SERVERS)
        .map(|address| SocketAddr::new(address, 53))
        .collect()
}

async fn ask(server: SocketAddr, id: u16, question: &[u8]) -> io::Result<Option<Vec<String>>> {
    let here = if server.is_ipv4() {
        SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0))
    } else {
        SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0))
    };
    let socket = UdpSocket::bind(here).await?;
    // Takes answers of this server only.
    socket.connect(server).await?;
    socket.send(question).await?;
    let mut answer = vec![0; MAX_UDP];
    loop {
        let length = socket.recv(&mut answer).await?;
        match read(&answer[..length], id, question) {
            Read::Texts(texts) => return Ok(Some(texts)),
            Read::Truncated => break,
            Read::Useless => return Ok(None),
            // Somebody else's; the right one may still come.
            Read::NotOurs => {}
        }
    }
    let mut stream = TcpStream::connect(server).await?;
    let length = u16::try_from(question.len()).unwrap_or(u16::MAX);
    stream.write_all(&length.to_be_bytes()).await?;
    stream.write_all(question).await?;
    let length = usize::from(stream.read_u16().await?);
    let mut answer = vec![0; length];
    stream.read_exact(&mut answer).await?;
    Ok(match read(&answer, id, question) {
        Read::Texts(texts) => Some(texts),
        Read::Truncated | Read::Useless | Read::NotOurs => None,
    })
}

/// A question for the texts of a name; none when it is no name.
fn question(id: u16, name: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(name.len() + 29);
    bytes.extend_from_slice(&id.to_be_bytes());
    // Recursion wanted; one question, one additional record.
    bytes.extend_from_slice(&[0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 1]);
    if name.len() > 253 {
        return None;
    }
    for label in name.trim_end_matches('.').split('.') {
        let length = u8::try_from(label.len())
            .ok()
            .filter(|length| (1..=63).contains(length))?;
        if !label
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        {
            return None;
        }
        bytes.push(length);
        bytes.extend_from_slice(label.to_ascii_lowercase().as_bytes());
    }
    bytes.push(0);
    bytes.extend_from_slice(&TXT.to_be_bytes());
    bytes.extend_from_slice(&INTERNET.to_be_bytes());
    // How large an answer may be (EDNS).
    bytes.extend_from_slice(&[0, 0, 41]);
    bytes.extend_from_slice(&u16::try_from(MAX_UDP).unwrap_or(512).to_be_bytes());
    bytes.extend_from_slice(&[0, 0, 0, 0, 0, 0]);
    Some(bytes)
}

/// What an answer is.
#[derive(Debug, PartialEq, Eq)]
enum Read {
    Texts(Vec<String>),
    Truncated,
    /// The server failed or refused.
    Useless,
    NotOurs,
}

/// Bytes read one after the other, never past their end.
struct Bytes<'a> {
    all: &'a [u8],
    at: usize,
}

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let part = self.all.get(self.at..self.at.checked_add(count)?)?;
        self.at += count;
        Some(part)
    }

    fn number(&mut self) -> Option<u16> {
        self.take(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
    }

    /// Passes over a name; where a pointer leads does not matter.
    fn pass_name(&mut self) -> Option<()> {
        loop {
            match self.take(1)?[0] {
                0 => return Some(()),
                length @ 1..=63 => {
                    self.take(usize::from(length))?;
                }
                192..=255 => {
                    self.take(1)?;
                    return Some(());
                }
                _ => return None,
            }
        }
    }
}

fn read(answer: &[u8], id: u16, question: &[u8]) -> Read {
    read_whole(answer, id, question).unwrap_or(Read::NotOurs)
}

fn read_whole(answer: &[u8], id: u16, question: &[u8]) -> Option<Read> {
    let mut bytes = Bytes { all: answer, at: 0 };
    let (got, flags) = (bytes.number()?, bytes.number()?);
    let (questions, answers) = (bytes.number()?, bytes.number()?);
    bytes.take(4)?;
    // The question comes back as it was put, before the additional record.
    let asked = question.get(12..question.len().checked_sub(11)?)?;
    if got != id || flags & 0x8000 == 0 || questions != 1 {
        return None;
    }
    if !bytes.take(asked.len())?.eq_ignore_ascii_case(asked) {
        return None;
    }
    if flags & 0x0200 != 0 {
        return Some(Read::Truncated);
    }
    match flags & 0x000f {
        0 => {}
        // There is no such name.
        3 => return Some(Read::Texts(Vec::new())),
        _ => return Some(Read::Useless),
    }
    let mut texts = Vec::new();
    for _ in 0..usize::from(answers).min(MOST_ANSWERS) {
        bytes.pass_name()?;
        let (kind, class) = (bytes.number()?, bytes.number()?);
        bytes.take(4)?;
        let length = usize::from(bytes.number()?);
        let data = bytes.take(length)?;
        if kind == TXT && class == INTERNET {
            texts.push(join(data)?);
        }
    }
    Some(Read::Texts(texts))
}

/// The pieces of one text, each with its length before it.
fn join(data: &[u8]) -> Option<String> {
    let mut pieces = Bytes { all: data, at: 0 };
    let mut text = Vec::new();
    while pieces.at < data.len() {
        let length = usize::from(pieces.take(1)?[0]);
        text.extend_from_slice(pieces.take(length)?);
    }
    Some(String::from_utf8_lossy(&text).into_owned())
}

#[cfg(test)]
mod tests;
