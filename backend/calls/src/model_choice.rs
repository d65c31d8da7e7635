//! Which models a call talks by: those of the installation, of its tenant's own keys, or of test keys.

use phony_conversation::plan::CallPlan;
use phony_kernel::TenantId;
use phony_models::chat::ChatClient;
use phony_models::realtime::RealtimeClient;

use crate::calls::{Calls, Inner};

/// The models that calls talk by.
#[derive(Debug, Clone)]
pub struct Models {
    /// Text in, text out.
    pub chat: ChatClient,
    /// Speech in, speech out; without it that engine is not there.
    pub realtime: Option<RealtimeClient>,
}

impl From<ChatClient> for Models {
    fn from(chat: ChatClient) -> Self {
        Self { chat, realtime: None }
    }
}

/// Tenants with models of their own that are kept at the most; each is told of anew before each of its calls.
const MOST_OWN_MODELS: usize = 10_000;

impl Calls {
    /// Has the calls of a tenant that begin from now on talk by these; none is those of the installation.
    pub fn use_models(&self, tenant: TenantId, models: Option<Models>) {
        let mut own = self.0.own_models.lock();
        match models {
            Some(models) => {
                if own.len() >= MOST_OWN_MODELS && !own.contains_key(&tenant) {
                    own.clear();
                }
                own.insert(tenant, models);
            }
            None => {
                own.remove(&tenant);
            }
        }
    }
}

impl Calls {
    /// Has calls of test keys talk by these, which cost nothing. To be said once.
    pub fn test_by(&self, models: impl Into<Models>) {
        if self.0.test_models.set(models.into()).is_err() {
            tracing::error!("the test models are set already");
        }
    }
}

impl Inner {
    /// The models that a call talks by.
    pub(crate) fn models_of(&self, plan: &CallPlan) -> Models {
        match self.test_models.get() {
            Some(models) if plan.test => models.clone(),
            _ => self.models(plan.tenant),
        }
    }

    /// The models that a tenant's calls talk by.
    pub(crate) fn models(&self, tenant: TenantId) -> Models {
        let own = self.own_models.lock().get(&tenant).cloned();
        own.unwrap_or_else(|| self.models.clone())
    }
}
