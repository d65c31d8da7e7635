//! Exports: a job that writes a file, and its download.
//!
//! The request and its outbox row are written together; a worker makes the file (see [`run`]).

mod csv_file;
mod download;
mod job;
mod store;

use std::sync::Arc;

use chrono::{DateTime, SubsecRound as _, Utc};
use object_store::ObjectStore;
use phony_db::exports::{self, ExportRecord, NewExport};
use phony_db::{Db, outbox};
use phony_kernel::page::{Page, PageRequest};
use phony_kernel::{Clock, Error, ExportId, Result};
use serde::Serialize;
use serde_json::json;

use crate::Principal;
use crate::billing::check_period;
use crate::idempotency::{self, Outcome, RequestKey};

pub use csv_file::COLUMNS;
pub(crate) use csv_file::text as defused;
pub use download::Download;
pub(crate) use download::KeptFile;
pub use job::{give_up, remove_expired, run};
pub use store::open_store;

/// Outbox topic of an export to make.
pub const EXPORT_RUN: &str = "export.run";
/// HTTP status of the answer that repeats get too: the file is made later.
const ACCEPTED: u16 = 202;

/// What to export: all usage of a period, as CSV.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CreateExport {
    /// From this moment, by billing time.
    pub from: DateTime<Utc>,
    /// Until before this one.
    pub to: DateTime<Utc>,
}

/// An export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// Its id.
    pub id: ExportId,
    /// `usage`.
    pub dataset: String,
    /// `csv`.
    pub format: String,
    /// From this moment.
    pub from: DateTime<Utc>,
    /// Until before this one.
    pub to: DateTime<Utc>,
    /// `queued`, `running`, `ready`, `failed`.
    pub status: String,
    /// Why it failed.
    pub failure: Option<String>,
    /// Lines of the file, the heading not counted.
    pub row_count: Option<i64>,
    /// Bytes of the file.
    pub size_bytes: Option<i64>,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: Option<String>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When the file was there.
    pub ready_at: Option<DateTime<Utc>>,
    /// Until when it can be fetched.
    pub expires_at: Option<DateTime<Utc>>,
}

/// The use cases of exports.
#[derive(Debug, Clone)]
pub struct Exports {
    db: Db,
    store: Arc<dyn ObjectStore>,
    clock: Clock,
}

impl Exports {
    /// On this database and file store.
    #[must_use]
    pub fn new(db: Db, store: Arc<dyn ObjectStore>, clock: Clock) -> Self {
        Self { db, store, clock }
    }

    /// Asks for an export, once for each key; `answer` makes the body that repeats get too.
    ///
    /// # Errors
    /// A period that no export can have; those of [`idempotency::once`].
    pub async fn create<V: Serialize>(
        &self,
        who: &Principal,
        input: CreateExport,
        key: Option<&RequestKey>,
        answer: impl FnOnce(Export) -> V,
    ) -> Result<Outcome> {
        let now = self.clock.now();
        idempotency::once(&self.db, who.tenant, key, now, ACCEPTED, async |tx| {
            check_period(input.from, input.to)?;
            let id = ExportId::new();
            let new = NewExport {
                id,
                dataset: "usage",
                format: "csv",
                from: input.from,
                to: input.to,
                created_by: &who.actor().id,
                at: now,
            };
            exports::insert(tx, &new).await?;
            outbox::insert(tx, EXPORT_RUN, &json!({ "export_id": id })).await?;
            let detail = json!({ "dataset": "usage" });
            crate::audit::note(tx, who, "export.create", &id.to_string(), &detail, now).await?;
            let record = exports::find(tx, id).await?.ok_or_else(Error::not_found)?;
            Ok(answer(record.into()))
        })
        .await
    }

    /// Exports, newest first.
    ///
    /// # Errors
    /// A bad limit or cursor.
    pub async fn list(
        &self,
        who: &Principal,
        limit: Option<u32>,
        cursor: Option<&str>,
    ) -> Result<Page<Export>> {
        let page = PageRequest::read(limit, cursor)?;
        let mut tx = self.db.tenant(who.tenant).await?;
        Ok(exports::list(&mut tx, &page).await?.map(Export::from))
    }

    /// One export.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn get(&self, who: &Principal, id: ExportId) -> Result<Export> {
        let mut tx = self.db.tenant(who.tenant).await?;
        exports::find(&mut tx, id)
            .await?
            .map(Export::from)
            .ok_or_else(Error::not_found)
    }

    /// The file of an export, for 24 hours.
    ///
    /// # Errors
    /// `not_found`, `export_not_ready`, `export_expired`, `unavailable` when the file store has it not at hand.
    pub async fn download(&self, who: &Principal, id: ExportId) -> Result<Download> {
        let mut tx = self.db.tenant(who.tenant).await?;
        let export = exports::find(&mut tx, id).await?.ok_or_else(Error::not_found)?;
        drop(tx);
        let (from, to) = (export.from.date_naive(), export.to.date_naive());
        let kept = KeptFile {
            storage_key: export.storage_key,
            expires_at: export.expires_at,
        };
        let file_name = format!("phony-usage-{from}-{to}.csv");
        kept.open(&*self.store, self.clock.now(), file_name).await
    }
}

impl From<ExportRecord> for Export {
    fn from(export: ExportRecord) -> Self {
        let ms = |at: DateTime<Utc>| at.trunc_subsecs(3);
        Self {
            id: export.id,
            dataset: export.dataset,
            format: export.format,
            from: export.from,
            to: export.to,
            status: export.status,
            failure: export.failure,
            row_count: export.row_count,
            size_bytes: export.size_bytes,
            sha256: export.sha256.map(hex::encode),
            created_at: ms(export.created_at),
            ready_at: export.ready_at.map(ms),
            expires_at: export.expires_at.map(ms),
        }
    }
}
