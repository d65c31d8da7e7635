//! Which account of the carrier holds a tenant's numbers, and by which token its webhooks are signed.
//!
//! A tenant has an account of its own below ours, made with its first number. We act on it with our own sign-in;
//! its token only signs what the carrier sends us, so one tenant's webhooks prove nothing about another's.

mod closing;
mod making;
mod remembered;
mod testing;

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
use redis::aio::ConnectionManager;
use secrecy::{ExposeSecret as _, SecretString};

use crate::identity::secrets::{self, Key};
use crate::sealing::{MasterKeys, Place, Sealed, Sealer, is_sealed};

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
    test: Option<testing::TestAccount>,
}

/// Accounts of tenants.
struct Tenants {
    db: Db,
    /// Seals their tokens.
    sealer: Sealer,
    /// Open tokens that were sealed before there was a sealer, one for each master key.
    old_keys: Vec<Key>,
    /// Whether tenants without one get one.
    make_new: bool,
    /// Only accounts that the database has named; forgotten with the process.
    known: RwLock<HashMap<String, Known>>,
    /// Remembers accounts for when the database is away.
    redis: Option<ConnectionManager>,
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
    /// main account. With `redis` webhooks are known by their accounts also while the database is away.
    ///
    /// # Errors
    /// When the master key is not one.
    pub fn with_tenants(
        main: TwilioClient,
        token: SecretString,
        db: Db,
        master_key: &SecretString,
        make_new: bool,
        redis: Option<ConnectionManager>,
    ) -> Result<Self> {
        let tenants = Tenants {
            db,
            sealer: Sealer::new(master_key)?,
            old_keys: old_keys(&MasterKeys::read(master_key)?)?,
            make_new,
            known: RwLock::default(),
            redis,
        };
        Ok(Self::new(main, token, Some(tenants)))
    }

    fn new(main: TwilioClient, token: SecretString, tenants: Option<Tenants>) -> Self {
        Self {
            inner: Arc::new(Inner {
                main,
                main_validator: Arc::new(Validator::new(token)),
                tenants,
                test: None,
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
        match &self.inner.test {
            Some(test) if test.client.account_sid() == account_sid => Ok(test.client.clone()),
            _ => self.inner.main.for_account(account_sid).map_err(Error::internal),
        }
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
        if let Some(test) = self.inner.test.as_ref().filter(|_| self.is_test(account_sid)) {
            return Ok(Some(Arc::clone(&test.validator)));
        }
        Ok(self.known(account_sid).await?.map(|known| known.validator))
    }

    /// Whether an account is one of ours; of those of tenants, one that a signature was checked for.
    #[must_use]
    pub fn owns(&self, account_sid: &str) -> bool {
        self.is_main(account_sid) || self.is_test(account_sid) || self.holder(account_sid).is_some()
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
            Err(error) if error.kind() == Kind::Unavailable => match tenants.recall(account_sid).await {
                Some(found) => Some(found),
                None => return Err(error),
            },
            found => found?,
        };
        let Some((tenant, sealed)) = found else {
            tenants.forget(account_sid).await;
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
        let found = carrier_accounts::find_holder(&mut tx, account_sid).await?;
        if let (Some(redis), Some((tenant, sealed))) = (&self.redis, &found) {
            remembered::keep(redis, account_sid, *tenant, sealed).await;
        }
        Ok(found)
    }

    /// What was known of an account when the database last said so.
    async fn recall(&self, account_sid: &str) -> Option<(TenantId, Vec<u8>)> {
        match remembered::find(self.redis.as_ref()?, account_sid).await {
            Ok(found) => found,
            Err(error) => {
                tracing::debug!(error = ?error, "an account of the carrier could not be recalled");
                None
            }
        }
    }

    /// It is nobody's any more.
    async fn forget(&self, account_sid: &str) {
        self.known.write().remove(account_sid);
        if let Some(redis) = &self.redis {
            remembered::forget(redis, account_sid).await;
        }
    }

    fn seal(&self, tenant: TenantId, account_sid: &str, token: &SecretString) -> Result<Vec<u8>> {
        let plain = token.expose_secret().as_bytes();
        Ok(self.sealer.seal(&place(tenant, account_sid), plain)?.into_bytes())
    }

    fn open(&self, tenant: TenantId, account_sid: &str, sealed: &[u8]) -> Result<SecretString> {
        open_token(&self.sealer, &self.old_keys, tenant, account_sid, sealed)
    }
}

/// A token opens for its tenant and account only.
fn place(tenant: TenantId, account_sid: &str) -> Place<'_> {
    Place {
        table: "carrier_accounts",
        column: "token_enc",
        tenant,
        record: account_sid,
    }
}

/// What sealed tokens before there was a sealer.
fn old_keys(masters: &MasterKeys) -> Result<Vec<Key>> {
    masters
        .all()
        .iter()
        .map(|master| secrets::derive(master.expose_secret(), "carrier account token 1"))
        .collect()
}

/// Opens a token in the present form, or in the one before.
fn open_token(
    sealer: &Sealer,
    old_keys: &[Key],
    tenant: TenantId,
    account_sid: &str,
    sealed: &[u8],
) -> Result<SecretString> {
    // Random bytes may look like our form; what is really in it opens in no other way.
    let opened = is_sealed(sealed).then(|| sealer.open_text(&place(tenant, account_sid), sealed));
    if let Some(Ok(token)) = opened {
        return Ok(token);
    }
    let context = format!("carrier_accounts:{tenant}:{account_sid}");
    let old = old_keys
        .iter()
        .find_map(|key| secrets::open(key, context.as_bytes(), sealed).ok());
    match (old, opened) {
        (Some(token), _) => Ok(String::from_utf8(token).map_err(Error::internal)?.into()),
        (None, Some(failed)) => failed,
        (None, None) => Err(Error::internal(anyhow::anyhow!(
            "the token of a carrier account does not open"
        ))),
    }
}

/// The token under the first master key, whatever form it has; none when it is already.
pub(crate) fn reseal_token(
    sealer: &Sealer,
    masters: &MasterKeys,
    tenant: TenantId,
    account_sid: &str,
    sealed: &[u8],
) -> Result<Option<Vec<u8>>> {
    let place = place(tenant, account_sid);
    if is_sealed(sealed)
        && let Ok(anew) = sealer.rewrap(&place, sealed)
    {
        return Ok(anew.map(Sealed::into_bytes));
    }
    let token = open_token(sealer, &old_keys(masters)?, tenant, account_sid, sealed)?;
    let anew = sealer.seal(&place, token.expose_secret().as_bytes())?;
    Ok(Some(anew.into_bytes()))
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
