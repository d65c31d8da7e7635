//! What of a call of turns is neither in its events nor in the database: the last answer, and whether a turn is being
//! taken. Kept in Redis, so that any instance can answer a repeat and go on.

use chrono::{DateTime, Utc};
use phony_kernel::call::Ending;
use phony_kernel::{CallId, TenantId};
use redis::aio::ConnectionManager;
use serde::{Deserialize, Serialize};

use super::{GatherAnswer, GatherNext};
use crate::directory::within;

/// Longer than any turn.
const KEEP_SECONDS: u32 = 15 * 60;

/// An answer, as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Reply {
    /// What the carrier was told.
    pub(super) answer: GatherAnswer,
    /// The end that follows if the caller says no more.
    pub(super) then: Option<Ending>,
    /// When it was given.
    pub(super) at: DateTime<Utc>,
}

/// What is kept of a call.
#[derive(Debug, Clone, Default)]
pub(crate) struct Kept {
    /// The last answer.
    pub(super) reply: Option<Reply>,
    /// The last turn that somebody has begun to take.
    pub(super) taken: Option<u64>,
}

impl Kept {
    /// Whether this turn was begun by somebody who has not answered it.
    pub(super) fn was_left(&self, number: u64) -> bool {
        let answered = self
            .reply
            .as_ref()
            .is_some_and(|reply| reply.answer.number > number);
        self.taken == Some(number) && !answered
    }

    /// The answer to a turn that was taken before.
    pub(super) fn answer_to(&self, number: u64) -> Option<&GatherAnswer> {
        let answer = &self.reply.as_ref()?.answer;
        (answer.number > number && answer.next != GatherNext::TryAgain).then_some(answer)
    }
}

fn key(tenant: TenantId, call: CallId) -> String {
    format!("t:{{{}}}:gather:{}", tenant.uuid(), call.uuid())
}

/// Reads what is kept; nothing when Redis is away.
pub(super) async fn read(redis: &ConnectionManager, tenant: TenantId, call: CallId) -> Kept {
    let mut redis = redis.clone();
    let mut command = redis::cmd("HMGET");
    command.arg(key(tenant, call)).arg("reply").arg("taken");
    let found: Result<(Option<String>, Option<u64>), _> = within(command.query_async(&mut redis)).await;
    let Ok((reply, taken)) = found else {
        return Kept::default();
    };
    Kept {
        reply: reply.and_then(|text| serde_json::from_str(&text).ok()),
        taken,
    }
}

/// Says that a turn is being taken.
pub(super) async fn mark(redis: &ConnectionManager, tenant: TenantId, call: CallId, number: u64) {
    set(redis, tenant, call, "taken", &number.to_string()).await;
}

/// Keeps an answer.
pub(super) async fn store(redis: &ConnectionManager, tenant: TenantId, call: CallId, reply: &Reply) {
    if let Ok(text) = serde_json::to_string(reply) {
        set(redis, tenant, call, "reply", &text).await;
    }
}

async fn set(redis: &ConnectionManager, tenant: TenantId, call: CallId, field: &str, value: &str) {
    let mut redis = redis.clone();
    let key = key(tenant, call);
    let mut pipeline = redis::pipe();
    pipeline
        .hset(&key, field, value)
        .ignore()
        .expire(&key, i64::from(KEEP_SECONDS))
        .ignore();
    if within::<()>(pipeline.query_async(&mut redis)).await.is_err() {
        // The instance that has the call goes on with it; another one would not know a repeat.
        metrics::counter!("phony_gather_not_kept_total").increment(1);
    }
}
