//! Which account of the carrier holds a tenant's numbers, and by which token its webhooks are signed.

use std::fmt;
use std::sync::Arc;

use phony_carriers::twilio::rest::TwilioClient;
use phony_carriers::twilio::signature::Validator;
use phony_kernel::{Error, Result, TenantId};
use secrecy::SecretString;

/// The accounts at the carrier that are ours. Cheap to clone.
#[derive(Clone)]
pub struct CarrierAccounts {
    inner: Arc<Inner>,
}

struct Inner {
    main: TwilioClient,
    main_validator: Arc<Validator>,
}

impl CarrierAccounts {
    /// All tenants in the main account, whose client and token these are.
    #[must_use]
    pub fn main_only(main: TwilioClient, token: SecretString) -> Self {
        Self {
            inner: Arc::new(Inner {
                main,
                main_validator: Arc::new(Validator::new(token)),
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
    pub async fn client(&self, _tenant: TenantId) -> Result<TwilioClient> {
        Ok(self.inner.main.clone())
    }

    /// The account of that id, which we are signed in to; for what is known to be in it.
    ///
    /// # Errors
    /// When it is no id of an account.
    pub fn account(&self, account_sid: &str) -> Result<TwilioClient> {
        if account_sid == self.inner.main.account_sid() {
            return Ok(self.inner.main.clone());
        }
        self.inner.main.for_account(account_sid).map_err(Error::internal)
    }

    /// Checks the signatures of an account; none is an account that is not ours.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn validator(&self, account_sid: &str) -> Result<Option<Arc<Validator>>> {
        let is_main = account_sid == self.inner.main.account_sid();
        Ok(is_main.then(|| Arc::clone(&self.inner.main_validator)))
    }
}

impl fmt::Debug for CarrierAccounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CarrierAccounts")
            .field("main", &self.inner.main.account_sid())
            .finish_non_exhaustive()
    }
}
