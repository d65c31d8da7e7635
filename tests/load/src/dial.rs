//! Ringing a bridge as the carrier does: signed webhook, instructions read, signed upgrade.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, bail};
use serde_json::{Map, Value, json};

use crate::engine::accept;
use crate::http;
use crate::sign::{form, sign};

const WITHIN: Duration = Duration::from_secs(15);
/// Any key will do: nothing depends on its being unforeseeable here.
pub(crate) const KEY: &str = "cGhvbnktbG9hZC1kcml2ZQ==";

/// What is rung.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// The path that is asked for instructions.
    pub(crate) webhook: &'static str,
    /// The path that is told of the end, if any.
    pub(crate) status: Option<&'static str>,
    pub(crate) account_sid: String,
    pub(crate) auth_token: String,
    /// The called number.
    pub(crate) number: String,
}

/// A call that got its socket.
#[derive(Debug)]
pub(crate) struct Rung {
    pub(crate) stream: TcpStream,
    pub(crate) stream_sid: String,
    pub(crate) call_sid: String,
    /// The `start` message of a media stream.
    pub(crate) start: String,
    /// The parameters of the socket's first message.
    pub(crate) parameters: Map<String, Value>,
}

/// What ringing came to.
#[derive(Debug)]
pub(crate) enum Ring {
    Up(Box<Rung>),
    /// The caller hears that it is not possible now.
    Refused(String),
}

static NEXT: AtomicU32 = AtomicU32::new(1);

/// A name of the carrier's that no other run has.
pub(crate) fn sid(prefix: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!(
        "{prefix}{:016x}{:08x}{number:08x}",
        now.as_nanos() & u128::from(u64::MAX),
        std::process::id()
    )
}

impl Line {
    /// Address of a path as the carrier knows it.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A signed form for `path`, as bytes of a request and as a body.
    pub(crate) fn signed(
        &self,
        path: &str,
        parameters: &[(&str, &str)],
    ) -> (Vec<(&'static str, String)>, String) {
        let signature = sign(&self.auth_token, &self.url(path), parameters);
        let headers = vec![
            (
                "Content-Type",
                "application/x-www-form-urlencoded; charset=UTF-8".to_owned(),
            ),
            ("X-Twilio-Signature", signature),
            ("User-Agent", "TwilioProxy/1.1".to_owned()),
        ];
        (headers, form(parameters))
    }

    /// The parameters of the first request of a call.
    pub(crate) fn ringing<'a>(&'a self, call_sid: &'a str) -> Vec<(&'a str, &'a str)> {
        vec![
            ("AccountSid", &self.account_sid),
            ("ApiVersion", "2010-04-01"),
            ("CallSid", call_sid),
            ("CallStatus", "ringing"),
            ("Called", &self.number),
            ("Caller", "+14155550142"),
            ("Direction", "inbound"),
            ("From", "+14155550142"),
            ("To", &self.number),
        ]
    }

    fn post(&self, path: &str, parameters: &[(&str, &str)]) -> Result<http::Answer> {
        let (headers, body) = self.signed(path, parameters);
        let headers: Vec<(&str, &str)> = headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        http::request(self.address, "POST", path, &headers, Some(&body))
    }

    /// Rings once.
    pub(crate) fn ring(&self) -> Result<Ring> {
        let (call_sid, stream_sid) = (sid("CA"), sid("MZ"));
        let answer = self.post(self.webhook, &self.ringing(&call_sid))?;
        if answer.status != 200 {
            return Ok(Ring::Refused(format!("webhook answered {}", answer.status)));
        }
        let Some(target) = Target::read(&answer.body) else {
            return Ok(Ring::Refused(said(&answer.body)));
        };
        let mut stream = TcpStream::connect_timeout(&self.address, WITHIN).context("no connection")?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(WITHIN))?;
        let path = target.url.strip_prefix(&format!("ws://{}", self.address));
        let path = path.with_context(|| format!("the stream is elsewhere: {}", target.url))?;
        let signature = sign(&self.auth_token, &target.url, &[]);
        let headers = [
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", KEY),
            ("x-twilio-signature", &signature),
            ("User-Agent", "Twilio.TmeWs/1.0"),
        ];
        stream.write_all(http::head(self.address, "GET", path, &headers, None).as_bytes())?;
        let head = read_head(&mut stream)?;
        if !head.starts_with("HTTP/1.1 101") {
            let line = head.lines().next().unwrap_or_default();
            return Ok(Ring::Refused(format!("upgrade answered {line}")));
        }
        if !head.contains(&accept(KEY)) {
            bail!("the upgrade was answered with another key");
        }
        let start = json!({
            "event": "start", "sequenceNumber": "1", "streamSid": stream_sid,
            "start": {
                "streamSid": stream_sid, "accountSid": self.account_sid, "callSid": call_sid,
                "tracks": ["inbound"], "customParameters": target.parameters,
                "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            },
        });
        Ok(Ring::Up(Box::new(Rung {
            stream,
            stream_sid,
            call_sid,
            start: start.to_string(),
            parameters: target.parameters,
        })))
    }

    /// Tells that a call is over.
    pub(crate) fn completed(&self, call_sid: &str) -> Result<()> {
        let Some(path) = self.status else { return Ok(()) };
        let mut parameters = self.ringing(call_sid);
        parameters.retain(|(name, _)| *name != "CallStatus");
        parameters.extend([
            ("CallStatus", "completed"),
            ("CallDuration", "30"),
            ("SequenceNumber", "3"),
            ("CallbackSource", "call-progress-events"),
        ]);
        let answer = self.post(path, &parameters)?;
        if answer.status >= 300 {
            bail!(
                "the end of a call was answered {}: {}",
                answer.status,
                answer.body
            );
        }
        Ok(())
    }
}

/// Where the instructions connect the caller to.
struct Target {
    url: String,
    parameters: Map<String, Value>,
}

impl Target {
    fn read(twiml: &str) -> Option<Self> {
        let verb = ["<Stream ", "<ConversationRelay "]
            .iter()
            .find_map(|verb| twiml.find(verb))?;
        let rest = &twiml[verb..];
        let mut parameters = Map::new();
        for part in rest.split("<Parameter ").skip(1) {
            let (name, value) = (attribute(part, "name")?, attribute(part, "value")?);
            parameters.insert(name, value.into());
        }
        Some(Self {
            url: attribute(rest, "url")?,
            parameters,
        })
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let tag = tag.split_once('>').map_or(tag, |(tag, _)| tag);
    let (_, rest) = tag.split_once(&format!("{name}=\""))?;
    let (value, _) = rest.split_once('"')?;
    Some(
        value
            .replace("&quot;", "\"")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&"),
    )
}

/// What the caller hears instead, or the instructions themselves.
fn said(twiml: &str) -> String {
    let words = twiml
        .split_once("<Say")
        .and_then(|(_, rest)| rest.split_once('>')?.1.split_once('<'));
    words.map_or_else(
        || twiml.chars().take(160).collect(),
        |(words, _)| format!("says: {words}"),
    )
}

/// The head of an answer; nothing of what follows is taken.
pub(crate) fn read_head(stream: &mut TcpStream) -> Result<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    // Byte by byte, so that nothing of what follows is taken.
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() > 8_192 || stream.read(&mut byte)? == 0 {
            bail!("the answer to the upgrade broke off");
        }
        head.push(byte[0]);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_are_read() {
        let twiml = r#"<?xml version="1.0"?><Response><Connect action="http://h/twilio/continue"><Stream url="ws://127.0.0.1:1/twilio/stream"><Parameter name="token" value="a&amp;b"/></Stream></Connect><Redirect>x</Redirect></Response>"#;
        let target = Target::read(twiml).unwrap();
        assert_eq!(target.url, "ws://127.0.0.1:1/twilio/stream");
        assert_eq!(target.parameters["token"], "a&b");
        assert!(Target::read("<Response><Say>All busy.</Say><Hangup/></Response>").is_none());
        assert_eq!(
            said("<Response><Say voice=\"x\">All busy.</Say></Response>"),
            "says: All busy."
        );
    }
}
