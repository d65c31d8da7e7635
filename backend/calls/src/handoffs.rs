//! What the carrier is to do next with a call that was given back, for engines whose protocol has no room to say
//! it: the carrier asks `/twilio/continue`, at any instance, and that asks here.

use std::collections::HashMap;
use std::time::Duration;

use parking_lot::Mutex;
use phony_conversation::core::Handoff;
use phony_kernel::{CallId, TenantId};
use redis::aio::ConnectionManager;
use tokio::time::Instant;

use crate::directory::within;

/// The carrier asks within moments, or never.
const KEEP: Duration = Duration::from_secs(120);
/// Most that are kept here; the oldest go first.
const MAX_KEPT: usize = 4_096;

/// The handoffs of this instance, and the way to those of others.
pub(crate) struct Handoffs {
    here: Mutex<HashMap<CallId, (Instant, Handoff)>>,
    redis: Option<ConnectionManager>,
}

/// Where that of a call is.
pub(crate) fn key(tenant: TenantId, call: CallId) -> String {
    format!("t:{{{}}}:handoff:{}", tenant.uuid(), call.uuid())
}

impl Handoffs {
    pub(crate) fn new(redis: Option<ConnectionManager>) -> Self {
        Self {
            here: Mutex::default(),
            redis,
        }
    }

    /// Keeps what comes next, here and where the other instances look. Waits for Redis no longer than for
    /// anything else: without it the carrier must come back to this instance.
    pub(crate) async fn put(&self, tenant: TenantId, call: CallId, handoff: &Handoff) {
        {
            let mut here = self.here.lock();
            here.retain(|_, (at, _)| at.elapsed() < KEEP);
            if here.len() >= MAX_KEPT
                && let Some(oldest) = here.iter().min_by_key(|(_, (at, _))| *at).map(|(call, _)| *call)
            {
                here.remove(&oldest);
            }
            here.insert(call, (Instant::now(), handoff.clone()));
        }
        let (Some(redis), Ok(text)) = (&self.redis, serde_json::to_string(handoff)) else {
            return;
        };
        let mut redis = redis.clone();
        let mut command = redis::cmd("SET");
        command
            .arg(key(tenant, call))
            .arg(text)
            .arg("EX")
            .arg(KEEP.as_secs());
        if within::<()>(command.query_async(&mut redis)).await.is_err() {
            tracing::warn!(call.id = %call, "what comes next for {call} is known to this instance only");
        }
    }

    /// What comes next, once.
    pub(crate) async fn take(&self, tenant: TenantId, call: CallId) -> Option<Handoff> {
        let here = self.here.lock().remove(&call).map(|(_, handoff)| handoff);
        let Some(redis) = &self.redis else {
            return here;
        };
        let mut redis = redis.clone();
        let mut command = redis::cmd("GETDEL");
        command.arg(key(tenant, call));
        let there: Option<String> = within(command.query_async(&mut redis)).await.ok().flatten();
        here.or_else(|| serde_json::from_str(&there?).ok())
    }
}
