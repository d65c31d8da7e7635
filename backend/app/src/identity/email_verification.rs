//! Showing that an address is one's own: a link is mailed there, good for a day.
//!
//! An address belongs to the first who confirms it. What others have signed up with the same address goes to them once
//! they confirm that, too: one person, one account, all their companies.

use chrono::TimeDelta;
use phony_db::mailed_links::{self, Confirmed, LinkKind, NewLink};
use phony_db::{TenantTx, audit, identity as people, members};
use phony_kernel::{Error, Kind, Result, Role, UserId};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::link_token::{LinkToken, link_not_good};
use super::{Identity, UserInfo};
use crate::mail::{Mail, Template};
use crate::{Principal, Who};

/// How long the link is good.
const LIFETIME: TimeDelta = TimeDelta::hours(24);
/// The next link is mailed after this time.
const PAUSE: TimeDelta = TimeDelta::minutes(1);
/// Links mailed in a day.
const A_DAY: i64 = 10;

/// What came of the link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EmailOutcome {
    /// The address is theirs now.
    Confirmed,
    /// It was theirs already: the company belongs to the account they had, and is entered with its password.
    Joined,
}

/// An address that was confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct EmailVerified {
    /// What came of it.
    pub outcome: EmailOutcome,
    /// Name of the company that was signed up with the address.
    pub company: String,
}

impl Identity {
    /// Asks for the mail once the transaction is committed.
    pub(super) async fn mail_verification(
        &self,
        tx: &mut TenantTx,
        user: &UserInfo,
        company: &str,
    ) -> Result<()> {
        let link = self
            .make_link(tx, user.id, LinkKind::VerifyEmail, "verify", LIFETIME)
            .await?;
        let template = if members::is_owned(tx, &user.email).await? {
            Template::SignedUpAgain {
                company: company.to_owned(),
                link,
            }
        } else {
            Template::VerifyEmail {
                name: user.name.clone(),
                link,
            }
        };
        let mail = Mail {
            to: user.email.clone(),
            template,
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
    pub async fn verify_email(&self, token: &str) -> Result<EmailVerified> {
        let token = LinkToken::read(self.inner.link_keys.iter(), token).ok_or_else(link_not_good)?;
        let verified = match self.verify_once(&token).await {
            // Two links of one address at the same time: the other one is its owner's now.
            Err(error) if error.code() == "already_exists" => self.verify_once(&token).await?,
            verified => verified?,
        };
        // Whoever clicked the link goes on at once.
        self.inner.standings.forget_all();
        Ok(verified)
    }

    async fn verify_once(&self, token: &LinkToken) -> Result<EmailVerified> {
        let now = self.clock.now();
        let mut tx = self.db.tenant(token.tenant).await?;
        let company = people::get_tenant(&mut tx).await?.name;
        let confirmed = mailed_links::verify_email(&mut tx, &token.hash(), now).await?;
        let Confirmed { user, owner } = confirmed.ok_or_else(link_not_good)?;
        let outcome = if user == owner {
            EmailOutcome::Confirmed
        } else {
            hand_over(&mut tx, user, owner).await?;
            EmailOutcome::Joined
        };
        let (actor, target) = (owner.to_string(), user.to_string());
        let entry = audit::Entry {
            actor: &actor,
            action: "email.verify",
            target: &target,
            detail: &json!({ "outcome": outcome }),
        };
        audit::record(&mut tx, &entry, now).await?;
        tx.commit().await?;
        Ok(EmailVerified { outcome, company })
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
        let company = people::get_tenant(&mut tx).await?.name;
        self.mail_verification(&mut tx, &member.into(), &company).await?;
        tx.commit().await
    }
}

/// Gives the place of an account that is at an end to the owner of its address, who keeps the higher role.
async fn hand_over(tx: &mut TenantTx, user: UserId, owner: UserId) -> Result<()> {
    let Some(member) = people::find_member(tx, user).await? else {
        return Ok(());
    };
    match people::find_member(tx, owner).await? {
        None => people::insert_membership(tx, owner, member.role).await?,
        Some(present) if member.role == Role::Admin && present.role != Role::Admin => {
            people::set_role(tx, owner, Role::Admin).await?;
        }
        Some(_) => {}
    }
    members::remove(tx, user).await?;
    Ok(())
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
