//! How API keys are written: `ph_live_`, 32 random characters, six of checksum.

use phony_kernel::{KeyMode, Result};
use sha2::{Digest, Sha256};

use super::secrets::random;

const PREFIXES: [&str; 2] = ["ph_live_", "ph_test_"];
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BODY: usize = 32;
const CHECK: usize = 6;
/// Characters that are stored and shown, to tell keys apart.
const SHOWN: usize = 12;

/// Whether a credential claims to be an API key.
pub(crate) fn looks_like_key(text: &str) -> bool {
    text.starts_with("ph_")
}

/// A new key.
///
/// # Errors
/// When the system has no random bytes.
pub(crate) fn generate(mode: KeyMode) -> Result<String> {
    let prefix = match mode {
        KeyMode::Live => PREFIXES[0],
        KeyMode::Test => PREFIXES[1],
    };
    let mut key = prefix.to_owned();
    while key.len() < prefix.len() + BODY {
        for byte in random::<48>()? {
            // The first multiple of 62 below 256: whatever lies above would favour some characters.
            if byte < 248 && key.len() < prefix.len() + BODY {
                key.push(char::from(ALPHABET[usize::from(byte) % 62]));
            }
        }
    }
    let check = checksum(&key);
    Ok(key + &check)
}

/// SHA-256 of a key whose form and checksum are good; `None` spares the database a query.
pub(crate) fn hash_if_well_formed(text: &str) -> Option<[u8; 32]> {
    let prefix = PREFIXES.into_iter().find(|prefix| text.starts_with(prefix))?;
    let good = text.len() == prefix.len() + BODY + CHECK
        && text[prefix.len()..].bytes().all(|byte| ALPHABET.contains(&byte));
    if !good {
        return None;
    }
    let (body, check) = text.split_at(text.len() - CHECK);
    (checksum(body) == check).then(|| Sha256::digest(text).into())
}

/// The part that is stored in the clear.
pub(crate) fn shown_prefix(key: &str) -> &str {
    key.get(..SHOWN).unwrap_or(key)
}

/// CRC-32 in base 62, six characters.
fn checksum(text: &str) -> String {
    let mut rest = crc32fast::hash(text.as_bytes());
    let mut digits = [b'0'; CHECK];
    for digit in digits.iter_mut().rev() {
        *digit = ALPHABET[(rest % 62) as usize];
        rest /= 62;
    }
    digits.iter().map(|digit| char::from(*digit)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_vectors_hold() {
        let body = "0123456789ABCDEFGHIJKLMNOPQRSTUV";
        assert!(hash_if_well_formed(&format!("ph_live_{body}2ayTCS")).is_some());
        assert!(hash_if_well_formed(&format!("ph_test_{body}17xGgv")).is_some());
        assert!(hash_if_well_formed(&format!("ph_live_{body}17xGgv")).is_none());
        assert!(hash_if_well_formed(&format!("ph_test_{body}2ayTCS")).is_none());
        assert_eq!(checksum(&format!("ph_live_{body}")), "2ayTCS");
        assert_eq!(checksum(&format!("ph_test_{body}")), "17xGgv");
    }

    #[test]
    fn a_new_key_is_well_formed_and_any_typing_error_is_not() {
        let test = generate(KeyMode::Test).unwrap();
        assert!(test.starts_with("ph_test_") && hash_if_well_formed(&test).is_some());
        let key = generate(KeyMode::Live).unwrap();
        assert_eq!(key.len(), 46);
        assert!(hash_if_well_formed(&key).is_some());
        assert_eq!(shown_prefix(&key), &key[..12]);
        for at in 0..key.len() {
            let mut altered = key.clone().into_bytes();
            altered[at] = if altered[at] == b'x' { b'y' } else { b'x' };
            assert!(
                hash_if_well_formed(std::str::from_utf8(&altered).unwrap()).is_none(),
                "{at}"
            );
        }
        for junk in [
            "",
            "ph_live_",
            "ph_live_é",
            &key[..45],
            &format!("{key}0"),
            &key.to_uppercase(),
        ] {
            assert!(hash_if_well_formed(junk).is_none(), "{junk}");
        }
    }

    #[test]
    fn keys_use_the_whole_alphabet() {
        let text: String = (0..60)
            .map(|_| generate(KeyMode::Live).unwrap()[8..40].to_owned())
            .collect();
        assert!(ALPHABET.iter().all(|byte| text.as_bytes().contains(byte)));
    }
}
