//! What may be dialled at all, and what the tenant's own lists allow.

use phony_kernel::{E164, Error, Kind};

use super::places::{Place, place};
use super::policy::OutboundPolicy;

/// Codes of no country: free, shared-cost, personal and premium numbers of the world, and satellites.
const SPECIAL_CODES: [&str; 9] = ["800", "808", "870", "878", "881", "882", "883", "888", "979"];
/// Exchange of premium services in any area of +1.
const PREMIUM_EXCHANGE: &str = "976";
/// What was dialled may not be longer to be a short code: emergency calls, directory enquiries, services.
const SHORT_CODE_DIGITS: usize = 6;

/// Why a destination is not dialled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Denied {
    /// An emergency number or another short code.
    ShortCode,
    /// Premium, shared-cost, personal or satellite.
    Special,
    /// Of a country that the tenant does not list.
    Country,
    /// Of an area code that the tenant does not list.
    AreaCode,
    /// Begins with what the tenant has excluded.
    Prefix,
}

impl Denied {
    /// The refusal in words for the tenant.
    #[must_use]
    pub(super) fn into_error(self) -> Error {
        let text = match self {
            Self::ShortCode => "emergency numbers and other short codes are never dialled",
            Self::Special => "premium, shared-cost and satellite numbers are never dialled",
            Self::Country => "your outbound policy does not list the country of this number",
            Self::AreaCode => "your outbound policy does not list the area code of this number",
            Self::Prefix => "your outbound policy excludes numbers that begin like this one",
        };
        Error::new(Kind::Forbidden, "blocked_destination", text)
    }
}

/// Whether a text is a short code as people dial it: `911`, `1-1-2`.
#[must_use]
pub fn is_short_code(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let dialled = text
        .chars()
        .all(|c| c.is_ascii_digit() || matches!(c, ' ' | '-' | '.' | '(' | ')' | '*' | '#' | '+'));
    dialled && (2..=SHORT_CODE_DIGITS).contains(&digits)
}

/// Where a number is that may be dialled.
///
/// # Errors
/// Why it may not.
pub(super) fn check(policy: &OutboundPolicy, number: &E164) -> Result<Place, Denied> {
    let digits = number.as_str().trim_start_matches('+');
    let special = SPECIAL_CODES.iter().any(|code| digits.starts_with(code))
        || digits.strip_prefix('1').is_some_and(|national| {
            national.get(3..6) == Some(PREMIUM_EXCHANGE)
                || national.starts_with("900")
                || national.get(1..3) == Some("11")
        })
        || number.is_special_rate();
    if special {
        return Err(Denied::Special);
    }
    if policy
        .denied_prefixes
        .iter()
        .any(|prefix| number.as_str().starts_with(prefix))
    {
        return Err(Denied::Prefix);
    }
    let place = place(number).ok_or(Denied::Country)?;
    if !policy.countries.contains(&place.country) {
        return Err(Denied::Country);
    }
    match &place.area_code {
        Some(code) if !policy.area_codes.is_empty() && !policy.area_codes.contains(code) => {
            Err(Denied::AreaCode)
        }
        _ => Ok(place),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(policy: &OutboundPolicy, number: &str) -> Result<String, Denied> {
        check(policy, &E164::from_canonical(number).unwrap()).map(|place| place.country)
    }

    #[test]
    fn what_costs_a_fortune_is_never_dialled_whatever_the_tenant_lists() {
        let policy = OutboundPolicy {
            countries: ["US", "CA", "GB", "DE", "DO", "FR"].map(str::to_owned).to_vec(),
            ..OutboundPolicy::default()
        };
        for number in [
            "+19005550134",
            "+14159765555",
            "+1979123456789",
            "+979123456789",
            "+881612345678",
            "+870773123456",
            "+882161234567",
            "+88213123456",
            "+80012345678",
            "+80812345678",
            "+449098765432",
            "+448712345678",
            "+447012345678",
            "+499001234567",
            "+33899123456",
            "+19115550134",
        ] {
            assert!(judged(&policy, number).is_err(), "{number}");
        }
        for number in ["+14155550134", "+442079460018", "+4930123456", "+18095550134"] {
            assert!(
                judged(&policy, number).is_ok(),
                "{number}: {:?}",
                judged(&policy, number)
            );
        }
    }

    #[test]
    fn only_listed_countries_areas_and_prefixes_are_dialled() {
        let mut policy = OutboundPolicy::default();
        assert_eq!(judged(&policy, "+14155550134"), Ok("US".to_owned()));
        for foreign in [
            "+18095550134",
            "+18765550134",
            "+14165550134",
            "+12845550134",
            "+442079460018",
        ] {
            assert_eq!(judged(&policy, foreign), Err(Denied::Country), "{foreign}");
        }
        policy.area_codes = vec!["415".to_owned()];
        assert_eq!(judged(&policy, "+12125550134"), Err(Denied::AreaCode));
        policy.denied_prefixes = vec!["+1415555".to_owned()];
        assert_eq!(judged(&policy, "+14155550134"), Err(Denied::Prefix));
    }

    #[test]
    fn emergency_numbers_are_known_however_they_are_written() {
        for text in [
            "911", "9-1-1", " 112 ", "999", "000", "+911", "110", "988", "411", "*67",
        ] {
            assert!(is_short_code(text), "{text}");
        }
        for text in ["+14155550134", "4155550134", "hello", "", "1"] {
            assert!(!is_short_code(text), "{text}");
        }
    }
}
