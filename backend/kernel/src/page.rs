//! Keyset pages: a limit and an opaque cursor.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Kind, Result};

/// Rows on a page when nobody says otherwise.
pub const DEFAULT_LIMIT: u32 = 25;
/// Rows on a page at the most.
pub const MAX_LIMIT: u32 = 100;

/// Which page of a list: `limit` rows after the `after` key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest<K> {
    /// 1 to [`MAX_LIMIT`].
    pub limit: u32,
    /// Key of the last row of the page before.
    pub after: Option<K>,
}

impl<K: DeserializeOwned> PageRequest<K> {
    /// Reads the query parameters `limit` and `cursor`.
    ///
    /// # Errors
    /// A limit out of range, or a cursor that we did not make.
    pub fn read(limit: Option<u32>, cursor: Option<&str>) -> Result<Self> {
        let limit = limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAX_LIMIT).contains(&limit) {
            return Err(Error::invalid_field(
                "limit",
                "out_of_range",
                "must be from 1 to 100",
            ));
        }
        let after = cursor.map(decode).transpose()?;
        Ok(Self { limit, after })
    }
}

impl<K> PageRequest<K> {
    /// Rows to read: those of the page, and a surplus one that says whether more follow.
    #[must_use]
    pub fn rows(&self) -> i64 {
        i64::from(self.limit) + 1
    }
}

/// One page of a list.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// The rows.
    pub data: Vec<T>,
    /// Cursor of the next page, if there is one.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// Makes a page from up to [`PageRequest::rows`] rows: the surplus row only says that more follow.
    #[must_use]
    pub fn from_rows<K: Serialize>(mut rows: Vec<T>, limit: u32, key: impl Fn(&T) -> K) -> Self {
        let limit = limit as usize;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = if more {
            rows.last().map(|row| encode(&key(row)))
        } else {
            None
        };
        Self {
            data: rows,
            next_cursor,
        }
    }

    /// The same page with other rows.
    #[must_use]
    pub fn map<U>(self, convert: impl FnMut(T) -> U) -> Page<U> {
        Page {
            data: self.data.into_iter().map(convert).collect(),
            next_cursor: self.next_cursor,
        }
    }
}

/// Makes an opaque cursor of a key.
#[must_use]
pub fn encode<K: Serialize>(key: &K) -> String {
    // A key is a few scalars; they always serialise.
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(key).unwrap_or_default())
}

fn decode<K: DeserializeOwned>(cursor: &str) -> Result<K> {
    let bad = || {
        Error::new(
            Kind::Invalid,
            "bad_cursor",
            "the cursor is not one that this list gave out",
        )
    };
    if cursor.len() > 512 {
        return Err(bad());
    }
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| bad())?;
    serde_json::from_slice(&bytes).map_err(|_| bad())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_surplus_row_only_says_that_more_follow() {
        let page = Page::from_rows(vec![1, 2, 3], 2, |n| *n);
        assert_eq!(page.data, [1, 2]);
        let next: PageRequest<i32> = PageRequest::read(Some(2), page.next_cursor.as_deref()).unwrap();
        assert_eq!(next.after, Some(2));
        assert!(Page::from_rows(vec![1, 2], 2, |n| *n).next_cursor.is_none());
    }

    #[test]
    fn a_strange_cursor_or_limit_is_refused() {
        assert!(PageRequest::<i32>::read(None, Some("nonsense!")).is_err());
        assert!(PageRequest::<i32>::read(None, Some("aGVsbG8")).is_err());
        assert!(PageRequest::<i32>::read(Some(0), None).is_err());
        assert!(PageRequest::<i32>::read(Some(101), None).is_err());
    }
}
