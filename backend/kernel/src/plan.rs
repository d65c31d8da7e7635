//! Plans and the limits they carry.

use serde::{Deserialize, Serialize};

/// What a tenant has subscribed to.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Plan {
    /// 10 calls at once, one number, preset voices.
    Basic,
    /// 100 calls at once, many numbers, several personalities, live events.
    Professional,
    /// No limit on calls, pooled numbers, custom voices and models.
    Enterprise,
}

/// How much of what there is to choose from a plan gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// What the presets use.
    Preset,
    /// Everything in the catalogue.
    Several,
    /// Others too, by their names at the provider.
    Custom,
}

/// Limits of a plan; `None` is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Limits {
    /// Calls at one time.
    #[schema(required)]
    pub concurrent_calls: Option<u32>,
    /// Phone numbers held at one time.
    #[schema(required)]
    pub numbers: Option<u32>,
    /// Whether numbers can be pooled.
    pub number_pools: bool,
    /// Personalities of the tenant's own, presets not counted.
    #[schema(required)]
    pub personalities: Option<u32>,
    /// Voices to choose from.
    pub voices: Choice,
    /// Models to choose from.
    pub models: Choice,
    /// Whether programs may follow events live; the dashboard always does.
    pub live_events: bool,
    /// Whether there are analytics.
    pub analytics: bool,
    /// Whether members may sign in by the company's own provider.
    pub sso: bool,
    /// API keys that are neither revoked nor expired.
    pub api_keys: u32,
}

/// Keys that any tenant may have at one time.
const API_KEYS: u32 = 20;

impl Plan {
    /// Every plan, smallest first.
    pub const ALL: [Self; 3] = [Self::Basic, Self::Professional, Self::Enterprise];

    /// As stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Basic => "basic",
            Self::Professional => "professional",
            Self::Enterprise => "enterprise",
        }
    }

    /// Reads the stored form.
    #[must_use]
    pub fn from_stored(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|plan| plan.as_str() == text)
    }

    /// The limits this plan carries.
    #[must_use]
    pub fn limits(self) -> Limits {
        match self {
            Self::Basic => Limits {
                concurrent_calls: Some(10),
                numbers: Some(1),
                number_pools: false,
                personalities: Some(1),
                voices: Choice::Preset,
                models: Choice::Preset,
                live_events: false,
                analytics: false,
                sso: false,
                api_keys: API_KEYS,
            },
            Self::Professional => Limits {
                concurrent_calls: Some(100),
                numbers: Some(50),
                number_pools: false,
                personalities: None,
                voices: Choice::Several,
                models: Choice::Several,
                live_events: true,
                analytics: false,
                sso: false,
                api_keys: API_KEYS,
            },
            Self::Enterprise => Limits {
                concurrent_calls: None,
                numbers: None,
                number_pools: true,
                personalities: None,
                voices: Choice::Custom,
                models: Choice::Custom,
                live_events: true,
                analytics: true,
                sso: true,
                api_keys: API_KEYS,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_larger_plan_takes_nothing_away() {
        let at_most =
            |small: Option<u32>, large: Option<u32>| large.is_none_or(|l| small.is_some_and(|s| s <= l));
        for pair in Plan::ALL.windows(2) {
            let (small, large) = (pair[0].limits(), pair[1].limits());
            assert!(at_most(small.concurrent_calls, large.concurrent_calls));
            assert!(at_most(small.numbers, large.numbers));
            assert!(at_most(small.personalities, large.personalities));
            assert!(small.voices <= large.voices && small.models <= large.models);
            assert!(small.number_pools <= large.number_pools && small.live_events <= large.live_events);
            assert!(small.analytics <= large.analytics && small.sso <= large.sso);
        }
    }

    #[test]
    fn plans_read_back() {
        for plan in Plan::ALL {
            assert_eq!(Plan::from_stored(plan.as_str()), Some(plan));
        }
        assert_eq!(Plan::from_stored("free"), None);
    }
}
