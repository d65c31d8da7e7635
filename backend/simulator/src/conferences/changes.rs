//! What REST and hanging up change in a conference: holding, muting, announcing, leaving, ending.

use chrono::Utc;

use super::room::{Room, Stage, State};
use super::seat::Music;
use crate::calls::{RoomOrder, Signal};
use crate::world::World;

/// Why a conference ends with somebody.
const LEFT: &str = "participant-with-end-conference-on-exit-left";
const KICKED: &str = "participant-with-end-conference-on-exit-kicked";
const LAST_LEFT: &str = "last-participant-left";
const LAST_KICKED: &str = "last-participant-kicked";
const BY_API: &str = "conference-ended-via-api";

/// Why somebody goes who was removed.
pub(crate) const REMOVED: &str = "participant_updated_via_api";

/// What of a participant is changed.
#[derive(Debug, Default)]
pub(crate) struct Change {
    pub(crate) muted: Option<bool>,
    pub(crate) hold: Option<bool>,
    pub(crate) music: Option<Music>,
    pub(crate) announce: Option<(String, String)>,
    pub(crate) end: Option<bool>,
    /// Nobody, or somebody.
    pub(crate) coach: Option<Option<String>>,
}

impl Room {
    /// Where somebody is in the list, by call or label.
    pub(crate) fn position(state: &State, who: &str) -> Option<usize> {
        state
            .members
            .iter()
            .position(|member| member.call.sid == who || member.seat.label.as_deref() == Some(who))
    }

    /// Changes a participant; `false` when they are not here.
    pub(crate) fn change(&self, world: &World, who: &str, change: Change) -> bool {
        let now = world.clock.now();
        let mut state = self.state.lock();
        let Some(at) = Self::position(&state, who) else {
            return false;
        };
        if let Some(muted) = change.muted
            && muted != state.members[at].seat.muted
        {
            state.members[at].seat.muted = muted;
            let event = if muted {
                "participant-mute"
            } else {
                "participant-unmute"
            };
            self.happened(&mut state, now, event, Some(at), &[]);
        }
        match change.hold {
            Some(true) => {
                let held = state.members[at].hold.is_some();
                Self::silence(&mut state, now, at);
                state.members[at].hold = Some(change.music.unwrap_or(Music::Usual));
                if !held {
                    self.happened(&mut state, now, "participant-hold", Some(at), &[]);
                }
            }
            Some(false) if state.members[at].hold.is_some() => {
                state.members[at].hold = None;
                self.happened(&mut state, now, "participant-unhold", Some(at), &[]);
            }
            _ => {}
        }
        if let Some(end) = change.end {
            state.members[at].seat.end = end;
            self.happened(&mut state, now, "participant-modify", Some(at), &[]);
        }
        if let Some(coach) = change.coach {
            state.members[at].seat.coach = coach;
            self.happened(&mut state, now, "participant-modify", Some(at), &[]);
        }
        state.members[at].announcements.extend(change.announce);
        state.members[at].updated = Utc::now();
        state.members[at].call.signal(Signal::Room(RoomOrder::Look));
        true
    }

    /// Says something to everybody.
    pub(crate) fn announce(&self, url: &str, method: &str) {
        let mut state = self.state.lock();
        for member in state.members.iter_mut().filter(|member| member.joined) {
            member.announcements.push((url.to_owned(), method.to_owned()));
            member.call.signal(Signal::Room(RoomOrder::Look));
        }
    }

    /// An announcement is over.
    pub(super) fn announced(&self, world: &World, call_sid: &str, heard: bool) {
        let mut state = self.state.lock();
        let at = Self::position(&state, call_sid);
        let event = if heard {
            "announcement-end"
        } else {
            "announcement-fail"
        };
        self.happened(&mut state, world.clock.now(), event, at, &[]);
    }

    /// Somebody goes; with them the conference may end.
    pub(crate) fn leave(&self, world: &World, call_sid: &str, reason: &'static str) {
        let now = world.clock.now();
        let mut state = self.state.lock();
        let Some(at) = Self::position(&state, call_sid) else {
            return;
        };
        Self::silence(&mut state, now, at);
        let status = state.members[at].call.status().word().to_owned();
        let told = [
            ("ReasonParticipantLeft", reason.to_owned()),
            ("ParticipantCallStatus", status),
        ];
        self.happened(&mut state, now, "participant-leave", Some(at), &told);
        let gone = state.members.remove(at);
        gone.call.signal(Signal::Room(RoomOrder::Leave));
        let kicked = reason == REMOVED;
        let why = if gone.joined && gone.seat.end {
            if kicked { KICKED } else { LEFT }
        } else if state.members.is_empty() {
            if kicked { LAST_KICKED } else { LAST_LEFT }
        } else {
            return;
        };
        let label = gone.seat.label.clone().unwrap_or_default();
        self.close(world, &mut state, why, Some((gone.call.sid.clone(), label)));
    }

    /// Ends it for everybody.
    pub(crate) fn end(&self, world: &World) {
        let mut state = self.state.lock();
        if state.stage != Stage::Completed {
            self.close(world, &mut state, BY_API, None);
        }
    }

    fn close(&self, world: &World, state: &mut State, why: &'static str, by: Option<(String, String)>) {
        let now = world.clock.now();
        let reason = if why == BY_API {
            "conference_ended_via_api"
        } else {
            "moderator_ended_conference"
        };
        while !state.members.is_empty() {
            Self::silence(state, now, 0);
            let status = state.members[0].call.status().word().to_owned();
            let told = [
                ("ReasonParticipantLeft", reason.to_owned()),
                ("ParticipantCallStatus", status),
            ];
            self.happened(state, now, "participant-leave", Some(0), &told);
            let member = state.members.remove(0);
            member.call.signal(Signal::Room(RoomOrder::Leave));
        }
        state.stage = Stage::Completed;
        state.updated = Utc::now();
        state.why_ended = Some(why);
        let mut told = vec![
            ("ReasonConferenceEnded", why.to_owned()),
            ("Reason", why.replace('-', " ")),
        ];
        if let Some((call_sid, label)) = by {
            told.push(("CallSidEndingConference", call_sid.clone()));
            told.push(("ParticipantLabelEndingConference", label));
            state.ended_by = Some(call_sid);
        }
        self.happened(state, now, "conference-end", None, &told);
    }

    /// Takes somebody out.
    pub(crate) fn remove(&self, world: &World, who: &str) -> bool {
        let found =
            self.read(|state| Self::position(state, who).map(|at| state.members[at].call.sid.clone()));
        match found {
            Some(call_sid) => {
                self.leave(world, &call_sid, REMOVED);
                true
            }
            None => false,
        }
    }
}
