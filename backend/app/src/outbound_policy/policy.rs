//! Whom a tenant's agents may ring, when and how often.

use std::str::FromStr as _;

use phony_kernel::error::Faults;
use phony_kernel::money::Amount;
use phony_kernel::{Error, Result};
use serde::{Deserialize, Serialize};

use super::consent_rules::{ConsentRules, ConsentRulesPatch, NationalListRule};
use super::places;

const MAX_ITEMS: usize = 300;
const MAX_CALLS: u32 = 100_000;
/// The key by which people opt out, unless the tenant chooses another.
const OPT_OUT_KEY: &str = "9";

/// When the far end may be rung, by every clock that it could have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CallingHours {
    /// From this time of day on.
    #[schema(example = "08:00")]
    pub from: String,
    /// Before this time of day; `24:00` is the end of the day.
    #[schema(example = "21:00")]
    pub to: String,
}

/// Whom a tenant's agents may ring, when and how often.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OutboundPolicy {
    /// Which version this is; 0 is the product's own.
    #[serde(default)]
    pub version: i32,
    /// ISO 3166 country in which numbers without a country code are read.
    #[schema(example = "US")]
    pub home_country: String,
    /// ISO 3166 countries that may be rung. Those that share +1 are told apart by area code.
    #[schema(max_items = 300)]
    pub countries: Vec<String>,
    /// Only these area codes of +1; none is all of the listed countries.
    #[schema(max_items = 300)]
    pub area_codes: Vec<String>,
    /// Numbers that begin so are not rung.
    #[schema(max_items = 300)]
    pub denied_prefixes: Vec<String>,
    /// When, in every time zone that the number could be in.
    pub calling_hours: CallingHours,
    /// Calls within 24 hours.
    #[schema(maximum = 100_000)]
    pub daily_calls: u32,
    /// Calls to one number within 24 hours.
    #[schema(maximum = 100_000)]
    pub daily_calls_per_number: u32,
    /// Money for outbound calls within 24 hours, in USD.
    #[schema(example = "25.00")]
    pub daily_spend: String,
    /// Outbound calls at one time, waiting ones included.
    #[schema(maximum = 100_000)]
    pub concurrent_calls: u32,
    /// Longest call, in minutes.
    #[schema(minimum = 1, maximum = 240)]
    pub max_call_minutes: u32,
    /// Which consents a call needs.
    #[serde(default)]
    #[schema(required)]
    pub consent: ConsentRules,
    /// Which calls need a national list that is no older than 31 days.
    #[serde(default)]
    #[schema(required)]
    pub national_list: NationalListRule,
    /// The key that a person who was rung presses, alone, to be rung no more; empty is none.
    #[serde(default = "opt_out_key")]
    #[schema(required, example = "9")]
    pub opt_out_key: String,
}

fn opt_out_key() -> String {
    OPT_OUT_KEY.to_owned()
}

impl Default for OutboundPolicy {
    /// What a new tenant has (security and reliability, section 9).
    fn default() -> Self {
        Self {
            version: 0,
            home_country: "US".to_owned(),
            countries: vec!["US".to_owned()],
            area_codes: Vec::new(),
            denied_prefixes: Vec::new(),
            calling_hours: CallingHours {
                from: "08:00".to_owned(),
                to: "21:00".to_owned(),
            },
            daily_calls: 50,
            daily_calls_per_number: 5,
            daily_spend: "25.00".to_owned(),
            concurrent_calls: 3,
            max_call_minutes: 30,
            consent: ConsentRules::default(),
            national_list: NationalListRule::default(),
            opt_out_key: opt_out_key(),
        }
    }
}

/// What to change of a policy; what is absent stays.
#[derive(Debug, Clone, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyPatch {
    /// Country in which numbers without a country code are read.
    #[serde(default)]
    pub home_country: Option<String>,
    /// Countries that may be rung.
    #[serde(default)]
    #[schema(max_items = 300)]
    pub countries: Option<Vec<String>>,
    /// Only these area codes of +1; none is all of the listed countries.
    #[serde(default)]
    #[schema(max_items = 300)]
    pub area_codes: Option<Vec<String>>,
    /// Numbers that begin so are not rung.
    #[serde(default)]
    #[schema(max_items = 300)]
    pub denied_prefixes: Option<Vec<String>>,
    /// When, in every time zone that the number could be in.
    #[serde(default)]
    pub calling_hours: Option<CallingHours>,
    /// Calls within 24 hours.
    #[serde(default)]
    pub daily_calls: Option<u32>,
    /// Calls to one number within 24 hours.
    #[serde(default)]
    pub daily_calls_per_number: Option<u32>,
    /// Money for outbound calls within 24 hours, in USD.
    #[serde(default)]
    pub daily_spend: Option<String>,
    /// Outbound calls at one time, waiting ones included.
    #[serde(default)]
    pub concurrent_calls: Option<u32>,
    /// Longest call, in minutes.
    #[serde(default)]
    pub max_call_minutes: Option<u32>,
    /// Which consents a call needs.
    #[serde(default)]
    pub consent: Option<ConsentRulesPatch>,
    /// Which calls need a national list that is no older than 31 days.
    #[serde(default)]
    pub national_list: Option<NationalListRule>,
    /// The key that a person who was rung presses, alone, to be rung no more; an empty text is none.
    #[serde(default)]
    #[schema(max_length = 1)]
    pub opt_out_key: Option<String>,
}

impl OutboundPolicy {
    /// The policy with a change, judged as a whole. Faults are named under `outbound_policy`.
    ///
    /// # Errors
    /// Every field at fault.
    pub fn changed(&self, patch: PolicyPatch) -> Result<Self> {
        let changed = Self {
            version: self.version + 1,
            home_country: patch.home_country.unwrap_or_else(|| self.home_country.clone()),
            countries: patch.countries.unwrap_or_else(|| self.countries.clone()),
            area_codes: patch.area_codes.unwrap_or_else(|| self.area_codes.clone()),
            denied_prefixes: patch
                .denied_prefixes
                .unwrap_or_else(|| self.denied_prefixes.clone()),
            calling_hours: patch.calling_hours.unwrap_or_else(|| self.calling_hours.clone()),
            daily_calls: patch.daily_calls.unwrap_or(self.daily_calls),
            daily_calls_per_number: patch
                .daily_calls_per_number
                .unwrap_or(self.daily_calls_per_number),
            daily_spend: patch.daily_spend.unwrap_or_else(|| self.daily_spend.clone()),
            concurrent_calls: patch.concurrent_calls.unwrap_or(self.concurrent_calls),
            max_call_minutes: patch.max_call_minutes.unwrap_or(self.max_call_minutes),
            consent: self.consent.changed(patch.consent.unwrap_or_default()),
            national_list: patch.national_list.unwrap_or(self.national_list),
            opt_out_key: patch.opt_out_key.unwrap_or_else(|| self.opt_out_key.clone()),
        }
        .tidy();
        changed.check()?;
        Ok(changed)
    }

    fn tidy(mut self) -> Self {
        self.home_country = self.home_country.trim().to_ascii_uppercase();
        for country in &mut self.countries {
            *country = country.trim().to_ascii_uppercase();
        }
        for list in [
            &mut self.countries,
            &mut self.area_codes,
            &mut self.denied_prefixes,
        ] {
            list.sort_unstable();
            list.dedup();
        }
        self
    }

    fn check(&self) -> Result<()> {
        let mut faults = Faults::new();
        let param = |name: &str| format!("outbound_policy.{name}");
        let is_country = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase());
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        faults.require(
            is_country(&self.home_country),
            &param("home_country"),
            "not_a_country",
            "must be a country by its two letters, as US",
        );
        for (name, list, good, code, words) in [
            (
                "countries",
                &self.countries,
                &is_country as &dyn Fn(&str) -> bool,
                "not_a_country",
                "must be countries by their two letters, as US",
            ),
            (
                "area_codes",
                &self.area_codes,
                &|text: &str| text.len() == 3 && digits(text),
                "not_an_area_code",
                "must be area codes of three digits",
            ),
            (
                "denied_prefixes",
                &self.denied_prefixes,
                &|text: &str| text.len() <= 16 && text.strip_prefix('+').is_some_and(digits),
                "not_a_prefix",
                "must begin with + and hold up to 15 digits",
            ),
        ] {
            faults.require(
                list.len() <= MAX_ITEMS,
                &param(name),
                "too_many",
                "may have up to 300 entries",
            );
            faults.require(list.iter().all(|text| good(text)), &param(name), code, words);
        }
        for (name, time, most) in [
            ("calling_hours.from", &self.calling_hours.from, 23 * 60 + 59),
            ("calling_hours.to", &self.calling_hours.to, 24 * 60),
        ] {
            let good = minutes(time).is_some_and(|minutes| minutes <= most);
            faults.require(
                good,
                &param(name),
                "not_a_time",
                "must be a time of day, as 08:00",
            );
        }
        let order = minutes(&self.calling_hours.from) < minutes(&self.calling_hours.to);
        faults.require(
            order,
            &param("calling_hours"),
            "out_of_order",
            "must end after it begins",
        );
        for (name, number) in [
            ("daily_calls", self.daily_calls),
            ("daily_calls_per_number", self.daily_calls_per_number),
            ("concurrent_calls", self.concurrent_calls),
        ] {
            faults.require(
                number <= MAX_CALLS,
                &param(name),
                "out_of_range",
                "may be up to 100,000",
            );
        }
        faults.require(
            (1..=240).contains(&self.max_call_minutes),
            &param("max_call_minutes"),
            "out_of_range",
            "must be from 1 to 240",
        );
        faults.length(&param("opt_out_key"), &self.opt_out_key, 0, 1);
        let key = self.opt_out_key.as_bytes();
        faults.require(
            matches!(key, [] | [b'0'..=b'9' | b'*' | b'#']),
            &param("opt_out_key"),
            "not_a_key",
            "must be one of 0-9 * #, or empty",
        );
        let money = self.daily_spend.len() <= 12
            && self
                .daily_spend
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'.')
            && Amount::from_str(&self.daily_spend).is_ok();
        faults.require(
            money,
            &param("daily_spend"),
            "not_an_amount",
            "must be an amount, as 25.00",
        );
        faults.finish()
    }

    /// Whether any time of any day will do.
    #[must_use]
    pub fn is_round_the_clock(&self) -> bool {
        minutes(&self.calling_hours.from) == Some(0) && minutes(&self.calling_hours.to) == Some(24 * 60)
    }

    /// The number as one of the world, however it is written.
    ///
    /// # Errors
    /// `blocked_destination` for a short code, `validation_failed` for what is no number.
    pub fn read_number(
        &self,
        param: &'static str,
        text: &str,
        faults: &mut Faults,
    ) -> Option<phony_kernel::E164> {
        match phony_kernel::E164::parse(text, Some(&self.home_country)) {
            Ok(number) => Some(number),
            Err(cause) => {
                faults.add(param, cause.code(), cause.to_string());
                None
            }
        }
    }

    /// Checks a destination against the rules that hold for everybody and against the lists of this policy.
    ///
    /// # Errors
    /// `blocked_destination`.
    pub fn check_destination(&self, number: &phony_kernel::E164) -> Result<places::Place, Error> {
        super::rules::check(self, number).map_err(super::rules::Denied::into_error)
    }
}

/// Minutes since midnight of `HH:MM`.
fn minutes(time: &str) -> Option<u32> {
    let (hours, rest) = time.split_once(':')?;
    let plain = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    if !plain(hours) || !plain(rest) {
        return None;
    }
    let (hours, rest): (u32, u32) = (hours.parse().ok()?, rest.parse().ok()?);
    (rest < 60).then_some(hours * 60 + rest)
}

#[cfg(test)]
mod tests;
