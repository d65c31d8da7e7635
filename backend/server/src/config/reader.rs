//! Reading variables: their forms, and what is said of bad ones.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use secrecy::SecretString;
use url::Url;

/// Variables as a map, so that tests need no process environment.
pub type Variables = BTreeMap<String, String>;

/// Reads one variable after the other and remembers what is wrong with them.
pub(super) struct Reader<'a> {
    pub(super) variables: &'a Variables,
    /// A line each.
    pub(super) faults: Vec<String>,
}

impl Reader<'_> {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.variables
            .get(name)
            .map(|value| value.trim())
            .filter(|value| !value.is_empty())
    }

    pub(super) fn required(&mut self, name: &str, what: &str) -> String {
        if let Some(value) = self.get(name) {
            return value.to_owned();
        }
        self.faults.push(format!("{name} is missing: {what}"));
        String::new()
    }

    pub(super) fn secret(&mut self, name: &str, what: &str) -> SecretString {
        self.required(name, what).into()
    }

    pub(super) fn parsed<T: std::str::FromStr>(&mut self, name: &str, default: T, what: &str) -> T {
        let Some(text) = self.get(name) else {
            return default;
        };
        match text.parse() {
            Ok(value) => value,
            Err(_) => {
                self.faults.push(format!("{name} must be {what}"));
                default
            }
        }
    }

    pub(super) fn number<T>(&mut self, name: &str, default: T, range: RangeInclusive<T>) -> T
    where
        T: std::str::FromStr + PartialOrd + std::fmt::Display + Copy,
    {
        let what = format!("a number from {} to {}", range.start(), range.end());
        let number = self.parsed(name, default, &what);
        if !range.contains(&number) {
            self.faults.push(format!("{name} must be {what}"));
        }
        number
    }

    pub(super) fn url(&mut self, name: &str, default: &str, schemes: &[&str]) -> Url {
        let text = self.get(name).unwrap_or(default);
        match Url::parse(text) {
            Ok(url) if schemes.contains(&url.scheme()) => url,
            _ => {
                self.faults.push(format!(
                    "{name} must be a URL that begins with {}",
                    schemes.join(" or ")
                ));
                fallback_url()
            }
        }
    }
}

/// Stands in for a URL that was refused; the configuration is never used then.
fn fallback_url() -> Url {
    #[expect(clippy::expect_used, reason = "a constant, at start-up")]
    Url::parse("http://invalid.localhost").expect("a constant URL")
}

pub(super) fn on_or_off(reader: &mut Reader<'_>, name: &str, default: bool) -> bool {
    match reader.get(name) {
        None => default,
        Some("on" | "true" | "1") => true,
        Some("off" | "false" | "0") => false,
        Some(_) => {
            reader.faults.push(format!("{name} must be on or off"));
            default
        }
    }
}

pub(super) fn is_loopback(url: &Url) -> bool {
    matches!(
        url.host_str(),
        Some("localhost" | "127.0.0.1" | "[::1]" | "invalid.localhost")
    )
}
