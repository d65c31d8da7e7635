//! Which telephone numbers exist: the same ones in every run, from ranges set aside for fiction where a country has them,
//! so that no number here belongs to somebody.

use serde_json::{Value, json};

use crate::ids::friendly;

/// One range of numbers for sale.
struct Range {
    country: &'static str,
    kind: &'static str,
    /// Everything before the counting digits.
    prefix: &'static str,
    /// How many counting digits follow, and how many numbers they give.
    digits: usize,
    count: u32,
    area_code: &'static str,
    place: Place,
    mms: bool,
}

struct Place {
    locality: &'static str,
    region: &'static str,
    postal_code: &'static str,
    latitude: &'static str,
    longitude: &'static str,
}

const NOWHERE: Place = Place {
    locality: "",
    region: "",
    postal_code: "",
    latitude: "",
    longitude: "",
};

const fn place(
    locality: &'static str,
    region: &'static str,
    postal_code: &'static str,
    latitude: &'static str,
    longitude: &'static str,
) -> Place {
    Place {
        locality,
        region,
        postal_code,
        latitude,
        longitude,
    }
}

/// A hundred numbers of a North American area code: 555-0100 to 555-0199.
const fn nanp(country: &'static str, prefix: &'static str, area_code: &'static str, place: Place) -> Range {
    Range {
        country,
        kind: "Local",
        prefix,
        digits: 2,
        count: 100,
        area_code,
        place,
        mms: true,
    }
}

const fn toll_free(country: &'static str, prefix: &'static str, area_code: &'static str) -> Range {
    Range {
        country,
        kind: "TollFree",
        prefix,
        digits: 2,
        count: 100,
        area_code,
        place: NOWHERE,
        mms: true,
    }
}

const RANGES: &[Range] = &[
    nanp(
        "US",
        "+141555501",
        "415",
        place("San Francisco", "CA", "94105", "37.7749", "-122.4194"),
    ),
    nanp(
        "US",
        "+121255501",
        "212",
        place("New York", "NY", "10001", "40.7128", "-74.0060"),
    ),
    nanp(
        "US",
        "+151255501",
        "512",
        place("Austin", "TX", "78701", "30.2672", "-97.7431"),
    ),
    nanp(
        "US",
        "+131255501",
        "312",
        place("Chicago", "IL", "60601", "41.8781", "-87.6298"),
    ),
    nanp(
        "US",
        "+120655501",
        "206",
        place("Seattle", "WA", "98101", "47.6062", "-122.3321"),
    ),
    nanp(
        "US",
        "+161755501",
        "617",
        place("Boston", "MA", "02108", "42.3601", "-71.0589"),
    ),
    nanp(
        "US",
        "+130555501",
        "305",
        place("Miami", "FL", "33101", "25.7617", "-80.1918"),
    ),
    nanp(
        "US",
        "+130355501",
        "303",
        place("Denver", "CO", "80202", "39.7392", "-104.9903"),
    ),
    toll_free("US", "+180055501", "800"),
    toll_free("US", "+188855501", "888"),
    toll_free("US", "+187755501", "877"),
    nanp(
        "CA",
        "+141655501",
        "416",
        place("Toronto", "ON", "M5H", "43.6532", "-79.3832"),
    ),
    nanp(
        "CA",
        "+160455501",
        "604",
        place("Vancouver", "BC", "V6B", "49.2827", "-123.1207"),
    ),
    nanp(
        "CA",
        "+151455501",
        "514",
        place("Montreal", "QC", "H2Y", "45.5017", "-73.5673"),
    ),
    toll_free("CA", "+183355501", "833"),
    Range {
        country: "GB",
        kind: "Local",
        prefix: "+442079460",
        digits: 3,
        count: 1_000,
        area_code: "20",
        place: place("London", "England", "EC1A", "51.5072", "-0.1276"),
        mms: false,
    },
    Range {
        country: "GB",
        kind: "Local",
        prefix: "+441614960",
        digits: 3,
        count: 1_000,
        area_code: "161",
        place: place("Manchester", "England", "M1", "53.4808", "-2.2426"),
        mms: false,
    },
    Range {
        country: "GB",
        kind: "Mobile",
        prefix: "+447700900",
        digits: 3,
        count: 1_000,
        area_code: "",
        place: NOWHERE,
        mms: false,
    },
    Range {
        country: "GB",
        kind: "TollFree",
        prefix: "+448081570",
        digits: 3,
        count: 1_000,
        area_code: "808",
        place: NOWHERE,
        mms: false,
    },
    Range {
        country: "IN",
        kind: "Local",
        prefix: "+91806900",
        digits: 4,
        count: 1_000,
        area_code: "80",
        place: place("Bengaluru", "KA", "560001", "12.9716", "77.5946"),
        mms: false,
    },
    Range {
        country: "IN",
        kind: "Local",
        prefix: "+91226900",
        digits: 4,
        count: 1_000,
        area_code: "22",
        place: place("Mumbai", "MH", "400001", "19.0760", "72.8777"),
        mms: false,
    },
    Range {
        country: "IN",
        kind: "Mobile",
        prefix: "+91990000",
        digits: 4,
        count: 1_000,
        area_code: "",
        place: NOWHERE,
        mms: false,
    },
    Range {
        country: "IN",
        kind: "TollFree",
        prefix: "+911800555",
        digits: 4,
        count: 1_000,
        area_code: "1800",
        place: NOWHERE,
        mms: false,
    },
];

/// A number for sale.
#[derive(Clone)]
pub(crate) struct ForSale {
    pub(crate) number: String,
    pub(crate) kind: &'static str,
    range: &'static Range,
}

impl ForSale {
    pub(crate) fn capabilities(&self) -> Value {
        json!({"voice": true, "sms": true, "mms": self.range.mms, "fax": false})
    }

    /// The line of `AvailablePhoneNumbers`.
    pub(crate) fn view(&self) -> Value {
        let place = &self.range.place;
        let known = |text: &'static str| (!text.is_empty()).then_some(text);
        json!({
            "friendly_name": friendly(&self.number),
            "phone_number": self.number,
            "lata": if self.range.country == "US" { known("722") } else { None },
            "rate_center": known(place.locality).map(str::to_uppercase),
            "latitude": known(place.latitude),
            "longitude": known(place.longitude),
            "locality": known(place.locality),
            "region": known(place.region),
            "postal_code": known(place.postal_code),
            "iso_country": self.range.country,
            "address_requirements": "none",
            "beta": false,
            "capabilities": self.capabilities(),
        })
    }
}

/// Whether anything of this country and kind is sold at all.
pub(crate) fn is_sold(country: &str, kind: &str) -> bool {
    RANGES
        .iter()
        .any(|range| range.country == country && range.kind == kind)
}

/// Every number of a country and kind. The seed turns each range, so that simulators side by side start elsewhere.
pub(crate) fn numbers(country: &str, kind: &str, seed: u32) -> impl Iterator<Item = ForSale> {
    let matching = RANGES
        .iter()
        .filter(move |range| range.country == country && range.kind == kind);
    matching.flat_map(move |range| {
        (0..range.count).map(move |n| {
            let turned = (n + seed) % range.count;
            let number = format!("{}{turned:0width$}", range.prefix, width = range.digits);
            ForSale {
                number,
                kind: range.kind,
                range,
            }
        })
    })
}

/// Whether an area code is one of this country's.
pub(crate) fn area_codes(country: &str) -> impl Iterator<Item = &'static str> {
    RANGES
        .iter()
        .filter(move |range| range.country == country)
        .map(|range| range.area_code)
}

impl ForSale {
    pub(crate) fn area_code(&self) -> &'static str {
        self.range.area_code
    }
}

/// Finds a number in the ranges.
pub(crate) fn find(number: &str) -> Option<ForSale> {
    RANGES.iter().find_map(|range| {
        let rest = number.strip_prefix(range.prefix)?;
        let n: u32 = rest.parse().ok()?;
        let fits = rest.len() == range.digits && n < range.count;
        fits.then(|| ForSale {
            number: number.to_owned(),
            kind: range.kind,
            range,
        })
    })
}

/// The country a number belongs to, as a carrier would guess it.
pub(crate) fn country_of(number: &str) -> Option<&'static str> {
    if let Some(found) = find(number) {
        return Some(found.range.country);
    }
    [("+1", "US"), ("+44", "GB"), ("+91", "IN")]
        .into_iter()
        .find_map(|(prefix, country)| number.starts_with(prefix).then_some(country))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_a_valid_one_and_can_be_found() {
        for (country, kind) in [
            ("US", "Local"),
            ("US", "TollFree"),
            ("CA", "Local"),
            ("CA", "TollFree"),
            ("GB", "Local"),
            ("GB", "Mobile"),
            ("GB", "TollFree"),
            ("IN", "Local"),
            ("IN", "Mobile"),
            ("IN", "TollFree"),
        ] {
            assert!(is_sold(country, kind));
            for sale in numbers(country, kind, 3).step_by(37) {
                let parsed = phony_kernel::E164::parse(&sale.number, None);
                assert!(parsed.is_ok(), "{} {country} {kind}", sale.number);
                assert_eq!(find(&sale.number).unwrap().kind, kind);
            }
        }
    }

    #[test]
    fn the_seed_only_turns_the_order() {
        let mut first: Vec<_> = numbers("US", "Local", 0).map(|n| n.number).collect();
        let mut turned: Vec<_> = numbers("US", "Local", 42).map(|n| n.number).collect();
        assert_ne!(first[0], turned[0]);
        first.sort();
        turned.sort();
        assert_eq!(first, turned);
    }
}
