//! The answer to a ringing call: who talks, or why nobody does.

use phony_conversation::EventBody;
use phony_conversation::plan::Personality;
use phony_db::TenantTx;
use phony_db::calls::admission::{self, Admission, NewCall, NumberSetup};
use phony_db::calls::{callbacks, closing, stream};
use phony_kernel::call::{CallStatus, Direction, EndedReason, Ending, Engine};
use phony_kernel::{CallId, NumberId, Result, TenantId};

use super::token::StreamToken;
use super::{CallsArea, clean};

const BUSY: &str = "All our lines are busy at the moment. Please call again in a few minutes.";
const NOT_READY: &str = "This number cannot take calls yet. Please call again later.";

/// The carrier's request for instructions, its signature checked.
#[derive(Debug, Clone)]
pub struct InboundCall {
    /// The carrier's id of the call.
    pub call_sid: String,
    /// The carrier's account that the number is in.
    pub account_sid: String,
    /// The caller, as the carrier writes it.
    pub from: String,
    /// The called number.
    pub to: String,
}

/// What the carrier is told to do.
#[derive(Debug)]
pub enum InboundAnswer {
    /// Connect the caller to the agent.
    Connect(Box<Connect>),
    /// Too many calls at once: say so.
    Busy {
        /// What the caller hears.
        message: String,
    },
    /// Nobody is set to answer this number: say so.
    NotReady {
        /// What the caller hears.
        message: String,
    },
    /// The number is nobody's.
    UnknownNumber,
    /// The tenant may not take calls.
    Suspended,
    /// The call has ended, or its conversation runs already: a late repeat of the request.
    Over,
}

/// How to connect a caller to the agent.
#[derive(Debug)]
pub struct Connect {
    /// Whose call.
    pub tenant: TenantId,
    /// Our id of it.
    pub call: CallId,
    /// One-use token for the socket.
    pub token: String,
    /// How it is spoken.
    pub engine: Engine,
    /// Who talks: voice, language, greeting.
    pub personality: Personality,
    /// News for those who watch; empty when the call was known.
    pub events: Vec<EventBody>,
}

impl CallsArea {
    /// Answers a ringing call. A repeat of the same request gets the same answer with another token, as long as
    /// the first one is unused.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn answer_inbound(&self, inbound: &InboundCall) -> Result<InboundAnswer> {
        let Some((tenant, number)) = self.find_numbers(&[&inbound.to]).await?.pop() else {
            return Ok(InboundAnswer::UnknownNumber);
        };
        let mut tx = self.db.tenant(tenant).await?;
        let Some(setup) = admission::find_setup(&mut tx, number).await? else {
            return Ok(InboundAnswer::UnknownNumber);
        };
        if !setup.tenant_active {
            return Ok(InboundAnswer::Suspended);
        }
        let answer = self.admit(&mut tx, number, setup, inbound).await?;
        if !matches!(answer, InboundAnswer::Busy { .. }) {
            tx.commit().await?;
        }
        Ok(answer)
    }

    async fn admit(
        &self,
        tx: &mut TenantTx,
        number: NumberId,
        setup: NumberSetup,
        inbound: &InboundCall,
    ) -> Result<InboundAnswer> {
        let tenant = tx.tenant();
        let call = CallId::new();
        let token = StreamToken::new(tenant, call);
        let new = NewCall {
            call,
            call_sid: &clean(&inbound.call_sid, 64),
            number,
            direction: Direction::Inbound,
            engine: setup.engine,
            from: &clean(&inbound.from, 255),
            to: &clean(&inbound.to, 255),
            personality: setup.personality.as_ref().map(|who| (who.id, who.version)),
            token_hash: &token.hash(),
            instance: self.instance,
            limit: setup.plan.limits().concurrent_calls,
        };
        match admission::admit(tx, &new).await? {
            Admission::AtLimit => {
                tracing::info!(tenant.id = %tenant, number.id = %number, "call refused: too many at once");
                Ok(InboundAnswer::Busy {
                    message: BUSY.to_owned(),
                })
            }
            Admission::Duplicate => self.answer_again(tx, new.call_sid).await,
            Admission::Admitted => match setup.personality {
                Some(personality) => Ok(InboundAnswer::Connect(Box::new(Connect {
                    tenant,
                    call,
                    token: token.text(),
                    engine: setup.engine,
                    personality,
                    events: vec![EventBody::CallState {
                        status: CallStatus::Ringing,
                        ending: None,
                    }],
                }))),
                None => refuse_unready(tx, call).await,
            },
        }
    }

    async fn answer_again(&self, tx: &mut TenantTx, call_sid: &str) -> Result<InboundAnswer> {
        let Some(facts) = callbacks::lock(tx, call_sid).await? else {
            return Ok(InboundAnswer::Over);
        };
        if facts.personality.is_none() {
            return Ok(InboundAnswer::NotReady {
                message: NOT_READY.to_owned(),
            });
        }
        let token = StreamToken::new(tx.tenant(), facts.call);
        let again = stream::reissue(tx, facts.call, &token.hash()).await?;
        Ok(again.map_or(InboundAnswer::Over, |known| {
            InboundAnswer::Connect(Box::new(Connect {
                tenant: tx.tenant(),
                call: known.call,
                token: token.text(),
                engine: known.engine,
                personality: known.personality,
                events: Vec::new(),
            }))
        }))
    }
}

/// The call is kept as one that ended at once, so that the tenant sees what is missing.
async fn refuse_unready(tx: &mut TenantTx, call: CallId) -> Result<InboundAnswer> {
    let ending = Ending::of(EndedReason::ConfigError).with_detail("no personality answers this number");
    closing::end(tx, call, &ending, chrono::Utc::now(), None).await?;
    Ok(InboundAnswer::NotReady {
        message: NOT_READY.to_owned(),
    })
}
