//! Exact money: integers in units of 10⁻¹⁶ of the currency, never a float.

use std::fmt;
use std::iter::Sum;
use std::str::FromStr;

/// Digits behind the point of an exact amount.
pub const SCALE: u32 = 16;
const ONE: i128 = 10_i128.pow(SCALE);

/// An exact amount; an event's amount is never rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Amount(i128);

/// A quantity that is larger than can be rated exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the amount is too large")]
pub struct Overflow;

/// What a unit costs and how it is marked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    /// Price of `per_units` units, in millionths of the currency.
    pub price_micros: i64,
    /// 1, 1,000 or 1,000,000.
    pub per_units: i64,
    /// Markup in hundredths of a percent.
    pub markup_bps: i32,
}

impl Price {
    /// Exact amount of `quantity` units: `quantity × price × (10000 + markup) × 10⁶ ÷ per_units`, which
    /// always divides evenly for the allowed `per_units`.
    ///
    /// # Errors
    /// When the product does not fit.
    pub fn rate(self, quantity: i64) -> Result<Amount, Overflow> {
        let product = i128::from(quantity)
            .checked_mul(i128::from(self.price_micros))
            .and_then(|n| n.checked_mul(i128::from(10_000 + self.markup_bps)))
            .and_then(|n| n.checked_mul(1_000_000))
            .ok_or(Overflow)?;
        Ok(Amount(product / i128::from(self.per_units)))
    }
}

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// From units of 10⁻¹⁶.
    #[must_use]
    pub const fn from_units(units: i128) -> Self {
        Self(units)
    }

    /// In units of 10⁻¹⁶.
    #[must_use]
    pub const fn units(self) -> i128 {
        self.0
    }

    /// Sum, checked.
    ///
    /// # Errors
    /// When it does not fit.
    pub fn checked_add(self, other: Self) -> Result<Self, Overflow> {
        self.0.checked_add(other.0).map(Self).ok_or(Overflow)
    }

    /// Rounded to cents, half away from zero; done once, per invoice line.
    #[must_use]
    pub fn to_cents(self) -> i128 {
        let cent = ONE / 100;
        let half = if self.0 < 0 { -cent / 2 } else { cent / 2 };
        (self.0 + half) / cent
    }
}

/// A text that is not an exact amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a decimal of at most 16 digits behind the point")]
pub struct InvalidAmount;

impl FromStr for Amount {
    type Err = InvalidAmount;

    /// Reads a plain decimal, as the database and the API write it.
    fn from_str(text: &str) -> Result<Self, InvalidAmount> {
        let (negative, magnitude) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = magnitude.split_once('.').unwrap_or((magnitude, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || fraction.len() > SCALE as usize || !digits(whole) || !digits(fraction) {
            return Err(InvalidAmount);
        }
        let units: i128 = format!("{whole}{fraction:0<16}")
            .parse()
            .map_err(|_| InvalidAmount)?;
        Ok(Self(if negative { -units } else { units }))
    }
}

impl Sum for Amount {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        Self(iter.map(|amount| amount.0).sum())
    }
}

impl fmt::Display for Amount {
    /// Shortest exact decimal: `0.60265`, `-0.005`, `3`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let magnitude = self.0.unsigned_abs();
        let one = ONE.unsigned_abs();
        let fraction = format!("{:016}", magnitude % one);
        let fraction = fraction.trim_end_matches('0');
        if fraction.is_empty() {
            write!(f, "{sign}{}", magnitude / one)
        } else {
            write!(f, "{sign}{}.{fraction}", magnitude / one)
        }
    }
}

/// Billable minutes of an answered leg: started minutes, at least one. Not answered: none.
#[must_use]
pub fn billable_minutes(answered: bool, seconds: u32) -> Option<i64> {
    answered.then(|| i64::from(seconds.div_ceil(60).max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(micros: i64, per_units: i64) -> Price {
        Price {
            price_micros: micros,
            per_units,
            markup_bps: 0,
        }
    }

    const INBOUND: (i64, i64) = (8_500, 1);
    const MILLION: i64 = 1_000_000;

    #[test]
    fn minutes_are_started_minutes() {
        for (seconds, minutes) in [
            (0, 1),
            (1, 1),
            (59, 1),
            (60, 1),
            (61, 2),
            (120, 2),
            (121, 3),
            (185, 4),
            (3600, 60),
        ] {
            assert_eq!(billable_minutes(true, seconds), Some(minutes), "{seconds}");
        }
        assert_eq!(billable_minutes(false, 0), None);
    }

    #[test]
    fn the_worked_examples_come_out_to_the_last_digit() {
        let inbound = price(INBOUND.0, INBOUND.1);
        assert_eq!(inbound.rate(2).unwrap().to_string(), "0.017");
        assert_eq!(
            price(100 * MILLION, MILLION).rate(600).unwrap().to_string(),
            "0.06"
        );
        assert_eq!(
            price(200 * MILLION, MILLION).rate(1200).unwrap().to_string(),
            "0.24"
        );
        let parts = |bps| -> Amount {
            [
                (INBOUND, 4),
                ((5 * MILLION, MILLION), 1_850),
                ((20 * MILLION, MILLION), 420),
                ((100 * MILLION, MILLION), 1_110),
                ((200 * MILLION, MILLION), 2_200),
            ]
            .map(|((micros, per), quantity)| {
                Price {
                    markup_bps: bps,
                    ..price(micros, per)
                }
                .rate(quantity)
                .unwrap()
            })
            .into_iter()
            .sum()
        };
        assert_eq!(
            (parts(0).to_string().as_str(), parts(0).to_cents()),
            ("0.60265", 60)
        );
        assert_eq!(
            (parts(2_000).to_string().as_str(), parts(2_000).to_cents()),
            ("0.72318", 72)
        );
        assert_eq!(inbound.rate(1_000).unwrap().to_cents(), 850);
        assert_eq!(inbound.rate(10).unwrap().to_cents(), 9, "half away from zero");
        assert_eq!(price(5_000, 1).rate(-1).unwrap().to_cents(), -1);
        let marked = Price {
            markup_bps: 1_250,
            ..inbound
        }
        .rate(7)
        .unwrap();
        assert_eq!((marked.to_string().as_str(), marked.to_cents()), ("0.0669375", 7));
    }

    #[test]
    fn an_amount_reads_back_what_it_writes() {
        for text in ["0", "0.60265", "-0.005", "3", "299.0000000000000001"] {
            assert_eq!(text.parse::<Amount>().unwrap().to_string(), text);
        }
        assert_eq!(
            "0.0170000000000000".parse::<Amount>().unwrap().to_string(),
            "0.017"
        );
        for text in ["", "-", ".5", "1e3", "1.00000000000000001", "+1", "1,0"] {
            assert_eq!(text.parse::<Amount>(), Err(InvalidAmount), "{text}");
        }
    }

    #[test]
    fn what_does_not_fit_is_an_error_not_a_wrong_sum() {
        assert_eq!(
            Price {
                price_micros: i64::MAX,
                per_units: 1,
                markup_bps: 100_000
            }
            .rate(i64::MAX),
            Err(Overflow)
        );
    }
}
