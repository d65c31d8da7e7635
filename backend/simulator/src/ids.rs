//! Identifiers and dates as the carrier writes them.

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// Two capital letters and 32 lower-case hex digits. Random, so that a restarted simulator never repeats one.
pub(crate) fn sid(prefix: &str) -> String {
    format!("{prefix}{}", Uuid::new_v4().simple())
}

/// `Sat, 21 Nov 2026 09:15:02 +0000`
pub(crate) fn rfc2822(at: DateTime<Utc>) -> String {
    at.format("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

/// Whether `text` has the shape of an E.164 number.
pub(crate) fn is_e164(text: &str) -> bool {
    let Some(digits) = text.strip_prefix('+') else {
        return false;
    };
    (7..=15).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit())
}

/// `(415) 555-0100` for North America, the number itself elsewhere.
pub(crate) fn friendly(number: &str) -> String {
    match number.strip_prefix("+1") {
        Some(rest) if rest.len() == 10 => format!("({}) {}-{}", &rest[..3], &rest[3..6], &rest[6..]),
        _ => number.to_owned(),
    }
}
