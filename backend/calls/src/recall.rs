//! A call that comes with another socket: its conversation from the socket before, or from what is known of it.

use std::sync::Arc;
use std::time::Duration;

use phony_conversation::Snapshot;
use phony_conversation::core::Core;
use phony_conversation::plan::CallPlan;
use phony_kernel::call::Ending;
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::bus::Topic;
use crate::calls::Calls;
use crate::handle::{CallHandle, HandedOver, Order};
use crate::remote::Letter;

/// A new socket does not wait longer for what is known of the call.
const RECALL_WITHIN: Duration = Duration::from_millis(400);
/// Room in the numbers of a call that goes on, for what is still on its way from before.
const SEQ_ROOM: u64 = 1_000;

impl Calls {
    /// The conversation from the socket before, if that was here.
    pub(crate) async fn taken_over(&self, before: Option<CallHandle>) -> Option<HandedOver> {
        let (sender, handed_over) = oneshot::channel();
        before?.order(Order::HandOver(sender)).ok()?;
        timeout(RECALL_WITHIN, handed_over).await.ok()?.ok()
    }

    /// The conversation from what is stored of it and what everybody could see, unless that shows its end. Either
    /// may be behind the other: the stream by what a dead instance did not publish, or by the whole of it when
    /// Redis was emptied, and the database by what waits for it.
    pub(crate) async fn recall(
        &self,
        plan: &Arc<CallPlan>,
        resumed: Option<Snapshot>,
    ) -> Result<Core, Ending> {
        let (tenant, call) = (plan.tenant, plan.call);
        let had_socket = resumed.is_some();
        let mut snapshot = resumed.unwrap_or_default();
        if let (Some(bus), Some(redis)) = (&self.0.bus, &self.0.redis) {
            match redis.directory.claim(tenant, call, plan.engine).await {
                Ok(Some(before)) => {
                    // Nobody at home there: that instance is dead, and its call is ours.
                    let _ = redis.post.send(before, &Letter::Moved { tenant, call }).await;
                }
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(call.id = %call, error = ?error, "call {call} is not in the directory");
                }
            }
            match timeout(RECALL_WITHIN, bus.read(tenant, Topic::Call(call))).await {
                Ok(Ok((seen, _))) => seen.iter().for_each(|seen| snapshot.apply(&seen.event)),
                _ => {
                    tracing::warn!(call.id = %call, "what was seen of call {call} cannot be read");
                }
            }
        }
        if let Some(ending) = snapshot.ending {
            return Err(ending);
        }
        let goes_on = had_socket || !snapshot.items.is_empty();
        let core = Core::resume(plan.clone(), &snapshot, self.now());
        Ok(if goes_on {
            core.after_seq(snapshot.seq + SEQ_ROOM)
        } else {
            core
        })
    }
}
