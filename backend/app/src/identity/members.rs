//! Who asks, and people whom the operator lets in. Members among themselves are next door.

use phony_db::{audit, identity as people, members};
use phony_kernel::error::Faults;
use phony_kernel::{Error, Permission, Result, Role, TenantId, UserId};
use secrecy::SecretString;
use serde_json::json;

use super::session::permissions;
use super::sign_up::{check_email, check_name};
use super::{Identity, Me, RoleInfo, TotpStanding, password};
use crate::operator::OperatorAct;
use crate::{Principal, Who};

/// A person to be let in.
#[derive(Debug, Clone)]
pub struct NewMember {
    /// Their address.
    pub email: String,
    /// Their name.
    pub name: String,
    /// What they will be.
    pub role: Role,
    /// Their password; a person who has an account keeps the one they have.
    pub password: SecretString,
}

impl Identity {
    /// Who asks, for the program to show itself by.
    ///
    /// # Errors
    /// `unauthenticated` when the person was removed this moment.
    pub async fn me(&self, principal: &Principal) -> Result<Me> {
        let mut tx = self.db.tenant(principal.tenant).await?;
        let tenant = people::get_tenant(&mut tx).await?;
        let limits = tenant.plan.limits();
        match &principal.who {
            Who::Member { user, .. } => {
                let member = people::find_member(&mut tx, *user)
                    .await?
                    .ok_or_else(Error::unauthenticated)?;
                drop(tx);
                let memberships = self.memberships(*user).await?;
                Ok(Me {
                    totp: Some(TotpStanding {
                        enabled: member.totp_enabled,
                        required: tenant.totp_required.applies_to(member.role),
                        recovery_codes_left: self.recovery_codes_left(*user, member.totp_enabled).await?,
                    }),
                    email_verified: Some(member.email_verified),
                    tenant_verified: principal.tenant_verified,
                    memberships: memberships.into_iter().map(Into::into).collect(),
                    role: Some(member.role),
                    permissions: permissions(member.role, tenant.viewers_read_transcripts),
                    user: Some(member.into()),
                    tenant: tenant.into(),
                    scopes: None,
                    limits,
                })
            }
            Who::Key { scopes, .. } => Ok(Me {
                totp: None,
                user: None,
                email_verified: None,
                tenant_verified: principal.tenant_verified,
                memberships: Vec::new(),
                role: None,
                permissions: Permission::ALL
                    .iter()
                    .copied()
                    .filter(|p| principal.holds(*p))
                    .collect(),
                scopes: Some(scopes.clone()),
                tenant: tenant.into(),
                limits,
            }),
        }
    }

    /// What each role may do in the company of whoever asks.
    #[must_use]
    pub fn roles(&self, who: &Principal) -> Vec<RoleInfo> {
        let all = Role::ALL.into_iter();
        all.map(|role| RoleInfo {
            role,
            permissions: permissions(role, who.viewers_read_transcripts),
        })
        .collect()
    }

    /// Lets a person into a company, making the account if the address has none. For the operator.
    ///
    /// # Errors
    /// `validation_failed`, `already_exists` when they belong already.
    pub async fn add_member(&self, tenant: TenantId, new: &NewMember) -> Result<UserId> {
        self.add_member_by(tenant, new, None).await
    }

    /// The same, with who lets them in and why.
    ///
    /// # Errors
    /// Those of [`Self::add_member`].
    pub async fn add_member_by(
        &self,
        tenant: TenantId,
        new: &NewMember,
        act: Option<&OperatorAct>,
    ) -> Result<UserId> {
        let (email, now) = (new.email.trim(), self.clock.now());
        let mut faults = Faults::new();
        check_email(&mut faults, "email", email);
        check_name(&mut faults, "name", &new.name);
        password::check(&mut faults, "password", &new.password);
        faults.finish()?;
        let mut system = self.db.system("whether a person has an account").await?;
        let known = members::find_owner(&mut system, email).await?;
        drop(system);
        let hash = self.inner.passwords.hash(&new.password).await?;
        let mut tx = self.db.tenant(tenant).await?;
        let user = match known {
            Some(user) => user,
            None => {
                let user = UserId::new();
                members::create_verified_user(&mut tx, user, email, new.name.trim(), &hash, now).await?;
                user
            }
        };
        people::insert_membership(&mut tx, user, new.role).await?;
        let mut detail = json!({ "role": new.role });
        if let (Some(act), Some(fields)) = (act, detail.as_object_mut()) {
            fields.insert("reason".to_owned(), act.reason().into());
        }
        let target = user.to_string();
        let actor = act.map_or_else(|| "operator".to_owned(), OperatorAct::actor);
        let entry = audit::Entry {
            actor: &actor,
            action: "member.add",
            target: &target,
            detail: &detail,
        };
        audit::record(&mut tx, &entry, now).await?;
        tx.commit().await?;
        Ok(user)
    }
}
