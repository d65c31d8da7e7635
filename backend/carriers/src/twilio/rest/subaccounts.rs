//! Subaccounts: each with numbers, calls and a signing token of its own.

use std::borrow::Cow;

use secrecy::SecretString;
use serde::Deserialize;

use super::lists::{followed, known};
use super::{Account, Effect, RestError, TwilioClient, lenient, segment};

/// Longest name of an account.
const LONGEST_NAME: usize = 64;
/// More pages of a list are not followed.
const MAX_PAGES: usize = 20;

/// A subaccount with its secret.
#[derive(Debug, Clone, Deserialize)]
pub struct Subaccount {
    /// Its id (`AC…`).
    pub sid: String,
    /// Signs the webhooks of everything it owns.
    pub auth_token: SecretString,
    /// Its name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub friendly_name: Option<String>,
    /// `active`, `suspended` or `closed`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub status: Option<String>,
    /// The account it belongs to.
    #[serde(default, deserialize_with = "lenient::text")]
    pub owner_account_sid: Option<String>,
}

/// What a subaccount can be set to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubaccountStatus {
    /// It works.
    Active,
    /// Nothing works, nothing is lost.
    Suspended,
    /// For good; its numbers are released.
    Closed,
}

impl SubaccountStatus {
    fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Closed => "closed",
        }
    }
}

#[derive(Deserialize)]
struct AccountPage {
    accounts: Vec<serde_json::Value>,
    #[serde(default)]
    next_page_uri: Option<String>,
}

impl TwilioClient {
    /// Makes a subaccount of the account that signs in. Never sent twice when the outcome is unknown: then
    /// [`TwilioClient::list_subaccounts`] tells whether there is one.
    ///
    /// # Errors
    /// The carrier refused, or could not be reached; see [`RestError::ambiguous`].
    pub async fn create_subaccount(&self, name: &str) -> Result<Subaccount, RestError> {
        let name: String = name.chars().take(LONGEST_NAME).collect();
        let form = [("FriendlyName", Cow::from(name))];
        self.post_url(
            format!("{}/2010-04-01/Accounts.json", self.base),
            &form,
            Effect::Create,
        )
        .await
    }

    /// The subaccounts with exactly this name that are not closed, with their tokens.
    ///
    /// # Errors
    /// The carrier refused, or could not be reached.
    pub async fn list_subaccounts(&self, name: &str) -> Result<Vec<Subaccount>, RestError> {
        let name: String = name.chars().take(LONGEST_NAME).collect();
        let query = super::encode(&[
            ("FriendlyName", Cow::from(name.as_str())),
            ("PageSize", "50".into()),
        ])?;
        let mut next = Some(format!("{}/2010-04-01/Accounts.json?{query}", self.base));
        let mut found: Vec<Subaccount> = Vec::new();
        for _ in 0..MAX_PAGES {
            let Some(url) = next else { break };
            let page: AccountPage = self.get_url(url).await?;
            found.extend(known(page.accounts));
            next = followed(&self.base, page.next_page_uri);
        }
        found.retain(|account| {
            account.friendly_name.as_deref() == Some(&*name)
                && account.sid != self.login_sid
                && account.status.as_deref() != Some("closed")
        });
        Ok(found)
    }

    /// One subaccount with its token.
    ///
    /// # Errors
    /// The carrier refused, or could not be reached.
    pub async fn fetch_subaccount(&self, sid: &str) -> Result<Subaccount, RestError> {
        let url = format!("{}/2010-04-01/Accounts/{}.json", self.base, segment(sid)?);
        self.get_url(url).await
    }

    /// Suspends, closes or opens a subaccount.
    ///
    /// # Errors
    /// The carrier refused (a closed one stays closed), or could not be reached.
    pub async fn update_subaccount(&self, sid: &str, status: SubaccountStatus) -> Result<Account, RestError> {
        let url = format!("{}/2010-04-01/Accounts/{}.json", self.base, segment(sid)?);
        let form = [("Status", Cow::from(status.as_str()))];
        self.post_url(url, &form, Effect::Repeatable).await
    }
}
