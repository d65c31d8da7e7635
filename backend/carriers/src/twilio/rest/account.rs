//! The account itself.

use serde::Deserialize;

use super::{RestError, TwilioClient, lenient};

/// An account or subaccount. Its token is not read.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Account {
    /// Its id (`AC…`).
    pub sid: String,
    /// Its name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub friendly_name: Option<String>,
    /// `active`, `suspended` or `closed`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub status: Option<String>,
    /// `Full` or `Trial`.
    #[serde(default, rename = "type", deserialize_with = "lenient::text")]
    pub kind: Option<String>,
}

impl Account {
    /// Whether it can be used.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.status.as_deref() == Some("active")
    }
}

impl TwilioClient {
    /// The account this client acts on; proves that the credentials are good.
    ///
    /// # Errors
    /// The carrier refused, or could not be reached.
    pub async fn fetch_account(&self) -> Result<Account, RestError> {
        self.get("", &[]).await
    }
}
