//! Taking a call back before it is answered: in the queue at once, at the carrier by its leave.

use phony_carriers::twilio::rest::CallUpdate;
use phony_db::TenantTx;
use phony_db::calls::closing;
use phony_db::calls::history::{self, CallRef};
use phony_db::calls::outbound as rows;
use phony_kernel::call::{CallStatus, Direction, EndedReason, Ending};
use phony_kernel::{CallId, Error, Kind, Result, TenantId};

use super::Outbound;
use crate::Principal;
use crate::calls::{CallView, StatusUpdate};

impl Outbound {
    /// Takes a call back. One that is cancelled already stays so.
    ///
    /// # Errors
    /// `not_found`; `not_outbound`; `call_answered`; `call_ended`; `carrier_unreachable`.
    pub async fn cancel(&self, who: &Principal, call: &CallRef) -> Result<CallView> {
        let mut tx = self.db.tenant(who.tenant).await?;
        let id = history::get_id(&mut tx, call, who.mode()).await?;
        let out = rows::lock(&mut tx, id).await?.ok_or_else(Error::not_found)?;
        let conflict = |code, text| Err(Error::new(Kind::Conflict, code, text));
        if out.direction != Direction::Outbound {
            return conflict("not_outbound", "the call was not made by you");
        }
        match out.status {
            CallStatus::Ended if out.cancel_requested_at.is_some() => return view(&mut tx, id).await,
            CallStatus::Ended => return conflict("call_ended", "the call is over"),
            CallStatus::InProgress => {
                return conflict("call_answered", "the call was answered; end it instead");
            }
            CallStatus::Queued | CallStatus::Dialing | CallStatus::Ringing => {}
        }
        rows::request_cancel(&mut tx, id).await?;
        let (target, detail) = (id.to_string(), serde_json::json!({}));
        crate::audit::note(&mut tx, who, "call.cancel", &target, &detail, self.clock.now()).await?;
        if out.status == CallStatus::Queued {
            let ending = Ending::of(EndedReason::Canceled);
            closing::end(&mut tx, id, &ending, out.now, None).await?;
            let view = view(&mut tx, id).await?;
            tx.commit().await?;
            self.tell_end(who.tenant, id, None, &ending).await;
            return Ok(view);
        }
        tx.commit().await?;
        // While the carrier has not named it, whoever hears its name first hangs it up.
        if let Some(sid) = out.call_sid {
            self.cancel_at_carrier(who.tenant, id, &sid).await?;
        }
        let mut tx = self.db.tenant(who.tenant).await?;
        view(&mut tx, id).await
    }

    async fn cancel_at_carrier(&self, tenant: TenantId, call: CallId, sid: &str) -> Result<()> {
        let done = self
            .accounts
            .of_call(tenant, call)
            .await?
            .cancel_call(sid)
            .await
            .map_err(|error| {
                Error::new(
                    Kind::Upstream,
                    "carrier_unreachable",
                    "the carrier did not answer; try again shortly",
                )
                .caused_by(anyhow::anyhow!(error.to_string()))
            })?;
        // What it says now it says once more by a callback, which may be late.
        if let CallUpdate::Done(made) = done
            && made.status.is_terminal()
        {
            let outcome = self
                .calls
                .status_callback(&StatusUpdate::looked_up(&made))
                .await?;
            for event in outcome.events {
                self.engine.announce(tenant, call, sid, event).await;
            }
        }
        Ok(())
    }
}

async fn view(tx: &mut TenantTx, call: CallId) -> Result<CallView> {
    Ok(history::get(tx, &CallRef::Id(call)).await?.into())
}
