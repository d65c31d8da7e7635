//! Signatures of ours on what leaves the database: heads of audit logs, receipts of erasure.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use phony_kernel::{Error, Result};
use secrecy::ExposeSecret as _;
use sha2::{Digest as _, Sha256};

use crate::identity::secrets::derive;
use crate::sealing::MasterKeys;

/// Bytes of a signature.
pub const SIGNATURE_BYTES: usize = 64;

/// Signs with Ed25519, each purpose with a key of its own. What was signed under an earlier master key is still known
/// while that one is listed. Cheap to clone.
#[derive(Clone)]
pub struct Signer {
    pairs: Arc<Vec<Ed25519KeyPair>>,
    purpose: &'static str,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({}, {})", self.purpose, self.key_id())
    }
}

impl Signer {
    /// Keys for one purpose, derived from the master keys; the first one signs.
    ///
    /// # Errors
    /// When a key cannot be made.
    pub fn new(masters: &MasterKeys, purpose: &'static str) -> Result<Self> {
        let mut pairs = Vec::new();
        for master in masters.all().iter() {
            let seed = derive(master.expose_secret(), purpose)?;
            let pair = Ed25519KeyPair::from_seed_unchecked(seed.expose_secret())
                .map_err(|_| Error::internal(anyhow::anyhow!("the signing key was refused")))?;
            pairs.push(pair);
        }
        Ok(Self {
            pairs: Arc::new(pairs),
            purpose,
        })
    }

    /// The public key that signs now.
    #[must_use]
    pub fn public_key(&self) -> Vec<u8> {
        let first = self.pairs.first();
        first.map_or_else(Vec::new, |pair| pair.public_key().as_ref().to_vec())
    }

    /// What names that key.
    #[must_use]
    pub fn key_id(&self) -> String {
        key_id(&self.public_key())
    }

    /// The signature of a text.
    ///
    /// # Errors
    /// When there is no key.
    pub fn sign(&self, text: &str) -> Result<Vec<u8>> {
        let pair = self
            .pairs
            .first()
            .ok_or_else(|| Error::internal(anyhow::anyhow!("there is no key to sign with")))?;
        Ok(pair.sign(&self.message(text)).as_ref().to_vec())
    }

    /// Whether a signature is one of ours for this text.
    #[must_use]
    pub fn is_ours(&self, text: &str, signature: &[u8]) -> bool {
        self.find_signing(text, signature).is_some()
    }

    /// The public key of ours that has signed this text; none when it is no signature of ours.
    #[must_use]
    pub fn find_signing(&self, text: &str, signature: &[u8]) -> Option<Vec<u8>> {
        self.public_keys()
            .into_iter()
            .find(|public_key| self.is_by(public_key, text, signature))
    }

    /// Whether a signature for this text was made with this key, whosever that is.
    #[must_use]
    pub fn is_by(&self, public_key: &[u8], text: &str, signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, public_key)
            .verify(&self.message(text), signature)
            .is_ok()
    }

    /// The public keys of all listed master keys, the one that signs now first.
    #[must_use]
    pub fn public_keys(&self) -> Vec<Vec<u8>> {
        let public_key = |pair: &Ed25519KeyPair| pair.public_key().as_ref().to_vec();
        self.pairs.iter().map(public_key).collect()
    }

    /// What is signed says for what it was.
    fn message(&self, text: &str) -> Vec<u8> {
        format!("{}\n{text}", self.purpose).into_bytes()
    }
}

/// What names a public key: the begin of its hash, hexadecimal.
pub(crate) fn key_id(public_key: &[u8]) -> String {
    hex::encode(&Sha256::digest(public_key)[..8])
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::*;

    const ONE: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    const TWO: &str = "HxAQAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    fn signer(keys: &str, purpose: &'static str) -> Signer {
        let masters = MasterKeys::read(&SecretString::from(keys.to_owned())).unwrap();
        Signer::new(&masters, purpose).unwrap()
    }

    #[test]
    fn a_signature_is_good_for_its_text_and_purpose_and_while_its_key_is_listed() {
        let signed = signer(ONE, "audit head 1").sign("a head").unwrap();
        assert_eq!(signed.len(), SIGNATURE_BYTES);
        assert!(signer(ONE, "audit head 1").is_ours("a head", &signed));
        assert!(signer(&format!("{TWO},{ONE}"), "audit head 1").is_ours("a head", &signed));
        assert!(!signer(TWO, "audit head 1").is_ours("a head", &signed));
        assert!(!signer(ONE, "receipt 1").is_ours("a head", &signed));
        assert!(!signer(ONE, "audit head 1").is_ours("another head", &signed));
        assert!(!signer(ONE, "audit head 1").is_ours("a head", &signed[1..]));
    }
}
