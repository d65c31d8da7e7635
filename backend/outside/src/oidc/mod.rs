//! Sign-in at a provider of identities by OpenID Connect: code flow with PKCE.
//!
//! What the provider says is believed only after its signature, audience, nonce and times were checked, by keys that it
//! publishes itself. Which person it is, is decided elsewhere.

mod client;
mod token;

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use thiserror::Error;
use url::Url;

use crate::Refused;

pub use client::OidcClient;

/// A provider as it describes itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// Its name, which its tokens carry.
    pub issuer: String,
    /// Where people sign in.
    pub authorization_endpoint: Url,
    /// Where we exchange a code.
    pub token_endpoint: Url,
    /// Where its keys are.
    pub jwks_uri: Url,
    /// Whether our secret goes into the form in place of a header.
    pub secret_in_form: bool,
    /// Whether it says who it is when it sends people back (RFC 9207).
    pub names_itself: bool,
}

/// One sign-in on its way: what we send, and what must come back.
#[derive(Debug, Clone)]
pub struct Attempt<'a> {
    /// What the provider calls us.
    pub client_id: &'a str,
    /// Where it sends people back to.
    pub redirect_uri: &'a str,
    /// Comes back with the person.
    pub state: &'a str,
    /// Comes back in the token.
    pub nonce: &'a str,
    /// Never leaves us before the exchange; its hash does.
    pub verifier: &'a str,
    /// Whether they must sign in anew, however recently they did.
    pub fresh: bool,
}

/// What a provider says of somebody, once it is checked.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    /// The provider.
    pub issuer: String,
    /// Who they are there, for ever.
    pub subject: String,
    /// Their address, as the provider knows it.
    pub email: Option<String>,
    /// Whether the provider has seen that the address is theirs.
    pub email_verified: bool,
    /// Their name.
    pub name: Option<String>,
    /// When they last proved who they are, if it says.
    pub auth_time: Option<DateTime<Utc>>,
}

impl std::fmt::Debug for Identity {
    /// Without who it is.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity")
            .field("issuer", &self.issuer)
            .field("email_verified", &self.email_verified)
            .finish_non_exhaustive()
    }
}

/// What is presented for an exchange.
#[derive(Debug, Clone)]
pub struct Exchange<'a> {
    /// The sign-in that it belongs to.
    pub attempt: Attempt<'a>,
    /// Our secret at the provider; none for a public client.
    pub secret: Option<SecretString>,
    /// What came back with the person.
    pub code: &'a str,
    /// Now.
    pub now: DateTime<Utc>,
}

/// Why a sign-in came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OidcError {
    /// A request may not go where the provider is said to be.
    #[error("an address of the provider {0}")]
    Refused(#[from] Refused),
    /// It does not answer, or not in time.
    #[error("the provider does not answer")]
    Unreachable,
    /// It answers, but not as a provider does.
    #[error("the provider's answer is not usable: {0}")]
    Unusable(&'static str),
    /// It refuses the exchange.
    #[error("the provider refused the exchange: {0}")]
    Exchange(String),
    /// Its token is not good.
    #[error("the provider's token is not good: {0}")]
    Token(&'static str),
}
