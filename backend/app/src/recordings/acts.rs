//! What is done to a recording while its call goes on: by people and programs, by the agent, by the caller's refusal.

use futures_util::{StreamExt as _, stream};
use phony_calls::RecordingOrder;
use phony_carriers::twilio::rest::{RecordingOutcome, RecordingUpdate};
use phony_conversation::command::RecordOp;
use phony_conversation::{Action, ActionStatus, Actor, EventBody};
use phony_db::audit::acting_from;
use phony_db::recordings::policy::{self, CallRecording};
use phony_db::recordings::{self, RecordingStatus, StoredRecording, acts};
use phony_db::{TenantTx, audit};
use phony_kernel::{CallId, Error, ItemId, Kind, Result, TenantId};
use serde_json::json;
use tokio::sync::mpsc;

use super::begin::Ready;
use super::{Recordings, reconcile, refused, updated};
use crate::Principal;

/// Wishes of conversations that are carried out at one time.
const AT_ONCE: usize = 32;

impl Recordings {
    /// Does what somebody wants with the recording of a call, once for each `action_id`. A begin of which the caller
    /// must be told first is `accepted`, and its outcome is told on the live socket.
    ///
    /// # Errors
    /// Those of the database; what is not possible is an outcome.
    pub async fn act(
        &self,
        who: &Principal,
        call: CallId,
        call_sid: &str,
        action_id: String,
        op: RecordOp,
    ) -> Result<ActionStatus> {
        let actor = who.actor();
        let mut tx = self.db.tenant(who.tenant).await?;
        if let Some(seen) = acts::note(&mut tx, call, &action_id, op.as_str(), &actor.id).await? {
            return Ok(match seen.code {
                Some(code) => ActionStatus::Failed {
                    code,
                    detail: seen.detail.unwrap_or_default(),
                },
                None if seen.done => ActionStatus::Applied,
                None => ActionStatus::Accepted,
            });
        }
        tx.commit().await?;
        let act = Act {
            tenant: who.tenant,
            call,
            call_sid: call_sid.to_owned(),
            action_id,
            op,
            actor,
        };
        if op == RecordOp::Start
            && let Ok((Ready::Tell(notice), facts)) = self.readiness(who.tenant, call).await
        {
            self.tell_act(&act, ActionStatus::Accepted).await;
            let (this, from) = (self.clone(), who.from);
            let work = async move {
                let outcome = match this.tell_caller(act.tenant, &facts, &notice).await {
                    Ok(true) => this.start(act.tenant, call, Some(&act.actor)).await.map(drop),
                    Ok(false) => Err(Error::new(
                        Kind::Conflict,
                        "recording_refused",
                        "the caller does not want to be recorded",
                    )),
                    Err(error) => Err(error),
                };
                if let Err(error) = this.conclude(&act, outcome).await {
                    tracing::error!(call.id = %call, error = ?error, "the outcome of an act could not be kept");
                }
            };
            tokio::spawn(acting_from(from, work));
            return Ok(ActionStatus::Accepted);
        }
        let outcome = self
            .change(who.tenant, call, op, Some(&act.actor), "request")
            .await;
        self.conclude(&act, outcome).await
    }

    /// Carries out what agents want with the recordings of their calls, for as long as conversations run.
    pub async fn take_orders(&self, orders: mpsc::Receiver<RecordingOrder>) {
        stream::unfold(orders, async |mut orders| Some((orders.recv().await?, orders)))
            .for_each_concurrent(AT_ONCE, |order| self.carry_out(order))
            .await;
    }

    async fn carry_out(&self, order: RecordingOrder) {
        let RecordingOrder { tenant, call, op } = order;
        let done = match op {
            RecordOp::Stop => self.refuse(tenant, call).await,
            other => self.change(tenant, call, other, None, "card_data").await,
        };
        let Err(error) = done else { return };
        // Nothing to pause is no fault: the call is not recorded.
        if error.code() == "not_recording" {
            return;
        }
        tracing::error!(
            tenant.id = %tenant, call.id = %call, recording.op = op.as_str(), error = ?error,
            "the recording of {call} could not be changed as its agent wants"
        );
        let warning = EventBody::Warning {
            item_id: ItemId::new(),
            code: "recording_unchanged".to_owned(),
            detail: format!(
                "the agent wanted to {} the recording: {}",
                op.as_str(),
                error.public()
            ),
        };
        self.tell(tenant, call, warning);
    }

    /// The caller does not want to be recorded: what runs is stopped, and nothing begins any more.
    ///
    /// # Errors
    /// Those of the database and of the carrier.
    pub async fn refuse(&self, tenant: TenantId, call: CallId) -> Result<()> {
        let mut tx = self.db.tenant(tenant).await?;
        policy::note_answer(&mut tx, call, false).await?;
        tx.commit().await?;
        match self.change(tenant, call, RecordOp::Stop, None, "refused").await {
            Err(error) if error.code() == "not_recording" => Ok(()),
            other => other,
        }
    }

    /// A caller who was asked before the conversation has answered, or said nothing.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn answered(&self, tenant: TenantId, call: CallId, agreed: bool) -> Result<()> {
        let mut tx = self.db.tenant(tenant).await?;
        policy::note_answer(&mut tx, call, agreed).await?;
        tx.commit().await
    }

    async fn change(
        &self,
        tenant: TenantId,
        call: CallId,
        op: RecordOp,
        by: Option<&Actor>,
        reason: &str,
    ) -> Result<()> {
        let update = match op {
            RecordOp::Start => return self.start(tenant, call, by).await.map(drop),
            RecordOp::Pause => RecordingUpdate::Pause { silence: true },
            RecordOp::Resume => RecordingUpdate::Resume,
            RecordOp::Stop => RecordingUpdate::Stop,
        };
        let Some((facts, live)) = self.find_running(tenant, call).await? else {
            return Err(not_recording());
        };
        let is_so = match op {
            RecordOp::Pause => live.status == RecordingStatus::Paused,
            RecordOp::Resume => live.status == RecordingStatus::Recording,
            RecordOp::Start | RecordOp::Stop => false,
        };
        let Some(sid) = live.carrier_sid.as_deref().filter(|_| !is_so) else {
            return Ok(());
        };
        let client = self.client(tenant, live.carrier_account_sid.as_deref()).await?;
        let outcome = client.update_recording(&facts.call_sid, sid, update).await;
        match outcome.map_err(refused)? {
            RecordingOutcome::AlreadyOver if op != RecordOp::Stop => return Err(not_recording()),
            RecordingOutcome::AlreadyOver | RecordingOutcome::Done(_) => {}
        }
        let mut tx = self.db.tenant(tenant).await?;
        policy::lock(&mut tx, call).await?;
        let news = note(&mut tx, &facts, &live, op, reason).await?;
        tx.commit().await?;
        if news {
            let status = match op {
                RecordOp::Pause => "paused",
                RecordOp::Resume | RecordOp::Start => "recording",
                RecordOp::Stop => "stopped",
            };
            let body = updated(live.id, status, by.cloned(), Some(reason));
            self.tell(tenant, call, body);
        }
        Ok(())
    }

    /// Keeps and tells what became of an act.
    async fn conclude(&self, act: &Act, outcome: Result<()>) -> Result<ActionStatus> {
        let failure = outcome.as_ref().err().map(|error| (error.code(), error.public()));
        if let Err(error) = &outcome {
            tracing::info!(call.id = %act.call, recording.op = act.op.as_str(), error = ?error, "an act on a recording failed");
        }
        let mut tx = self.db.tenant(act.tenant).await?;
        acts::finish(&mut tx, act.call, &act.action_id, failure).await?;
        let entry = audit::Entry {
            actor: &act.actor.id,
            action: "recording.act",
            target: &act.call.to_string(),
            detail: &json!({ "op": act.op.as_str(), "failure": failure.map(|(code, _)| code) }),
        };
        audit::record(&mut tx, &entry, self.clock.now()).await?;
        tx.commit().await?;
        let status = match failure {
            None => ActionStatus::Applied,
            Some((code, detail)) => ActionStatus::Failed {
                code: code.to_owned(),
                detail: detail.to_owned(),
            },
        };
        self.tell_act(act, status.clone()).await;
        Ok(status)
    }

    async fn tell_act(&self, act: &Act, status: ActionStatus) {
        let body = EventBody::SupervisorAction {
            item_id: ItemId::new(),
            action_id: act.action_id.clone(),
            action: Action::Record { op: act.op },
            by: act.actor.clone(),
            status,
        };
        // A recording that changed says so itself; here only those who wait for the act are told.
        self.engine
            .announce(act.tenant, act.call, &act.call_sid, body)
            .await;
    }
}

/// One act of somebody.
struct Act {
    tenant: TenantId,
    call: CallId,
    call_sid: String,
    action_id: String,
    op: RecordOp,
    actor: Actor,
}

/// Writes what the carrier has done.
async fn note(
    tx: &mut TenantTx,
    facts: &CallRecording,
    live: &StoredRecording,
    op: RecordOp,
    reason: &str,
) -> Result<bool> {
    match op {
        RecordOp::Pause => recordings::note_paused(tx, live.id, Some(reason)).await,
        RecordOp::Resume => recordings::note_paused(tx, live.id, None).await,
        RecordOp::Start => Ok(false),
        RecordOp::Stop => {
            // Asked, and refused: nothing of it is kept. Only told, what was recorded until then is.
            if reason == "refused" && facts.consent == "ask" {
                recordings::discard(tx, live.id).await?;
            }
            reconcile::settle_soon(tx, live.id).await?;
            recordings::note_stopped(tx, live.id).await
        }
    }
}

fn not_recording() -> Error {
    Error::new(Kind::Conflict, "not_recording", "the call is not being recorded")
}
