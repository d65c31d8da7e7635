//! Numbers on sale.

use phony_kernel::error::Faults;
use phony_kernel::{E164, Result};

use super::price::{self, MonthlyPrice};
use super::{Numbers, carrier};
use crate::Principal;

/// What to look for.
#[derive(Debug, Clone, Default)]
pub struct SearchNumbers {
    /// ISO 3166 country.
    pub country: String,
    /// Area code (US and Canada).
    pub area_code: Option<String>,
    /// Digits or letters that the number should contain.
    pub contains: Option<String>,
    /// `local`, `toll_free` or `mobile`; local when absent.
    pub kind: Option<String>,
}

/// A number on sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AvailableNumber {
    /// The number.
    pub e164: E164,
    /// Town, where the carrier knows it.
    pub locality: Option<String>,
    /// State or region.
    pub region: Option<String>,
    /// ISO 3166 country.
    pub country: String,
    /// What it can do.
    pub capabilities: Capabilities,
    /// What it costs a month.
    pub monthly_price: Option<MonthlyPrice>,
}

/// What a number can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// Calls.
    pub voice: bool,
    /// Text messages.
    pub sms: bool,
    /// Picture messages.
    pub mms: bool,
}

/// A search that the carrier can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) country: String,
    pub(super) area_code: Option<String>,
    pub(super) contains: Option<String>,
    pub(super) kind: Kind,
}

/// What sort of number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Local,
    TollFree,
    Mobile,
}

impl Numbers {
    /// Numbers on sale that can be called, with their price for this tenant.
    ///
    /// # Errors
    /// `test_key`, `validation_failed`, or what the carrier answers.
    pub async fn search(&self, who: &Principal, search: SearchNumbers) -> Result<Vec<AvailableNumber>> {
        who.require_live()?;
        let wanted = search.check()?;
        let found = self.carrier.search(&wanted).await?;
        let mut tx = self.db.tenant(who.tenant).await?;
        let monthly_price = price::month(&mut tx, self.clock.now()).await?;
        let offer = |number: carrier::OnSale| AvailableNumber {
            e164: number.e164,
            locality: number.locality,
            region: number.region,
            country: number.country,
            capabilities: number.capabilities,
            monthly_price: monthly_price.clone(),
        };
        Ok(found
            .into_iter()
            .filter(|number| number.capabilities.voice)
            .map(offer)
            .collect())
    }
}

impl SearchNumbers {
    fn check(self) -> Result<Wanted> {
        let mut faults = Faults::new();
        let country = check_country(&mut faults, &self.country);
        let area_code = self.area_code.filter(|code| !code.trim().is_empty());
        let area_code = area_code.map(|code| check_area_code(&mut faults, &code, &country));
        let contains = self
            .contains
            .map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty());
        if let Some(text) = &contains {
            check_contains(&mut faults, text);
        }
        let kind = match self.kind.as_deref() {
            None | Some("local") => Kind::Local,
            Some("toll_free") => Kind::TollFree,
            Some("mobile") => Kind::Mobile,
            Some(_) => {
                faults.add("type", "unknown_value", "must be local, toll_free or mobile");
                Kind::Local
            }
        };
        faults.finish()?;
        Ok(Wanted {
            country,
            area_code,
            contains,
            kind,
        })
    }
}

/// The country in capitals.
pub(super) fn check_country(faults: &mut Faults, country: &str) -> String {
    let country = country.trim().to_ascii_uppercase();
    let good = country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase());
    faults.require(
        good,
        "country",
        "not_a_country",
        "must be a two-letter country code, like US or IN",
    );
    country
}

/// The area code without blanks.
pub(super) fn check_area_code(faults: &mut Faults, code: &str, country: &str) -> String {
    let code = code.trim().to_owned();
    let digits = code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_digit());
    faults.require(
        digits,
        "area_code",
        "not_an_area_code",
        "must be three digits, like 415",
    );
    let north_american = matches!(country, "US" | "CA");
    faults.require(
        north_american,
        "area_code",
        "not_here",
        "can be used in the US and in Canada only",
    );
    code
}

/// What the carrier takes: 2 to 16 digits, letters and the signs `*` (one digit) and `%` (any run).
fn check_contains(faults: &mut Faults, text: &str) {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'*' | b'%');
    let fits = (2..=16).contains(&text.len()) && text.bytes().all(good);
    faults.require(
        fits,
        "contains",
        "bad_pattern",
        "must be 2 to 16 digits, letters, * or %",
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_is_read_forgivingly() {
        let search = SearchNumbers {
            country: " us".to_owned(),
            area_code: Some(" 415 ".to_owned()),
            contains: Some("  ".to_owned()),
            kind: None,
        };
        let wanted = search.check().unwrap();
        assert_eq!(
            (wanted.country.as_str(), wanted.area_code.as_deref()),
            ("US", Some("415"))
        );
        assert_eq!((wanted.contains, wanted.kind), (None, Kind::Local));
    }

    #[test]
    fn all_faults_of_a_search_are_told_at_once() {
        let search = SearchNumbers {
            country: "India".to_owned(),
            area_code: Some("22".to_owned()),
            contains: Some("$".to_owned()),
            kind: Some("satellite".to_owned()),
        };
        let error = search.check().unwrap_err();
        let params: Vec<_> = error.fields().iter().map(|field| field.param.as_str()).collect();
        assert_eq!(params, ["country", "area_code", "area_code", "contains", "type"]);
    }
}
