//! Calls from the browser: let in without a number, spoken or typed, by whoever may try a personality.

use phony_conversation::EventBody;
use phony_conversation::plan::{CallPlan, Personality, Policy};
use phony_db::calls::admission::{self, Admission, NewCall};
use phony_db::calls::outbound as rows;
use phony_db::calls::{callbacks, history, stream};
use phony_db::personalities;
use phony_kernel::call::{CallStatus, Channel, Direction, Engine};
use phony_kernel::{CallId, Error, Kind, PersonalityId, Result};
use serde::{Deserialize, Serialize};

use super::stream::{StreamOpening, StreamRefusal};
use super::token::StreamToken;
use super::{CallView, CallsArea, testing};
use crate::{Principal, Who};

/// Seconds in which the browser must come with its ticket; as long as the call's first lease.
pub const TICKET_SECONDS: u32 = 30;
/// Somebody who reads and types is given more time than somebody who listens.
const NO_INPUT_TYPED_MS: u64 = 120_000;
/// Somebody who has to find the microphone, a little more.
const NO_INPUT_SPOKEN_MS: u64 = 12_000;
/// Longest call from a browser.
const MAX_DURATION_MS: u64 = 30 * 60 * 1_000;

/// How a call from the browser is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WebMode {
    /// By microphone and speaker.
    Voice,
    /// By typed words.
    Text,
}

impl WebMode {
    /// The engine that serves it when nobody says otherwise.
    #[must_use]
    pub fn engine(self) -> Engine {
        match self {
            Self::Voice => Engine::Realtime,
            Self::Text => Engine::Relay,
        }
    }

    /// Why an engine cannot serve it; `None` when it can. What the carrier of telephone calls hears and says for an
    /// engine, nobody does in a browser.
    #[must_use]
    pub fn objection(self, engine: Engine) -> Option<&'static str> {
        match (self, engine) {
            (Self::Voice, Engine::Realtime) | (Self::Text, Engine::Realtime | Engine::Relay) => None,
            (Self::Voice, _) => Some(
                "cannot be spoken in a browser: the telephone carrier hears and speaks for this engine. \
                 Speak with realtime, or type",
            ),
            (Self::Text, _) => Some("cannot be typed: type with relay or realtime"),
        }
    }

    /// How a call is held in a browser.
    #[must_use]
    pub fn of(plan: &CallPlan) -> Self {
        match plan.engine {
            Engine::Realtime if !plan.typed => Self::Voice,
            _ => Self::Text,
        }
    }
}

/// A call from the browser that wants to begin.
#[derive(Debug, Clone)]
pub struct WebCall {
    /// Who talks.
    pub personality: PersonalityId,
    /// In which version; the current one when absent.
    pub version: Option<i32>,
    /// What talks in its stead, checked: a draft that is no version yet.
    pub draft: Option<Personality>,
    /// How it is held.
    pub mode: WebMode,
    /// By which engine; one that can serve the mode.
    pub engine: Engine,
}

/// A ticket for a call from the browser.
#[derive(Debug)]
pub struct WebTicket {
    /// The call.
    pub call: CallView,
    /// For one socket.
    pub ticket: String,
    /// News for those who watch.
    pub events: Vec<EventBody>,
}

/// The name of a call that no carrier has named.
pub(super) fn web_sid(call: CallId) -> String {
    format!("WC{}", call.uuid().simple())
}

/// The caller, as calls name their parties.
fn caller(who: &Principal) -> String {
    match &who.who {
        Who::Member { user, .. } => format!("web:{user}"),
        Who::Key { id, .. } => format!("web:{id}"),
    }
}

impl CallsArea {
    /// Lets a call from the browser in. It waits for its socket as long as a ringing call does.
    ///
    /// # Errors
    /// `not_found` when the tenant has no such personality or version, `concurrency_limit`.
    pub async fn start_web(&self, who: &Principal, wanted: &WebCall) -> Result<WebTicket> {
        let mut tx = self.db.tenant(who.tenant).await?;
        let current = personalities::find(&mut tx, wanted.personality)
            .await?
            .ok_or_else(Error::not_found)?;
        let version = wanted.version.unwrap_or(current.body.version);
        let talks = if version == current.body.version {
            current.body
        } else {
            personalities::load_version(&mut tx, wanted.personality, version).await?
        };
        let call = CallId::new();
        let token = StreamToken::new(who.tenant, call);
        // A test call has its own room, which is counted while admission is held.
        let limit = who.plan.limits().concurrent_calls.filter(|_| !who.is_test());
        let test_account = match who.is_test() {
            true => {
                let account = self.test_account.as_deref().ok_or_else(test_mode_off)?;
                rows::lock_admission(&mut tx).await?;
                testing::check_room(&mut tx).await?;
                Some(account)
            }
            false => None,
        };
        let new = NewCall {
            call,
            call_sid: &web_sid(call),
            channel: Channel::Web,
            number: None,
            direction: Direction::Inbound,
            engine: wanted.engine,
            from: &caller(who),
            to: &talks.name,
            personality: Some((talks.id, version)),
            draft: wanted.draft.as_ref(),
            token_hash: &token.hash(),
            instance: self.instance,
            limit,
        };
        match admission::admit(&mut tx, &new).await? {
            Admission::Admitted => {}
            Admission::AtLimit => return Err(at_limit(limit)),
            Admission::Duplicate => return Err(Error::internal(std::io::Error::other("a new id is taken"))),
        }
        if wanted.mode == WebMode::Text {
            stream::note_typed(&mut tx, call).await?;
        }
        if let Some(account) = test_account {
            phony_db::calls::testing::mark(&mut tx, call, account).await?;
        }
        let detail = serde_json::json!({ "personality_id": talks.id, "version": version });
        let target = call.to_string();
        crate::audit::note(
            &mut tx,
            who,
            "web_call.create",
            &target,
            &detail,
            chrono::Utc::now(),
        )
        .await?;
        let call = history::get(&mut tx, &call.into()).await?.into();
        tx.commit().await?;
        Ok(WebTicket {
            call,
            ticket: token.text(),
            events: vec![EventBody::CallState {
                status: CallStatus::Ringing,
                ending: None,
            }],
        })
    }

    /// Gives the caller of a call from the browser another ticket, because the socket was lost. The talk goes on.
    ///
    /// # Errors
    /// `not_found` also when somebody else is the caller, `call_ended`.
    pub async fn resume_web(&self, who: &Principal, call: CallId) -> Result<WebTicket> {
        let mut tx = self.db.tenant(who.tenant).await?;
        let known = history::get(&mut tx, &call.into()).await?;
        if known.channel != Channel::Web || known.from != caller(who) {
            return Err(Error::not_found());
        }
        let facts = callbacks::lock(&mut tx, &known.call_sid).await?;
        let token = StreamToken::new(who.tenant, call);
        let again = match facts.filter(|facts| facts.ended_at.is_none()) {
            Some(_) => stream::resume(&mut tx, call, &token.hash()).await?,
            None => None,
        };
        if again.is_none() {
            return Err(Error::new(
                Kind::Conflict,
                "call_ended",
                "the call has ended, or its connection was lost too often",
            ));
        }
        let call = history::get(&mut tx, &call.into()).await?.into();
        tx.commit().await?;
        Ok(WebTicket {
            call,
            ticket: token.text(),
            events: Vec::new(),
        })
    }

    /// Goes on only if `call` is a typed one of `who` that is not over.
    ///
    /// # Errors
    /// `not_found` also when somebody else is the caller, `call_ended`.
    pub async fn own_typed(&self, who: &Principal, call: CallId) -> Result<()> {
        let call = self.get(who, &call.into()).await?;
        if call.channel != Channel::Web || !call.typed || call.from != caller(who) {
            return Err(Error::not_found());
        }
        if call.status == CallStatus::Ended {
            return Err(Error::new(
                Kind::Conflict,
                "call_ended",
                "the conversation is over",
            ));
        }
        Ok(())
    }

    /// Lets a browser's socket in, once a ticket, and gives the plan of its call.
    ///
    /// # Errors
    /// Those of the database; a ticket that is not good is an answer, not an error.
    pub async fn open_web(&self, ticket: &str, call: CallId) -> Result<StreamOpening> {
        if super::call_of_token(ticket) != Some(call) {
            return Ok(StreamOpening::Refused(StreamRefusal::UnknownToken));
        }
        self.open_stream(ticket, &web_sid(call)).await
    }
}

fn test_mode_off() -> Error {
    Error::new(
        Kind::Conflict,
        "test_mode_off",
        "this installation has no test carrier; use a live key",
    )
}

fn at_limit(limit: Option<u32>) -> Error {
    let limit = limit.unwrap_or_default();
    Error::new(
        Kind::RateLimited,
        "concurrency_limit",
        format!("{limit} calls are under way, which is as many as your plan allows at one time"),
    )
    .retry_after(5)
}

/// What differs in a call without a carrier: nobody can be dialled, and no other engine can take over.
pub(super) fn adapt(plan: &mut CallPlan) {
    if plan.channel != Channel::Web {
        return;
    }
    plan.personality.transfer_targets.clear();
    let standard = Policy::default();
    let spoken = WebMode::of(plan) == WebMode::Voice;
    plan.policy = Policy {
        fallback_engine: None,
        no_input_ms: if spoken {
            NO_INPUT_SPOKEN_MS
        } else {
            NO_INPUT_TYPED_MS
        },
        max_duration_ms: MAX_DURATION_MS.min(standard.max_duration_ms),
        recordable: false,
        ..standard
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_without_a_carrier_goes_nowhere_else() {
        let mut phone = CallPlan::example();
        let before = phone.clone();
        adapt(&mut phone);
        assert_eq!(phone.policy, before.policy);
        let mut web = CallPlan {
            channel: Channel::Web,
            number: None,
            ..CallPlan::example()
        };
        adapt(&mut web);
        assert_eq!(web.fallback_engine(), None);
        assert!(web.personality.transfer_targets.is_empty());
        assert_eq!(web.policy.no_input_ms, NO_INPUT_TYPED_MS);
        for (engine, typed, mode) in [
            (Engine::Realtime, false, WebMode::Voice),
            (Engine::Realtime, true, WebMode::Text),
            (Engine::Relay, true, WebMode::Text),
        ] {
            (web.engine, web.typed) = (engine, typed);
            assert_eq!(WebMode::of(&web), mode);
            assert_eq!(mode.objection(engine), None);
        }
        assert!(WebMode::Voice.objection(Engine::Relay).is_some());
        assert!(WebMode::Text.objection(Engine::Gather).is_some());
    }
}
