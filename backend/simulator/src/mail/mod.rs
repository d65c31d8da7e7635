//! A mail server that takes every mail and delivers none: it keeps them to be read by people and by tests.

mod page;
mod smtp;
pub(crate) mod view;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use mail_parser::MessageParser;
use parking_lot::Mutex;
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::world::World;

/// Mails kept; the oldest are forgotten beyond this.
const KEPT: usize = 1_000;
/// Senders served at one time.
const SENDERS: usize = 64;
/// How long to wait when the system has no more sockets.
const BREATH: Duration = Duration::from_millis(100);

/// A mail that was taken.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Mail {
    pub(crate) id: String,
    pub(crate) received_at: DateTime<Utc>,
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
    /// Addresses in the text, in their order.
    pub(crate) links: Vec<String>,
}

/// What the next mails are answered with in place of being taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Refusing {
    /// SMTP code, 400 to 599.
    pub(crate) code: u16,
    /// How many mails.
    pub(crate) times: u32,
}

/// Everything that was taken.
#[derive(Debug, Default)]
pub(crate) struct Mailbox {
    mails: Mutex<VecDeque<Mail>>,
    refusing: Mutex<Refusing>,
}

impl Mailbox {
    /// Newest first; of one recipient, when one is named.
    pub(crate) fn list(&self, to: Option<&str>) -> Vec<Mail> {
        let mails = self.mails.lock();
        let mine = |mail: &&Mail| to.is_none_or(|to| mail.to.iter().any(|one| one.eq_ignore_ascii_case(to)));
        mails.iter().rev().filter(mine).cloned().collect()
    }

    pub(crate) fn clear(&self) {
        self.mails.lock().clear();
    }

    pub(crate) fn refuse(&self, refusing: Refusing) {
        *self.refusing.lock() = refusing;
    }

    /// The code that this mail is refused with.
    fn refusal(&self) -> Option<u16> {
        let mut refusing = self.refusing.lock();
        refusing.times = refusing.times.checked_sub(1)?;
        Some(refusing.code)
    }

    /// Keeps a mail as it came over the wire; the code to answer with.
    fn take(&self, from: String, to: Vec<String>, raw: &[u8]) -> u16 {
        if let Some(code) = self.refusal() {
            return code;
        }
        let Some(message) = MessageParser::default().parse(raw) else {
            return 554;
        };
        let part = |text: Option<std::borrow::Cow<'_, str>>| text.map(|text| text.replace("\r\n", "\n"));
        let text = part(message.body_text(0)).unwrap_or_default();
        let mail = Mail {
            id: uuid::Uuid::now_v7().simple().to_string(),
            received_at: Utc::now(),
            from,
            to,
            subject: message.subject().unwrap_or_default().to_owned(),
            links: links(&text),
            html: part(message.body_html(0)).unwrap_or_default(),
            text,
        };
        let mut mails = self.mails.lock();
        mails.push_back(mail);
        if mails.len() > KEPT {
            mails.pop_front();
        }
        250
    }
}

fn links(text: &str) -> Vec<String> {
    text.split_whitespace()
        .filter(|word| word.starts_with("http://") || word.starts_with("https://"))
        .map(|word| word.trim_end_matches(['.', ',', ')']).to_owned())
        .collect()
}

/// Listens for mails; gives the address, `127.0.0.1:24189`.
pub(crate) async fn listen(world: &Arc<World>) -> anyhow::Result<String> {
    let address = format!("{}:{}", world.config.bind, world.config.smtp_port);
    let listener = TcpListener::bind(&address)
        .await
        .with_context(|| format!("cannot listen for mails on {address}"))?;
    let address = listener.local_addr()?.to_string();
    let senders = Arc::new(Semaphore::new(SENDERS));
    let inside = Arc::clone(world);
    world.spawn(async move {
        loop {
            let Ok(place) = Arc::clone(&senders).acquire_owned().await else {
                return;
            };
            match listener.accept().await {
                Ok((socket, _)) => {
                    let world = Arc::clone(&inside);
                    inside.spawn(async move {
                        // A sender that goes away in the middle has sent nothing.
                        if let Err(error) = smtp::serve(&world, socket).await {
                            tracing::debug!(%error, "a sender of mail is gone");
                        }
                        drop(place);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "no mail can be taken just now");
                    tokio::time::sleep(BREATH).await;
                }
            }
        }
    });
    Ok(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_reads_as_its_sender_wrote_it() {
        let mailbox = Mailbox::default();
        let raw = b"From: Phony <phony@example.com>\r\nTo: ana@example.com\r\n\
            Subject: =?utf-8?b?R3LDvMOfZQ==?=\r\nMIME-Version: 1.0\r\n\
            Content-Type: multipart/alternative; boundary=\"b\"\r\n\r\n\
            --b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
            Gr=C3=BC=C3=9Fe:\r\nhttps://phony.example/dashboard/x#token=3Dabc\r\n\
            --b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Hello</p>\r\n--b--\r\n";
        assert_eq!(
            mailbox.take(
                "phony@example.com".to_owned(),
                vec!["Ana@example.com".to_owned()],
                raw
            ),
            250
        );
        let mails = mailbox.list(Some("ana@EXAMPLE.com"));
        assert_eq!(mails[0].subject, "Grüße");
        assert!(mails[0].text.starts_with("Grüße:"), "{}", mails[0].text);
        assert_eq!(mails[0].links, ["https://phony.example/dashboard/x#token=abc"]);
        assert!(mails[0].html.contains("<p>Hello</p>"));
        assert!(mailbox.list(Some("ben@example.com")).is_empty());
    }

    #[test]
    fn refusals_end_by_themselves_and_memory_is_bounded() {
        let mailbox = Mailbox::default();
        let take = || mailbox.take(String::new(), Vec::new(), b"Subject: x\r\n\r\nx\r\n");
        mailbox.refuse(Refusing { code: 451, times: 2 });
        assert_eq!([take(), take(), take()], [451, 451, 250]);
        for _ in 0..KEPT + 5 {
            take();
        }
        assert_eq!(mailbox.list(None).len(), KEPT);
    }
}
