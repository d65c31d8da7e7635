//! Which account of the carrier holds a tenant's numbers, and by which token its webhooks are signed.
//!
//! A tenant has an account of its own below ours, made with its first number. We act on it with our own sign-in;
//! its token only signs what the carrier sends us, so one tenant's webhooks prove nothing about another's.

mod making;

pub use making::Standing;
pub(crate) use making::suspended;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::RwLock;
use phony_carriers::twilio::rest::TwilioClient;
use phony_carriers::twilio::signature::Validator;
use phony_db::{Db, carrier_accounts};
use phony_kernel::{CallId, Error, Kind, Result, TenantId};
use secrecy::{ExposeSecret as _, SecretString};

use crate::identity::secrets::{self, Key};

/// How long a token is remembered before it is read again.
const REMEMBERED: Duration = Duration::from_secs(60);

/// The accounts at the carrier that are ours. Cheap to clone.
#[derive(Clone)]
pub struct CarrierAccounts {
    inner: Arc<Inner>,
}

struct Inner {
    main: TwilioClient,
    main_validator: Arc<Validator>,
    tenants: Option<Tenants>,
}

/// Accounts of tenants.
struct Tenants {
    db: Db,
    /// Seals their tokens.
    key: Key,
    /// Whether tenants without one get one.
    make_new: bool,
    /// Only accounts that the database has named; forgotten with the process.
    known: RwLock<HashMap<String, Known>>,
}

#[derive(Clone)]
struct Known {
    tenant: TenantId,
    validator: Arc<Validator>,
    read_at: Instant,
}

impl CarrierAccounts {
    /// All tenants in the main account, whose client and token these are.
    #[must_use]
    pub fn main_only(main: TwilioClient, token: SecretString) -> Self {
        Self::new(main, token, None)
    }

    /// Tenants with accounts of their own below the main one. With `make_new` off those that have none stay in the
    /// main account.
    ///
    /// # Errors
    /// When the master key is not one.
    pub fn with_tenants(
        main: TwilioClient,
        token: SecretString,
        db: Db,
        master_key: &SecretString,
        make_new: bool,
    ) -> Result<Self> {
        let master = secrets::read_master_key(master_key)?;
        let tenants = Tenants {
            db,
            key: secrets::derive(master.expose_secret(), "carrier account token 1")?,
            make_new,
            known: RwLock::default(),
        };
        Ok(Self::new(main, token, Some(tenants)))
    }

    fn new(main: TwilioClient, token: SecretString, tenants: Option<Tenants>) -> Self {
        Self {
            inner: Arc::new(Inner {
                main,
                main_validator: Arc::new(Validator::new(token)),
                tenants,
            }),
        }
    }

    /// The main account.
    #[must_use]
    pub fn main(&self) -> &TwilioClient {
        &self.inner.main
    }

    /// The account that holds the tenant's numbers: its own, or the main one while it has none.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn client(&self, tenant: TenantId) -> Result<TwilioClient> {
        match self.find(tenant).await? {
            Some(account_sid) => self.account(&account_sid),
            None => Ok(self.inner.main.clone()),
        }
    }

    /// The account that a call runs in: the one that holds its number.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn of_call(&self, tenant: TenantId, call: CallId) -> Result<TwilioClient> {
        let Some(tenants) = &self.inner.tenants else {
            return Ok(self.inner.main.clone());
        };
        let mut tx = tenants.db.tenant(tenant).await?;
        match carrier_accounts::find_of_call(&mut tx, call).await? {
            Some(account_sid) => self.account(&account_sid),
            None => Ok(self.inner.main.clone()),
        }
    }

    /// The account of that id, with our sign-in; for what is known to be in it.
    ///
    /// # Errors
    /// When it is no id of an account.
    pub fn account(&self, account_sid: &str) -> Result<TwilioClient> {
        if self.is_main(account_sid) {
            return Ok(self.inner.main.clone());
        }
        self.inner.main.for_account(account_sid).map_err(Error::internal)
    }

    /// Whether it is the main account.
    #[must_use]
    pub fn is_main(&self, account_sid: &str) -> bool {
        account_sid == self.inner.main.account_sid()
    }

    /// The tenant's own account, if it has one.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn find(&self, tenant: TenantId) -> Result<Option<String>> {
        let Some(tenants) = &self.inner.tenants else {
            return Ok(None);
        };
        let mut tx = tenants.db.tenant(tenant).await?;
        let account = carrier_accounts::find(&mut tx).await?;
        Ok(account.and_then(|account| account.account_sid))
    }

    /// The account that the tenant's next number is held by; none while that is still to be made.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn expected(&self, tenant: TenantId) -> Result<Option<String>> {
        let makes_new = self
            .inner
            .tenants
            .as_ref()
            .is_some_and(|tenants| tenants.make_new);
        let main = || (!makes_new).then(|| self.inner.main.account_sid().to_owned());
        Ok(self.find(tenant).await?.or_else(main))
    }

    /// Checks the signatures of an account; none is an account that is not ours, or closed.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn validator(&self, account_sid: &str) -> Result<Option<Arc<Validator>>> {
        if self.is_main(account_sid) {
            return Ok(Some(Arc::clone(&self.inner.main_validator)));
        }
        Ok(self.known(account_sid).await?.map(|known| known.validator))
    }

    /// Whether an account is one of ours; of those of tenants, one that a signature was checked for.
    #[must_use]
    pub fn owns(&self, account_sid: &str) -> bool {
        self.is_main(account_sid) || self.holder(account_sid).is_some()
    }

    /// The tenant of an account that a signature was checked for; none for the main one.
    #[must_use]
    pub fn holder(&self, account_sid: &str) -> Option<TenantId> {
        let tenants = self.inner.tenants.as_ref()?;
        let known = tenants.known.read();
        known.get(account_sid).map(|known| known.tenant)
    }

    async fn known(&self, account_sid: &str) -> Result<Option<Known>> {
        let Some(tenants) = self.inner.tenants.as_ref().filter(|_| is_sid(account_sid)) else {
            return Ok(None);
        };
        let known = tenants.known.read().get(account_sid).cloned();
        if let Some(known) = known.clone().filter(|known| known.read_at.elapsed() < REMEMBERED) {
            return Ok(Some(known));
        }
        let found = match tenants.find_holder(account_sid).await {
            // Calls go on while the database is away: a token that was good a minute ago is.
            Err(error) if error.kind() == Kind::Unavailable && known.is_some() => return Ok(known),
            found => found?,
        };
        let Some((tenant, sealed)) = found else {
            tenants.known.write().remove(account_sid);
            return Ok(None);
        };
        let known = Known {
            tenant,
            validator: Arc::new(Validator::new(tenants.open(tenant, account_sid, &sealed)?)),
            read_at: Instant::now(),
        };
        tenants
            .known
            .write()
            .insert(account_sid.to_owned(), known.clone());
        Ok(Some(known))
    }
}

impl Tenants {
    async fn find_holder(&self, account_sid: &str) -> Result<Option<(TenantId, Vec<u8>)>> {
        let mut tx = self.db.system("account of a webhook").await?;
        carrier_accounts::find_holder(&mut tx, account_sid).await
    }

    fn seal(&self, tenant: TenantId, account_sid: &str, token: &SecretString) -> Result<Vec<u8>> {
        secrets::seal(
            &self.key,
            context(tenant, account_sid).as_bytes(),
            token.expose_secret().as_bytes(),
        )
    }

    fn open(&self, tenant: TenantId, account_sid: &str, sealed: &[u8]) -> Result<SecretString> {
        let token = secrets::open(&self.key, context(tenant, account_sid).as_bytes(), sealed)?;
        Ok(String::from_utf8(token).map_err(Error::internal)?.into())
    }
}

/// A token opens for its tenant and account only.
fn context(tenant: TenantId, account_sid: &str) -> String {
    format!("carrier_accounts:{tenant}:{account_sid}")
}

/// Whether a text can be the id of an account, before anybody is asked.
fn is_sid(text: &str) -> bool {
    text.strip_prefix("AC")
        .is_some_and(|rest| rest.len() == 32 && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

impl fmt::Debug for CarrierAccounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CarrierAccounts")
            .field("main", &self.inner.main.account_sid())
            .finish_non_exhaustive()
    }
}
