//! People, sign-in, sessions and API keys.
//!
//! Here is what the parts share; each flow has a file. Cookies and headers are the HTTP layer's business.

mod access;
mod authenticate;
mod entry;
mod key_format;
mod keys;
mod members;
mod password;
mod refresh_token;
pub(crate) mod secrets;
mod session;
mod sign_up;
mod throttle;
mod view;

use std::sync::Arc;

use phony_db::Db;
use phony_kernel::{Clock, Plan, Result};
use secrecy::{ExposeSecret, SecretString};

pub use access::LIFETIME as ACCESS_TOKEN_LIFETIME;
pub use authenticate::RIGHTS_CHANGED;
pub use entry::LogIn;
pub use keys::CreateKey;
pub use members::NewMember;
pub use session::{ABSOLUTE_LIFETIME, IDLE_LIFETIME};
pub use sign_up::SignUp;
pub use view::{ApiKey, KeyStatus, Me, Session, TenantInfo, UserInfo};

use access::AccessTokens;
use authenticate::Standings;
use password::Passwords;
use secrets::Key;
use throttle::Throttle;

/// The plan of a company that has just signed up.
pub const SIGN_UP_PLAN: Plan = Plan::Basic;
/// The price list it is charged by.
pub const SIGN_UP_PRICE_BOOK: &str = "standard";

/// What identity needs to be told.
#[derive(Debug, Clone)]
pub struct IdentityConfig {
    /// Who issues access tokens: our public address.
    pub issuer: String,
    /// `PHONY_MASTER_KEY`, base64 of 32 bytes. Every key in use is derived from it.
    pub master_key: SecretString,
    /// Language model that the preset personalities of a new company name.
    pub model: String,
}

/// Whether `text` can be a master key.
#[must_use]
pub fn is_master_key(text: &SecretString) -> bool {
    secrets::read_master_key(text).is_ok()
}

/// The use cases of people, sessions and keys. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Identity {
    db: Db,
    clock: Clock,
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    model: String,
    access: AccessTokens,
    refresh_key: Key,
    replay_key: Key,
    passwords: Passwords,
    throttle: Throttle,
    standings: Standings,
}

impl Identity {
    /// Derives the keys.
    ///
    /// # Errors
    /// When the master key is not one.
    pub fn new(db: Db, clock: Clock, config: IdentityConfig) -> Result<Self> {
        let master = secrets::read_master_key(&config.master_key)?;
        let inner = Inner {
            access: AccessTokens::new(&config.issuer, &master)?,
            refresh_key: secrets::derive(master.expose_secret(), "refresh token tag 1")?,
            replay_key: secrets::derive(master.expose_secret(), "created key replay 1")?,
            passwords: Passwords::new()?,
            throttle: Throttle::default(),
            standings: Standings::new(),
            model: config.model,
        };
        Ok(Self {
            db,
            clock,
            inner: Arc::new(inner),
        })
    }
}
