//! Erases somebody by their number: what was said and recorded, the contact, and the number itself. That there were
//! calls, and what they cost, stays; where the number stood is a keyed hash. Runs in a worker and may be repeated.

use object_store::ObjectStoreExt as _;
use object_store::path::Path;
use phony_calls::bus::EventBus;
use phony_db::calls::outbound as call_rows;
use phony_db::privacy::Subject;
use phony_db::privacy::copies::ToRemove;
use phony_db::privacy::erasures::{self, ErasureRecord};
use phony_db::privacy::person;
use phony_db::{audit, outbox, recordings as recording_rows};
use phony_kernel::{CallId, E164, ErasureId, Error, Result, TenantId};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::receipt::{Counts, ReceiptText, stand_in};
use super::retention::remove_files;
use super::{PRIVACY_ERASE, Privacy};
use crate::{App, recordings};

/// Calls read at one time.
const PAGE: i64 = 100;
/// Recordings of one call.
const RECORDINGS: i64 = 1_000;
/// While somebody is still talking, the erasure waits.
const WAIT_SECONDS: f64 = 15.0;

/// One line of the list of erasures that is kept outside of the database, to be gone through after a restore.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Listed {
    pub(super) erasure_id: ErasureId,
    pub(super) tenant_id: TenantId,
    /// `contact` or `tenant`.
    pub(super) subject: String,
    /// Keyed hash of the contact's number, hexadecimal.
    pub(super) subject_hmac: Option<String>,
    pub(super) requested_at: chrono::DateTime<chrono::Utc>,
}

/// Where the list of a tenant is.
pub(super) fn list_path(tenant: TenantId, id: ErasureId) -> Path {
    Path::from(format!("privacy/erasures/{tenant}/{id}.json"))
}

impl Privacy {
    /// Does an erasure that is not done yet.
    ///
    /// # Errors
    /// Those of the database, of the file store and of the carrier; the job is then repeated.
    pub async fn erase(&self, app: &App, tenant: TenantId, id: ErasureId) -> Result<()> {
        let mut tx = self.db.tenant(tenant).await?;
        let Some(record) = erasures::start(&mut tx, id).await? else {
            return Ok(());
        };
        tx.commit().await?;
        // First: what is begun is on the list, whatever happens then.
        self.put_on_list(tenant, &record).await?;
        let counts = match (record.subject, record.e164.as_deref()) {
            (Subject::Contact, Some(number)) => {
                let mut tx = self.db.tenant(tenant).await?;
                if person::is_talking(&mut tx, number).await? {
                    return self.later(tenant, id).await;
                }
                drop(tx);
                self.erase_number(Some(&app.bus), tenant, number).await?
            }
            (Subject::Contact, None) => Counts::default(),
            (Subject::Tenant, _) => match self.close(app, tenant, &record).await? {
                Some(counts) => counts,
                None => return self.later(tenant, id).await,
            },
        };
        self.conclude(tenant, &record, counts).await
    }

    /// Notes that an erasure did not come to its end.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn give_up_erasure(&self, tenant: TenantId, id: ErasureId) -> Result<()> {
        let mut tx = self.db.tenant(tenant).await?;
        erasures::fail(
            &mut tx,
            id,
            "not all of it could be erased; the operator has been told",
        )
        .await?;
        tx.commit().await
    }

    /// Calls that go on end by themselves; the erasure comes back then.
    async fn later(&self, tenant: TenantId, id: ErasureId) -> Result<()> {
        let mut tx = self.db.tenant(tenant).await?;
        outbox::insert_after(&mut tx, PRIVACY_ERASE, &json!({ "erasure_id": id }), WAIT_SECONDS).await?;
        tx.commit().await
    }

    async fn put_on_list(&self, tenant: TenantId, record: &ErasureRecord) -> Result<()> {
        let listed = Listed {
            erasure_id: record.id,
            tenant_id: tenant,
            subject: record.subject.as_str().to_owned(),
            subject_hmac: record.subject_hmac.as_deref().map(hex::encode),
            requested_at: record.created_at,
        };
        let bytes = serde_json::to_vec(&listed).map_err(Error::internal)?;
        let path = list_path(tenant, record.id);
        self.store
            .put(&path, bytes.into())
            .await
            .map_err(Error::unavailable)?;
        Ok(())
    }

    /// Erases all that there is of a number in calls that are over, and its contact; of those that were just on the
    /// line also what `live` has.
    pub(super) async fn erase_number(
        &self,
        live: Option<&EventBus>,
        tenant: TenantId,
        number: &str,
    ) -> Result<Counts> {
        let mut counts = Counts::default();
        let hmac = self
            .stand_in_bytes(tenant, number)
            .ok_or_else(|| Error::internal(anyhow::anyhow!("there is no key to hash with")))?;
        let instead = stand_in(&hmac);
        loop {
            let mut tx = self.db.tenant(tenant).await?;
            let calls = person::list_calls(&mut tx, Some(number), None, PAGE).await?;
            drop(tx);
            if calls.is_empty() {
                break;
            }
            for call in calls {
                counts.recordings += self.erase_call(live, tenant, call, &[(number, &instead)]).await?;
                counts.calls += 1;
            }
        }
        while remove_files(&self.db, &*self.store, tenant, ToRemove::OfContact(number)).await? > 0 {}
        let mut tx = self.db.tenant(tenant).await?;
        counts.contacts = person::delete_contact(&mut tx, number).await?;
        if let Ok(e164) = E164::from_canonical(number) {
            let hashed = self.hashes.hash(&mut tx, &e164).await?;
            person::forget_hashed(&mut tx, &hashed.hmac).await?;
        }
        tx.commit().await?;
        Ok(counts)
    }

    /// Erases one call that is over: its words, its recordings with their files, the numbers in it. Returns how many
    /// recordings those were.
    pub(super) async fn erase_call(
        &self,
        live: Option<&EventBus>,
        tenant: TenantId,
        call: CallId,
        instead: &[(&str, &str)],
    ) -> Result<u64> {
        // First: a call that is erased is not looked for again.
        if let Some(live) = live {
            live.forget(tenant, call).await?;
        }
        let mut tx = self.db.tenant(tenant).await?;
        let kept = recording_rows::list(&mut tx, call, RECORDINGS).await?;
        call_rows::erase(&mut tx, call).await?;
        let erased = recordings::erase_of_call(&mut tx, call).await?;
        call_rows::delete_events(&mut tx, call).await?;
        for (number, stand_in) in instead {
            person::replace_number(&mut tx, call, number, stand_in).await?;
        }
        tx.commit().await?;
        // Not left to the jobs of the recordings alone: the receipt says that the files are gone.
        for recording in kept.iter().filter(|recording| recording.storage_key.is_some()) {
            recordings::erase_file(&self.db, &self.store, tenant, recording.id).await?;
        }
        Ok(erased)
    }

    /// Writes the receipt, and forgets the number.
    async fn conclude(&self, tenant: TenantId, record: &ErasureRecord, erased: Counts) -> Result<()> {
        let now = self.clock.now();
        let kept = match record.subject {
            Subject::Contact => [
                "calls without words, with a keyed hash for the number, and their usage, for the bill",
                "whether the number may be rung, by a keyed hash",
                "the audit log, which does not name the contact",
            ],
            Subject::Tenant => [
                "the company's name, its calls without words and numbers, usage and invoices, for the bill",
                "the audit log",
                "this receipt",
            ],
        };
        let receipt = ReceiptText {
            erasure_id: record.id,
            tenant_id: tenant,
            subject: record.subject.as_str().to_owned(),
            stand_in: record.subject_hmac.as_deref().map(stand_in),
            requested_by: record.created_by.clone(),
            requested_at: record.created_at,
            completed_at: now,
            erased,
            kept: kept.map(str::to_owned).to_vec(),
            key_id: self.signer.key_id(),
            public_key: ReceiptText::name_key(&self.signer),
        };
        let text = serde_json::to_string(&receipt).map_err(Error::internal)?;
        let signature = self.signer.sign(&text)?;
        let file = json!({
            "receipt": super::Receipt::new(&self.signer, text.clone(), &signature),
        });
        let path = Path::from(format!("privacy/receipts/{tenant}/{}.json", record.id));
        let bytes = serde_json::to_vec(&file).map_err(Error::internal)?;
        self.store
            .put(&path, bytes.into())
            .await
            .map_err(Error::unavailable)?;
        let mut tx = self.db.tenant(tenant).await?;
        erasures::finish(&mut tx, record.id, &text, &signature).await?;
        let entry = audit::Entry {
            actor: "system",
            action: "privacy.erased",
            target: &record.id.to_string(),
            detail: &json!({ "subject": record.subject.as_str(), "calls": erased.calls, "recordings": erased.recordings }),
        };
        audit::record(&mut tx, &entry, now).await?;
        tx.commit().await?;
        tracing::info!(
            tenant.id = %tenant, erasure.id = %record.id, subject = record.subject.as_str(), calls.count = erased.calls,
            "an erasure is done"
        );
        Ok(())
    }
}
