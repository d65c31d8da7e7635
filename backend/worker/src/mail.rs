//! Mails leave the house: over SMTP, or into the log where no mail server is set.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::PoolConfig;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use phony_app::mail::Letter;
use phony_kernel::{Error, Kind, Result, TenantId};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use uuid::Uuid;

use crate::Worker;

/// How long the mail server may take for one command.
const COMMAND_WITHIN: Duration = Duration::from_secs(20);
/// Connections to the mail server at one time.
const CONNECTIONS: u32 = 4;
/// Code of a mail that the mail server refuses for good: trying again would be of no use.
pub(crate) const REFUSED: &str = "mail_refused";

type Transport = AsyncSmtpTransport<Tokio1Executor>;

/// Delivers mails. Cheap to clone.
#[derive(Clone)]
pub struct Postman {
    /// None writes to the log.
    transport: Option<Arc<Transport>>,
    from: Mailbox,
}

impl fmt::Debug for Postman {
    /// Without the address of the server, which may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postman")
            .field("by_smtp", &self.transport.is_some())
            .finish_non_exhaustive()
    }
}

/// Whether `text` can be a sender: `phony@example.com` or `Phony <phony@example.com>`.
#[must_use]
pub fn is_sender(text: &str) -> bool {
    text.parse::<Mailbox>().is_ok()
}

impl Postman {
    /// For the mail server at `smtp_url`: `smtps://user:password@host`, or `smtp://host:port?tls=required`.
    ///
    /// # Errors
    /// When an address cannot be read.
    pub fn new(smtp_url: Option<&SecretString>, from: &str) -> anyhow::Result<Self> {
        let from = from.parse()?;
        let transport = match smtp_url {
            Some(url) => {
                let transport = Transport::from_url(url.expose_secret())?
                    .timeout(Some(COMMAND_WITHIN))
                    .pool_config(PoolConfig::new().max_size(CONNECTIONS))
                    .build();
                Some(Arc::new(transport))
            }
            None => None,
        };
        Ok(Self { transport, from })
    }

    /// Sends a letter. `id` stays the same when it is sent again, so that programs can tell.
    async fn deliver(&self, id: Uuid, to: &str, letter: Letter) -> Result<()> {
        let Letter { subject, text, html } = letter;
        let Some(transport) = &self.transport else {
            tracing::info!(mail.id = %id, "no mail server is set (SMTP_URL); this would have been sent to {to}:\n{text}");
            return Ok(());
        };
        let never = |cause: anyhow::Error| {
            Error::new(Kind::Upstream, REFUSED, "the mail cannot be sent to this address").caused_by(cause)
        };
        let to: Mailbox = Mailbox::new(
            None,
            to.parse().map_err(|cause| never(anyhow::Error::new(cause)))?,
        );
        let domain = self.from.email.domain();
        let message = Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(subject)
            .message_id(Some(format!("<{}@{domain}>", id.simple())))
            .multipart(MultiPart::alternative_plain_html(text, html))
            .map_err(|cause| never(anyhow::Error::new(cause)))?;
        match transport.send(message).await {
            Ok(_) => {
                metrics::counter!("phony_mails_sent_total").increment(1);
                Ok(())
            }
            Err(cause) if cause.is_permanent() => Err(never(anyhow::Error::new(cause))),
            Err(cause) => Err(Error::new(
                Kind::Upstream,
                "mail_not_sent",
                "the mail server did not take the mail",
            )
            .caused_by(cause)),
        }
    }
}

impl Worker {
    /// Sends the mail of a row of the outbox; one that came too late is of no use to anybody.
    pub(crate) async fn send_mail(&self, tenant: TenantId, payload: &Value) -> Result<()> {
        let app = self.app()?;
        let (id, mail) = app.mails.open(tenant, payload)?;
        if mail.good_until.is_some_and(|until| until <= app.clock.now()) {
            tracing::warn!(tenant.id = %tenant, mail.id = %id, mail.template = ?mail.template, "a mail is too late and is not sent");
            return Ok(());
        }
        let postman = self
            .postman
            .as_ref()
            .ok_or_else(|| Error::internal(anyhow::anyhow!("this worker has no postman")))?;
        postman.deliver(id, &mail.to, mail.letter()).await?;
        tracing::info!(tenant.id = %tenant, mail.id = %id, mail.template = ?mail.template, "a mail is sent");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn senders_are_addresses_with_or_without_a_name() {
        for good in ["phony@example.com", "Phony <phony@example.com>"] {
            assert!(is_sender(good), "{good}");
        }
        for bad in ["", "phony", "Phony <phony>", "a@b\r\nBcc: c@d.e"] {
            assert!(!is_sender(bad), "{bad}");
        }
    }

    #[tokio::test]
    async fn the_password_of_the_mail_server_is_not_shown() {
        let url = SecretString::from("smtp://user:hidden@127.0.0.1:2525");
        let postman = Postman::new(Some(&url), "phony@example.com").unwrap();
        assert!(!format!("{postman:?}").contains("hidden"));
    }
}
