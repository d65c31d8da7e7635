//! Turns find their conversation: here, or it is taken over from where it ran before.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use phony_conversation::Record;
use phony_conversation::core::Handoff;
use phony_conversation::plan::CallPlan;
use phony_conversation::record::RecordBody;
use phony_kernel::call::Ending;
use phony_kernel::{CallId, TenantId};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep, timeout};

use super::desk::{Brought, QUEUE_TURNS, Seat};
use super::kept::{self, Kept, Reply};
use super::wire::{GatherWire, Setting};
use super::{GatherAnswer, GatherHeard, GatherNext, GatherOpening, GatherPartial, GatherTurn, Nudge};
use crate::calls::Calls;
use crate::handle::Order;
use crate::letters::tell_end;

/// A conversation answers long before that; the carrier gives up after 15 seconds.
const ANSWER_WITHIN: Duration = Duration::from_secs(9);
/// Time for a conversation to leave that has been talked on elsewhere.
const LEAVE_WITHIN: Duration = Duration::from_millis(400);
/// How often a turn looks for its conversation, which may end while it comes.
const TRIES: usize = 3;

impl Calls {
    /// Where this instance says that the carrier shall come for words. Only the first one told is used.
    pub fn nudge_by(&self, nudges: mpsc::Sender<Nudge>) {
        let _ = self.0.gather.nudges.set(nudges);
    }

    /// Takes a turn of a call whose conversation runs here and that this token belongs to. Repeats of the last turn
    /// get its answer again. `None` when it does not run here or has been talked on elsewhere.
    pub async fn gather_here(&self, call: CallId, token: &str, turn: &GatherTurn) -> Option<GatherAnswer> {
        let seat = self.0.gather.find(call)?;
        if !seat.admits(&turn.call_sid, token) {
            return None;
        }
        if turn.number > seat.number() {
            self.leave_stale(call).await;
            return None;
        }
        let (sender, reply) = oneshot::channel();
        let is_new = turn.number == seat.number();
        seat.turns.try_send(Brought::Turn(turn.clone(), sender)).ok()?;
        let redis = self.0.bus.as_ref().map(crate::bus::EventBus::redis);
        let place = kept::Place {
            tenant: seat.tenant,
            call,
            token,
        };
        let mark = async {
            if let (Some(redis), true) = (&redis, is_new) {
                kept::mark(redis, place, turn.number).await;
            }
        };
        let (reply, ()) = tokio::join!(timeout(ANSWER_WITHIN, reply), mark);
        let reply = reply.ok()?.ok()?;
        // Before the carrier knows it: the next turn may come to another instance.
        if let (Some(redis), true) = (redis, is_new) {
            kept::store(&redis, place, &reply).await;
        }
        Some(reply.answer)
    }

    /// Takes a turn of a call that has been let in, wherever its conversation ran before.
    pub async fn gather_turn(&self, opening: GatherOpening, turn: GatherTurn) -> GatherAnswer {
        let GatherOpening {
            plan,
            resumed,
            first,
            token,
        } = opening;
        let (tenant, call) = (plan.tenant, plan.call);
        let mut begin = Some((plan.clone(), resumed));
        let place = kept::Place {
            tenant,
            call,
            token: &token,
        };
        if first {
            // Where the caller was to go before is over: they are here.
            let _ = self.take_handoff(tenant, call).await;
        }
        for _ in 0..TRIES {
            if let Some(answer) = self.gather_here(call, &token, &turn).await {
                return answer;
            }
            if let Some(handoff) = self.take_handoff(tenant, call).await {
                return give_back(&plan, turn.number, handoff);
            }
            let Some((plan, resumed)) = begin.take() else {
                continue;
            };
            let kept = match self.0.bus.as_ref().map(crate::bus::EventBus::redis) {
                Some(redis) => kept::read(&redis, place).await,
                None => Kept::default(),
            };
            if let Some(answer) = kept.answer_to(turn.number) {
                return answer.clone();
            }
            if let Some(ending) = goodbye(&kept, &turn) {
                self.end_elsewhere(&plan, ending).await;
                return give_back(&plan, turn.number, Handoff::end());
            }
            let seat = Place {
                call,
                call_sid: turn.call_sid.clone(),
                token: token.clone(),
                number: turn.number,
            };
            self.begin(plan, resumed, first, kept, seat);
        }
        tracing::warn!(call.id = %call, "a turn of {call} found nobody to take it");
        answer_of(&plan, turn.number, GatherNext::TryAgain)
    }

    /// Whether the carrier has still to come for words: it may have come by itself meanwhile.
    #[must_use]
    pub fn gather_waits(&self, call: CallId, nudge: &Nudge) -> bool {
        self.0
            .gather
            .find(call)
            .is_some_and(|seat| seat.admits(&nudge.call_sid, &nudge.token) && seat.number() == nudge.number)
    }

    /// Takes what the caller has said so far. Says whether it may be; `None` when the call does not run here.
    pub fn gather_partial(&self, call: CallId, token: &str, partial: GatherPartial) -> Option<bool> {
        let seat = self.0.gather.find(call)?;
        if !seat.admits(&partial.call_sid, token) {
            return Some(false);
        }
        // One that finds no room is followed by a longer one.
        let _ = seat.turns.try_send(Brought::Partial(partial));
        Some(true)
    }

    /// Runs the conversation on its own, for as long as it takes.
    fn begin(
        &self,
        plan: CallPlan,
        resumed: Option<phony_conversation::Snapshot>,
        first: bool,
        kept: Kept,
        place: Place,
    ) {
        let (sender, turns) = mpsc::channel(QUEUE_TURNS);
        let number = Arc::new(AtomicU64::new(place.number));
        let run = self.0.gather.next_run();
        let seat = Seat {
            run,
            tenant: plan.tenant,
            call_sid: place.call_sid.clone(),
            token: place.token.clone(),
            turns: sender,
            number: number.clone(),
        };
        if !self.0.gather.sit(place.call, seat) {
            return;
        }
        let setting = Setting {
            first,
            kept,
            number,
            token: place.token,
            nudges: self.0.gather.nudges.get().cloned(),
        };
        let wire = GatherWire::new(&plan, setting, turns, self.0.models_of(&plan).chat);
        let leave = Leave {
            calls: self.clone(),
            call: place.call,
            run,
        };
        self.0.gather.runtime.spawn(async move {
            let (tenant, call) = (plan.tenant, plan.call);
            let outcome = leave.calls.run(plan, resumed, wire).await;
            tracing::info!(tenant.id = %tenant, call.id = %call, ?outcome, "turns of {call} are over here");
            drop(leave);
        });
    }

    /// A conversation here that has been talked on elsewhere goes.
    async fn leave_stale(&self, call: CallId) {
        if let Some(handle) = self.find(call) {
            let _ = handle.order(Order::Moved);
        }
        let until = Instant::now() + LEAVE_WITHIN;
        while self.0.gather.find(call).is_some() && Instant::now() < until {
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// The agent has said goodbye at another instance, and the caller had nothing to add: that instance tells the
    /// end; when it is gone, it is told here.
    async fn end_elsewhere(&self, plan: &CallPlan, ending: Ending) {
        let (tenant, call): (TenantId, CallId) = (plan.tenant, plan.call);
        if matches!(self.end_outside(tenant, call, ending.clone()).await, Ok(true)) {
            return;
        }
        let at = self.0.config.clock.now();
        if let Some(redis) = &self.0.redis {
            redis.directory.leave(tenant, call);
        }
        if let Some(bus) = &self.0.bus {
            tell_end(
                bus,
                &self.0.config.clock,
                tenant,
                call,
                &plan.call_sid,
                ending.clone(),
            );
        }
        self.0.journal.note(Record {
            tenant,
            call,
            body: RecordBody::Ended { at, ending },
        });
    }
}

/// Where a conversation is found.
struct Place {
    call: CallId,
    call_sid: String,
    token: String,
    number: u64,
}

/// Gives the place up, however the run ends.
struct Leave {
    calls: Calls,
    call: CallId,
    run: u64,
}

impl Drop for Leave {
    fn drop(&mut self) {
        self.calls.0.gather.leave(self.call, self.run);
    }
}

/// The end that a silent caller brings about after the agent's goodbye.
fn goodbye(kept: &Kept, turn: &GatherTurn) -> Option<Ending> {
    let Reply { answer, then, .. } = kept.reply.as_ref()?;
    (answer.number == turn.number && turn.heard == GatherHeard::Nothing)
        .then(|| then.clone())
        .flatten()
}

fn give_back(plan: &CallPlan, number: u64, handoff: Handoff) -> GatherAnswer {
    answer_of(plan, number + 1, GatherNext::GiveBack(handoff))
}

fn answer_of(plan: &CallPlan, number: u64, next: GatherNext) -> GatherAnswer {
    GatherAnswer {
        number,
        voice: plan.personality.voice.clone(),
        language: plan.personality.language.clone(),
        say: Vec::new(),
        next,
    }
}
