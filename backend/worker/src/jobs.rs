//! What the topics of the outbox ask for.

use std::str::FromStr;

use phony_app::exports::{self, EXPORT_RUN};
use phony_app::numbers::PURCHASE_TOPIC;
use phony_db::calls::closing::CALL_ENDED;
use phony_db::outbox::Claimed;
use phony_kernel::ids::InvalidId;
use phony_kernel::{Error, ExportId, NumberId, Result, TenantId};
use serde_json::Value;

use crate::Worker;

/// One piece of work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Job {
    /// Make the file of an export.
    Export(ExportId),
    /// Find out what became of the purchase of a number.
    Purchase(NumberId),
    /// A call has ended; nobody is to be told about it yet.
    CallEnded,
}

impl Job {
    /// Reads a claimed row. A topic that this build does not know fails, and so waits for one that does.
    pub(crate) fn read(row: &Claimed) -> Result<Self> {
        match row.topic.as_str() {
            EXPORT_RUN => Ok(Self::Export(field(row, "export_id")?)),
            PURCHASE_TOPIC => Ok(Self::Purchase(field(row, "number_id")?)),
            CALL_ENDED => Ok(Self::CallEnded),
            other => Err(Error::internal(anyhow::anyhow!("unknown topic {other}"))),
        }
    }
}

fn field<T: FromStr<Err = InvalidId>>(row: &Claimed, name: &str) -> Result<T> {
    let text = row.payload.get(name).and_then(Value::as_str).unwrap_or_default();
    text.parse().map_err(Error::internal)
}

impl Worker {
    /// Does a piece of work. May be repeated: each job leaves the same state however often it runs.
    pub(crate) async fn perform(&self, tenant: TenantId, job: &Job) -> Result<()> {
        match job {
            Job::Export(export) => Box::pin(exports::run(&self.db, &self.store, tenant, *export)).await,
            Job::Purchase(number) => match &self.app {
                Some(app) => Box::pin(app.numbers.reconcile_pending(tenant, *number)).await,
                None => Err(Error::internal(anyhow::anyhow!(
                    "this worker does not talk to the carrier"
                ))),
            },
            Job::CallEnded => Ok(()),
        }
    }

    /// Says that a piece of work will not be done.
    pub(crate) async fn give_up(&self, tenant: TenantId, row: &Claimed) -> Result<()> {
        match Job::read(row) {
            Ok(Job::Export(export)) => exports::give_up(&self.db, tenant, export).await,
            Ok(Job::Purchase(_) | Job::CallEnded) | Err(_) => Ok(()),
        }
    }
}
