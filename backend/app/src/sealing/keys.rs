//! The keys of the installation: `PHONY_MASTER_KEY` is one, or a list while one replaces another.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use phony_kernel::{Error, Result};
use secrecy::{ExposeSecret as _, SecretString};

use super::ring::Ring;
use crate::identity::secrets::{Key, derive, read_one_key};

/// Keys of a list at the most.
const MOST_KEYS: usize = 8;
/// Longest id.
const ID_CHARS: usize = 32;

/// Wraps the keys of records.
pub(super) struct WrappingKey {
    /// As written in the list, or made of the key itself.
    id: String,
    /// Made of the key itself: by it a key that had no id is found once it has been given one.
    fingerprint: String,
    key: Key,
}

impl WrappingKey {
    fn new(id: Option<&str>, master: &Key) -> Result<Self> {
        let print = derive(master.expose_secret(), "key fingerprint 1")?;
        let fingerprint = format!("k-{}", URL_SAFE_NO_PAD.encode(&print.expose_secret()[..9]));
        Ok(Self {
            id: id.unwrap_or(&fingerprint).to_owned(),
            fingerprint,
            key: derive(master.expose_secret(), "key encryption key 1")?,
        })
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn key(&self) -> &[u8; 32] {
        self.key.expose_secret()
    }
}

/// The master keys in their order, with what is derived of each for sealing.
pub struct MasterKeys {
    masters: Ring<Key>,
    wrapping: Ring<WrappingKey>,
}

/// One entry of the list.
fn read_part(part: &str) -> Result<(Key, WrappingKey)> {
    let (id, key) = match part.split_once(':') {
        Some((id, key)) => (Some(id.trim()), key),
        None => (None, part),
    };
    if id.is_some_and(|id| !is_key_id(id)) {
        return Err(bad(
            "the id of a master key is not 1 to 32 letters, digits, - or _",
        ));
    }
    let master = read_one_key(key)?;
    let wrapping = WrappingKey::new(id, &master)?;
    Ok((master, wrapping))
}

fn bad(what: &'static str) -> Error {
    Error::internal(anyhow::anyhow!(what))
}

impl std::fmt::Debug for MasterKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MasterKeys")
            .field("keys", &self.masters.len())
            .finish_non_exhaustive()
    }
}

impl MasterKeys {
    /// Reads one key in base64, or several, parted by commas, each with its id and a colon before it or without.
    ///
    /// # Errors
    /// When one is no key, two have one id, or there are more than eight.
    pub(crate) fn read(text: &SecretString) -> Result<Self> {
        let text = text.expose_secret().trim();
        let (first, rest) = match text.split_once(',') {
            Some((first, rest)) => (first, Some(rest)),
            None => (text, None),
        };
        let (master, wrapping) = read_part(first)?;
        let mut keys = Self {
            masters: Ring::new(master, Vec::new()),
            wrapping: Ring::new(wrapping, Vec::new()),
        };
        for part in rest.into_iter().flat_map(|rest| rest.split(',')) {
            let (master, wrapping) = read_part(part)?;
            if keys.find(wrapping.id()).is_some() || keys.find(&wrapping.fingerprint).is_some() {
                return Err(bad("a master key or its id is listed twice"));
            }
            keys.masters.push(master);
            keys.wrapping.push(wrapping);
        }
        if keys.masters.len() > MOST_KEYS {
            return Err(bad("there are more than eight master keys"));
        }
        Ok(keys)
    }

    /// Wraps whatever is sealed from now on.
    pub(super) fn sealing(&self) -> &WrappingKey {
        self.wrapping.first()
    }

    pub(super) fn find(&self, id: &str) -> Option<&WrappingKey> {
        self.wrapping
            .iter()
            .find(|known| known.id == id || known.fingerprint == id)
    }

    /// Their ids, in their order.
    pub(super) fn ids(&self) -> Vec<String> {
        self.wrapping.iter().map(|key| key.id.clone()).collect()
    }

    /// The id in the list of the key that a value names; as the value has it, when it is not listed.
    pub(super) fn name_of(&self, id: &str) -> String {
        self.find(id).map_or(id, WrappingKey::id).to_owned()
    }

    /// The key in use; keys for other purposes are derived of it.
    pub(crate) fn first(&self) -> &Key {
        self.masters.first()
    }

    /// All of them, the one in use first: what an older one made stays good while it is listed.
    pub(crate) fn all(&self) -> &Ring<Key> {
        &self.masters
    }
}

/// Whether a text can be the id of a key.
pub(super) fn is_key_id(id: &str) -> bool {
    (1..=ID_CHARS).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// Whether `text` can be `PHONY_MASTER_KEY`.
#[must_use]
pub fn is_master_key_list(text: &SecretString) -> bool {
    MasterKeys::read(text).is_ok()
}
