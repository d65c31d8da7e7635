//! Sessions that begin at a company's provider of identities, and what they may touch.
//!
//! Whoever runs the provider can come in as any of the company's people. So such a session reaches what is of that
//! company, and not what a person has elsewhere or everywhere.

use chrono::{DateTime, TimeDelta, Utc};
use phony_db::identity::{self as people, MembershipRow};
use phony_db::{sessions, sso};
use phony_kernel::{Error, Kind, Result, SessionId, TenantId, UserId};
use uuid::Uuid;

use super::device::Device;
use super::proof::Proof;
use super::session::suspended;
use super::{Identity, Session};
use crate::principal::FRESH_SIGN_IN;
use crate::{Principal, Who};

impl Identity {
    /// Starts a session of somebody whom the provider of the company has vouched for. `proved_at` is when they last proved
    /// there who they are; where the provider does not say, it may be long ago, so it counts as no fresh sign-in.
    ///
    /// # Errors
    /// `sso_no_account` when they are no member, `tenant_suspended`.
    pub(crate) async fn start_sso_session(
        &self,
        tenant: TenantId,
        user: UserId,
        connection: Uuid,
        proved_at: Option<DateTime<Utc>>,
        from: &Device,
    ) -> Result<Session> {
        let now = self.clock.now();
        let not_fresh = now - FRESH_SIGN_IN - TimeDelta::seconds(1);
        let auth_at = proved_at.map_or(not_fresh, |at| at.min(now));
        let mut tx = self.db.tenant(tenant).await?;
        if !people::get_tenant(&mut tx).await?.active {
            return Err(suspended());
        }
        let member = people::find_member(&mut tx, user).await?;
        if member.is_none_or(|member| member.disabled) {
            return Err(Error::new(
                Kind::Forbidden,
                "sso_no_account",
                "you do not belong to this company; ask an admin to invite you",
            ));
        }
        let session = self
            .start_session_of(&mut tx, user, "session.sso", Proof::Sso, auth_at, from)
            .await?;
        sso::note_proven(&mut tx, connection, now).await?;
        tx.commit().await?;
        Ok(session)
    }

    /// Goes on while a session is good and a person's own.
    ///
    /// # Errors
    /// `unauthenticated`, `tenant_suspended`.
    pub(crate) async fn check_session(
        &self,
        tenant: TenantId,
        user: UserId,
        session: SessionId,
    ) -> Result<()> {
        let standing = self.session_standing(tenant, session, self.clock.now()).await?;
        if standing.value.user != user {
            return Err(Error::unauthenticated());
        }
        // What is remembered of it may be seconds old.
        let mut tx = self.db.tenant(tenant).await?;
        sessions::list_amr(&mut tx, session).await.map(drop)
    }

    /// Whether the session of whoever asks began at the provider of the company.
    ///
    /// # Errors
    /// `unauthenticated` when it has ended, `forbidden` for a key.
    pub(crate) async fn came_by_provider(&self, principal: &Principal) -> Result<bool> {
        let Who::Member { session, .. } = principal.who else {
            return Err(Error::forbidden());
        };
        let mut tx = self.db.tenant(principal.tenant).await?;
        let amr = sessions::list_amr(&mut tx, session).await?;
        Ok(Proof::of_session(&amr) == Proof::Sso)
    }

    /// The companies whose sessions of the person the one who asks may see and end: all, or the one that they came into
    /// by its provider.
    pub(super) async fn reachable(&self, principal: &Principal, user: UserId) -> Result<Vec<MembershipRow>> {
        let mut memberships = self.memberships(user).await?;
        if memberships.len() > 1 && self.came_by_provider(principal).await? {
            memberships.retain(|membership| membership.tenant == principal.tenant);
        }
        Ok(memberships)
    }

    /// Goes on only for who may change what counts for the person everywhere, such as their second factor: not for who
    /// came by the provider of one of several companies.
    ///
    /// # Errors
    /// `password_needed`.
    pub(super) async fn require_own(&self, principal: &Principal, user: UserId) -> Result<()> {
        if self.came_by_provider(principal).await? && self.memberships(user).await?.len() > 1 {
            return Err(Error::new(
                Kind::Forbidden,
                "password_needed",
                "this counts in all your companies; sign in with your password to change it",
            ));
        }
        Ok(())
    }
}
