//! Signing in with a password, without telling strangers who has an account.

use std::net::IpAddr;

use phony_db::identity as people;
use phony_kernel::{Error, Kind, Result, TenantId, UserId};
use secrecy::SecretString;

use super::device::Device;
use super::proof::Proof;
use super::session::suspended;
use super::totp::{Second, totp_required, wrong_totp};
use super::{Identity, Session};

/// A sign-in with a password.
#[derive(Debug, Clone)]
pub struct LogIn {
    /// The person's address.
    pub email: String,
    /// Their password.
    pub password: SecretString,
    /// A code of their authenticator, or a recovery code, if they have a second factor.
    pub totp: Option<String>,
    /// Which of their companies; the first active one when not said.
    pub tenant_id: Option<TenantId>,
}

pub(super) fn wrong_credentials() -> Error {
    Error::new(
        Kind::Unauthenticated,
        "wrong_credentials",
        "the e-mail address or the password is not right",
    )
}

impl Identity {
    /// Signs a person in. `from` is what the request came from.
    ///
    /// # Errors
    /// `wrong_credentials`, `totp_required` after a right password, `wrong_totp`, `too_many_attempts`, `sso_required`,
    /// `tenant_suspended`.
    pub async fn log_in(&self, input: LogIn, from: impl Into<Device>) -> Result<Session> {
        let from = from.into();
        let LogIn {
            email,
            password,
            totp,
            tenant_id,
        } = input;
        let user = self.check_password(&email, &password, from.ip()).await?;
        let user = user.ok_or_else(wrong_credentials)?;
        let mut tx = self.db.system("the companies of a person").await?;
        let memberships = people::list_memberships(&mut tx, user).await?;
        drop(tx);
        let candidates: Vec<_> = memberships
            .iter()
            .filter(|membership| tenant_id.is_none_or(|tenant| tenant == membership.tenant))
            .collect();
        let chosen = candidates.iter().find(|membership| membership.active);
        let Some(chosen) = chosen else {
            return Err(if candidates.is_empty() {
                wrong_credentials()
            } else {
                suspended()
            });
        };
        let proof = match self.second_factor(user, totp.as_deref()).await? {
            Second::None => Proof::Password,
            Second::Shown(proof) => proof,
            Second::Missing => return Err(totp_required()),
            Second::Wrong => return Err(wrong_totp()),
        };
        let mut tx = self.db.tenant(chosen.tenant).await?;
        let session = self
            .start_session(&mut tx, user, "session.start", proof, &from)
            .await?;
        tx.commit().await?;
        Ok(session)
    }

    /// Whether the password is that of the address.
    pub(super) async fn proves(
        &self,
        email: &str,
        password: &SecretString,
        address: Option<IpAddr>,
    ) -> Result<bool> {
        Ok(self.check_password(email, password, address).await?.is_some())
    }

    /// The person whom address and password belong to. Known and unknown addresses cost the same.
    pub(super) async fn check_password(
        &self,
        email: &str,
        password: &SecretString,
        address: Option<IpAddr>,
    ) -> Result<Option<UserId>> {
        let email = email.trim();
        let throttle = &self.inner.throttle;
        throttle.begin(email, address, self.clock.now())?;
        let judged = self.judge_password(email, password).await;
        match &judged {
            Ok(Some(_)) => throttle.forget(email, address),
            Ok(None) => {}
            Err(_) => throttle.undo(email, address),
        }
        judged
    }

    async fn judge_password(&self, email: &str, password: &SecretString) -> Result<Option<UserId>> {
        // What no account can have is looked up as the empty address, which nobody has.
        let looked_up = if email.len() > 254 || email.contains('\0') {
            ""
        } else {
            email
        };
        let turn = self.inner.passwords.turn().await?;
        let mut tx = self.db.system("sign-in").await?;
        let found = people::find_login(&mut tx, looked_up).await?;
        drop(tx);
        let (user, hash) = match found {
            Some(row) if !row.disabled => (Some(row.user), row.password_hash),
            Some(_) | None => (None, None),
        };
        let right = turn.verify(password, hash).await?;
        Ok(user.filter(|_| right))
    }
}
