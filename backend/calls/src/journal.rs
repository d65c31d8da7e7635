//! Records on their way to be stored. A call never waits for them.
//!
//! A full queue runs over into memory, in order. Over a cap the lines that only explain are let go; words,
//! usage and endings are kept up to twice the cap, and losing one of those is an error in the log.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use phony_conversation::record::RecordBody;
use phony_conversation::{EventBody, Record};
use tokio::runtime::Handle;
use tokio::sync::mpsc::{self, error::TrySendError};

/// Records in memory before lesser ones are let go.
const CAP: usize = 50_000;
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(10);

/// The way to the store. Clones share it.
#[derive(Clone)]
pub(crate) struct Journal(Arc<Shared>);

struct Shared {
    records: mpsc::Sender<Record>,
    overflow: Mutex<Overflow>,
    runtime: Handle,
    cap: usize,
}

#[derive(Default)]
struct Overflow {
    queue: VecDeque<Record>,
    flushing: bool,
}

impl Journal {
    /// A journal into `records`; what runs over is brought in by a task on `runtime`.
    pub(crate) fn new(records: mpsc::Sender<Record>, runtime: Handle) -> Self {
        Self::with_cap(records, runtime, CAP)
    }

    fn with_cap(records: mpsc::Sender<Record>, runtime: Handle, cap: usize) -> Self {
        Self(Arc::new(Shared {
            records,
            overflow: Mutex::default(),
            runtime,
            cap,
        }))
    }

    /// Hands a record over, at once.
    pub(crate) fn note(&self, record: Record) {
        let mut overflow = self.0.overflow.lock();
        let record = if overflow.flushing {
            record
        } else {
            match self.0.records.try_send(record) {
                Ok(()) => return,
                Err(TrySendError::Closed(record)) => return lost(&record),
                Err(TrySendError::Full(record)) => record,
            }
        };
        let limit = if must_not_be_lost(&record.body) {
            self.0.cap * 2
        } else {
            self.0.cap
        };
        if overflow.queue.len() >= limit {
            return lost(&record);
        }
        overflow.queue.push_back(record);
        metrics::gauge!("phony_records_overflow").set(overflow.queue.len() as f64);
        if !overflow.flushing {
            overflow.flushing = true;
            tracing::warn!("records of calls come faster than they are stored");
            self.0.runtime.spawn(flush(self.0.clone()));
        }
    }

    /// Waits until nothing is kept in memory any more: all is in the queue, or lost.
    pub(crate) async fn flushed(&self) {
        while !self.0.overflow.lock().queue.is_empty() {
            tokio::time::sleep(LOOK_AGAIN_AFTER).await;
        }
    }
}

async fn flush(shared: Arc<Shared>) {
    loop {
        let Ok(place) = shared.records.reserve().await else {
            let mut overflow = shared.overflow.lock();
            overflow.queue.drain(..).for_each(|record| lost(&record));
            overflow.flushing = false;
            return;
        };
        let mut overflow = shared.overflow.lock();
        let Some(record) = overflow.queue.pop_front() else {
            overflow.flushing = false;
            return;
        };
        metrics::gauge!("phony_records_overflow").set(overflow.queue.len() as f64);
        place.send(record);
    }
}

fn lost(record: &Record) {
    metrics::counter!("phony_records_lost_total").increment(1);
    if must_not_be_lost(&record.body) {
        tracing::error!(tenant.id = %record.tenant, call.id = %record.call, "a record of a call is lost");
    }
}

fn must_not_be_lost(body: &RecordBody) -> bool {
    match body {
        RecordBody::Started { .. } | RecordBody::Usage(_) | RecordBody::Ended { .. } => true,
        RecordBody::FirstAudio { .. } => false,
        RecordBody::Event(event) => matches!(
            event.body,
            EventBody::SpeechFinal { .. }
                | EventBody::SpeechInterrupted { .. }
                | EventBody::CallState { .. }
                | EventBody::SupervisorAction { .. }
                | EventBody::CommandExecuted { .. }
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Utc;
    use phony_conversation::Usage;
    use phony_kernel::{CallId, TenantId};

    fn usage(n: i64) -> Record {
        let (sku, dedupe_key) = ("s".to_owned(), n.to_string());
        let body = RecordBody::Usage(Usage {
            dedupe_key,
            sku,
            quantity: n,
            at: Utc::now(),
            estimated: false,
        });
        Record {
            tenant: TenantId::new(),
            call: CallId::new(),
            body,
        }
    }

    fn lesser() -> Record {
        Record {
            body: RecordBody::FirstAudio { at: Utc::now() },
            ..usage(0)
        }
    }

    #[tokio::test]
    async fn a_full_queue_runs_over_and_nothing_is_lost_or_reordered() {
        let (sender, mut records) = mpsc::channel(2);
        let journal = Journal::new(sender, Handle::current());
        for n in 1..=1_000 {
            journal.note(usage(n));
        }
        for n in 1..=1_000 {
            let record = records.recv().await.unwrap();
            assert!(matches!(record.body, RecordBody::Usage(usage) if usage.quantity == n));
        }
    }

    #[tokio::test]
    async fn it_is_flushed_when_all_is_in_the_queue() {
        let (sender, mut records) = mpsc::channel(2);
        let journal = Journal::new(sender, Handle::current());
        journal.flushed().await;
        for n in 1..=100 {
            journal.note(usage(n));
        }
        let store = tokio::spawn(async move {
            let mut stored = 0;
            while stored < 98 && records.recv().await.is_some() {
                stored += 1;
            }
            records
        });
        tokio::time::timeout(Duration::from_secs(10), journal.flushed())
            .await
            .unwrap();
        let mut records = store.await.unwrap();
        records.close();
        let mut left = 0;
        while records.recv().await.is_some() {
            left += 1;
        }
        assert_eq!(left, 2, "nothing was kept back");
    }

    #[tokio::test]
    async fn over_the_cap_lesser_records_go_first() {
        let (sender, mut records) = mpsc::channel(1);
        let journal = Journal::with_cap(sender, Handle::current(), 3);
        for n in 1..=4 {
            journal.note(usage(n));
        }
        journal.note(lesser());
        for n in 5..=20 {
            journal.note(usage(n));
        }
        drop(journal);
        let mut kept = Vec::new();
        while let Some(record) = records.recv().await {
            match record.body {
                RecordBody::Usage(usage) => kept.push(usage.quantity),
                other => panic!("{other:?}"),
            }
        }
        // One in the queue, six in memory.
        assert_eq!(kept, [1, 2, 3, 4, 5, 6, 7]);
    }
}
