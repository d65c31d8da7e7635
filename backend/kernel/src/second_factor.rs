//! Who must have a second factor.

use serde::{Deserialize, Serialize};

use crate::Role;

/// Whom a tenant wants to have a second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TotpRequirement {
    /// Nobody has to.
    #[default]
    Off,
    /// Admins have to.
    Admins,
    /// Everybody has to.
    All,
}

impl TotpRequirement {
    /// Every word of the list.
    pub const ALL: [Self; 3] = [Self::Off, Self::Admins, Self::All];

    /// As stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Admins => "admins",
            Self::All => "all",
        }
    }

    /// Reads the stored form.
    #[must_use]
    pub fn from_stored(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == text)
    }

    /// Whether somebody of this role has to.
    #[must_use]
    pub fn applies_to(self, role: Role) -> bool {
        match self {
            Self::Off => false,
            Self::Admins => role == Role::Admin,
            Self::All => true,
        }
    }
}
