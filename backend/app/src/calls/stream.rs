//! The socket of a conversation: let in once by its token, and again after it was lost.

use phony_conversation::EventBody;
use phony_conversation::plan::{CallPlan, Policy};
use phony_conversation::snapshot::Snapshot;
use phony_db::TenantTx;
use phony_db::calls::stream::StreamedCall;
use phony_db::calls::{callbacks, closing, stream, welcome};
use phony_kernel::call::{CallStatus, EndedReason, Ending, Engine};
use phony_kernel::{CallId, E164, Result, TenantId};

use super::history::fold;
use super::inbound::Connect;
use super::token::StreamToken;
use super::{CallsArea, clean};
use super::{outbound, transfers};
use crate::outbound_policy;

/// How long a call without a socket is kept between two turns.
const TURN_LEASE_SECONDS: f64 = 120.0;

/// Answer to a socket that wants in.
#[derive(Debug)]
pub enum StreamOpening {
    /// It is the call's socket from now on.
    Opened(Box<OpenedStream>),
    /// It is not let in.
    Refused(StreamRefusal),
}

/// A call whose conversation may run.
#[derive(Debug)]
pub struct OpenedStream {
    /// Everything the conversation needs to know.
    pub plan: CallPlan,
    /// How far the conversation had come when an earlier socket was lost; new events count on from its `seq`.
    pub resumed: Option<Snapshot>,
}

/// Why a socket is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamRefusal {
    /// No token of ours, or not the call's newest.
    UnknownToken,
    /// The token belongs to another call of the carrier.
    WrongCall,
    /// The token was used before.
    Used,
    /// The call is over.
    Ended,
}

impl StreamRefusal {
    /// Stable word for logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnknownToken => "unknown_token",
            Self::WrongCall => "wrong_call",
            Self::Used => "used",
            Self::Ended => "ended",
        }
    }
}

/// Answer to a turn that wants in.
#[derive(Debug)]
pub enum TurnOpening {
    /// It is the call's.
    Opened {
        /// What the conversation needs to know, and how far it has come.
        stream: Box<OpenedStream>,
        /// Whether no turn was there before it.
        first: bool,
    },
    /// It is not let in.
    Refused(StreamRefusal),
}

/// A call that goes on with another engine.
#[derive(Debug, Clone)]
pub struct EngineSwitch {
    /// The carrier's id of the call.
    pub call_sid: String,
    /// Which engine.
    pub to: Engine,
    /// What the caller hears meanwhile.
    pub say: Option<String>,
}

/// The carrier says that a call lost its socket.
#[derive(Debug, Clone)]
pub struct Resume {
    /// The carrier's id of the call.
    pub call_sid: String,
    /// The caller.
    pub from: String,
    /// The called number.
    pub to: String,
}

/// What the carrier is told to do with a call that lost its socket.
#[derive(Debug)]
pub enum ResumeAnswer {
    /// Connect it again.
    Connect(Box<Connect>),
    /// It has had its chances: say so and hang up.
    Apologize {
        /// Whose call.
        tenant: TenantId,
        /// Our id of it.
        call: CallId,
        /// What the caller hears.
        message: String,
        /// Who takes the caller then.
        forward: Option<E164>,
        /// News for those who watch.
        events: Vec<EventBody>,
    },
    /// There is nothing to come back to.
    HangUp,
}

impl CallsArea {
    /// Lets a socket in, once a token, and gives the plan of its call.
    ///
    /// # Errors
    /// Those of the database; a token that is not good is an answer, not an error.
    pub async fn open_stream(&self, token: &str, call_sid: &str) -> Result<StreamOpening> {
        self.open_socket(token, call_sid, None).await
    }

    /// The same for a media stream, which the carrier bills by its minutes: it is noted by its id.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn open_media_stream(
        &self,
        token: &str,
        call_sid: &str,
        stream_sid: &str,
    ) -> Result<StreamOpening> {
        let stream_sid = clean(stream_sid, 64);
        self.open_socket(token, call_sid, Some(&stream_sid)).await
    }

    async fn open_socket(
        &self,
        token: &str,
        call_sid: &str,
        media_stream: Option<&str>,
    ) -> Result<StreamOpening> {
        let Some(token) = StreamToken::read(token) else {
            return Ok(StreamOpening::Refused(StreamRefusal::UnknownToken));
        };
        let (call, hash) = (token.call(), token.hash());
        let mut tx = self.db.tenant(token.tenant()).await?;
        let Some(opened) = stream::open(&mut tx, call, call_sid, &hash, self.instance, media_stream).await?
        else {
            let refusal = explain(&mut tx, call, call_sid, &hash).await?;
            return Ok(StreamOpening::Refused(refusal));
        };
        let resumed = if opened.again {
            Some(fold(&mut tx, call).await?)
        } else {
            None
        };
        let mut plan = self.plan(tx.tenant(), opened);
        self.choose_models(&mut tx, call).await?;
        outbound::dress(&mut tx, &mut plan).await?;
        transfers::keep_allowed(&mut tx, &mut plan.personality.transfer_targets).await?;
        tx.commit().await?;
        Ok(StreamOpening::Opened(Box::new(OpenedStream { plan, resumed })))
    }

    /// Lets a turn of a call without a socket in, as often as the carrier asks with the call's newest token. The
    /// call is kept for two minutes, by when the carrier has asked again or has told of the end.
    ///
    /// # Errors
    /// Those of the database; a token that is not good is an answer, not an error.
    pub async fn open_turn(&self, token: &str, call_sid: &str) -> Result<TurnOpening> {
        let Some(token) = StreamToken::read(token) else {
            return Ok(TurnOpening::Refused(StreamRefusal::UnknownToken));
        };
        let (call, hash, call_sid) = (token.call(), token.hash(), clean(call_sid, 64));
        let mut tx = self.db.tenant(token.tenant()).await?;
        let opened =
            stream::open_turn(&mut tx, call, &call_sid, &hash, self.instance, TURN_LEASE_SECONDS).await?;
        let Some((opened, first)) = opened else {
            let refusal = match explain(&mut tx, call, &call_sid, &hash).await? {
                // A turn's token may be used again; only the end refuses it.
                StreamRefusal::Used => StreamRefusal::Ended,
                other => other,
            };
            return Ok(TurnOpening::Refused(refusal));
        };
        let resumed = if first && !opened.again {
            None
        } else {
            Some(fold(&mut tx, call).await?)
        };
        let mut plan = self.plan(tx.tenant(), opened);
        self.choose_models(&mut tx, call).await?;
        outbound::dress(&mut tx, &mut plan).await?;
        transfers::keep_allowed(&mut tx, &mut plan.personality.transfer_targets).await?;
        tx.commit().await?;
        Ok(TurnOpening::Opened {
            stream: Box::new(OpenedStream { plan, resumed }),
            first,
        })
    }

    /// How to connect a caller who was asked something before the conversation; `None` when it has begun or is over.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn connect_again(&self, call_sid: &str) -> Result<Option<Connect>> {
        let call_sid = clean(call_sid, 64);
        for tenant in self.find_tenants(&call_sid).await? {
            let mut tx = self.db.tenant(tenant).await?;
            let Some(facts) = callbacks::lock(&mut tx, &call_sid).await? else {
                continue;
            };
            let token = StreamToken::new(tenant, facts.call);
            let again = stream::reissue(&mut tx, facts.call, &token.hash()).await?;
            tx.commit().await?;
            return Ok(again.map(|known| self.connect(tenant, known, &token, None)));
        }
        Ok(None)
    }

    /// Goes on with a call on another engine, because its own has failed. Does not count as a lost socket.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn switch_engine(&self, switch: &EngineSwitch) -> Result<ResumeAnswer> {
        let call_sid = clean(&switch.call_sid, 64);
        for tenant in self.find_tenants(&call_sid).await? {
            let mut tx = self.db.tenant(tenant).await?;
            let Some(facts) = callbacks::lock(&mut tx, &call_sid).await? else {
                continue;
            };
            if facts.ended_at.is_some() {
                return Ok(ResumeAnswer::HangUp);
            }
            let token = StreamToken::new(tenant, facts.call);
            let answer = match stream::switch_engine(&mut tx, facts.call, &token.hash(), switch.to).await? {
                Some(known) => {
                    tracing::warn!(
                        tenant.id = %tenant, call.id = %facts.call, engine.from = %facts.engine, engine.to = %switch.to,
                        "call {} goes on with another engine", facts.call
                    );
                    let connect = self.connect(tenant, known, &token, switch.say.clone());
                    ResumeAnswer::Connect(Box::new(connect))
                }
                None => give_up(&mut tx, facts.call).await?,
            };
            tx.commit().await?;
            return Ok(answer);
        }
        Ok(ResumeAnswer::HangUp)
    }

    /// Gives a call that lost its socket another token, twice at the most; then it ends.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn resume(&self, lost: &Resume) -> Result<ResumeAnswer> {
        for tenant in self.find_tenants(&lost.call_sid).await? {
            let mut tx = self.db.tenant(tenant).await?;
            let Some(facts) = callbacks::lock(&mut tx, &clean(&lost.call_sid, 64)).await? else {
                continue;
            };
            if facts.ended_at.is_some() {
                return Ok(ResumeAnswer::HangUp);
            }
            let token = StreamToken::new(tenant, facts.call);
            let again = stream::resume(&mut tx, facts.call, &token.hash()).await?;
            let answer = match again {
                Some(known) => ResumeAnswer::Connect(Box::new(self.connect(tenant, known, &token, None))),
                None => give_up(&mut tx, facts.call).await?,
            };
            tx.commit().await?;
            return Ok(answer);
        }
        Ok(ResumeAnswer::HangUp)
    }
}

async fn explain(tx: &mut TenantTx, call: CallId, sid: &str, hash: &[u8; 32]) -> Result<StreamRefusal> {
    let facts = stream::find_token_facts(tx, call, sid, hash).await?;
    Ok(match facts {
        Some(facts) if facts.token_matches && !facts.sid_matches => StreamRefusal::WrongCall,
        Some(facts) if facts.token_matches && facts.used_at.is_some() => StreamRefusal::Used,
        Some(facts) if facts.token_matches && facts.ended_at.is_some() => StreamRefusal::Ended,
        _ => StreamRefusal::UnknownToken,
    })
}

async fn give_up(tx: &mut TenantTx, call: CallId) -> Result<ResumeAnswer> {
    let ending = Ending::of(EndedReason::PlatformError)
        .with_detail("the connection to the conversation was lost and did not come back");
    let decided = closing::end(tx, call, &ending, chrono::Utc::now(), None).await?;
    // The rules for calls may have changed since it was set.
    let fallback = welcome::find_fallback(tx, call).await?;
    let forward = outbound_policy::keep_dialable(tx, fallback).await?;
    let event = EventBody::CallState {
        status: CallStatus::Ended,
        ending: Some(ending),
    };
    Ok(ResumeAnswer::Apologize {
        tenant: tx.tenant(),
        call,
        message: match &forward {
            Some(_) => Policy::default().handing_over,
            None => Policy::default().apology,
        },
        forward,
        events: if decided { vec![event] } else { Vec::new() },
    })
}

impl CallsArea {
    pub(super) fn plan(&self, tenant: TenantId, call: StreamedCall) -> CallPlan {
        let personality = self.complete(call.personality);
        let mut plan = CallPlan {
            tenant,
            call: call.call,
            call_sid: call.call_sid,
            channel: call.channel,
            direction: call.direction,
            engine: call.engine,
            typed: call.typed,
            test: call.test,
            number: call.number,
            from: call.from,
            to: call.to,
            policy: Policy {
                fallback_engine: personality.fallback.engine(),
                recordable: call.recordable,
                ..Policy::default()
            },
            personality,
        };
        super::web::adapt(&mut plan);
        plan.policy = std::mem::take(&mut plan.policy).asking_as(&plan.personality);
        plan
    }
}
