//! Supervision: tickets for the live socket, snapshots and events, acts on calls.

mod audio;
mod forks;
mod people;
mod questions;
mod reach;
mod sockets;
mod tickets;
mod wall;
mod wall_schema;

use futures_util::Stream;
use phony_calls::bus::EventBus;
pub use phony_calls::bus::{Delivered, LiveItem, Topic};
use phony_conversation::{Action, ActionStatus, Command, Snapshot};
use phony_kernel::call::CallStatus;
use phony_kernel::{CallId, Clock, E164, Error, Kind, Permission, Result};

use crate::Principal;
use crate::calls::transfers::Transfers;
use crate::calls::{CallView, CallsArea};
use crate::identity::Identity;
use crate::recordings::Recordings;

pub use audio::{Abilities, AbilityReasons, Listener, abilities};
pub use forks::OpenedFork;
pub use sockets::SocketPlace;
pub use tickets::Ticket;
pub use wall::{Wall, WallRow};
pub use wall_schema::{ActorView, AttentionKindView, AttentionView, LastWordsView, MoodView, SpeakerView};

/// Watching calls and stepping in.
#[derive(Clone)]
pub struct Supervision {
    calls: CallsArea,
    engine: phony_calls::Calls,
    bus: EventBus,
    recordings: Recordings,
    transfers: Transfers,
    identity: Identity,
    redis: redis::aio::ConnectionManager,
    clock: Clock,
}

/// One call in full.
#[derive(Debug)]
pub struct Console {
    /// The call.
    pub call: CallView,
    /// The fold of its events; without words for those who may not read them.
    pub live: Snapshot,
    /// What people can do with its sound.
    pub abilities: Abilities,
    /// Events after it are not yet in `live`.
    pub cursor: String,
}

/// The areas whose use cases supervision brings together.
#[derive(Debug, Clone)]
pub struct Areas {
    /// Calls and their history.
    pub calls: CallsArea,
    /// What may be recorded.
    pub recordings: Recordings,
    /// Who may be rung.
    pub transfers: Transfers,
    /// Who watches.
    pub identity: Identity,
}

impl Supervision {
    /// Supervision over the calls of `areas` that `engine` runs.
    #[must_use]
    pub fn new(
        areas: Areas,
        engine: phony_calls::Calls,
        bus: EventBus,
        redis: redis::aio::ConnectionManager,
        clock: Clock,
    ) -> Self {
        let Areas {
            calls,
            recordings,
            transfers,
            identity,
        } = areas;
        Self {
            calls,
            engine,
            bus,
            recordings,
            transfers,
            identity,
            redis,
            clock,
        }
    }

    /// One call and its fold, and where its events go on.
    ///
    /// # Errors
    /// `not_found`; `unavailable` when Redis or the database does not answer.
    pub async fn console(&self, who: &Principal, call: &str) -> Result<Console> {
        let call = self.calls.get(who, &call.parse()?).await?;
        let (events, cursor) = self.bus.read(who.tenant, Topic::Call(call.id)).await?;
        let mut live = Snapshot::default();
        if events.first().is_none_or(|first| first.event.seq > 1) {
            // The begin of the stream has expired; the database has the lasting part of it.
            live = self.calls.snapshot(who, &call.id.into()).await?;
        }
        let mut whole_stream = Snapshot::default();
        for delivered in &events {
            live.apply(&delivered.event);
            whole_stream.apply(&delivered.event);
        }
        live.state = live.state.or(whole_stream.state);
        live.cost_amount = live.cost_amount.or(whole_stream.cost_amount);
        if !who.holds(Permission::TranscriptRead) {
            live.items.clear();
            live.approvals.clear();
        }
        let abilities = abilities(call.engine, call.channel, call.typed);
        Ok(Console {
            call,
            live,
            abilities,
            cursor,
        })
    }

    /// Our id of a call that may be named either way.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn find(&self, who: &Principal, call: &str) -> Result<CallId> {
        Ok(self.calls.get(who, &call.parse()?).await?.id)
    }

    /// Where the events of a call go on from now.
    ///
    /// # Errors
    /// `unavailable` when Redis does not answer.
    pub async fn cursor(&self, who: &Principal, call: CallId) -> Result<String> {
        self.bus.cursor(who.tenant, Topic::Call(call)).await
    }

    /// The events of a topic after `cursor`.
    ///
    /// # Errors
    /// `unavailable` when Redis does not answer, `bad_cursor` for a cursor that is none.
    pub async fn follow(
        &self,
        who: &Principal,
        topic: Topic,
        cursor: String,
    ) -> Result<impl Stream<Item = LiveItem> + Unpin + use<>> {
        let events = self.bus.follow(who.tenant, topic, cursor).await?;
        Ok(reach::within(&self.calls, who, events))
    }

    /// Does one act on one live call, once for each `action_id`.
    ///
    /// # Errors
    /// `not_found`; `forbidden`; `call_ended`; `unavailable`.
    pub async fn act(
        &self,
        who: &Principal,
        call: &str,
        action_id: String,
        action: Action,
    ) -> Result<ActionStatus> {
        let permission = match action {
            Action::Transfer { .. } => Permission::CallTransfer,
            Action::End { .. } => Permission::CallEnd,
            Action::Record { .. } => Permission::RecordingWrite,
            Action::Say { .. }
            | Action::Dtmf { .. }
            | Action::Hold
            | Action::Unhold
            | Action::Clarify { .. }
            | Action::Claim { .. }
            | Action::Release { .. }
            | Action::Note { .. }
            | Action::ApprovalMode { .. }
            | Action::Approve { .. }
            | Action::Reject { .. }
            | Action::Takeover { .. }
            | Action::Handback { .. } => Permission::CallIntervene,
        };
        who.require(permission, self.clock.now())?;
        let info = self.calls.get(who, &call.parse()?).await?;
        if info.status == CallStatus::Ended {
            return Err(Error::new(Kind::Conflict, "call_ended", "the call is over"));
        }
        if let Action::Record { op } = action {
            return self
                .recordings
                .act(who, info.id, &info.call_sid, action_id, op)
                .await;
        }
        self.calls
            .note_act(who, info.id, &action_id, action.name(), self.clock.now())
            .await?;
        let action = self.checked(who, action).await?;
        let command = Command {
            action_id,
            actor: who.actor(),
            action,
        };
        match self.engine.command(who.tenant, info.id, command.clone()).await {
            Err(error) if matches!(error.code(), "call_ended" | "call_moving") => {
                // No conversation runs it: its caller may be with somebody else.
                let done = self.transfers.act_away(who.tenant, info.id, &command).await?;
                done.ok_or(error)
            }
            done => done,
        }
    }

    /// What only we know of an act: a transfer to a number that is not on any list is as good as the tenant's rules for
    /// calls say, and an admin may let a call go that somebody else handles.
    async fn checked(&self, who: &Principal, action: Action) -> Result<Action> {
        match action {
            Action::Transfer {
                to,
                kind,
                brief,
                stay_as,
                ..
            } => {
                let allowed = match E164::from_canonical(to.trim()) {
                    Ok(number) => self.calls.may_ring(who.tenant, &number).await?,
                    Err(_) => false,
                };
                Ok(Action::Transfer {
                    to,
                    kind,
                    brief,
                    stay_as,
                    allowed,
                })
            }
            Action::Release { .. } => Ok(Action::Release { any: who.is_admin() }),
            other => Ok(other),
        }
    }
}
