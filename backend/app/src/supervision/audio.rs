//! Listening to a call and speaking in one that was taken over: who may, by which ticket, and with which engine.

use phony_kernel::call::{CallStatus, Channel, Engine};
use phony_kernel::{CallId, Error, Kind, Permission, Result, TenantId};
use serde::{Deserialize, Serialize};

use super::tickets::Purpose;
use super::{Supervision, Ticket};
use crate::Principal;
use crate::calls::CallView;

/// What can be done with the sound of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Abilities {
    /// It can be listened to.
    pub listen: bool,
    /// A person can speak in it with their own voice.
    pub takeover_microphone: bool,
    /// A person can write what the agent's voice says.
    pub takeover_keyboard: bool,
    /// Why something cannot be done.
    pub reasons: AbilityReasons,
}

/// Why something cannot be done: `typed_call`, or `engine_has_no_sound` when only the carrier hears and speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct AbilityReasons {
    /// Why it cannot be listened to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<&'static str>,
    /// Why nobody can speak in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub takeover_microphone: Option<&'static str>,
}

/// What can be done with the sound of a call of this engine.
#[must_use]
pub fn abilities(engine: Engine, channel: Channel, typed: bool) -> Abilities {
    let silent = match (engine, channel) {
        (Engine::Realtime, _) if !typed => AbilityReasons::default(),
        (_, Channel::Web) => AbilityReasons {
            listen: Some("typed_call"),
            takeover_microphone: Some("typed_call"),
        },
        // The carrier sends a fork of the sound, and takes none.
        _ => AbilityReasons {
            listen: None,
            takeover_microphone: Some("engine_has_no_sound"),
        },
    };
    Abilities {
        listen: silent.listen.is_none(),
        takeover_microphone: silent.takeover_microphone.is_none(),
        takeover_keyboard: true,
        reasons: silent,
    }
}

/// For whom a ticket is, and for which call.
#[derive(Serialize, Deserialize)]
struct AudioTicket {
    who: Principal,
    call: CallId,
}

/// Somebody at the sound of a call.
#[derive(Debug, Clone)]
pub struct Listener {
    /// Who.
    pub who: Principal,
    /// Which call, as it was when they came.
    pub call: CallView,
}

impl Supervision {
    /// Gives out a ticket for the sound of a call.
    ///
    /// # Errors
    /// `forbidden`; `plan_limit`; `not_found`; `call_ended`; `cannot_listen` for a call without sound; `unavailable`
    /// when Redis does not answer.
    pub async fn issue_audio_ticket(&self, who: &Principal, call: CallId) -> Result<Ticket> {
        Self::check_plan(who)?;
        let call = self.hearable(who, &call.into()).await?.id;
        let who = who.clone();
        let tenant = who.tenant;
        let ticket = AudioTicket { who, call };
        Ok(self.issue(Purpose::Audio, tenant, &ticket).await?.into())
    }

    /// Takes a ticket for the sound of `call` in; it is worthless afterwards.
    ///
    /// # Errors
    /// `unauthenticated` for one that is unknown, used, too old, or of another call; those of
    /// [`Self::issue_audio_ticket`], because much can change in half a minute.
    pub async fn redeem_audio_ticket(
        &self,
        ticket: &str,
        call: &str,
        from: Option<std::net::IpAddr>,
    ) -> Result<Listener> {
        let kept: Option<(TenantId, AudioTicket)> = self.take(Purpose::Audio, ticket).await?;
        let (_, AudioTicket { mut who, call: of }) = kept.ok_or_else(Error::unauthenticated)?;
        who.from = from;
        self.identity.recheck(&who).await?;
        let call = self.hearable(&who, &call.parse()?).await?;
        if call.id != of {
            return Err(Error::unauthenticated());
        }
        Ok(Listener { who, call })
    }

    async fn hearable(&self, who: &Principal, call: &crate::calls::CallRef) -> Result<CallView> {
        who.require(Permission::CallIntervene, self.clock.now())?;
        let call = self.calls.get(who, call).await?;
        if call.status == CallStatus::Ended {
            return Err(Error::new(Kind::Conflict, "call_ended", "the call is over"));
        }
        if !abilities(call.engine, call.channel, call.typed).listen {
            let text = "this call has no sound to listen to";
            return Err(Error::new(Kind::Conflict, "cannot_listen", text));
        }
        Ok(call)
    }

    /// Somebody still listens: to be said every two seconds. Where the engine hears no sound, the carrier is asked
    /// for a fork when there is none.
    ///
    /// # Errors
    /// `unavailable` when Redis does not answer; that the carrier did not give a fork.
    pub async fn listen(&self, listener: &Listener) -> Result<()> {
        let (tenant, call) = (listener.who.tenant, &listener.call);
        let _ = self.engine.listen(tenant, call.id).await?;
        if call.engine != Engine::Realtime && self.engine.claim_fork(tenant, call.id).await? {
            let token = ForkToken {
                call: call.id,
                call_sid: call.call_sid.clone(),
            };
            let token = self.issue(Purpose::Fork, tenant, &token).await?;
            return self
                .transfers
                .start_fork(tenant, call.id, &call.call_sid, token)
                .await;
        }
        Ok(())
    }
}

/// Of which call a fork is let in.
#[derive(Serialize, Deserialize)]
pub(super) struct ForkToken {
    pub(super) call: CallId,
    pub(super) call_sid: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_engine_says_plainly_what_it_can() {
        let spoken = abilities(Engine::Realtime, Channel::Web, false);
        assert!(spoken.listen && spoken.takeover_microphone && spoken.takeover_keyboard);
        for engine in [Engine::Relay, Engine::Gather] {
            let forked = abilities(engine, Channel::Phone, false);
            assert!(forked.listen && !forked.takeover_microphone && forked.takeover_keyboard);
            assert_eq!(forked.reasons.takeover_microphone, Some("engine_has_no_sound"));
        }
        for engine in [Engine::Relay, Engine::Realtime] {
            let typed = abilities(engine, Channel::Web, true);
            assert!(!typed.listen && !typed.takeover_microphone && typed.takeover_keyboard);
            assert_eq!(typed.reasons.listen, Some("typed_call"));
        }
    }
}
