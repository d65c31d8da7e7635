//! Who runs which call: a hash of each live call in Redis, with a time to live. Redis may be away at any
//! moment; a call then goes on, and is found again when it is back.

use std::time::Duration;

use phony_conversation::supervision::Card;
use phony_kernel::call::{ConversationState, Engine};
use phony_kernel::{CallId, Error, InstanceId, Result, TenantId};
use redis::Script;
use redis::aio::ConnectionManager;
use tokio::sync::mpsc;

/// How long an entry lives without being refreshed, in seconds.
const ENTRY_SECONDS: u32 = 2 * 60 * 60;
/// How often a live call refreshes its entry.
pub(crate) const REFRESH_EVERY: Duration = Duration::from_secs(600);
/// Nothing waits longer for Redis.
const WITHIN: Duration = Duration::from_millis(500);
/// Changes that may wait for Redis; more are dropped, the refresh makes up for them.
const QUEUE_CHANGES: usize = 4_096;

/// Takes the call over and tells who had it before.
const CLAIM: &str = r"
local before = redis.call('HGET', KEYS[1], 'instance')
redis.call('HSET', KEYS[1], 'instance', ARGV[1], 'engine', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
return before";

/// Changes the outline and refreshes, unless somebody else has the call.
const TOUCH: &str = r"
local owner = redis.call('HGET', KEYS[1], 'instance')
if owner and owner ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'instance', ARGV[1], 'state', ARGV[2], 'card', ARGV[4])
redis.call('EXPIRE', KEYS[1], ARGV[3])
return 1";

/// Forgets the call, unless somebody else has it.
const LEAVE: &str = r"
if redis.call('HGET', KEYS[1], 'instance') == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0";

enum Change {
    Touch(TenantId, CallId, Box<Card>),
    Leave(TenantId, CallId),
}

/// The directory. Clones are the same.
#[derive(Clone)]
pub(crate) struct Directory {
    instance: InstanceId,
    redis: ConnectionManager,
    changes: mpsc::Sender<Change>,
}

fn key(tenant: TenantId, call: CallId) -> String {
    format!("t:{{{}}}:session:{}", tenant.uuid(), call.uuid())
}

impl Directory {
    /// Starts the task that writes changes, on the current runtime.
    pub(crate) fn start(instance: InstanceId, redis: ConnectionManager) -> Self {
        let (changes, queue) = mpsc::channel(QUEUE_CHANGES);
        tokio::spawn(write(instance, redis.clone(), queue));
        Self {
            instance,
            redis,
            changes,
        }
    }

    /// This instance runs the call from now on. Gives the instance that had it before.
    pub(crate) async fn claim(
        &self,
        tenant: TenantId,
        call: CallId,
        engine: Engine,
    ) -> Result<Option<InstanceId>> {
        let script = Script::new(CLAIM);
        let mut redis = self.redis.clone();
        let mut invocation = script.key(key(tenant, call));
        invocation
            .arg(self.instance.to_string())
            .arg(engine.as_str())
            .arg(ENTRY_SECONDS);
        let before: Option<String> = within(invocation.invoke_async(&mut redis)).await?;
        Ok(before
            .and_then(|text| text.parse().ok())
            .filter(|before| *before != self.instance))
    }

    /// Which instance runs the call.
    pub(crate) async fn find(&self, tenant: TenantId, call: CallId) -> Result<Option<InstanceId>> {
        let mut redis = self.redis.clone();
        let mut command = redis::cmd("HGET");
        command.arg(key(tenant, call)).arg("instance");
        let owner: Option<String> = within(command.query_async(&mut redis)).await?;
        Ok(owner.and_then(|text| text.parse().ok()))
    }

    /// The calls in outline, in the order asked for; none is one that nobody runs.
    pub(crate) async fn cards(&self, tenant: TenantId, calls: &[CallId]) -> Result<Vec<Option<Card>>> {
        if calls.is_empty() {
            return Ok(Vec::new());
        }
        let mut pipeline = redis::pipe();
        for call in calls {
            pipeline.cmd("HGET").arg(key(tenant, *call)).arg("card");
        }
        let mut redis = self.redis.clone();
        let texts: Vec<Option<String>> = within(pipeline.query_async(&mut redis)).await?;
        let read = |text: Option<String>| serde_json::from_str(&text?).ok();
        Ok(texts.into_iter().map(read).collect())
    }

    /// The call is still here and looks like this.
    pub(crate) fn touch(&self, tenant: TenantId, call: CallId, card: Card) {
        // A full queue means that Redis is away; the next refresh says it again.
        let _ = self.changes.try_send(Change::Touch(tenant, call, Box::new(card)));
    }

    /// The call is not here any more.
    pub(crate) fn leave(&self, tenant: TenantId, call: CallId) {
        let _ = self.changes.try_send(Change::Leave(tenant, call));
    }
}

async fn write(instance: InstanceId, mut redis: ConnectionManager, mut queue: mpsc::Receiver<Change>) {
    let (touch, leave) = (Script::new(TOUCH), Script::new(LEAVE));
    let instance = instance.to_string();
    while let Some(change) = queue.recv().await {
        let written: Result<i64> = match change {
            Change::Touch(tenant, call, card) => {
                let mut invocation = touch.key(key(tenant, call));
                let state = card.state.map_or("", ConversationState::as_str);
                let card = serde_json::to_string(&card).unwrap_or_default();
                invocation.arg(&instance).arg(state).arg(ENTRY_SECONDS).arg(card);
                within(invocation.invoke_async(&mut redis)).await
            }
            Change::Leave(tenant, call) => {
                let mut invocation = leave.key(key(tenant, call));
                invocation.arg(&instance);
                within(invocation.invoke_async(&mut redis)).await
            }
        };
        if written.is_err() {
            metrics::counter!("phony_directory_failures_total").increment(1);
        }
    }
}

/// The answer of Redis, or that it is away.
pub(crate) async fn within<T>(answer: impl Future<Output = redis::RedisResult<T>>) -> Result<T> {
    match tokio::time::timeout(WITHIN, answer).await {
        Ok(answer) => answer.map_err(Error::unavailable),
        Err(late) => Err(Error::unavailable(late)),
    }
}
