//! Erasures as they are asked for and listed. How one is done is in [`super::erase`] and [`super::closing`].

use chrono::{DateTime, SubsecRound as _, Utc};
use phony_db::privacy::erasures::{self, ErasureRecord, NewErasure};
use phony_db::privacy::person;
use phony_db::{identity, outbox};
use phony_kernel::page::{Page, PageRequest};
use phony_kernel::{ErasureId, Error, Result};
use serde::Serialize;
use serde_json::json;

use super::receipt::stand_in;
use super::{ACCEPTED, PRIVACY_ERASE, Privacy, PrivacySubject, Receipt, Whose, find_number, note};
use crate::Principal;
use crate::idempotency::{self, Outcome, RequestKey};

/// An erasure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = ErasureView)]
pub struct Erasure {
    /// Its id.
    pub id: ErasureId,
    /// What.
    pub subject: PrivacySubject,
    /// The contact's number, until it is erased; not in the answer to the request itself.
    #[schema(required)]
    pub e164: Option<String>,
    /// What stands for the number in calls that stay for the bill.
    #[schema(required)]
    pub stand_in: Option<String>,
    /// `queued`, `running`, `done` or `failed`. A call that goes on is waited for.
    pub status: String,
    /// Why it failed.
    #[schema(required)]
    pub failure: Option<String>,
    /// The signed receipt, once it is done.
    #[schema(required)]
    pub receipt: Option<Receipt>,
    /// Who asked: `usr_…`.
    pub created_by: String,
    /// When.
    pub created_at: DateTime<Utc>,
    /// When it was done.
    #[schema(required)]
    pub done_at: Option<DateTime<Utc>>,
}

impl Privacy {
    /// Asks for an erasure; the company's own needs its name as `confirm`.
    ///
    /// # Errors
    /// `validation_failed`; those of [`idempotency::once`].
    pub async fn create_erasure(
        &self,
        who: &Principal,
        whose: Whose,
        confirm: Option<&str>,
        key: Option<&RequestKey>,
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
            Ok(Erasure {
                e164: None,
                ..self.shown(record)
            })
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
            subject: record.subject.into(),
            e164: record.e164,
            stand_in: record.subject_hmac.map(|hmac| stand_in(&hmac)),
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
