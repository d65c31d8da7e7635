//! What the topics of the outbox ask for.

use phony_app::exports::{self, EXPORT_RUN};
use phony_db::calls::closing::CALL_ENDED;
use phony_db::outbox::Claimed;
use phony_kernel::{Error, ExportId, Result, TenantId};

use crate::Worker;

/// One piece of work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Job {
    /// Make the file of an export.
    Export(ExportId),
    /// A call has ended; nobody is to be told about it yet.
    CallEnded,
}

impl Job {
    /// Reads a claimed row. A topic that this build does not know fails, and so waits for one that does.
    pub(crate) fn read(row: &Claimed) -> Result<Self> {
        match row.topic.as_str() {
            EXPORT_RUN => {
                let id = row
                    .payload
                    .get("export_id")
                    .and_then(serde_json::Value::as_str)
                    .unwrap_or_default();
                id.parse().map(Self::Export).map_err(Error::internal)
            }
            CALL_ENDED => Ok(Self::CallEnded),
            other => Err(Error::internal(anyhow::anyhow!("unknown topic {other}"))),
        }
    }
}

impl Worker {
    /// Does a piece of work. May be repeated: each job leaves the same state however often it runs.
    pub(crate) async fn perform(&self, tenant: TenantId, job: &Job) -> Result<()> {
        match job {
            Job::Export(export) => Box::pin(exports::run(&self.db, &self.deps.store, tenant, *export)).await,
            Job::CallEnded => Ok(()),
        }
    }

    /// Says that a piece of work will not be done.
    pub(crate) async fn give_up(&self, tenant: TenantId, row: &Claimed) -> Result<()> {
        match Job::read(row) {
            Ok(Job::Export(export)) => exports::give_up(&self.db, tenant, export).await,
            Ok(Job::CallEnded) | Err(_) => Ok(()),
        }
    }
}
