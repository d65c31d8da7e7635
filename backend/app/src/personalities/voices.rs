//! The voices a personality may have, by the names that tenants know them under.

/// Every voice, in the order in which they are offered.
const NAMES: [&str; 13] = [
    "alloy", "ash", "ballad", "cedar", "coral", "echo", "fable", "marin", "nova", "onyx", "sage", "shimmer", "verse",
];

/// Whether there is a voice of this name.
#[must_use]
pub fn is_known(name: &str) -> bool {
    NAMES.contains(&name)
}

/// Every name.
#[must_use]
pub fn names() -> &'static [&'static str] {
    &NAMES
}
