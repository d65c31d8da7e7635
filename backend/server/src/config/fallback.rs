//! What the listener of last resort needs to know, and nothing else.

use std::net::{IpAddr, Ipv4Addr};

use phony_kernel::E164;
use url::Url;

use super::{BadConfig, LogConfig, Reader, Variables, is_loopback, log};

/// Where the listener is when nobody says otherwise, run alone.
const DEFAULT_PORT: u16 = 24_188;

/// Configuration of the listener of last resort when it runs alone.
#[derive(Debug, Clone)]
pub struct FallbackConfig {
    /// Address to listen on.
    pub bind: IpAddr,
    /// Port to listen on.
    pub port: u16,
    /// Whom it rings for numbers that name nobody.
    pub number: Option<E164>,
    /// How logs look.
    pub log: LogConfig,
}

impl FallbackConfig {
    /// Reads and judges its variables; all others may be missing.
    ///
    /// # Errors
    /// Every bad value at once.
    pub fn read(variables: &Variables) -> Result<Self, BadConfig> {
        let mut reader = Reader {
            variables,
            faults: Vec::new(),
        };
        let config = Self {
            bind: reader.parsed("BIND", Ipv4Addr::UNSPECIFIED.into(), "an IP address"),
            port: port(&mut reader).unwrap_or(DEFAULT_PORT),
            number: number(&mut reader),
            log: log(&mut reader),
        };
        if reader.faults.is_empty() {
            Ok(config)
        } else {
            Err(BadConfig(reader.faults))
        }
    }
}

/// What the carrier calls the listener by; as strict as the public address.
pub(super) fn url(reader: &mut Reader<'_>) -> Option<Url> {
    reader.get("FALLBACK_URL")?;
    let url = reader.url("FALLBACK_URL", "", &["https", "http"]);
    if url.scheme() == "http" && !is_loopback(&url) {
        reader
            .faults
            .push("FALLBACK_URL must be https unless it is a loopback address".to_owned());
    }
    if url.path() != "/" || url.query().is_some() {
        reader
            .faults
            .push("FALLBACK_URL must have no path and no query".to_owned());
    }
    Some(url)
}

pub(super) fn port(reader: &mut Reader<'_>) -> Option<u16> {
    reader.get("FALLBACK_PORT")?;
    Some(reader.number("FALLBACK_PORT", DEFAULT_PORT, 1..=u16::MAX))
}

pub(super) fn number(reader: &mut Reader<'_>) -> Option<E164> {
    let number = E164::parse(reader.get("FALLBACK_NUMBER")?, None);
    if let Err(fault) = &number {
        reader.faults.push(format!("FALLBACK_NUMBER {fault}"));
    }
    number.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<FallbackConfig, BadConfig> {
        let pairs = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        FallbackConfig::read(&pairs.collect())
    }

    #[test]
    fn the_listener_needs_nothing_else() {
        let config = read(&[]).unwrap();
        assert_eq!((config.port, config.number.is_none()), (DEFAULT_PORT, true));
        let config = read(&[
            ("FALLBACK_PORT", "8099"),
            ("FALLBACK_NUMBER", "+1 (415) 555-0100"),
        ])
        .unwrap();
        assert_eq!(
            (config.port, config.number.unwrap().as_str()),
            (8099, "+14155550100")
        );
    }

    #[test]
    fn every_bad_value_is_told() {
        let bad = read(&[("FALLBACK_PORT", "0"), ("FALLBACK_NUMBER", "415")]).unwrap_err();
        assert_eq!(bad.0.len(), 2, "{bad}");
    }
}
