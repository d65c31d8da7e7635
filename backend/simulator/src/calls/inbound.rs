//! A person rings one of the carrier's numbers.

use std::sync::Arc;

use tokio::sync::mpsc::UnboundedReceiver;

use super::callbacks::{self, Delivery, Plan};
use super::runner::{Flow, Runner};
use super::webhook::Fetch;
use super::{Call, Direction, Parties, Signal, Status, through};
use crate::callers::{self, Manners, Step};
use crate::rest::incoming::Number;
use crate::world::World;

/// How a simulated person calls.
pub(crate) struct Ring {
    pub(crate) from: String,
    pub(crate) script: Vec<Step>,
    pub(crate) manners: Manners,
    pub(crate) delivery: Option<Delivery>,
}

/// What reaches a call that comes in.
struct Incoming {
    signals: UnboundedReceiver<Signal>,
    steps: UnboundedReceiver<Step>,
}

/// Starts the call and returns at once.
pub(crate) fn start(world: &Arc<World>, number: &Number, ring: Ring) -> Arc<Call> {
    let (call, ends) = admit(world, number, ring.from, ring.delivery);
    call.quietly(|s| s.voice.clone_from(&ring.manners.voice));
    world.spawn(callers::drive(
        Arc::clone(world),
        Arc::clone(&call),
        ring.script,
        ends.steps,
        ring.manners,
    ));
    run(world, number, &call, ends.signals);
    call
}

/// Rings the number for another call of the carrier, and joins the two.
pub(super) fn for_call(world: &Arc<World>, number: &Number, near: &Arc<Call>) -> Arc<Call> {
    let (call, ends) = admit(world, number, near.from.clone(), None);
    through::join(world, near, &call);
    run(world, number, &call, ends.signals);
    call
}

fn admit(
    world: &Arc<World>,
    number: &Number,
    from: String,
    delivery: Option<Delivery>,
) -> (Arc<Call>, Incoming) {
    let token = world
        .account(&number.account_sid)
        .map(|a| a.auth_token)
        .unwrap_or_default();
    let parties = Parties {
        account_sid: number.account_sid.clone(),
        auth_token: token,
        number_sid: Some(number.sid.clone()),
        parent_sid: None,
        from,
        to: number.phone_number.clone(),
        direction: Direction::Inbound,
        queue_ms: 0,
    };
    // A number reports the final event only.
    let mut plan = Plan::new(
        Some(number.status_callback.clone()),
        Some(number.status_callback_method.clone()),
        Vec::new(),
    );
    plan.delivery = delivery;
    let (call, ends) = Call::new(parties, plan, world.clock.now());
    world.add_call(&call);
    world.spawn(callbacks::deliver(
        Arc::clone(world),
        Arc::clone(&call),
        ends.callbacks,
    ));
    let incoming = Incoming {
        signals: ends.signals,
        steps: ends.steps,
    };
    (call, incoming)
}

fn run(world: &Arc<World>, number: &Number, call: &Arc<Call>, inbox: UnboundedReceiver<Signal>) {
    let fallback = Some(number.voice_fallback_url.clone())
        .filter(|url| !url.is_empty())
        .map(|url| (url, number.voice_fallback_method.clone()));
    let runner = Runner {
        world: Arc::clone(world),
        call: Arc::clone(call),
        inbox,
        base: None,
        fallback,
        unanswered: Status::NoAnswer,
    };
    let first = if number.voice_url.is_empty() {
        call.note_trouble(world.clock.now(), 21218, "the number has no voice address");
        Flow::End("carrier")
    } else {
        Flow::Fetch(Fetch {
            kind: "voice",
            url: number.voice_url.clone(),
            method: number.voice_method.clone(),
            params: call.params(Status::Ringing),
        })
    };
    world.spawn(runner.run(first));
}
