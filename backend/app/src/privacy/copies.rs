//! Copies as they are asked for, listed and fetched.

use chrono::{DateTime, SubsecRound as _, Utc};
use phony_db::outbox;
use phony_db::privacy::copies::{self, CopyRecord, NewCopy};
use phony_kernel::page::{Page, PageRequest};
use phony_kernel::{DataCopyId, Error, Kind, Result};
use serde::Serialize;
use serde_json::json;

use super::{ACCEPTED, PRIVACY_COPY, Privacy, PrivacySubject, Whose, find_number, note};
use crate::Principal;
use crate::exports::{Download, KeptFile};
use crate::idempotency::{self, Outcome, RequestKey};

/// Copies that may be under way at one time.
const OPEN_COPIES: i64 = 20;

/// A copy of data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = DataExportView)]
pub struct DataCopy {
    /// Its id.
    pub id: DataCopyId,
    /// Of what.
    pub subject: PrivacySubject,
    /// The contact's number, while the file is kept.
    #[schema(required)]
    pub e164: Option<String>,
    /// `queued`, `running`, `ready` or `failed`.
    pub status: String,
    /// Why it failed.
    #[schema(required)]
    pub failure: Option<String>,
    /// Files in the archive.
    #[schema(required)]
    pub file_count: Option<i32>,
    /// Size of the archive.
    #[schema(required)]
    pub size_bytes: Option<i64>,
    /// SHA-256 of the archive, hexadecimal.
    #[schema(required)]
    pub sha256: Option<String>,
    /// Who asked: `usr_…`.
    pub created_by: String,
    /// When.
    pub created_at: DateTime<Utc>,
    /// When the archive was ready.
    #[schema(required)]
    pub ready_at: Option<DateTime<Utc>>,
    /// Until when it can be fetched.
    #[schema(required)]
    pub expires_at: Option<DateTime<Utc>>,
}

impl Privacy {
    /// Asks for a copy.
    ///
    /// # Errors
    /// `not_found` for a contact that there is not; `too_many_exports`; those of [`idempotency::once`].
    pub async fn create_copy(
        &self,
        who: &Principal,
        whose: Whose,
        key: Option<&RequestKey>,
    ) -> Result<Outcome> {
        let now = self.clock.now();
        idempotency::once(&self.db, who.tenant, key, now, ACCEPTED, async |tx| {
            let number = find_number(tx, &whose).await?;
            if copies::count_open(tx).await? >= OPEN_COPIES {
                return Err(Error::new(
                    Kind::Conflict,
                    "too_many_exports",
                    "twenty exports are under way; wait until one is ready",
                )
                .retry_after(60));
            }
            let id = DataCopyId::new();
            let actor = who.actor().id;
            let new = NewCopy {
                id,
                e164: number.as_deref(),
                created_by: &actor,
                at: now,
            };
            copies::insert(tx, &new).await?;
            outbox::insert(tx, PRIVACY_COPY, &json!({ "export_id": id })).await?;
            note(
                tx,
                &actor,
                "tenant.export",
                &id.to_string(),
                number.is_some(),
                now,
            )
            .await?;
            let record = copies::find(tx, id).await?.ok_or_else(Error::not_found)?;
            Ok(DataCopy::from(record))
        })
        .await
    }

    /// Copies, newest first.
    ///
    /// # Errors
    /// A bad limit or cursor.
    pub async fn list_copies(
        &self,
        who: &Principal,
        limit: Option<u32>,
        cursor: Option<&str>,
    ) -> Result<Page<DataCopy>> {
        let page = PageRequest::read(limit, cursor)?;
        let mut tx = self.db.tenant(who.tenant).await?;
        Ok(copies::list(&mut tx, &page).await?.map(DataCopy::from))
    }

    /// One copy.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn get_copy(&self, who: &Principal, id: DataCopyId) -> Result<DataCopy> {
        let mut tx = self.db.tenant(who.tenant).await?;
        let copy = copies::find(&mut tx, id).await?;
        copy.map(DataCopy::from).ok_or_else(Error::not_found)
    }

    /// The file of a copy, for 24 hours.
    ///
    /// # Errors
    /// `not_found`, `export_not_ready`, `export_expired`, `unavailable` when the file store has it not at hand.
    pub async fn download(&self, who: &Principal, id: DataCopyId) -> Result<Download> {
        let mut tx = self.db.tenant(who.tenant).await?;
        let copy = copies::find(&mut tx, id).await?.ok_or_else(Error::not_found)?;
        drop(tx);
        let (subject, made_on) = (copy.subject.as_str(), copy.created_at.date_naive());
        let file_name = format!("phony-{subject}-{made_on}.tar");
        let kept = KeptFile {
            storage_key: copy.storage_key,
            expires_at: copy.expires_at,
        };
        kept.open(&*self.store, self.clock.now(), file_name).await
    }
}

impl From<CopyRecord> for DataCopy {
    fn from(record: CopyRecord) -> Self {
        let ms = |at: DateTime<Utc>| at.trunc_subsecs(3);
        Self {
            id: record.id,
            subject: record.subject.into(),
            e164: record.e164,
            status: record.status,
            failure: record.failure,
            file_count: record.file_count,
            size_bytes: record.size_bytes,
            sha256: record.sha256.map(hex::encode),
            created_by: record.created_by,
            created_at: ms(record.created_at),
            ready_at: record.ready_at.map(ms),
            expires_at: record.expires_at.map(ms),
        }
    }
}
