//! Phone numbers as people and carriers write them.

use phony_kernel::E164;

/// A number that was read is canonical, is read again from every place where we store it, and is not in a log.
pub fn numbers(data: &[u8]) {
    let Some(text) = super::text(data) else { return };
    let (country, rest) = text.split_at(text.floor_char_boundary(2));
    let read = [
        E164::parse(text, None),
        E164::parse(text, Some("US")),
        E164::parse(text, Some("IN")),
        E164::parse(rest, Some(country)),
        E164::from_canonical(text),
    ];
    for number in read.into_iter().flatten() {
        let written = number.as_str();
        assert!(
            (8..=16).contains(&written.len()) && written.starts_with('+'),
            "{written}"
        );
        assert_eq!(E164::from_canonical(written).as_ref(), Ok(&number));
        let stored = serde_json::to_string(&number).unwrap_or_default();
        assert_eq!(
            serde_json::from_str::<E164>(&stored).ok().as_ref(),
            Some(&number),
            "{written}"
        );
        assert!(!format!("{number:?}").contains(written));
        assert!(number.country().is_none_or(|country| country.len() == 2));
    }
}
