//! Who asks: the verified credential behind a request.

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};
use phony_conversation::Actor;
use phony_db::plans::Rates;
use phony_kernel::{
    ApiKeyId, Error, KeyMode, Kind, Permission, Plan, Result, Role, Scope, SessionId, TenantId, UserId,
};
use serde::{Deserialize, Serialize};

/// How old a sign-in may be for acts that need a fresh one.
pub const FRESH_SIGN_IN: TimeDelta = TimeDelta::minutes(5);

/// A verified caller of the API: a member, or an API key. The tenant comes from here and from nowhere else.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Principal {
    /// The tenant that the credential belongs to.
    pub tenant: TenantId,
    /// Its plan.
    pub plan: Plan,
    /// Whether viewers of this tenant may read transcripts.
    pub viewers_read_transcripts: bool,
    /// Whether an admin of the tenant has shown that their address is theirs.
    #[serde(default)]
    pub tenant_verified: bool,
    /// What the tenant may ask more or less often than its plan says.
    #[serde(default)]
    pub rates: Rates,
    /// Whether the tenant wants a second factor of them that they do not have: they can make one, and nothing else.
    #[serde(default)]
    pub must_enrol: bool,
    /// Where the request comes from; of a socket, where it was opened.
    #[serde(default)]
    pub from: Option<IpAddr>,
    /// The person or the key.
    pub who: Who,
}

/// The person or the key behind a request.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Who {
    /// A person in the tenant.
    Member {
        /// The person.
        user: UserId,
        /// Name to show.
        name: String,
        /// What they are.
        role: Role,
        /// Their session.
        session: SessionId,
        /// When they last proved who they are.
        auth_at: DateTime<Utc>,
    },
    /// A key of the tenant.
    Key {
        /// Which.
        id: ApiKeyId,
        /// Its name.
        name: String,
        /// What it may do.
        scopes: Vec<Scope>,
        /// Whether it acts for real.
        #[serde(default)]
        mode: KeyMode,
    },
}

/// What cannot be tried out: it changes numbers that callers ring.
fn reaches_carrier(permission: Permission) -> bool {
    matches!(
        permission,
        Permission::NumberBuy | Permission::NumberRelease | Permission::NumberConfigure
    )
}

/// What costs money at the carrier waits until the company can be reached by mail.
fn needs_verified(permission: Permission) -> bool {
    matches!(permission, Permission::NumberBuy | Permission::CallCreate)
}

impl Principal {
    /// Whether the matrix gives this caller `permission`; says nothing of a fresh sign-in.
    #[must_use]
    pub fn holds(&self, permission: Permission) -> bool {
        match &self.who {
            Who::Member {
                role: Role::Viewer, ..
            } if permission == Permission::TranscriptRead => self.viewers_read_transcripts,
            Who::Member { role, .. } => role.holds(permission),
            Who::Key { scopes, .. } => permission
                .rule()
                .key_scope
                .is_some_and(|scope| scopes.contains(&scope)),
        }
    }

    /// Whether an admin of the company asks, and not a program.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        matches!(
            &self.who,
            Who::Member {
                role: Role::Admin,
                ..
            }
        )
    }

    /// Goes on only with `permission`, and a fresh sign-in where the matrix asks for one.
    ///
    /// # Errors
    /// `forbidden`, or `step_up_required`.
    pub fn require(&self, permission: Permission, now: DateTime<Utc>) -> Result<()> {
        if !self.holds(permission) {
            return Err(Error::forbidden());
        }
        if reaches_carrier(permission) {
            self.require_live()?;
        }
        if self.must_enrol {
            return Err(Error::new(
                Kind::Forbidden,
                "totp_enrolment_required",
                "this company wants you to have a second factor; set one up first",
            ));
        }
        if !self.tenant_verified && !self.is_test() && needs_verified(permission) {
            return Err(email_not_verified());
        }
        if permission.rule().fresh_sign_in {
            self.require_fresh_sign_in(now)?;
        }
        Ok(())
    }

    /// Goes on only for a person who proved moments ago who they are, and for keys.
    ///
    /// # Errors
    /// `step_up_required`.
    pub fn require_fresh_sign_in(&self, now: DateTime<Utc>) -> Result<()> {
        match &self.who {
            Who::Member { auth_at, .. } if now - *auth_at > FRESH_SIGN_IN => Err(Error::new(
                Kind::Forbidden,
                "step_up_required",
                "confirm your password to do this",
            )),
            _ => Ok(()),
        }
    }

    /// Whether what it orders is to happen on the test carrier.
    #[must_use]
    pub fn is_test(&self) -> bool {
        matches!(
            &self.who,
            Who::Key {
                mode: KeyMode::Test,
                ..
            }
        )
    }

    /// Which calls it may see and touch: a key those of its own mode, a person all.
    #[must_use]
    pub fn mode(&self) -> Option<KeyMode> {
        match &self.who {
            Who::Key { mode, .. } => Some(*mode),
            Who::Member { .. } => None,
        }
    }

    /// Goes on unless a test key would reach the carrier or money.
    ///
    /// # Errors
    /// `test_key`.
    pub fn require_live(&self) -> Result<()> {
        if self.is_test() {
            return Err(Error::new(
                Kind::Forbidden,
                "test_key",
                "a test key does not reach the carrier; use a live key",
            ));
        }
        Ok(())
    }

    /// The caller as the ledger and the audit log name it.
    #[must_use]
    pub fn actor(&self) -> Actor {
        match &self.who {
            Who::Member { user, name, .. } => Actor {
                id: user.to_string(),
                name: name.clone(),
            },
            Who::Key { id, name, .. } => Actor {
                id: id.to_string(),
                name: name.clone(),
            },
        }
    }
}

/// What waits until somebody has shown that their address is theirs.
pub(crate) fn email_not_verified() -> Error {
    Error::new(
        Kind::Forbidden,
        "email_not_verified",
        "confirm your e-mail address first: the mail of your sign-up has a link",
    )
}
