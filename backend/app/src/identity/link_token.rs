//! Tokens of links that are mailed: tenant, record, 256 random bits and a tag.
//!
//! The tag says that we made the token, so a forged one costs no query; the tenant in it says where to look. What is
//! stored is its SHA-256 alone.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use phony_kernel::{Error, Result, TenantId};
use secrecy::{ExposeSecret, SecretSlice};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::secrets::{Key, mac, random, same};

const BODY: usize = 16 + 16 + 32;
const WHOLE: usize = BODY + 16;

/// A token that we made, at some time.
#[derive(Debug)]
pub(super) struct LinkToken {
    pub(super) tenant: TenantId,
    pub(super) record: Uuid,
    bytes: SecretSlice<u8>,
}

impl LinkToken {
    /// A new one.
    ///
    /// # Errors
    /// When the system has no random bytes.
    pub(super) fn new(key: &Key, tenant: TenantId, record: Uuid) -> Result<Self> {
        let mut bytes = Vec::with_capacity(WHOLE);
        bytes.extend_from_slice(tenant.uuid().as_bytes());
        bytes.extend_from_slice(record.as_bytes());
        bytes.extend_from_slice(&random::<32>()?);
        let tag = mac(key, &bytes);
        bytes.extend_from_slice(&tag);
        Ok(Self {
            tenant,
            record,
            bytes: bytes.into(),
        })
    }

    /// Reads one; `None` when it was made by none of the keys.
    pub(super) fn read<'a>(keys: impl IntoIterator<Item = &'a Key>, text: &str) -> Option<Self> {
        if text.len() > 2 * WHOLE {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let ours = |key: &Key| same(&mac(key, &bytes[..BODY]), &bytes[BODY..]);
        if bytes.len() != WHOLE || !keys.into_iter().any(ours) {
            return None;
        }
        Some(Self {
            tenant: TenantId::from_uuid(Uuid::from_slice(&bytes[..16]).ok()?),
            record: Uuid::from_slice(&bytes[16..32]).ok()?,
            bytes: bytes.into(),
        })
    }

    /// As it stands in the link.
    pub(super) fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.bytes.expose_secret())
    }

    /// As stored.
    pub(super) fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.bytes.expose_secret()).into()
    }
}

/// The link is not ours, used up, too old, or taken back; which of these, nobody is told.
pub(super) fn link_not_good() -> Error {
    Error::invalid_field(
        "token",
        "link_not_good",
        "this link is not good any more; ask for a new one",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> Key {
        Key::new(Box::new([byte; 32]))
    }

    #[test]
    fn a_token_reads_back_under_any_of_our_keys() {
        let (tenant, record) = (TenantId::new(), Uuid::now_v7());
        let token = LinkToken::new(&key(1), tenant, record).unwrap();
        let read = LinkToken::read(&[key(2), key(1)], &token.text()).unwrap();
        assert_eq!(
            (read.tenant, read.record, read.hash()),
            (tenant, record, token.hash())
        );
        assert!(LinkToken::read(&[key(2)], &token.text()).is_none());
    }

    #[test]
    fn a_changed_or_foreign_text_is_none() {
        let text = LinkToken::new(&key(1), TenantId::new(), Uuid::now_v7())
            .unwrap()
            .text();
        for at in [0, 20, 60, 100, text.len() - 1] {
            let mut changed = text.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(LinkToken::read(&[key(1)], &changed).is_none(), "at {at}");
        }
        for junk in ["", "x", "ä", &text[1..], &format!("{text}A"), &"A".repeat(10_000)] {
            assert!(LinkToken::read(&[key(1)], junk).is_none());
        }
    }
}
