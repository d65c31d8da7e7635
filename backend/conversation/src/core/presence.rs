//! Who watches the call, and who of them handles it. Sockets say again and again that they are there; one that says
//! nothing any more is gone.

use super::types::Now;
use super::{Core, Cx};
use crate::command::Actor;
use crate::event::EventBody;
use crate::snapshot::Snapshot;

/// A socket that was not heard of for so long, in milliseconds, is gone.
pub const WATCHED_FOR_MS: u64 = 45_000;
/// A claim outlives the last sign of its holder for so long.
const CLAIM_IDLE_MS: u64 = 60_000;
/// Sockets that are counted.
const MAX_SOCKETS: usize = 64;
/// Longest id of a socket.
const MAX_SOCKET_CHARS: usize = 64;

#[derive(Debug)]
struct Socket {
    id: String,
    actor: Actor,
    until_ms: u64,
}

#[derive(Debug)]
struct Claim {
    actor: Actor,
    /// The last act, or the end of the last socket.
    seen_ms: u64,
}

/// Why an act is not possible: stable code and words.
type Refusal = (&'static str, &'static str);

/// The people of a call.
#[derive(Debug, Default)]
pub(super) struct Presence {
    sockets: Vec<Socket>,
    claim: Option<Claim>,
}

impl Presence {
    /// Who handles the call.
    pub(super) fn claimed_by(&self) -> Option<&Actor> {
        self.claim.as_ref().map(|claim| &claim.actor)
    }

    /// How many people watch.
    pub(super) fn watchers(&self) -> usize {
        let first = |(at, socket): (usize, &Socket)| {
            !self.sockets[..at].iter().any(|s| s.actor.id == socket.actor.id)
        };
        self.sockets.iter().enumerate().filter(|one| first(*one)).count()
    }

    fn watches(&self, actor: &str) -> bool {
        self.sockets.iter().any(|socket| socket.actor.id == actor)
    }

    /// When somebody is gone, or the claim is let go.
    pub(super) fn due_ms(&self) -> Option<u64> {
        let socket = self.sockets.iter().map(|socket| socket.until_ms).min();
        socket.into_iter().chain(self.claim_due_ms()).min()
    }

    fn claim_due_ms(&self) -> Option<u64> {
        let claim = self.claim.as_ref()?;
        (!self.watches(&claim.actor.id)).then_some(claim.seen_ms + CLAIM_IDLE_MS)
    }

    /// The one other than `actor` who handles the call. What was ordered beforehand asks nobody.
    pub(super) fn held_by_other(&self, actor: &Actor) -> Option<&Actor> {
        let asks = is_person(actor) || actor.id.starts_with("key_");
        self.claimed_by().filter(|holder| asks && holder.id != actor.id)
    }
}

/// Whether a person acts, and not a program.
fn is_person(actor: &Actor) -> bool {
    actor.id.starts_with("usr_")
}

/// What is told to who comes too late.
pub(super) fn handled_by(holder: &Actor) -> String {
    let name: String = holder.name.chars().take(80).collect();
    format!("{name} is handling this call")
}

impl Core {
    pub(super) fn on_watching(&mut self, cx: &mut Cx<'_>, socket: String, actor: Actor) {
        if !is_person(&actor) || socket.len() > MAX_SOCKET_CHARS {
            return;
        }
        let until_ms = cx.now.ms + WATCHED_FOR_MS;
        if let Some(known) = self.presence.sockets.iter_mut().find(|known| known.id == socket) {
            known.until_ms = until_ms;
            return;
        }
        if self.presence.sockets.len() == MAX_SOCKETS {
            return;
        }
        let joins = !self.presence.watches(&actor.id);
        self.presence.sockets.push(Socket {
            id: socket,
            actor: actor.clone(),
            until_ms,
        });
        if joins {
            self.emit(cx, EventBody::SupervisionJoined { actor });
        }
    }

    pub(super) fn on_watching_ended(&mut self, cx: &mut Cx<'_>, socket: &str) {
        let Some(at) = self.presence.sockets.iter().position(|known| known.id == socket) else {
            return;
        };
        let Socket { actor, .. } = self.presence.sockets.remove(at);
        if self.presence.watches(&actor.id) {
            return;
        }
        if let Some(claim) = self
            .presence
            .claim
            .as_mut()
            .filter(|claim| claim.actor.id == actor.id)
        {
            claim.seen_ms = cx.now.ms;
        }
        self.emit(cx, EventBody::SupervisionLeft { actor });
    }

    /// Sockets that say nothing any more are gone, and so is a claim whose holder is.
    pub(super) fn on_presence_due(&mut self, cx: &mut Cx<'_>) {
        let gone = |socket: &&Socket| socket.until_ms <= cx.now.ms;
        let silent: Vec<String> = self
            .presence
            .sockets
            .iter()
            .filter(gone)
            .map(|s| s.id.clone())
            .collect();
        for socket in silent {
            self.on_watching_ended(cx, &socket);
        }
        if self
            .presence
            .claim_due_ms()
            .is_some_and(|due_ms| due_ms <= cx.now.ms)
        {
            self.unclaim(cx);
        }
    }

    /// Handles the call from now on; somebody else does it no more.
    pub(super) fn claim_for(&mut self, cx: &mut Cx<'_>, actor: &Actor) {
        let seen_ms = cx.now.ms;
        if let Some(claim) = self
            .presence
            .claim
            .as_mut()
            .filter(|claim| claim.actor.id == actor.id)
        {
            claim.seen_ms = seen_ms;
            return;
        }
        let holder = actor.clone();
        self.presence.claim = Some(Claim {
            actor: holder.clone(),
            seen_ms,
        });
        self.emit(cx, EventBody::SupervisionClaimed { actor: Some(holder) });
    }

    /// Whether others may take it has been asked.
    pub(super) fn act_claim(&mut self, cx: &mut Cx<'_>, actor: &Actor) -> Result<(), Refusal> {
        let other = self
            .presence
            .claimed_by()
            .is_some_and(|holder| holder.id != actor.id);
        if other && self.takeover.is_some() {
            return Err(("taken_over", "somebody else speaks with the caller"));
        }
        self.claim_for(cx, actor);
        Ok(())
    }

    /// Whether it is somebody else's has been asked.
    pub(super) fn act_release(&mut self, cx: &mut Cx<'_>) -> Result<(), Refusal> {
        if self.presence.claim.is_none() {
            return Err(("not_claimed", "nobody is handling this call"));
        }
        if self.takeover.is_some() {
            return Err((
                "taken_over",
                "a person speaks with the caller: give the call back first",
            ));
        }
        self.unclaim(cx);
        Ok(())
    }

    /// A person has acted: they handle the call from now on.
    pub(super) fn claim_by_act(&mut self, cx: &mut Cx<'_>, actor: &Actor) {
        let holds = self
            .presence
            .claimed_by()
            .is_some_and(|holder| holder.id == actor.id);
        let free = self.presence.claim.is_none() && is_person(actor);
        if !self.is_over() && (holds || free) {
            self.claim_for(cx, actor);
        }
    }

    /// Nobody handles the call any more.
    pub(super) fn unclaim(&mut self, cx: &mut Cx<'_>) {
        if self.presence.claim.take().is_some() {
            self.emit(cx, EventBody::SupervisionClaimed { actor: None });
        }
    }

    /// Those who were there are there until they say nothing.
    pub(super) fn recall_presence(&mut self, snapshot: &Snapshot, now: Now) {
        let watchers = snapshot.watchers.iter().take(MAX_SOCKETS / 2);
        self.presence.sockets.extend(watchers.map(|actor| Socket {
            id: format!("recalled {}", actor.id),
            actor: actor.clone(),
            until_ms: now.ms + WATCHED_FOR_MS,
        }));
        self.presence.claim = snapshot.claimed_by.clone().map(|actor| Claim {
            actor,
            seen_ms: now.ms,
        });
    }
}
