//! Keys that signed statements before they were replaced. The key that takes their place vouches for them, outside of the
//! database, so that what they signed stays good once they are out of `PHONY_MASTER_KEY`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::{DateTime, Utc};
use futures_util::TryStreamExt as _;
use object_store::path::Path;
use object_store::{ObjectStore as _, ObjectStoreExt as _, PutMode, PutOptions};
use phony_kernel::{Error, Result};
use serde::{Deserialize, Serialize};

use super::AuditLog;
use super::heads::{Heads, SignedHead};
use crate::signing::key_id;

/// Where it is kept who vouches for whom.
const FOLDER: &str = "audit_keys";
/// Keys replaced in the life of an installation, and then some.
const MOST_KEYS: usize = 1_000;
/// Largest file that is one.
const MAX_BYTES: u64 = 4_096;

/// What is signed for a key that was replaced. It cannot be read as a statement about a log, and none as it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Voucher {
    /// The key, hexadecimal.
    former_key: String,
    /// When it was vouched for.
    vouched_at: DateTime<Utc>,
}

impl Heads {
    /// Public keys of before: those of listed master keys, and all that a key of ours vouches for, itself or by another.
    pub(super) async fn former_keys(&self) -> Result<Vec<Vec<u8>>> {
        let mut known = self.signer.public_keys();
        let mut open = self.read_vouchers().await?;
        // Each round accepts one at the least, or ends it.
        loop {
            let before = known.len();
            open.retain(|(signed, signature, key)| {
                let ours = known.iter().any(|by| self.signer.is_by(by, signed, signature));
                if ours && !known.contains(key) {
                    known.push(key.clone());
                }
                !ours
            });
            if known.len() == before {
                known.remove(0);
                return Ok(known);
            }
        }
    }

    /// Lets the key in use vouch for every one of before; returns for how many it did so for the first time.
    async fn vouch(&self, now: DateTime<Utc>) -> Result<u64> {
        let mut vouched = 0;
        for key in self.former_keys().await? {
            let voucher = Voucher {
                former_key: hex::encode(&key),
                vouched_at: now,
            };
            let statement = serde_json::to_string(&voucher).map_err(Error::internal)?;
            let signed = SignedHead {
                signature: BASE64.encode(self.signer.sign(&statement)?),
                key_id: self.signer.key_id(),
                statement,
            };
            let bytes = serde_json::to_vec(&signed).map_err(Error::internal)?;
            let path = Path::from(format!("{FOLDER}/{}-{}.json", key_id(&key), self.signer.key_id()));
            let options = PutOptions::from(PutMode::Create);
            match self.store.put_opts(&path, bytes.into(), options).await {
                Ok(_) => vouched += 1,
                Err(object_store::Error::AlreadyExists { .. }) => {}
                Err(cause) => return Err(Error::unavailable(cause)),
            }
        }
        Ok(vouched)
    }

    /// What was signed, its signature, and the key that it is about; whoever signed.
    async fn read_vouchers(&self) -> Result<Vec<(String, Vec<u8>, Vec<u8>)>> {
        let files: Vec<_> = self
            .store
            .list(Some(&Path::from(FOLDER)))
            .try_collect()
            .await
            .map_err(Error::unavailable)?;
        let mut vouchers = Vec::new();
        for file in files
            .into_iter()
            .filter(|file| file.size <= MAX_BYTES)
            .take(MOST_KEYS)
        {
            let file = self.store.get(&file.location).await.map_err(Error::unavailable)?;
            let bytes = file.bytes().await.map_err(Error::unavailable)?;
            let Ok(signed) = serde_json::from_slice::<SignedHead>(&bytes) else {
                continue;
            };
            let voucher: Option<Voucher> = serde_json::from_str(&signed.statement).ok();
            let key = voucher.and_then(|voucher| hex::decode(voucher.former_key).ok());
            let signature = BASE64.decode(&signed.signature).ok();
            if let (Some(key), Some(signature)) = (key, signature) {
                vouchers.push((signed.statement, signature, key));
            }
        }
        Ok(vouchers)
    }
}

impl AuditLog {
    /// Sees to it that what was signed by keys of before stays good when they are listed no longer; returns how many keys
    /// that is new for. A part of the rotation of keys.
    ///
    /// # Errors
    /// Those of the file store.
    pub async fn vouch_for_former_keys(&self) -> Result<u64> {
        self.heads.vouch(self.clock.now()).await
    }
}
