//! Inviting people into a company: a link to their address, good for seven days and for that address alone.

use chrono::{DateTime, TimeDelta, Utc};
use phony_db::invitations::{self, InvitationRow, NewInvitation};
use phony_db::{TenantTx, audit, identity as people, members};
use phony_kernel::error::Faults;
use phony_kernel::page::{Page, PageRequest};
use phony_kernel::{Error, InvitationId, Kind, Result, Role};
use serde::Serialize;
use serde_json::json;

use super::Identity;
use super::email_verification::too_many;
use super::link_token::LinkToken;
use super::sign_up::check_email;
use crate::mail::{Mail, Template};
use crate::{Principal, Who};

/// How long an invitation is good.
pub(super) const LIFETIME: TimeDelta = TimeDelta::days(7);
/// The next mail to the same address is sent after this time.
const PAUSE: TimeDelta = TimeDelta::minutes(1);
/// Open invitations of one company.
const MOST_OPEN: i64 = 200;

/// Whom to invite.
#[derive(Debug, Clone)]
pub struct Invite {
    /// Their address.
    pub email: String,
    /// What they will be.
    pub role: Role,
}

/// An invitation that nobody has accepted yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// Whom it is for.
    pub email: String,
    /// What they will be.
    pub role: Role,
    /// Name of who invites; absent when they have left.
    #[schema(required)]
    pub invited_by: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was mailed last.
    pub sent_at: DateTime<Utc>,
    /// When its link ends.
    pub expires_at: DateTime<Utc>,
    /// Whether its link has ended; it can be mailed again.
    pub expired: bool,
}

impl Invitation {
    fn of(row: InvitationRow, now: DateTime<Utc>) -> Self {
        Self {
            id: row.id,
            email: row.email,
            role: row.role,
            invited_by: row.inviter,
            created_at: row.created_at,
            sent_at: row.sent_at,
            expires_at: row.expires_at,
            expired: row.expires_at <= now,
        }
    }
}

impl Identity {
    /// Open invitations of the company, newest first.
    ///
    /// # Errors
    /// A page that we do not know.
    pub async fn list_invitations(
        &self,
        principal: &Principal,
        limit: Option<u32>,
        cursor: Option<&str>,
    ) -> Result<Page<Invitation>> {
        let page = PageRequest::<InvitationId>::read(limit, cursor)?;
        let now = self.clock.now();
        let mut tx = self.db.tenant(principal.tenant).await?;
        let rows = invitations::list(&mut tx, page.after, i64::from(page.limit) + 1).await?;
        Ok(Page::from_rows(rows, page.limit, |row| row.id).map(|row| Invitation::of(row, now)))
    }

    /// Invites somebody. Whether the address has an account already is told to nobody.
    ///
    /// # Errors
    /// `validation_failed`, `already_member`, `already_invited`, `too_many_invitations`, `forbidden` for a key.
    pub async fn invite(&self, principal: &Principal, invite: &Invite) -> Result<Invitation> {
        let Who::Member { user, ref name, .. } = principal.who else {
            return Err(Error::forbidden());
        };
        let (email, now) = (invite.email.trim(), self.clock.now());
        let mut faults = Faults::new();
        check_email(&mut faults, "email", email);
        faults.finish()?;
        let conflict = |code, text: &'static str| Error::new(Kind::Conflict, code, text);
        let mut tx = self.db.tenant(principal.tenant).await?;
        if invitations::count_open_locked(&mut tx).await? >= MOST_OPEN {
            return Err(conflict(
                "too_many_invitations",
                "there are too many open invitations; withdraw some",
            ));
        }
        if members::has_address(&mut tx, email).await? {
            return Err(conflict(
                "already_member",
                "this person belongs to the company already",
            ));
        }
        let id = InvitationId::new();
        let token = LinkToken::new(self.inner.link_keys.first(), principal.tenant, id.uuid())?;
        let new = NewInvitation {
            id,
            email,
            role: invite.role,
            token_hash: &token.hash(),
            invited_by: user,
            at: now,
            expires_at: now + LIFETIME,
        };
        match invitations::insert(&mut tx, &new).await {
            Err(error) if error.code() == "already_exists" => {
                return Err(conflict(
                    "already_invited",
                    "this address is invited already; send the mail again",
                ));
            }
            inserted => inserted?,
        }
        self.mail_invitation(&mut tx, email, invite.role, name, &token)
            .await?;
        let detail = json!({ "role": invite.role });
        record(&mut tx, principal, "member.invite", id, &detail, now).await?;
        tx.commit().await?;
        Ok(Invitation {
            id,
            email: email.to_owned(),
            role: invite.role,
            invited_by: Some(name.clone()),
            created_at: now,
            sent_at: now,
            expires_at: now + LIFETIME,
            expired: false,
        })
    }

    /// Mails an invitation again, with another link and for another seven days; the link before is worth nothing.
    ///
    /// # Errors
    /// `not_found`, `too_many_attempts`.
    pub async fn resend_invitation(&self, principal: &Principal, id: InvitationId) -> Result<Invitation> {
        let now = self.clock.now();
        let mut tx = self.db.tenant(principal.tenant).await?;
        let row = invitations::find_open_for_update(&mut tx, id)
            .await?
            .ok_or_else(Error::not_found)?;
        if row.sent_at + PAUSE > now {
            return Err(too_many(row.sent_at + PAUSE - now));
        }
        let token = LinkToken::new(self.inner.link_keys.first(), principal.tenant, id.uuid())?;
        invitations::renew(&mut tx, id, &token.hash(), now, now + LIFETIME).await?;
        let inviter = &principal.actor().name;
        self.mail_invitation(&mut tx, &row.email, row.role, inviter, &token)
            .await?;
        let detail = json!({ "role": row.role, "again": true });
        record(&mut tx, principal, "member.invite", id, &detail, now).await?;
        tx.commit().await?;
        let renewed = InvitationRow {
            sent_at: now,
            expires_at: now + LIFETIME,
            ..row
        };
        Ok(Invitation::of(renewed, now))
    }

    /// Takes an invitation back; its link is worth nothing from then on.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn withdraw_invitation(&self, principal: &Principal, id: InvitationId) -> Result<()> {
        let now = self.clock.now();
        let mut tx = self.db.tenant(principal.tenant).await?;
        if !invitations::withdraw(&mut tx, id, now).await? {
            return Err(Error::not_found());
        }
        record(&mut tx, principal, "invitation.withdraw", id, &json!({}), now).await?;
        tx.commit().await
    }

    async fn mail_invitation(
        &self,
        tx: &mut TenantTx,
        email: &str,
        role: Role,
        inviter: &str,
        token: &LinkToken,
    ) -> Result<()> {
        let company = people::get_tenant(tx).await?.name;
        let mail = Mail {
            to: email.to_owned(),
            template: Template::Invitation {
                company,
                inviter: inviter.to_owned(),
                role,
                link: self.page("invite", token),
            },
            good_until: Some(self.clock.now() + LIFETIME),
        };
        self.inner.mails.queue(tx, &mail).await
    }
}

async fn record(
    tx: &mut TenantTx,
    principal: &Principal,
    action: &str,
    id: InvitationId,
    detail: &serde_json::Value,
    now: DateTime<Utc>,
) -> Result<()> {
    let (actor, target) = (principal.actor().id, id.to_string());
    let entry = audit::Entry {
        actor: &actor,
        action,
        target: &target,
        detail,
    };
    audit::record(tx, &entry, now).await
}
