//! Keys that companies have of their own at providers of models: set, tried and used, and never shown.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use moka::sync::Cache;
use phony_calls::{Calls, Models};
use phony_db::provider_credentials::{self as rows, CredentialRow};
use phony_db::{Db, TenantTx, audit};
use phony_kernel::error::Faults;
use phony_kernel::{Clock, Error, Kind, Result, TenantId};
use phony_models::chat::{ChatClient, ChatConfig, Probe};
use phony_models::realtime::{RealtimeClient, RealtimeConfig};
use phony_outside::Guard;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::json;
use url::Url;

use crate::Principal;
use crate::sealing::{Place, Sealer};

/// Longest key of a provider.
const KEY_CHARS: usize = 500;
/// Companies whose clients are kept ready.
const KEPT: u64 = 1_000;

/// A provider of models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ModelProvider {
    /// OpenAI, or a server that speaks as it does.
    Openai,
}

impl ModelProvider {
    /// As stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Openai => "openai",
        }
    }
}

/// How a key stood when it was last tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckResult {
    /// The provider takes it.
    Good,
    /// The provider refuses it.
    Refused,
    /// The provider did not answer.
    Unreachable,
}

impl CheckResult {
    fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Refused => "refused",
            Self::Unreachable => "unreachable",
        }
    }

    fn from_stored(text: &str) -> Option<Self> {
        [Self::Good, Self::Refused, Self::Unreachable]
            .into_iter()
            .find(|one| one.as_str() == text)
    }
}

/// That there is a key of the company's own at a provider. The key itself is never shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ProviderCredential {
    /// The provider.
    pub provider: ModelProvider,
    /// Where it is; absent means where it usually is.
    #[schema(required)]
    pub base_url: Option<String>,
    /// When the key was last tried.
    #[schema(required)]
    pub checked_at: Option<DateTime<Utc>>,
    /// How that went.
    #[schema(required)]
    pub check_result: Option<CheckResult>,
    /// Who set it.
    pub updated_by: String,
    /// When it was set.
    pub updated_at: DateTime<Utc>,
}

/// What these keys need to be told.
#[derive(Debug, Clone)]
pub struct ProviderConfig {
    /// `PHONY_MASTER_KEY`.
    pub master_key: SecretString,
    /// Where servers that companies name may be.
    pub guard: Guard,
    /// Where OpenAI's API is for those who name no other.
    pub openai_base_url: String,
    /// Where its speech-to-speech sessions are.
    pub openai_realtime_url: String,
}

/// The use cases of keys at providers. Cheap to clone.
#[derive(Clone)]
pub struct ProviderCredentials {
    db: Db,
    clock: Clock,
    engine: Calls,
    inner: Arc<Inner>,
}

struct Inner {
    sealer: Sealer,
    config: ProviderConfig,
    /// Clients of the key as it was set at a time.
    ready: Cache<(TenantId, DateTime<Utc>), Models>,
}

impl fmt::Debug for ProviderCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderCredentials").finish_non_exhaustive()
    }
}

fn place(tenant: TenantId) -> Place<'static> {
    Place {
        table: "provider_credentials",
        column: "secret_sealed",
        tenant,
        record: ModelProvider::Openai.as_str(),
    }
}

impl ProviderCredentials {
    /// With the conversations that are to use them.
    ///
    /// # Errors
    /// When the master key is not one.
    pub fn new(db: Db, clock: Clock, engine: Calls, config: ProviderConfig) -> Result<Self> {
        let inner = Inner {
            sealer: Sealer::new(&config.master_key)?,
            ready: Cache::new(KEPT),
            config,
        };
        Ok(Self {
            db,
            clock,
            engine,
            inner: Arc::new(inner),
        })
    }

    /// Which there are.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn list(&self, who: &Principal) -> Result<Vec<ProviderCredential>> {
        let mut tx = self.db.tenant(who.tenant).await?;
        rows::list(&mut tx).await?.into_iter().map(view).collect()
    }

    /// Sets one, in the place of the one before.
    ///
    /// # Errors
    /// `validation_failed`.
    pub async fn put(
        &self,
        who: &Principal,
        provider: ModelProvider,
        api_key: &SecretString,
        base_url: Option<&str>,
    ) -> Result<ProviderCredential> {
        let key = api_key.expose_secret();
        let mut faults = Faults::new();
        faults.length("api_key", key, 1, KEY_CHARS);
        let plain = key.bytes().all(|byte| byte.is_ascii_graphic());
        faults.require(plain, "api_key", "not_a_key", "has characters that no key has");
        if let Some(url) = base_url {
            faults.length("base_url", url, 1, 500);
            match self.inner.config.guard.check(url) {
                Err(refused) => faults.add("base_url", "not_allowed", refused.to_string()),
                Ok(url) if url.query().is_some() => {
                    faults.add("base_url", "not_allowed", "must not have a query");
                }
                Ok(_) => {}
            }
        }
        faults.finish()?;
        let sealed = self.inner.sealer.seal(&place(who.tenant), key.as_bytes())?;
        let base_url = base_url.map(|url| url.trim_end_matches('/'));
        let (actor, now) = (who.actor().id, self.clock.now());
        let mut tx = self.db.tenant(who.tenant).await?;
        rows::put(
            &mut tx,
            provider.as_str(),
            sealed.as_bytes(),
            base_url,
            &actor,
            now,
        )
        .await?;
        self.note(&mut tx, who, "provider_credential.write", provider)
            .await?;
        let row = rows::find(&mut tx, provider.as_str()).await?;
        tx.commit().await?;
        view(row.ok_or_else(Error::not_found)?)
    }

    /// Takes one away. Calls that run go on with it; others use the installation's.
    ///
    /// # Errors
    /// `not_found`; `credential_in_use` while personalities name voices or models that are reached by it alone.
    pub async fn delete(&self, who: &Principal, provider: ModelProvider) -> Result<()> {
        let mut tx = self.db.tenant(who.tenant).await?;
        rows::delete(&mut tx, provider.as_str()).await?;
        crate::personalities::check_unused(&mut tx).await?;
        self.note(&mut tx, who, "provider_credential.delete", provider)
            .await?;
        tx.commit().await?;
        self.engine.use_models(who.tenant, None);
        Ok(())
    }

    /// Tries one with the provider.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn check(&self, who: &Principal, provider: ModelProvider) -> Result<ProviderCredential> {
        let mut tx = self.db.tenant(who.tenant).await?;
        let row = rows::find(&mut tx, provider.as_str()).await?;
        drop(tx);
        let row = row.ok_or_else(Error::not_found)?;
        let result = match self.models(who.tenant, &row).await?.chat.probe().await {
            Probe::Good => CheckResult::Good,
            Probe::Refused => CheckResult::Refused,
            Probe::Unreachable => CheckResult::Unreachable,
        };
        let mut tx = self.db.tenant(who.tenant).await?;
        let now = self.clock.now();
        rows::note_check(&mut tx, provider.as_str(), row.updated_at, result.as_str(), now).await?;
        self.note(&mut tx, who, "provider_credential.check", provider)
            .await?;
        let row = rows::find(&mut tx, provider.as_str()).await?;
        tx.commit().await?;
        view(row.ok_or_else(Error::not_found)?)
    }

    /// Has the conversations of the transaction's company talk by its own key, if it has one; whether it has.
    ///
    /// # Errors
    /// When the key does not open: then no other is used, for the company has chosen whom its calls are shown to.
    pub(crate) async fn prepare(&self, tx: &mut TenantTx) -> Result<bool> {
        let row = rows::find(tx, ModelProvider::Openai.as_str()).await?;
        let models = match &row {
            Some(row) => Some(self.models(tx.tenant(), row).await?),
            None => None,
        };
        let own = models.is_some();
        self.engine.use_models(tx.tenant(), models);
        Ok(own)
    }

    async fn models(&self, tenant: TenantId, row: &CredentialRow) -> Result<Models> {
        let key = (tenant, row.updated_at);
        if let Some(models) = self.inner.ready.get(&key) {
            return Ok(models);
        }
        let api_key = self.inner.sealer.open_text(&place(tenant), &row.secret_sealed)?;
        let config = &self.inner.config;
        let guard = row.base_url.is_some().then_some(config.guard);
        let (chat_url, realtime_url) = match &row.base_url {
            Some(base) => (base.clone(), realtime_url(base)?),
            None => (config.openai_base_url.clone(), config.openai_realtime_url.clone()),
        };
        let chat = ChatConfig {
            guard,
            ..ChatConfig::new(chat_url, Some(api_key.clone()))
        };
        let realtime = RealtimeConfig {
            guard,
            ..RealtimeConfig::new(realtime_url, Some(api_key))
        };
        // Reads the system's certificates, which a thread that serves calls has no time for.
        let made = tokio::task::spawn_blocking(move || {
            Ok::<_, anyhow::Error>(Models {
                chat: ChatClient::new(chat)?,
                realtime: Some(RealtimeClient::new(&realtime)?),
            })
        });
        let models = made.await.map_err(Error::internal)?.map_err(|cause| {
            Error::new(
                Kind::Upstream,
                "provider_credential_unusable",
                "the company's own key for the model cannot be used",
            )
            .caused_by(cause)
        })?;
        self.inner.ready.insert(key, models.clone());
        Ok(models)
    }

    async fn note(
        &self,
        tx: &mut TenantTx,
        who: &Principal,
        action: &str,
        provider: ModelProvider,
    ) -> Result<()> {
        let actor = who.actor().id;
        let entry = audit::Entry {
            actor: &actor,
            action,
            target: provider.as_str(),
            detail: &json!({}),
        };
        audit::record(tx, &entry, self.clock.now()).await
    }
}

/// `https://models.example/v1` has its speech-to-speech sessions at `wss://models.example/v1/realtime`.
fn realtime_url(base: &str) -> Result<String> {
    let url = Url::parse(base).map_err(Error::internal)?;
    let scheme = if url.scheme() == "http" { "ws" } else { "wss" };
    let rest = base.split_once("://").map_or("", |(_, rest)| rest);
    Ok(format!("{scheme}://{}/realtime", rest.trim_end_matches('/')))
}

fn view(row: CredentialRow) -> Result<ProviderCredential> {
    if row.provider != ModelProvider::Openai.as_str() {
        return Err(Error::internal(anyhow::anyhow!("an unknown provider is stored")));
    }
    Ok(ProviderCredential {
        provider: ModelProvider::Openai,
        base_url: row.base_url,
        checked_at: row.checked_at,
        check_result: row.check_result.as_deref().and_then(CheckResult::from_stored),
        updated_by: row.updated_by,
        updated_at: row.updated_at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_are_beside_the_chat() {
        assert_eq!(
            realtime_url("https://m.example/v1/").unwrap(),
            "wss://m.example/v1/realtime"
        );
        assert_eq!(
            realtime_url("http://127.0.0.1:9/v1").unwrap(),
            "ws://127.0.0.1:9/v1/realtime"
        );
    }
}
