//! Leaving for the provider, and coming back from it.

use phony_db::{identity as people, members, sso};
use phony_kernel::{Error, Kind, Result, TenantId, UserId};
use phony_outside::oidc::{Attempt, Exchange, Identity as ProviderIdentity};
use serde_json::json;

use super::attempt::{LIFETIME, Pending, own_path};
use super::connection::provider_failed;
use super::{Sso, secret_place};
use crate::identity::secrets::same;
use crate::identity::{Device, Session};
use crate::{Principal, Who};

/// Whose provider it is.
#[derive(Debug, Clone)]
pub enum SignInAt {
    /// That of the company which has shown the domain of this address.
    Email(String),
    /// That of this company.
    Tenant(TenantId),
}

/// A wish to sign in.
#[derive(Debug, Clone)]
pub struct Start {
    /// Where.
    pub at: SignInAt,
    /// The page to come back to.
    pub return_to: Option<String>,
    /// Whether they must prove anew who they are, however recently they did.
    pub fresh: bool,
}

/// Where to send the browser, and what it keeps meanwhile.
#[derive(Clone)]
pub struct Started {
    /// Address at the provider.
    pub url: String,
    /// For a cookie that scripts cannot read.
    pub cookie: String,
    /// Seconds until the cookie is worthless.
    pub expires_in_seconds: i64,
}

/// What came back with the browser.
#[derive(Debug, Clone, Default)]
pub struct Arrival {
    /// The code to be exchanged.
    pub code: Option<String>,
    /// What we sent.
    pub state: Option<String>,
    /// What went wrong at the provider.
    pub error: Option<String>,
    /// Who sends it, if it says (RFC 9207).
    pub iss: Option<String>,
}

impl std::fmt::Debug for Started {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Started").finish_non_exhaustive()
    }
}

fn unavailable() -> Error {
    Error::new(
        Kind::NotFound,
        "sso_unavailable",
        "there is no single sign-on for this address",
    )
}

/// What has come back belongs to no sign-in of this browser, or to none of now.
#[must_use]
pub fn expired() -> Error {
    Error::new(
        Kind::Unauthenticated,
        "sso_expired",
        "this sign-in was not begun in this browser, or too long ago; begin anew",
    )
}

fn no_account() -> Error {
    Error::new(
        Kind::Forbidden,
        "sso_no_account",
        "nobody here is linked to who you are at the provider; ask an admin to invite you, or sign in and link it",
    )
}

impl Sso {
    /// Sends somebody to their provider.
    ///
    /// # Errors
    /// A fault of `return_to`, `sso_unavailable`, `sso_provider_failed`.
    pub async fn start(&self, start: &Start) -> Result<Started> {
        let return_to = own_path(start.return_to.as_deref())?;
        let tenant = match &start.at {
            SignInAt::Tenant(tenant) => *tenant,
            SignInAt::Email(email) => {
                let domain = domain_of(email).ok_or_else(unavailable)?;
                let mut tx = self.db.system("single sign-on of a domain").await?;
                sso::find_tenant_of_domain(&mut tx, &domain)
                    .await?
                    .ok_or_else(unavailable)?
            }
        };
        self.send(tenant, |pending| {
            pending.fresh = start.fresh;
            pending.return_to = return_to;
        })
        .await
    }

    /// Sends somebody who is signed in to the provider, to link who they are there to themselves.
    ///
    /// # Errors
    /// A fault of `return_to`, `sso_unavailable`, `sso_provider_failed`, `step_up_required`, `forbidden` for a key.
    pub async fn start_link(&self, who: &Principal, return_to: Option<&str>) -> Result<Started> {
        let Who::Member { user, session, .. } = &who.who else {
            return Err(Error::forbidden());
        };
        let return_to = own_path(return_to)?;
        who.require_fresh_sign_in(self.clock.now())?;
        self.send(who.tenant, |pending| {
            pending.link = Some((*user, *session));
            pending.return_to = return_to;
        })
        .await
    }

    async fn send(&self, tenant: TenantId, wish: impl FnOnce(&mut Pending)) -> Result<Started> {
        let mut tx = self.db.tenant(tenant).await?;
        let connection = sso::find(&mut tx).await?.ok_or_else(unavailable)?;
        drop(tx);
        let provider = self
            .inner
            .oidc
            .discover(&connection.issuer)
            .await
            .map_err(provider_failed)?;
        let mut pending = Pending::new(tenant, connection.id, self.clock.now())?;
        wish(&mut pending);
        let redirect_uri = self.redirect_uri(tenant);
        let url = self.inner.oidc.sign_in_url(
            &provider,
            &attempt(&pending, &connection.client_id, &redirect_uri),
        );
        Ok(Started {
            url: url.into(),
            cookie: self.seal(&pending)?,
            expires_in_seconds: LIFETIME.num_seconds(),
        })
    }

    /// Takes somebody in who comes back from their provider, to the address that is for the company `at`: a session and
    /// the page to go to. A link makes no session.
    ///
    /// # Errors
    /// `sso_expired`, `sso_denied`, `sso_refused`, `sso_provider_failed`, `sso_no_account`, `sso_identity_taken`,
    /// `tenant_suspended`.
    pub async fn finish(
        &self,
        cookie: &str,
        at: TenantId,
        arrival: &Arrival,
        from: &Device,
    ) -> Result<(Option<Session>, String)> {
        let pending = self.open(cookie).ok_or_else(expired)?;
        let state = arrival.state.as_deref().unwrap_or_default();
        // A code of another company's provider is shown to nobody but that provider (RFC 9700 §4.4.2).
        if !same(pending.state.as_bytes(), state.as_bytes()) || at != pending.tenant {
            return Err(expired());
        }
        if arrival.error.is_some() {
            return Err(Error::new(
                Kind::Unauthenticated,
                "sso_denied",
                "the provider did not sign you in",
            ));
        }
        let mut tx = self.db.tenant(pending.tenant).await?;
        let connection = sso::find(&mut tx)
            .await?
            .filter(|connection| connection.id == pending.connection)
            .ok_or_else(expired)?;
        drop(tx);
        if arrival.iss.as_deref().is_some_and(|iss| iss != connection.issuer) {
            return Err(expired());
        }
        let record = connection.id.to_string();
        let place = secret_place(pending.tenant, &record);
        let sealed = connection.secret_sealed.as_deref();
        let secret = sealed
            .map(|sealed| self.inner.sealer.open_text(&place, sealed))
            .transpose()?;
        let oidc = &self.inner.oidc;
        let provider = oidc.discover(&connection.issuer).await.map_err(provider_failed)?;
        if provider.names_itself && arrival.iss.is_none() {
            return Err(expired());
        }
        let redirect_uri = self.redirect_uri(pending.tenant);
        let exchange = Exchange {
            attempt: attempt(&pending, &connection.client_id, &redirect_uri),
            secret,
            code: arrival.code.as_deref().unwrap_or_default(),
            now: self.clock.now(),
        };
        let identity = oidc
            .exchange(&provider, &exchange)
            .await
            .map_err(provider_failed)?;
        if let Some((user, session)) = pending.link {
            self.identity.check_session(pending.tenant, user, session).await?;
            self.link(&pending, user, &identity).await?;
            return Ok((None, pending.return_to));
        }
        let user = self.find_person(&pending, &identity).await?;
        let session = self
            .identity
            .start_sso_session(pending.tenant, user, pending.connection, identity.auth_time, from)
            .await?;
        Ok((Some(session), pending.return_to))
    }

    /// The person behind an identity: one that is linked, or a member whose address the provider and the company's DNS
    /// vouch for together, who is linked by that.
    async fn find_person(&self, pending: &Pending, identity: &ProviderIdentity) -> Result<UserId> {
        let mut tx = self.db.system("who somebody is at a provider").await?;
        let known = sso::find_identity(&mut tx, &identity.issuer, &identity.subject).await?;
        if let Some((user, disabled)) = known {
            return if disabled { Err(no_account()) } else { Ok(user) };
        }
        let email = identity.email.as_deref().filter(|_| identity.email_verified);
        let email = email.ok_or_else(no_account)?;
        let domain = domain_of(email).ok_or_else(no_account)?;
        if sso::find_tenant_of_domain(&mut tx, &domain).await? != Some(pending.tenant) {
            return Err(no_account());
        }
        let found = members::find_person(&mut tx, email).await?;
        drop(tx);
        let user = found.ok_or_else(no_account)?;
        let mut tx = self.db.tenant(pending.tenant).await?;
        if people::find_member(&mut tx, user).await?.is_none() {
            return Err(no_account());
        }
        drop(tx);
        self.link(pending, user, identity).await?;
        Ok(user)
    }

    async fn link(&self, pending: &Pending, user: UserId, identity: &ProviderIdentity) -> Result<()> {
        let mut tx = self.db.system("link to a provider").await?;
        if !sso::link_identity(&mut tx, user, &identity.issuer, &identity.subject).await? {
            return Err(Error::new(
                Kind::Conflict,
                "sso_identity_taken",
                "somebody else here is linked to who you are at the provider",
            ));
        }
        tx.commit().await?;
        let mut tx = self.db.tenant(pending.tenant).await?;
        let (actor, now) = (user.to_string(), self.clock.now());
        let entry = phony_db::audit::Entry {
            actor: &actor,
            action: "sso.link",
            target: &actor,
            detail: &json!({ "issuer": identity.issuer }),
        };
        phony_db::audit::record(&mut tx, &entry, now).await?;
        sso::note_proven(&mut tx, pending.connection, now).await?;
        tx.commit().await
    }
}

fn attempt<'a>(pending: &'a Pending, client_id: &'a str, redirect_uri: &'a str) -> Attempt<'a> {
    Attempt {
        client_id,
        redirect_uri,
        state: &pending.state,
        nonce: &pending.nonce,
        verifier: &pending.verifier,
        fresh: pending.fresh,
    }
}

/// What is behind the last `@`, in lower case.
fn domain_of(email: &str) -> Option<String> {
    let (local, domain) = email.trim().rsplit_once('@')?;
    (!local.is_empty() && !domain.is_empty() && domain.len() <= 253 && !domain.contains('\0'))
        .then(|| domain.to_ascii_lowercase())
}
