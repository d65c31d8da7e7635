//! What a supervisor or a program may still do with a caller who is with somebody else: end the call. No conversation
//! hears them any more, so the carrier is asked.

use phony_carriers::twilio::rest::Instructions;
use phony_carriers::twilio::twiml::Response;
use phony_conversation::EventBody;
use phony_conversation::command::{Action, ActionStatus, Actor, Command};
use phony_conversation::core::end_by;
use phony_db::TenantTx;
use phony_db::calls::callbacks::{self, CallFacts};
use phony_db::calls::{history, ledger};
use phony_kernel::call::Ending;
use phony_kernel::{CallId, ItemId, Result, TenantId};

use super::ended::{CANCELED, book_room, end};
use super::{Known, Transfers, find, tell};
use crate::calls::legs::append;

/// What nobody can do without the conversation.
const NOT_HERE: &str = "the caller is with somebody else; the call can only be ended";

/// How a call is to end whose caller is with somebody else, once somebody has asked for it.
pub(super) async fn wanted_end(tx: &mut TenantTx, call: CallId) -> Result<Option<Ending>> {
    let last = ledger::find_last(tx, call, "supervisor.action").await?;
    Ok(last.and_then(|event| match event.body {
        EventBody::SupervisorAction {
            action: Action::End { .. },
            by,
            status: ActionStatus::Accepted,
            ..
        } => Some(end_by(&by)),
        _ => None,
    }))
}

impl Transfers {
    /// Does one act on a call that no conversation runs because its caller is with somebody else. `None` when that is
    /// not so.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn act_away(
        &self,
        tenant: TenantId,
        call: CallId,
        command: &Command,
    ) -> Result<Option<ActionStatus>> {
        let mut tx = self.db.tenant(tenant).await?;
        let call_sid = history::get(&mut tx, &call.into()).await?.call_sid;
        let Some(facts) = callbacks::lock(&mut tx, &call_sid).await? else {
            return Ok(None);
        };
        let known = find(&mut tx, call).await?.filter(Known::is_away);
        let Some(known) = known.filter(|_| facts.ended_at.is_none()) else {
            return Ok(None);
        };
        let act = Act {
            item: ItemId::new(),
            command,
        };
        let Action::End { say } = &command.action else {
            let refused = failed("caller_handed_over", NOT_HERE);
            let news = act.told(refused.clone());
            append(&mut tx, &facts, news.clone()).await?;
            tx.commit().await?;
            self.announce(&facts, &call_sid, tenant, vec![news]).await;
            return Ok(Some(refused));
        };
        // Known before the carrier tells of the end, which is then ours.
        let accepted = act.told(ActionStatus::Accepted);
        append(&mut tx, &facts, accepted.clone()).await?;
        tx.commit().await?;
        self.announce(&facts, &call_sid, tenant, vec![accepted]).await;
        let ended = self.end_at_carrier(tenant, call, &call_sid, say.as_deref()).await;
        let status = if ended {
            ActionStatus::Applied
        } else {
            failed("carrier_error", "the carrier could not end the call")
        };
        let mut tx = self.db.tenant(tenant).await?;
        let mut events = Vec::new();
        if let Some(facts) = callbacks::lock(&mut tx, &call_sid).await? {
            let news = act.told(status.clone());
            append(&mut tx, &facts, news.clone()).await?;
            events.push(news);
            if ended && facts.ended_at.is_none() {
                conclude(&mut tx, &facts, &known, &command.actor, &mut events).await?;
            }
        }
        tx.commit().await?;
        self.announce(&facts, &call_sid, tenant, events).await;
        Ok(Some(status))
    }

    /// The carrier ends the caller's line, after a last sentence if there is one; the other one is let go with it.
    async fn end_at_carrier(
        &self,
        tenant: TenantId,
        call: CallId,
        call_sid: &str,
        say: Option<&str>,
    ) -> bool {
        let client = match self.accounts.of_call(tenant, call).await {
            Ok(client) => client,
            Err(error) => {
                tracing::error!(call.id = %call, error = ?error, "the carrier's account of a call is not known");
                return false;
            }
        };
        let words = say.map(str::trim).filter(|words| !words.is_empty());
        let asked = match words.map(|words| Response::new().say(words).hangup().to_xml()) {
            Some(Ok(document)) => client
                .redirect_call(call_sid, &Instructions::Twiml(document))
                .await
                .map(drop),
            Some(Err(_)) | None => client.end_call(call_sid).await.map(drop),
        };
        asked
            .inspect_err(|error| tracing::warn!(call.id = %call, error = %error, "a call could not be ended"))
            .is_ok()
    }

    async fn announce(&self, facts: &CallFacts, call_sid: &str, tenant: TenantId, events: Vec<EventBody>) {
        for event in events {
            self.engine.announce(tenant, facts.call, call_sid, event).await;
        }
    }
}

/// The call is over as it was asked for, and so is the transfer.
async fn conclude(
    tx: &mut TenantTx,
    facts: &CallFacts,
    known: &Known,
    by: &Actor,
    events: &mut Vec<EventBody>,
) -> Result<()> {
    let told = if known.status == "joined" {
        book_room(tx, facts, known, None).await?;
        known.told("completed", None)
    } else {
        known.told("failed", Some(CANCELED))
    };
    events.push(tell(tx, facts, told).await?);
    end(tx, facts, &end_by(by), events).await
}

fn failed(code: &str, detail: &str) -> ActionStatus {
    ActionStatus::Failed {
        code: code.to_owned(),
        detail: detail.to_owned(),
    }
}

/// An act as it is told.
struct Act<'a> {
    item: ItemId,
    command: &'a Command,
}

impl Act<'_> {
    fn told(&self, status: ActionStatus) -> EventBody {
        EventBody::SupervisorAction {
            item_id: self.item,
            action_id: self.command.action_id.clone(),
            action: self.command.action.clone(),
            by: self.command.actor.clone(),
            status,
        }
    }
}
