//! Two people on a joined call: each hears what the other says and presses.

use super::dial::Leg;
use crate::calls::overheard::{Passing, Speaker};
use crate::calls::runner::{Flow, Runner, Waited};
use crate::calls::{Call, Hears, Signal};
use crate::clock::Millis;

fn speaker(call: &Call) -> Speaker {
    Speaker {
        call_sid: call.sid.clone(),
        label: None,
    }
}

impl Runner {
    /// Lets the two talk. `None`: the other one hung up, or the time is up; otherwise where the caller's call goes.
    pub(super) async fn talk(&mut self, most_ms: Millis, leg: &mut Leg) -> Option<Flow> {
        let until = self.world.clock.now() + most_ms;
        let (here, there) = (speaker(&self.call), speaker(&leg.call));
        let (mut to_there, mut to_here) = (Passing::default(), Passing::default());
        for call in [&self.call, &leg.call] {
            call.change(|s| s.hears = Hears::Words);
        }
        let left = loop {
            tokio::select! {
                waited = self.wait(Some(until)) => match waited {
                    Waited::Elapsed => break None,
                    Waited::Left(flow) => break Some(flow),
                    Waited::Person(signal) => {
                        to_there.pass(self.world.clock.now(), &here, &leg.call, &signal);
                    }
                },
                signal = leg.inbox.recv() => match signal {
                    Some(Signal::Complete | Signal::Cancel) | None => break None,
                    Some(Signal::CallerHungUp) => {
                        leg.call.note_end("caller");
                        break None;
                    }
                    Some(signal) => to_here.pass(self.world.clock.now(), &there, &self.call, &signal),
                },
            }
        };
        let now = self.world.clock.now();
        to_there.cut(now, &leg.call);
        to_here.cut(now, &self.call);
        left
    }
}
