//! The codes themselves: RFC 6238 with SHA-1, six digits and steps of thirty seconds, and recovery codes.

use aws_lc_rs::hmac;
use phony_kernel::Result;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::identity::secrets::{random, same};

/// How long a code is good.
pub(crate) const STEP_SECONDS: i64 = 30;
/// Bytes of a secret: as many as SHA-1 gives, RFC 4226 §4.
pub(crate) const SECRET_BYTES: usize = 20;
const DIGITS: usize = 6;
/// Recovery codes of a person.
pub(crate) const RECOVERY_CODES: usize = 10;
/// 120 bits each.
const RECOVERY_BYTES: usize = 15;
/// RFC 4648, lower case where people type it.
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The step that a time is in.
pub(crate) fn step_at(seconds: i64) -> i64 {
    seconds.div_euclid(STEP_SECONDS)
}

/// The code of a step.
pub(crate) fn code(secret: &[u8], step: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let tag = tag.as_ref();
    // The low four bits of the last byte say where the number begins.
    let at = usize::from(tag.last().copied().unwrap_or(0) & 0x0f);
    let mut number = [0; 4];
    number.copy_from_slice(&tag[at..at + 4]);
    let number = (u32::from_be_bytes(number) & 0x7fff_ffff) % 1_000_000;
    format!("{number:0DIGITS$}")
}

/// The step that a code is of: this one or the one before.
pub(crate) fn matching_step(secret: &[u8], typed: &str, now_seconds: i64) -> Option<i64> {
    let typed: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
    let present = step_at(now_seconds);
    [present, present - 1]
        .into_iter()
        .find(|step| same(code(secret, *step).as_bytes(), typed.as_bytes()))
}

/// Whether what was typed is written as a code of six digits; anything else is taken for a recovery code.
pub(crate) fn is_code(typed: &str) -> bool {
    let mut digits = 0;
    for c in typed.chars().filter(|c| !c.is_whitespace()) {
        if !c.is_ascii_digit() {
            return false;
        }
        digits += 1;
    }
    digits == DIGITS
}

/// A new secret.
pub(crate) fn new_secret() -> Result<Zeroizing<[u8; SECRET_BYTES]>> {
    Ok(Zeroizing::new(random::<SECRET_BYTES>()?))
}

/// Text of some bytes as RFC 4648 writes them, without padding.
pub(crate) fn base32(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 8 / 5 + 1);
    let (mut held, mut bits) = (0_u32, 0_u32);
    for byte in bytes {
        held = (held << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(char::from(BASE32[((held >> bits) & 31) as usize]));
        }
    }
    if bits > 0 {
        text.push(char::from(BASE32[((held << (5 - bits)) & 31) as usize]));
    }
    text
}

/// New recovery codes with their hashes: `abcd-efgh-…`, six groups of four.
pub(crate) fn new_recovery_codes() -> Result<(Vec<SecretString>, Vec<Vec<u8>>)> {
    let (mut codes, mut hashes) = (Vec::new(), Vec::new());
    for _ in 0..RECOVERY_CODES {
        let text = base32(&random::<RECOVERY_BYTES>()?).to_ascii_lowercase();
        let groups: Vec<&str> = (0..text.len()).step_by(4).map(|at| &text[at..at + 4]).collect();
        let code = SecretString::from(groups.join("-"));
        hashes.push(recovery_hash(code.expose_secret()));
        codes.push(code);
    }
    Ok((codes, hashes))
}

/// What is kept of a recovery code. 120 random bits need no slow hash.
pub(crate) fn recovery_hash(typed: &str) -> Vec<u8> {
    let plain: String = typed
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    Sha256::digest(format!("phony recovery code:{plain}")).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B, its SHA-1 rows: eight digits there, of which ours are the last six.
    const RFC: [(i64, &str); 6] = [
        (59, "94287082"),
        (1_111_111_109, "07081804"),
        (1_111_111_111, "14050471"),
        (1_234_567_890, "89005924"),
        (2_000_000_000, "69279037"),
        (20_000_000_000, "65353130"),
    ];
    const SECRET: &[u8] = b"12345678901234567890";

    #[test]
    fn codes_are_those_of_the_rfc() {
        for (seconds, expected) in RFC {
            assert_eq!(code(SECRET, step_at(seconds)), expected[2..], "{seconds}");
        }
    }

    #[test]
    fn this_step_and_the_one_before_are_good_and_no_other() {
        let now = 1_234_567_890;
        let at = |seconds: i64| code(SECRET, step_at(seconds));
        assert_eq!(matching_step(SECRET, &at(now), now), Some(step_at(now)));
        assert_eq!(matching_step(SECRET, &at(now - 30), now), Some(step_at(now) - 1));
        for other in [now - 60, now + 30, now + 60] {
            assert_eq!(matching_step(SECRET, &at(other), now), None);
        }
        let code = at(now);
        assert!(matching_step(SECRET, &format!("{} {}", &code[..3], &code[3..]), now).is_some());
        for junk in ["", "12345", "1234567", "abcdef"] {
            assert_eq!(matching_step(SECRET, junk, now), None);
        }
    }

    #[test]
    fn base32_is_that_of_the_rfc() {
        for (plain, text) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(plain.as_bytes()), text);
        }
    }

    #[test]
    fn recovery_codes_are_ten_of_120_bits_and_read_however_they_are_typed() {
        let (codes, hashes) = new_recovery_codes().unwrap();
        assert_eq!((codes.len(), hashes.len()), (10, 10));
        for (code, hash) in codes.iter().zip(&hashes) {
            let code = code.expose_secret();
            assert_eq!(code.len(), 24 + 5, "{code}");
            assert!(!is_code(code));
            let typed = code.replace('-', " ").to_uppercase();
            assert_eq!(&recovery_hash(&typed), hash);
        }
        assert!(
            hashes
                .iter()
                .all(|hash| hashes.iter().filter(|other| *other == hash).count() == 1)
        );
    }
}
