//! The audit log: read, checked, signed for, taken along as a file, and cut off when it is old.
//!
//! Entries are written by the areas that act, in the transaction of the act (`phony_db::audit`).

mod chain;
mod csv_lines;
mod former;
mod heads;
mod standing;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::stream::{self, BoxStream, StreamExt as _};
use object_store::ObjectStore;
use phony_db::audit::log::{self, StoredEntry};
use phony_db::audit::{self, genesis};
use phony_db::{Db, TenantTx, identity};
use phony_kernel::page::{Page, PageRequest};
use phony_kernel::{Clock, Error, Result, TenantId, UserId};
use secrecy::SecretString;
use serde_json::Value;

use crate::Principal;
use crate::sealing::MasterKeys;
use crate::signing::Signer;
use heads::{Head, HeadKind, Heads, Named};

pub use chain::{AuditBreak, AuditFault};
pub use csv_lines::COLUMNS;
pub use phony_db::audit::acting_from;
pub use phony_db::audit::log::AuditFilter;

/// Entries read at one time.
const PAGE: i64 = 1_000;
/// Entries that a check over the API looks at; the operator's looks at all.
const CHECKED: i64 = 50_000;
/// Statements that a check over the API reads, the newest.
const HEADS_READ: usize = 200;
/// Lines of a file at the most.
const FILE_LINES: u64 = 1_000_000;
/// Longest text of a filter.
const MAX_FILTER: usize = 200;

/// Use cases of the audit log. Cheap to clone.
#[derive(Clone)]
pub struct AuditLog {
    db: Db,
    heads: Heads,
    clock: Clock,
}

impl fmt::Debug for AuditLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuditLog")
    }
}

/// An entry, with the name of who acted if they are one of the tenant's people.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEntry {
    /// Its place, from 0.
    pub seq: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// Who: `usr_…`, `key_…`, `operator:…` or `system`.
    pub actor: String,
    /// Their name today.
    pub actor_name: Option<String>,
    /// What was done.
    pub action: String,
    /// To what.
    pub target: String,
    /// More of it.
    pub detail: Value,
    /// Its hash, hexadecimal.
    pub hash: String,
}

/// What a check has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditCheck {
    /// Whether nothing is wrong.
    pub intact: bool,
    /// The first broken place.
    pub broken: Option<AuditBreak>,
    /// Entries that were looked at.
    pub entries: u64,
    /// The first of them.
    pub first_seq: Option<i64>,
    /// The last of them.
    pub last_seq: Option<i64>,
    /// Whether the check began at the log's own begin.
    pub whole: bool,
    /// Signed statements that were compared.
    pub heads: usize,
    /// The newest entry that is signed for, and since when.
    pub signed: Option<(i64, DateTime<Utc>)>,
}

impl AuditLog {
    /// On this database and file store, with keys derived from the master key.
    ///
    /// # Errors
    /// When the master key is not one.
    pub fn new(db: Db, store: Arc<dyn ObjectStore>, clock: Clock, master_key: &SecretString) -> Result<Self> {
        let signer = Signer::new(&MasterKeys::read(master_key)?, heads::PURPOSE)?;
        Ok(Self {
            db,
            heads: Heads { store, signer },
            clock,
        })
    }

    /// The same on another connection, for the worker and the operator.
    #[must_use]
    pub fn on(&self, db: Db) -> Self {
        Self { db, ..self.clone() }
    }

    /// Entries that fit, newest first.
    ///
    /// # Errors
    /// A bad limit, cursor or filter.
    pub async fn list(
        &self,
        who: &Principal,
        filter: &AuditFilter,
        limit: Option<u32>,
        cursor: Option<&str>,
    ) -> Result<Page<AuditEntry>> {
        check_filter(filter)?;
        let page = PageRequest::read(limit, cursor)?;
        let mut tx = self.db.tenant(who.tenant).await?;
        let page = log::list(&mut tx, filter, &page).await?;
        let names = names(&mut tx, &page.data).await?;
        Ok(page.map(|row| shown(row, &names)))
    }

    /// The entries that fit as CSV, oldest last, page by page.
    ///
    /// # Errors
    /// A bad filter.
    pub fn file(&self, who: &Principal, filter: AuditFilter) -> Result<BoxStream<'static, Result<Bytes>>> {
        check_filter(&filter)?;
        let (db, tenant) = (self.db.clone(), who.tenant);
        let heading = csv_lines::heading()?;
        let pages = stream::try_unfold((None, 0_u64, false), move |(after, lines, done)| {
            let (db, filter) = (db.clone(), filter.clone());
            async move {
                if done || lines >= FILE_LINES {
                    return Ok(None);
                }
                let mut tx = db.tenant(tenant).await?;
                let request = PageRequest {
                    limit: u32::try_from(PAGE).map_err(Error::internal)?,
                    after,
                };
                let page = log::list(&mut tx, &filter, &request).await?;
                drop(tx);
                let Some(last) = page.data.last().map(|row| row.seq) else {
                    return Ok(None);
                };
                let bytes = csv_lines::page(&page.data)?;
                let lines = lines + page.data.len() as u64;
                Ok(Some((
                    Bytes::from(bytes),
                    (Some(last), lines, page.next_cursor.is_none()),
                )))
            }
        });
        Ok(stream::once(async move { Ok(Bytes::from(heading)) })
            .chain(pages)
            .boxed())
    }

    /// Checks the newest entries of the caller's log against their chain and what was signed for.
    ///
    /// # Errors
    /// Those of the database and of the file store.
    pub async fn verify(&self, who: &Principal) -> Result<AuditCheck> {
        self.check(who.tenant, Some(CHECKED)).await
    }

    /// Checks the whole log of a tenant. For the operator.
    ///
    /// # Errors
    /// Those of the database and of the file store.
    pub async fn verify_whole(&self, tenant: TenantId) -> Result<AuditCheck> {
        self.check(tenant, None).await
    }

    /// Companies whose logs are signed for, whether the database knows them or not: one that vanished with its log is
    /// among them. For the operator.
    ///
    /// # Errors
    /// Those of the file store.
    pub async fn signed_tenants(&self) -> Result<Vec<TenantId>> {
        self.heads.list_tenants().await
    }

    async fn check(&self, tenant: TenantId, most: Option<i64>) -> Result<AuditCheck> {
        let named = self.heads.list(tenant).await?;
        let (heads, forged) = self.read_heads(tenant, &named, most.is_some()).await?;
        // After the statements: what is signed for is in the log that is read now.
        let mut tx = self.db.snapshot(tenant).await?;
        let last = log::find_head(&mut tx, None).await?.map(|(seq, _)| seq);
        let cut = heads
            .iter()
            .filter(|head| head.kind == HeadKind::Cut)
            .max_by_key(|head| head.seq);
        let (begin, prev) = match cut {
            Some(cut) => (cut.seq + 1, hex::decode(&cut.hash).unwrap_or_default()),
            None => (0, genesis(tenant)),
        };
        let from = match (most, last) {
            (Some(most), Some(last)) => begin.max(last + 1 - most),
            _ => begin,
        };
        let mut rows = log::list_from(&mut tx, from, PAGE).await?;
        let prev = match rows.first() {
            // In the middle the entry says itself what it follows.
            Some(first) if from > begin => first.prev_hash.clone(),
            _ => prev,
        };
        let mut walk = chain::Walk::new(from, prev, &heads);
        let mut outcome = Ok(());
        while outcome.is_ok() && !rows.is_empty() {
            outcome = rows.iter().try_for_each(|row| walk.step(row));
            rows = log::list_from(&mut tx, walk.next(), PAGE).await?;
        }
        let forged = forged.map(|seq| AuditBreak {
            seq,
            fault: AuditFault::ForgedHead,
        });
        let outcome = outcome
            .and_then(|()| walk.end())
            .and_then(|()| forged.map_or(Ok(()), Err));
        Ok(AuditCheck {
            intact: outcome.is_ok(),
            broken: outcome.err(),
            entries: walk.seen,
            first_seq: (walk.seen > 0).then_some(from),
            last_seq: (walk.seen > 0).then(|| walk.next() - 1),
            whole: from == begin,
            heads: heads.len(),
            signed: heads
                .iter()
                .filter(|head| head.kind == HeadKind::Head)
                .max_by_key(|head| head.seq)
                .map(|head| (head.seq, head.at)),
        })
    }

    /// Statements that are good, oldest first, and the entry of one that is not ours.
    async fn read_heads(
        &self,
        tenant: TenantId,
        named: &[Named],
        newest_only: bool,
    ) -> Result<(Vec<Head>, Option<i64>)> {
        let skipped = if newest_only {
            named.len().saturating_sub(HEADS_READ)
        } else {
            0
        };
        let (mut heads, mut forged) = (Vec::new(), None);
        let former = self.heads.former_keys().await?;
        for (place, name) in named.iter().enumerate() {
            // Cuts and restores say how the others are to be read.
            if place < skipped && name.kind == HeadKind::Head {
                continue;
            }
            match self.heads.read(tenant, name, &former).await? {
                Some(head) => heads.push(head),
                None => forged = forged.or(Some(name.seq)),
            }
        }
        Ok((heads, forged))
    }
}

/// Adds what somebody has done to the log of their company, in the transaction in which it is done.
///
/// # Errors
/// Those of the database.
pub(crate) async fn note(
    tx: &mut TenantTx,
    who: &Principal,
    action: &str,
    target: &str,
    detail: &Value,
    at: DateTime<Utc>,
) -> Result<()> {
    let entry = audit::Entry {
        actor: &who.actor().id,
        action,
        target,
        detail,
    };
    audit::record(tx, &entry, at).await
}

fn check_filter(filter: &AuditFilter) -> Result<()> {
    let mut faults = phony_kernel::error::Faults::new();
    for (param, text) in [
        ("action", &filter.action),
        ("actor", &filter.actor),
        ("target", &filter.target),
    ] {
        if let Some(text) = text {
            faults.length(param, text, 1, MAX_FILTER);
            faults.require(
                !text.contains(char::is_control),
                param,
                "control_character",
                "must be one line of plain text",
            );
        }
    }
    faults.finish()
}

/// The names of the people among those who acted.
async fn names(tx: &mut TenantTx, rows: &[StoredEntry]) -> Result<HashMap<String, String>> {
    let mut names = HashMap::new();
    for row in rows {
        if names.contains_key(&row.actor) {
            continue;
        }
        if let Ok(user) = row.actor.parse::<UserId>()
            && let Some(member) = identity::find_member(tx, user).await?
        {
            names.insert(row.actor.clone(), member.name);
        }
    }
    Ok(names)
}

fn shown(row: StoredEntry, names: &HashMap<String, String>) -> AuditEntry {
    AuditEntry {
        seq: row.seq,
        at: row.at,
        actor_name: names.get(&row.actor).cloned(),
        actor: row.actor,
        action: row.action,
        target: row.target,
        detail: row.detail,
        hash: hex::encode(row.hash),
    }
}
