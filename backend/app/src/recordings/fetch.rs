//! The file of a recording: fetched from the carrier piece by piece, kept in our file store, deleted at the carrier.
//! Run by a worker, and may be repeated.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::{Stream, TryStreamExt as _};
use object_store::ObjectStoreExt as _;
use object_store::buffered::BufWriter;
use object_store::path::Path;
use phony_carriers::twilio::rest::{RecordingFormat, RestError};
use phony_db::outbox;
use phony_db::recordings::{self, FileFacts, RecordingStatus, StoredRecording, policy};
use phony_kernel::{Error, Kind, RecordingId, Result, TenantId};
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt as _;

use super::erase::forget_at_carrier;
use super::{Recordings, updated};

/// Outbox topic of a recording whose file is to be fetched.
pub const RECORDING_FETCH: &str = "recording.fetch";
/// Outbox topic of the one message that a recording can be heard.
pub const RECORDING_READY: &str = "call.recording_ready";

impl Recordings {
    /// Fetches the file of a recording that is over, once; its copy at the carrier is then deleted.
    ///
    /// # Errors
    /// Those of the carrier, among them that it does not have the file at hand yet, and of the file store; the job is
    /// then repeated.
    pub async fn fetch(&self, tenant: TenantId, id: RecordingId) -> Result<()> {
        let mut tx = self.db.tenant(tenant).await?;
        let recording = recordings::find(&mut tx, id).await?;
        drop(tx);
        let Some(recording) = recording.filter(|known| known.status == RecordingStatus::Processing) else {
            return Ok(());
        };
        let sid = recording.carrier_sid.as_deref().ok_or_else(Error::not_found)?;
        let client = self
            .client(tenant, recording.carrier_account_sid.as_deref())
            .await?;
        let pieces = client
            .download_recording(sid, RecordingFormat::Wav)
            .await
            .map_err(unfetched)?;
        let file = self.store_file(tenant, &recording, pieces).await?;
        self.keep(tenant, &recording, &file).await
    }

    /// Says that the file of a recording cannot be had.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn give_up_fetch(&self, tenant: TenantId, id: RecordingId) -> Result<()> {
        let mut tx = self.db.tenant(tenant).await?;
        let Some(recording) = recordings::find(&mut tx, id).await? else {
            return Ok(());
        };
        let why = "the file could not be fetched from the carrier";
        let failed = recordings::note_without_file(&mut tx, id, RecordingStatus::Failed, Some(why)).await?;
        tx.commit().await?;
        if failed {
            self.tell(tenant, recording.call, updated(id, "failed", None, None));
        }
        Ok(())
    }

    async fn store_file(
        &self,
        tenant: TenantId,
        recording: &StoredRecording,
        pieces: impl Stream<Item = Result<Bytes, RestError>> + Unpin,
    ) -> Result<FileFacts> {
        let storage_key = format!("recordings/{tenant}/{}/{}.wav", recording.call, recording.id);
        let mut file = BufWriter::new(Arc::clone(&self.store), Path::from(storage_key.as_str()));
        match write(&mut file, pieces).await {
            Ok((size_bytes, sha256)) => {
                file.shutdown().await.map_err(Error::unavailable)?;
                Ok(FileFacts {
                    storage_key,
                    size_bytes,
                    content_type: "audio/wav",
                    sha256,
                })
            }
            Err(error) => {
                // Best effort: what was written of it must not look like a file.
                let _ = file.abort().await;
                Err(error)
            }
        }
    }

    async fn keep(&self, tenant: TenantId, recording: &StoredRecording, file: &FileFacts) -> Result<()> {
        let (id, call) = (recording.id, recording.call);
        let mut tx = self.db.tenant(tenant).await?;
        policy::lock(&mut tx, call).await?;
        let wanted = recordings::note_ready(&mut tx, id, file).await?;
        if wanted {
            let told = json!({ "call_id": call, "recording_id": id });
            outbox::insert(&mut tx, RECORDING_READY, &told).await?;
            forget_at_carrier(&mut tx, id).await?;
        }
        tx.commit().await?;
        if !wanted {
            // Deleted while it was on its way.
            self.store
                .delete(&Path::from(file.storage_key.as_str()))
                .await
                .map_err(Error::unavailable)?;
            return Ok(());
        }
        tracing::info!(
            tenant.id = %tenant, call.id = %call, recording.id = %id, size_bytes = file.size_bytes,
            "recording {id} is ready"
        );
        self.tell(tenant, call, updated(id, "ready", None, None));
        Ok(())
    }
}

/// Writes the pieces as they come; their size and hash.
async fn write(
    file: &mut BufWriter,
    mut pieces: impl Stream<Item = Result<Bytes, RestError>> + Unpin,
) -> Result<(i64, [u8; 32])> {
    let mut hash = Sha256::new();
    let mut size_bytes = 0_i64;
    while let Some(piece) = pieces.try_next().await.map_err(unfetched)? {
        hash.update(&piece);
        size_bytes += i64::try_from(piece.len()).map_err(Error::internal)?;
        file.write_all(&piece).await.map_err(Error::unavailable)?;
    }
    if size_bytes == 0 {
        return Err(Error::unavailable(anyhow::anyhow!("the carrier's file is empty")));
    }
    Ok((size_bytes, hash.finalize().into()))
}

/// The file is not to be had now. Right after its callback not every edge of the carrier knows it.
fn unfetched(error: RestError) -> Error {
    let text = if error.is_not_found() {
        "the carrier does not have the file yet"
    } else {
        "the carrier did not give the file"
    };
    Error::new(Kind::Unavailable, "recording_unfetched", text).caused_by(error)
}
