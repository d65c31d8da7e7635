//! A new password for somebody who has forgotten theirs: a link by mail, good for ten minutes and once.
//!
//! Whether an address is known is told by neither the answer nor its time: the work is done behind the answer.

use std::sync::Arc;

use chrono::TimeDelta;
use phony_db::mailed_links::{self, LinkKind};
use phony_db::{audit, identity as people, members};
use phony_kernel::error::Faults;
use phony_kernel::{Error, Result, TenantId, UserId};
use secrecy::SecretString;
use serde_json::json;

use super::device::Device;
use super::link_token::{LinkToken, link_not_good};
use super::sign_up::check_email;
use super::{Identity, password};
use crate::mail::{Mail, Template};

/// How long the link is good.
const LIFETIME: TimeDelta = TimeDelta::minutes(10);
/// How far back mails to one person are counted.
const WINDOW: TimeDelta = TimeDelta::hours(1);
/// Mails to one person in that time.
const IN_WINDOW: i64 = 5;
/// Mails that may be in the making at one time.
pub(super) const ASKED_AT_ONCE: usize = 64;

impl Identity {
    /// Mails a link to whoever has this address, if anybody. `from` is what the request came from.
    ///
    /// # Errors
    /// `validation_failed` for what is no address, `too_many_attempts`, `unavailable` when too many ask.
    pub async fn forgot_password(&self, email: &str, from: impl Into<Device>) -> Result<()> {
        let (from, email) = (from.into(), email.trim().to_owned());
        let mut faults = Faults::new();
        check_email(&mut faults, "email", &email);
        faults.finish()?;
        self.inner.asks.begin(&email, from.ip(), self.clock.now())?;
        let place = match Arc::clone(&self.inner.asking).try_acquire_owned() {
            Ok(place) => place,
            Err(full) => {
                self.inner.asks.undo(&email, from.ip());
                return Err(Error::unavailable(full));
            }
        };
        let this = self.clone();
        tokio::spawn(async move {
            let _held = place;
            if let Err(error) = this.mail_reset(&email).await {
                tracing::warn!(error = ?error, "a link for a new password could not be mailed");
            }
        });
        Ok(())
    }

    /// Waits until the mails that are in the making now are made: a server that goes away does that first.
    pub async fn settle(&self) {
        let all = u32::try_from(ASKED_AT_ONCE).unwrap_or(u32::MAX);
        // It is never closed; whoever asks meanwhile waits for a place.
        drop(self.inner.asking.acquire_many(all).await);
    }

    async fn mail_reset(&self, email: &str) -> Result<()> {
        let now = self.clock.now();
        let mut system = self.db.system("a forgotten password").await?;
        let Some(user) = members::find_person(&mut system, email).await? else {
            return Ok(());
        };
        let memberships = people::list_memberships(&mut system, user).await?;
        drop(system);
        // Whoever belongs to no company has nothing to sign in to.
        let Some(membership) = memberships.iter().find(|membership| membership.active) else {
            return Ok(());
        };
        let mut tx = self.db.tenant(membership.tenant).await?;
        let Some(member) = people::find_member(&mut tx, user).await? else {
            return Ok(());
        };
        let kind = LinkKind::ResetPassword;
        if mailed_links::count_since_locked(&mut tx, user, kind, now - WINDOW).await? >= IN_WINDOW {
            return Ok(());
        }
        let link = self.make_link(&mut tx, user, kind, "reset", LIFETIME).await?;
        let mail = Mail {
            to: member.email,
            template: Template::PasswordReset {
                name: member.name,
                link,
            },
            good_until: Some(now + LIFETIME),
        };
        self.inner.mails.queue(&mut tx, &mail).await?;
        let target = user.to_string();
        let entry = audit::Entry {
            actor: "system",
            action: "password.forgot",
            target: &target,
            detail: &json!({}),
        };
        audit::record(&mut tx, &entry, now).await?;
        tx.commit().await
    }

    /// Sets the password of whoever the link was mailed to, and ends all their sessions. They sign in with it, and
    /// with their second factor if they have one.
    ///
    /// # Errors
    /// `validation_failed` for the password, or with `link_not_good`.
    pub async fn reset_password(&self, token: &str, password: &SecretString) -> Result<()> {
        let now = self.clock.now();
        let mut faults = Faults::new();
        password::check(&mut faults, "password", password);
        faults.finish()?;
        let token = LinkToken::read(self.inner.link_keys.iter(), token).ok_or_else(link_not_good)?;
        let mut tx = self.db.tenant(token.tenant).await?;
        if !mailed_links::is_good(&mut tx, LinkKind::ResetPassword, &token.hash(), now).await? {
            return Err(link_not_good());
        }
        // Argon2 takes its time; no connection waits for it.
        drop(tx);
        let hash = self.inner.passwords.hash(password).await?;
        let mut tx = self.db.tenant(token.tenant).await?;
        let user = mailed_links::reset_password(&mut tx, &token.hash(), &hash, now).await?;
        let user = user.ok_or_else(link_not_good)?;
        let member = people::find_member(&mut tx, user)
            .await?
            .ok_or_else(link_not_good)?;
        let mail = Mail {
            to: member.email.clone(),
            template: Template::PasswordChanged { name: member.name },
            good_until: None,
        };
        self.inner.mails.queue(&mut tx, &mail).await?;
        note_reset(&mut tx, user, now).await?;
        tx.commit().await?;
        self.inner.standings.forget_all();
        self.inner.throttle.forget(&member.email, None);
        self.note_reset_elsewhere(user, token.tenant).await
    }

    /// The password and the sessions are the person's, whatever company they are in, and each keeps its own books.
    async fn note_reset_elsewhere(&self, user: UserId, but: TenantId) -> Result<()> {
        let now = self.clock.now();
        let mut system = self.db.system("the companies of a person").await?;
        let memberships = people::list_memberships(&mut system, user).await?;
        drop(system);
        for membership in memberships.iter().filter(|membership| membership.tenant != but) {
            let mut tx = self.db.tenant(membership.tenant).await?;
            note_reset(&mut tx, user, now).await?;
            tx.commit().await?;
        }
        Ok(())
    }
}

async fn note_reset(
    tx: &mut phony_db::TenantTx,
    user: UserId,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<()> {
    let user = user.to_string();
    let entry = audit::Entry {
        actor: &user,
        action: "password.reset",
        target: &user,
        detail: &json!({}),
    };
    audit::record(tx, &entry, now).await
}
