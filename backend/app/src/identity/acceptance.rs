//! Accepting an invitation: as somebody new, or as somebody who has an account already.

use chrono::{DateTime, Utc};
use phony_db::invitations::{self, InvitationRow};
use phony_db::{TenantTx, audit, identity as people, members, sessions};
use phony_kernel::error::Faults;
use phony_kernel::{Error, InvitationId, Kind, Result, Role, UserId};
use secrecy::SecretString;
use serde::Serialize;
use serde_json::json;

use super::device::Device;
use super::entry::wrong_credentials;
use super::link_token::{LinkToken, link_not_good};
use super::proof::Proof;
use super::secrets::same;
use super::session::suspended;
use super::sign_up::check_name;
use super::totp::{Second, totp_required, wrong_totp};
use super::{Identity, Session, password};
use crate::principal::email_not_verified;
use crate::{Principal, Who};

/// What somebody accepts an invitation with.
#[derive(Debug, Clone)]
pub struct AcceptInvitation {
    /// Token of the link.
    pub token: String,
    /// Their name; of somebody new only.
    pub name: Option<String>,
    /// The password that somebody new chooses, or that of the account of the address. Who is signed in needs none.
    pub password: Option<SecretString>,
    /// A code of their authenticator, or a recovery code, if they have a second factor.
    pub totp: Option<String>,
}

impl AcceptInvitation {
    /// What nobody can be called and no account can have, whoever accepts.
    fn check_lengths(&self) -> Result<()> {
        let mut faults = Faults::new();
        if let Some(name) = &self.name {
            check_name(&mut faults, "name", name);
        }
        if let Some(password) = &self.password {
            password::check_length(&mut faults, "password", password);
        }
        faults.finish()
    }
}

/// What an invitation is, for whoever holds its link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct InvitationPreview {
    /// Name of the company.
    pub company: String,
    /// Whom it is for.
    pub email: String,
    /// What they will be.
    pub role: Role,
    /// Name of who invites; absent when they have left.
    #[schema(required)]
    pub invited_by: Option<String>,
    /// When the link ends.
    pub expires_at: DateTime<Utc>,
    /// Whether the address has an account: its password is asked for then, not a new one.
    pub has_account: bool,
}

/// Who accepts, once it is certain that they may.
enum Accepting {
    Known {
        user: UserId,
        proof: Proof,
        auth_at: DateTime<Utc>,
    },
    New {
        name: String,
        hash: String,
    },
}

impl Identity {
    /// What is behind the link of an invitation.
    ///
    /// # Errors
    /// `validation_failed` with `link_not_good`.
    pub async fn look_at_invitation(&self, token: &str) -> Result<InvitationPreview> {
        let token = LinkToken::read(self.inner.link_keys.iter(), token).ok_or_else(link_not_good)?;
        let mut tx = self.db.tenant(token.tenant).await?;
        let row = self.invitation_of(&mut tx, &token).await?;
        let company = people::get_tenant(&mut tx).await?.name;
        drop(tx);
        let mut system = self.db.system("whether a person has an account").await?;
        let known = members::find_owner(&mut system, &row.email).await?;
        Ok(InvitationPreview {
            company,
            email: row.email,
            role: row.role,
            invited_by: row.inviter,
            expires_at: row.expires_at,
            has_account: known.is_some(),
        })
    }

    /// Makes whoever holds the link, and is who it was mailed to, a member, and signs them in there.
    ///
    /// # Errors
    /// `validation_failed` with `link_not_good`, or for the name and password of somebody new; `wrong_credentials`,
    /// `totp_required`, `wrong_totp`, `too_many_attempts`; `invitation_of_another`, `email_not_verified`,
    /// `already_member`, `sso_required`, `tenant_suspended`.
    pub async fn accept_invitation(
        &self,
        input: AcceptInvitation,
        who: Option<&Principal>,
        from: impl Into<Device>,
    ) -> Result<Session> {
        let (from, now) = (from.into(), self.clock.now());
        input.check_lengths()?;
        let token = LinkToken::read(self.inner.link_keys.iter(), &input.token).ok_or_else(link_not_good)?;
        let mut tx = self.db.tenant(token.tenant).await?;
        let row = self.invitation_of(&mut tx, &token).await?;
        if !people::get_tenant(&mut tx).await?.active {
            return Err(suspended());
        }
        // Argon2 takes its time; neither a connection nor the row waits for it.
        tx.rollback().await?;
        let accepting = match who {
            Some(principal) => self.signed_in_as(principal, &row.email).await?,
            None => self.judge_acceptance(&row.email, input, &from).await?,
        };
        let mut tx = self.db.tenant(token.tenant).await?;
        let row = self.invitation_of(&mut tx, &token).await?;
        let (user, proof, auth_at) = match accepting {
            Accepting::Known { user, proof, auth_at } => (user, proof, auth_at),
            Accepting::New { name, hash } => {
                let user = UserId::new();
                // Somebody made the account meanwhile: looked at again, the link asks for its password.
                members::create_verified_user(&mut tx, user, &row.email, &name, &hash, now).await?;
                (user, Proof::Password, now)
            }
        };
        match people::insert_membership(&mut tx, user, row.role).await {
            Err(error) if error.code() == "already_exists" => {
                return Err(Error::new(
                    Kind::Conflict,
                    "already_member",
                    "you belong to this company already; sign in",
                ));
            }
            inserted => inserted?,
        }
        invitations::accept(&mut tx, row.id, user, now).await?;
        let (actor, target) = (user.to_string(), row.id.to_string());
        let entry = audit::Entry {
            actor: &actor,
            action: "member.join",
            target: &target,
            detail: &json!({ "role": row.role, "invited_by": row.invited_by }),
        };
        audit::record(&mut tx, &entry, now).await?;
        let session = self
            .start_session_of(&mut tx, user, "session.start", proof, auth_at, &from)
            .await?;
        tx.commit().await?;
        Ok(session)
    }

    /// The open invitation of a token, held until the transaction ends.
    async fn invitation_of(&self, tx: &mut TenantTx, token: &LinkToken) -> Result<InvitationRow> {
        let row = invitations::find_open_for_update(tx, InvitationId::from_uuid(token.record)).await?;
        row.filter(|row| same(&row.token_hash, &token.hash()) && row.expires_at > self.clock.now())
            .ok_or_else(link_not_good)
    }

    /// Somebody who is signed in accepts as who they are.
    async fn signed_in_as(&self, principal: &Principal, email: &str) -> Result<Accepting> {
        let Who::Member {
            user,
            session,
            auth_at,
            ..
        } = principal.who
        else {
            return Err(Error::forbidden());
        };
        let mut tx = self.db.tenant(principal.tenant).await?;
        let member = people::find_member(&mut tx, user)
            .await?
            .ok_or_else(Error::unauthenticated)?;
        if !same_address(&member.email, email) {
            return Err(Error::new(
                Kind::Forbidden,
                "invitation_of_another",
                "this invitation is for another address; sign out first",
            ));
        }
        if !member.email_verified {
            return Err(email_not_verified());
        }
        let amr = sessions::list_amr(&mut tx, session).await?;
        Ok(Accepting::Known {
            user,
            proof: Proof::carried_over(&amr)?,
            auth_at,
        })
    }

    /// Somebody who is not signed in: by the password of the account, or with one for a new account.
    async fn judge_acceptance(
        &self,
        email: &str,
        input: AcceptInvitation,
        from: &Device,
    ) -> Result<Accepting> {
        let AcceptInvitation {
            name, password, totp, ..
        } = input;
        let mut system = self.db.system("whether a person has an account").await?;
        let owner = members::find_owner(&mut system, email).await?;
        drop(system);
        let mut faults = Faults::new();
        let password = password.unwrap_or_default();
        let Some(owner) = owner else {
            let name = name.unwrap_or_default();
            check_name(&mut faults, "name", &name);
            password::check(&mut faults, "password", &password);
            faults.finish()?;
            let hash = self.inner.passwords.hash(&password).await?;
            return Ok(Accepting::New {
                name: name.trim().to_owned(),
                hash,
            });
        };
        let user = self.check_password(email, &password, from.ip()).await?;
        // Whoever else signed up with the address has not shown that it is theirs.
        let user = user.filter(|user| *user == owner).ok_or_else(wrong_credentials)?;
        let proof = match self.second_factor(user, totp.as_deref()).await? {
            Second::None => Proof::Password,
            Second::Shown(proof) => proof,
            Second::Missing => return Err(totp_required()),
            Second::Wrong => return Err(wrong_totp()),
        };
        Ok(Accepting::Known {
            user,
            proof,
            auth_at: self.clock.now(),
        })
    }
}

fn same_address(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}
