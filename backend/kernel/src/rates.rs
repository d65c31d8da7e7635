//! How often a tenant may ask: buckets, and what each plan puts into them.

use serde::{Deserialize, Serialize};

use crate::Plan;

/// Class of requests that are counted together.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
pub enum Bucket {
    /// Requests that change nothing.
    #[serde(rename = "api.read")]
    Read,
    /// Requests that change something.
    #[serde(rename = "api.write")]
    Write,
    /// Orders of calls.
    #[serde(rename = "calls.create")]
    Calls,
    /// Orders of exports.
    #[serde(rename = "exports")]
    Exports,
    /// Tries of a password, a link or a code, by the address they come from.
    #[serde(rename = "auth")]
    Auth,
    /// Renewals of a session, by the address they come from.
    #[serde(rename = "auth.renew")]
    Renew,
}

/// A quota: `tokens` in each `per_seconds`, and `burst` at once after a pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Requests in the long run, in each window.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub tokens: u32,
    /// Length of the window.
    #[schema(minimum = 1, maximum = 86_400)]
    pub per_seconds: u32,
    /// Requests at once after a pause.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub burst: u32,
}

impl Bucket {
    /// Every bucket.
    pub const ALL: [Self; 6] = [
        Self::Read,
        Self::Write,
        Self::Calls,
        Self::Exports,
        Self::Auth,
        Self::Renew,
    ];

    /// As shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "api.read",
            Self::Write => "api.write",
            Self::Calls => "calls.create",
            Self::Exports => "exports",
            Self::Auth => "auth",
            Self::Renew => "auth.renew",
        }
    }

    /// Reads the shown form.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|bucket| bucket.as_str() == name)
    }

    /// Whether it belongs to an address rather than a tenant.
    #[must_use]
    pub fn is_by_address(self) -> bool {
        matches!(self, Self::Auth | Self::Renew)
    }

    /// What a plan puts into it. Those of addresses are the same for all.
    #[must_use]
    pub fn of_plan(self, plan: Plan) -> Rate {
        let rate = |tokens, per_seconds, burst| Rate {
            tokens,
            per_seconds,
            burst,
        };
        match (self, plan) {
            (Self::Read, Plan::Basic) => rate(20, 1, 40),
            (Self::Read, Plan::Professional) => rate(100, 1, 200),
            (Self::Read, Plan::Enterprise) => rate(500, 1, 1_000),
            (Self::Write, Plan::Basic) => rate(5, 1, 10),
            (Self::Write, Plan::Professional) => rate(25, 1, 50),
            (Self::Write, Plan::Enterprise) => rate(100, 1, 200),
            (Self::Calls, Plan::Basic) => rate(1, 1, 10),
            (Self::Calls, Plan::Professional) => rate(10, 1, 100),
            (Self::Calls, Plan::Enterprise) => rate(50, 1, 200),
            (Self::Exports, Plan::Basic) => rate(5, 3_600, 5),
            (Self::Exports, Plan::Professional) => rate(20, 3_600, 20),
            (Self::Exports, Plan::Enterprise) => rate(60, 3_600, 60),
            (Self::Auth, _) => rate(20, 60, 10),
            (Self::Renew, _) => rate(120, 60, 60),
        }
    }
}

impl Rate {
    /// Whether it can be counted with: each figure within its bounds.
    #[must_use]
    pub fn is_usable(self) -> bool {
        let most = 1..=1_000_000;
        most.contains(&self.tokens) && most.contains(&self.burst) && (1..=86_400).contains(&self.per_seconds)
    }

    /// Microseconds in which one token comes back.
    #[must_use]
    pub fn interval_us(self) -> u64 {
        (u64::from(self.per_seconds) * 1_000_000 / u64::from(self.tokens.max(1))).max(1)
    }

    /// Seconds in which an empty bucket is full again, rounded up.
    #[must_use]
    pub fn window_seconds(self) -> u64 {
        (self.interval_us() * u64::from(self.burst))
            .div_ceil(1_000_000)
            .max(1)
    }

    /// A part of it, for each of `parts` instances that cannot ask each other.
    #[must_use]
    pub fn share(self, parts: u32) -> Self {
        let parts = parts.max(1);
        Self {
            tokens: self.tokens,
            per_seconds: self.per_seconds.saturating_mul(parts),
            burst: (self.burst / parts).max(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_figures_hold() {
        let read = Bucket::Read.of_plan(Plan::Basic);
        assert_eq!(
            (read.burst, read.window_seconds(), read.interval_us()),
            (40, 2, 50_000)
        );
        let exports = Bucket::Exports.of_plan(Plan::Enterprise);
        assert_eq!(
            (exports.interval_us(), exports.window_seconds()),
            (60_000_000, 3_600)
        );
        for bucket in Bucket::ALL {
            assert_eq!(Bucket::from_name(bucket.as_str()), Some(bucket));
            for plan in Plan::ALL {
                assert!(bucket.of_plan(plan).is_usable());
            }
        }
    }

    #[test]
    fn shares_of_instances_are_no_more_than_the_whole() {
        let whole = Bucket::Read.of_plan(Plan::Basic);
        let half = whole.share(2);
        assert_eq!((half.interval_us(), half.burst), (100_000, 20));
        assert_eq!(whole.share(0), whole);
        assert_eq!(whole.share(1_000).burst, 1);
    }
}
