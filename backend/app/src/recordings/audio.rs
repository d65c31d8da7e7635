//! The sound of a recording on its way to somebody, whole or in part.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::stream::BoxStream;
use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectStore};
use phony_db::calls::history::{self, CallRef};
use phony_db::recordings::RecordingStatus;
use phony_kernel::{Error, Kind, RecordingId, Result};

use super::Recordings;
use crate::Principal;

/// The file of a recording.
#[derive(Clone)]
pub struct AudioFile {
    store: Arc<dyn ObjectStore>,
    key: Path,
    /// Bytes of the file.
    pub size_bytes: u64,
    /// Kind of the file.
    pub content_type: String,
    /// Strong validator: the file never changes under it.
    pub etag: String,
    /// Name for saving it.
    pub file_name: String,
    /// When it was stored.
    pub stored_at: DateTime<Utc>,
}

impl fmt::Debug for AudioFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AudioFile({}, {} bytes)", self.file_name, self.size_bytes)
    }
}

impl Recordings {
    /// The file of a recording that is ready.
    ///
    /// # Errors
    /// `not_found`; `recording_deleted`; `recording_not_ready`.
    pub async fn audio(&self, who: &Principal, call: &CallRef, id: RecordingId) -> Result<AudioFile> {
        let mut tx = self.db.tenant(who.tenant).await?;
        let call = history::get_id(&mut tx, call, who.mode()).await?;
        let recording = super::get(&mut tx, call, id).await?;
        drop(tx);
        let fault = |kind, code, text| Err(Error::new(kind, code, text));
        if recording.status == RecordingStatus::Deleted {
            return fault(Kind::NotFound, "recording_deleted", "the recording was deleted");
        }
        // Deleted in an hour at the latest, but never heard after its time.
        if recording.expires_at.is_some_and(|at| at <= self.clock.now()) {
            return fault(
                Kind::NotFound,
                "recording_deleted",
                "the recording was kept long enough",
            );
        }
        let (Some(key), Some(size), Some(hash)) =
            (recording.storage_key, recording.size_bytes, recording.sha256)
        else {
            return fault(
                Kind::Conflict,
                "recording_not_ready",
                "the recording has no file yet",
            );
        };
        Ok(AudioFile {
            store: Arc::clone(&self.store),
            key: Path::from(key),
            size_bytes: u64::try_from(size).map_err(Error::internal)?,
            content_type: recording.content_type.unwrap_or_else(|| "audio/wav".to_owned()),
            etag: format!("\"{}\"", hex::encode(hash)),
            file_name: format!("{id}.wav"),
            stored_at: recording.ready_at.unwrap_or(recording.created_at),
        })
    }
}

impl AudioFile {
    /// The bytes of a part of the file, piece by piece.
    ///
    /// # Errors
    /// `unavailable` when the file store has it not at hand.
    pub async fn read(
        &self,
        part: Range<u64>,
    ) -> Result<BoxStream<'static, Result<Bytes, object_store::Error>>> {
        let options = GetOptions {
            range: Some(GetRange::Bounded(part)),
            ..GetOptions::default()
        };
        let file = self
            .store
            .get_opts(&self.key, options)
            .await
            .map_err(Error::unavailable)?;
        Ok(file.into_stream())
    }
}
