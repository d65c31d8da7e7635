//! Refresh tokens: tenant, session, 256 random bits and a tag.
//!
//! The tag says that we made the token. So one that we made and that is neither the present one nor the one
//! before is an old one come back, which no table of old tokens has to remember; and a forged one costs no query.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use phony_kernel::{Result, SessionId, TenantId};
use secrecy::{ExposeSecret, SecretSlice};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::secrets::{Key, derive, mac, open, random, same, seal};

const BODY: usize = 16 + 16 + 32;
const WHOLE: usize = BODY + 16;

/// A token that we made, at some time.
#[derive(Debug)]
pub(crate) struct RefreshToken {
    pub(crate) tenant: TenantId,
    pub(crate) session: SessionId,
    bytes: SecretSlice<u8>,
}

impl RefreshToken {
    /// A new one.
    ///
    /// # Errors
    /// When the system has no random bytes.
    pub(crate) fn new(key: &Key, tenant: TenantId, session: SessionId) -> Result<Self> {
        let mut bytes = Vec::with_capacity(WHOLE);
        bytes.extend_from_slice(tenant.uuid().as_bytes());
        bytes.extend_from_slice(session.uuid().as_bytes());
        bytes.extend_from_slice(&random::<32>()?);
        let tag = mac(key, &bytes);
        bytes.extend_from_slice(&tag);
        Ok(Self {
            tenant,
            session,
            bytes: bytes.into(),
        })
    }

    /// Reads one; `None` when we did not make it.
    pub(crate) fn read(key: &Key, text: &str) -> Option<Self> {
        if text.len() > 2 * WHOLE {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        if bytes.len() != WHOLE || !same(&mac(key, &bytes[..BODY]), &bytes[BODY..]) {
            return None;
        }
        Some(Self {
            tenant: TenantId::from_uuid(Uuid::from_slice(&bytes[..16]).ok()?),
            session: SessionId::from_uuid(Uuid::from_slice(&bytes[16..32]).ok()?),
            bytes: bytes.into(),
        })
    }

    /// Reads one that we made with one of these keys; the first is in use.
    pub(crate) fn read_any<'a>(keys: impl IntoIterator<Item = &'a Key>, text: &str) -> Option<Self> {
        keys.into_iter().find_map(|key| Self::read(key, text))
    }

    /// As given to the browser.
    pub(crate) fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.bytes.expose_secret())
    }

    /// As stored.
    pub(crate) fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.bytes.expose_secret()).into()
    }

    /// Its successor, encrypted so that only the holder of this token can read it.
    ///
    /// # Errors
    /// When encryption fails.
    pub(crate) fn seal_successor(&self, successor: &Self) -> Result<Vec<u8>> {
        seal(
            &self.successor_key()?,
            b"successor",
            successor.bytes.expose_secret(),
        )
    }

    /// The successor that was sealed under this token.
    ///
    /// # Errors
    /// When it was sealed under another.
    pub(crate) fn open_successor(&self, sealed: &[u8]) -> Result<Self> {
        let bytes = open(&self.successor_key()?, b"successor", sealed)?;
        Ok(Self {
            tenant: self.tenant,
            session: self.session,
            bytes: bytes.into(),
        })
    }

    fn successor_key(&self) -> Result<Key> {
        derive(self.bytes.expose_secret(), "refresh token successor")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> Key {
        Key::new(Box::new([byte; 32]))
    }

    #[test]
    fn a_token_reads_back_and_an_altered_one_does_not() {
        let (tenant, session) = (TenantId::new(), SessionId::new());
        let token = RefreshToken::new(&key(1), tenant, session).unwrap();
        let text = token.text();
        let read = RefreshToken::read(&key(1), &text).unwrap();
        assert_eq!(
            (read.tenant, read.session, read.hash()),
            (tenant, session, token.hash())
        );
        assert!(RefreshToken::read(&key(2), &text).is_none());
        for at in [0, 30, 60, 100] {
            let mut altered = text.clone().into_bytes();
            altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
            assert!(RefreshToken::read(&key(1), std::str::from_utf8(&altered).unwrap()).is_none());
        }
        for junk in ["", "AAAA", &"A".repeat(1_000), "not base64!"] {
            assert!(RefreshToken::read(&key(1), junk).is_none());
        }
    }

    #[test]
    fn only_the_token_before_opens_its_successor() {
        let (tenant, session) = (TenantId::new(), SessionId::new());
        let [first, second, other] =
            std::array::from_fn(|_| RefreshToken::new(&key(1), tenant, session).unwrap());
        let sealed = first.seal_successor(&second).unwrap();
        assert_eq!(first.open_successor(&sealed).unwrap().hash(), second.hash());
        assert!(other.open_successor(&sealed).is_err());
        assert!(second.open_successor(&sealed).is_err());
    }
}
