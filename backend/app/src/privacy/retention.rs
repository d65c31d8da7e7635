//! For how long a company keeps what, and what goes when it was kept long enough.

use std::ops::RangeInclusive;

use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};
use phony_db::privacy::copies::{self, ToRemove};
use phony_db::privacy::retention;
use phony_db::{Db, audit};
use phony_kernel::error::Faults;
use phony_kernel::{Error, Result, TenantId};
use serde_json::json;

use super::Privacy;
use crate::Principal;

/// Ten years.
const TRANSCRIPT_DAYS: RangeInclusive<i32> = 1..=3_650;
/// Nobody covers their tracks by keeping none.
const AUDIT_DAYS: RangeInclusive<i32> = 90..=3_650;
/// Calls whose words go in one go.
const CALLS: i64 = 100;

/// For how many days what is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// What was said and done in calls.
    pub transcript_days: i32,
    /// The audit log.
    pub audit_days: i32,
}

/// What to change; what is absent stays.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RetentionPatch {
    /// What was said and done in calls.
    pub transcript_days: Option<i32>,
    /// The audit log.
    pub audit_days: Option<i32>,
}

impl Privacy {
    /// For how many days what is kept.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn retention(&self, who: &Principal) -> Result<Retention> {
        let mut tx = self.db.tenant(who.tenant).await?;
        let days = retention::find(&mut tx).await?;
        Ok(Retention {
            transcript_days: days.transcripts,
            audit_days: days.audit,
        })
    }

    /// Keeps what for so many days, what is there too.
    ///
    /// # Errors
    /// `validation_failed`.
    pub async fn keep_for(&self, who: &Principal, patch: RetentionPatch) -> Result<()> {
        let mut faults = Faults::new();
        for (param, days, range) in [
            ("transcript_days", patch.transcript_days, TRANSCRIPT_DAYS),
            ("audit_days", patch.audit_days, AUDIT_DAYS),
        ] {
            if days.is_some_and(|days| !range.contains(&days)) {
                faults.add(
                    param,
                    "out_of_range",
                    format!("may be {} to {}", range.start(), range.end()),
                );
            }
        }
        faults.finish()?;
        if patch == RetentionPatch::default() {
            return Ok(());
        }
        let mut tx = self.db.tenant(who.tenant).await?;
        retention::set(&mut tx, patch.transcript_days, patch.audit_days).await?;
        let entry = audit::Entry {
            actor: &who.actor().id,
            action: "tenant.retention",
            target: &who.tenant.to_string(),
            detail: &json!({ "transcript_days": patch.transcript_days, "audit_days": patch.audit_days }),
        };
        audit::record(&mut tx, &entry, self.clock.now()).await?;
        tx.commit().await
    }

    /// Deletes the words of calls of a tenant that were kept long enough, and files of copies; returns how many
    /// those were. For the worker.
    ///
    /// # Errors
    /// Those of the database and of the file store; what is left is tried again.
    pub async fn remove_expired(&self, tenant: TenantId) -> Result<usize> {
        let mut tx = self.db.tenant(tenant).await?;
        let calls = retention::list_expired_calls(&mut tx, CALLS).await?;
        drop(tx);
        for call in &calls {
            let mut tx = self.db.tenant(tenant).await?;
            retention::erase_words(&mut tx, *call).await?;
            tx.commit().await?;
        }
        let files = remove_files(&self.db, &*self.store, tenant, ToRemove::Expired).await?;
        Ok(calls.len() + files)
    }
}

/// Deletes files of copies; returns how many those were.
pub(super) async fn remove_files(
    db: &Db,
    store: &dyn ObjectStore,
    tenant: TenantId,
    which: ToRemove<'_>,
) -> Result<usize> {
    let mut tx = db.tenant(tenant).await?;
    let files = copies::list_to_remove(&mut tx, which).await?;
    drop(tx);
    for (id, key) in &files {
        match store.delete(&Path::from(key.as_str())).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
            Err(cause) => return Err(Error::unavailable(cause)),
        }
        let mut tx = db.tenant(tenant).await?;
        copies::forget_file(&mut tx, *id).await?;
        tx.commit().await?;
    }
    Ok(files.len())
}
