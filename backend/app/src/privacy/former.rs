//! Keys that made what stands for erased numbers before they were replaced: kept sealed in the file store, so that whoever
//! was erased then is still known after a restore, when those keys are out of `PHONY_MASTER_KEY`.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::TryStreamExt as _;
use object_store::path::Path;
use object_store::{ObjectStore as _, ObjectStoreExt as _};
use phony_kernel::{Error, Result};
use secrecy::ExposeSecret as _;

use super::Privacy;
use crate::identity::secrets::{self, Key};
use crate::sealing::Place;

/// Where they are kept.
const FOLDER: &str = "privacy/number_keys";
/// Keys replaced in the life of an installation, and then some.
const MOST_KEYS: usize = 1_000;

/// What names a key and says nothing of it.
fn name(key: &Key) -> Result<String> {
    let derived = secrets::derive(key.expose_secret(), "name of an erased number key 1")?;
    Ok(hex::encode(&derived.expose_secret()[..8]))
}

fn place(name: &str) -> Place<'_> {
    Place::of_nobody("erased_number_keys", "key", name)
}

impl Privacy {
    /// Sees to it that numbers which were erased under keys of before are still known when those are listed no longer;
    /// returns how many keys were sealed anew. A part of the rotation of keys.
    ///
    /// # Errors
    /// Those of the file store.
    pub async fn keep_former_keys(&self) -> Result<u64> {
        let mut former = self.read_former().await?;
        for key in self.number_keys.iter().skip(1) {
            former.insert(name(key)?, Key::new(Box::new(*key.expose_secret())));
        }
        let mut kept = 0;
        for (name, key) in former {
            let path = Path::from(format!("{FOLDER}/{name}.{}", self.sealer.key_id()));
            match self.store.head(&path).await {
                Ok(_) => continue,
                Err(object_store::Error::NotFound { .. }) => {}
                Err(cause) => return Err(Error::unavailable(cause)),
            }
            let sealed = self.sealer.seal(&place(&name), key.expose_secret())?;
            self.store
                .put(&path, sealed.into_bytes().into())
                .await
                .map_err(Error::unavailable)?;
            kept += 1;
        }
        Ok(kept)
    }

    /// The same with the keys of before, as far as they were kept.
    pub(super) async fn knowing_former_keys(&self) -> Result<Self> {
        let mut keys = Vec::new();
        for key in self.number_keys.iter() {
            keys.push(Key::new(Box::new(*key.expose_secret())));
        }
        keys.extend(self.read_former().await?.into_values());
        Ok(Self {
            number_keys: Arc::new(keys),
            ..self.clone()
        })
    }

    /// Those that open under a listed key, by their names.
    async fn read_former(&self) -> Result<BTreeMap<String, Key>> {
        let files: Vec<_> = self
            .store
            .list(Some(&Path::from(FOLDER)))
            .try_collect()
            .await
            .map_err(Error::unavailable)?;
        let mut keys = BTreeMap::new();
        for file in files.into_iter().take(MOST_KEYS) {
            let Some((name, _)) = file.location.filename().and_then(|name| name.split_once('.')) else {
                continue;
            };
            let stored = self.store.get(&file.location).await.map_err(Error::unavailable)?;
            let sealed = stored.bytes().await.map_err(Error::unavailable)?;
            // What was sealed before the last rotation is there a second time, under the key in use.
            let Ok(plain) = self.sealer.open(&place(name), &sealed) else {
                continue;
            };
            if let Ok(bytes) = <[u8; 32]>::try_from(plain.as_slice()) {
                keys.insert(name.to_owned(), Key::new(Box::new(bytes)));
            }
        }
        Ok(keys)
    }
}
