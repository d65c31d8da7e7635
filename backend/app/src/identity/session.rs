//! Sessions after sign-in: start, refresh, step-up, end.

use chrono::{DateTime, TimeDelta, Utc};
use phony_db::identity::{self as people, MemberRow, TenantRow};
use phony_db::sessions::{self, NewSession, Rotation, SessionRow};
use phony_db::{TenantTx, audit};
use phony_kernel::{Error, Kind, Permission, Result, Role, SessionId, UserId};
use secrecy::SecretString;
use serde_json::json;

use super::access::{LIFETIME, Subject};
use super::device::{self, Device};
use super::proof::{Proof, check_entry, sso_required};
use super::refresh_token::RefreshToken;
use super::secrets::same;
use super::totp::Second;
use super::{Identity, Session};
use crate::mail::{Mail, Template};
use crate::{Principal, Who};

/// A session that is not used ends after this time.
pub const IDLE_LIFETIME: TimeDelta = TimeDelta::days(14);
/// Every session ends after this time.
pub const ABSOLUTE_LIFETIME: TimeDelta = TimeDelta::days(30);
/// How long the token before the present one still leads to it: two tabs refresh at once.
const GRACE: TimeDelta = TimeDelta::seconds(10);

/// What a presented refresh token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Presented {
    /// The good one.
    Present,
    /// The one just before it, moments ago.
    JustBefore,
    /// An old one, come back: two parties hold this family.
    Reused,
    /// Of a session that is over.
    Over,
}

fn judge(row: &SessionRow, hash: &[u8], now: DateTime<Utc>) -> Presented {
    if row.revoked_at.is_some() || row.expires_at <= now || row.absolute_expires_at <= now {
        Presented::Over
    } else if same(&row.refresh_hash, hash) {
        Presented::Present
    } else if row.prev_hash.as_deref().is_some_and(|before| same(before, hash))
        && row.successor_enc.is_some()
        && now - row.rotated_at <= GRACE
    {
        Presented::JustBefore
    } else {
        Presented::Reused
    }
}

impl Identity {
    /// Starts a session of a member in the transaction's tenant.
    pub(super) async fn start_session(
        &self,
        tx: &mut TenantTx,
        user: UserId,
        action: &str,
        proof: Proof,
        from: &Device,
    ) -> Result<Session> {
        let now = self.clock.now();
        self.start_session_of(tx, user, action, proof, now, from).await
    }

    /// Starts a session of a member who has proved who they are at some time before.
    pub(super) async fn start_session_of(
        &self,
        tx: &mut TenantTx,
        user: UserId,
        action: &str,
        proof: Proof,
        auth_at: DateTime<Utc>,
        from: &Device,
    ) -> Result<Session> {
        let now = self.clock.now();
        let member = people::find_member(tx, user)
            .await?
            .ok_or_else(Error::unauthenticated)?;
        let tenant = people::get_tenant(tx).await?;
        check_entry(tx, &tenant, &member, proof).await?;
        let id = SessionId::new();
        let token = RefreshToken::new(self.inner.refresh_keys.first(), tenant.id, id)?;
        let new = NewSession {
            id,
            user,
            refresh_hash: &token.hash(),
            amr: proof.amr(),
            at: now,
            auth_at,
            user_agent: &from.kept_agent(),
            address: &from.kept_address(),
            expires_at: now + IDLE_LIFETIME,
            absolute_expires_at: now + ABSOLUTE_LIFETIME,
        };
        sessions::insert(tx, &new).await?;
        let (actor, target) = (user.to_string(), id.to_string());
        let entry = audit::Entry {
            actor: &actor,
            action,
            target: &target,
            detail: &json!({ "by": proof.amr(), "address": from.kept_address() }),
        };
        audit::record(tx, &entry, now).await?;
        let session = self.session_view(id, member, tenant, auth_at, now)?;
        Ok(Session {
            refresh_token: Some(token.text()),
            ..session
        })
    }

    /// Exchanges a refresh token for its successor and a new access token.
    ///
    /// An old token ends the whole family: whoever holds it is not the one who holds the present one.
    ///
    /// # Errors
    /// `unauthenticated`.
    pub async fn refresh(&self, refresh_token: &str, from: impl Into<Device>) -> Result<Session> {
        let (from, now) = (from.into(), self.clock.now());
        let token = RefreshToken::read_any(self.inner.refresh_keys.iter(), refresh_token)
            .ok_or_else(Error::unauthenticated)?;
        let mut tx = self.db.tenant(token.tenant).await?;
        let row = sessions::find_for_update(&mut tx, token.session).await?;
        let row = row.ok_or_else(Error::unauthenticated)?;
        let next = match judge(&row, &token.hash(), now) {
            Presented::Present => {
                let expires_at = (now + IDLE_LIFETIME).min(row.absolute_expires_at);
                self.rotate(&mut tx, &row, &token, now, expires_at, &from).await?
            }
            Presented::JustBefore => {
                let sealed = row.successor_enc.as_deref().unwrap_or_default();
                token.open_successor(sealed)?
            }
            Presented::Reused => {
                self.end_family(&mut tx, &row, &from, now).await?;
                tx.commit().await?;
                self.inner.standings.forget_session(token.tenant, row.id).await;
                return Err(Error::unauthenticated());
            }
            Presented::Over => return Err(Error::unauthenticated()),
        };
        let member = people::find_member(&mut tx, row.user)
            .await?
            .filter(|member| !member.disabled);
        let member = member.ok_or_else(Error::unauthenticated)?;
        let tenant = people::get_tenant(&mut tx).await?;
        if !tenant.active {
            return Err(suspended());
        }
        let session = self.session_view(row.id, member, tenant, row.auth_at, now)?;
        tx.commit().await?;
        Ok(Session {
            refresh_token: Some(next.text()),
            ..session
        })
    }

    async fn rotate(
        &self,
        tx: &mut TenantTx,
        row: &SessionRow,
        token: &RefreshToken,
        now: DateTime<Utc>,
        expires_at: DateTime<Utc>,
        from: &Device,
    ) -> Result<RefreshToken> {
        let (user_agent, address) = (from.kept_agent(), from.kept_address());
        let next = RefreshToken::new(self.inner.refresh_keys.first(), token.tenant, row.id)?;
        let rotation = Rotation {
            refresh_hash: &next.hash(),
            prev_hash: &token.hash(),
            successor_enc: &token.seal_successor(&next)?,
            at: now,
            expires_at,
            user_agent: Some(user_agent.as_str()).filter(|text| !text.is_empty()),
            address: Some(address.as_str()).filter(|text| !text.is_empty()),
        };
        sessions::rotate(tx, row.id, &rotation).await?;
        Ok(next)
    }

    /// An old token has come back: the session ends, and its person is told.
    async fn end_family(
        &self,
        tx: &mut TenantTx,
        row: &SessionRow,
        from: &Device,
        now: DateTime<Utc>,
    ) -> Result<()> {
        sessions::revoke(tx, row.id, now).await?;
        if let Some(member) = people::find_member(tx, row.user).await? {
            let mail = Mail {
                to: member.email,
                template: Template::SessionReused {
                    name: member.name,
                    device: device::in_words(&from.user_agent),
                    address: from.kept_address(),
                    at: now,
                },
                good_until: None,
            };
            self.inner.mails.queue(tx, &mail).await?;
        }
        let (actor, target) = (row.user.to_string(), row.id.to_string());
        let entry = audit::Entry {
            actor: &actor,
            action: "session.reuse",
            target: &target,
            detail: &json!({}),
        };
        audit::record(tx, &entry, now).await?;
        tracing::warn!(session.id = %row.id, tenant.id = %tx.tenant(), "an old refresh token came back, session {} ended", row.id);
        Ok(())
    }

    /// Ends the session of a refresh token. A token that is not good ends nothing and is no error.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn log_out(&self, refresh_token: &str) -> Result<()> {
        let Some(token) = RefreshToken::read_any(self.inner.refresh_keys.iter(), refresh_token) else {
            return Ok(());
        };
        let now = self.clock.now();
        let mut tx = self.db.tenant(token.tenant).await?;
        let Some(row) = sessions::find_for_update(&mut tx, token.session).await? else {
            return Ok(());
        };
        if sessions::revoke(&mut tx, row.id, now).await? {
            let (actor, target) = (row.user.to_string(), row.id.to_string());
            let entry = audit::Entry {
                actor: &actor,
                action: "session.end",
                target: &target,
                detail: &json!({}),
            };
            audit::record(&mut tx, &entry, now).await?;
        }
        tx.commit().await?;
        self.inner.standings.forget_session(token.tenant, row.id).await;
        Ok(())
    }

    /// Proves again who asks: a new access token that counts as a fresh sign-in.
    ///
    /// # Errors
    /// `validation_failed` for a wrong password or code, `totp_required`, `sso_required`, `too_many_attempts`,
    /// `forbidden` for a key.
    pub async fn step_up(
        &self,
        principal: &Principal,
        password: SecretString,
        totp: Option<String>,
        from: impl Into<Device>,
    ) -> Result<Session> {
        let from = from.into();
        let Who::Member { user, session, .. } = principal.who else {
            return Err(Error::forbidden());
        };
        let now = self.clock.now();
        let mut tx = self.db.tenant(principal.tenant).await?;
        let member = people::find_member(&mut tx, user)
            .await?
            .ok_or_else(Error::unauthenticated)?;
        let tenant = people::get_tenant(&mut tx).await?;
        let before = Proof::of_session(&sessions::list_amr(&mut tx, session).await?);
        if before == Proof::Sso {
            return Err(sso_required());
        }
        // Argon2 takes its time; no connection waits for it.
        drop(tx);
        if !self.proves(&member, &password, from.ip()).await? {
            return Err(Error::invalid_field("password", "wrong", "is not right"));
        }
        match self.second_factor(user, totp.as_deref()).await? {
            Second::None | Second::Shown(_) => {}
            Second::Missing => {
                return Err(Error::new(
                    Kind::Forbidden,
                    "totp_required",
                    "enter the code of your authenticator",
                ));
            }
            Second::Wrong => return Err(Error::invalid_field("totp", "wrong", "is not right")),
        }
        let mut tx = self.db.tenant(principal.tenant).await?;
        sessions::set_auth_at(&mut tx, session, now).await?;
        tx.commit().await?;
        self.inner
            .standings
            .forget_session(principal.tenant, session)
            .await;
        self.session_view(session, member, tenant, now, now)
    }

    pub(super) fn session_view(
        &self,
        id: SessionId,
        member: MemberRow,
        tenant: TenantRow,
        auth_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<Session> {
        let subject = Subject {
            user: member.user,
            tenant: tenant.id,
            session: id,
            role: member.role,
            epoch: member.epoch,
            auth_at,
        };
        Ok(Session {
            access_token: self.inner.access.issue(&subject, now)?,
            refresh_token: None,
            expires_in_seconds: u32::try_from(LIFETIME.num_seconds()).unwrap_or(0),
            role: member.role,
            permissions: permissions(member.role, tenant.viewers_read_transcripts),
            tenant: tenant.into(),
            user: member.into(),
        })
    }
}

/// What a member may do; a tenant may let its viewers read transcripts.
pub(super) fn permissions(role: Role, viewers_read_transcripts: bool) -> Vec<Permission> {
    Permission::ALL
        .iter()
        .copied()
        .filter(|permission| {
            role.holds(*permission)
                || role == Role::Viewer
                    && viewers_read_transcripts
                    && *permission == Permission::TranscriptRead
        })
        .collect()
}

/// The company may not use the product now.
pub(super) fn suspended() -> Error {
    Error::new(
        Kind::Forbidden,
        "tenant_suspended",
        "this company's account is suspended",
    )
}
