//! What a tenant orders when it buys a number, and what is acceptable.

use phony_kernel::call::Engine;
use phony_kernel::error::Faults;
use phony_kernel::{E164, Error, Kind, PersonalityId, Result};

use super::search::{self, Wanted};

/// Which number to buy: this one, or any in a country and area.
#[derive(Debug, Clone, Default)]
pub struct BuyNumber {
    /// This number, in any common way of writing.
    pub e164: Option<String>,
    /// Any number of this country.
    pub country: Option<String>,
    /// In this area.
    pub area_code: Option<String>,
    /// What the tenant calls it.
    pub label: Option<String>,
    /// Who answers; the Professional Assistant when absent.
    pub personality_id: Option<PersonalityId>,
    /// How its calls are spoken; by relay when absent.
    pub engine: Option<Engine>,
}

/// A checked [`BuyNumber`].
pub(super) struct Order {
    pub(super) choice: Choice,
    pub(super) label: String,
    pub(super) personality: Option<PersonalityId>,
    pub(super) engine: Engine,
}

/// Which number.
pub(super) enum Choice {
    /// This one.
    Exactly(E164),
    /// Any of these.
    Any(Wanted),
}

impl BuyNumber {
    /// Checks every field.
    pub(super) fn check(self) -> Result<Order> {
        let mut faults = Faults::new();
        let label = self.label.unwrap_or_default().trim().to_owned();
        super::check_label(&mut faults, &label);
        super::check_engine(&mut faults, self.engine);
        let choice = match (self.e164, self.country) {
            (Some(_), country) if country.is_some() || self.area_code.is_some() => {
                faults.add(
                    "e164",
                    "exclusive",
                    "give either a number, or a country and area code",
                );
                None
            }
            (Some(text), _) => match E164::parse(&text, None) {
                Ok(e164) => Some(Choice::Exactly(e164)),
                Err(cause) => {
                    faults.add("e164", cause.code(), cause.to_string());
                    None
                }
            },
            (None, Some(country)) => {
                let country = search::check_country(&mut faults, &country);
                let area_code = self
                    .area_code
                    .map(|code| search::check_area_code(&mut faults, &code, &country));
                let kind = search::Kind::Local;
                Some(Choice::Any(Wanted {
                    country,
                    area_code,
                    contains: None,
                    kind,
                }))
            }
            (None, None) => {
                faults.add("e164", "required", "give a number, or a country and area code");
                None
            }
        };
        faults.finish()?;
        let choice = choice.ok_or_else(|| Error::invalid_field("e164", "required", "give a number"))?;
        Ok(Order {
            choice,
            label,
            personality: self.personality_id,
            engine: self.engine.unwrap_or(Engine::Relay),
        })
    }
}

impl Choice {
    /// The refusal when nothing of it can be held. Says the same whether another tenant holds the number or the
    /// carrier has none.
    pub(super) fn unavailable(&self) -> Error {
        match self {
            Self::Exactly(_) => Error::new(
                Kind::Conflict,
                "number_unavailable",
                "this number is not available; search again and take another",
            ),
            Self::Any(_) => Error::new(
                Kind::Conflict,
                "no_number_in_area",
                "no number can be had here at the moment; try another area code",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(order: BuyNumber) -> Vec<(String, String)> {
        let error = order.check().map(|_| ()).unwrap_err();
        error
            .fields()
            .iter()
            .map(|field| (field.param.clone(), field.code.to_string()))
            .collect()
    }

    #[test]
    fn a_number_or_a_place_is_ordered_never_both_or_neither() {
        let some = |text: &str| Some(text.to_owned());
        let by_number = BuyNumber {
            e164: some("+1 (415) 555-0134"),
            ..BuyNumber::default()
        };
        let order = by_number.clone().check().unwrap();
        assert!(matches!(order.choice, Choice::Exactly(e164) if e164.as_str() == "+14155550134"));
        let both = BuyNumber {
            country: some("US"),
            ..by_number
        };
        assert_eq!(faults(both), [("e164".to_owned(), "exclusive".to_owned())]);
        assert_eq!(
            faults(BuyNumber::default()),
            [("e164".to_owned(), "required".to_owned())]
        );
        let place = BuyNumber {
            country: some("us"),
            area_code: some("415"),
            ..BuyNumber::default()
        };
        assert!(matches!(place.check().unwrap().choice, Choice::Any(wanted) if wanted.country == "US"));
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let order = BuyNumber {
            e164: Some("4155550134".to_owned()),
            label: Some("x".repeat(65)),
            ..BuyNumber::default()
        };
        let expected = [("label", "too_long"), ("e164", "no_country_code")];
        assert_eq!(
            faults(order),
            expected.map(|(param, code)| (param.to_owned(), code.to_owned()))
        );
    }
}
