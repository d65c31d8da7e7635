//! Members of a company among themselves: seeing them, changing what they are, taking one out, leaving.

use chrono::{DateTime, Utc};
use phony_db::identity::{self as people, MemberRow};
use phony_db::members::{self, MemberListRow};
use phony_db::{TenantTx, audit};
use phony_kernel::page::{Page, PageRequest};
use phony_kernel::{Error, Kind, Result, Role, UserId};
use serde::Serialize;
use serde_json::{Value, json};

use super::Identity;
use crate::{Principal, Who};

/// Somebody who belongs to the company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Member {
    /// The person.
    pub id: UserId,
    /// Their name.
    pub name: String,
    /// Their address.
    pub email: String,
    /// Whether they have shown that it is theirs.
    pub email_verified: bool,
    /// What they are.
    pub role: Role,
    /// Since when they belong.
    pub created_at: DateTime<Utc>,
    /// When they were last here, to ten minutes; absent when that is long ago.
    #[schema(required)]
    pub last_seen_at: Option<DateTime<Utc>>,
}

impl From<MemberListRow> for Member {
    fn from(row: MemberListRow) -> Self {
        Self {
            id: row.user,
            name: row.name,
            email: row.email,
            email_verified: row.email_verified,
            role: row.role,
            created_at: row.created_at,
            last_seen_at: row.last_seen_at,
        }
    }
}

impl Identity {
    /// Members of the company in the order in which they came.
    ///
    /// # Errors
    /// A page that we do not know.
    pub async fn list_members(
        &self,
        principal: &Principal,
        limit: Option<u32>,
        cursor: Option<&str>,
    ) -> Result<Page<Member>> {
        let page = PageRequest::<(DateTime<Utc>, UserId)>::read(limit, cursor)?;
        let mut tx = self.db.tenant(principal.tenant).await?;
        let rows = members::list(&mut tx, page.after, i64::from(page.limit) + 1).await?;
        Ok(Page::from_rows(rows, page.limit, |row| (row.created_at, row.user)).map(Into::into))
    }

    /// Changes what a member is. Their access tokens end within five seconds.
    ///
    /// # Errors
    /// `not_found`, `last_admin`.
    pub async fn change_role(&self, principal: &Principal, user: UserId, role: Role) -> Result<Member> {
        let now = self.clock.now();
        let mut tx = self.db.tenant(principal.tenant).await?;
        let member = with_admins_held(&mut tx, user, role == Role::Admin).await?;
        if member.role != role {
            people::set_role(&mut tx, user, role).await?;
            let detail = json!({ "from": member.role, "to": role });
            record(&mut tx, principal, "member.role", user, &detail, now).await?;
        }
        tx.commit().await?;
        self.inner.standings.forget_all();
        Ok(Member {
            id: user,
            name: member.name,
            email: member.email,
            email_verified: member.email_verified,
            role,
            created_at: member.created_at,
            last_seen_at: None,
        })
    }

    /// Takes a member out of the company. Their sessions there end within five seconds; API keys that they made
    /// stay until somebody revokes them.
    ///
    /// # Errors
    /// `not_found`, `last_admin`.
    pub async fn remove_member(&self, principal: &Principal, user: UserId) -> Result<()> {
        self.end_membership(principal, user, "member.remove").await
    }

    /// Leaves the company.
    ///
    /// # Errors
    /// `last_admin`, `forbidden` for a key.
    pub async fn leave(&self, principal: &Principal) -> Result<()> {
        let Who::Member { user, .. } = principal.who else {
            return Err(Error::forbidden());
        };
        self.end_membership(principal, user, "member.leave").await
    }

    async fn end_membership(&self, principal: &Principal, user: UserId, action: &str) -> Result<()> {
        let now = self.clock.now();
        let mut tx = self.db.tenant(principal.tenant).await?;
        let member = with_admins_held(&mut tx, user, false).await?;
        if !members::remove(&mut tx, user).await? {
            return Err(Error::not_found());
        }
        let detail = json!({ "role": member.role });
        record(&mut tx, principal, action, user, &detail, now).await?;
        tx.commit().await?;
        self.inner.standings.forget_all();
        Ok(())
    }
}

/// The member, with the memberships of all admins held until the transaction ends: of two admins who leave at the
/// same time one stays.
async fn with_admins_held(tx: &mut TenantTx, user: UserId, stays_admin: bool) -> Result<MemberRow> {
    let admins = people::count_admins_locked(tx).await?;
    let member = people::find_member(tx, user)
        .await?
        .ok_or_else(Error::not_found)?;
    if member.role == Role::Admin && !stays_admin && admins == 1 {
        return Err(Error::new(
            Kind::Conflict,
            "last_admin",
            "a company needs an admin; make somebody else one first",
        ));
    }
    Ok(member)
}

async fn record(
    tx: &mut TenantTx,
    principal: &Principal,
    action: &str,
    user: UserId,
    detail: &Value,
    now: DateTime<Utc>,
) -> Result<()> {
    let (actor, target) = (principal.actor().id, user.to_string());
    let entry = audit::Entry {
        actor: &actor,
        action,
        target: &target,
        detail,
    };
    audit::record(tx, &entry, now).await
}
