//! The answer to a ringing call: who talks, or why nobody does.

use phony_conversation::EventBody;
use phony_conversation::plan::Personality;
use phony_db::TenantTx;
use phony_db::calls::admission::{self, Admission, NewCall, NumberSetup};
use phony_db::calls::callbacks::CallFacts;
use phony_db::calls::stream::StreamedCall;
use phony_db::calls::welcome::set_contact;
use phony_db::calls::{callbacks, closing, stream};
use phony_kernel::call::{Channel, Direction, EndedReason, Ending, Engine};
use phony_kernel::{CallId, E164, NumberId, Result, TenantId};

use super::busy::{allowed, busy};
use super::token::StreamToken;
use super::welcome::{self, Welcome};
use super::{CallsArea, clean};
use crate::recordings::{self, Notice};

const NOT_READY_GOES_ON: &str = "One moment please, I am connecting you with somebody.";
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
    /// The call cannot be taken now: say so, and send the caller on where the tenant wants it.
    Busy(Box<Busy>),
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

/// Why an instance takes no call that the tenant might have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoRoom {
    /// It carries as many as it can.
    Full,
    /// It is being emptied before a stop.
    Draining,
}

/// A caller who cannot be taken now.
#[derive(Debug)]
pub struct Busy {
    /// What the caller hears.
    pub message: String,
    /// In whose voice and language: set when the words are the tenant's own.
    pub speaker: Option<Personality>,
    /// Where the caller is sent then.
    pub overflow: Option<E164>,
    /// What those who watch are told.
    pub news: Option<News>,
}

/// News of a call for those who watch.
#[derive(Debug)]
pub struct News {
    /// Whose call.
    pub tenant: TenantId,
    /// Our id of it.
    pub call: CallId,
    /// What happened, in order.
    pub events: Vec<EventBody>,
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
    /// The carrier's account that the number is in.
    pub account_sid: Option<String>,
    /// What the carrier says before it connects; for a call that changes its engine.
    pub say: Option<String>,
    /// How the caller is told first that the call is recorded.
    pub notice: Option<Notice>,
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
        self.decide_inbound(inbound, None).await
    }

    /// Answers a ringing call that this instance cannot carry: politely, and kept for the tenant to see. A call
    /// that was let in before is connected all the same; its socket may come to another instance.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn refuse_inbound(&self, inbound: &InboundCall, why: NoRoom) -> Result<InboundAnswer> {
        self.decide_inbound(inbound, Some(why)).await
    }

    async fn decide_inbound(&self, inbound: &InboundCall, no_room: Option<NoRoom>) -> Result<InboundAnswer> {
        let Some((tenant, number)) = self.find_numbers(&[&inbound.to]).await?.pop() else {
            return Ok(InboundAnswer::UnknownNumber);
        };
        let mut tx = self.db.tenant(tenant).await?;
        let Some(setup) = admission::find_setup(&mut tx, number).await? else {
            return Ok(InboundAnswer::UnknownNumber);
        };
        let holder = setup.carrier_account_sid.as_ref();
        if holder.is_some_and(|holder| *holder != inbound.account_sid) {
            tracing::warn!(
                tenant.id = %tenant, number.id = %number,
                "a call to a number came from an account of the carrier that does not hold it"
            );
            return Ok(InboundAnswer::UnknownNumber);
        }
        if !setup.tenant_active {
            return Ok(InboundAnswer::Suspended);
        }
        let answer = self.admit(&mut tx, number, setup, inbound, no_room).await?;
        tx.commit().await?;
        Ok(answer)
    }

    async fn admit(
        &self,
        tx: &mut TenantTx,
        number: NumberId,
        mut setup: NumberSetup,
        inbound: &InboundCall,
        no_room: Option<NoRoom>,
    ) -> Result<InboundAnswer> {
        let tenant = tx.tenant();
        let call = CallId::new();
        let token = StreamToken::new(tenant, call);
        let mut welcome = welcome::decide(tx, number, &clean(&inbound.from, 255)).await?;
        if let Some(instead) = welcome.instead.take() {
            setup.personality = Some(*instead);
        }
        let new = NewCall {
            call,
            call_sid: &clean(&inbound.call_sid, 64),
            channel: Channel::Phone,
            number: Some(number),
            direction: Direction::Inbound,
            engine: setup.engine,
            from: &clean(&inbound.from, 255),
            to: &clean(&inbound.to, 255),
            personality: setup.personality.as_ref().map(|who| (who.id, who.version)),
            draft: None,
            token_hash: &token.hash(),
            instance: self.instance,
            limit: setup.plan.limits().concurrent_calls,
        };
        if welcome.away.is_some() {
            return self.turn_away(tx, &new, setup, welcome).await;
        }
        if let Some(why) = no_room {
            return self.refuse(tx, &new, setup, why.ending()).await;
        }
        match admission::admit(tx, &new).await? {
            Admission::AtLimit => self.refuse(tx, &new, setup, at_limit()).await,
            Admission::Duplicate => self.answer_again(tx, new.call_sid, setup).await,
            Admission::Admitted => match setup.personality {
                Some(personality) => {
                    if let Some(contact) = welcome.contact {
                        set_contact(tx, call, contact).await?;
                    }
                    Ok(InboundAnswer::Connect(Box::new(Connect {
                        tenant,
                        call,
                        token: token.text(),
                        engine: setup.engine,
                        notice: recordings::prepare(tx, call, &setup.recording, None, &personality).await?,
                        personality: self.complete(personality),
                        account_sid: setup.carrier_account_sid,
                        say: None,
                        events: welcome.events(),
                    })))
                }
                None => refuse_unready(tx, call, welcome.fallback).await,
            },
        }
    }

    /// Keeps a call that cannot be taken, so that the tenant sees it, and says what the caller hears.
    async fn refuse(
        &self,
        tx: &mut TenantTx,
        new: &NewCall<'_>,
        setup: NumberSetup,
        ending: Ending,
    ) -> Result<InboundAnswer> {
        let mut setup = allowed(tx, setup).await?;
        if setup.overflow.is_some() && goes_in_circles(tx, new).await? {
            tracing::warn!(tenant.id = %tx.tenant(), number.id = ?new.number, "overflow of a number comes back to it");
            setup.overflow = None;
        }
        let ending = match &setup.overflow {
            Some(_) => ending.with_detail("the caller was sent to the overflow number"),
            None => ending,
        };
        if !admission::refuse(tx, new, &ending).await? {
            return self.answer_again(tx, new.call_sid, setup).await;
        }
        tracing::info!(
            tenant.id = %tx.tenant(), number.id = ?new.number, ended.reason = ending.reason.as_str(),
            "call refused: {}", ending.reason
        );
        Ok(busy(setup))
    }

    /// Keeps a call whose caller is not welcome, or not now, and says so.
    async fn turn_away(
        &self,
        tx: &mut TenantTx,
        new: &NewCall<'_>,
        setup: NumberSetup,
        welcome: Welcome,
    ) -> Result<InboundAnswer> {
        let events = welcome.events();
        let Some(mut away) = welcome.away else {
            return Ok(InboundAnswer::Over);
        };
        if away.forward.is_some() && goes_in_circles(tx, new).await? {
            tracing::warn!(tenant.id = %tx.tenant(), number.id = ?new.number, "forwarding of a number comes back to it");
            away.forward = None;
        }
        let kept = admission::refuse(tx, new, &away.ending).await?;
        if !kept {
            let facts = callbacks::lock(tx, new.call_sid).await?;
            // Let in before the rules were changed: it goes on.
            if !facts.as_ref().is_some_and(was_refused) {
                return self.answer_again(tx, new.call_sid, setup).await;
            }
        } else if let Some(contact) = welcome.contact {
            set_contact(tx, new.call, contact).await?;
        }
        Ok(InboundAnswer::Busy(Box::new(Busy {
            message: away.message,
            speaker: setup.personality.filter(|_| away.own_words),
            overflow: away.forward,
            news: kept.then(|| News {
                tenant: tx.tenant(),
                call: new.call,
                events,
            }),
        })))
    }

    async fn answer_again(
        &self,
        tx: &mut TenantTx,
        call_sid: &str,
        setup: NumberSetup,
    ) -> Result<InboundAnswer> {
        let Some(facts) = callbacks::lock(tx, call_sid).await? else {
            return Ok(InboundAnswer::Over);
        };
        if was_refused(&facts) {
            return Ok(busy(allowed(tx, setup).await?));
        }
        if facts.personality.is_none() {
            return Ok(InboundAnswer::NotReady {
                message: NOT_READY.to_owned(),
            });
        }
        let token = StreamToken::new(tx.tenant(), facts.call);
        let again = stream::reissue(tx, facts.call, &token.hash()).await?;
        let Some(known) = again else {
            return Ok(InboundAnswer::Over);
        };
        let notice = match known.recordable {
            // The first answer may never have come to the carrier.
            true => recordings::notice_again(tx, facts.call).await?,
            false => None,
        };
        let connect = self.connect(tx.tenant(), known, &token, None);
        Ok(InboundAnswer::Connect(Box::new(Connect { notice, ..connect })))
    }

    /// How to connect a call that has a row.
    pub(super) fn connect(
        &self,
        tenant: TenantId,
        known: StreamedCall,
        token: &StreamToken,
        say: Option<String>,
    ) -> Connect {
        Connect {
            tenant,
            call: known.call,
            token: token.text(),
            engine: known.engine,
            personality: self.complete(known.personality),
            account_sid: known.account_sid,
            say,
            notice: None,
            events: Vec::new(),
        }
    }
}

impl NoRoom {
    fn ending(self) -> Ending {
        Ending::of(EndedReason::PlatformError).with_detail(match self {
            Self::Full => "the installation carried as many calls as it can",
            Self::Draining => "the installation was being restarted",
        })
    }
}

/// Whether a caller who was sent on comes back: an overflow number whose own overflow is this one would dial for ever.
/// A caller without a number may be many.
async fn goes_in_circles(tx: &mut TenantTx, new: &NewCall<'_>) -> Result<bool> {
    let most = if new.from.starts_with('+') { 3 } else { 20 };
    Ok(admission::count_refused(tx, new).await? >= most)
}

fn at_limit() -> Ending {
    Ending::of(EndedReason::BlockedConcurrency).with_detail("as many calls as the plan allows were under way")
}

/// Whether a call was turned away when it came.
fn was_refused(facts: &CallFacts) -> bool {
    let reason = facts.ended_reason;
    let refused = matches!(
        reason,
        Some(
            EndedReason::BlockedConcurrency
                | EndedReason::PlatformError
                | EndedReason::VerificationFailed
                | EndedReason::AgentHangup
        )
    );
    refused && facts.answered_at.is_none() && !facts.streamed
}

/// The call is kept as one that ended at once, so that the tenant sees what is missing.
async fn refuse_unready(tx: &mut TenantTx, call: CallId, fallback: Option<E164>) -> Result<InboundAnswer> {
    let ending = Ending::of(EndedReason::ConfigError).with_detail("no personality answers this number");
    closing::end(tx, call, &ending, chrono::Utc::now(), None).await?;
    if let Some(fallback) = fallback {
        return Ok(InboundAnswer::Busy(Box::new(Busy {
            message: NOT_READY_GOES_ON.to_owned(),
            speaker: None,
            overflow: Some(fallback),
            news: None,
        })));
    }
    Ok(InboundAnswer::NotReady {
        message: NOT_READY.to_owned(),
    })
}
