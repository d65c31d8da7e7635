//! Recordings of calls: begun and ended at the carrier, fetched into our file store, played, kept, deleted.
//!
//! The carrier records, on every engine alike. A recording's row is changed only by who holds the row of its call;
//! what the carrier must be asked for after that is asked outside of the transaction, or by a job of the worker.

mod acts;
mod audio;
mod begin;
mod callbacks;
mod erase;
mod fetch;
mod notice;
mod prepare;
mod reconcile;
mod spoken;
mod view;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use object_store::ObjectStore;
use phony_carriers::twilio::rest::{RestError, TwilioClient};
use phony_conversation::{Actor, EventBody};
use phony_db::calls::history::{self, CallRef};
use phony_db::calls::ledger;
use phony_db::recordings::{self, StoredRecording, policy};
use phony_db::{Db, TenantTx, audit};
use phony_kernel::{CallId, Clock, Error, ItemId, Kind, RecordingId, Result, TenantId};
use serde_json::json;

use crate::Principal;
use crate::carrier_accounts::CarrierAccounts;

pub use audio::AudioFile;
pub use callbacks::RecordingNews;
pub use erase::{RECORDING_ERASE, RECORDING_FORGET, erase_file, erase_of_call, remove_expired};
pub use fetch::{RECORDING_FETCH, RECORDING_READY};
pub use notice::{Notice, NoticeKind, refuses};
pub use prepare::{notice_again, prepare, prepare_outbound};
pub use reconcile::{RECORDING_SETTLE, settle_later};
pub use view::{RecordingRef, RecordingView};

/// Where the carrier tells of recordings.
const CALLBACK: &str = "/twilio/recording";
/// Ten years.
const MOST_DAYS: i32 = 3_650;
/// How often somebody is told who cannot be told now, and how long after each other.
const TELL_TRIES: u32 = 40;
const TELL_AGAIN: Duration = Duration::from_millis(100);
/// Recordings of one call that are shown.
const SHOWN: i64 = 100;

/// The use cases of recordings. Cheap to clone.
#[derive(Clone)]
pub struct Recordings {
    db: Db,
    store: Arc<dyn ObjectStore>,
    carriers: CarrierAccounts,
    engine: phony_calls::Calls,
    bus: phony_calls::bus::EventBus,
    clock: Clock,
    callback: String,
}

impl fmt::Debug for Recordings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Recordings")
    }
}

impl Recordings {
    /// On this database, file store and carrier; `public_url` is where the carrier finds us.
    #[must_use]
    pub fn new(
        db: Db,
        store: Arc<dyn ObjectStore>,
        carriers: CarrierAccounts,
        engine: phony_calls::Calls,
        bus: phony_calls::bus::EventBus,
        clock: Clock,
        public_url: &str,
    ) -> Self {
        Self {
            db,
            store,
            carriers,
            engine,
            bus,
            clock,
            callback: format!("{}{CALLBACK}", public_url.trim_end_matches('/')),
        }
    }

    /// The recordings of a call, oldest first; tombstones of deleted ones too.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn list(&self, who: &Principal, call: &CallRef) -> Result<Vec<RecordingView>> {
        let mut tx = self.db.tenant(who.tenant).await?;
        let call = history::get_id(&mut tx, call, who.mode()).await?;
        let found = recordings::list(&mut tx, call, SHOWN).await?;
        Ok(found.into_iter().map(RecordingView::from).collect())
    }

    /// Deletes a recording that is over: its file here and at the carrier. The row stays, without content.
    ///
    /// # Errors
    /// `not_found`; `recording_live` while it runs.
    pub async fn delete(&self, who: &Principal, call: &CallRef, id: RecordingId) -> Result<()> {
        let mut tx = self.db.tenant(who.tenant).await?;
        let call = history::get_id(&mut tx, call, who.mode()).await?;
        // Holds off callbacks and acts.
        let facts = policy::lock(&mut tx, call).await?.ok_or_else(Error::not_found)?;
        let recording = get(&mut tx, call, id).await?;
        if recording.status.is_live() && facts.ended_at.is_none() {
            return Err(Error::new(
                Kind::Conflict,
                "recording_live",
                "the recording still runs; stop it first",
            ));
        }
        if !erase::make_tombstone(&mut tx, &recording, recordings::erasure::ErasedFor::Request).await? {
            return Ok(());
        }
        let entry = audit::Entry {
            actor: &who.actor().id,
            action: "recording.delete",
            target: &id.to_string(),
            detail: &json!({ "call_id": call }),
        };
        audit::record(&mut tx, &entry, self.clock.now()).await?;
        tx.commit().await?;
        let body = updated(id, "deleted", Some(who.actor()), Some("request"));
        self.tell(who.tenant, call, body);
        Ok(())
    }

    /// For how many days recordings of the company are kept.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn kept_days(&self, who: &Principal) -> Result<i32> {
        let mut tx = self.db.tenant(who.tenant).await?;
        policy::kept_days(&mut tx).await
    }

    /// Keeps recordings for so many days, those that are there too.
    ///
    /// # Errors
    /// `validation_failed`.
    pub async fn keep_for(&self, who: &Principal, days: i32) -> Result<()> {
        if !(1..=MOST_DAYS).contains(&days) {
            return Err(Error::invalid_field(
                "recording_days",
                "out_of_range",
                "may be 1 to 3650",
            ));
        }
        let mut tx = self.db.tenant(who.tenant).await?;
        policy::keep_for(&mut tx, days).await?;
        let entry = audit::Entry {
            actor: &who.actor().id,
            action: "recording.retention",
            target: &who.tenant.to_string(),
            detail: &json!({ "days": days }),
        };
        audit::record(&mut tx, &entry, self.clock.now()).await?;
        tx.commit().await
    }

    /// The carrier's account that holds a recording.
    async fn client(&self, tenant: TenantId, account_sid: Option<&str>) -> Result<TwilioClient> {
        match account_sid {
            Some(sid) => self.carriers.account(sid),
            None => self.carriers.client(tenant).await,
        }
    }

    /// Tells everybody what happened to a recording: among what was said while the conversation runs, else behind it.
    /// Nothing waits for it: the rows are the truth, and that somebody could not be told changes nothing.
    fn tell(&self, tenant: TenantId, call: CallId, body: EventBody) {
        let this = self.clone();
        tokio::spawn(async move { this.tell_patiently(tenant, call, body).await });
    }

    async fn tell_patiently(&self, tenant: TenantId, call: CallId, body: EventBody) {
        for tries_left in (0..TELL_TRIES).rev() {
            match self.engine.note(tenant, call, body.clone()).await {
                Ok(true) => return,
                Ok(false) => {}
                Err(error) => {
                    tracing::debug!(call.id = %call, error = ?error, "a conversation cannot be told of its recording now");
                }
            }
            match self.keep_behind(tenant, call, &body, tries_left == 0).await {
                Ok(Some(call_sid)) => return self.engine.announce(tenant, call, &call_sid, body).await,
                // Between two sockets, or not quite begun.
                Ok(None) => tokio::time::sleep(TELL_AGAIN).await,
                Err(error) => {
                    tracing::warn!(call.id = %call, error = ?error, "what happened to a recording could not be kept");
                    return;
                }
            }
        }
    }

    /// Keeps news behind all that was said in a call whose conversation is over; the carrier's id of the call, or none
    /// while it may go on. `anyway` is for a conversation that does not come back although its call is not over.
    async fn keep_behind(
        &self,
        tenant: TenantId,
        call: CallId,
        body: &EventBody,
        anyway: bool,
    ) -> Result<Option<String>> {
        let mut tx = self.db.tenant(tenant).await?;
        let facts = policy::lock(&mut tx, call).await?.ok_or_else(Error::not_found)?;
        if facts.ended_at.is_none() && !anyway {
            return Ok(None);
        }
        let since = facts.answered_at.unwrap_or(facts.started_at);
        let offset_ms = u64::try_from((facts.now - since).num_milliseconds()).unwrap_or(0);
        ledger::append_outside(&mut tx, call, facts.now, offset_ms, body.clone()).await?;
        tx.commit().await?;
        Ok(Some(facts.call_sid))
    }
}

/// A recording of this very call.
async fn get(tx: &mut TenantTx, call: CallId, id: RecordingId) -> Result<StoredRecording> {
    recordings::find(tx, id)
        .await?
        .filter(|recording| recording.call == call)
        .ok_or_else(Error::not_found)
}

/// News of a recording.
fn updated(recording_id: RecordingId, status: &str, by: Option<Actor>, reason: Option<&str>) -> EventBody {
    EventBody::RecordingUpdated {
        item_id: ItemId::new(),
        recording_id,
        status: status.to_owned(),
        by,
        reason: reason.map(str::to_owned),
    }
}

/// What the carrier would not do, in our words.
fn refused(error: RestError) -> Error {
    let upstream = error
        .code
        .map_or_else(|| "carrier".to_owned(), |code| format!("carrier {code}"));
    let (kind, code, text) = if error.is_over() {
        (Kind::Conflict, "call_ended", "the call is over at the carrier")
    } else if error.ambiguous || error.retryable {
        (
            Kind::Unavailable,
            "carrier_unavailable",
            "the carrier does not answer; try again shortly",
        )
    } else {
        (Kind::Upstream, "carrier_refused", "the carrier refused")
    };
    Error::new(kind, code, text)
        .with_upstream(upstream)
        .caused_by(error)
}
