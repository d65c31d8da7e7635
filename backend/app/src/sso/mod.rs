//! Single sign-on: a company's own provider of identities.
//!
//! Who somebody is there is the provider's name and their subject with it, never an address. What is said of an
//! address counts once, for linking, and only at a domain that the company has shown to be its own.

mod attempt;
mod connection;
mod identities;
mod sign_in;

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use phony_db::Db;
use phony_kernel::{Clock, Error, Result, TenantId, UserId};
use phony_outside::Guard;
use phony_outside::oidc::OidcClient;
use phony_outside::txt::TxtResolver;
use secrecy::SecretString;
use serde::Serialize;

use crate::identity::Identity;
use crate::sealing::{Place, Sealer};

pub use identities::LinkedIdentity;
pub use sign_in::{Arrival, SignInAt, Start, Started, expired};

/// Where providers send people back to, below our public address: each company's to a path of its own.
const CALLBACK: &str = "/v1/auth/sso/callback";

/// What single sign-on needs to be told.
#[derive(Debug, Clone)]
pub struct SsoConfig {
    /// Our public address, without a slash at its end.
    pub public_url: String,
    /// `PHONY_MASTER_KEY`.
    pub master_key: SecretString,
    /// Where providers may be.
    pub guard: Guard,
    /// Who is asked for the proof of a domain.
    pub txt: TxtResolver,
}

/// The use cases of single sign-on. Cheap to clone.
#[derive(Clone)]
pub struct Sso {
    db: Db,
    clock: Clock,
    identity: Identity,
    inner: Arc<Inner>,
}

struct Inner {
    public_url: String,
    sealer: Sealer,
    guard: Guard,
    oidc: OidcClient,
    txt: TxtResolver,
}

impl fmt::Debug for Sso {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sso").finish_non_exhaustive()
    }
}

/// How single sign-on is set up. The client's secret is never shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct SsoConnection {
    /// The provider, as it calls itself.
    #[schema(example = "https://login.example.com/realms/acme")]
    pub issuer: String,
    /// What it calls this installation.
    pub client_id: String,
    /// Whether there is a secret for it.
    pub has_client_secret: bool,
    /// What the provider must be told to send people back to.
    pub redirect_uri: String,
    /// Domains whose people the company vouches for.
    pub domains: Vec<SsoDomain>,
    /// Whether passwords are refused.
    pub enforced: bool,
    /// When somebody first came in by it; only then it can be enforced.
    #[schema(required)]
    pub proven_at: Option<DateTime<Utc>>,
    /// The admin whose password counts even when it is enforced: the one who has been there longest.
    #[schema(required)]
    pub password_admin: Option<UserId>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

/// A domain, and how to show that it is yours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct SsoDomain {
    /// The domain.
    #[schema(example = "example.com")]
    pub domain: String,
    /// When the proof was found.
    #[schema(required)]
    pub verified_at: Option<DateTime<Utc>>,
    /// Name of the TXT record to be made.
    #[schema(example = "_phony.example.com")]
    pub dns_name: String,
    /// Its text.
    #[schema(example = "phony-domain-verification=k3v9…")]
    pub dns_value: String,
}

/// How single sign-on is to be set up.
#[derive(Clone)]
pub struct PutSso {
    /// The provider, as it calls itself.
    pub issuer: String,
    /// What it calls this installation.
    pub client_id: String,
    /// The secret that goes with it; the one there is stays when absent, unless provider or client change.
    pub client_secret: Option<SecretString>,
    /// Domains whose people the company vouches for.
    pub domains: Vec<String>,
    /// Whether passwords are refused.
    pub enforced: bool,
}

impl Sso {
    /// Reads the keys and gets ready to ask providers.
    ///
    /// # Errors
    /// When the master key is not one, or the system's certificates cannot be read.
    pub fn new(db: Db, clock: Clock, identity: Identity, config: SsoConfig) -> Result<Self> {
        let inner = Inner {
            sealer: Sealer::new(&config.master_key)?,
            oidc: OidcClient::new(config.guard).map_err(Error::internal)?,
            guard: config.guard,
            txt: config.txt,
            public_url: config.public_url,
        };
        Ok(Self {
            db,
            clock,
            identity,
            inner: Arc::new(inner),
        })
    }

    /// One address for each company: companies name their providers themselves, and one that lies could send people on to
    /// the provider of another company. What that one sends back arrives at its own address, and not at the liar's.
    fn redirect_uri(&self, tenant: TenantId) -> String {
        format!("{}{CALLBACK}/{tenant}", self.inner.public_url)
    }
}

/// Where the secret of a connection is kept.
fn secret_place(tenant: TenantId, record: &str) -> Place<'_> {
    Place {
        table: "sso_connections",
        column: "secret_sealed",
        tenant,
        record,
    }
}
