//! A person rings one of the carrier's numbers.

use std::sync::Arc;

use super::callbacks::{self, Delivery, Plan};
use super::runner::{Flow, Runner};
use super::webhook::Fetch;
use super::{Call, Direction, Parties, Status};
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

/// Starts the call and returns at once.
pub(crate) fn start(world: &Arc<World>, number: &Number, ring: Ring) -> Arc<Call> {
    let token = world
        .account(&number.account_sid)
        .map(|a| a.auth_token)
        .unwrap_or_default();
    let parties = Parties {
        account_sid: number.account_sid.clone(),
        auth_token: token,
        number_sid: Some(number.sid.clone()),
        parent_sid: None,
        from: ring.from,
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
    plan.delivery = ring.delivery;
    let (call, ends) = Call::new(parties, plan, world.clock.now());
    call.quietly(|s| s.voice.clone_from(&ring.manners.voice));
    world.add_call(&call);
    world.spawn(callbacks::deliver(
        Arc::clone(world),
        Arc::clone(&call),
        ends.callbacks,
    ));
    world.spawn(callers::drive(
        Arc::clone(world),
        Arc::clone(&call),
        ring.script,
        ends.steps,
        ring.manners,
    ));
    let fallback = Some(number.voice_fallback_url.clone())
        .filter(|url| !url.is_empty())
        .map(|url| (url, number.voice_fallback_method.clone()));
    let runner = Runner {
        world: Arc::clone(world),
        call: Arc::clone(&call),
        inbox: ends.signals,
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
    call
}
