//! The one task that appends events to streams and announces them.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use phony_conversation::{Event, EventBody};
use phony_kernel::{CallId, ItemId, TenantId};
use redis::aio::ConnectionManager;
use redis::{RetryMethod, Script};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::{CALL_STREAM_EVENTS, STREAM_SECONDS, Topic, WALL_STREAM_EVENTS, wire};

/// Events that may wait for Redis; the second half of the places is for those that last.
const QUEUE_EVENTS: usize = 8_192;
/// Events sent to Redis in one round trip.
const BATCH_EVENTS: usize = 128;
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(10);
/// Waits between tries of one batch; the last goes on for as long as Redis is away. A batch that Redis refuses is
/// dropped from the live view after them.
const RETRY_AFTER: [Duration; 4] = [
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(250),
    Duration::from_millis(500),
];
/// A failing Redis is reported once in this time.
const REPORT_EVERY: Duration = Duration::from_secs(60);

/// Appends to the call's stream and, when asked, to the wall's, and announces each.
///
/// Numbers only grow within a stream. A conversation counts for itself; an event from outside (number 0) takes
/// the next number, and what the conversation says after it moves on by as many. An event that a retry brings
/// again is left out: one of the conversation by its number, one from outside by its writer's count.
const APPEND: &str = r#"
local text, given = ARGV[1], tonumber(ARGV[6])
local numbers = redis.call('HMGET', KEYS[3], 'last', 'given')
local last, before = tonumber(numbers[1] or 0), tonumber(numbers[2] or 0)
if given > 0 and given <= before then return false end
if given == 0 then
  local written = tonumber(redis.call('HGET', KEYS[3], ARGV[7]) or 0)
  if tonumber(ARGV[8]) <= written then return false end
  redis.call('HSET', KEYS[3], ARGV[7], ARGV[8])
end
local seq = last + 1
if given > seq then seq = given end
if given ~= seq then text = string.gsub(text, '"event":{"seq":%d+', '"event":{"seq":' .. string.format('%d', seq), 1) end
if given == 0 then given = before end
redis.call('HSET', KEYS[3], 'last', seq, 'given', given)
redis.call('EXPIRE', KEYS[3], ARGV[4])
local id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], '*', 'e', text)
redis.call('EXPIRE', KEYS[1], ARGV[4])
redis.call('PUBLISH', KEYS[1], id .. ' ' .. text)
if ARGV[5] == '1' then
  local wall = redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[3], '*', 'e', text)
  redis.call('EXPIRE', KEYS[2], ARGV[4])
  redis.call('PUBLISH', KEYS[2], wall .. ' ' .. text)
end
return id"#;

/// An event on its way.
pub(super) struct Publication {
    pub(super) tenant: TenantId,
    pub(super) call: CallId,
    pub(super) call_sid: String,
    pub(super) event: Event,
    /// Of an event from outside, how many this process has written before and with it.
    outside: u64,
}

impl Publication {
    pub(super) fn new(tenant: TenantId, call: CallId, call_sid: &str, event: Event) -> Self {
        Self {
            tenant,
            call,
            call_sid: call_sid.to_owned(),
            event,
            outside: 0,
        }
    }
}

/// The way to the task. Clones are the same.
#[derive(Clone)]
pub(super) struct Publisher {
    queue: mpsc::Sender<Publication>,
    /// Events that were handed over and are neither in Redis nor dropped.
    unsent: Arc<AtomicUsize>,
}

impl Publisher {
    /// Starts the task; it ends when every publisher is gone.
    pub(super) fn start(redis: ConnectionManager) -> Self {
        let (queue, receiver) = mpsc::channel(QUEUE_EVENTS);
        let unsent = Arc::new(AtomicUsize::new(0));
        tokio::spawn(run(redis, receiver, unsent.clone()));
        Self { queue, unsent }
    }

    /// Hands an event over, or tells that there is no place for it.
    pub(super) fn send(&self, publication: Publication) -> bool {
        let crowded = self.queue.capacity() < QUEUE_EVENTS / 2;
        if crowded && !publication.event.body.is_lasting() {
            return false;
        }
        self.unsent.fetch_add(1, Ordering::Relaxed);
        let sent = self.queue.try_send(publication).is_ok();
        if !sent {
            self.unsent.fetch_sub(1, Ordering::Relaxed);
        }
        sent
    }

    /// Waits until everything is in Redis.
    pub(super) async fn flushed(&self) {
        while self.unsent.load(Ordering::Relaxed) > 0 {
            tokio::time::sleep(LOOK_AGAIN_AFTER).await;
        }
    }
}

async fn run(mut redis: ConnectionManager, mut queue: mpsc::Receiver<Publication>, unsent: Arc<AtomicUsize>) {
    let script = Script::new(APPEND);
    let writer = writer();
    let mut outside = 0;
    let mut reported: Option<Instant> = None;
    let mut batch = Vec::with_capacity(BATCH_EVENTS);
    while queue.recv_many(&mut batch, BATCH_EVENTS).await > 0 {
        let taken = batch.len();
        for publication in batch.iter_mut().filter(|publication| publication.event.seq == 0) {
            outside += 1;
            publication.outside = outside;
        }
        merge_partials(&mut batch);
        let mut tries = 0;
        while let Err(cause) = send(&mut redis, &script, &writer, &batch).await {
            if reported.is_none_or(|at| at.elapsed() > REPORT_EVERY) {
                reported = Some(Instant::now());
                tracing::warn!(error = %cause, "live events cannot be published, redis does not take them");
            }
            let refused = matches!(cause.retry_method(), RetryMethod::NoRetry);
            if refused && tries >= RETRY_AFTER.len() {
                let lost = u64::try_from(batch.len()).unwrap_or(u64::MAX);
                metrics::counter!("bus_events_dropped_total").increment(lost);
                break;
            }
            tokio::time::sleep(RETRY_AFTER[tries.min(RETRY_AFTER.len() - 1)]).await;
            tries += 1;
        }
        batch.clear();
        unsent.fetch_sub(taken, Ordering::Relaxed);
    }
}

/// A partial replaces the one before it, so of several in one batch only the newest matters.
fn merge_partials(batch: &mut Vec<Publication>) {
    let mut newest: HashMap<ItemId, u64> = HashMap::new();
    for publication in batch.iter() {
        if let EventBody::SpeechPartial { item_id, .. } = &publication.event.body {
            newest.insert(*item_id, publication.event.seq);
        }
    }
    batch.retain(|publication| match &publication.event.body {
        EventBody::SpeechPartial { item_id, .. } => newest.get(item_id) == Some(&publication.event.seq),
        _ => true,
    });
}

async fn send(
    redis: &mut ConnectionManager,
    script: &Script,
    writer: &str,
    batch: &[Publication],
) -> redis::RedisResult<()> {
    let mut pipeline = redis::pipe();
    // The server may have forgotten the script. It must not learn it from others in the middle of a batch: the begin of it
    // would fail, and be taken for repeats the next time.
    pipeline.cmd("SCRIPT").arg("LOAD").arg(APPEND).ignore();
    for publication in batch {
        let text = wire::encode(publication.call, &publication.call_sid, &publication.event);
        let mut invocation = script.key(Topic::Call(publication.call).key(publication.tenant));
        invocation
            .key(Topic::Calls.key(publication.tenant))
            .key(numbers_key(publication.tenant, publication.call))
            .arg(text)
            .arg(CALL_STREAM_EVENTS)
            .arg(WALL_STREAM_EVENTS)
            .arg(STREAM_SECONDS)
            .arg(u8::from(publication.event.body.is_for_wall()))
            .arg(publication.event.seq)
            .arg(writer)
            .arg(publication.outside);
        pipeline.invoke_script(&invocation).ignore();
    }
    pipeline.query_async(redis).await
}

/// What the counts of this process stand under.
fn writer() -> String {
    format!("by:{}", Uuid::now_v7().simple())
}

/// Where the numbers of a call's events are counted.
fn numbers_key(tenant: TenantId, call: CallId) -> String {
    format!("t:{{{}}}:numbers:{}", tenant.uuid(), call.uuid())
}

#[cfg(test)]
mod tests {
    use super::*;
    use phony_conversation::Speaker;

    fn partial(item_id: ItemId, seq: u64) -> Publication {
        let event = Event {
            seq,
            at: chrono::Utc::now(),
            offset_ms: 0,
            body: EventBody::SpeechPartial {
                item_id,
                speaker: Speaker::Agent,
                text: seq.to_string(),
            },
        };
        Publication::new(TenantId::new(), CallId::new(), "CA1", event)
    }

    #[tokio::test]
    async fn a_batch_that_is_sent_again_repeats_nothing() {
        let client = redis::Client::open(phony_testkit::redis_url().await).unwrap();
        let mut redis = client.get_connection_manager().await.unwrap();
        let (script, writer) = (Script::new(APPEND), writer());
        let mut batch = vec![
            partial(ItemId::new(), 0),
            partial(ItemId::new(), 0),
            partial(ItemId::new(), 1),
        ];
        let (tenant, call) = (batch[0].tenant, batch[0].call);
        for (count, publication) in (1..).zip(&mut batch) {
            (publication.tenant, publication.call) = (tenant, call);
            publication.outside = count;
        }
        for _ in 0..3 {
            send(&mut redis, &script, &writer, &batch).await.unwrap();
        }
        let key = Topic::Call(call).key(tenant);
        let kept: usize = redis::cmd("XLEN")
            .arg(&key)
            .query_async(&mut redis)
            .await
            .unwrap();
        assert_eq!(kept, 3);
        // Of another process.
        send(&mut redis, &script, "by:another", &batch[..2])
            .await
            .unwrap();
        let kept: usize = redis::cmd("XLEN")
            .arg(&key)
            .query_async(&mut redis)
            .await
            .unwrap();
        assert_eq!(kept, 5);
    }

    #[test]
    fn of_several_partials_of_one_line_the_newest_stays() {
        let (a, b) = (ItemId::new(), ItemId::new());
        let mut batch = vec![partial(a, 1), partial(b, 2), partial(a, 3), partial(a, 4)];
        merge_partials(&mut batch);
        let seqs: Vec<u64> = batch.iter().map(|publication| publication.event.seq).collect();
        assert_eq!(seqs, [2, 4]);
    }
}
