//! What the topics of the outbox ask for.

use std::str::FromStr;

use phony_app::App;
use phony_app::calls::outbound::{
    DIAL_CHECK_TOPIC, ERASE_TOPIC, FIRST_PRICE_SECONDS, MACHINE_TOPIC, PRICE_TOPIC, erase_events,
};
use phony_app::exports::{self, EXPORT_RUN};
use phony_app::mail::MAIL_TOPIC;
use phony_app::numbers::{DRIFTED_TOPIC, PURCHASE_TOPIC, SYNC_TOPIC};
use phony_app::privacy::{PRIVACY_COPY, PRIVACY_ERASE};
use phony_app::recordings::{
    self, RECORDING_ERASE, RECORDING_FETCH, RECORDING_FORGET, RECORDING_READY, RECORDING_SETTLE,
};
use phony_db::calls::closing::CALL_ENDED;
use phony_db::outbox::{self, Claimed};
use phony_kernel::ids::InvalidId;
use phony_kernel::{CallId, DataCopyId, ErasureId, Error, ExportId, NumberId, RecordingId, Result, TenantId};
use serde_json::{Value, json};

use crate::Worker;

/// One piece of work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Job {
    /// Make the file of an export.
    Export(ExportId),
    /// Find out what became of the purchase of a number.
    Purchase(NumberId),
    /// Tell the carrier anew where a number sends what happens to it.
    Number(NumberId),
    /// A number was changed at the carrier; nobody is to be told about it yet.
    NumberDrifted,
    /// A call has ended: its recordings should be over soon. Nobody else is to be told about it yet.
    CallEnded(CallId),
    /// Fetch the file of a recording.
    Fetch(RecordingId),
    /// Delete the file of a recording.
    Erase(RecordingId),
    /// Delete the carrier's copy of a recording.
    Forget(RecordingId),
    /// Ask the carrier what became of a recording.
    Settle(RecordingId),
    /// Find out what became of a dial; how often it was tried.
    Dial(CallId, usize),
    /// Do what is to be done about what has answered a call.
    Machine(CallId),
    /// Ask the carrier what it charges for a call; how often it was tried.
    Price(CallId, usize),
    /// Delete what was said in a call that was erased.
    EraseCall(CallId),
    /// A recording can be heard; nobody is to be told about it yet.
    RecordingReady,
    /// Make the file of a copy of data.
    Copy(DataCopyId),
    /// Erase a contact, or close a company.
    Erasure(ErasureId),
    /// Send a mail.
    Mail(Value),
}

impl Job {
    /// Reads a claimed row. A topic that this build does not know fails, and so waits for one that does.
    pub(crate) fn read(row: &Claimed) -> Result<Self> {
        match row.topic.as_str() {
            EXPORT_RUN => Ok(Self::Export(field(row, "export_id")?)),
            PURCHASE_TOPIC => Ok(Self::Purchase(field(row, "number_id")?)),
            SYNC_TOPIC => Ok(Self::Number(field(row, "number_id")?)),
            DRIFTED_TOPIC => Ok(Self::NumberDrifted),
            CALL_ENDED => Ok(Self::CallEnded(field(row, "call_id")?)),
            RECORDING_FETCH => Ok(Self::Fetch(field(row, "recording_id")?)),
            RECORDING_ERASE => Ok(Self::Erase(field(row, "recording_id")?)),
            RECORDING_FORGET => Ok(Self::Forget(field(row, "recording_id")?)),
            RECORDING_SETTLE => Ok(Self::Settle(field(row, "recording_id")?)),
            DIAL_CHECK_TOPIC => Ok(Self::Dial(field(row, "call_id")?, tries(row))),
            MACHINE_TOPIC => Ok(Self::Machine(field(row, "call_id")?)),
            PRICE_TOPIC => Ok(Self::Price(field(row, "call_id")?, tries(row))),
            ERASE_TOPIC => Ok(Self::EraseCall(field(row, "call_id")?)),
            RECORDING_READY => Ok(Self::RecordingReady),
            PRIVACY_COPY => Ok(Self::Copy(field(row, "export_id")?)),
            PRIVACY_ERASE => Ok(Self::Erasure(field(row, "erasure_id")?)),
            MAIL_TOPIC => Ok(Self::Mail(row.payload.clone())),
            other => Err(Error::internal(anyhow::anyhow!("unknown topic {other}"))),
        }
    }
}

fn field<T: FromStr<Err = InvalidId>>(row: &Claimed, name: &str) -> Result<T> {
    let text = row.payload.get(name).and_then(Value::as_str).unwrap_or_default();
    text.parse().map_err(Error::internal)
}

fn tries(row: &Claimed) -> usize {
    let tries = row.payload.get("try").and_then(Value::as_u64).unwrap_or_default();
    usize::try_from(tries).unwrap_or(usize::MAX)
}

impl Worker {
    /// Does a piece of work. May be repeated: each job leaves the same state however often it runs.
    pub(crate) async fn perform(&self, tenant: TenantId, job: &Job) -> Result<()> {
        match job {
            Job::Export(export) => Box::pin(exports::run(&self.db, &self.store, tenant, *export)).await,
            Job::Purchase(number) => Box::pin(self.app()?.numbers.reconcile_pending(tenant, *number)).await,
            Job::Number(number) => Box::pin(self.app()?.numbers.tell_carrier(tenant, *number)).await,
            Job::CallEnded(call) => {
                let mut tx = self.db.tenant(tenant).await?;
                recordings::settle_later(&mut tx, *call).await?;
                if self.app.is_some() {
                    let payload = json!({ "call_id": call, "try": 0 });
                    outbox::insert_after(&mut tx, PRICE_TOPIC, &payload, FIRST_PRICE_SECONDS).await?;
                }
                tx.commit().await
            }
            Job::Fetch(recording) => Box::pin(self.app()?.recordings.fetch(tenant, *recording)).await,
            Job::Erase(recording) => recordings::erase_file(&self.db, &self.store, tenant, *recording).await,
            Job::Forget(recording) => Box::pin(self.app()?.recordings.forget(tenant, *recording)).await,
            Job::Settle(recording) => Box::pin(self.app()?.recordings.settle(tenant, *recording)).await,
            Job::Dial(call, tries) => Box::pin(self.app()?.outbound.check_dial(tenant, *call, *tries)).await,
            Job::Machine(call) => Box::pin(self.app()?.outbound.act_on_machine(tenant, *call)).await,
            Job::Price(call, tries) => {
                Box::pin(self.app()?.outbound.look_at_record(tenant, *call, *tries)).await
            }
            Job::EraseCall(call) => erase_events(&self.db, tenant, *call).await,
            Job::Copy(copy) => {
                let app = self.app()?;
                let privacy = app.privacy.on(self.db.clone());
                Box::pin(privacy.make_copy(app, tenant, *copy)).await
            }
            Job::Erasure(erasure) => {
                let app = self.app()?;
                let privacy = app.privacy.on(self.db.clone());
                Box::pin(privacy.erase(app, tenant, *erasure)).await
            }
            Job::Mail(payload) => Box::pin(self.send_mail(tenant, payload)).await,
            Job::RecordingReady | Job::NumberDrifted => Ok(()),
        }
    }

    /// What talks to the carrier.
    pub(crate) fn app(&self) -> Result<&App> {
        self.app
            .as_ref()
            .ok_or_else(|| Error::internal(anyhow::anyhow!("this worker does not talk to the carrier")))
    }

    /// Says that a piece of work will not be done.
    pub(crate) async fn give_up(&self, tenant: TenantId, row: &Claimed) -> Result<()> {
        match Job::read(row) {
            Ok(Job::Export(export)) => exports::give_up(&self.db, tenant, export).await,
            Ok(Job::Copy(copy)) => match &self.app {
                Some(app) => app.privacy.on(self.db.clone()).give_up_copy(tenant, copy).await,
                None => Ok(()),
            },
            Ok(Job::Erasure(erasure)) => match &self.app {
                Some(app) => {
                    app.privacy
                        .on(self.db.clone())
                        .give_up_erasure(tenant, erasure)
                        .await
                }
                None => Ok(()),
            },
            Ok(Job::Fetch(recording)) => match &self.app {
                Some(app) => app.recordings.give_up_fetch(tenant, recording).await,
                None => Ok(()),
            },
            Ok(_) | Err(_) => Ok(()),
        }
    }
}
