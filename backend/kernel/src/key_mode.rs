//! Whether a credential of a program acts for real.

use serde::{Deserialize, Serialize};

/// Whether a key acts for real or on the test carrier.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyMode {
    /// Real calls, real money.
    #[default]
    Live,
    /// Calls on the test carrier: nobody is rung, nothing is billed.
    Test,
}

impl KeyMode {
    /// As stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Test => "test",
        }
    }

    /// Reads the stored form.
    #[must_use]
    pub fn from_stored(text: &str) -> Option<Self> {
        [Self::Live, Self::Test]
            .into_iter()
            .find(|mode| mode.as_str() == text)
    }
}
