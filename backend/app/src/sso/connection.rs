//! Setting a connection up: the provider, the domains and their proof, enforcing it.

use std::collections::BTreeSet;

use phony_db::{TenantTx, audit, sso};
use phony_kernel::error::Faults;
use phony_kernel::{Error, Kind, Result};
use phony_outside::oidc::OidcError;
use secrecy::ExposeSecret as _;
use serde_json::json;
use uuid::Uuid;

use super::{PutSso, Sso, SsoConnection, SsoDomain, secret_place};
use crate::identity::secrets::random;
use crate::{Principal, Who};

/// Domains of a company at the most.
const MOST_DOMAINS: usize = 20;
/// Longest secret.
const SECRET_CHARS: usize = 1_000;
/// What the text of a proof begins with.
const PROOF: &str = "phony-domain-verification=";

impl Sso {
    /// How it is set up.
    ///
    /// # Errors
    /// `not_found` when it is not.
    pub async fn get(&self, who: &Principal) -> Result<SsoConnection> {
        let mut tx = self.db.tenant(who.tenant).await?;
        self.view(&mut tx).await
    }

    /// Sets it up, or changes how it is.
    ///
    /// # Errors
    /// `plan_limit`, `validation_failed`, `sso_unproven` when it is to be enforced and nobody has come in by it yet.
    pub async fn put(&self, who: &Principal, put: PutSso) -> Result<SsoConnection> {
        let now = self.clock.now();
        let domains = self.check(&put)?;
        if !who.plan.limits().sso {
            let text = "single sign-on is part of a larger plan";
            return Err(Error::new(Kind::Forbidden, "plan_limit", text));
        }
        let mut tx = self.db.tenant(who.tenant).await?;
        let before = sso::find_for_update(&mut tx).await?;
        let same = before
            .as_ref()
            .is_some_and(|before| before.issuer == put.issuer && before.client_id == put.client_id);
        let proven_at = before
            .as_ref()
            .filter(|_| same)
            .and_then(|before| before.proven_at);
        if put.enforced && proven_at.is_none() {
            return Err(Error::new(
                Kind::Conflict,
                "sso_unproven",
                "sign in by it once before passwords are turned off",
            ));
        }
        // A new provider or client is a new connection: sign-ins on their way to the old one come to nothing.
        let id = match &before {
            Some(before) if same => before.id,
            _ => Uuid::now_v7(),
        };
        let record = id.to_string();
        let sealed = match &put.client_secret {
            Some(secret) => {
                let plain = secret.expose_secret().as_bytes();
                let sealed = self
                    .inner
                    .sealer
                    .seal(&secret_place(who.tenant, &record), plain)?;
                Some(sealed.into_bytes())
            }
            None => before
                .as_ref()
                .filter(|_| same)
                .and_then(|before| before.secret_sealed.clone()),
        };
        let new = sso::NewConnection {
            id,
            issuer: &put.issuer,
            client_id: &put.client_id,
            secret_sealed: sealed.as_deref(),
            enforced: put.enforced,
            proven_at,
            at: now,
        };
        sso::put(&mut tx, &new).await?;
        let mut proofs = Vec::with_capacity(domains.len());
        for domain in domains {
            proofs.push((domain, format!("{PROOF}{}", hex::encode(random::<20>()?))));
        }
        sso::set_domains(&mut tx, &proofs, now).await?;
        if put.enforced && !before.is_some_and(|before| before.enforced) {
            let here = match &who.who {
                Who::Member { session, .. } => Some(*session),
                Who::Key { .. } => None,
            };
            let admin = sso::find_password_admin(&mut tx).await?;
            let ended = sso::end_password_sessions(&mut tx, here, admin, now).await?;
            tracing::info!(tenant.id = %who.tenant, sessions = ended, "single sign-on is enforced");
        }
        let detail = json!({ "issuer": put.issuer, "enforced": put.enforced });
        self.note(&mut tx, who, "sso.write", &detail).await?;
        let view = self.view(&mut tx).await?;
        tx.commit().await?;
        Ok(view)
    }

    /// Takes it away. Those who have come in by it stay signed in, and need a password the next time.
    ///
    /// # Errors
    /// `not_found` when there is none.
    pub async fn delete(&self, who: &Principal) -> Result<()> {
        let mut tx = self.db.tenant(who.tenant).await?;
        if !sso::delete(&mut tx).await? {
            return Err(Error::not_found());
        }
        self.note(&mut tx, who, "sso.delete", &json!({})).await?;
        tx.commit().await
    }

    /// Looks for the proofs of the domains.
    ///
    /// # Errors
    /// `not_found` when it is not set up, `dns_unreachable`.
    pub async fn verify_domains(&self, who: &Principal) -> Result<SsoConnection> {
        let now = self.clock.now();
        let mut tx = self.db.tenant(who.tenant).await?;
        if sso::find(&mut tx).await?.is_none() {
            return Err(Error::not_found());
        }
        let domains = sso::list_domains(&mut tx).await?;
        drop(tx);
        let mut answers = Vec::with_capacity(domains.len());
        for row in &domains {
            let texts = self
                .inner
                .txt
                .lookup(&dns_name(&row.domain))
                .await
                .map_err(|cause| {
                    Error::new(
                        Kind::Upstream,
                        "dns_unreachable",
                        "the name servers do not answer; try again in a minute",
                    )
                    .caused_by(cause)
                })?;
            answers.push(texts.iter().any(|text| text.trim() == row.proof));
        }
        for (row, found) in domains.iter().zip(answers) {
            let mut tx = self.db.tenant(who.tenant).await?;
            match sso::set_verified(&mut tx, &row.domain, found.then_some(now)).await {
                // Another company has shown it before; who is right, people have to say.
                Err(error) if error.code() == "already_exists" => {
                    tracing::warn!(tenant.id = %who.tenant, "a domain is shown by a second company");
                    continue;
                }
                done => done?,
            }
            if found != row.verified_at.is_some() {
                let detail = json!({ "domain": row.domain, "verified": found });
                self.note(&mut tx, who, "sso.domain", &detail).await?;
            }
            tx.commit().await?;
        }
        self.get(who).await
    }

    /// All faults at once; the domains in their common form.
    fn check(&self, put: &PutSso) -> Result<BTreeSet<String>> {
        let mut faults = Faults::new();
        faults.length("issuer", &put.issuer, 1, 500);
        if let Err(refused) = self.inner.guard.check(&put.issuer) {
            faults.add("issuer", "not_allowed", refused.to_string());
        } else if put.issuer.contains('?') {
            faults.add("issuer", "not_allowed", "must not have a query");
        }
        faults.length("client_id", &put.client_id, 1, 255);
        let plain = |text: &str| !text.chars().any(char::is_control);
        faults.require(
            plain(&put.client_id),
            "client_id",
            "control_character",
            "has control characters",
        );
        if let Some(secret) = &put.client_secret {
            let secret = secret.expose_secret();
            faults.length("client_secret", secret, 1, SECRET_CHARS);
            faults.require(
                plain(secret),
                "client_secret",
                "control_character",
                "has control characters",
            );
        }
        faults.require(
            put.domains.len() <= MOST_DOMAINS,
            "domains",
            "too_many",
            &format!("must be {MOST_DOMAINS} at the most"),
        );
        let mut domains = BTreeSet::new();
        for (place, domain) in put.domains.iter().enumerate().take(MOST_DOMAINS) {
            let domain = domain.trim().trim_end_matches('.').to_ascii_lowercase();
            if is_domain(&domain) {
                domains.insert(domain);
            } else {
                faults.add(
                    format!("domains[{place}]"),
                    "not_a_domain",
                    "is not the name of a domain",
                );
            }
        }
        faults.finish()?;
        Ok(domains)
    }

    async fn view(&self, tx: &mut TenantTx) -> Result<SsoConnection> {
        let row = sso::find(tx).await?.ok_or_else(Error::not_found)?;
        let domains = sso::list_domains(tx).await?;
        Ok(SsoConnection {
            issuer: row.issuer,
            client_id: row.client_id,
            has_client_secret: row.secret_sealed.is_some(),
            redirect_uri: self.redirect_uri(tx.tenant()),
            domains: domains
                .into_iter()
                .map(|row| SsoDomain {
                    dns_name: dns_name(&row.domain),
                    domain: row.domain,
                    verified_at: row.verified_at,
                    dns_value: row.proof,
                })
                .collect(),
            enforced: row.enforced,
            proven_at: row.proven_at,
            password_admin: sso::find_password_admin(tx).await?,
            updated_at: row.updated_at,
        })
    }

    pub(super) async fn note(
        &self,
        tx: &mut TenantTx,
        who: &Principal,
        action: &str,
        detail: &serde_json::Value,
    ) -> Result<()> {
        let actor = who.actor().id;
        let entry = audit::Entry {
            actor: &actor,
            action,
            target: "sso_connection",
            detail,
        };
        audit::record(tx, &entry, self.clock.now()).await
    }
}

fn dns_name(domain: &str) -> String {
    format!("_phony.{domain}")
}

/// ASCII labels of a domain below a top level; names in other scripts in their form for DNS.
fn is_domain(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    text.len() <= 240
        && text.contains('.')
        && text.split('.').all(label)
        && !text
            .rsplit('.')
            .next()
            .unwrap_or_default()
            .bytes()
            .all(|byte| byte.is_ascii_digit())
}

/// What a company is told of its provider.
pub(super) fn provider_failed(cause: OidcError) -> Error {
    let code = match &cause {
        OidcError::Refused(_) | OidcError::Unreachable | OidcError::Unusable(_) => "sso_provider_failed",
        OidcError::Exchange(_) | OidcError::Token(_) => "sso_refused",
    };
    Error::new(Kind::Upstream, code, cause.to_string()).caused_by(cause)
}

#[cfg(test)]
mod tests {
    use super::is_domain;

    #[test]
    fn domains_are_names_below_a_top_level() {
        for good in [
            "example.com",
            "mail.example.co.uk",
            "xn--mnchen-3ya.de",
            "a-b.example",
        ] {
            assert!(is_domain(good), "{good}");
        }
        for bad in [
            "",
            "com",
            "example",
            ".com",
            "a..b",
            "-a.com",
            "a-.com",
            "a b.com",
            "*.example.com",
            "127.0.0.1",
            "münchen.de",
        ] {
            assert!(!is_domain(bad), "{bad}");
        }
    }
}
