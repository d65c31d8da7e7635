//! What identity shows to others, as the API writes it.

use std::fmt;

use chrono::{DateTime, Utc};
use phony_db::identity::{MemberRow, MembershipRow, TenantRow};
use phony_db::keys::KeyRow;
use phony_kernel::plan::Limits;
use phony_kernel::{ApiKeyId, KeyMode, Network, Permission, Plan, Role, Scope, TenantId, UserId};
use serde::Serialize;

use super::totp::TotpStanding;

/// A company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct TenantInfo {
    /// Its id.
    pub id: TenantId,
    /// Its name.
    pub name: String,
    /// Its name in addresses.
    pub slug: String,
    /// Its plan.
    pub plan: Plan,
    /// IANA name of its time zone.
    pub time_zone: String,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct UserInfo {
    /// Their id.
    pub id: UserId,
    /// Their name.
    pub name: String,
    /// Their address.
    pub email: String,
}

/// A sign-in, a refresh or a step-up: what the browser's program gets, and what only the cookie holds.
#[derive(Clone, Serialize, utoipa::ToSchema)]
pub struct Session {
    /// Sent with every request from now on.
    pub access_token: String,
    /// Seconds until it ends.
    #[serde(rename = "expires_in")]
    pub expires_in_seconds: u32,
    /// For the cookie alone; a step-up keeps the one there is.
    #[serde(skip)]
    pub refresh_token: Option<String>,
    /// The company signed in to.
    pub tenant: TenantInfo,
    /// The person signed in.
    pub user: UserInfo,
    /// What they are there.
    pub role: Role,
    /// What they may do there.
    pub permissions: Vec<Permission>,
}

/// A company that a person belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct MembershipInfo {
    /// The company.
    pub tenant_id: TenantId,
    /// Its name.
    pub name: String,
    /// What the person is there.
    pub role: Role,
}

impl From<MembershipRow> for MembershipInfo {
    fn from(row: MembershipRow) -> Self {
        Self {
            tenant_id: row.tenant,
            name: row.name,
            role: row.role,
        }
    }
}

/// Who asks and what they may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Me {
    /// The person; absent for a key.
    #[schema(required)]
    pub user: Option<UserInfo>,
    /// The company.
    pub tenant: TenantInfo,
    /// What the person is; absent for a key.
    #[schema(required)]
    pub role: Option<Role>,
    /// What they may do.
    pub permissions: Vec<Permission>,
    /// What the key may do; absent for a person.
    #[schema(required)]
    pub scopes: Option<Vec<Scope>>,
    /// All companies of the person, this one among them; none for a key.
    pub memberships: Vec<MembershipInfo>,
    /// Whether the person has shown that their address is theirs; absent for a key.
    #[schema(required)]
    pub email_verified: Option<bool>,
    /// Whether an admin of the company has: until then it buys no numbers and makes no calls.
    pub tenant_verified: bool,
    /// The person's second factor; absent for a key.
    #[schema(required)]
    pub totp: Option<TotpStanding>,
    /// What the plan allows.
    pub limits: Limits,
}

/// What a role may do in a company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct RoleInfo {
    /// Which.
    pub role: Role,
    /// All that it may do, in the order of the matrix.
    pub permissions: Vec<Permission>,
}

/// Whether a key still works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyStatus {
    /// It does.
    Active,
    /// Its time is over.
    Expired,
    /// Somebody revoked it.
    Revoked,
}

/// An API key as shown in lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ApiKey {
    /// Its id.
    pub id: ApiKeyId,
    /// Its name.
    pub name: String,
    /// Its first twelve characters.
    pub prefix: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// Whether it acts for real.
    pub mode: KeyMode,
    /// Networks that it may come from; empty is anywhere.
    pub allowed_cidrs: Vec<String>,
    /// When it ends by itself.
    #[schema(required)]
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last used, to the minute.
    #[schema(required)]
    pub last_used_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    #[schema(required)]
    pub revoked_at: Option<DateTime<Utc>>,
    /// The key that it was put in the place of.
    #[schema(required)]
    pub rotated_from: Option<ApiKeyId>,
    /// Since when another key stands in its place; it works until `expires_at` all the same.
    #[schema(required)]
    pub rotated_at: Option<DateTime<Utc>>,
    /// Whether it still works.
    pub status: KeyStatus,
}

impl KeyStatus {
    /// Every word of the list.
    pub const ALL: [Self; 3] = [Self::Active, Self::Expired, Self::Revoked];

    /// As shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

impl fmt::Debug for Session {
    /// Without the tokens.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("tenant", &self.tenant.id)
            .field("user", &self.user.id)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

impl From<TenantRow> for TenantInfo {
    fn from(row: TenantRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            slug: row.slug,
            plan: row.plan,
            time_zone: row.time_zone,
        }
    }
}

impl From<MemberRow> for UserInfo {
    fn from(row: MemberRow) -> Self {
        Self {
            id: row.user,
            name: row.name,
            email: row.email,
        }
    }
}

impl ApiKey {
    pub(crate) fn of(row: KeyRow, now: DateTime<Utc>) -> Self {
        let status = if row.revoked_at.is_some() {
            KeyStatus::Revoked
        } else if row.expires_at.is_some_and(|at| at <= now) {
            KeyStatus::Expired
        } else {
            KeyStatus::Active
        };
        Self {
            id: row.id,
            name: row.name,
            prefix: row.prefix,
            scopes: row.scopes,
            mode: row.mode,
            allowed_cidrs: row.allowed.iter().map(Network::to_string).collect(),
            expires_at: row.expires_at,
            created_at: row.created_at,
            last_used_at: row.last_used_at,
            revoked_at: row.revoked_at,
            rotated_from: row.rotated_from,
            rotated_at: row.rotated_at,
            status,
        }
    }
}
