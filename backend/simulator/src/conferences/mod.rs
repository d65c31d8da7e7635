//! Conferences: rooms in which calls hear each other.

pub(crate) mod changes;
mod news;
mod room;
pub(crate) mod seat;
mod talk;
pub(crate) mod view;

use std::sync::Arc;

use chrono::Utc;
use parking_lot::Mutex;
use tokio::sync::mpsc;

use crate::calls::Call;
use crate::world::World;
pub(crate) use room::{NoRoom, Room};
pub(crate) use seat::Seat;

/// Rooms that are kept; the oldest are forgotten beyond this.
const KEPT: usize = 2_000;

/// Every conference of a simulator, newest first.
#[derive(Default)]
pub(crate) struct Conferences(Mutex<Vec<Arc<Room>>>);

impl Conferences {
    pub(crate) fn all(&self) -> Vec<Arc<Room>> {
        self.0.lock().clone()
    }

    /// A conference by its id, also one that is over.
    pub(crate) fn find(&self, account_sid: &str, sid: &str) -> Option<Arc<Room>> {
        let all = self.0.lock();
        all.iter()
            .find(|room| room.sid == sid && room.account_sid == account_sid)
            .cloned()
    }

    /// The conference of a name that is not over.
    pub(crate) fn named(&self, account_sid: &str, name: &str) -> Option<Arc<Room>> {
        let all = self.0.lock();
        all.iter()
            .find(|room| room.name == name && room.account_sid == account_sid && !room.is_over())
            .cloned()
    }
}

/// The conference of a name, made when there is none.
pub(crate) fn open(world: &Arc<World>, account_sid: &str, name: &str) -> Arc<Room> {
    let mut all = world.conferences.0.lock();
    let known = all
        .iter()
        .find(|room| room.name == name && room.account_sid == account_sid && !room.is_over());
    if let Some(room) = known {
        return Arc::clone(room);
    }
    let (news, outgoing) = mpsc::unbounded_channel();
    let room = Arc::new(Room::new(account_sid, name, world.clock.now(), Utc::now(), news));
    world.spawn(news::deliver(Arc::clone(world), outgoing));
    all.insert(0, Arc::clone(&room));
    all.truncate(KEPT);
    room
}

/// A call is over: wherever it was, it is no longer.
pub(crate) fn gone(world: &World, call: &Call, reason: &'static str) {
    for room in world.conferences.all() {
        if !room.is_over() {
            room.leave(world, &call.sid, reason);
        }
    }
}
