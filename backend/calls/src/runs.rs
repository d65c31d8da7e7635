//! A call on its socket, from the first message (which has been read) to the end: one entry for each engine.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use phony_conversation::plan::CallPlan;
use phony_conversation::record::RecordBody;
use phony_conversation::{Record, Snapshot};
use tokio::sync::mpsc;

use crate::actor::{self, Links};
use crate::calls::{Calls, Outcome};
use crate::handle::{CallHandle, HandedOver, QUEUE_ORDERS};
use crate::realtime::{Around, RealtimeWire};
use crate::relay_wire::RelayWire;
use crate::seat::Seat;
use crate::socket::{RelaySocket, StreamSocket};
use crate::wire::Wire;

impl Calls {
    /// Runs a call on its relay socket. `resumed` is what the database knows of a call that had a socket before.
    pub async fn run_relay(
        &self,
        plan: CallPlan,
        resumed: Option<Snapshot>,
        socket: impl RelaySocket,
    ) -> Outcome {
        let wire = RelayWire::new(socket, self.0.models_of(&plan).chat);
        self.run(plan, resumed, wire).await
    }

    /// Runs a call on its sound socket, whose stream the carrier names `stream_sid`.
    pub async fn run_stream(
        &self,
        plan: CallPlan,
        resumed: Option<Snapshot>,
        stream_sid: &str,
        socket: impl StreamSocket,
    ) -> Outcome {
        let around = Around {
            bus: self.0.bus.clone(),
            epoch: self.0.epoch,
        };
        let client = self.0.models_of(&plan).realtime;
        let wire = RealtimeWire::new(socket, stream_sid, client, &plan, around);
        self.run(plan, resumed, wire).await
    }

    /// Runs a call on its wire.
    pub(crate) async fn run(
        &self,
        plan: CallPlan,
        resumed: Option<Snapshot>,
        mut wire: impl Wire,
    ) -> Outcome {
        let (tenant, call) = (plan.tenant, plan.call);
        let known_here = self.find(call);
        // A caller in the middle of a talk is not sent away by an instance that still serves others.
        let is_new = resumed.as_ref().is_none_or(|resumed| resumed.seq == 0);
        if known_here.is_none() && (!self.has_room() || is_new && self.is_draining()) {
            metrics::counter!("phony_calls_refused_total").increment(1);
            tracing::warn!(tenant.id = %tenant, call.id = %call, "call {call} is refused, there is no room");
            wire.close().await;
            return Outcome::Refused;
        }
        let plan = Arc::new(plan);
        let mut handed_over = match self.taken_over(known_here).await {
            Some(handed_over) => handed_over,
            None => match self.recall(&plan, resumed).await {
                Ok(core) => HandedOver::fresh(core),
                Err(ending) => {
                    if let Some(redis) = &self.0.redis {
                        redis.directory.leave(tenant, call);
                    }
                    // The store let the socket in, so it does not know of the end yet.
                    let (at, ending_noted) = (self.0.config.clock.now(), ending.clone());
                    self.0.journal.note(Record {
                        tenant,
                        call,
                        body: RecordBody::Ended {
                            at,
                            ending: ending_noted,
                        },
                    });
                    wire.close().await;
                    return Outcome::Ended(ending);
                }
            },
        };
        handed_over.core = wire.prepare(handed_over.core);
        let (orders, mailbox) = mpsc::channel(QUEUE_ORDERS);
        let (state, state_seen) = tokio::sync::watch::channel(handed_over.core.state());
        let moving = Arc::new(AtomicBool::new(false));
        let handle = CallHandle {
            tenant,
            call,
            orders,
            state: state_seen,
            moving: moving.clone(),
            tap: wire.tap(),
        };
        let run = self.0.next_run.fetch_add(1, Ordering::Relaxed);
        let _seat = Seat::take(self, run, handle);
        let links = Links {
            journal: self.0.journal.clone(),
            bus: self.0.bus.clone(),
            directory: self.0.redis.as_ref().map(|redis| redis.directory.clone()),
            clock: self.0.config.clock.clone(),
            epoch: self.0.epoch,
            handoffs: self.0.handoffs.clone(),
            recorder: self.0.recorder.clone(),
            transfers: self.transfers(),
        };
        let outcome = Box::pin(actor::run(handed_over, links, wire, mailbox, state, moving)).await;
        match (&self.0.redis, &outcome) {
            (_, Outcome::Released) => {
                self.0.released.lock().insert(call);
            }
            (Some(redis), Outcome::Ended(_)) => redis.directory.leave(tenant, call),
            _ => {}
        }
        outcome
    }
}
