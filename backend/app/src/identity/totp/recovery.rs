//! Recovery codes: how many are left, and ten new ones in their place.

use phony_db::totp;
use phony_kernel::{Error, Kind, Result, UserId};
use secrecy::{ExposeSecret as _, SecretString};

use super::{RecoveryCodes, codes};
use crate::Principal;
use crate::identity::Identity;

/// The codes as they are shown, this once.
pub(super) fn shown(codes: &[SecretString]) -> RecoveryCodes {
    RecoveryCodes {
        recovery_codes: codes.iter().map(|code| code.expose_secret().to_owned()).collect(),
    }
}

impl Identity {
    /// Makes ten recovery codes. Those there were, used or not, are worthless from now on.
    ///
    /// # Errors
    /// `totp_not_enabled`, `step_up_required`, `password_needed`, `forbidden` for a key.
    pub async fn renew_recovery_codes(&self, who: &Principal) -> Result<RecoveryCodes> {
        let user = self.person(who)?;
        who.require_fresh_sign_in(self.clock.now())?;
        self.require_own(who, user).await?;
        let (recovery, hashes) = codes::new_recovery_codes()?;
        let mut tx = self.db.system("second factor").await?;
        if !totp::set_recovery(&mut tx, user, &hashes).await? {
            return Err(Error::new(
                Kind::Conflict,
                "totp_not_enabled",
                "there is no second factor that recovery codes could stand in for",
            ));
        }
        tx.commit().await?;
        self.note(who, "totp.recovery_codes").await?;
        Ok(shown(&recovery))
    }

    /// How many recovery codes a person has not used; none without a second factor.
    pub(in crate::identity) async fn recovery_codes_left(&self, user: UserId, enabled: bool) -> Result<u32> {
        if !enabled {
            return Ok(0);
        }
        let mut tx = self.db.system("second factor").await?;
        let row = totp::find(&mut tx, user).await?;
        Ok(u32::try_from(row.recovery_left).unwrap_or(0))
    }
}
