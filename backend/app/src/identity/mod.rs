//! People, sign-in, sessions and API keys.
//!
//! Here is what the parts share; each flow has a file. Cookies and headers are the HTTP layer's business.

mod acceptance;
mod access;
mod authenticate;
mod colleagues;
mod device;
mod email_verification;
mod entry;
mod invitations;
mod key_format;
mod key_rules;
mod keys;
mod link_token;
mod members;
mod own_sessions;
mod password;
mod password_change;
mod password_reset;
mod proof;
mod refresh_token;
pub(crate) mod secrets;
mod session;
mod sign_up;
mod sso_session;
mod throttle;
mod totp;
mod view;

use std::sync::Arc;

use phony_db::Db;
use phony_kernel::{Clock, Plan, Result};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;

pub use acceptance::{AcceptInvitation, InvitationPreview};
pub use access::LIFETIME as ACCESS_TOKEN_LIFETIME;
pub use authenticate::RIGHTS_CHANGED;
pub use colleagues::Member;
pub use device::Device;
pub use email_verification::{EmailOutcome, EmailVerified};
pub use entry::LogIn;
pub use invitations::{Invitation, Invite};
pub use keys::CreateKey;
pub use members::NewMember;
pub use own_sessions::SessionInfo;
pub use password_change::ChangePassword;
pub use session::{ABSOLUTE_LIFETIME, IDLE_LIFETIME};
pub use sign_up::SignUp;
pub use totp::{RecoveryCodes, TotpEnrolment, TotpStanding};
pub use view::{ApiKey, KeyStatus, Me, RoleInfo, Session, TenantInfo, UserInfo};

use crate::mail::Mails;
use crate::sealing::{MasterKeys, Ring, Sealer};
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
    /// `PHONY_MASTER_KEY`, a key or a list of which the first is in use. Every key is derived from it.
    pub master_key: SecretString,
    /// Language model that the preset personalities of a new company name.
    pub model: String,
}

/// Whether `text` can be a master key.
#[must_use]
pub fn is_master_key(text: &SecretString) -> bool {
    crate::sealing::is_master_key_list(text)
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
    sealer: Sealer,
    mails: Mails,
    public_url: String,
    /// The first makes tokens, all read them.
    refresh_keys: Ring<Key>,
    /// Of links that are mailed; the first makes them, all are good.
    link_keys: Ring<Key>,
    /// The first seals, all open.
    replay_keys: Ring<Key>,
    passwords: Passwords,
    throttle: Throttle,
    /// How often mails are asked for.
    asks: Throttle,
    /// Bounds the mails in the making.
    asking: Arc<Semaphore>,
    standings: Standings,
}

impl Identity {
    /// Derives the keys.
    ///
    /// # Errors
    /// When the master key is not one.
    pub fn new(db: Db, clock: Clock, config: IdentityConfig) -> Result<Self> {
        let masters = MasterKeys::read(&config.master_key)?;
        let master = masters.first();
        let of_all = |purpose: &str| {
            let of_one = |master: &Key| secrets::derive(master.expose_secret(), purpose);
            masters.all().try_map(of_one)
        };
        let inner = Inner {
            access: masters
                .all()
                .iter()
                .skip(1)
                .try_fold(AccessTokens::new(&config.issuer, master)?, AccessTokens::also_of)?,
            mails: Mails::new(Sealer::new(&config.master_key)?),
            public_url: config.issuer.trim_end_matches('/').to_owned(),
            link_keys: of_all("mailed link tag 1")?,
            sealer: Sealer::new(&config.master_key)?,
            refresh_keys: of_all("refresh token tag 1")?,
            replay_keys: of_all("created key replay 1")?,
            passwords: Passwords::new()?,
            throttle: Throttle::default(),
            asks: Throttle::default(),
            asking: Arc::new(Semaphore::new(password_reset::ASKED_AT_ONCE)),
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
