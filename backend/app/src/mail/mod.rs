//! Mail: asked for in the transaction that makes it necessary, sent by the worker afterwards.
//!
//! What is to be sent is a row of the outbox. Its content is sealed there, because it may hold a link that lets
//! somebody in. The words are in `words`, what a letter looks like in `letter`.

mod letter;
mod words;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::{DateTime, Utc};
use phony_db::{TenantTx, outbox};
use phony_kernel::{Error, Result, Role, TenantId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::sealing::{Place, Sealer};

pub use letter::Letter;

/// Topic of the outbox under which mails wait.
pub const MAIL_TOPIC: &str = "mail.send";

/// A mail to one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// Their address.
    pub to: String,
    /// What it says.
    pub template: Template,
    /// When it is of no use any more, and is not sent; none always is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub good_until: Option<DateTime<Utc>>,
}

/// Everything that we write to people.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Template {
    /// Somebody invites them to a company.
    Invitation {
        /// Name of the company.
        company: String,
        /// Name of who invites.
        inviter: String,
        /// What they would be there.
        role: Role,
        /// Where it is accepted.
        link: String,
    },
    /// Their address is to be confirmed.
    VerifyEmail {
        /// Their name.
        name: String,
        /// Where it is confirmed.
        link: String,
    },
    /// Their address has an account, and somebody has signed up with it again.
    SignedUpAgain {
        /// The company that was made.
        company: String,
        /// Where they say that it is theirs.
        link: String,
    },
    /// They have forgotten their password, or somebody says so.
    PasswordReset {
        /// Their name.
        name: String,
        /// Where a new one is chosen.
        link: String,
    },
    /// Their password is another one now.
    PasswordChanged {
        /// Their name.
        name: String,
    },
    /// Somebody came with a credential of theirs that had been used before, and the session was ended.
    SessionReused {
        /// Their name.
        name: String,
        /// What came, as it calls itself; empty when it does not.
        device: String,
        /// From which address.
        address: String,
        /// When.
        at: DateTime<Utc>,
    },
    /// Anything else, in words of its own.
    Notice {
        /// Their name; empty when it is not known.
        name: String,
        /// The subject line.
        subject: String,
        /// What there is to say.
        paragraphs: Vec<String>,
    },
}

impl fmt::Debug for Template {
    /// Without links, names and words.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Invitation { .. } => "Invitation",
            Self::VerifyEmail { .. } => "VerifyEmail",
            Self::SignedUpAgain { .. } => "SignedUpAgain",
            Self::PasswordReset { .. } => "PasswordReset",
            Self::PasswordChanged { .. } => "PasswordChanged",
            Self::SessionReused { .. } => "SessionReused",
            Self::Notice { .. } => "Notice",
        })
    }
}

/// Seals mails for the outbox and opens them for the worker. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Mails {
    sealer: Sealer,
}

impl Mails {
    /// With the keys of the installation.
    #[must_use]
    pub fn new(sealer: Sealer) -> Self {
        Self { sealer }
    }

    /// Asks for a mail once the transaction is committed.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn queue(&self, tx: &mut TenantTx, mail: &Mail) -> Result<()> {
        let payload = self.payload(tx.tenant(), Uuid::now_v7(), mail)?;
        outbox::insert(tx, MAIL_TOPIC, &payload).await?;
        Ok(())
    }

    fn payload(&self, tenant: TenantId, id: Uuid, mail: &Mail) -> Result<Value> {
        let plain = serde_json::to_vec(mail).map_err(Error::internal)?;
        let record = id.to_string();
        let sealed = self.sealer.seal(&place(tenant, &record), &plain)?;
        Ok(json!({ "mail_id": record, "sealed": BASE64.encode(sealed.as_bytes()) }))
    }

    /// The mail of a row of the outbox, with an id that stays the same however often it is tried.
    ///
    /// # Errors
    /// When the row was not made by [`Mails::queue`] for this tenant.
    pub fn open(&self, tenant: TenantId, payload: &Value) -> Result<(Uuid, Mail)> {
        let broken = || Error::internal(anyhow::anyhow!("a mail in the outbox cannot be read"));
        let text = |name: &str| payload.get(name).and_then(Value::as_str).ok_or_else(broken);
        let record = text("mail_id")?;
        let sealed = BASE64.decode(text("sealed")?).map_err(Error::internal)?;
        let plain = self.sealer.open(&place(tenant, record), &sealed)?;
        let mail = serde_json::from_slice(&plain).map_err(Error::internal)?;
        Ok((record.parse().map_err(Error::internal)?, mail))
    }
}

/// In another tenant's row it does not open.
fn place(tenant: TenantId, record: &str) -> Place<'_> {
    Place {
        table: "outbox",
        column: "payload",
        tenant,
        record,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_opens_in_its_own_place_alone() {
        let sealer = Sealer::new(&"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=".into()).unwrap();
        let (mails, tenant, id) = (Mails::new(sealer), TenantId::new(), Uuid::now_v7());
        let mail = Mail {
            to: "ana@example.com".to_owned(),
            template: Template::PasswordChanged {
                name: "Ana".to_owned(),
            },
            good_until: None,
        };
        let payload = mails.payload(tenant, id, &mail).unwrap();
        assert!(!payload.to_string().contains("ana@example.com"), "{payload}");
        assert_eq!(mails.open(tenant, &payload).unwrap(), (id, mail));
        assert!(mails.open(TenantId::new(), &payload).is_err(), "another tenant's");
        let mut moved = payload;
        moved["mail_id"] = json!(Uuid::now_v7().to_string());
        assert!(mails.open(tenant, &moved).is_err(), "another row's");
        assert!(mails.open(tenant, &json!({})).is_err());
    }

    #[test]
    fn what_is_logged_of_a_mail_holds_no_link() {
        let template = Template::PasswordReset {
            name: "Ana".to_owned(),
            link: "https://phony.example/#token=SECRET".to_owned(),
        };
        assert_eq!(format!("{template:?}"), "PasswordReset");
    }
}
