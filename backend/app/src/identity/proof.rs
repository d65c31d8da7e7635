//! How somebody has proved who they are, and which companies let them in by that.

use phony_db::identity::{MemberRow, TenantRow};
use phony_db::{TenantTx, sso};
use phony_kernel::{Error, Kind, Result};

/// How somebody has proved who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proof {
    /// With their password.
    Password,
    /// With their password and a code of their authenticator.
    PasswordAndTotp,
    /// With their password and a recovery code.
    PasswordAndRecovery,
    /// At the provider of identities of the company.
    Sso,
}

impl Proof {
    /// As a session keeps it, after RFC 8176.
    pub(super) fn amr(self) -> &'static [&'static str] {
        match self {
            Self::Password => &["pwd"],
            Self::PasswordAndTotp => &["pwd", "otp"],
            Self::PasswordAndRecovery => &["pwd", "recovery"],
            Self::Sso => &["sso"],
        }
    }

    /// Of a session, for one at another company that follows from it. What the provider of one company says counts for
    /// no other: whoever runs it could be anybody there.
    ///
    /// # Errors
    /// `sign_in_again`.
    pub(super) fn carried_over(amr: &[String]) -> Result<Self> {
        match Self::of_session(amr) {
            Self::Sso => Err(Error::new(
                Kind::Forbidden,
                "sign_in_again",
                "you came in by the provider of this company; sign in to the other one by itself",
            )),
            proof => Ok(proof),
        }
    }

    /// Of a session.
    pub(super) fn of_session(amr: &[String]) -> Self {
        let has = |word: &str| amr.iter().any(|known| known == word);
        if has("sso") {
            Self::Sso
        } else if has("otp") {
            Self::PasswordAndTotp
        } else if has("recovery") {
            Self::PasswordAndRecovery
        } else {
            Self::Password
        }
    }
}

/// Lets somebody into the transaction's company, or not: one that enforces single sign-on takes no password, but
/// that of the admin who has been there longest, so that a provider that is gone locks nobody out for good.
///
/// # Errors
/// `sso_required`.
pub(super) async fn check_entry(
    tx: &mut TenantTx,
    tenant: &TenantRow,
    member: &MemberRow,
    proof: Proof,
) -> Result<()> {
    if proof == Proof::Sso || !sso::is_enforced(tx).await? {
        return Ok(());
    }
    if sso::find_password_admin(tx).await? == Some(member.user) {
        tracing::warn!(tenant.id = %tenant.id, "somebody came in by password although single sign-on is enforced");
        return Ok(());
    }
    Err(sso_required())
}

/// The company takes no passwords.
pub(super) fn sso_required() -> Error {
    Error::new(
        Kind::Forbidden,
        "sso_required",
        "this company signs in with its own provider; choose single sign-on",
    )
}
