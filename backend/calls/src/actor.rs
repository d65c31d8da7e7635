//! One call on one wire: a single loop over the caller, the model, orders and the clock. Performs what the core
//! wants and decides nothing itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use phony_conversation::core::{Core, Effect, Input};
use phony_conversation::record::RecordBody;
use phony_conversation::{ActionStatus, Event, Record};
use phony_kernel::Clock;
use phony_kernel::call::{ConversationState, Engine};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};
use tracing::Instrument as _;

use crate::bus::EventBus;
use crate::calls::{Outcome, now};
use crate::directory::{Directory, REFRESH_EVERY};
use crate::handle::{HandedOver, Order, Waiting};
use crate::handoffs::Handoffs;
use crate::journal::Journal;
use crate::letters::tell_end;
use crate::recorder::Recorder;
use crate::socket::SocketError;
use crate::transfers::Transfers;
use crate::wire::{Heard, Wire};

/// What a call works with.
pub(crate) struct Links {
    pub(crate) journal: Journal,
    pub(crate) bus: Option<EventBus>,
    pub(crate) directory: Option<Directory>,
    pub(crate) clock: Clock,
    pub(crate) epoch: Instant,
    pub(crate) handoffs: Arc<Handoffs>,
    pub(crate) recorder: Recorder,
    pub(crate) transfers: Transfers,
}

struct Actor<W> {
    core: Core,
    links: Links,
    wire: W,
    waiting: Waiting,
    state: watch::Sender<Option<ConversationState>>,
    moving: Arc<AtomicBool>,
    outcome: Option<Outcome>,
}

/// What the loop woke up for.
enum Woken {
    Wire(Heard),
    Order(Option<Order>),
    Deadline,
    Refresh,
}

/// Runs a conversation until it ends or goes elsewhere.
pub(crate) async fn run(
    HandedOver {
        core,
        waiting,
        orders: left,
    }: HandedOver,
    links: Links,
    wire: impl Wire,
    orders: mpsc::Receiver<Order>,
    state: watch::Sender<Option<ConversationState>>,
    moving: Arc<AtomicBool>,
) -> Outcome {
    let plan = core.plan();
    let span = tracing::info_span!("call", call.id = %plan.call, tenant.id = %plan.tenant);
    let actor = Actor {
        core,
        links,
        wire,
        waiting,
        state,
        moving,
        outcome: None,
    };
    actor.run(orders, left).instrument(span).await
}

impl<W: Wire> Actor<W> {
    async fn run(mut self, mut orders: mpsc::Receiver<Order>, left: Vec<Order>) -> Outcome {
        self.note(RecordBody::Started {
            at: self.links.clock.now(),
        });
        self.input(Input::Connected).await;
        for order in left {
            self.order(order, &mut orders).await;
        }
        let mut refresh_at = Instant::now() + REFRESH_EVERY;
        loop {
            if let Some(outcome) = self.outcome.take() {
                self.turn_away(&outcome, orders).await;
                self.wire.close().await;
                return outcome;
            }
            let woken = {
                let deadline = self
                    .core
                    .deadline()
                    .map(|ms| self.links.epoch + Duration::from_millis(ms));
                tokio::select! {
                    heard = self.wire.next() => Woken::Wire(heard),
                    order = orders.recv() => Woken::Order(order),
                    () = sleep_until(deadline.unwrap_or(refresh_at)) => Woken::Deadline,
                    () = sleep_until(refresh_at) => Woken::Refresh,
                }
            };
            match woken {
                Woken::Wire(Heard::Input(input)) => self.input(input).await,
                Woken::Wire(Heard::Lost(error)) => self.lost(&error).await,
                Woken::Wire(Heard::HungUp) => self.hung_up().await,
                Woken::Wire(Heard::WantsHistory) => self.wire.tell_history(&self.core),
                Woken::Order(Some(order)) => self.order(order, &mut orders).await,
                // All handles are gone: the registry has let go of this run for another one.
                Woken::Order(None) => self.outcome = Some(Outcome::Moved),
                Woken::Deadline => self.deadline().await,
                Woken::Refresh => {
                    refresh_at = Instant::now() + REFRESH_EVERY;
                    self.touch();
                }
            }
        }
    }

    async fn order(&mut self, order: Order, orders: &mut mpsc::Receiver<Order>) {
        match order {
            Order::Command(command, answer) => {
                let action_id = command.action_id.clone();
                self.waiting.entry(action_id).or_default().push(answer);
                self.input(Input::Command(command)).await;
            }
            Order::Ended(ending) => self.input(Input::EndedOutside(ending)).await,
            Order::Note(body) => self.input(Input::Noted(*body)).await,
            Order::Transfer(transfer, news) => self.input(Input::Transfer { transfer, news }).await,
            Order::Attend(told) => self.input(told.into()).await,
            Order::Drain => self.input(Input::Drain).await,
            Order::Moved => {
                tracing::info!("the call goes on at another instance");
                self.outcome = Some(Outcome::Moved);
            }
            Order::HandOver(receiver) => self.hand_over(receiver, orders).await,
        }
    }

    /// Gives the conversation to the next socket of this instance.
    async fn hand_over(
        &mut self,
        receiver: tokio::sync::oneshot::Sender<HandedOver>,
        queue: &mut mpsc::Receiver<Order>,
    ) {
        self.lost(&SocketError::new("the caller came back on another socket"))
            .await;
        if self.core.is_over() || receiver.is_closed() {
            return;
        }
        let plan = self.core.plan().clone();
        let spent = Core::new(plan, now(&self.links.clock, self.links.epoch));
        let core = std::mem::replace(&mut self.core, spent);
        let waiting = std::mem::take(&mut self.waiting);
        self.moving.store(true, Ordering::Release);
        self.outcome = Some(Outcome::Moved);
        let mut orders = Vec::new();
        while let Ok(order) = queue.try_recv() {
            orders.push(order);
        }
        let all = HandedOver {
            core,
            waiting,
            orders,
        };
        if let Err(all) = receiver.send(all) {
            // Nobody took it: it stays and waits for the caller.
            self.core = all.core;
            self.waiting = all.waiting;
            self.moving.store(false, Ordering::Release);
            self.outcome = None;
            for order in all.orders {
                Box::pin(self.order(order, queue)).await;
            }
        }
    }

    /// The caller's side was closed in order. A conversation that waits all the same, because the carrier moves the
    /// caller, has nothing more to hear there.
    async fn hung_up(&mut self) {
        self.input(Input::CallerHungUp).await;
        if self.outcome.is_none() {
            self.wire.lose().await;
        }
    }

    async fn lost(&mut self, error: &SocketError) {
        if self.wire.has_given_back() {
            return;
        }
        tracing::warn!(error = %error, "the connection to the caller was lost");
        self.wire.lose().await;
        self.input(Input::SocketClosed {
            cause: error.to_string(),
        })
        .await;
    }

    async fn deadline(&mut self) {
        let mut effects = Vec::new();
        self.core
            .on_deadline(now(&self.links.clock, self.links.epoch), &mut effects);
        self.perform(effects).await;
    }

    async fn input(&mut self, input: Input) {
        let mut effects = Vec::new();
        self.core
            .on_input(now(&self.links.clock, self.links.epoch), input, &mut effects);
        self.perform(effects).await;
    }

    async fn perform(&mut self, effects: Vec<Effect>) {
        let mut failed = None;
        let mut outline_changed = false;
        for effect in effects {
            match effect {
                Effect::Emit(event) => {
                    outline_changed |= event.body.is_for_wall();
                    self.emit(event);
                }
                Effect::Acted { action_id, status } => self.acted(&action_id, &status),
                Effect::FirstAudio => self.note(RecordBody::FirstAudio {
                    at: self.links.clock.now(),
                }),
                Effect::Use(usage) => self.note(RecordBody::Usage(usage)),
                Effect::SumUp { transfer, messages } => {
                    self.links.transfers.sum_up(self.core.plan(), transfer, messages);
                }
                Effect::Transfer { transfer, step } => {
                    self.links.transfers.step(self.core.plan(), transfer, step);
                }
                Effect::Record(op) => self.links.recorder.order(self.core.plan(), op),
                Effect::Release => self.outcome = Some(Outcome::Released),
                Effect::Finish(ending) => {
                    self.note(RecordBody::Ended {
                        at: self.links.clock.now(),
                        ending: ending.clone(),
                    });
                    self.outcome = Some(Outcome::Ended(ending));
                }
                other => {
                    let plan = self.core.plan().clone();
                    if let Effect::EndSession { handoff } = &other
                        && plan.engine != Engine::Relay
                    {
                        self.links.handoffs.put(plan.tenant, plan.call, handoff).await;
                    }
                    if failed.is_none() {
                        failed = self.wire.perform(&self.core, other).await.err();
                    }
                }
            }
        }
        self.wire.settled(&self.core);
        let state = self.core.state();
        let state_changed = self
            .state
            .send_if_modified(|seen| std::mem::replace(seen, state) != state);
        if (state_changed || outline_changed) && state.is_some() {
            self.touch();
        }
        if let (Some(error), None) = (failed, &self.outcome) {
            Box::pin(self.lost(&error)).await;
        }
    }

    fn emit(&mut self, event: Event) {
        if event.body.is_lasting() {
            self.note(RecordBody::Event(event.clone()));
        }
        if let Some(bus) = &self.links.bus {
            let plan = self.core.plan();
            bus.publish(plan.tenant, plan.call, &plan.call_sid, event);
        }
    }

    fn note(&self, body: RecordBody) {
        let plan = self.core.plan();
        self.links.journal.note(Record {
            tenant: plan.tenant,
            call: plan.call,
            body,
        });
    }

    fn touch(&self) {
        if let Some(directory) = &self.links.directory {
            let plan = self.core.plan();
            directory.touch(plan.tenant, plan.call, self.core.card());
        }
    }

    fn acted(&mut self, action_id: &str, status: &ActionStatus) {
        if *status == ActionStatus::Accepted {
            return;
        }
        for answer in self.waiting.remove(action_id).into_iter().flatten() {
            // Who asked may have stopped waiting.
            let _ = answer.send(status.clone());
        }
    }

    /// Nobody waits for an answer that does not come.
    async fn turn_away(&mut self, outcome: &Outcome, mut orders: mpsc::Receiver<Order>) {
        let moving = !matches!(outcome, Outcome::Ended(_));
        self.moving.store(moving, Ordering::Release);
        orders.close();
        while let Ok(order) = orders.try_recv() {
            match order {
                Order::Command(..) if !moving => self.order(order, &mut orders).await,
                // Who told it believes that those who watch will hear of it from here.
                Order::Ended(ending) if moving => {
                    if let Some(bus) = &self.links.bus {
                        let plan = self.core.plan();
                        tell_end(
                            bus,
                            &self.links.clock,
                            plan.tenant,
                            plan.call,
                            &plan.call_sid,
                            ending,
                        );
                    }
                }
                _ => {}
            }
        }
        self.waiting.clear();
    }
}
