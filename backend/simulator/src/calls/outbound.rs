//! A call made through `POST Calls.json`: queued, dialled, rung, and answered or not as the telephone is set up.

use std::sync::Arc;

use tokio::sync::mpsc::UnboundedReceiver;

use super::callbacks::{self, Plan, Queued};
use super::runner::{Flow, Runner};
use super::webhook::Fetch;
use super::{Call, Direction, Parties, Signal, Status};
use crate::callers::{self, Manners};
use crate::clock::Millis;
use crate::control::targets::{Outcome, Target};
use crate::rest::accounts::Account;
use crate::world::World;

/// Time from the request to dialling, and from dialling to ringing.
const STEP_MS: Millis = 200;
/// Rings a little longer than asked, as carriers do.
const RING_BUFFER_S: u64 = 5;

/// Where an answered call gets its instructions.
#[derive(Debug, Clone)]
pub(crate) enum Instructions {
    Url { url: String, method: String },
    Twiml(String),
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
}

/// Queues the call and returns at once.
pub(crate) fn start(world: &Arc<World>, order: Order) -> Arc<Call> {
    let parties = Parties {
        account_sid: order.account.sid.clone(),
        auth_token: order.account.auth_token.clone(),
        number_sid: order.number_sid.clone(),
        parent_sid: None,
        from: order.from.clone(),
        to: order.to.clone(),
        direction: Direction::OutboundApi,
    };
    let (call, ends) = Call::new(parties, order.plan.clone(), world.clock.now());
    world.add_call(&call);
    world.spawn(callbacks::deliver(
        Arc::clone(world),
        Arc::clone(&call),
        ends.callbacks,
    ));
    let target = world.target(&order.to);
    let manners = Manners {
        stay: target.stay,
        voice: target.voice.clone(),
        ..Manners::default()
    };
    let script = target.script.clone();
    world.spawn(callers::drive(
        Arc::clone(world),
        Arc::clone(&call),
        script,
        ends.steps,
        manners,
    ));
    world.spawn(ring_out(
        Arc::clone(world),
        Arc::clone(&call),
        ends.signals,
        order,
        target,
    ));
    call
}

async fn ring_out(
    world: Arc<World>,
    call: Arc<Call>,
    mut inbox: UnboundedReceiver<Signal>,
    order: Order,
    target: Target,
) {
    let status = match until_answer(&world, &call, &mut inbox, &target, order.timeout_s).await {
        Ok(()) => {
            let first = match order.instructions {
                Instructions::Twiml(body) => Flow::Twiml(body),
                Instructions::Url { url, method } => Flow::Fetch(Fetch {
                    kind: "voice",
                    url,
                    method,
                    params: call.params(Status::InProgress),
                }),
            };
            let runner = Runner {
                world,
                call,
                inbox,
                base: None,
                fallback: order.fallback,
                unanswered: Status::Failed,
            };
            return runner.run(first).await;
        }
        Err(status) => status,
    };
    call.note_end(if status == Status::Canceled {
        "api"
    } else {
        "carrier"
    });
    if call.advance(status, world.clock.now()) {
        callbacks::announce(&call, status);
    }
    // Nobody delivers after a stop, and then nobody looks either.
    let _ = call.callbacks.send(Queued::Last);
}

/// Dials and rings; the error is the status of a call nobody answered.
async fn until_answer(
    world: &World,
    call: &Call,
    inbox: &mut UnboundedReceiver<Signal>,
    target: &Target,
    timeout_s: u64,
) -> Result<(), Status> {
    for status in [Status::Initiated, Status::Ringing] {
        wait(world, inbox, STEP_MS).await?;
        if target.outcome == Outcome::Failed && status == Status::Ringing {
            return Err(Status::Failed);
        }
        call.advance(status, world.clock.now());
        callbacks::announce(call, status);
    }
    let patience = (timeout_s + RING_BUFFER_S) * 1_000;
    if target.outcome == Outcome::NoAnswer || target.ring_ms > patience {
        wait(world, inbox, patience).await?;
        return Err(Status::NoAnswer);
    }
    wait(world, inbox, target.ring_ms).await?;
    if target.outcome == Outcome::Busy {
        return Err(Status::Busy);
    }
    call.advance(Status::InProgress, world.clock.now());
    callbacks::announce(call, Status::InProgress);
    Ok(())
}

async fn wait(world: &World, inbox: &mut UnboundedReceiver<Signal>, ms: Millis) -> Result<(), Status> {
    let until = world.clock.now() + ms;
    loop {
        tokio::select! {
            () = world.clock.sleep_until(until) => return Ok(()),
            signal = inbox.recv() => {
                if matches!(signal, Some(Signal::Cancel | Signal::Complete) | None) {
                    return Err(Status::Canceled);
                }
            }
        }
    }
}
