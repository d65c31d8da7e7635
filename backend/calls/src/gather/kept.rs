//! What of a call of turns is neither in its events nor in the database: the last answer, and whether a turn is being
//! taken. Kept in Redis, so that any instance can answer a repeat and go on.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use phony_kernel::call::Ending;
use phony_kernel::{CallId, TenantId};
use redis::aio::ConnectionManager;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

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

/// Whose turns are kept: those of one token of a call. A caller who went to somebody else and is back has another one,
/// and nothing that was said before is an answer to those turns.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) tenant: TenantId,
    pub(super) call: CallId,
    pub(super) token: &'a str,
}

/// Where all of a call is kept, whatever its token: an erasure knows the call alone.
pub(crate) fn key(tenant: TenantId, call: CallId) -> String {
    format!("t:{{{}}}:gather:{}", tenant.uuid(), call.uuid())
}

impl Place<'_> {
    /// Name of a field of this token's.
    fn field(&self, what: &str) -> String {
        let mark = Sha256::digest(self.token);
        let mark = mark.iter().take(8).fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        });
        format!("{mark}:{what}")
    }
}

/// Reads what is kept; nothing when Redis is away.
pub(super) async fn read(redis: &ConnectionManager, place: Place<'_>) -> Kept {
    let mut redis = redis.clone();
    let mut command = redis::cmd("HMGET");
    command
        .arg(key(place.tenant, place.call))
        .arg(place.field("reply"))
        .arg(place.field("taken"));
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
pub(super) async fn mark(redis: &ConnectionManager, place: Place<'_>, number: u64) {
    set(redis, place, "taken", &number.to_string()).await;
}

/// Keeps an answer.
pub(super) async fn store(redis: &ConnectionManager, place: Place<'_>, reply: &Reply) {
    if let Ok(text) = serde_json::to_string(reply) {
        set(redis, place, "reply", &text).await;
    }
}

async fn set(redis: &ConnectionManager, place: Place<'_>, field: &str, value: &str) {
    let mut redis = redis.clone();
    let key = key(place.tenant, place.call);
    let mut pipeline = redis::pipe();
    pipeline
        .hset(&key, place.field(field), value)
        .ignore()
        .expire(&key, i64::from(KEEP_SECONDS))
        .ignore();
    if within::<()>(pipeline.query_async(&mut redis)).await.is_err() {
        // The instance that has the call goes on with it; another one would not know a repeat.
        metrics::counter!("phony_gather_not_kept_total").increment(1);
    }
}
