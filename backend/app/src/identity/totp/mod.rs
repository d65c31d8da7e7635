//! The second factor: setting it up, asking for it, giving it up.

mod codes;
mod recovery;

use std::fmt;

use phony_db::{audit, identity as people, totp};
use phony_kernel::error::Faults;
use phony_kernel::{Error, Kind, Result, TotpRequirement, UserId};
use serde::Serialize;
use serde_json::json;
use url::form_urlencoded;

use super::Identity;
use super::proof::Proof;
use crate::sealing::Place;
use crate::{Principal, Who};

/// What an authenticator needs to be told, once.
#[derive(Clone, Serialize, utoipa::ToSchema)]
pub struct TotpEnrolment {
    /// For typing it in, base32.
    #[schema(example = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")]
    pub secret: String,
    /// The same for a picture to be scanned.
    #[schema(example = "otpauth://totp/Phony:ana%40example.com?secret=JBSWY3DPEHPK3PXP&issuer=Phony")]
    pub otpauth_uri: String,
}

/// Ten codes, each good once in place of the authenticator. They are shown this once.
#[derive(Clone, Serialize, utoipa::ToSchema)]
pub struct RecoveryCodes {
    /// The codes.
    pub recovery_codes: Vec<String>,
}

/// How a person stands with their second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct TotpStanding {
    /// Whether they have one.
    pub enabled: bool,
    /// Whether the company wants them to.
    pub required: bool,
    /// Recovery codes that are not used; 0 without a second factor.
    pub recovery_codes_left: u32,
}

impl fmt::Debug for TotpEnrolment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TotpEnrolment").finish_non_exhaustive()
    }
}

impl fmt::Debug for RecoveryCodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecoveryCodes").finish_non_exhaustive()
    }
}

/// What has become of somebody's second factor.
pub(super) enum Second {
    /// They have none.
    None,
    /// They have one and did not show it.
    Missing,
    /// They showed a wrong one, or one that was taken before.
    Wrong,
    /// They showed it.
    Shown(Proof),
}

fn secret_place(record: &str) -> Place<'_> {
    Place::of_nobody("user_credentials", "totp_secret_enc", record)
}

fn pending_place(record: &str) -> Place<'_> {
    Place::of_nobody("user_credentials", "totp_pending_enc", record)
}

/// A password was right, and more is needed.
pub(super) fn totp_required() -> Error {
    Error::new(
        Kind::Unauthenticated,
        "totp_required",
        "enter the code of your authenticator",
    )
}

/// The code is not right.
pub(super) fn wrong_totp() -> Error {
    Error::new(
        Kind::Unauthenticated,
        "wrong_totp",
        "the code is not right, or was used before",
    )
}

impl Identity {
    /// Makes a secret for an authenticator. It counts once a code of it was shown to [`Self::totp_confirm`].
    ///
    /// # Errors
    /// `totp_enabled` when there is one already, `step_up_required`, `password_needed`, `forbidden` for a key.
    pub async fn totp_enrol(&self, who: &Principal) -> Result<TotpEnrolment> {
        let user = self.person(who)?;
        who.require_fresh_sign_in(self.clock.now())?;
        self.require_own(who, user).await?;
        let mut tx = self.db.tenant(who.tenant).await?;
        let member = people::find_member(&mut tx, user).await?;
        let email = member.ok_or_else(Error::unauthenticated)?.email;
        drop(tx);
        let mut tx = self.db.system("second factor").await?;
        if totp::find(&mut tx, user).await?.secret.is_some() {
            return Err(enabled_already());
        }
        let secret = codes::new_secret()?;
        let record = user.uuid().to_string();
        let sealed = self
            .inner
            .sealer
            .seal(&pending_place(&record), secret.as_slice())?;
        totp::begin(&mut tx, user, sealed.as_bytes()).await?;
        tx.commit().await?;
        let text = codes::base32(secret.as_slice());
        let label: String = form_urlencoded::byte_serialize(email.as_bytes()).collect();
        Ok(TotpEnrolment {
            otpauth_uri: format!(
                "otpauth://totp/Phony:{label}?secret={text}&issuer=Phony&algorithm=SHA1&digits=6&period=30"
            ),
            secret: text,
        })
    }

    /// Turns the second factor on, as the code shows that the authenticator has it.
    ///
    /// # Errors
    /// A fault of `code`; `totp_enabled`, `totp_not_begun`, `too_many_attempts`, `password_needed`, `forbidden` for a key.
    pub async fn totp_confirm(&self, who: &Principal, code: &str) -> Result<RecoveryCodes> {
        let user = self.person(who)?;
        check_typed(code)?;
        self.require_own(who, user).await?;
        let mut tx = self.db.system("second factor").await?;
        let row = totp::find(&mut tx, user).await?;
        if row.secret.is_some() {
            return Err(enabled_already());
        }
        let pending = row.pending.ok_or_else(|| {
            Error::new(
                Kind::Conflict,
                "totp_not_begun",
                "begin anew: the setup was not begun, or too long ago",
            )
        })?;
        self.count_try(user).await?;
        let record = user.uuid().to_string();
        let secret = self.inner.sealer.open(&pending_place(&record), &pending)?;
        let Some(step) = codes::matching_step(&secret, code, self.clock.now().timestamp()) else {
            return Err(Error::invalid_field("code", "wrong", "is not right"));
        };
        let (recovery, hashes) = codes::new_recovery_codes()?;
        let sealed = self.inner.sealer.seal(&secret_place(&record), &secret)?;
        if !totp::confirm(&mut tx, user, &pending, sealed.as_bytes(), step, &hashes).await? {
            return Err(enabled_already());
        }
        tx.commit().await?;
        self.note(who, "totp.enrol").await?;
        self.forget_person_standing(who).await;
        Ok(recovery::shown(&recovery))
    }

    /// Turns the second factor off, for whoever can show it.
    ///
    /// # Errors
    /// A fault of `code`; `totp_not_enabled`, `totp_needed_here`, `step_up_required`, `too_many_attempts`,
    /// `password_needed`, `forbidden` for a key.
    pub async fn totp_disable(&self, who: &Principal, code: &str) -> Result<()> {
        let user = self.person(who)?;
        who.require_fresh_sign_in(self.clock.now())?;
        check_typed(code)?;
        self.require_own(who, user).await?;
        if self.totp_standing(who).await?.required {
            return Err(Error::new(
                Kind::Conflict,
                "totp_needed_here",
                "this company wants you to have a second factor",
            ));
        }
        match self.second_factor(user, Some(code)).await? {
            Second::Shown(_) => {}
            Second::None => {
                return Err(Error::new(
                    Kind::Conflict,
                    "totp_not_enabled",
                    "there is no second factor to turn off",
                ));
            }
            Second::Missing | Second::Wrong => {
                return Err(Error::invalid_field("code", "wrong", "is not right"));
            }
        }
        let mut tx = self.db.system("second factor").await?;
        totp::disable(&mut tx, user).await?;
        tx.commit().await?;
        self.note(who, "totp.disable").await?;
        self.forget_person_standing(who).await;
        Ok(())
    }

    /// How the one who asks stands with their second factor.
    ///
    /// # Errors
    /// `unauthenticated`, or those of the database.
    pub async fn totp_standing(&self, who: &Principal) -> Result<TotpStanding> {
        let user = self.person(who)?;
        let mut tx = self.db.tenant(who.tenant).await?;
        let member = people::find_member(&mut tx, user).await?;
        let member = member.ok_or_else(Error::unauthenticated)?;
        let tenant = people::get_tenant(&mut tx).await?;
        Ok(TotpStanding {
            enabled: member.totp_enabled,
            required: tenant.totp_required.applies_to(member.role),
            recovery_codes_left: self.recovery_codes_left(user, member.totp_enabled).await?,
        })
    }

    /// Says who must have a second factor. Those who have none can only make one from now on, on every instance within
    /// five seconds.
    ///
    /// # Errors
    /// `totp_needed_first` when the one who asks would be shut out by it.
    pub async fn require_totp(&self, who: &Principal, whom: TotpRequirement) -> Result<()> {
        let standing = self.totp_standing(who).await?;
        let mut tx = self.db.tenant(who.tenant).await?;
        let before = people::get_tenant(&mut tx).await?.totp_required;
        if before == whom {
            return Ok(());
        }
        if whom != TotpRequirement::Off && !standing.enabled {
            return Err(Error::new(
                Kind::Conflict,
                "totp_needed_first",
                "set up a second factor of your own first",
            ));
        }
        people::set_totp_required(&mut tx, whom).await?;
        let actor = who.actor().id;
        let entry = audit::Entry {
            actor: &actor,
            action: "totp.require",
            target: "tenant",
            detail: &json!({ "from": before, "to": whom }),
        };
        audit::record(&mut tx, &entry, self.clock.now()).await?;
        tx.commit().await
    }

    /// Looks at the second factor of somebody who has shown the first. Wrong ones are counted, also over instances.
    pub(super) async fn second_factor(&self, user: UserId, typed: Option<&str>) -> Result<Second> {
        let mut tx = self.db.system("second factor").await?;
        let Some(sealed) = totp::find(&mut tx, user).await?.secret else {
            return Ok(Second::None);
        };
        drop(tx);
        let Some(typed) = typed.map(str::trim).filter(|typed| !typed.is_empty()) else {
            return Ok(Second::Missing);
        };
        self.count_try(user).await?;
        let mut tx = self.db.system("second factor").await?;
        let (taken, proof) = if codes::is_code(typed) {
            let record = user.uuid().to_string();
            let secret = self.inner.sealer.open(&secret_place(&record), &sealed)?;
            let taken = match codes::matching_step(&secret, typed, self.clock.now().timestamp()) {
                Some(step) => totp::accept(&mut tx, user, step).await?,
                None => false,
            };
            (taken, Proof::PasswordAndTotp)
        } else {
            let taken = totp::recover(&mut tx, user, &codes::recovery_hash(typed)).await?;
            (taken, Proof::PasswordAndRecovery)
        };
        tx.commit().await?;
        Ok(if taken {
            Second::Shown(proof)
        } else {
            Second::Wrong
        })
    }

    /// Counts before it is judged, and for good, so that many at once are not one.
    async fn count_try(&self, user: UserId) -> Result<()> {
        let mut tx = self.db.system("second factor").await?;
        let wait = totp::count_try(&mut tx, user).await?;
        tx.commit().await?;
        if wait == 0 {
            return Ok(());
        }
        Err(Error::new(
            Kind::RateLimited,
            "too_many_attempts",
            "too many attempts, wait a little",
        )
        .retry_after(wait))
    }

    /// The person who asks.
    pub(super) fn person(&self, who: &Principal) -> Result<UserId> {
        match who.who {
            Who::Member { user, .. } => Ok(user),
            Who::Key { .. } => Err(Error::forbidden()),
        }
    }

    async fn note(&self, who: &Principal, action: &str) -> Result<()> {
        let mut tx = self.db.tenant(who.tenant).await?;
        let actor = who.actor().id;
        let entry = audit::Entry {
            actor: &actor,
            action,
            target: &actor,
            detail: &json!({}),
        };
        audit::record(&mut tx, &entry, self.clock.now()).await?;
        tx.commit().await
    }

    /// What is remembered of the session may say that there is no second factor.
    async fn forget_person_standing(&self, who: &Principal) {
        if let Who::Member { session, .. } = who.who {
            self.inner.standings.forget_session(who.tenant, session).await;
        }
    }
}

/// Whether it can be a code at all.
fn check_typed(code: &str) -> Result<()> {
    let mut faults = Faults::new();
    faults.length("code", code, 6, 40);
    faults.finish()
}

fn enabled_already() -> Error {
    Error::new(
        Kind::Conflict,
        "totp_enabled",
        "there is a second factor already; turn it off first",
    )
}
