//! Secrets at rest: each record is encrypted with a key of its own, which a key of the installation wraps.
//!
//! What is sealed opens in its place only: table, column, tenant and record are part of the proof, so a value that
//! was copied elsewhere is worthless there. Rotation wraps the small keys anew and leaves the values as they are.
//!
//! Sealed form: version, length and text of the wrapping key's id, nonce and wrapped key, nonce and ciphertext.

mod keys;
mod ring;
mod rotation;
mod words;

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad, MAX_TAG_LEN, NONCE_LEN, Nonce, RandomizedNonceKey};
use phony_kernel::{Error, Result, TenantId};
use secrecy::SecretString;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::identity::secrets::random;

use keys::WrappingKey;
pub use keys::{MasterKeys, is_master_key_list};
pub(crate) use ring::Ring;
pub use rotation::{Progress, Rotation, Tally};

/// First byte of every sealed value.
const VERSION: u8 = 1;
/// Bytes of a data key.
const KEY: usize = 32;
/// Nonce, key and tag of a wrapped data key.
const WRAPPED: usize = NONCE_LEN + KEY + MAX_TAG_LEN;

/// Where a sealed value is kept; it opens there and nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// Table, without its schema.
    pub table: &'static str,
    /// Column.
    pub column: &'static str,
    /// Whose it is.
    pub tenant: TenantId,
    /// Which record, by what never changes of it.
    pub record: &'a str,
}

impl<'a> Place<'a> {
    /// Place of a value that belongs to a person and to no tenant.
    #[must_use]
    pub fn of_nobody(table: &'static str, column: &'static str, record: &'a str) -> Self {
        Self {
            table,
            column,
            tenant: TenantId::from_uuid(Uuid::nil()),
            record,
        }
    }

    /// What is proven with a value. Each text goes in with its length, so no two places read alike.
    fn proof(&self, purpose: &str, kek_id: &str) -> Vec<u8> {
        let mut proof = vec![VERSION];
        for text in [purpose, kek_id, self.table, self.column, self.record] {
            proof.extend_from_slice(&u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes());
            proof.extend_from_slice(text.as_bytes());
        }
        proof.extend_from_slice(self.tenant.uuid().as_bytes());
        proof
    }
}

/// A sealed value as it is stored, in one column.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

impl Sealed {
    /// For the column.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// For the column.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

/// A sealed value taken apart.
struct Parts<'a> {
    kek_id: &'a str,
    wrapped_key: &'a [u8],
    text: &'a [u8],
}

impl<'a> Parts<'a> {
    fn read(sealed: &'a [u8]) -> Option<Self> {
        let [VERSION, id_bytes, rest @ ..] = sealed else {
            return None;
        };
        let (id, rest) = rest.split_at_checked(usize::from(*id_bytes))?;
        let (wrapped_key, text) = rest.split_at_checked(WRAPPED)?;
        if text.len() < NONCE_LEN + MAX_TAG_LEN {
            return None;
        }
        Some(Self {
            kek_id: std::str::from_utf8(id).ok()?,
            wrapped_key,
            text,
        })
    }
}

/// Whether a stored value has our form; one of before has not.
#[must_use]
pub fn is_sealed(value: &[u8]) -> bool {
    Parts::read(value).is_some_and(|parts| keys::is_key_id(parts.kek_id))
}

/// Seals and opens. Cheap to clone.
#[derive(Clone)]
pub struct Sealer {
    keys: Arc<MasterKeys>,
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealer").finish_non_exhaustive()
    }
}

impl Sealer {
    /// Reads `PHONY_MASTER_KEY`: one key, or a list of which the first seals and all open.
    ///
    /// # Errors
    /// When it is neither.
    pub fn new(master_key: &SecretString) -> Result<Self> {
        Ok(Self {
            keys: Arc::new(MasterKeys::read(master_key)?),
        })
    }

    /// Id of the key that seals now.
    pub(crate) fn key_id(&self) -> &str {
        self.keys.sealing().id()
    }

    /// Seals with a fresh key.
    ///
    /// # Errors
    /// When the library fails.
    pub fn seal(&self, place: &Place<'_>, plain: &[u8]) -> Result<Sealed> {
        let data_key = DataKey::new()?;
        let wrapping = self.keys.sealing();
        let mut sealed = head(wrapping)?;
        sealed.extend_from_slice(&wrap(wrapping, place, &data_key)?);
        sealed.extend_from_slice(&data_key.seal(&place.proof("value", ""), plain)?);
        Ok(Sealed(sealed))
    }

    /// Opens what was sealed for the same place.
    ///
    /// # Errors
    /// When it was sealed for another, is no sealed value, or its wrapping key is not listed any more.
    pub fn open(&self, place: &Place<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let parts = Parts::read(sealed).ok_or_else(|| failed(place, "has not the form of one"))?;
        let data_key = self.unwrap(place, &parts)?;
        data_key
            .open(&place.proof("value", ""), parts.text)
            .map_err(|_| failed(place, "does not open there"))
    }

    /// Opens a text.
    ///
    /// # Errors
    /// As [`Self::open`], and when it is no text.
    pub fn open_text(&self, place: &Place<'_>, sealed: &[u8]) -> Result<SecretString> {
        let plain = self.open(place, sealed)?;
        let text = std::str::from_utf8(&plain).map_err(|_| failed(place, "is no text"))?;
        Ok(text.into())
    }

    /// The same value under the first key of the list; none when it is already. The value itself is not touched.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn rewrap(&self, place: &Place<'_>, sealed: &[u8]) -> Result<Option<Sealed>> {
        let parts = Parts::read(sealed).ok_or_else(|| failed(place, "has not the form of one"))?;
        let wrapping = self.keys.sealing();
        if parts.kek_id == wrapping.id() {
            return Ok(None);
        }
        let data_key = self.unwrap(place, &parts)?;
        let mut anew = head(wrapping)?;
        anew.extend_from_slice(&wrap(wrapping, place, &data_key)?);
        anew.extend_from_slice(parts.text);
        Ok(Some(Sealed(anew)))
    }

    fn unwrap(&self, place: &Place<'_>, parts: &Parts<'_>) -> Result<DataKey> {
        let wrapping = self
            .keys
            .find(parts.kek_id)
            .ok_or_else(|| failed(place, "is wrapped by a key that is not listed"))?;
        // By the id of that time; the key may have been given another since.
        let proof = place.proof("key", parts.kek_id);
        let plain = decrypt(wrapping.key(), &proof, parts.wrapped_key)
            .map_err(|_| failed(place, "does not open there"))?;
        DataKey::read(&plain).ok_or_else(|| failed(place, "has not the form of one"))
    }
}

/// Version and id of the wrapping key.
fn head(wrapping: &WrappingKey) -> Result<Vec<u8>> {
    let id = wrapping.id().as_bytes();
    let id_bytes = u8::try_from(id.len()).map_err(Error::internal)?;
    let mut head = vec![VERSION, id_bytes];
    head.extend_from_slice(id);
    Ok(head)
}

fn wrap(wrapping: &WrappingKey, place: &Place<'_>, data_key: &DataKey) -> Result<Vec<u8>> {
    let proof = place.proof("key", wrapping.id());
    encrypt(wrapping.key(), &proof, data_key.0.as_slice())
}

/// The key of one record.
pub(crate) struct DataKey(Zeroizing<[u8; KEY]>);

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey")
    }
}

impl DataKey {
    /// A fresh one.
    pub(crate) fn new() -> Result<Self> {
        Ok(Self(Zeroizing::new(random::<KEY>()?)))
    }

    /// One that was kept.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(|bytes| Self(Zeroizing::new(bytes)))
    }

    /// To be kept, sealed.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.as_slice()
    }

    /// Nonce, ciphertext, tag.
    pub(crate) fn seal(&self, proof: &[u8], plain: &[u8]) -> Result<Vec<u8>> {
        encrypt(&self.0, proof, plain)
    }

    pub(crate) fn open(&self, proof: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        decrypt(&self.0, proof, sealed)
    }
}

fn encrypt(key: &[u8; KEY], proof: &[u8], plain: &[u8]) -> Result<Vec<u8>> {
    let refused = |_| Error::internal(anyhow::anyhow!("sealing failed"));
    let sealing = RandomizedNonceKey::new(&AES_256_GCM, key).map_err(refused)?;
    let mut text = Vec::with_capacity(plain.len() + MAX_TAG_LEN);
    text.extend_from_slice(plain);
    let nonce = sealing
        .seal_in_place_append_tag(Aad::from(proof), &mut text)
        .map_err(refused)?;
    Ok([nonce.as_ref().as_slice(), &text].concat())
}

fn decrypt(key: &[u8; KEY], proof: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    let refused = || Error::internal(anyhow::anyhow!("a sealed value does not open"));
    let (nonce, text) = sealed.split_at_checked(NONCE_LEN).ok_or_else(refused)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| refused())?;
    let opening = RandomizedNonceKey::new(&AES_256_GCM, key).map_err(|_| refused())?;
    let mut text = Zeroizing::new(text.to_vec());
    let length = opening
        .open_in_place(nonce, Aad::from(proof), &mut text)
        .map_err(|_| refused())?
        .len();
    text.truncate(length);
    Ok(text)
}

/// Names the place, never the value.
#[track_caller]
fn failed(place: &Place<'_>, what: &str) -> Error {
    Error::internal(anyhow::anyhow!(
        "a sealed value of {}.{} {what}",
        place.table,
        place.column
    ))
}

#[cfg(test)]
mod tests;
