//! Showing that an address is one's own: a link is mailed there, good for a day.

use chrono::TimeDelta;
use phony_db::mailed_links::{self, LinkKind, NewLink};
use phony_db::{TenantTx, audit, identity as people};
use phony_kernel::{Error, Kind, Result, UserId};
use serde_json::json;
use uuid::Uuid;

use super::Identity;
use super::link_token::{LinkToken, link_not_good};
use crate::mail::{Mail, Template};
use crate::{Principal, Who};

/// How long the link is good.
const LIFETIME: TimeDelta = TimeDelta::hours(24);
/// The next link is mailed after this time.
const PAUSE: TimeDelta = TimeDelta::minutes(1);
/// Links mailed in a day.
const A_DAY: i64 = 10;

impl Identity {
    /// Asks for the mail once the transaction is committed.
    pub(super) async fn mail_verification(
        &self,
        tx: &mut TenantTx,
        user: UserId,
        email: &str,
        name: &str,
    ) -> Result<()> {
        let link = self
            .make_link(tx, user, LinkKind::VerifyEmail, "verify", LIFETIME)
            .await?;
        let mail = Mail {
            to: email.to_owned(),
            template: Template::VerifyEmail {
                name: name.to_owned(),
                link,
            },
            good_until: Some(self.clock.now() + LIFETIME),
        };
        self.inner.mails.queue(tx, &mail).await
    }

    /// Stores a link of a person in the transaction's tenant; gives its address, which is in no log as the token
    /// stands behind `#`.
    pub(super) async fn make_link(
        &self,
        tx: &mut TenantTx,
        user: UserId,
        kind: LinkKind,
        page: &str,
        lifetime: TimeDelta,
    ) -> Result<String> {
        let (id, now) = (Uuid::now_v7(), self.clock.now());
        let token = LinkToken::new(self.inner.link_keys.first(), tx.tenant(), id)?;
        let link = NewLink {
            id,
            user,
            kind,
            token_hash: &token.hash(),
            at: now,
            expires_at: now + lifetime,
        };
        mailed_links::insert(tx, &link).await?;
        Ok(self.page(page, &token))
    }

    /// Address of a page of ours that takes a token.
    pub(super) fn page(&self, page: &str, token: &LinkToken) -> String {
        format!(
            "{}/dashboard/{page}#token={}",
            self.inner.public_url,
            token.text()
        )
    }

    /// Confirms the address that a link was mailed to.
    ///
    /// # Errors
    /// `validation_failed` with `link_not_good`.
    pub async fn verify_email(&self, token: &str) -> Result<()> {
        let now = self.clock.now();
        let token = LinkToken::read(self.inner.link_keys.iter(), token).ok_or_else(link_not_good)?;
        let mut tx = self.db.tenant(token.tenant).await?;
        let user = mailed_links::verify_email(&mut tx, &token.hash(), now).await?;
        let user = user.ok_or_else(link_not_good)?.to_string();
        let entry = audit::Entry {
            actor: &user,
            action: "email.verify",
            target: &user,
            detail: &json!({}),
        };
        audit::record(&mut tx, &entry, now).await?;
        tx.commit().await?;
        // Whoever clicked the link goes on at once.
        self.inner.standings.forget_all();
        Ok(())
    }

    /// Mails another link; the one before is worth nothing then.
    ///
    /// # Errors
    /// `already_verified`, `too_many_attempts`, `forbidden` for a key.
    pub async fn resend_verification(&self, principal: &Principal) -> Result<()> {
        let Who::Member { user, .. } = principal.who else {
            return Err(Error::forbidden());
        };
        let now = self.clock.now();
        let mut tx = self.db.tenant(principal.tenant).await?;
        let member = people::find_member(&mut tx, user)
            .await?
            .ok_or_else(Error::unauthenticated)?;
        if member.email_verified {
            return Err(Error::new(
                Kind::Conflict,
                "already_verified",
                "your address is confirmed already",
            ));
        }
        let kind = LinkKind::VerifyEmail;
        if mailed_links::count_since_locked(&mut tx, user, kind, now - PAUSE).await? > 0 {
            return Err(too_many(PAUSE));
        }
        if mailed_links::count_since_locked(&mut tx, user, kind, now - LIFETIME).await? >= A_DAY {
            return Err(too_many(TimeDelta::hours(1)));
        }
        self.mail_verification(&mut tx, user, &member.email, &member.name)
            .await?;
        tx.commit().await
    }
}

/// Mails are not sent that often.
pub(super) fn too_many(wait: TimeDelta) -> Error {
    let seconds = u32::try_from(wait.num_seconds()).unwrap_or(u32::MAX);
    Error::new(
        Kind::RateLimited,
        "too_many_attempts",
        "a mail was sent a moment ago; look for it, or wait a little",
    )
    .retry_after(seconds)
}
