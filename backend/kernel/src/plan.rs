//! Plans and the limits they carry.

use serde::{Deserialize, Serialize};

/// What a tenant has subscribed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Plan {
    /// 10 calls at once, one number, preset voices.
    Basic,
    /// 100 calls at once, many numbers, several personalities, live events.
    Professional,
    /// No limit on calls, pooled numbers, custom voices and models.
    Enterprise,
}

/// Limits of a plan; `None` is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Limits {
    /// Calls at one time.
    pub concurrent_calls: Option<u32>,
    /// Phone numbers held at one time.
    pub numbers: Option<u32>,
    /// Personalities of the tenant's own, presets not counted.
    pub personalities: Option<u32>,
    /// API keys that are neither revoked nor expired.
    pub api_keys: u32,
}

impl Plan {
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
        match text {
            "basic" => Some(Self::Basic),
            "professional" => Some(Self::Professional),
            "enterprise" => Some(Self::Enterprise),
            _ => None,
        }
    }

    /// The limits this plan carries.
    #[must_use]
    pub fn limits(self) -> Limits {
        match self {
            Self::Basic => Limits {
                concurrent_calls: Some(10),
                numbers: Some(1),
                personalities: Some(1),
                api_keys: 20,
            },
            Self::Professional => Limits {
                concurrent_calls: Some(100),
                numbers: Some(50),
                personalities: None,
                api_keys: 20,
            },
            Self::Enterprise => Limits {
                concurrent_calls: None,
                numbers: None,
                personalities: None,
                api_keys: 20,
            },
        }
    }
}
