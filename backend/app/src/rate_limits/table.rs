//! Quotas that the operator sets for all plans: `auth=60/60:30,api.read=1000/1:2000`.

use std::collections::BTreeMap;
use std::str::FromStr;

use phony_kernel::{Bucket, Rate};

/// The operator's quotas; what is absent is as the plan says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RateTable(BTreeMap<Bucket, Rate>);

/// An entry is no quota.
#[derive(Debug, PartialEq, Eq)]
pub struct BadRates;

impl RateTable {
    /// Every quota.
    #[must_use]
    pub fn all(&self) -> &BTreeMap<Bucket, Rate> {
        &self.0
    }

    /// The quota of a bucket, if there is one.
    #[must_use]
    pub fn get(&self, bucket: Bucket) -> Option<Rate> {
        self.0.get(&bucket).copied()
    }
}

impl FromStr for RateTable {
    type Err = BadRates;

    /// Reads `bucket=requests/seconds:burst`, separated by commas. Without a burst it is as many as in one window.
    fn from_str(text: &str) -> Result<Self, BadRates> {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        let mut table = BTreeMap::new();
        for entry in entries {
            let (name, rate) = entry.split_once('=').ok_or(BadRates)?;
            let bucket = Bucket::from_name(name.trim()).ok_or(BadRates)?;
            let (tokens, rest) = rate.split_once('/').ok_or(BadRates)?;
            let (seconds, burst) = match rest.split_once(':') {
                Some((seconds, burst)) => (seconds, burst),
                None => (rest, tokens),
            };
            let number = |text: &str| text.trim().parse::<u32>().map_err(|_| BadRates);
            let rate = Rate {
                tokens: number(tokens)?,
                per_seconds: number(seconds)?,
                burst: number(burst)?,
            };
            if !rate.is_usable() || table.insert(bucket, rate).is_some() {
                return Err(BadRates);
            }
        }
        Ok(Self(table))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_reads_and_nonsense_does_not() {
        let table: RateTable = "auth=60/60:30, api.read = 1000/1".parse().unwrap();
        let rate = |tokens, per_seconds, burst| Rate {
            tokens,
            per_seconds,
            burst,
        };
        assert_eq!(table.get(Bucket::Auth), Some(rate(60, 60, 30)));
        assert_eq!(table.get(Bucket::Read), Some(rate(1_000, 1, 1_000)));
        assert_eq!(table.get(Bucket::Write), None);
        assert_eq!("".parse::<RateTable>(), Ok(RateTable::default()));
        for bad in [
            "auth",
            "auth=5",
            "auth=0/60",
            "auth=5/0",
            "teapot=5/1",
            "auth=5/60:0",
            "auth=a/1",
            "auth=1/1,auth=2/1",
        ] {
            assert_eq!(bad.parse::<RateTable>(), Err(BadRates), "{bad}");
        }
    }
}
