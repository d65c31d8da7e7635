//! A small blocking HTTP client for what is not measured: setting up, ringing, looking.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

/// No answer may be longer.
const MAX_BYTES: usize = 16 * 1024 * 1024;
const WITHIN: Duration = Duration::from_secs(15);

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Answer {
    /// The body as JSON; refusals are errors.
    pub(crate) fn json(&self, what: &str) -> Result<Value> {
        if !(200..300).contains(&self.status) {
            bail!("{what} answered {}: {}", self.status, self.body);
        }
        serde_json::from_str(&self.body).with_context(|| format!("{what} answered no JSON"))
    }
}

/// One request on a connection of its own.
pub(crate) fn request(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&str>,
) -> Result<Answer> {
    let mut stream = TcpStream::connect_timeout(&address, WITHIN).context("cannot connect")?;
    stream.set_read_timeout(Some(WITHIN))?;
    stream.set_nodelay(true)?;
    let text = head(address, method, path, headers, body) + body.unwrap_or_default();
    stream.write_all(text.as_bytes())?;
    let mut bytes = Vec::new();
    let mut part = [0; 16 * 1024];
    loop {
        let read = stream.read(&mut part).context("no answer in time")?;
        bytes.extend_from_slice(&part[..read]);
        if let Some(answer) = parse(&bytes, read == 0)? {
            return Ok(answer);
        }
        if read == 0 || bytes.len() > MAX_BYTES {
            bail!("the answer broke off");
        }
    }
}

/// The head of a request.
pub(crate) fn head(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&str>,
) -> String {
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    if let Some(body) = body {
        text.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    text + "\r\n"
}

fn parse(bytes: &[u8], ended: bool) -> Result<Option<Answer>> {
    let Some((status, from, length)) = head_of(bytes)? else {
        return Ok(None);
    };
    let body = &bytes[from..];
    let whole = match length {
        Length::Bytes(wanted) if body.len() >= wanted => body[..wanted].to_vec(),
        Length::Chunked => match dechunk(body)? {
            Some(whole) => whole,
            None => return Ok(None),
        },
        Length::Open if ended => body.to_vec(),
        _ => return Ok(None),
    };
    Ok(Some(Answer {
        status,
        body: String::from_utf8_lossy(&whole).into_owned(),
    }))
}

/// The status of an answer that is there as a whole.
pub(crate) fn complete(bytes: &[u8]) -> Result<Option<u16>> {
    let Some((status, from, length)) = head_of(bytes)? else {
        return Ok(None);
    };
    let whole = match length {
        Length::Bytes(wanted) => bytes.len() - from >= wanted,
        Length::Chunked => dechunk(&bytes[from..])?.is_some(),
        Length::Open => false,
    };
    Ok(whole.then_some(status))
}

/// How long a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Length {
    Bytes(usize),
    Chunked,
    /// Until the connection ends.
    Open,
}

/// Status, where the body begins, and how long it is; None as long as the head is not whole.
fn head_of(bytes: &[u8]) -> Result<Option<(u16, usize, Length)>> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = std::str::from_utf8(&bytes[..end]).context("a head that is no text")?;
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
    let status = status.context("no status")?;
    let mut length = if matches!(status, 101 | 204 | 304) {
        Length::Bytes(0)
    } else {
        Length::Open
    };
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        if name.eq_ignore_ascii_case("content-length") {
            length = Length::Bytes(value.trim().parse().context("a strange length")?);
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            length = Length::Chunked;
        }
    }
    Ok(Some((status, end + 4, length)))
}

fn dechunk(mut raw: &[u8]) -> Result<Option<Vec<u8>>> {
    let mut body = Vec::new();
    loop {
        let Some(line) = raw.windows(2).position(|two| two == b"\r\n") else {
            return Ok(None);
        };
        let size = std::str::from_utf8(&raw[..line])?
            .split(';')
            .next()
            .unwrap_or_default();
        let size = usize::from_str_radix(size.trim(), 16).context("a broken chunk")?;
        let Some(part) = raw.get(line + 2..line + 2 + size) else {
            return Ok(None);
        };
        if size == 0 {
            return Ok(Some(body));
        }
        body.extend_from_slice(part);
        raw = raw.get(line + 2 + size + 2..).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_of_every_kind_are_read() {
        let answer = parse(b"HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\n{}", false).unwrap();
        assert_eq!(answer.unwrap().status, 201);
        let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
        assert_eq!(parse(chunked, false).unwrap().unwrap().body, "abc");
        assert!(parse(&chunked[..50], false).unwrap().is_none());
        assert!(parse(b"HTTP/1.1 200 OK\r\n\r\nabc", false).unwrap().is_none());
        assert_eq!(
            parse(b"HTTP/1.1 200 OK\r\n\r\nabc", true).unwrap().unwrap().body,
            "abc"
        );
    }
}
