//! Keys derived from the master key, sealing, random bytes. What the secrets are for is decided elsewhere.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use aws_lc_rs::{constant_time, hmac};
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use phony_kernel::{Error, Result};
use secrecy::{ExposeSecret, SecretBox};
use zeroize::Zeroizing;

/// A key of 256 bits.
pub(crate) type Key = SecretBox<[u8; 32]>;

/// The master key may be written with or without padding.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

struct Bytes32;

impl KeyType for Bytes32 {
    fn len(&self) -> usize {
        32
    }
}

#[track_caller]
fn failed(what: &'static str) -> Error {
    Error::internal(anyhow::anyhow!(what))
}

/// Reads one key of `PHONY_MASTER_KEY`: base64 of 32 bytes.
///
/// # Errors
/// When it is not that.
pub(crate) fn read_one_key(text: &str) -> Result<Key> {
    let bytes = LENIENT
        .decode(text.trim())
        .map(Zeroizing::new)
        .map_err(|_| failed("the master key is not base64"))?;
    let key: [u8; 32] = bytes
        .as_slice()
        .try_into()
        .map_err(|_| failed("the master key does not have 32 bytes"))?;
    Ok(Key::new(Box::new(key)))
}

/// Derives a key for one purpose; keys of different purposes say nothing of each other.
///
/// # Errors
/// Never for our lengths; the library wants it said.
pub(crate) fn derive(secret: &[u8], purpose: &str) -> Result<Key> {
    let mut key = Box::new([0; 32]);
    Salt::new(HKDF_SHA256, b"phony")
        .extract(secret)
        .expand(&[purpose.as_bytes()], Bytes32)
        .and_then(|okm| okm.fill(key.as_mut_slice()))
        .map_err(|_| failed("key derivation failed"))?;
    Ok(Key::new(key))
}

/// Encrypts, binding the result to `context`: nonce, then ciphertext and tag.
///
/// # Errors
/// When the library fails.
pub(crate) fn seal(key: &Key, context: &[u8], plain: &[u8]) -> Result<Vec<u8>> {
    let sealing =
        RandomizedNonceKey::new(&AES_256_GCM, key.expose_secret()).map_err(|_| failed("sealing failed"))?;
    let mut text = plain.to_vec();
    let nonce = sealing
        .seal_in_place_append_tag(Aad::from(context), &mut text)
        .map_err(|_| failed("sealing failed"))?;
    Ok([nonce.as_ref().as_slice(), &text].concat())
}

/// Decrypts what [`seal`] made with the same key and context.
///
/// # Errors
/// When it was made otherwise.
pub(crate) fn open(key: &Key, context: &[u8], sealed: &[u8]) -> Result<Vec<u8>> {
    let (nonce, text) = sealed
        .split_at_checked(NONCE_LEN)
        .ok_or_else(|| failed("a sealed value is too short"))?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| failed("a sealed value is too short"))?;
    let opening =
        RandomizedNonceKey::new(&AES_256_GCM, key.expose_secret()).map_err(|_| failed("opening failed"))?;
    let mut text = text.to_vec();
    let plain = opening
        .open_in_place(nonce, Aad::from(context), &mut text)
        .map_err(|_| failed("a sealed value does not open"))?;
    Ok(plain.to_vec())
}

/// The first 16 bytes of HMAC-SHA-256.
pub(crate) fn mac(key: &Key, text: &[u8]) -> [u8; 16] {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.expose_secret()), text);
    let mut short = [0; 16];
    short.copy_from_slice(&tag.as_ref()[..16]);
    short
}

/// Compares without telling by its duration where they differ.
pub(crate) fn same(a: &[u8], b: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(a, b).is_ok()
}

/// Random bytes.
///
/// # Errors
/// When the system has none.
pub(crate) fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| failed("no random bytes"))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_value_opens_with_its_key_and_context_only() {
        let (key, other) = (derive(b"a", "x").unwrap(), derive(b"a", "y").unwrap());
        let sealed = seal(&key, b"here", b"secret").unwrap();
        assert_eq!(open(&key, b"here", &sealed).unwrap(), b"secret");
        assert!(open(&key, b"there", &sealed).is_err());
        assert!(open(&other, b"here", &sealed).is_err());
        assert!(open(&key, b"here", &sealed[..5]).is_err());
        assert!(!sealed.windows(6).any(|part| part == b"secret"));
    }

    #[test]
    fn the_master_key_is_read_in_its_common_forms() {
        let key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
        for text in [key.to_owned(), format!("{key}="), format!(" {key}=\n")] {
            let read = read_one_key(&text).unwrap();
            assert_eq!(read.expose_secret()[31], 31);
        }
        for text in ["", "short", "AAEC", "not base64 at all, no", &format!("1:{key}=")] {
            assert!(read_one_key(text).is_err(), "{text}");
        }
    }
}
