//! Another password for somebody who is signed in and knows the one there is.

use phony_db::{TenantTx, audit, identity as people, logins};
use phony_kernel::error::Faults;
use phony_kernel::{Error, Result};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use super::device::Device;
use super::{Identity, password};
use crate::mail::{Mail, Template};
use crate::{Principal, Who};

/// The password that somebody has, and the one that they want.
#[derive(Debug, Clone)]
pub struct ChangePassword {
    /// The one there is.
    pub current: SecretString,
    /// The one that takes its place.
    pub new: SecretString,
    /// A code of their authenticator, or a recovery code, if they have a second factor.
    pub totp: Option<String>,
}

impl Identity {
    /// Puts another password in the place of the one there is. All other sessions of the person end, in all their
    /// companies, and so do links to choose a password. They are told by mail.
    ///
    /// # Errors
    /// `validation_failed` for `current_password`, `password` or `totp`; `totp_required`, `sso_required`,
    /// `too_many_attempts`, `forbidden` for a key.
    pub async fn change_password(
        &self,
        principal: &Principal,
        change: ChangePassword,
        from: impl Into<Device>,
    ) -> Result<()> {
        let Who::Member { user, session, .. } = principal.who else {
            return Err(Error::forbidden());
        };
        let ChangePassword { current, new, totp } = change;
        let mut faults = Faults::new();
        password::check(&mut faults, "password", &new);
        faults.require(
            current.expose_secret() != new.expose_secret(),
            "password",
            "unchanged",
            "is the one that you have",
        );
        faults.finish()?;
        let mut system = self.db.system("the password of a person").await?;
        let before = logins::find_password(&mut system, user).await?;
        drop(system);
        self.step_up(principal, current, totp, from)
            .await
            .map_err(of_current)?;
        let hash = self.inner.passwords.hash(&new).await?;
        let now = self.clock.now();
        let mut tx = self.db.tenant(principal.tenant).await?;
        let before = before.unwrap_or_default();
        // Somebody else was quicker, who knew it too.
        if !logins::change_password(&mut tx, user, &before, &hash, session, now).await? {
            return Err(wrong());
        }
        let member = people::find_member(&mut tx, user)
            .await?
            .ok_or_else(Error::unauthenticated)?;
        let mail = Mail {
            to: member.email,
            template: Template::PasswordChanged { name: member.name },
            good_until: None,
        };
        self.inner.mails.queue(&mut tx, &mail).await?;
        self.note_change(&mut tx, principal).await?;
        tx.commit().await?;
        self.inner.standings.forget_all();
        // Each company keeps its own books.
        for membership in self.memberships(user).await? {
            if membership.tenant != principal.tenant {
                let mut tx = self.db.tenant(membership.tenant).await?;
                self.note_change(&mut tx, principal).await?;
                tx.commit().await?;
            }
        }
        Ok(())
    }

    async fn note_change(&self, tx: &mut TenantTx, principal: &Principal) -> Result<()> {
        let actor = principal.actor().id;
        let entry = audit::Entry {
            actor: &actor,
            action: "password.change",
            target: &actor,
            detail: &json!({}),
        };
        audit::record(tx, &entry, self.clock.now()).await
    }
}

fn wrong() -> Error {
    Error::invalid_field("current_password", "wrong", "is not right")
}

/// A step-up calls the password there is by its usual name.
fn of_current(error: Error) -> Error {
    match error.fields() {
        [field] if field.param == "password" => wrong(),
        _ => error,
    }
}
