//! One sender's connection: SMTP as RFC 5321 has it, as far as programs that send use it.

use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::timeout;

use crate::world::World;

/// Longest line of a sender.
const MAX_LINE: u64 = 4_096;
/// Largest mail.
const MAX_MAIL_BYTES: usize = 1024 * 1024;
/// Most recipients of one mail.
const MAX_RECIPIENTS: usize = 100;
/// A sender that is silent for so long is gone.
const LINE_WITHIN: Duration = Duration::from_secs(60);

struct Sender {
    reader: BufReader<OwnedReadHalf>,
    writer: OwnedWriteHalf,
}

impl Sender {
    /// The next line without its end; `None` at the end of the connection.
    async fn line(&mut self) -> std::io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        let mut limited = (&mut self.reader).take(MAX_LINE);
        timeout(LINE_WITHIN, limited.read_until(b'\n', &mut line))
            .await
            .map_err(|_| std::io::ErrorKind::TimedOut)??;
        if line.is_empty() {
            return Ok(None);
        }
        if line.pop() != Some(b'\n') {
            return Err(std::io::Error::other("a line too long, or cut"));
        }
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        Ok(Some(line))
    }

    async fn say(&mut self, answer: &str) -> std::io::Result<()> {
        self.writer.write_all(format!("{answer}\r\n").as_bytes()).await
    }

    /// The mail after DATA; `None` when it is too large.
    async fn data(&mut self) -> std::io::Result<Option<Vec<u8>>> {
        let (mut mail, mut fits) = (Vec::new(), true);
        while let Some(line) = self.line().await? {
            if line == b"." {
                return Ok(fits.then_some(mail));
            }
            // A dot at the beginning of a line was doubled by the sender.
            let line = line.strip_prefix(b".").unwrap_or(&line);
            fits = fits && mail.len() + line.len() + 2 <= MAX_MAIL_BYTES;
            if fits {
                mail.extend_from_slice(line);
                mail.extend_from_slice(b"\r\n");
            }
        }
        Err(std::io::ErrorKind::UnexpectedEof.into())
    }
}

/// `MAIL FROM:<a@b> SIZE=9` gives `a@b`.
fn address(argument: &str) -> Option<String> {
    let (_, rest) = argument.split_once('<')?;
    let (address, _) = rest.split_once('>')?;
    Some(address.to_owned())
}

/// Serves one sender until it says good-bye.
pub(super) async fn serve(world: &World, socket: TcpStream) -> std::io::Result<()> {
    let (reader, writer) = socket.into_split();
    let mut sender = Sender {
        reader: BufReader::new(reader),
        writer,
    };
    sender.say("220 phony-simulator ESMTP").await?;
    let (mut from, mut to) = (None, Vec::new());
    while let Some(line) = sender.line().await? {
        let line = String::from_utf8_lossy(&line).into_owned();
        let (verb, argument) = line.split_once(' ').unwrap_or((&line, ""));
        let answer = match verb.to_ascii_uppercase().as_str() {
            "EHLO" => {
                let size = format!("250-SIZE {MAX_MAIL_BYTES}");
                for known in ["250-phony-simulator", "250-8BITMIME", "250-SMTPUTF8", &size] {
                    sender.say(known).await?;
                }
                "250 AUTH PLAIN LOGIN"
            }
            "HELO" | "NOOP" => "250 ok",
            // Whoever it is may send: nothing is delivered.
            "AUTH" if argument.to_ascii_uppercase().starts_with("PLAIN ") => "235 welcome",
            "AUTH" => "504 use PLAIN",
            "MAIL" => match address(argument) {
                Some(address) => {
                    from = Some(address);
                    "250 ok"
                }
                None => "501 no address",
            },
            "RCPT" => match address(argument) {
                _ if to.len() >= MAX_RECIPIENTS => "452 too many recipients",
                Some(address) => {
                    to.push(address);
                    "250 ok"
                }
                None => "501 no address",
            },
            "DATA" if from.is_none() || to.is_empty() => "503 from whom, and to whom?",
            "DATA" => {
                sender.say("354 end with a dot").await?;
                let mail = sender.data().await?;
                let (from, to) = (from.take().unwrap_or_default(), std::mem::take(&mut to));
                match mail.map(|mail| world.mails.take(from, to, &mail)) {
                    Some(250) => "250 taken",
                    Some(code) => {
                        sender.say(&format!("{code} refused as ordered")).await?;
                        continue;
                    }
                    None => "552 too large",
                }
            }
            "RSET" => {
                (from, to) = (None, Vec::new());
                "250 ok"
            }
            "QUIT" => return sender.say("221 good-bye").await,
            _ => "502 not known here",
        };
        sender.say(answer).await?;
    }
    Ok(())
}
