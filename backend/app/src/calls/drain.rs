//! Takes what the call engine hands over and makes it lasting, in batches, also when the database is away.

use std::collections::VecDeque;
use std::time::Duration;

use phony_conversation::event::Speaker;
use phony_conversation::record::{Record, RecordBody};
use phony_conversation::{Event, EventBody, Usage};
use phony_db::calls::{closing, ledger};
use phony_db::error::is_data_fault;
use phony_db::usage::{self, Payer, UsageInsert};
use phony_kernel::{CallId, Kind, Result, TenantId};
use phony_models::catalog;
use serde_json::json;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{CallsArea, outbound};

/// Records in one transaction at the most.
const BATCH: usize = 200;
/// How long a record waits for others.
const GATHER: Duration = Duration::from_millis(50);
/// Records kept in memory while the database is away; then the queue before us fills up.
pub const MAX_PENDING: usize = 10_000;
const FIRST_RETRY: Duration = Duration::from_millis(100);
const LAST_RETRY: Duration = Duration::from_secs(5);
/// How long a stopping process tries to reach a database that is away.
const STOP_PATIENCE: Duration = Duration::from_secs(10);

/// What a drain did, when it is over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DrainReport {
    /// Records stored.
    pub stored: u64,
    /// Records that the database refused by themselves.
    pub refused: u64,
    /// Records not stored because the database was away at the end.
    pub lost: u64,
}

impl CallsArea {
    /// Stores records until the channel is closed or `stop` is called, and everything is stored.
    pub async fn drain_records(
        &self,
        records: mpsc::Receiver<Record>,
        stop: CancellationToken,
    ) -> DrainReport {
        let mut drain = Drain {
            area: self,
            records,
            stop,
            pending: VecDeque::new(),
            open: true,
            report: DrainReport::default(),
        };
        drain.run().await;
        drain.report
    }
}

struct Drain<'a> {
    area: &'a CallsArea,
    records: mpsc::Receiver<Record>,
    stop: CancellationToken,
    pending: VecDeque<Record>,
    open: bool,
    report: DrainReport,
}

impl Drain<'_> {
    async fn run(&mut self) {
        let mut retry = FIRST_RETRY;
        let mut stopping_since = None;
        loop {
            self.gather().await;
            if self.pending.is_empty() {
                return;
            }
            let stored = self.store_batch().await;
            metrics::gauge!("phony_records_pending").set(self.pending.len() as f64);
            if let Err(error) = stored {
                tracing::error!(
                    error = ?error, pending.count = self.pending.len(),
                    "records of calls cannot be stored, {} wait in memory", self.pending.len()
                );
                if !self.open && stopping_since.get_or_insert_with(Instant::now).elapsed() > STOP_PATIENCE {
                    self.report.lost = self.pending.len() as u64;
                    tracing::error!(lost.count = self.report.lost, "records of calls are lost");
                    return;
                }
                self.wait(retry).await;
                retry = (retry * 2).min(LAST_RETRY);
            } else {
                retry = FIRST_RETRY;
            }
        }
    }

    /// Waits for a record, then a moment for others; the end of a call does not wait.
    async fn gather(&mut self) {
        if self.pending.is_empty() && self.open {
            self.receive().await;
        }
        let deadline = Instant::now() + GATHER;
        while self.open && self.pending.len() < BATCH && !self.pending.back().is_some_and(is_end) {
            if tokio::time::timeout_at(deadline, self.receive()).await.is_err() {
                return;
            }
        }
    }

    /// One more record, or the news that there will be none.
    async fn receive(&mut self) {
        loop {
            let stopped = self.records.is_closed();
            tokio::select! {
                biased;
                () = self.stop.cancelled(), if !stopped => self.records.close(),
                record = self.records.recv() => {
                    match record {
                        Some(record) => self.pending.push_back(record),
                        None => self.open = false,
                    }
                    return;
                }
            }
        }
    }

    /// Lets time pass without letting the queue before us run over.
    async fn wait(&mut self, time: Duration) {
        let deadline = Instant::now() + time;
        while self.open && self.pending.len() < MAX_PENDING {
            if tokio::time::timeout_at(deadline, self.receive()).await.is_err() {
                return;
            }
        }
        tokio::time::sleep_until(deadline).await;
    }

    /// Stores the oldest records, a transaction for each tenant. What fails, but for the data's own fault, stays in
    /// its order; while the database answers, what fails for one tenant does not hold up the others.
    async fn store_batch(&mut self) -> Result<()> {
        let take = self.pending.len().min(BATCH);
        let mut groups: Vec<(TenantId, Vec<Record>)> = Vec::new();
        for record in self.pending.drain(..take) {
            match groups.iter_mut().find(|(tenant, _)| *tenant == record.tenant) {
                Some((_, group)) => group.push(record),
                None => groups.push((record.tenant, vec![record])),
            }
        }
        let mut failed = None;
        let mut left = Vec::new();
        for (tenant, group) in groups {
            if matches!(&failed, Some(error) if is_away(error)) {
                left.extend(group);
            } else if let Err((error, rest)) = self.store_group(tenant, group).await {
                left.extend(rest);
                failed = Some(error);
            }
        }
        for record in left.into_iter().rev() {
            self.pending.push_front(record);
        }
        failed.map_or(Ok(()), Err)
    }

    /// Stores the records of one tenant; one that the database refuses does not take the others with it.
    async fn store_group(
        &mut self,
        tenant: TenantId,
        group: Vec<Record>,
    ) -> Result<(), (phony_kernel::Error, Vec<Record>)> {
        match self.area.store(tenant, &group).await {
            Ok(()) => {
                self.report.stored += group.len() as u64;
                return Ok(());
            }
            Err(error) if !is_data_fault(&error) => return Err((error, group)),
            Err(_) => {}
        }
        let mut rest = group.into_iter();
        while let Some(record) = rest.next() {
            match self.area.store(tenant, std::slice::from_ref(&record)).await {
                Ok(()) => self.report.stored += 1,
                Err(error) if !is_data_fault(&error) => {
                    return Err((error, std::iter::once(record).chain(rest).collect()));
                }
                Err(error) => {
                    self.report.refused += 1;
                    metrics::counter!("phony_records_refused_total").increment(1);
                    tracing::error!(
                        tenant.id = %tenant, call.id = %record.call, error = ?error,
                        "a record of a call was refused by the database"
                    );
                }
            }
        }
        Ok(())
    }
}

fn is_away(error: &phony_kernel::Error) -> bool {
    error.kind() == Kind::Unavailable
}

fn is_end(record: &Record) -> bool {
    matches!(record.body, RecordBody::Ended { .. })
}

impl CallsArea {
    /// Stores records of one tenant in one transaction: the ledger first, the end last.
    async fn store(&self, tenant: TenantId, records: &[Record]) -> Result<()> {
        let mut tx = self.db.tenant(tenant).await?;
        let mut events: Vec<(CallId, &Event)> = Vec::new();
        let mut used: Vec<(CallId, &Usage)> = Vec::new();
        let mut ended = Vec::new();
        for record in records {
            match &record.body {
                RecordBody::Started { at } => ledger::note_started(&mut tx, record.call, *at).await?,
                RecordBody::FirstAudio { at } => ledger::note_first_audio(&mut tx, record.call, *at).await?,
                RecordBody::Event(event) if event.body.is_lasting() => events.push((record.call, event)),
                RecordBody::Event(_) => {}
                RecordBody::Usage(usage) => used.push((record.call, usage)),
                RecordBody::Ended { at, ending } => ended.push((record.call, at, ending)),
            }
        }
        ledger::append(&mut tx, &events).await?;
        for (call, event) in &events {
            super::transfers::note_away(&mut tx, *call, event).await?;
        }
        for (call, event) in &events {
            match &event.body {
                EventBody::SpeechFinal {
                    speaker: Speaker::Caller,
                    text,
                    ..
                } => outbound::heard(&mut tx, &self.number_keys, *call, event.offset_ms, text).await?,
                EventBody::DtmfReceived { digit, .. } => {
                    outbound::pressed(&mut tx, &self.number_keys, *call, event, digit).await?;
                }
                _ => {}
            }
        }
        if !used.is_empty() {
            let calls: Vec<CallId> = used.iter().map(|(call, _)| *call).collect();
            let bookings = ledger::list_bookings(&mut tx, &calls).await?;
            let inserts: Vec<UsageInsert> = used
                .iter()
                .map(|(call, usage)| booked(*call, usage, &bookings))
                .collect();
            usage::insert_all(&mut tx, &inserts).await?;
        }
        for (call, at, ending) in ended {
            if closing::end(&mut tx, call, ending, *at, Some(self.instance)).await? {
                tracing::info!(
                    tenant.id = %tenant, call.id = %call, ended.reason = ending.reason.as_str(),
                    "call {call} ended: {}", ending.reason
                );
            }
        }
        tx.commit().await
    }
}

/// A model that was trained for one customer is priced as the one it was trained from.
fn priced_sku(sku: &str) -> String {
    let parts = sku.strip_prefix("openai.").and_then(|rest| rest.rsplit_once('.'));
    match parts {
        Some((model, class)) => format!("openai.{}.{class}", catalog::priced_as(model)),
        None => sku.to_owned(),
    }
}

/// What a call has used of the models, as it is booked: on whoever's key it talks by.
pub(super) fn booked(call: CallId, used: &Usage, bookings: &[ledger::CallBooking]) -> UsageInsert {
    let booking = bookings.iter().find(|booking| booking.call == call);
    UsageInsert {
        dedupe_key: used.dedupe_key.clone(),
        sku: priced_sku(&used.sku),
        quantity: used.quantity,
        event_time: used.at,
        billing_time: booking.map_or(used.at, |booking| booking.billing_time),
        payer: match booking {
            Some(booking) if booking.own_models => Payer::Tenant,
            _ => Payer::Platform,
        },
        call: Some(call),
        number: booking.and_then(|booking| booking.number),
        personality: booking.and_then(|booking| booking.personality),
        corrects: None,
        source: "engine",
        meta: json!({ "estimated": used.estimated }),
    }
}
