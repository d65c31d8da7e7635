//! Lists, page by page.

use serde::de::DeserializeOwned;

/// The entries that read; one odd entry does not hide the others.
pub(super) fn known<T: DeserializeOwned>(entries: Vec<serde_json::Value>) -> Vec<T> {
    entries
        .into_iter()
        .filter_map(|entry| serde_json::from_value(entry).ok())
        .collect()
}

/// Address of the next page: a path on the carrier's own host, never an address elsewhere.
pub(super) fn followed(base: &str, next: Option<String>) -> Option<String> {
    let next = next.filter(|next| next.starts_with("/2010-04-01/"))?;
    Some(format!("{base}{next}"))
}
