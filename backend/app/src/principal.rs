//! Who asks: the verified credential behind a request.

use chrono::{DateTime, TimeDelta, Utc};
use phony_conversation::Actor;
use phony_kernel::{
    ApiKeyId, Error, Kind, Permission, Plan, Result, Role, Scope, SessionId, TenantId, UserId,
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
    },
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

    /// Goes on only with `permission`, and a fresh sign-in where the matrix asks for one.
    ///
    /// # Errors
    /// `forbidden`, or `step_up_required`.
    pub fn require(&self, permission: Permission, now: DateTime<Utc>) -> Result<()> {
        if !self.holds(permission) {
            return Err(Error::forbidden());
        }
        match &self.who {
            Who::Member { auth_at, .. }
                if permission.rule().fresh_sign_in && now - *auth_at > FRESH_SIGN_IN =>
            {
                Err(Error::new(
                    Kind::Forbidden,
                    "step_up_required",
                    "confirm your password to do this",
                ))
            }
            _ => Ok(()),
        }
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
