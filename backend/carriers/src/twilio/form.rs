//! A form body as the carrier sent it: every pair, in order, decoded to bytes.
//!
//! Signatures need the exact bytes of every parameter, known or not, so nothing is dropped or repaired here.

use std::borrow::Cow;

/// The pairs of a form body or a query string.
#[derive(Clone, Default)]
pub struct Form {
    pairs: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Form {
    /// Splits and decodes `name=value&…`. Never fails: what is not well-formed is kept as it stands.
    #[must_use]
    pub fn parse(body: &[u8]) -> Self {
        let pairs = body
            .split(|byte| *byte == b'&')
            .filter(|piece| !piece.is_empty())
            .map(|piece| match piece.iter().position(|byte| *byte == b'=') {
                Some(at) => (decode(&piece[..at]), decode(&piece[at + 1..])),
                None => (decode(piece), Vec::new()),
            })
            .collect();
        Self { pairs }
    }

    /// A form of the given pairs.
    #[must_use]
    pub fn of<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let pairs = pairs
            .into_iter()
            .map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec()))
            .collect();
        Self { pairs }
    }

    /// The first value of `name`, when it is not empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        let (_, value) = self.pairs.iter().find(|(found, _)| found == name.as_bytes())?;
        (!value.is_empty()).then(|| String::from_utf8_lossy(value))
    }

    /// Whether `name` comes more than once with different values.
    #[must_use]
    pub fn contradicts(&self, name: &str) -> bool {
        let mut values = self
            .pairs
            .iter()
            .filter(|(found, _)| found == name.as_bytes())
            .map(|(_, value)| value);
        let Some(first) = values.next() else { return false };
        values.any(|value| value != first)
    }

    /// The part of the signed text that a form adds: names in byte order, each followed by its values in
    /// order, where equal pairs count once.
    pub(super) fn signed_text(&self) -> Vec<u8> {
        let mut sorted: Vec<&(Vec<u8>, Vec<u8>)> = self.pairs.iter().collect();
        sorted.sort();
        sorted.dedup();
        sorted
            .into_iter()
            .flat_map(|(name, value)| name.iter().chain(value))
            .copied()
            .collect()
    }
}

fn decode(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        match (*first, tail) {
            (b'+', _) => out.push(b' '),
            (b'%', [high, low, after @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => {
                    out.push(high << 4 | low);
                    rest = after;
                }
                _ => out.push(b'%'),
            },
            (other, _) => out.push(other),
        }
    }
    out
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_decoded_and_odd_ones_kept() {
        let form = Form::parse(b"a=x+y%2Bz&b=&c&&d=%zz%4&e=1=2");
        assert_eq!(form.get("a").unwrap(), "x y+z");
        assert_eq!(form.get("b"), None);
        assert_eq!(form.get("c"), None);
        assert_eq!(form.get("d").unwrap(), "%zz%4");
        assert_eq!(form.get("e").unwrap(), "1=2");
        assert_eq!(form.get("missing"), None);
    }

    #[test]
    fn a_contradiction_is_seen_and_a_repetition_is_not_one() {
        assert!(Form::parse(b"CallSid=CA1&CallSid=CA2").contradicts("CallSid"));
        assert!(!Form::parse(b"CallSid=CA1&CallSid=CA1").contradicts("CallSid"));
        assert!(!Form::parse(b"").contradicts("CallSid"));
    }

    #[test]
    fn signed_text_is_sorted_by_bytes_and_collapses_equal_pairs() {
        let form = Form::parse(b"b=2&a=9&_=u&B=1&a=3&b=2");
        assert_eq!(form.signed_text(), b"B1_ua3a9b2");
    }
}
