//! Parts of a file by HTTP (RFC 9110 §13 and §14): one range of bytes, conditions by entity tag.

use std::ops::Range;

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderName};

/// What of a file is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// All of it.
    Whole,
    /// These bytes.
    Part(Range<u64>),
    /// Bytes that it does not have.
    Nothing,
    /// Nothing, because who asks has it.
    Unchanged,
}

/// What `request` wants of a file of `size` bytes whose strong entity tag is `etag`.
#[must_use]
pub fn wanted(request: &HttpRequest, size: u64, etag: &str) -> Wanted {
    let text = |name: HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
    if text(header::IF_NONE_MATCH).is_some_and(|known| is_among(known, etag)) {
        return Wanted::Unchanged;
    }
    let Some(range) = text(header::RANGE) else {
        return Wanted::Whole;
    };
    // A date says less than the tag; what is not our tag wants the file as it is now.
    if text(header::IF_RANGE).is_some_and(|known| known.trim() != etag) {
        return Wanted::Whole;
    }
    part(range, size)
}

/// Weak comparison, as the condition asks for.
fn is_among(list: &str, etag: &str) -> bool {
    list.split(',')
        .map(str::trim)
        .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == etag)
}

/// A range that is none, of another unit, or several, is left aside: the whole file is an answer too.
fn part(range: &str, size: u64) -> Wanted {
    let Some((unit, set)) = range.split_once('=') else {
        return Wanted::Whole;
    };
    let Some((first, last)) = set.trim().split_once('-') else {
        return Wanted::Whole;
    };
    if !unit.trim().eq_ignore_ascii_case("bytes") || set.contains(',') {
        return Wanted::Whole;
    }
    let (first, last) = (first.trim(), last.trim());
    if first.is_empty() {
        return match number(last) {
            Some(0) => Wanted::Nothing,
            Some(_) if size == 0 => Wanted::Nothing,
            Some(length) => Wanted::Part(size.saturating_sub(length)..size),
            None => Wanted::Whole,
        };
    }
    let Some(first) = number(first) else {
        return Wanted::Whole;
    };
    let end = if last.is_empty() {
        size
    } else {
        match number(last) {
            Some(last) if last < first => return Wanted::Whole,
            Some(last) => last.saturating_add(1).min(size),
            None => return Wanted::Whole,
        }
    };
    if first >= size {
        return Wanted::Nothing;
    }
    Wanted::Part(first..end)
}

/// Digits only: a sign would be read too. More than fits is more than any file has.
fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    const TAG: &str = "\"abc\"";

    fn asked(headers: &[(&str, &str)]) -> Wanted {
        let request = headers.iter().fold(TestRequest::get(), |request, header| {
            request.insert_header(*header)
        });
        wanted(&request.to_http_request(), 100, TAG)
    }

    #[test]
    fn one_range_is_given_as_asked_for() {
        for (range, part) in [
            ("bytes=0-0", 0..1),
            ("bytes=0-99", 0..100),
            ("bytes=10-", 10..100),
            ("bytes=90-1000", 90..100),
            ("bytes=-10", 90..100),
            ("bytes=-1000", 0..100),
            ("Bytes = 5 - 6", 5..7),
            ("bytes=99-99999999999999999999999", 99..100),
        ] {
            assert_eq!(asked(&[("range", range)]), Wanted::Part(part), "{range}");
        }
    }

    #[test]
    fn what_the_file_does_not_have_is_said() {
        for range in [
            "bytes=100-",
            "bytes=100-200",
            "bytes=-0",
            "bytes=99999999999999999999-",
        ] {
            assert_eq!(asked(&[("range", range)]), Wanted::Nothing, "{range}");
        }
    }

    #[test]
    fn what_is_no_single_range_gets_the_whole() {
        for range in [
            "",
            "bytes",
            "bytes=",
            "bytes=-",
            "bytes=a-b",
            "bytes=5-4",
            "bytes=0-1,3-4",
            "items=0-1",
            "bytes=+1-2",
            "bytes=1--2",
        ] {
            assert_eq!(asked(&[("range", range)]), Wanted::Whole, "{range}");
        }
        assert_eq!(asked(&[]), Wanted::Whole);
    }

    #[test]
    fn conditions_are_met() {
        let range = ("range", "bytes=0-9");
        assert_eq!(asked(&[range, ("if-range", TAG)]), Wanted::Part(0..10));
        for other in ["\"old\"", "W/\"abc\"", "Sat, 21 Nov 2026 09:15:02 GMT"] {
            assert_eq!(asked(&[range, ("if-range", other)]), Wanted::Whole, "{other}");
        }
        for known in [TAG, "W/\"abc\"", "\"x\", \"abc\"", "*"] {
            assert_eq!(
                asked(&[range, ("if-none-match", known)]),
                Wanted::Unchanged,
                "{known}"
            );
        }
        assert_eq!(asked(&[range, ("if-none-match", "\"x\"")]), Wanted::Part(0..10));
    }
}
