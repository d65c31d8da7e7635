//! Times in requests: of the years that every part of the product can count with.
//!
//! The calendar of the library goes a quarter of a million years either way; the database's does not.

use chrono::{DateTime, Datelike as _, Utc};
use serde::{Deserialize, Deserializer};

const YEARS: std::ops::RangeInclusive<i32> = 1970..=9999;

/// A time that must be there.
///
/// # Errors
/// It is not a time, or of another age.
pub fn required<'de, D: Deserializer<'de>>(reader: D) -> Result<DateTime<Utc>, D::Error> {
    within(DateTime::deserialize(reader)?)
}

/// A time that may be there.
///
/// # Errors
/// Those of [`required`].
pub fn optional<'de, D: Deserializer<'de>>(reader: D) -> Result<Option<DateTime<Utc>>, D::Error> {
    Option::<DateTime<Utc>>::deserialize(reader)?
        .map(within)
        .transpose()
}

fn within<E: serde::de::Error>(moment: DateTime<Utc>) -> Result<DateTime<Utc>, E> {
    if YEARS.contains(&moment.year()) {
        Ok(moment)
    } else {
        Err(E::custom("must be a time of the years 1970 to 9999"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Period {
        #[serde(deserialize_with = "required")]
        from: DateTime<Utc>,
        #[serde(default, deserialize_with = "optional")]
        to: Option<DateTime<Utc>>,
    }

    #[test]
    fn times_of_other_ages_are_refused() {
        let read = |query: &str| serde_urlencoded::from_str::<Period>(query);
        let good = read("from=1970-01-01T00:00:00Z&to=9999-12-31T23:59:59.999Z").unwrap();
        assert_eq!((good.from.year(), good.to.unwrap().year()), (1970, 9999));
        assert!(read("from=2026-01-01T00:00:00Z").unwrap().to.is_none());
        for bad in [
            "1969-12-31T23:59:59Z",
            "-100000-01-01T00:00:00Z",
            "%2B262142-12-31T23:59:59.9999Z",
            "%2B10000-01-01T00:00:00Z",
            "yesterday",
        ] {
            assert!(read(&format!("from={bad}")).is_err(), "{bad}");
            assert!(
                read(&format!("from=2026-01-01T00:00:00Z&to={bad}")).is_err(),
                "{bad}"
            );
        }
    }
}
