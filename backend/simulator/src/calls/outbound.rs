//! A call made through `POST Calls.json` or into a conference: queued for its turn, dialled, rung, and answered or not as
//! the telephone is set up.

use std::sync::Arc;

use tokio::sync::mpsc::UnboundedReceiver;

use super::callbacks::{self, Plan, Queued};
use super::machine::{self, Detection};
use super::runner::{Flow, Runner};
use super::webhook::Fetch;
use super::{Call, Direction, Parties, Signal, Status, through};
use crate::callers;
use crate::clock::Millis;
use crate::control::targets::{Outcome, Target};
use crate::recordings::{self, Wish};
use crate::rest::accounts::Account;
use crate::rest::incoming::Number;
use crate::twiml::Element;
use crate::world::World;

/// Time from the request to dialling, and from dialling to ringing.
const STEP_MS: Millis = 200;
/// Rings a little longer than asked, as carriers do.
pub(crate) const RING_BUFFER_S: u64 = 5;

/// Where an answered call gets its instructions.
#[derive(Debug, Clone)]
pub(crate) enum Instructions {
    Url {
        url: String,
        method: String,
    },
    Twiml(String),
    /// Ours, for somebody who is called into a conference.
    Verbs(Vec<Element>),
}

/// What the application asked for.
pub(crate) struct Order {
    pub(crate) account: Account,
    pub(crate) number_sid: Option<String>,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) instructions: Instructions,
    pub(crate) fallback: Option<(String, String)>,
    pub(crate) plan: Plan,
    pub(crate) timeout_s: u64,
    pub(crate) time_limit_s: u64,
    pub(crate) detection: Option<Detection>,
    pub(crate) send_digits: Option<String>,
    pub(crate) record: Option<Wish>,
}

/// Queues the call, which is not yet dialled; [`Pending::dial`] does that.
pub(crate) fn prepare(world: &Arc<World>, order: Order) -> Pending {
    let now = world.clock.now();
    let parties = Parties {
        account_sid: order.account.sid.clone(),
        auth_token: order.account.auth_token.clone(),
        number_sid: order.number_sid.clone(),
        parent_sid: None,
        from: order.from.clone(),
        to: order.to.clone(),
        direction: Direction::OutboundApi,
        queue_ms: world.turn(&order.account.sid, now),
    };
    let (call, ends) = Call::new(parties, order.plan.clone(), now);
    world.add_call(&call);
    world.spawn(callbacks::deliver(
        Arc::clone(world),
        Arc::clone(&call),
        ends.callbacks,
    ));
    let target = world.target(&order.to);
    let number = world.rings_through(&order.to);
    if number.is_none() {
        target.describe(&call);
        world.spawn(callers::drive(
            Arc::clone(world),
            Arc::clone(&call),
            target.script.clone(),
            ends.steps,
            target.manners(),
        ));
    }
    Pending {
        world: Arc::clone(world),
        call,
        inbox: ends.signals,
        order,
        target,
        number,
    }
}

/// A call that waits to be dialled.
pub(crate) struct Pending {
    world: Arc<World>,
    pub(crate) call: Arc<Call>,
    inbox: UnboundedReceiver<Signal>,
    order: Order,
    target: Target,
    /// It rings at another number of the carrier, and not at a telephone.
    number: Option<Number>,
}

impl Pending {
    /// Sends it on its way and returns at once.
    pub(crate) fn dial(self) -> Arc<Call> {
        let call = Arc::clone(&self.call);
        let world = Arc::clone(&self.world);
        world.spawn(self.ring_out());
        call
    }

    async fn ring_out(mut self) {
        let status = match self.until_answer().await {
            Ok(()) => return self.answered().await,
            Err(status) => status,
        };
        let Self { world, call, .. } = self;
        call.note_end(if status == Status::Canceled {
            "api"
        } else {
            "carrier"
        });
        if call.advance(status, world.clock.now()) {
            callbacks::announce(&call, status);
        }
        crate::conferences::gone(&world, &call, "participant_add_failed");
        // Nobody delivers after a stop, and then nobody looks either.
        let _ = call.callbacks.send(Queued::Last);
    }

    async fn answered(mut self) {
        let (world, call) = (Arc::clone(&self.world), Arc::clone(&self.call));
        if let Some(wish) = self.order.record.take() {
            recordings::start(&world, &call, wish);
        }
        self.limit();
        let mut over = None;
        match &self.order.detection {
            Some(wanted) if wanted.beside => machine::beside(&world, &call, &self.target, wanted),
            Some(wanted) => {
                let listened = machine::before(&world, &call, &mut self.inbox, &self.target, wanted).await;
                over = listened.err();
            }
            None => {}
        }
        if let Some(keys) = &self.order.send_digits {
            call.note_heard(world.clock.now(), "digits", keys);
        }
        let first = match (over, self.order.instructions) {
            (Some(who), _) => Flow::End(who),
            (None, Instructions::Twiml(body)) => Flow::Twiml(body),
            (None, Instructions::Verbs(verbs)) => Flow::Verbs(verbs),
            (None, Instructions::Url { url, method }) => Flow::Fetch(Fetch {
                kind: "voice",
                url,
                method,
                params: call.params(Status::InProgress),
            }),
        };
        let runner = Runner {
            world,
            call,
            inbox: self.inbox,
            base: None,
            fallback: self.order.fallback,
            unanswered: Status::Failed,
        };
        runner.run(first).await;
    }

    /// Ends the call when it has lasted as long as it may.
    fn limit(&self) {
        let (world, call) = (Arc::clone(&self.world), Arc::clone(&self.call));
        let most = self.order.time_limit_s * 1_000;
        self.world.spawn(async move {
            tokio::select! {
                () = world.clock.sleep(most) => {
                    call.note_end("time limit");
                    call.signal(Signal::Complete);
                }
                () = call.until(|s| s.status.is_over()) => {}
            }
        });
    }

    /// Waits for its turn, dials and rings; the error is the status of a call nobody answered.
    async fn until_answer(&mut self) -> Result<(), Status> {
        self.wait(self.call.queue_ms).await?;
        let outcome = self.target.outcome;
        for status in [Status::Initiated, Status::Ringing] {
            self.wait(STEP_MS).await?;
            if outcome == Outcome::Failed && status == Status::Ringing {
                self.refused("404", Some((13_224, "Dial: Invalid phone number")));
                return Err(Status::Failed);
            }
            self.call.advance(status, self.world.clock.now());
            callbacks::announce(&self.call, status);
        }
        let patience = (self.order.timeout_s + RING_BUFFER_S) * 1_000;
        if let Some(number) = self.number.take() {
            self.ring_number(&number, patience).await?;
            self.call.advance(Status::InProgress, self.world.clock.now());
            callbacks::announce(&self.call, Status::InProgress);
            return Ok(());
        }
        if outcome == Outcome::NoAnswer || self.target.ring_ms > patience {
            self.wait(patience.min(self.target.gives_up_ms.unwrap_or(patience)))
                .await?;
            return Err(Status::NoAnswer);
        }
        self.wait(self.target.ring_ms).await?;
        match outcome {
            Outcome::Busy => return Err(Status::Busy),
            Outcome::Reject => {
                self.refused("603", None);
                return Err(Status::Failed);
            }
            _ => {}
        }
        self.call.advance(Status::InProgress, self.world.clock.now());
        callbacks::announce(&self.call, Status::InProgress);
        Ok(())
    }

    /// Rings another number of the carrier until somebody there answers.
    async fn ring_number(&mut self, number: &Number, patience: Millis) -> Result<(), Status> {
        let Some(far) = through::ring(&self.world, &self.call, number) else {
            return Err(Status::Busy);
        };
        let answered = far.until(|s| s.status >= Status::InProgress);
        tokio::select! {
            () = answered => {}
            waited = self.wait(patience) => {
                waited?;
                return Err(Status::NoAnswer);
            }
        }
        match far.status() {
            Status::InProgress | Status::Completed => Ok(()),
            _ => Err(through::unanswered(&far)),
        }
    }

    fn refused(&self, sip: &'static str, error: Option<(u32, &'static str)>) {
        self.call.quietly(|s| {
            s.sip = Some(sip);
            s.error = error;
        });
    }

    async fn wait(&mut self, ms: Millis) -> Result<(), Status> {
        let until = self.world.clock.now() + ms;
        loop {
            tokio::select! {
                () = self.world.clock.sleep_until(until) => return Ok(()),
                signal = self.inbox.recv() => {
                    if matches!(
                        signal,
                        Some(Signal::Cancel | Signal::Complete | Signal::Room(super::RoomOrder::Leave)) | None
                    ) {
                        return Err(Status::Canceled);
                    }
                }
            }
        }
    }
}
