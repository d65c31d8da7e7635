//! One call on one socket: a single loop over the carrier, the model, orders and the clock. Performs what the
//! core wants and decides nothing itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use phony_carriers::twilio::relay::ToCarrier;
use phony_conversation::core::{Core, Effect, Input};
use phony_conversation::record::RecordBody;
use phony_conversation::{ActionStatus, Event, Record};
use phony_kernel::Clock;
use phony_kernel::call::ConversationState;
use phony_models::chat::ChatClient;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout};
use tracing::Instrument as _;

use crate::bus::EventBus;
use crate::calls::{Outcome, now};
use crate::directory::{Directory, REFRESH_EVERY};
use crate::frames::read;
use crate::handle::{HandedOver, Order, Waiting};
use crate::journal::Journal;
use crate::letters::tell_end;
use crate::model::Model;
use crate::socket::{RelaySocket, SocketError};

/// A socket that does not take a frame for so long is lost.
const SEND_WITHIN: Duration = Duration::from_secs(2);
/// Time for the carrier to close after the session was given back.
const CLOSE_WITHIN: Duration = Duration::from_secs(3);

/// What a call works with.
pub(crate) struct Links {
    pub(crate) chat: ChatClient,
    pub(crate) journal: Journal,
    pub(crate) bus: Option<EventBus>,
    pub(crate) directory: Option<Directory>,
    pub(crate) clock: Clock,
    pub(crate) epoch: Instant,
}

struct Actor<S> {
    core: Core,
    links: Links,
    /// None while the caller is lost.
    socket: Option<S>,
    model: Model,
    waiting: Waiting,
    state: watch::Sender<Option<ConversationState>>,
    moving: Arc<AtomicBool>,
    /// The carrier has been told what to do next.
    given_back: bool,
    outcome: Option<Outcome>,
}

/// What the loop woke up for.
enum Woken {
    Frame(Option<Result<String, SocketError>>),
    Model(Input),
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
    socket: impl RelaySocket,
    orders: mpsc::Receiver<Order>,
    state: watch::Sender<Option<ConversationState>>,
    moving: Arc<AtomicBool>,
) -> Outcome {
    let plan = core.plan();
    let span = tracing::info_span!("call", call.id = %plan.call, tenant.id = %plan.tenant);
    let socket = Some(socket);
    let model = Model::default();
    let actor = Actor {
        core,
        links,
        socket,
        model,
        waiting,
        state,
        moving,
        given_back: false,
        outcome: None,
    };
    actor.run(orders, left).instrument(span).await
}

impl<S: RelaySocket> Actor<S> {
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
                self.close().await;
                return outcome;
            }
            let woken = {
                let deadline = self
                    .core
                    .deadline()
                    .map(|ms| self.links.epoch + Duration::from_millis(ms));
                let model_open = self.model.is_open();
                tokio::select! {
                    frame = receive(&mut self.socket) => Woken::Frame(frame),
                    input = self.model.next(), if model_open => Woken::Model(input),
                    order = orders.recv() => Woken::Order(order),
                    () = sleep_until(deadline.unwrap_or(refresh_at)) => Woken::Deadline,
                    () = sleep_until(refresh_at) => Woken::Refresh,
                }
            };
            match woken {
                Woken::Frame(Some(Ok(frame))) => {
                    if let Some(input) = read(&frame) {
                        self.input(input).await;
                    }
                }
                Woken::Frame(Some(Err(error))) => self.lost(&error).await,
                Woken::Frame(None) => self.input(Input::CallerHungUp).await,
                Woken::Model(input) => self.input(input).await,
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

    async fn lost(&mut self, error: &SocketError) {
        if self.given_back {
            return;
        }
        if let Some(mut socket) = self.socket.take() {
            tracing::warn!(error = %error, "the connection to the caller was lost");
            let _ = timeout(CLOSE_WITHIN, socket.close()).await;
        }
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
        for effect in effects {
            match effect {
                Effect::Speak {
                    text,
                    last,
                    preemptible,
                    interruptible,
                    ..
                } => {
                    let preemptible = preemptible.then_some(true);
                    let frame = ToCarrier::Text {
                        token: text,
                        last,
                        lang: None,
                        interruptible: (!interruptible).then_some(false),
                        preemptible,
                    };
                    self.send(&frame, &mut failed).await;
                }
                Effect::SendDigits { digits } => {
                    if let Some(frame) = ToCarrier::digits(&digits) {
                        self.send(&frame, &mut failed).await;
                    }
                }
                Effect::EndSession { handoff } => {
                    self.send(&ToCarrier::end(&handoff), &mut failed).await;
                    self.given_back = true;
                }
                Effect::AskModel { reply, messages } => {
                    let model = self.core.plan().personality.model.clone();
                    self.model.ask(&self.links.chat, &model, reply, messages);
                }
                Effect::CancelModel { reply } => self.model.cancel(reply),
                Effect::Remember(_) | Effect::CommandDone { .. } | Effect::StopVoice => {}
                Effect::Emit(event) => self.emit(event),
                Effect::Acted { action_id, status } => self.acted(&action_id, &status),
                Effect::FirstAudio => self.note(RecordBody::FirstAudio {
                    at: self.links.clock.now(),
                }),
                Effect::Use(usage) => self.note(RecordBody::Usage(usage)),
                Effect::Release => self.outcome = Some(Outcome::Released),
                Effect::Finish(ending) => {
                    self.note(RecordBody::Ended {
                        at: self.links.clock.now(),
                        ending: ending.clone(),
                    });
                    self.outcome = Some(Outcome::Ended(ending));
                }
            }
        }
        let state = self.core.state();
        if self
            .state
            .send_if_modified(|seen| std::mem::replace(seen, state) != state)
            && state.is_some()
        {
            self.touch();
        }
        if let (Some(error), None) = (failed, &self.outcome) {
            Box::pin(self.lost(&error)).await;
        }
    }

    /// Sends a frame, unless one before it has failed.
    async fn send(&mut self, frame: &ToCarrier, failed: &mut Option<SocketError>) {
        let (Some(socket), None) = (&mut self.socket, &failed) else {
            return;
        };
        match timeout(SEND_WITHIN, socket.send(frame.to_frame())).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => *failed = Some(error),
            Err(_) => *failed = Some(SocketError::new("the carrier does not read")),
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
            directory.touch(plan.tenant, plan.call, self.core.state());
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

    /// Lets the carrier close a session that was given back, so that nothing it still plays is cut.
    async fn close(&mut self) {
        let Some(mut socket) = self.socket.take() else {
            return;
        };
        if self.given_back {
            let closed = async { while let Some(Ok(_)) = socket.recv().await {} };
            let _ = timeout(CLOSE_WITHIN, closed).await;
        }
        let _ = timeout(CLOSE_WITHIN, socket.close()).await;
    }
}

/// The next frame. Waits for ever while the caller is lost.
async fn receive(socket: &mut Option<impl RelaySocket>) -> Option<Result<String, SocketError>> {
    match socket {
        Some(socket) => socket.recv().await,
        None => std::future::pending().await,
    }
}
