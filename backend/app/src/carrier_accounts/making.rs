//! Making a tenant's account at the carrier, once, and keeping up with what becomes of it.

use std::time::Duration;

use phony_carriers::twilio::rest::{RestError, Subaccount, TwilioClient};
use phony_db::{carrier_accounts, numbers};
use phony_kernel::{Error, Kind, Result, TenantId};
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use super::{CarrierAccounts, Tenants};
use crate::numbers::refused_by_carrier;

/// For so long nobody else makes it: longer than all that the making may wait for.
const CLAIM_SECONDS: f64 = 45.0;
/// For each question to the carrier.
const ASK_LIMIT: Duration = Duration::from_secs(9);
/// How long somebody waits who finds it being made.
const WAIT_AT_MOST: Duration = Duration::from_secs(12);
const LOOK_EVERY: Duration = Duration::from_millis(150);

/// How an account of a tenant stands at the carrier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It works.
    Active,
    /// Nothing works in it until the carrier or the operator opens it again.
    Suspended,
    /// It is gone, with its numbers.
    Closed,
}

impl Standing {
    /// As stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Closed => "closed",
        }
    }

    fn read(status: Option<&str>) -> Self {
        match status {
            Some("suspended") => Self::Suspended,
            Some("closed") => Self::Closed,
            _ => Self::Active,
        }
    }
}

impl CarrierAccounts {
    /// The account that the tenant's next number is bought in, made if need be. However often this is called, and
    /// whatever breaks in between, a tenant gets one.
    ///
    /// # Errors
    /// `carrier_account_suspended`, `carrier_account_pending` while somebody else makes it or its making was not
    /// answered, or what the carrier says.
    pub async fn ensure(&self, tenant: TenantId) -> Result<TwilioClient> {
        let Some(tenants) = &self.inner.tenants else {
            return Ok(self.inner.main.clone());
        };
        let until = Instant::now() + WAIT_AT_MOST;
        loop {
            let mut tx = tenants.db.tenant(tenant).await?;
            match carrier_accounts::find(&mut tx).await? {
                Some(account) if account.status == Standing::Suspended.as_str() => return Err(suspended()),
                Some(account) if account.account_sid.is_some() => {
                    return self.account(account.account_sid.as_deref().unwrap_or_default());
                }
                None if !tenants.make_new => return Ok(self.inner.main.clone()),
                _ => {}
            }
            if let Some(claim) = carrier_accounts::claim(&mut tx, CLAIM_SECONDS, chrono::Utc::now()).await? {
                tx.commit().await?;
                return self.make(tenants, tenant, claim).await;
            }
            drop(tx);
            if Instant::now() > until {
                return Err(pending());
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// Finds the account by its name, which is the tenant's id, or makes it.
    async fn make(&self, tenants: &Tenants, tenant: TenantId, claim: Uuid) -> Result<TwilioClient> {
        let account = match self.find_or_create(&tenant.to_string()).await {
            Made::Yes(account) => account,
            Made::No(error) => {
                let mut tx = tenants.db.tenant(tenant).await?;
                carrier_accounts::unclaim(&mut tx, claim).await?;
                tx.commit().await?;
                return Err(refused_by_carrier(error));
            }
            // The claim runs out; whoever comes then finds it by its name.
            Made::Unknown => return Err(pending()),
        };
        let sealed = tenants.seal(tenant, &account.sid, &account.auth_token)?;
        let now = chrono::Utc::now();
        let mut tx = tenants.db.tenant(tenant).await?;
        carrier_accounts::activate(&mut tx, claim, &account.sid, &sealed, now).await?;
        let standing = Standing::read(account.status.as_deref());
        if standing != Standing::Active {
            carrier_accounts::set_status(&mut tx, &account.sid, standing.as_str(), now).await?;
        }
        tx.commit().await?;
        tracing::info!(tenant.id = %tenant, "an account at the carrier was made for {tenant}");
        if standing == Standing::Suspended {
            return Err(suspended());
        }
        self.account(&account.sid)
    }

    async fn find_or_create(&self, name: &str) -> Made {
        match self.find_by_name(name).await {
            Ok(Some(account)) => return Made::Yes(account),
            Ok(None) => {}
            Err(Some(error)) => return Made::No(error),
            Err(None) => return Made::Unknown,
        }
        match timeout(ASK_LIMIT, self.inner.main.create_subaccount(name)).await {
            Ok(Ok(account)) => Made::Yes(account),
            Ok(Err(error)) if !error.ambiguous => Made::No(error),
            Ok(Err(_)) | Err(_) => match self.find_by_name(name).await {
                Ok(Some(account)) => Made::Yes(account),
                _ => Made::Unknown,
            },
        }
    }

    async fn find_by_name(&self, name: &str) -> Result<Option<Subaccount>, Option<RestError>> {
        match timeout(ASK_LIMIT, self.inner.main.list_subaccounts(name)).await {
            Ok(Ok(found)) => Ok(found.into_iter().min_by(|one, other| one.sid.cmp(&other.sid))),
            Ok(Err(error)) => Err(Some(error)),
            Err(_) => Err(None),
        }
    }

    /// Asks the carrier how the tenant's account stands, and keeps it; none when it has none. The numbers of an
    /// account that was closed are gone, and are noted as released.
    ///
    /// # Errors
    /// When the carrier does not answer, or those of the database.
    pub async fn refresh(&self, tenant: TenantId) -> Result<Option<Standing>> {
        let Some(tenants) = &self.inner.tenants else {
            return Ok(None);
        };
        let Some(account_sid) = self.find(tenant).await? else {
            return Ok(None);
        };
        let asked = timeout(ASK_LIMIT, self.inner.main.fetch_subaccount(&account_sid)).await;
        let account = asked
            .map_err(|_| {
                Error::new(
                    Kind::Upstream,
                    "carrier_unreachable",
                    "the carrier did not answer in time",
                )
            })?
            .map_err(refused_by_carrier)?;
        let standing = Standing::read(account.status.as_deref());
        let now = chrono::Utc::now();
        let mut tx = tenants.db.tenant(tenant).await?;
        let known = carrier_accounts::find(&mut tx).await?;
        if known.is_none_or(|known| known.status == standing.as_str()) {
            return Ok(Some(standing));
        }
        carrier_accounts::set_status(&mut tx, &account_sid, standing.as_str(), now).await?;
        if standing == Standing::Closed {
            numbers::webhooks::release_lost(&mut tx, &account_sid, now).await?;
        }
        tx.commit().await?;
        if standing == Standing::Closed {
            tenants.forget(&account_sid).await;
        }
        tracing::warn!(tenant.id = %tenant, "the account of {tenant} at the carrier is {}", standing.as_str());
        Ok(Some(standing))
    }
}

/// How the making was answered.
enum Made {
    Yes(Subaccount),
    No(RestError),
    Unknown,
}

/// Nothing can be done in an account that the carrier has suspended.
pub(crate) fn suspended() -> Error {
    Error::new(
        Kind::Conflict,
        "carrier_account_suspended",
        "the carrier has suspended the account that your numbers are in; please ask support",
    )
}

fn pending() -> Error {
    Error::new(
        Kind::Unavailable,
        "carrier_account_pending",
        "your account at the carrier is still being made; try again in a minute",
    )
    .retry_after(30)
}
