//! National lists of numbers that are not to be rung, as the tenant brings them: whole or in parts, hashed on the way in.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use phony_db::outbound_policy::national as rows;
use phony_kernel::error::Faults;
use phony_kernel::{E164, Error, Kind, NationalListId, Result};
use serde_json::json;

use super::{Policies, note};
use crate::Principal;
use crate::number_keys::NumberKey;

pub use phony_db::outbound_policy::national::NationalList;

/// A list older than so many days counts as none.
pub const MAX_AGE_DAYS: i64 = 31;
/// Numbers that go to the database at once.
const BATCH: usize = 5_000;
/// Numbers of one list.
const MAX_NUMBERS: i64 = 10_000_000;
/// Lists that are shown.
const MAX_LISTS: i64 = 500;
/// Lines that are told one by one.
const MAX_TOLD: usize = 100;
/// The oldest list that is taken, in days.
const OLDEST_DAYS: i64 = 365;

/// A list or a part of one.
#[derive(Debug, Clone)]
pub struct NationalImport {
    /// Whose, ISO 3166.
    pub country: String,
    /// Which day's it is.
    pub as_of: NaiveDate,
    /// One number a line, or CSV whose first column is the number, or whose first two are area code and number.
    pub numbers: String,
    /// Whether more parts of the list follow; it is in force when the last one is there.
    pub more: bool,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NationalReport {
    /// The list as it stands.
    pub list: NationalList,
    /// Numbers that were not on it.
    pub accepted: u64,
    /// Lines that were not taken.
    pub refused: u64,
    /// Which, up to a hundred.
    pub refusals: Vec<RefusedNumber>,
}

/// A line that was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedNumber {
    /// Which; the first is 1.
    pub line: u64,
    /// Stable word for the reason.
    pub code: &'static str,
    /// The reason.
    pub detail: String,
}

/// What was read of a text.
#[derive(Debug, Default, PartialEq, Eq)]
struct Read {
    hashes: Vec<Vec<u8>>,
    refused: u64,
    refusals: Vec<RefusedNumber>,
}

impl Policies {
    /// Takes in a list or a part of one.
    ///
    /// # Errors
    /// `validation_failed` with every fault, `list_too_long`.
    pub async fn import_national(&self, who: &Principal, input: NationalImport) -> Result<NationalReport> {
        let now = self.clock.now();
        let country = input.country.trim().to_ascii_uppercase();
        check(&country, input.as_of, now)?;
        if input.numbers.contains('\0') {
            return Err(Error::invalid_field(
                "numbers",
                "control_character",
                "has control characters",
            ));
        }
        let mut tx = self.db.tenant(who.tenant).await?;
        let key = self.keys.of(&mut tx).await?;
        let read = {
            let country = country.clone();
            // A second of work at the most; no request of others waits for it.
            tokio::task::spawn_blocking(move || read(&input.numbers, &country, &key))
                .await
                .map_err(Error::internal)?
        };
        if read.hashes.is_empty() && read.refused > 0 {
            let first = read.refusals.first().map_or(1, |line| line.line);
            let text = format!("holds no number; the first line that was not taken is {first}");
            return Err(Error::invalid_field("numbers", "no_numbers", text));
        }
        let actor = who.actor().id;
        let list = rows::open(&mut tx, &country, input.as_of, &actor, now).await?;
        let mut accepted = 0;
        for batch in read.hashes.chunks(BATCH) {
            accepted += rows::add(&mut tx, list.id, batch).await?;
        }
        let numbers = list.numbers + i64::try_from(accepted).unwrap_or(i64::MAX);
        if numbers > MAX_NUMBERS {
            return Err(Error::new(
                Kind::Conflict,
                "list_too_long",
                "a national list may have 10,000,000 numbers",
            ));
        }
        let list = rows::note(&mut tx, list.id, numbers, (!input.more).then_some(now)).await?;
        let target = list.id.to_string();
        let detail = json!({ "country": country, "as_of": input.as_of, "accepted": accepted, "refused": read.refused });
        note(&mut tx, &actor, "national_list.imported", &target, &detail, now).await?;
        tx.commit().await?;
        Ok(NationalReport {
            list,
            accepted,
            refused: read.refused,
            refusals: read.refusals,
        })
    }

    /// The lists that were brought, newest day first, and the present day.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn national_lists(&self, who: &Principal) -> Result<(Vec<NationalList>, NaiveDate)> {
        let mut tx = self.db.tenant(who.tenant).await?;
        let lists = rows::list(&mut tx, MAX_LISTS).await?;
        Ok((lists, self.clock.now().date_naive()))
    }

    /// Takes a list out of force.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn remove_national(&self, who: &Principal, id: NationalListId) -> Result<()> {
        let now = self.clock.now();
        let mut tx = self.db.tenant(who.tenant).await?;
        rows::remove(&mut tx, id, now).await?;
        let (actor, target) = (who.actor().id, id.to_string());
        note(&mut tx, &actor, "national_list.removed", &target, &json!({}), now).await?;
        tx.commit().await
    }
}

fn check(country: &str, as_of: NaiveDate, now: DateTime<Utc>) -> Result<()> {
    let mut faults = Faults::new();
    faults.require(
        country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase()),
        "country",
        "not_a_country",
        "must be a country by its two letters, as US",
    );
    // Somewhere it is tomorrow already.
    let latest = now.date_naive() + TimeDelta::days(1);
    let oldest = now.date_naive() - TimeDelta::days(OLDEST_DAYS);
    faults.require(
        (oldest..=latest).contains(&as_of),
        "as_of",
        "out_of_range",
        "must be a day of the past year",
    );
    faults.finish()
}

/// Reads the numbers of a text and hashes them. A first line without a digit names the columns.
fn read(text: &str, country: &str, key: &NumberKey) -> Read {
    let mut read = Read::default();
    for (place, line) in text.lines().enumerate() {
        let line = line.trim().trim_start_matches('\u{feff}');
        let heads = place == 0 && !line.contains(|c: char| c.is_ascii_digit());
        if line.is_empty() || heads {
            continue;
        }
        match number(line, country) {
            Ok(number) => read.hashes.push(key.hash(&number).hmac.to_vec()),
            Err((code, detail)) => {
                read.refused += 1;
                if read.refusals.len() < MAX_TOLD {
                    read.refusals.push(RefusedNumber {
                        line: place as u64 + 1,
                        code,
                        detail,
                    });
                }
            }
        }
    }
    read
}

/// The number of a line.
fn number(line: &str, country: &str) -> Result<E164, (&'static str, String)> {
    let mut cells = line
        .split([',', ';', '\t'])
        .map(|cell| cell.trim().trim_matches('"').trim());
    let first = cells.next().unwrap_or_default();
    let is_digits =
        |text: &str, count: usize| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    // As the registry of the USA gives them out: area code, number.
    let joined = match cells.next() {
        Some(rest) if is_digits(first, 3) && is_digits(rest, 7) => format!("{first}{rest}"),
        _ => first.to_owned(),
    };
    // The plain forms by far the most are in, without the rules of the whole world.
    let plain = match joined.as_bytes() {
        [b'+', ..] => E164::from_canonical(&joined).ok(),
        _ if matches!(country, "US" | "CA") && is_digits(&joined, 10) => {
            E164::from_canonical(&format!("+1{joined}")).ok()
        }
        _ => None,
    };
    match plain {
        Some(number) => Ok(number),
        None => E164::parse(&joined, Some(country)).map_err(|cause| (cause.code(), cause.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(text: &str, country: &str) -> (Vec<String>, Vec<u64>) {
        let (mut good, mut bad) = (Vec::new(), Vec::new());
        for (place, line) in text.lines().enumerate() {
            match number(line, country) {
                Ok(number) => good.push(number.as_str().to_owned()),
                Err(_) => bad.push(place as u64 + 1),
            }
        }
        (good, bad)
    }

    #[test]
    fn lines_are_read_as_registries_write_them() {
        let text =
            "4155550134\n415,5550135\n+14155550136\n(415) 555-0137,x\n\"4155550138\";2026\n1-415-555-0139";
        let (good, bad) = numbers(text, "US");
        let expected: Vec<String> = (134..140).map(|last| format!("+14155550{last}")).collect();
        assert_eq!((good, bad), (expected, vec![]));
        assert_eq!(numbers("020 7946 0018", "GB").0, ["+442079460018"]);
        assert_eq!(numbers("415\nnobody\n,", "US"), (vec![], vec![1, 2, 3]));
    }

    #[test]
    fn a_list_is_of_a_country_and_a_day_that_has_been() {
        let now = "2026-11-21T12:00:00Z".parse().unwrap();
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert!(check("US", day("2026-11-22"), now).is_ok());
        for (country, as_of) in [
            ("US", "2026-11-23"),
            ("US", "2025-11-01"),
            ("USA", "2026-11-21"),
            ("", "2026-11-21"),
        ] {
            assert!(check(country, day(as_of), now).is_err(), "{country} {as_of}");
        }
    }
}
