//! What people may ask for: a copy of the company's data or of a contact's, erasure of either, and for how long the
//! company keeps what.
//!
//! A request and its outbox row are written together; a worker does the work (see [`copy`] and [`erase`]).

mod closing;
mod copies;
mod copy;
mod erase;
mod erasures;
mod former;
mod receipt;
mod replay;
mod retention;
mod tar;

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use object_store::ObjectStore;
use phony_db::privacy::Subject;
use phony_db::{Db, TenantTx, audit, contacts};
use phony_kernel::{Clock, ContactId, E164, Error, Result};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::identity::secrets::{self, Key};
use crate::number_keys::NumberKeys;
use crate::sealing::{MasterKeys, Sealer};
use crate::signing::Signer;

pub use copies::DataCopy;
pub use erasures::Erasure;
pub use receipt::Receipt;
pub use replay::Replayed;
pub use retention::{Retention, RetentionPatch};

/// Outbox topic of a copy to make.
pub const PRIVACY_COPY: &str = "privacy.export";
/// Outbox topic of an erasure to do.
pub const PRIVACY_ERASE: &str = "privacy.erase";
/// HTTP status of the answer that repeats get too: the work is done later.
const ACCEPTED: u16 = 202;

/// Use cases of privacy. Cheap to clone.
#[derive(Clone)]
pub struct Privacy {
    db: Db,
    store: Arc<dyn ObjectStore>,
    clock: Clock,
    signer: Signer,
    sealer: Sealer,
    hashes: NumberKeys,
    /// Make what stands for an erased number; the first one does, the others are for what was erased before.
    number_keys: Arc<Vec<Key>>,
}

impl fmt::Debug for Privacy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Privacy")
    }
}

/// Of what a copy or an erasure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PrivacySubject {
    /// All of the company's.
    Tenant,
    /// One contact's.
    Contact,
}

impl From<Subject> for PrivacySubject {
    fn from(subject: Subject) -> Self {
        match subject {
            Subject::Tenant => Self::Tenant,
            Subject::Contact => Self::Contact,
        }
    }
}

/// Whose data is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// All of the company.
    Company,
    /// A contact's, by its id.
    Contact(ContactId),
    /// Somebody's, by their number as it was typed.
    Number(String),
}

impl Privacy {
    /// On this database and file store, with keys derived from the master key.
    ///
    /// # Errors
    /// When the master key is not one.
    pub fn new(db: Db, store: Arc<dyn ObjectStore>, clock: Clock, master_key: &SecretString) -> Result<Self> {
        let masters = MasterKeys::read(master_key)?;
        let number_keys: Result<Vec<Key>> = masters
            .all()
            .iter()
            .map(|master| secrets::derive(master.expose_secret(), "erased number 1"))
            .collect();
        Ok(Self {
            db,
            store,
            clock,
            signer: Signer::new(&masters, receipt::PURPOSE)?,
            sealer: Sealer::new(master_key)?,
            hashes: NumberKeys::new(master_key)?,
            number_keys: Arc::new(number_keys?),
        })
    }

    /// The same on another connection, for the worker and the operator.
    #[must_use]
    pub fn on(&self, db: Db) -> Self {
        Self { db, ..self.clone() }
    }
}

/// The number that is meant; none is the company. A contact's is looked up.
async fn find_number(tx: &mut TenantTx, whose: &Whose) -> Result<Option<String>> {
    match whose {
        Whose::Company => Ok(None),
        Whose::Contact(id) => {
            let contact = contacts::find(tx, *id).await?.ok_or_else(Error::not_found)?;
            Ok(Some(contact.e164.to_string()))
        }
        // A caller may have shown a number that no country has given out; it can be forgotten all the same.
        Whose::Number(text) => match E164::parse(text, None).or_else(|_| E164::from_canonical(text.trim())) {
            Ok(number) => Ok(Some(number.to_string())),
            Err(_) => Err(Error::invalid_field(
                "e164",
                "not_a_number",
                "must be a phone number such as +14155550134",
            )),
        },
    }
}

/// Adds a line to the audit log. It names nobody: what it says stays when a contact is forgotten.
async fn note(
    tx: &mut TenantTx,
    actor: &str,
    action: &str,
    target: &str,
    of_contact: bool,
    at: DateTime<Utc>,
) -> Result<()> {
    let subject = if of_contact { "contact" } else { "tenant" };
    let entry = audit::Entry {
        actor,
        action,
        target,
        detail: &json!({ "subject": subject }),
    };
    audit::record(tx, &entry, at).await
}
