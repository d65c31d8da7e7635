//! A call that we made is answered: what the carrier is told to do, and how the talk begins.

use std::collections::BTreeSet;

use phony_carriers::twilio::params::AnsweredBy;
use phony_carriers::twilio::twiml::Response;
use phony_conversation::plan::{CallPlan, GreetingPolicy};
use phony_db::TenantTx;
use phony_db::calls::outbound as rows;
use phony_db::calls::{closing, stream};
use phony_kernel::call::{CallStatus, Direction, EndedReason, Ending};
use phony_kernel::{CallId, Result};

use super::check::Adopted;
use super::machine::{ending, kind_of, message_document};
use super::order::{MachineAction, Order};
use super::{CallMark, Outbound, read_order, words};
use crate::calls::inbound::Connect;
use crate::calls::token::StreamToken;
use crate::recordings;

/// What the model is told of a call that it makes.
const WE_RANG: &str = "You have rung this person; they have not called you. Your first sentence has been said: it named \
who calls and that you are an AI. Say so again when you are asked. If they do not want the call, apologise, say goodbye \
and end it.";
/// The agent says that time is up before the carrier cuts the line.
const BEFORE_LIMIT_MS: u64 = 10_000;

/// What the carrier is told to do with a call that was answered.
#[derive(Debug)]
pub enum OutboundAnswer {
    /// Connect it to the agent.
    Connect(Box<Connect>),
    /// Press keys, then connect it to the agent.
    Press(Box<Press>),
    /// Say a message and hang up.
    Message(Response),
    /// Nobody wants it any more.
    HangUp,
}

/// Keys before a talk.
#[derive(Debug)]
pub struct Press {
    /// Which.
    pub digits: String,
    /// How to go on.
    pub connect: Connect,
}

impl Outbound {
    /// Somebody or something has answered. With `answered_by` the carrier knows what, and waits for what is to be done.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn answer(
        &self,
        mark: CallMark,
        call_sid: &str,
        answered_by: Option<AnsweredBy>,
    ) -> Result<OutboundAnswer> {
        if self.adopt(mark, call_sid).await? == Adopted::Unwanted {
            return Ok(OutboundAnswer::HangUp);
        }
        let CallMark { tenant, call } = mark;
        let mut tx = self.db.tenant(tenant).await?;
        let Some(out) = rows::lock(&mut tx, call).await? else {
            return Ok(OutboundAnswer::HangUp);
        };
        if out.status == CallStatus::Ended {
            return Ok(OutboundAnswer::HangUp);
        }
        if out.cancel_requested_at.is_some() {
            let ending = Ending::of(EndedReason::Canceled);
            closing::end(&mut tx, call, &ending, out.now, None).await?;
            tx.commit().await?;
            self.tell_end(tenant, call, Some(call_sid), &ending).await;
            return Ok(OutboundAnswer::HangUp);
        }
        let order = read_order(out.order)?;
        let mut digits = None;
        if let (Some(answered_by), Some(machine)) = (answered_by, &order.machine) {
            let kind = kind_of(answered_by);
            rows::note_machine(&mut tx, call, kind).await?;
            let policy = machine.policy(kind);
            let acts =
                policy.action != MachineAction::CarryOn && rows::claim_machine_act(&mut tx, call).await?;
            match policy.action {
                MachineAction::HangUp | MachineAction::LeaveMessage if acts => {
                    let ending = ending(kind, policy.action);
                    let speaker = rows::find_speaker(&mut tx, call).await?;
                    closing::end(&mut tx, call, &ending, out.now, None).await?;
                    tx.commit().await?;
                    self.tell_end(tenant, call, Some(call_sid), &ending).await;
                    return Ok(match (policy.text, speaker) {
                        (Some(text), Some(speaker)) => {
                            OutboundAnswer::Message(message_document(&speaker, &text))
                        }
                        _ => OutboundAnswer::HangUp,
                    });
                }
                MachineAction::Press if acts => digits = policy.digits,
                _ => {}
            }
        }
        let token = StreamToken::new(tenant, call);
        let Some(known) = stream::reissue(&mut tx, call, &token.hash()).await? else {
            return Ok(OutboundAnswer::HangUp);
        };
        let notice =
            recordings::prepare_outbound(&mut tx, call, known.number, order.record, &known.personality)
                .await?;
        let connect = Connect {
            notice,
            ..self.calls.connect(tenant, known, &token, None)
        };
        tx.commit().await?;
        Ok(match digits {
            Some(digits) => OutboundAnswer::Press(Box::new(Press { digits, connect })),
            None => OutboundAnswer::Connect(Box::new(connect)),
        })
    }
}

/// Makes the plan of a call that we made what was ordered: our first words, values for the placeholders, the longest
/// call. A plan of a call that came in stays as it is.
pub(in crate::calls) async fn dress(tx: &mut TenantTx, plan: &mut CallPlan) -> Result<()> {
    if plan.direction != Direction::Outbound {
        return Ok(());
    }
    let Some(order) = find_order(tx, plan.call).await? else {
        return Ok(());
    };
    let mut missing = BTreeSet::new();
    let prompt = words::fill(&plan.personality.system_prompt, &order.variables, &mut missing);
    plan.personality.system_prompt = format!("{prompt}\n{WE_RANG}");
    if !order.opt_out_key.is_empty() {
        let key = &order.opt_out_key;
        plan.personality.system_prompt += &format!(
            " If they press the key {key} alone, they have been put on the list of those who are not called again: \
             confirm that, say goodbye and end the call."
        );
    }
    plan.personality.greeting = Some(order.opening);
    plan.personality.greeting_policy = GreetingPolicy::AgentFirst;
    let limit_ms = (u64::from(order.max_seconds) * 1_000).saturating_sub(BEFORE_LIMIT_MS);
    plan.policy.max_duration_ms = plan.policy.max_duration_ms.min(limit_ms);
    Ok(())
}

async fn find_order(tx: &mut TenantTx, call: CallId) -> Result<Option<Order>> {
    match rows::find_order(tx, call).await? {
        Some(order) => read_order(Some(order)).map(Some),
        None => Ok(None),
    }
}
