//! A file that was made for somebody, on its way to them.

use std::fmt;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};
use phony_kernel::{Error, Kind, Result};

/// A file on its way to somebody.
pub struct Download {
    /// Name for saving it.
    pub file_name: String,
    /// Its bytes.
    pub size_bytes: u64,
    /// Its content, piece by piece.
    pub bytes: BoxStream<'static, Result<Bytes, object_store::Error>>,
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Download({}, {} bytes)", self.file_name, self.size_bytes)
    }
}

/// Where a file is kept, once it was made, and until when.
pub(crate) struct KeptFile {
    pub storage_key: Option<String>,
    pub expires_at: Option<DateTime<Utc>>,
}

impl KeptFile {
    /// Opens the file, to be saved as `file_name`.
    ///
    /// # Errors
    /// `export_not_ready`, `export_expired`, `unavailable` when the file store has it not at hand.
    pub(crate) async fn open(
        self,
        store: &dyn ObjectStore,
        now: DateTime<Utc>,
        file_name: String,
    ) -> Result<Download> {
        if self.expires_at.is_some_and(|at| at <= now) {
            let text = "the file was kept for 24 hours";
            return Err(Error::new(Kind::NotFound, "export_expired", text));
        }
        let Some(key) = self.storage_key else {
            let text = "the export has no file yet";
            return Err(Error::new(Kind::Conflict, "export_not_ready", text));
        };
        let file = store
            .get(&Path::from(key))
            .await
            // Also when it is not there: before its time it is on another instance's disk, or that disk is away.
            .map_err(Error::unavailable)?;
        Ok(Download {
            file_name,
            size_bytes: file.meta.size,
            bytes: file.into_stream().boxed(),
        })
    }
}
