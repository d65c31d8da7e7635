//! A new company with its first person.

use phony_db::{TenantTx, identity as people, members};
use phony_kernel::error::Faults;
use phony_kernel::{Error, Kind, Result, Role, TenantId, UserId};
use secrecy::SecretString;

use super::device::Device;
use super::proof::Proof;
use super::{Identity, SIGN_UP_PLAN, SIGN_UP_PRICE_BOOK, Session, secrets};

/// A sign-up.
#[derive(Debug, Clone)]
pub struct SignUp {
    /// Name of the company.
    pub company: String,
    /// Name of the person, who becomes its admin.
    pub name: String,
    /// Their address.
    pub email: String,
    /// Their password.
    pub password: SecretString,
    /// IANA name of the company's time zone; UTC when not said.
    pub time_zone: Option<String>,
}

/// Longest name of a company or person.
const NAME_CHARS: usize = 100;

/// Notes a fault unless the address could be one; only a mail sent there can show that it is.
pub(super) fn check_email(faults: &mut Faults, param: &str, email: &str) {
    let good = email.len() <= 254
        && email.split_once('@').is_some_and(|(local, domain)| {
            (1..=64).contains(&local.len())
                && domain.contains('.')
                && !domain.starts_with('.')
                && !domain.ends_with('.')
                && !domain.contains("..")
                && domain
                    .chars()
                    .all(|c| c.is_alphanumeric() || c == '.' || c == '-')
        })
        && !email
            .chars()
            .any(|c| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | ','));
    if email.is_empty() {
        faults.add(param, "required", "must not be empty");
    } else {
        faults.require(good, param, "not_an_address", "is not an e-mail address");
    }
}

/// Notes a fault unless the text can be a name.
pub(super) fn check_name(faults: &mut Faults, param: &str, name: &str) {
    faults.length(param, name, 1, NAME_CHARS);
    faults.require(
        !name.chars().any(char::is_control),
        param,
        "control_character",
        "has control characters",
    );
}

fn check_time_zone(faults: &mut Faults, name: &str) {
    let good = (1..=64).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'_' | b'-' | b'+'));
    faults.require(
        good,
        "time_zone",
        "unknown_time_zone",
        "is not the name of a time zone",
    );
}

/// `Acme & Söhne GmbH` → `acme-s-hne-gmbh`, fit for an address.
fn slug(company: &str) -> String {
    let mut slug = String::new();
    for c in company.to_lowercase().chars() {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(30);
    let slug = slug.trim_matches('-');
    if slug.len() < 2 {
        "company".to_owned()
    } else {
        slug.to_owned()
    }
}

impl SignUp {
    fn time_zone(&self) -> &str {
        self.time_zone.as_deref().unwrap_or("UTC")
    }

    fn check(&self) -> Result<()> {
        let mut faults = Faults::new();
        check_name(&mut faults, "company", &self.company);
        check_name(&mut faults, "name", &self.name);
        check_email(&mut faults, "email", self.email.trim());
        super::password::check(&mut faults, "password", &self.password);
        check_time_zone(&mut faults, self.time_zone());
        faults.finish()
    }
}

impl Identity {
    /// Makes a company, its first admin and everything it starts with, signs them in, and mails them a link by which
    /// they show that the address is theirs. `from` is what the request came from.
    ///
    /// Whether the address is known is told by neither the answer nor its time: the company is made with an account of
    /// its own, and the mail asks the address's owner whether it is theirs.
    ///
    /// # Errors
    /// `validation_failed`, `too_many_attempts` when the address is used again and again.
    pub async fn sign_up(&self, input: SignUp, from: impl Into<Device>) -> Result<Session> {
        let (from, now) = (from.into(), self.clock.now());
        let (email, address) = (input.email.trim(), from.ip());
        input.check()?;
        // Each sends a mail.
        self.inner.asks.begin(email, address, now)?;
        let made = self.make_company(&input, false, &from).await;
        match &made {
            Ok(_) => self.inner.asks.undo_address(address),
            Err(_) => self.inner.asks.undo(email, address),
        }
        made
    }

    /// Makes a company as [`Identity::sign_up`] does. For the operator, who vouches for the address.
    ///
    /// # Errors
    /// `validation_failed`, `sign_up_failed` when the address is somebody's.
    pub async fn create_company(&self, input: &SignUp) -> Result<Session> {
        input.check()?;
        self.make_company(input, true, &Device::default()).await
    }

    async fn make_company(&self, input: &SignUp, verified: bool, from: &Device) -> Result<Session> {
        let (email, now) = (input.email.trim(), self.clock.now());
        let time_zone = input.time_zone();
        let mut tx = self.db.system("whether a time zone exists").await?;
        if !people::is_time_zone(&mut tx, time_zone).await? {
            return Err(Error::invalid_field(
                "time_zone",
                "unknown_time_zone",
                "is not the name of a time zone",
            ));
        }
        drop(tx);
        // Argon2 takes its time; no connection waits for it.
        let hash = self.inner.passwords.hash(&input.password).await?;

        let user = UserId::new();
        let mut tx = self.db.tenant(TenantId::new()).await?;
        insert_tenant(&mut tx, input.company.trim(), time_zone).await?;
        let name = input.name.trim();
        if verified {
            let made = members::create_verified_user(&mut tx, user, email, name, &hash, now).await;
            made.map_err(address_taken)?;
        } else {
            people::create_user(&mut tx, user, email, name, &hash).await?;
        }
        people::insert_membership(&mut tx, user, Role::Admin).await?;
        people::insert_subscription(&mut tx, SIGN_UP_PLAN, SIGN_UP_PRICE_BOOK, now).await?;
        crate::personalities::seed_presets(&mut tx, &self.inner.model, now).await?;
        let session = self
            .start_session(&mut tx, user, "tenant.sign_up", Proof::Password, from)
            .await?;
        if !verified {
            self.mail_verification(&mut tx, &session.user, &session.tenant.name)
                .await?;
        }
        tx.commit().await?;
        Ok(session)
    }
}

fn address_taken(error: Error) -> Error {
    if error.code() == "already_exists" {
        return Error::new(
            Kind::Conflict,
            "sign_up_failed",
            "somebody has confirmed this address already; add them to a company instead",
        );
    }
    error
}

async fn insert_tenant(tx: &mut TenantTx, company: &str, time_zone: &str) -> Result<()> {
    let plain = slug(company);
    if people::insert_tenant(tx, &plain, company, SIGN_UP_PLAN, time_zone).await? {
        return Ok(());
    }
    // Names are not rare; four random bytes are.
    let suffix = hex::encode(secrets::random::<4>()?);
    if people::insert_tenant(tx, &format!("{plain}-{suffix}"), company, SIGN_UP_PLAN, time_zone).await? {
        return Ok(());
    }
    Err(Error::internal(anyhow::anyhow!("no free slug was found")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_what_the_database_takes() {
        for (company, expected) in [
            ("Acme", "acme"),
            ("Acme & Söhne GmbH", "acme-s-hne-gmbh"),
            ("  --Blue   Ocean-- ", "blue-ocean"),
            ("日本", "company"),
            ("X", "company"),
            (
                "A name that goes on and on and on and on",
                "a-name-that-goes-on-and-on-and",
            ),
        ] {
            assert_eq!(slug(company), expected);
        }
    }

    #[test]
    fn addresses_are_checked_for_form_only() {
        let fault = |email: &str| {
            let mut faults = Faults::new();
            check_email(&mut faults, "email", email);
            faults.finish().is_err()
        };
        for good in [
            "ana@example.com",
            "a.b+c@sub.example.co",
            "ünï@exämple.com",
            "x@y.z",
        ] {
            assert!(!fault(good), "{good}");
        }
        for bad in [
            "",
            "ana",
            "@example.com",
            "ana@",
            "ana@local",
            "a b@x.com",
            "a@x..com",
            "a@b@c.com",
            "<a@x.com>",
        ] {
            assert!(fault(bad), "{bad}");
        }
    }
}
