//! Who somebody is by their number, and what a number's policy makes of them.

use phony_db::contacts;
use phony_kernel::callers::ContactPlan;
use phony_kernel::{E164, Error, Result};

use super::{Contact, Contacts};
use crate::Principal;

/// What is known of a number.
#[derive(Debug, Clone)]
pub struct Verification {
    /// The number in its one form.
    pub e164: E164,
    /// Whose it is; none is nobody's whom the tenant knows.
    pub contact: Option<Contact>,
}

impl Verification {
    /// Whether it is a contact's with the premium plan.
    #[must_use]
    pub fn is_premium(&self) -> bool {
        self.contact
            .as_ref()
            .is_some_and(|contact| contact.plan == ContactPlan::Premium)
    }
}

impl Contacts {
    /// Says whose number it is. A number without a country code is read as one of `country`.
    ///
    /// # Errors
    /// `validation_failed` when it is no number.
    pub async fn verify(
        &self,
        who: &Principal,
        phone_number: &str,
        country: Option<&str>,
    ) -> Result<Verification> {
        check_country(country)?;
        let e164 = E164::parse(phone_number, country)
            .map_err(|cause| Error::invalid_field("phone_number", cause.code(), cause.to_string()))?;
        let mut tx = self.db.tenant(who.tenant).await?;
        let contact = contacts::find_by_number(&mut tx, e164.as_str()).await?;
        Ok(Verification { e164, contact })
    }
}

/// Two letters, so that a slip is told instead of passed over.
pub(super) fn check_country(country: Option<&str>) -> Result<()> {
    let good = |code: &str| code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_alphabetic());
    if country.is_none_or(good) {
        return Ok(());
    }
    Err(Error::invalid_field(
        "country",
        "not_a_country",
        "must be a two-letter country code, like US or IN",
    ))
}
