//! Signed statements about a tenant's audit log, kept outside of the database: where it stood, what was cut off its
//! begin when it was old, and where it stands since a restore from a backup.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::{DateTime, SecondsFormat, Utc};
use futures_util::TryStreamExt as _;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _, PutMode, PutOptions};
use phony_kernel::{Error, Result, TenantId};
use serde::{Deserialize, Serialize};

use crate::signing::Signer;

/// Purpose of the key that signs them.
pub(super) const PURPOSE: &str = "audit head 1";
/// Largest file that is one.
const MAX_BYTES: u64 = 4_096;

/// What a statement says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum HeadKind {
    /// The log had this entry.
    Head,
    /// Up to this entry the log was cut off, because it is old.
    Cut,
    /// The log ends with this entry since a restore; what was said before of later ones is void.
    Restored,
}

impl HeadKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Head => "head",
            Self::Cut => "cut",
            Self::Restored => "restored",
        }
    }
}

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    /// What it says.
    pub kind: HeadKind,
    /// Of whose log.
    pub tenant: TenantId,
    /// Of which entry; -1 of none.
    pub seq: i64,
    /// That entry's hash, hexadecimal.
    pub hash: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// As it is kept: the words that were signed, byte by byte.
#[derive(Serialize, Deserialize)]
pub(super) struct SignedHead {
    pub(super) statement: String,
    pub(super) signature: String,
    pub(super) key_id: String,
}

/// A statement by the name of its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) seq: i64,
    pub(super) kind: HeadKind,
    path: Path,
}

/// Where statements are kept.
#[derive(Debug, Clone)]
pub(super) struct Heads {
    pub(super) store: Arc<dyn ObjectStore>,
    pub(super) signer: Signer,
}

fn folder(tenant: TenantId) -> Path {
    Path::from(format!("audit/{tenant}"))
}

impl Heads {
    /// Signs a statement and keeps it. It is never written over.
    pub(super) async fn write(&self, head: &Head) -> Result<()> {
        let statement = serde_json::to_string(head).map_err(Error::internal)?;
        let signed = SignedHead {
            signature: BASE64.encode(self.signer.sign(&statement)?),
            key_id: self.signer.key_id(),
            statement,
        };
        let bytes = serde_json::to_vec(&signed).map_err(Error::internal)?;
        // The names are in the order of time.
        let name = format!(
            "{}-{:020}-{}.json",
            head.at
                .to_rfc3339_opts(SecondsFormat::Micros, true)
                .replace(':', ""),
            head.seq + 1,
            head.kind.as_str()
        );
        let path = folder(head.tenant).join(name.as_str());
        let options = PutOptions::from(PutMode::Create);
        match self.store.put_opts(&path, bytes.into(), options).await {
            Ok(_) | Err(object_store::Error::AlreadyExists { .. }) => Ok(()),
            Err(cause) => Err(Error::unavailable(cause)),
        }
    }

    /// All statements about a log by their names, oldest first.
    pub(super) async fn list(&self, tenant: TenantId) -> Result<Vec<Named>> {
        let folder = folder(tenant);
        let files: Vec<_> = self
            .store
            .list(Some(&folder))
            .try_collect()
            .await
            .map_err(Error::unavailable)?;
        let mut named: Vec<Named> = files
            .into_iter()
            .filter(|file| file.size <= MAX_BYTES)
            .filter_map(|file| read_name(file.location))
            .collect();
        named.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        Ok(named)
    }

    /// What a file says; `None` when it is not signed by us for this log and under this name. `former` are keys of ours
    /// that are not in use any more.
    pub(super) async fn read(
        &self,
        tenant: TenantId,
        named: &Named,
        former: &[Vec<u8>],
    ) -> Result<Option<Head>> {
        let file = self.store.get(&named.path).await.map_err(Error::unavailable)?;
        let bytes = file.bytes().await.map_err(Error::unavailable)?;
        let Ok(signed) = serde_json::from_slice::<SignedHead>(&bytes) else {
            return Ok(None);
        };
        let signature = BASE64.decode(&signed.signature).unwrap_or_default();
        let is_by = |key: &Vec<u8>| self.signer.is_by(key, &signed.statement, &signature);
        if !self.signer.is_ours(&signed.statement, &signature) && !former.iter().any(is_by) {
            return Ok(None);
        }
        let head: Option<Head> = serde_json::from_str(&signed.statement).ok();
        Ok(head.filter(|head| head.tenant == tenant && head.seq == named.seq && head.kind == named.kind))
    }

    /// Companies about whose logs there are statements, whether the database knows them or not.
    pub(super) async fn list_tenants(&self) -> Result<Vec<TenantId>> {
        let listed = self
            .store
            .list_with_delimiter(Some(&Path::from("audit")))
            .await
            .map_err(Error::unavailable)?;
        let folders = listed.common_prefixes.iter();
        Ok(folders
            .filter_map(|folder| folder.filename()?.parse().ok())
            .collect())
    }

    /// Deletes a statement that says nothing any more.
    pub(super) async fn delete(&self, named: &Named) -> Result<()> {
        match self.store.delete(&named.path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(cause) => Err(Error::unavailable(cause)),
        }
    }
}

/// Reads a file's name: time, place and kind.
fn read_name(path: Path) -> Option<Named> {
    let name = path.filename()?.strip_suffix(".json")?.to_owned();
    let (rest, kind) = name.rsplit_once('-')?;
    let (_, place) = rest.rsplit_once('-')?;
    let kind = match kind {
        "head" => HeadKind::Head,
        "cut" => HeadKind::Cut,
        "restored" => HeadKind::Restored,
        _ => return None,
    };
    let seq: i64 = place.parse().ok()?;
    Some(Named {
        seq: seq - 1,
        kind,
        path,
    })
}
