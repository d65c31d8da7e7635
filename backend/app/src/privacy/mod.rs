//! What people may ask for: a copy of the company's data or of a contact's, erasure of either, and for how long the
//! company keeps what.
//!
//! A request and its outbox row are written together; a worker does the work (see [`copy`] and [`erase`]).

mod closing;
mod copies;
mod copy;
mod erase;
mod receipt;
mod replay;
mod retention;
mod tar;

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, SubsecRound as _, Utc};
use object_store::ObjectStore;
use phony_db::privacy::erasures::{self, ErasureRecord, NewErasure};
use phony_db::privacy::person;
use phony_db::{Db, TenantTx, audit, contacts, identity, outbox};
use phony_kernel::page::{Page, PageRequest};
use phony_kernel::{Clock, ContactId, DataCopyId, E164, ErasureId, Error, Result};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use serde_json::json;

use crate::Principal;
use crate::idempotency::{self, Outcome, RequestKey};
use crate::identity::secrets::{self, Key};
use crate::sealing::MasterKeys;
use crate::signing::Signer;

pub use phony_db::privacy::Subject;
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
    /// Make what stands for an erased number; the first one does, the others are for what was erased before.
    number_keys: Arc<Vec<Key>>,
}

impl fmt::Debug for Privacy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Privacy")
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

/// A copy of data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataCopy {
    /// Its id.
    pub id: DataCopyId,
    /// Of what.
    pub subject: Subject,
    /// Number of the contact, while the file is kept.
    pub e164: Option<String>,
    /// `queued`, `running`, `ready`, `failed`.
    pub status: String,
    /// Why it failed.
    pub failure: Option<String>,
    /// Files in it.
    pub file_count: Option<i32>,
    /// Its bytes.
    pub size_bytes: Option<i64>,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: Option<String>,
    /// Who asked: `usr_…`.
    pub created_by: String,
    /// When.
    pub created_at: DateTime<Utc>,
    /// When the file was there.
    pub ready_at: Option<DateTime<Utc>>,
    /// Until when it can be fetched.
    pub expires_at: Option<DateTime<Utc>>,
}

/// An erasure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// Its id.
    pub id: ErasureId,
    /// Of what.
    pub subject: Subject,
    /// Number of the contact, until it is erased.
    pub e164: Option<String>,
    /// What stands for the number in the calls that stay for the bill.
    pub stand_in: Option<String>,
    /// `queued`, `running`, `done`, `failed`.
    pub status: String,
    /// Why it failed.
    pub failure: Option<String>,
    /// The receipt.
    pub receipt: Option<Receipt>,
    /// Who asked: `usr_…`.
    pub created_by: String,
    /// When.
    pub created_at: DateTime<Utc>,
    /// When it was done.
    pub done_at: Option<DateTime<Utc>>,
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
            number_keys: Arc::new(number_keys?),
        })
    }

    /// The same on another connection, for the worker and the operator.
    #[must_use]
    pub fn on(&self, db: Db) -> Self {
        Self { db, ..self.clone() }
    }

    /// Asks for an erasure; the company's own needs its name as `confirm`. `answer` makes the body that repeats get
    /// too.
    ///
    /// # Errors
    /// `validation_failed`; those of [`idempotency::once`].
    pub async fn create_erasure<V: Serialize>(
        &self,
        who: &Principal,
        whose: Whose,
        confirm: Option<&str>,
        key: Option<&RequestKey>,
        answer: impl FnOnce(Erasure) -> V,
    ) -> Result<Outcome> {
        let now = self.clock.now();
        idempotency::once(&self.db, who.tenant, key, now, ACCEPTED, async |tx| {
            let number = find_number(tx, &whose).await?;
            match &number {
                Some(number) => {
                    if person::is_own_number(tx, number).await? {
                        return Err(Error::invalid_field(
                            "e164",
                            "own_number",
                            "is a number of your own; release it instead",
                        ));
                    }
                }
                None => {
                    let name = identity::get_tenant(tx).await?.name;
                    if confirm.map(str::trim) != Some(name.trim()) {
                        return Err(Error::invalid_field(
                            "confirm",
                            "not_confirmed",
                            "must be the name of the company, as it is written",
                        ));
                    }
                }
            }
            let id = ErasureId::new();
            let actor = who.actor().id;
            let hmac = number
                .as_deref()
                .and_then(|number| self.stand_in_bytes(who.tenant, number));
            let new = NewErasure {
                id,
                e164: number.as_deref(),
                subject_hmac: hmac.as_ref().map(|hmac| hmac.as_slice()),
                created_by: &actor,
                at: now,
            };
            erasures::insert(tx, &new).await?;
            outbox::insert(tx, PRIVACY_ERASE, &json!({ "erasure_id": id })).await?;
            let action = if number.is_some() {
                "privacy.erase"
            } else {
                "tenant.close"
            };
            note(tx, &actor, action, &id.to_string(), number.is_some(), now).await?;
            let record = erasures::find(tx, id).await?.ok_or_else(Error::not_found)?;
            // The answer is kept for repeats, longer than the number may be.
            Ok(answer(Erasure {
                e164: None,
                ..self.shown(record)
            }))
        })
        .await
    }

    /// Erasures, newest first.
    ///
    /// # Errors
    /// A bad limit or cursor.
    pub async fn list_erasures(
        &self,
        who: &Principal,
        limit: Option<u32>,
        cursor: Option<&str>,
    ) -> Result<Page<Erasure>> {
        let page = PageRequest::read(limit, cursor)?;
        let mut tx = self.db.tenant(who.tenant).await?;
        let page = erasures::list(&mut tx, &page).await?;
        Ok(page.map(|record| self.shown(record)))
    }

    /// One erasure, with its receipt once it is done.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn get_erasure(&self, who: &Principal, id: ErasureId) -> Result<Erasure> {
        let mut tx = self.db.tenant(who.tenant).await?;
        let record = erasures::find(&mut tx, id).await?.ok_or_else(Error::not_found)?;
        Ok(self.shown(record))
    }

    fn shown(&self, record: ErasureRecord) -> Erasure {
        let ms = |at: DateTime<Utc>| at.trunc_subsecs(3);
        Erasure {
            id: record.id,
            subject: record.subject,
            e164: record.e164,
            stand_in: record.subject_hmac.map(|hmac| receipt::stand_in(&hmac)),
            status: record.status,
            failure: record.failure,
            receipt: record
                .receipt
                .zip(record.signature)
                .map(|(text, signature)| Receipt::new(&self.signer, text, &signature)),
            created_by: record.created_by,
            created_at: ms(record.created_at),
            done_at: record.done_at.map(ms),
        }
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
