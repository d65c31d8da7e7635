//! What conversations want of the recordings of their calls: told to whoever talks to the carrier, who tells back what
//! came of it.

use std::sync::{Arc, OnceLock};

use phony_conversation::EventBody;
use phony_conversation::command::RecordOp;
use phony_conversation::plan::CallPlan;
use phony_kernel::{CallId, Result, TenantId};
use tokio::sync::mpsc;

use crate::calls::Calls;
use crate::handle::Order;
use crate::remote::Letter;

/// The agent wants the recording of its call changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordingOrder {
    /// Whose call.
    pub tenant: TenantId,
    /// Which.
    pub call: CallId,
    /// What is wanted.
    pub op: RecordOp,
}

/// The way to who changes recordings. Clones are the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Recorder(Arc<OnceLock<mpsc::Sender<RecordingOrder>>>);

impl Recorder {
    /// Passes a wish on; nothing waits for it.
    pub(crate) fn order(&self, plan: &CallPlan, op: RecordOp) {
        let order = RecordingOrder {
            tenant: plan.tenant,
            call: plan.call,
            op,
        };
        let sent = self.0.get().is_some_and(|orders| orders.try_send(order).is_ok());
        if !sent {
            metrics::counter!("phony_recording_orders_lost_total").increment(1);
            tracing::error!(
                recording.op = op.as_str(),
                "nobody takes what a conversation wants of its recording"
            );
        }
    }
}

impl Calls {
    /// What conversations want of their recordings goes there; the first one told stays.
    pub fn record_by(&self, orders: mpsc::Sender<RecordingOrder>) {
        let _ = self.0.recorder.0.set(orders);
    }

    /// Tells a conversation, wherever it runs, what others have done with its call, so that it stands in its place
    /// among what was said. `false` when none runs: then nobody has been told.
    ///
    /// # Errors
    /// `call_busy`, `call_unreachable`, `unavailable`.
    pub async fn note(&self, tenant: TenantId, call: CallId, body: EventBody) -> Result<bool> {
        if let Some(handle) = self.find(call).filter(|handle| handle.tenant == tenant) {
            handle.order(Order::Note(Box::new(body)))?;
            return Ok(true);
        }
        let Some((redis, owner)) = self.elsewhere(tenant, call).await? else {
            return Ok(false);
        };
        let body = Box::new(body);
        redis
            .post
            .send(owner, &Letter::Note { tenant, call, body })
            .await?;
        Ok(true)
    }
}
