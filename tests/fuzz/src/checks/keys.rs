//! Ids and cursors that clients send back.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use phony_kernel::page::{PageRequest, encode};
use phony_kernel::{ApiKeyId, CallId, NumberId, PersonalityId, TenantId, UserId};

/// An id is read in one writing only and as one kind only; a cursor that is taken is one that we could have made.
pub fn keys(data: &[u8]) {
    let Some(text) = super::text(data) else { return };
    let kinds = [
        id::<CallId>(text),
        id::<TenantId>(text),
        id::<UserId>(text),
        id::<NumberId>(text),
        id::<PersonalityId>(text),
        id::<ApiKeyId>(text),
    ];
    assert!(kinds.into_iter().filter(|is_one| *is_one).count() <= 1);
    cursor::<i64>(text);
    cursor::<(i64, CallId)>(text);
    cursor::<(String, u32)>(text);
    let made = encode(&(text, 7));
    let read = PageRequest::<(String, i64)>::read(None, Some(&made));
    assert_eq!(read.is_ok(), made.len() <= 512);
    if let Ok(page) = read {
        assert_eq!(page.after, Some((text.to_owned(), 7)));
    }
}

fn id<T: FromStr + Display + Debug>(text: &str) -> bool {
    let read = text.parse::<T>();
    if let Ok(id) = &read {
        assert_eq!(id.to_string(), text);
    }
    read.is_ok()
}

fn cursor<K>(text: &str)
where
    K: serde::Serialize + serde::de::DeserializeOwned + PartialEq + Debug,
{
    let Ok(page) = PageRequest::<K>::read(Some(10), Some(text)) else {
        return;
    };
    assert!(text.len() <= 512);
    let again = page.after.as_ref().map(encode);
    let again = PageRequest::<K>::read(Some(10), again.as_deref());
    assert_eq!(again.ok(), Some(page));
}
