//! One conference: who is in it, who hears whom, and when it begins and ends.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use serde::Serialize;
use tokio::sync::mpsc;

use super::news::Outgoing;
use super::seat::{Music, News, Seat};
use crate::calls::overheard::{Passing, Speaker};
use crate::calls::{Call, RoomOrder, Signal};
use crate::clock::Millis;
use crate::recordings;
use crate::world::World;

/// Things said that one conference remembers.
const MOST_SAID: usize = 5_000;

/// Where a conference stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Init,
    InProgress,
    Completed,
}

impl Stage {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Init => "init",
            Self::InProgress => "in-progress",
            Self::Completed => "completed",
        }
    }
}

/// Somebody in a conference, or on the way there.
pub(crate) struct Member {
    pub(crate) call: Arc<Call>,
    pub(crate) seat: Seat,
    /// Has come in; otherwise their telephone still rings.
    pub(crate) joined: bool,
    pub(crate) hold: Option<Music>,
    /// What is still to be said to them alone.
    pub(crate) announcements: Vec<(String, String)>,
    pub(crate) created: DateTime<Utc>,
    pub(crate) updated: DateTime<Utc>,
    /// The way of their words to each of the others.
    passing: HashMap<String, Passing>,
}

impl Member {
    pub(crate) fn speaker(&self) -> Speaker {
        Speaker {
            call_sid: self.call.sid.clone(),
            label: self.seat.label.clone(),
        }
    }
}

/// Something that happened, for the control side.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Happening {
    pub(crate) at_ms: Millis,
    pub(crate) event: &'static str,
    pub(crate) call_sid: Option<String>,
}

/// Something that was said.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Said {
    pub(crate) at_ms: Millis,
    pub(crate) call_sid: String,
    pub(crate) label: Option<String>,
    pub(crate) text: String,
    /// Calls in which it was heard.
    pub(crate) heard_by: Vec<String>,
}

/// What changes.
pub(crate) struct State {
    pub(crate) stage: Stage,
    pub(crate) updated: DateTime<Utc>,
    pub(crate) members: Vec<Member>,
    pub(crate) news: Option<News>,
    pub(crate) sequence: u64,
    pub(crate) why_ended: Option<&'static str>,
    pub(crate) ended_by: Option<String>,
    pub(crate) happened: Vec<Happening>,
    pub(crate) said: Vec<Said>,
    /// Whoever came first; news of the whole conference are noted there.
    pub(crate) first: Option<Arc<Call>>,
}

/// One conference.
pub(crate) struct Room {
    pub(crate) sid: String,
    pub(crate) account_sid: String,
    pub(crate) name: String,
    pub(crate) created: DateTime<Utc>,
    pub(crate) born: Millis,
    pub(super) state: Mutex<State>,
    pub(super) outgoing: mpsc::UnboundedSender<Outgoing>,
}

/// Why somebody cannot come in, with the carrier's error code.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NoRoom {
    pub(crate) code: u32,
    pub(crate) message: &'static str,
}

/// What somebody in the room does now.
pub(super) enum Place {
    Out,
    Announced { url: String, method: String },
    Listens(Music),
    Talks,
}

impl Room {
    pub(super) fn new(
        account_sid: &str,
        name: &str,
        born: Millis,
        created: DateTime<Utc>,
        outgoing: mpsc::UnboundedSender<Outgoing>,
    ) -> Self {
        Self {
            sid: crate::ids::sid("CF"),
            account_sid: account_sid.to_owned(),
            name: name.to_owned(),
            created,
            born,
            state: Mutex::new(State {
                stage: Stage::Init,
                updated: created,
                members: Vec::new(),
                news: None,
                sequence: 0,
                why_ended: None,
                ended_by: None,
                happened: Vec::new(),
                said: Vec::new(),
                first: None,
            }),
            outgoing,
        }
    }

    pub(crate) fn is_over(&self) -> bool {
        self.state.lock().stage == Stage::Completed
    }

    pub(crate) fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.lock())
    }

    /// Keeps a place for somebody whose telephone rings.
    pub(crate) fn expect(&self, call: &Arc<Call>, seat: Seat) -> Result<(), NoRoom> {
        let mut state = self.state.lock();
        Self::add(&mut state, call, seat).map(drop)
    }

    /// Somebody comes in.
    pub(crate) fn join(&self, world: &Arc<World>, call: &Arc<Call>, seat: Seat) -> Result<(), NoRoom> {
        let now = world.clock.now();
        let mut state = self.state.lock();
        let at = match state
            .members
            .iter()
            .position(|member| member.call.sid == call.sid)
        {
            Some(at) => at,
            None => Self::add(&mut state, call, seat)?,
        };
        state.members[at].joined = true;
        state.members[at].updated = Utc::now();
        self.happened(&mut state, now, "participant-join", Some(at), &[]);
        let joined = state.members.iter().filter(|member| member.joined);
        let (count, starts) = joined.fold((0, false), |(count, starts), member| {
            (count + 1, starts || member.seat.start)
        });
        let begins = state.stage == Stage::Init && starts && count > 1;
        if begins {
            state.stage = Stage::InProgress;
            state.updated = Utc::now();
            self.happened(&mut state, now, "conference-start", None, &[]);
            for member in &state.members {
                member.call.signal(Signal::Room(RoomOrder::Look));
            }
        }
        let wish = state.members.iter().find_map(|member| member.seat.record.clone());
        let first = state.first.clone();
        drop(state);
        if begins
            && let (Some(wish), Some(first)) = (wish, first)
            && let Some(room) = world.conferences.find(&self.account_sid, &self.sid)
        {
            recordings::start_room(world, &room, &first, wish);
        }
        Ok(())
    }

    /// Whether somebody may come.
    pub(crate) fn admits(&self, seat: &Seat) -> Result<(), NoRoom> {
        Self::check(&self.state.lock(), seat)
    }

    fn check(state: &State, seat: &Seat) -> Result<(), NoRoom> {
        let no = |code, message| Err(NoRoom { code, message });
        if state.stage == Stage::Completed {
            return no(16_022, "The conference is over");
        }
        if !seat.has_good_label() {
            return no(16_023, "The participant label is too long");
        }
        if seat.label.is_some() && state.members.iter().any(|member| member.seat.label == seat.label) {
            return no(16_025, "The participant label is in use");
        }
        if state.members.len() >= seat.most {
            return no(16_020, "The conference is full");
        }
        if let Some(coached) = &seat.coach {
            match state.members.iter().find(|member| member.call.sid == *coached) {
                None => return no(16_028, "The participant to coach is not in the conference"),
                Some(member) if member.hold.is_some() => {
                    return no(16_027, "The participant to coach is on hold");
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    fn add(state: &mut State, call: &Arc<Call>, seat: Seat) -> Result<usize, NoRoom> {
        Self::check(state, &seat)?;
        if state.news.is_none() && state.members.is_empty() {
            state.news.clone_from(&seat.news);
        }
        state.first.get_or_insert_with(|| Arc::clone(call));
        let created = Utc::now();
        state.members.push(Member {
            call: Arc::clone(call),
            seat,
            joined: false,
            hold: None,
            announcements: Vec::new(),
            created,
            updated: created,
            passing: HashMap::new(),
        });
        Ok(state.members.len() - 1)
    }

    /// What a participant does now.
    pub(super) fn place(&self, call_sid: &str) -> Place {
        let mut state = self.state.lock();
        let stage = state.stage;
        let Some(member) = state
            .members
            .iter_mut()
            .find(|member| member.call.sid == call_sid)
        else {
            return Place::Out;
        };
        if !member.announcements.is_empty() {
            let (url, method) = member.announcements.remove(0);
            return Place::Announced { url, method };
        }
        match (&member.hold, stage) {
            (Some(music), _) => Place::Listens(music.clone()),
            (None, Stage::Init) => Place::Listens(member.seat.wait.clone()),
            (None, _) => Place::Talks,
        }
    }

    /// Lets the others hear what a participant does.
    pub(super) fn pass(&self, world: &World, call_sid: &str, signal: &Signal) {
        let now = world.clock.now();
        let mut state = self.state.lock();
        let Some(at) = state
            .members
            .iter()
            .position(|member| member.call.sid == call_sid)
        else {
            return;
        };
        let speaks = state.stage == Stage::InProgress
            && state.members[at].hold.is_none()
            && !state.members[at].seat.muted;
        if matches!(signal, Signal::SpeechBegan) && !speaks {
            return;
        }
        let speaker = state.members[at].speaker();
        let only = state.members[at].seat.coach.clone();
        let listeners: Vec<Arc<Call>> = state
            .members
            .iter()
            .filter(|other| {
                other.joined
                    && other.call.sid != call_sid
                    && other.hold.is_none()
                    && only.as_ref().is_none_or(|only| *only == other.call.sid)
            })
            .map(|other| Arc::clone(&other.call))
            .collect();
        if matches!(signal, Signal::Pressed(_)) && !speaks {
            return;
        }
        for listener in &listeners {
            let passing = state.members[at].passing.entry(listener.sid.clone()).or_default();
            passing.pass(now, &speaker, listener, signal);
        }
        match signal {
            Signal::SpeechBegan => {
                self.happened(&mut state, now, "participant-speech-start", Some(at), &[]);
            }
            Signal::SpeechEnded(text) if speaks => {
                self.happened(&mut state, now, "participant-speech-stop", Some(at), &[]);
                if state.said.len() < MOST_SAID {
                    let said = Said {
                        at_ms: now.saturating_sub(self.born),
                        call_sid: speaker.call_sid,
                        label: speaker.label,
                        text: text.clone(),
                        heard_by: listeners.iter().map(|call| call.sid.clone()).collect(),
                    };
                    state.said.push(said);
                }
            }
            _ => {}
        }
    }

    /// Whoever listened to this participant, or was listened to by them, does so no longer.
    pub(super) fn silence(state: &mut State, now: Millis, at: usize) {
        let this = Arc::clone(&state.members[at].call);
        let calls: HashMap<String, Arc<Call>> = state
            .members
            .iter()
            .map(|member| (member.call.sid.clone(), Arc::clone(&member.call)))
            .collect();
        for (listener, mut passing) in state.members[at].passing.drain() {
            if let Some(call) = calls.get(&listener) {
                passing.cut(now, call);
            }
        }
        for member in &mut state.members {
            if let Some(mut passing) = member.passing.remove(&this.sid) {
                passing.cut(now, &this);
            }
        }
    }
}
