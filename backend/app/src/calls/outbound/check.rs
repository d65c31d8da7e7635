//! What became of a dial: by the carrier's answer, by its callbacks, which carry our mark, or by looking at its list.

use chrono::TimeDelta;
use phony_carriers::twilio::rest::CallFilter;
use phony_db::calls::closing;
use phony_db::calls::outbound as rows;
use phony_db::outbox;
use phony_kernel::call::{CallStatus, EndedReason, Ending};
use phony_kernel::{CallId, E164, Error, Kind, Result, TenantId};
use serde_json::json;

use super::{CallMark, Outbound};

/// Outbox topic of a dial whose outcome may be unknown; its payload is `{"call_id": "call_…", "try": 0}`.
pub const DIAL_CHECK_TOPIC: &str = "call.dial_check";
/// For so long a dial belongs to who dials; longer than all that they wait for.
pub(super) const FIRST_CHECK_SECONDS: f64 = 20.0;
/// Waits between later looks; after the last one the call is given up.
const CHECK_SECONDS: [f64; 5] = [5.0, 10.0, 20.0, 40.0, 60.0];
/// How far the carrier's clock may be behind ours.
const CLOCK_SKEW: TimeDelta = TimeDelta::seconds(30);

/// Whose a call of the carrier is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Adopted {
    /// The one that the mark names.
    Ours,
    /// One too many, or one that nobody wants any more: it is hung up.
    Unwanted,
}

impl Outbound {
    /// The carrier names a call that our mark is on. A second one of the same mark, or one that was given up or
    /// cancelled, is hung up.
    pub(super) async fn adopt(&self, mark: CallMark, call_sid: &str) -> Result<Adopted> {
        let CallMark { tenant, call } = mark;
        let mut tx = self.db.tenant(tenant).await?;
        let Some(out) = rows::lock(&mut tx, call).await? else {
            return Ok(Adopted::Unwanted);
        };
        let known = match &out.call_sid {
            Some(known) => known == call_sid,
            None => rows::adopt(&mut tx, call, call_sid).await?,
        };
        tx.commit().await?;
        let given_up = out.call_sid.is_none() && out.ended_at.is_some();
        if known && !given_up && (out.cancel_requested_at.is_none() || out.ended_at.is_some()) {
            return Ok(Adopted::Ours);
        }
        if !known {
            metrics::counter!("phony_calls_made_twice_total").increment(1);
            tracing::error!(tenant.id = %tenant, call.id = %call, call.sid = call_sid, "the carrier has made a call that we have already; it is hung up");
        }
        self.hang_up(tenant, call, call_sid).await;
        Ok(if known { Adopted::Ours } else { Adopted::Unwanted })
    }

    /// Notes whose call the carrier speaks of, by the mark of the address; for its news.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn recognise(&self, mark: CallMark, call_sid: &str) -> Result<()> {
        self.adopt(mark, call_sid).await.map(drop)
    }

    async fn hang_up(&self, tenant: TenantId, call: CallId, call_sid: &str) {
        let ended = match self.accounts.of_call(tenant, call).await {
            Ok(client) => client
                .end_call(call_sid)
                .await
                .map(drop)
                .map_err(|error| error.to_string()),
            Err(error) => Err(format!("{error:?}")),
        };
        if let Err(error) = ended {
            tracing::error!(
                call.sid = call_sid,
                error,
                "a call that nobody wants could not be hung up"
            );
        }
    }

    /// Looks at the carrier's list for a call of which it has said nothing; whether its outcome is known now.
    pub(super) async fn look_up(&self, mark: CallMark) -> Result<bool> {
        let CallMark { tenant, call } = mark;
        let mut tx = self.db.tenant(tenant).await?;
        let Some(out) = rows::lock(&mut tx, call).await? else {
            return Ok(true);
        };
        let Some(dialed_at) = out.dialed_at else {
            return Ok(true);
        };
        if out.call_sid.is_some() || out.ended_at.is_some() {
            return Ok(true);
        }
        // Of two alike the list does not tell which is which; their marks will.
        let has_twin = rows::has_twin(&mut tx, &out).await?;
        drop(tx);
        if has_twin {
            return Ok(false);
        }
        let number = |text: &str| E164::from_canonical(text).map_err(Error::internal);
        let filter = CallFilter {
            to: Some(number(&out.to)?),
            from: match out.order.as_ref().is_some_and(|order| order["test"] == true) {
                true => Some(self.accounts.test_number().await?),
                false => Some(number(&out.from)?),
            },
            status: None,
            started_after: Some(dialed_at - CLOCK_SKEW),
        };
        let client = self.accounts.of_call(tenant, call).await?;
        let listed = client.list_calls(&filter).await.map_err(|error| {
            Error::new(
                Kind::Upstream,
                "carrier_unreachable",
                "the carrier could not be asked",
            )
            .caused_by(anyhow::anyhow!(error.to_string()))
        })?;
        let sids: Vec<String> = listed
            .into_iter()
            .filter(|found| found.direction.as_deref().is_none_or(|way| way == "outbound-api"))
            .map(|found| found.sid)
            .collect();
        let mut tx = self.db.tenant(tenant).await?;
        let known = rows::known_sids(&mut tx, &sids).await?;
        drop(tx);
        // Newest first: the oldest that is nobody's is the one that was asked for.
        let Some(sid) = sids.into_iter().rfind(|sid| !known.contains(sid)) else {
            return Ok(false);
        };
        tracing::info!(tenant.id = %tenant, call.id = %call, "a dial was found at the carrier");
        self.adopt(mark, &sid).await?;
        Ok(true)
    }

    /// Finds out what became of a dial; for the worker. Gives up after two minutes and a half, and never dials.
    ///
    /// # Errors
    /// When the carrier or the database does not answer; then it is to be tried again later.
    pub async fn check_dial(&self, tenant: TenantId, call: CallId, tries: usize) -> Result<()> {
        let mark = CallMark { tenant, call };
        if self.look_up(mark).await? {
            return Ok(());
        }
        let mut tx = self.db.tenant(tenant).await?;
        let Some(out) = rows::lock(&mut tx, call).await? else {
            return Ok(());
        };
        if out.call_sid.is_some() || out.status == CallStatus::Ended {
            return Ok(());
        }
        if let Some(seconds) = CHECK_SECONDS.get(tries) {
            let payload = json!({ "call_id": call, "try": tries + 1 });
            outbox::insert_after(&mut tx, DIAL_CHECK_TOPIC, &payload, *seconds).await?;
            return tx.commit().await;
        }
        let ending = Ending::of(EndedReason::DialFailed).with_detail("the carrier did not confirm the call");
        let decided = closing::end(&mut tx, call, &ending, out.now, None).await?;
        tx.commit().await?;
        if decided {
            self.tell_end(tenant, call, None, &ending).await;
        }
        Ok(())
    }
}
