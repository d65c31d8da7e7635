//! A person's own sessions, in all their companies: seeing them, ending them, going over to another company.

use chrono::{DateTime, Utc};
use phony_db::identity::{self as people, MembershipRow};
use phony_db::session_lists::Begun;
use phony_db::{TenantTx, audit, session_lists, sessions};
use phony_kernel::{Error, Result, SessionId, TenantId, UserId};
use serde::Serialize;
use serde_json::json;

use super::device::{self, Device};
use super::proof::Proof;
use super::session::suspended;
use super::{Identity, Session};
use crate::{Principal, Who};

/// Sessions shown of one company.
const SHOWN: i64 = 100;

/// A session that goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct SessionInfo {
    /// Its id.
    pub id: SessionId,
    /// The company that it is in.
    pub tenant_id: TenantId,
    /// The company's name.
    pub tenant_name: String,
    /// Whether it is the one that asks.
    pub current: bool,
    /// Program and system, in words.
    #[schema(example = "Firefox on Linux")]
    pub device: String,
    /// As the browser calls itself.
    pub user_agent: String,
    /// Address that it was last used from; empty when it is not known.
    #[schema(example = "203.0.113.9")]
    pub address: String,
    /// When the person signed in.
    pub created_at: DateTime<Utc>,
    /// When it was last used, to ten minutes.
    pub last_used_at: DateTime<Utc>,
    /// When it ends unless it is used.
    pub expires_at: DateTime<Utc>,
}

/// Person and session behind a principal.
fn person(principal: &Principal) -> Result<(UserId, SessionId)> {
    match principal.who {
        Who::Member { user, session, .. } => Ok((user, session)),
        Who::Key { .. } => Err(Error::forbidden()),
    }
}

impl Identity {
    /// The companies that a person belongs to.
    pub(crate) async fn memberships(&self, user: UserId) -> Result<Vec<MembershipRow>> {
        let mut system = self.db.system("the companies of a person").await?;
        people::list_memberships(&mut system, user).await
    }

    /// The person's sessions that go on, the one used last first; in the company alone for who came by its provider.
    ///
    /// # Errors
    /// `forbidden` for a key.
    pub async fn list_sessions(&self, principal: &Principal) -> Result<Vec<SessionInfo>> {
        let (user, current) = person(principal)?;
        let now = self.clock.now();
        let mut all = Vec::new();
        for membership in self.reachable(principal, user).await? {
            let mut tx = self.db.tenant(membership.tenant).await?;
            let rows = session_lists::list_of(&mut tx, user, now, SHOWN).await?;
            all.extend(rows.into_iter().map(|row| SessionInfo {
                id: row.id,
                tenant_id: membership.tenant,
                tenant_name: membership.name.clone(),
                current: row.id == current,
                device: device::in_words(&row.user_agent),
                user_agent: row.user_agent,
                address: row.address,
                created_at: row.created_at,
                last_used_at: row.last_used_at,
                expires_at: row.expires_at,
            }));
        }
        all.sort_by_key(|session| std::cmp::Reverse((session.last_used_at, session.id)));
        Ok(all)
    }

    /// Ends one of the person's sessions; whoever holds a session of theirs but no password ends none.
    ///
    /// # Errors
    /// `not_found`, `step_up_required`, `forbidden` for a key.
    pub async fn revoke_session(&self, principal: &Principal, id: SessionId) -> Result<()> {
        let (user, _) = person(principal)?;
        let now = self.clock.now();
        principal.require_fresh_sign_in(now)?;
        for membership in self.reachable(principal, user).await? {
            let mut tx = self.db.tenant(membership.tenant).await?;
            if session_lists::revoke_of(&mut tx, user, id, now).await? {
                record(&mut tx, user, id, now).await?;
                tx.commit().await?;
                self.inner.standings.forget_session(membership.tenant, id).await;
                return Ok(());
            }
        }
        Err(Error::not_found())
    }

    /// Ends all of the person's sessions but the one that asks.
    ///
    /// # Errors
    /// `step_up_required`, `forbidden` for a key.
    pub async fn revoke_other_sessions(&self, principal: &Principal) -> Result<()> {
        let (user, current) = person(principal)?;
        let now = self.clock.now();
        principal.require_fresh_sign_in(now)?;
        let memberships = self.reachable(principal, user).await?;
        // Once more where there are several: one of them may have gone over to a company that had its turn.
        let rounds = memberships.len().min(2);
        for membership in memberships.iter().cycle().take(rounds * memberships.len()) {
            let mut tx = self.db.tenant(membership.tenant).await?;
            let ended = session_lists::revoke_others_of(&mut tx, user, current, Begun::Anyhow, now).await?;
            for id in &ended {
                record(&mut tx, user, *id, now).await?;
            }
            tx.commit().await?;
            for id in ended {
                self.inner.standings.forget_session(membership.tenant, id).await;
            }
        }
        Ok(())
    }

    /// Goes over to another of the person's companies: a session there in place of the one that asks, as fresh and
    /// as well proven as that one. Where the person is already, the session stays.
    ///
    /// # Errors
    /// `not_found`, `tenant_suspended`, `sso_required`, `forbidden` for a key.
    pub async fn switch_tenant(
        &self,
        principal: &Principal,
        tenant: TenantId,
        from: impl Into<Device>,
    ) -> Result<Session> {
        let (user, current) = person(principal)?;
        let (from, now) = (from.into(), self.clock.now());
        let memberships = self.memberships(user).await?;
        let chosen = memberships.iter().find(|membership| membership.tenant == tenant);
        if !chosen.ok_or_else(Error::not_found)?.active {
            return Err(suspended());
        }
        let mut tx = self.db.tenant(principal.tenant).await?;
        let row = sessions::find_for_update(&mut tx, current)
            .await?
            .filter(|row| row.revoked_at.is_none())
            .ok_or_else(Error::unauthenticated)?;
        if tenant == principal.tenant {
            let member = people::find_member(&mut tx, user)
                .await?
                .ok_or_else(Error::unauthenticated)?;
            let tenant = people::get_tenant(&mut tx).await?;
            return self.session_view(current, member, tenant, row.auth_at, now);
        }
        tx.rollback().await?;
        let mut tx = self.db.tenant(tenant).await?;
        let proof = Proof::carried_over(&row.amr)?;
        let session = self
            .start_session_of(&mut tx, user, "session.start", proof, row.auth_at, &from)
            .await?;
        tx.commit().await?;
        // The browser holds the cookie of the new one alone.
        let mut tx = self.db.tenant(principal.tenant).await?;
        let went_on = sessions::revoke(&mut tx, current, now).await?;
        if went_on {
            record(&mut tx, user, current, now).await?;
        }
        tx.commit().await?;
        self.inner
            .standings
            .forget_session(principal.tenant, current)
            .await;
        if went_on {
            return Ok(session);
        }
        // It was ended while we looked, and with it goes what came of it.
        if let Some(token) = &session.refresh_token {
            self.log_out(token).await?;
        }
        Err(Error::unauthenticated())
    }
}

async fn record(tx: &mut TenantTx, user: UserId, id: SessionId, now: DateTime<Utc>) -> Result<()> {
    let (actor, target) = (user.to_string(), id.to_string());
    let entry = audit::Entry {
        actor: &actor,
        action: "session.revoke",
        target: &target,
        detail: &json!({}),
    };
    audit::record(tx, &entry, now).await
}
