//! Recordings go: by hand, with their call, because the caller refused, or because they were kept long enough. The
//! row becomes a tombstone at once and is never heard again; the files follow by jobs.

use std::sync::Arc;

use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};
use phony_db::recordings::erasure::{self, ErasedFor};
use phony_db::recordings::{self, StoredRecording};
use phony_db::{Db, TenantTx, outbox};
use phony_kernel::{CallId, Error, RecordingId, Result, TenantId};
use serde_json::json;

use super::{Recordings, refused};

/// Outbox topic of a deleted recording whose file is to go.
pub const RECORDING_ERASE: &str = "recording.erase";
/// Outbox topic of a recording whose copy at the carrier is to go.
pub const RECORDING_FORGET: &str = "recording.forget";
/// Recordings that are made tombstones in one go.
const EXPIRED_AT_ONCE: i64 = 100;

/// Makes a tombstone of a recording and asks for its files to go; `false` when it was one.
pub(super) async fn make_tombstone(
    tx: &mut TenantTx,
    recording: &StoredRecording,
    why: ErasedFor,
) -> Result<bool> {
    if !erasure::erase(tx, recording.id, why).await? {
        return Ok(false);
    }
    if recording.storage_key.is_some() {
        outbox::insert(tx, RECORDING_ERASE, &json!({ "recording_id": recording.id })).await?;
    }
    if recording.carrier_sid.is_some() && recording.carrier_deleted_at.is_none() {
        forget_at_carrier(tx, recording.id).await?;
    }
    Ok(true)
}

/// Asks for the carrier's copy to go.
pub(super) async fn forget_at_carrier(tx: &mut TenantTx, id: RecordingId) -> Result<()> {
    outbox::insert(tx, RECORDING_FORGET, &json!({ "recording_id": id })).await?;
    Ok(())
}

/// Deletes the recordings of a call whose content is erased, in the transaction that erases it.
///
/// # Errors
/// Those of the database.
pub async fn erase_of_call(tx: &mut TenantTx, call: CallId) -> Result<u64> {
    let mut erased = 0;
    for id in erasure::list_of_call(tx, call).await? {
        if let Some(recording) = recordings::find(tx, id).await?
            && make_tombstone(tx, &recording, ErasedFor::Call).await?
        {
            erased += 1;
        }
    }
    Ok(erased)
}

/// Deletes the file of a recording that is a tombstone.
///
/// # Errors
/// Those of the database and of the file store; the job is then repeated.
pub async fn erase_file(
    db: &Db,
    store: &Arc<dyn ObjectStore>,
    tenant: TenantId,
    id: RecordingId,
) -> Result<()> {
    let mut tx = db.tenant(tenant).await?;
    let Some(recording) = recordings::find(&mut tx, id).await? else {
        return Ok(());
    };
    drop(tx);
    let Some(key) = recording.storage_key.filter(|_| recording.erased_at.is_some()) else {
        return Ok(());
    };
    match store.delete(&Path::from(key)).await {
        Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
        Err(cause) => return Err(Error::unavailable(cause)),
    }
    let mut tx = db.tenant(tenant).await?;
    erasure::forget_file(&mut tx, id).await?;
    tx.commit().await
}

/// Deletes the recordings of a tenant that were kept long enough; returns how many those were.
///
/// # Errors
/// Those of the database and of the file store; what is left is tried again.
pub async fn remove_expired(db: &Db, store: &Arc<dyn ObjectStore>, tenant: TenantId) -> Result<usize> {
    let mut tx = db.tenant(tenant).await?;
    let expired = erasure::list_expired(&mut tx, EXPIRED_AT_ONCE).await?;
    drop(tx);
    for id in &expired {
        let mut tx = db.tenant(tenant).await?;
        if let Some(recording) = recordings::find(&mut tx, *id).await? {
            make_tombstone(&mut tx, &recording, ErasedFor::Retention).await?;
        }
        tx.commit().await?;
        erase_file(db, store, tenant, *id).await?;
    }
    Ok(expired.len())
}

impl Recordings {
    /// Deletes the copy of a recording at the carrier.
    ///
    /// # Errors
    /// Those of the carrier; the job is then repeated.
    pub async fn forget(&self, tenant: TenantId, id: RecordingId) -> Result<()> {
        let mut tx = self.db.tenant(tenant).await?;
        let recording = recordings::find(&mut tx, id).await?;
        drop(tx);
        let Some(recording) = recording.filter(|known| known.carrier_deleted_at.is_none()) else {
            return Ok(());
        };
        let Some(sid) = recording.carrier_sid.as_deref() else {
            return Ok(());
        };
        let client = self
            .client(tenant, recording.carrier_account_sid.as_deref())
            .await?;
        client.delete_recording(sid).await.map_err(refused)?;
        let mut tx = self.db.tenant(tenant).await?;
        recordings::note_deleted_at_carrier(&mut tx, id).await?;
        tx.commit().await
    }
}
