//! Makes the file of a copy: an archive with the company's or a contact's data as JSON, and the recordings. Runs in a
//! worker, may be repeated, and holds one call in memory at a time.

use chrono::Utc;
use futures_util::StreamExt as _;
use object_store::ObjectStoreExt as _;
use object_store::buffered::BufWriter;
use object_store::path::Path;
use phony_db::calls::history;
use phony_db::privacy::copies::{self, CopyFile, CopyRecord};
use phony_db::privacy::tables::{self, CopiedTable};
use phony_db::privacy::{person, tenant as rows};
use phony_db::{audit, recordings};
use phony_kernel::{CallId, DataCopyId, E164, Error, Kind, Result, TenantId};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;
use tokio::io::AsyncWriteExt as _;

use super::{Privacy, tar};
use crate::App;
use crate::calls::CallView;

/// For so long the file can be fetched.
const KEPT_HOURS: i32 = 24;
/// Calls and contacts read at one time.
const PAGE: i64 = 500;
/// Largest file; more is a matter for the operator.
const MOST_BYTES: u64 = 200 * 1024 * 1024 * 1024;
/// Rows of a table read at one time.
const ROWS: u32 = 1_000;
/// A file of rows ends once it has so many bytes.
const FILE_BYTES: usize = 4 * 1024 * 1024;
/// Recordings of one call.
const RECORDINGS: i64 = 100;

const README: &str = "\
This is a copy of what Phony keeps.

company.json         the company, its people, numbers, personalities, keys (not the keys themselves), rules
contact.json         the contact, in a copy that is about one
contacts/*.json      contacts, a thousand a file
calls/call_*.json    each call: what is known of it, what was said and done, its recordings
recordings/rec_*     what was recorded
audit_log/*.jsonl    who did what, an entry a line
tables/*/*.jsonl     all other rows that are kept of the company, a row a line: versions of personalities, pools, invitations,
                     sign-ins, consents, numbers not to be rung, usage, invoices, and so on; no key, no password, no token

Times are in UTC. Calls that go on, what was kept long enough, and what was erased are not in it.
";

/// An archive on its way into the file store.
struct Archive {
    file: BufWriter,
    hash: Sha256,
    bytes: u64,
    files: i32,
}

impl Archive {
    async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        if self.bytes > MOST_BYTES {
            return Err(Error::new(
                Kind::TooLarge,
                "export_too_large",
                "there is more than one file can hold; the operator can help",
            ));
        }
        self.file.write_all(bytes).await.map_err(Error::unavailable)
    }

    async fn begin(&mut self, name: &str, size: u64) -> Result<()> {
        let seconds = u64::try_from(Utc::now().timestamp()).unwrap_or_default();
        self.files += 1;
        self.write(&tar::header(name, size, seconds)?).await
    }

    async fn add(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        self.begin(name, bytes.len() as u64).await?;
        self.write(bytes).await?;
        self.write(tar::padding(bytes.len() as u64)).await
    }

    async fn add_json(&mut self, name: &str, value: &Value) -> Result<()> {
        let bytes = serde_json::to_vec_pretty(value).map_err(Error::internal)?;
        self.add(name, &bytes).await
    }
}

impl Privacy {
    /// Makes the file of a copy that is not ready yet.
    ///
    /// # Errors
    /// Those of the database and of the file store; the job is then repeated.
    pub async fn make_copy(&self, app: &App, tenant: TenantId, id: DataCopyId) -> Result<()> {
        let mut tx = self.db.tenant(tenant).await?;
        let Some(record) = copies::start(&mut tx, id).await? else {
            return Ok(());
        };
        tx.commit().await?;
        let storage_key = format!("privacy/exports/{tenant}/{id}.tar");
        let mut archive = Archive {
            file: BufWriter::new(Arc::clone(&self.store), Path::from(storage_key.as_str())),
            hash: Sha256::new(),
            bytes: 0,
            files: 0,
        };
        if let Err(error) = self.fill(app, tenant, &record, &mut archive).await {
            // Best effort: what was written of it must not look like a file.
            let _ = archive.file.abort().await;
            return Err(error);
        }
        archive.file.shutdown().await.map_err(Error::unavailable)?;
        let file = CopyFile {
            storage_key,
            file_count: archive.files,
            size_bytes: i64::try_from(archive.bytes).map_err(Error::internal)?,
            sha256: archive.hash.finalize().into(),
        };
        let mut tx = self.db.tenant(tenant).await?;
        copies::finish(&mut tx, id, &file, KEPT_HOURS).await?;
        tx.commit().await?;
        tracing::info!(
            tenant.id = %tenant, export.id = %id, files.count = file.file_count, size_bytes = file.size_bytes,
            "a copy of data is ready"
        );
        Ok(())
    }

    /// Notes that a copy cannot be made.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn give_up_copy(&self, tenant: TenantId, id: DataCopyId) -> Result<()> {
        let mut tx = self.db.tenant(tenant).await?;
        copies::fail(&mut tx, id, "the file could not be written").await?;
        tx.commit().await
    }

    async fn fill(
        &self,
        app: &App,
        tenant: TenantId,
        copy: &CopyRecord,
        archive: &mut Archive,
    ) -> Result<()> {
        archive.add("README.txt", README.as_bytes()).await?;
        let number = copy.e164.as_deref();
        match number {
            Some(number) => {
                let mut tx = self.db.tenant(tenant).await?;
                let contact = rows::describe_contact(&mut tx, number).await?;
                let hashed = match E164::from_canonical(number) {
                    Ok(e164) => {
                        let hashed = self.hashes.hash(&mut tx, &e164).await?;
                        person::describe_hashed(&mut tx, &hashed.hmac).await?
                    }
                    Err(_) => json!({}),
                };
                tx.commit().await?;
                let known = json!({
                    "e164": number, "contact": contact, "consents": hashed["consents"],
                    "do_not_call": hashed["do_not_call"],
                });
                archive.add_json("contact.json", &known).await?;
            }
            None => self.fill_company(tenant, archive).await?,
        }
        let mut after = None;
        loop {
            let mut tx = self.db.tenant(tenant).await?;
            let calls = person::list_calls(&mut tx, number, after, PAGE).await?;
            drop(tx);
            let Some(last) = calls.last() else { break };
            after = Some(*last);
            for call in calls {
                self.fill_call(app, tenant, call, archive).await?;
            }
        }
        archive.write(&tar::END).await
    }

    async fn fill_company(&self, tenant: TenantId, archive: &mut Archive) -> Result<()> {
        let mut tx = self.db.tenant(tenant).await?;
        let company = rows::describe(&mut tx).await?;
        drop(tx);
        archive.add_json("company.json", &company).await?;
        for table in tables::COPIED {
            self.fill_table(tenant, table, archive).await?;
        }
        let (mut after, mut part) = (String::new(), 0);
        loop {
            let mut tx = self.db.tenant(tenant).await?;
            let contacts = rows::list_contacts(&mut tx, &after, 1_000).await?;
            drop(tx);
            let Some((last, _)) = contacts.last() else { break };
            after.clone_from(last);
            part += 1;
            let list = contacts.into_iter().map(|(_, contact)| contact).collect();
            archive
                .add_json(&format!("contacts/{part:05}.json"), &Value::Array(list))
                .await?;
        }
        let (mut next, mut part) = (0, 0);
        loop {
            let mut tx = self.db.tenant(tenant).await?;
            let entries = audit::log::list_from(&mut tx, next, 10_000).await?;
            drop(tx);
            let Some(last) = entries.last() else { return Ok(()) };
            next = last.seq + 1;
            part += 1;
            let mut lines = String::new();
            for entry in &entries {
                let line = json!({
                    "seq": entry.seq, "at": entry.at, "actor": entry.actor, "action": entry.action,
                    "target": entry.target, "detail": entry.detail, "hash": hex::encode(&entry.hash),
                });
                lines.push_str(&line.to_string());
                lines.push('\n');
            }
            archive
                .add(&format!("audit_log/{part:05}.jsonl"), lines.as_bytes())
                .await?;
        }
    }

    /// Every row of a table, a line each, some thousands a file.
    async fn fill_table(&self, tenant: TenantId, table: &CopiedTable, archive: &mut Archive) -> Result<()> {
        let mut tx = self.db.tenant(tenant).await?;
        tables::open(&mut tx, table).await?;
        let (mut lines, mut part) = (String::new(), 0);
        loop {
            let rows = tables::next(&mut tx, ROWS).await?;
            for row in &rows {
                lines.push_str(&row.to_string());
                lines.push('\n');
            }
            let full = lines.len() >= FILE_BYTES || rows.is_empty();
            if full && !lines.is_empty() {
                part += 1;
                let name = format!("tables/{}/{part:05}.jsonl", table.name);
                archive.add(&name, lines.as_bytes()).await?;
                lines.clear();
            }
            if rows.is_empty() {
                return Ok(());
            }
        }
    }

    async fn fill_call(
        &self,
        app: &App,
        tenant: TenantId,
        call: CallId,
        archive: &mut Archive,
    ) -> Result<()> {
        let mut tx = self.db.tenant(tenant).await?;
        let view: CallView = history::get(&mut tx, &call.into()).await?.into();
        let recordings = recordings::list(&mut tx, call, RECORDINGS).await?;
        let items = app.calls.all_items(&mut tx, call).await?;
        drop(tx);
        let what = json!({ "call": view, "items": items });
        archive.add_json(&format!("calls/{call}.json"), &what).await?;
        for recording in recordings
            .iter()
            .filter(|recording| recording.erased_at.is_none())
        {
            let Some(key) = recording.storage_key.as_deref() else {
                continue;
            };
            let file = match self.store.get(&Path::from(key)).await {
                Ok(file) => file,
                // Deleted in between, or lost; the call's own file says what became of it.
                Err(object_store::Error::NotFound { .. }) => continue,
                Err(cause) => return Err(Error::unavailable(cause)),
            };
            let extension = key.rsplit_once('.').map_or("wav", |(_, extension)| extension);
            let size = file.meta.size;
            archive
                .begin(&format!("recordings/{}.{extension}", recording.id), size)
                .await?;
            let mut pieces = file.into_stream();
            while let Some(piece) = pieces.next().await {
                archive.write(&piece.map_err(Error::unavailable)?).await?;
            }
            archive.write(tar::padding(size)).await?;
        }
        Ok(())
    }
}
