//! Signing in with a password, without telling strangers who has an account.

use std::net::IpAddr;

use phony_db::identity::{self as people, MemberRow};
use phony_db::logins;
use phony_kernel::{Error, Kind, Result, TenantId, UserId, redact};
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

/// Whoever looks into an attack sees which account was tried from where, and nobody's address of mail.
fn note_refusal(email: &str, address: Option<IpAddr>, reason: &'static str) {
    let address = address.map(tracing::field::display);
    tracing::warn!(
        account = redact::email(email),
        address,
        reason,
        "a password was refused"
    );
}

/// Whose password was shown.
struct Shown {
    user: UserId,
    /// Whether they have shown that the address is theirs.
    confirmed: bool,
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

    /// Whether the password is that of somebody who is signed in.
    pub(super) async fn proves(
        &self,
        member: &MemberRow,
        password: &SecretString,
        address: Option<IpAddr>,
    ) -> Result<bool> {
        let judging = Box::pin(self.judge_person(member, password));
        Ok(self.throttled(&member.email, address, judging).await?.is_some())
    }

    /// The person whom address and password belong to. Known and unknown addresses cost the same.
    pub(super) async fn check_password(
        &self,
        email: &str,
        password: &SecretString,
        address: Option<IpAddr>,
    ) -> Result<Option<UserId>> {
        let email = email.trim();
        let judging = Box::pin(self.judge_address(email, password));
        self.throttled(email, address, judging).await
    }

    async fn throttled(
        &self,
        email: &str,
        address: Option<IpAddr>,
        judging: impl Future<Output = Result<Option<Shown>>>,
    ) -> Result<Option<UserId>> {
        let throttle = &self.inner.throttle;
        throttle
            .begin(email, address, self.clock.now())
            .inspect_err(|_| note_refusal(email, address, "too many attempts"))?;
        let judged = judging.await;
        match &judged {
            Ok(Some(shown)) if shown.confirmed => throttle.forget(email, address),
            // Whoever has not confirmed the address wipes out no guesses at its owner's password.
            Ok(Some(_)) | Err(_) => throttle.undo(email, address),
            Ok(None) => note_refusal(email, address, "wrong password"),
        }
        Ok(judged?.map(|shown| shown.user))
    }

    async fn judge_address(&self, email: &str, password: &SecretString) -> Result<Option<Shown>> {
        // What no account can have is looked up as the empty address, which nobody has.
        let looked_up = if email.len() > 254 || email.contains('\0') {
            ""
        } else {
            email
        };
        let turn = self.inner.passwords.turn().await?;
        let mut tx = self.db.system("sign-in").await?;
        let mut logins = logins::find_logins(&mut tx, looked_up).await?;
        drop(tx);
        logins.retain(|login| !login.disabled);
        // Whoever has not confirmed the address comes second, whether it has an owner: the time would tell.
        let accounts =
            [true, false].map(|confirmed| logins.iter().find(|login| login.confirmed == confirmed));
        let hashes = accounts.map(|login| login.and_then(|login| login.password_hash.clone()));
        let right = turn.verify(password, hashes).await?;
        Ok(right.and_then(|place| accounts[place]).map(|login| Shown {
            user: login.user,
            confirmed: login.confirmed,
        }))
    }

    async fn judge_person(&self, member: &MemberRow, password: &SecretString) -> Result<Option<Shown>> {
        let turn = self.inner.passwords.turn().await?;
        let mut tx = self.db.system("a password once more").await?;
        let hash = logins::find_password(&mut tx, member.user).await?;
        drop(tx);
        Ok(turn.verify(password, [hash]).await?.map(|_| Shown {
            user: member.user,
            confirmed: member.email_verified,
        }))
    }
}
